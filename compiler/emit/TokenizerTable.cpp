//===- TokenizerTable.cpp - CLIP's vocabulary for NAME.snap ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/TokenizerTable.h"

#include "compiler/emit/JsonFile.h"
#include "compiler/emit/UnicodeTables.h"
#include "runtime/tokenizer_format.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <cstring>
#include <map>

using namespace llvm;
using namespace snap::runtime;

namespace snap {
namespace {

std::string joinPath(StringRef dir, StringRef file) {
  SmallString<256> path(dir);
  sys::path::append(path, file);
  return std::string(path);
}

std::string toUtf8(uint32_t codePoint) {
  char bytes[UNI_MAX_UTF8_BYTES_PER_CODE_POINT];
  char *end = bytes;
  ConvertCodePointToUTF8(codePoint, end);
  return std::string(bytes, end);
}

/// How a vocabulary spells a byte (GPT-2's bytes_to_unicode): printable Latin-1
/// characters stand for themselves, the rest for U+0100 and up, in order.
std::vector<std::string> byteSpellings() {
  std::vector<std::string> spellings;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
    spellings.push_back(toUtf8(printable ? byte : next++));
  }
  return spellings;
}

using Vocabulary = StringMap<uint32_t>;

Expected<Vocabulary> readVocabulary(const std::string &path, uint32_t &size) {
  Expected<json::Object> object = readJsonObject(path);
  if (!object)
    return object.takeError();
  if (object->empty())
    return fileError(path, "the vocabulary is empty");
  Vocabulary vocabulary;
  size = 0;
  for (const auto &[text, value] : *object) {
    std::optional<int64_t> id = value.getAsInteger();
    if (!id || *id < 0 || *id >= INT32_MAX)
      return fileError(path, "token '" + StringRef(text) + "': expected an id from 0 to 2^31 - 2");
    vocabulary[text] = uint32_t(*id);
    size = std::max(size, uint32_t(*id) + 1);
  }
  return vocabulary;
}

Expected<std::vector<tokens::Merge>> readMerges(const std::string &path, const Vocabulary &vocabulary) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return fileError(path, buffer.getError().message());
  // By (left, right), which is the order of the table.
  std::map<std::pair<uint32_t, uint32_t>, tokens::Merge> merges;
  SmallVector<StringRef, 0> lines;
  (*buffer)->getBuffer().split(lines, '\n');
  uint32_t rank = 0;
  for (size_t number = 1; number <= lines.size(); ++number) {
    StringRef line = lines[number - 1].rtrim('\r');
    if (line.empty() || (number == 1 && line.starts_with("#version")))
      continue;
    auto [left, right] = line.split(' ');
    auto leftId = vocabulary.find(left), rightId = vocabulary.find(right);
    auto resultId = vocabulary.find((left + right).str());
    if (left.empty() || right.empty() || right.contains(' '))
      return fileError(path,
                       "line " + Twine(number) + ": expected two tokens with a space between, got '" + line + "'");
    for (const auto &[id, text] :
         {std::pair(leftId, left.str()), std::pair(rightId, right.str()), std::pair(resultId, (left + right).str())})
      if (id == vocabulary.end())
        return fileError(path, "line " + Twine(number) + ": token '" + text + "' is not in vocab.json");
    merges[{leftId->second, rightId->second}] = {leftId->second, rightId->second, rank++, resultId->second};
  }
  std::vector<tokens::Merge> result;
  for (const auto &entry : merges)
    result.push_back(entry.second);
  return result;
}

/// A special token of tokenizer_config.json: its text, or an object of
/// transformers' AddedToken.
struct SpecialToken {
  std::string text;
  bool normalized = false;
};

Expected<SpecialToken> readSpecial(const std::string &path, const json::Object &config, StringRef field,
                                   StringRef fallback) {
  const json::Value *value = config.get(field);
  if (!value || value->kind() == json::Value::Null)
    return SpecialToken{fallback.str()};
  if (auto text = value->getAsString(); text && !text->empty())
    return SpecialToken{text->str()};
  const json::Object *object = value->getAsObject();
  auto content = object ? object->getString("content") : std::nullopt;
  if (!content || content->empty())
    return fileError(path, "field '" + field + "': expected a string or an object with \"content\"");
  for (StringRef flag : {"lstrip", "rstrip", "single_word"})
    if (object->getBoolean(flag).value_or(false))
      return fileError(path, "field '" + field + "': \"" + flag + "\": true is not supported; expected false");
  return SpecialToken{content->str(), object->getBoolean("normalized").value_or(false)};
}

/// The table under construction: a header, then sections.
class TableWriter {
public:
  TableWriter() : bytes(sizeof(tokens::Header)) {}

  template <typename T> void add(tokens::Section section, ArrayRef<T> values) {
    static_assert(std::has_unique_object_representations_v<T> && alignof(T) == 4);
    header.sections[section] = {uint32_t(bytes.size()), uint32_t(values.size())};
    const auto *from = reinterpret_cast<const uint8_t *>(values.data());
    bytes.insert(bytes.end(), from, from + values.size() * sizeof(T));
  }

