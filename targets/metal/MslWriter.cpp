//===- MslWriter.cpp - Writes the text of a Metal function ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/MslWriter.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

using namespace snap;
using namespace snap::metal;

std::string metal::expand(const std::string &text, const MslWriter::Words &words) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      result += text[i++];
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
    auto word = words.find(text.substr(i + 1, end - i - 1));
    assert(word != words.end() && "a word for every $NAME");
    result += word->second;
    i = end;
  }
  return result;
}

void MslWriter::write(const std::string &text, const Words &words) {
  std::stringstream stream(expand(text, words));
  for (std::string line; std::getline(stream, line);) {
    size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos)
      continue;
    line = line.substr(begin);
    int closes = 0, balance = 0;
    for (char c : line) {
      balance += c == '{' ? 1 : c == '}' ? -1 : 0;
      closes = std::min(closes, balance);
    }
    lines += std::string(static_cast<size_t>(std::max(0, depth + closes)) * 2 + 2, ' ') + line + "\n";
    depth += balance;
  }
}

const char *metal::storageType(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return "float";
  case ElementType::F16:
    return "half";
  case ElementType::I64:
    return "long";
  case ElementType::I32:
    return "int";
  case ElementType::I8:
    return "char";
  case ElementType::U8:
  case ElementType::I1:
    return "uchar";
  }
  return "?";
}

std::string metal::floatLiteral(double value) {
  auto single = static_cast<float>(value);
  if (std::isnan(single))
    return "NAN";
  if (std::isinf(single))
    return single > 0 ? "INFINITY" : "(-INFINITY)";
  char text[40];
  for (int digits = 1; digits <= 9; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(single));
    if (std::strtof(text, nullptr) == single)
      break;
  }
  if (!std::strpbrk(text, ".e"))
    std::strcat(text, ".0");
  return single < 0 ? std::string("(") + text + "f)" : std::string(text) + "f";
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

void FunctionBuilder::add(const std::string &declaration, MetalBinding binding) {
  parameters += (parameters.empty() ? "" : ",\n    ") + declaration + " [[buffer(" +
                std::to_string(dispatch.bindings.size()) + ")]]";
  dispatch.bindings.push_back(binding);
}

void FunctionBuilder::input(const std::string &name, const KernelKey &key, size_t input) {
  const TensorSpec &spec = key.inputs[input];
  add(std::string("device const ") + storageType(spec.type) + " *" + name,
      {MetalBinding::Input, static_cast<int32_t>(input), 0, spec.bytes(), byteSize(spec.type), false});
}

void FunctionBuilder::output(const std::string &name, const KernelKey &key, size_t output) {
  const TensorSpec &spec = key.outputs[output];
  add(std::string("device ") + storageType(spec.type) + " *" + name,
      {MetalBinding::Output, static_cast<int32_t>(output), 0, spec.bytes(), byteSize(spec.type), true});
}

void FunctionBuilder::written(const std::string &name, const KernelKey &key, size_t output) {
  const TensorSpec &spec = key.outputs[output];
  add(std::string("device const ") + storageType(spec.type) + " *" + name,
      {MetalBinding::Output, static_cast<int32_t>(output), 0, spec.bytes(), byteSize(spec.type), false});
}

void FunctionBuilder::scratch(const std::string &name, const std::string &type, int64_t byteOffset, int64_t bytes,
                              bool writable) {
  add(std::string("device ") + (writable ? "" : "const ") + type + " *" + name,
      {MetalBinding::Scratch, 0, byteOffset, bytes, type == "half" ? 2 : 4, writable});
}

void FunctionBuilder::constants(const std::string &name, const std::string &type, std::string bytes, bool isStruct) {
  auto size = static_cast<int64_t>(bytes.size());
  add("constant " + type + (isStruct ? " &" : " *") + name,
      {MetalBinding::Constant, static_cast<int32_t>(dispatch.constants.size()), 0, size, 4, false});
  dispatch.constants.push_back(std::move(bytes));
}

/// FNV-1a with MurmurHash3's finaliser, as KernelKey::hash.
static std::string hashOf(const std::string &text) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (unsigned char c : text)
    h = (h ^ c) * 0x100000001b3ull;
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdull;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ull;
  h ^= h >> 33;
  char name[17];
  std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(h));
  return name;
}

/// Whether `name` stands in `text` as a word of its own.
static bool mentions(const std::string &text, const std::string &name) {
  auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
    if ((at == 0 || !part(text[at - 1])) && (at + name.size() == text.size() || !part(text[at + name.size()])))
      return true;
  return false;
}

/// The name that a line declares as a constant number; empty if it does not.
static std::string declaredName(const std::string &line) {
  std::stringstream words(line);
  std::string isConst, type, name, equals;
  words >> isConst >> type >> name >> equals;
  bool number = type == "uint" || type == "int" || type == "float" || type == "long";
  bool single = name.find('[') == std::string::npos;
  return isConst == "const" && number && single && equals == "=" ? name : "";
}

/// Without the constants that nothing reads, such as a coordinate along which every operand is broadcast: emitters
/// declare all, and Metal's compiler would warn.
static std::string withoutUnused(const std::string &body) {
  std::vector<std::string> lines;
  std::stringstream stream(body);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  // From the end, so that what only a dropped line reads is dropped too.
  for (size_t i = lines.size(); i-- > 0;) {
    std::string name = declaredName(lines[i]);
    bool read = name.empty();
    int depth = 0; // to where the block ends that the line stands in
    for (size_t j = i + 1; !read && depth >= 0 && j < lines.size(); ++j) {
      read = mentions(lines[j], name);
      depth += static_cast<int>(std::count(lines[j].begin(), lines[j].end(), '{') -
                                std::count(lines[j].begin(), lines[j].end(), '}'));
    }
    if (!read)
      lines[i].clear();
  }
  std::string rest;
  for (const std::string &line : lines)
    rest += line.empty() ? "" : line + "\n";
  return rest;
}

/// Positions as the bodies call them; only those a body reads.
static std::string positionParameters(const std::string &body) {
  static const std::pair<const char *, const char *> positions[] = {
      {"uint3 group", "threadgroup_position_in_grid"},
      {"uint thread_index", "thread_index_in_threadgroup"},
      {"uint simd_index", "simdgroup_index_in_threadgroup"},
      {"uint lane", "thread_index_in_simdgroup"},
  };
  std::string text;
  for (auto [declaration, attribute] : positions) {
    std::string name = std::strchr(declaration, ' ') + 1;
    if (mentions(body, name))
      text += std::string(",\n    ") + declaration + " [[" + attribute + "]]";
  }
  return text;
}

void FunctionBuilder::finish(MetalKernel &kernel, const std::string &stem, const std::string &body,
                             int64_t threadgroupBytes, std::array<uint32_t, 3> groups,
                             std::array<uint32_t, 3> threads) {
  std::string used = withoutUnused(body);
  std::string rest = "(\n    " + parameters + positionParameters(used) + ") {\n" + used + "}\n";
  // Else registers may allow a threadgroup fewer threads than it is dispatched with, and it would not run.
  std::string limit =
      "[[max_total_threads_per_threadgroup(" + std::to_string(threads[0] * threads[1] * threads[2]) + ")]]";
  std::string name = stem + "_" + hashOf(limit + rest);
  kernel.functions.push_back({name, limit + " kernel void " + name + rest, threadgroupBytes});
  dispatch.function = name;
  dispatch.groups = groups;
  dispatch.threads = threads;
  kernel.dispatches.push_back(std::move(dispatch));
}
