//===- unicode.h - UTF-8, NFC, lower case, character classes ----*- C++ -*-===//
//
// Text as arrays of code points. The tables come from the Unicode Character
// Database at snapc's build and travel in NAME.snap (tokenizer_format.h).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_UNICODE_H
#define SNAP_RUNTIME_UNICODE_H

#include "runtime/tokenizer_format.h"
#include <stddef.h>

namespace snap::runtime {

/// Elements of a mapped table.
template <typename T> struct Table {
  const T *data = nullptr;
  uint32_t count = 0;

  const T &operator[](uint32_t index) const { return data[index]; }

  /// The first element for which isBelow does not hold, by binary search, or
  /// null.
  template <typename Below> const T *lowerBound(Below isBelow) const {
    uint32_t first = 0, last = count;
    while (first < last) {
      uint32_t middle = first + (last - first) / 2;
      if (isBelow(data[middle]))
        first = middle + 1;
      else
        last = middle;
    }
    return first < count ? data + first : nullptr;
  }
};

constexpr uint32_t kReplacement = 0xfffd;
constexpr uint32_t kLastCodePoint = 0x10ffff;

struct UnicodeTables {
  Table<tokens::Range> classes;
  Table<tokens::Range> combining;
  Table<tokens::Decomposition> decompositions;
  Table<tokens::Composition> compositions;
  Table<tokens::LowerCase> lowerCase;

  tokens::CharacterClass classOf(uint32_t codePoint) const;
  uint32_t combiningClass(uint32_t codePoint) const;

  /// How many code points the canonical decomposition of text has.
  uint64_t decomposedCount(const uint32_t *text, uint64_t count) const;
  /// Normalization form C. `out` and `scratch` have room for decomposedCount.
  /// Returns the count of the result.
  uint64_t normalize(const uint32_t *text, uint64_t count, uint32_t *out, uint32_t *scratch) const;

  /// Lower case of each character by itself: `out` has room for 2 * count.
  uint64_t toLower(const uint32_t *text, uint64_t count, uint32_t *out) const;
};

/// Decodes [text, end) into `out`, which has room for one code point per byte.
/// Each maximal ill-formed part becomes one U+FFFD (Unicode 15, section 3.9, as
/// browsers and Python do). Returns the count.
uint64_t decodeUtf8(const uint8_t *text, const uint8_t *end, uint32_t *out);
/// Writes 1 to 4 bytes and returns how many.
uint32_t encodeUtf8(uint32_t codePoint, uint8_t out[4]);

} // namespace snap::runtime

#endif // SNAP_RUNTIME_UNICODE_H
