//===- TestTokenizer.h - A small vocabulary made by hand --------*- C++ -*-===//
//
// Byte b has tokens b (inside a word) and 256 + b (at its end), the start and
// end markers are 600 and 601, and "th", "the" and "the</w>" are merged to 512,
// 513 and 514. Knows ASCII, e with acute, capital I with dot, and two marks.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_RUNTIME_TESTTOKENIZER_H
#define SNAP_TEST_RUNTIME_TESTTOKENIZER_H

#include "runtime/tokenizer_format.h"

#include <cstring>
#include <vector>

namespace snap::test {

constexpr int32_t kBos = 600, kEos = 601, kPad = 602;

/// Recomputes the checksum after the table was changed on purpose.
inline void sealTokenizer(std::vector<uint8_t> &table) {
  namespace tokens = runtime::tokens;
  constexpr size_t summed = offsetof(tokens::Header, checksum) + 8;
  uint64_t sum = tokens::checksum(table.data() + summed, table.size() - summed);
  std::memcpy(&table[offsetof(tokens::Header, checksum)], &sum, sizeof sum);
}

inline std::vector<uint8_t> testTokenizerTable() {
  namespace tokens = runtime::tokens;
  std::vector<uint8_t> table(sizeof(tokens::Header));
  tokens::Header header = {};
  auto add = [&](tokens::Section section, const auto &values) {
    header.sections[section] = {static_cast<uint32_t>(table.size()), static_cast<uint32_t>(values.size())};
    const auto *from = reinterpret_cast<const uint8_t *>(values.data());
    table.insert(table.end(), from, from + values.size() * sizeof values[0]);
  };
  std::vector<tokens::ByteToken> bytes;
  for (uint32_t b = 0; b < 256; ++b)
    bytes.push_back({b, 256 + b});
  add(tokens::kByteTokens, bytes);
  add(tokens::kMerges, std::vector<tokens::Merge>{{'t', 'h', 0, 512}, {512, 'e', 2, 513}, {512, 256 + 'e', 1, 514}});
  add(tokens::kSpecials, std::vector<tokens::Special>{{kBos, 0, 3, 0}, {kEos, 3, 3, 0}, {603, 6, 4, 1}});
  add(tokens::kSpecialText, std::vector<uint32_t>{'<', 's', '>', '<', 'e', '>', '<', 'e', '>', 'n'});
  add(tokens::kClasses, std::vector<tokens::Range>{{9, 13, tokens::kSpace},
                                                   {' ', ' ', tokens::kSpace},
                                                   {'0', '9', tokens::kNumber},
                                                   {'A', 'Z', tokens::kLetter},
                                                   {'a', 'z', tokens::kLetter},
                                                   {0xc0, 0x17f, tokens::kLetter},
                                                   {0xac00, 0xd7a3, tokens::kLetter}});
  add(tokens::kCombining, std::vector<tokens::Range>{{0x301, 0x301, 230}, {0x323, 0x323, 220}});
  add(tokens::kDecompositions, std::vector<tokens::Decomposition>{{0xc9, {'E', 0x301}}, {0xe9, {'e', 0x301}}});
  add(tokens::kCompositions, std::vector<tokens::Composition>{{'E', 0x301, 0xc9}, {'e', 0x301, 0xe9}});
  std::vector<tokens::LowerCase> lower;
  for (uint32_t c = 'A'; c <= 'Z'; ++c)
    lower.push_back({c, {c + 32, 0}});
  lower.push_back({0xc9, {0xe9, 0}});
  lower.push_back({0x130, {'i', 0x307}});
  add(tokens::kLowerCase, lower);
  table.resize((table.size() + 7) / 8 * 8);
  header.magic = tokens::kMagic;
  header.version = tokens::kVersion;
  header.bytes = static_cast<uint32_t>(table.size());
  header.vocabulary = 604;
  header.bos = kBos;
  header.eos = kEos;
  header.pad = kPad;
  header.unknown = kEos;
  std::memcpy(table.data(), &header, sizeof header);
  sealTokenizer(table);
  return table;
}

} // namespace snap::test

#endif // SNAP_TEST_RUNTIME_TESTTOKENIZER_H