  std::vector<uint8_t> finish() {
    bytes.resize(alignTo(bytes.size(), tokens::kTableAlignment));
    header.magic = tokens::kMagic;
    header.version = tokens::kVersion;
    header.bytes = uint32_t(bytes.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    static_assert(std::has_unique_object_representations_v<tokens::Header>, "padding would be written as it is found");
    size_t summed = offsetof(tokens::Header, checksum) + sizeof header.checksum;
    header.checksum = tokens::checksum(bytes.data() + summed, bytes.size() - summed);
    std::memcpy(bytes.data(), &header, sizeof header);
    return std::move(bytes);
  }

  tokens::Header header = {};

private:
  std::vector<uint8_t> bytes;
};

/// Looks special tokens up and lists each text once.
class SpecialTable {
public:
  SpecialTable(std::string configPath, const json::Object &config, const Vocabulary &vocabulary)
      : configPath(std::move(configPath)), config(config), vocabulary(vocabulary) {}

  Error add(StringRef field, StringRef fallback, uint32_t &id) {
    Expected<SpecialToken> token = readSpecial(configPath, config, field, fallback);
    if (!token)
      return token.takeError();
    auto found = vocabulary.find(token->text);
    if (found == vocabulary.end())
      return fileError(configPath, "field '" + field + "': token '" + token->text + "' is not in vocab.json");
    id = found->second;
    std::vector<uint32_t> points;
    for (char c : token->text) {
      if (c <= ' ' || c > '~')
        return fileError(configPath,
                         "field '" + field + "': token '" + token->text + "': expected printable ASCII without spaces");
      points.push_back(uint8_t(token->normalized && isUpper(c) ? c - 'A' + 'a' : c));
    }
    if (!ids.insert({id, specials.size()}).second)
      return Error::success();
    specials.push_back({id, uint32_t(text.size()), uint32_t(points.size()), token->normalized});
    text.insert(text.end(), points.begin(), points.end());
    return Error::success();
  }

  std::vector<tokens::Special> specials;
  std::vector<uint32_t> text;

private:
  static bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }

  std::string configPath;
  const json::Object &config;
  const Vocabulary &vocabulary;
  std::map<uint32_t, size_t> ids;
};

Expected<json::Object> readConfig(const std::string &path) {
  if (!sys::fs::exists(path))
    return json::Object(); // transformers' defaults
  Expected<json::Object> config = readJsonObject(path);
  if (!config)
    return config.takeError();
  StringRef kind = config->getString("tokenizer_class").value_or("CLIPTokenizer");
  if (kind != "CLIPTokenizer" && kind != "CLIPTokenizerFast")
    return fileError(path, "field 'tokenizer_class': '" + kind + "' is not supported; expected CLIPTokenizer");
  return config;
}

} // namespace

Expected<std::vector<uint8_t>> buildTokenizerTable(StringRef dir) {
  std::string vocabularyPath = joinPath(dir, "vocab.json");
  std::string configPath = joinPath(dir, "tokenizer_config.json");
  TableWriter table;
  tokens::Header &header = table.header;
  Expected<Vocabulary> vocabulary = readVocabulary(vocabularyPath, header.vocabulary);
  if (!vocabulary)
    return vocabulary.takeError();
  Expected<std::vector<tokens::Merge>> merges = readMerges(joinPath(dir, "merges.txt"), *vocabulary);
  if (!merges)
    return merges.takeError();
  Expected<json::Object> config = readConfig(configPath);
  if (!config)
    return config.takeError();

  SpecialTable specials(configPath, *config, *vocabulary);
  constexpr StringRef end = "<|endoftext|>";
  if (Error error = specials.add("bos_token", "<|startoftext|>", header.bos))
    return std::move(error);
  if (Error error = specials.add("eos_token", end, header.eos))
    return std::move(error);
  if (Error error = specials.add("pad_token", end, header.pad))
    return std::move(error);
  if (Error error = specials.add("unk_token", end, header.unknown))
    return std::move(error);

  std::vector<tokens::ByteToken> byteTokens;
  auto idOf = [&](const std::string &text) {
    auto found = vocabulary->find(text);
    return found == vocabulary->end() ? header.unknown : found->second;
  };
  for (const std::string &spelling : byteSpellings())
    byteTokens.push_back({idOf(spelling), idOf(spelling + "</w>")});

  table.add<tokens::ByteToken>(tokens::kByteTokens, byteTokens);
  table.add<tokens::Merge>(tokens::kMerges, *merges);
  table.add<tokens::Special>(tokens::kSpecials, specials.specials);
  table.add<uint32_t>(tokens::kSpecialText, specials.text);
  table.add<tokens::Range>(tokens::kClasses, kUnicodeClasses);
  table.add<tokens::Range>(tokens::kCombining, kUnicodeCombining);
  table.add<tokens::Decomposition>(tokens::kDecompositions, kUnicodeDecompositions);
  table.add<tokens::Composition>(tokens::kCompositions, kUnicodeCompositions);
  table.add<tokens::LowerCase>(tokens::kLowerCase, kUnicodeLowerCase);
  return table.finish();
}

} // namespace snap
