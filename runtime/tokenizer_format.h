//===- tokenizer_format.h - The tokenizer's tables in NAME.snap -*- C++ -*-===//
//
// CLIP's byte-pair vocabulary and the parts of Unicode it depends on, sorted so
// that nothing is built at load: compiler/emit writes them, the runtime checks
// them once and searches them where they are mapped. Little-endian, 32-bit
// numbers, offsets from the beginning of the table.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_TOKENIZER_FORMAT_H
#define SNAP_RUNTIME_TOKENIZER_FORMAT_H

#include <stdint.h>

namespace snap::runtime::tokens {

constexpr uint64_t kMagic = 0x004b4f5450414e53; // "SNAPTOK\0"
constexpr uint32_t kVersion = 1;
/// Of the whole table in the data segment, at least.
constexpr uint64_t kTableAlignment = 8;

enum Section : uint32_t {
  kByteTokens,     // ByteToken x 256
  kMerges,         // Merge, by (left, right)
  kSpecials,       // Special
  kSpecialText,    // uint32_t: the code points of the specials
  kClasses,        // Range of CharacterClass
  kCombining,      // Range of canonical combining classes other than 0
  kDecompositions, // Decomposition, by codePoint
  kCompositions,   // Composition, by (first, second)
  kLowerCase,      // LowerCase, by codePoint
  kSectionCount
};

struct SectionPlace {
  uint32_t offset; // bytes, a multiple of 4
  uint32_t count;  // elements
};

struct Header {
  uint64_t magic;
  uint64_t checksum; // FNV-1a 64 of all bytes after this field
  uint32_t version;
  uint32_t bytes;      // of the whole table
  uint32_t vocabulary; // every token below is less
  uint32_t bos, eos, pad, unknown;
  SectionPlace sections[kSectionCount];
  uint32_t reserved; // 0; without it four bytes of padding would be summed, which nobody sets
};

/// The token of one byte inside a word and at its end ("a" and "a</w>").
struct ByteToken {
  uint32_t inner, last;
};

/// Lower ranks merge first.
struct Merge {
  uint32_t left, right, rank, result;
};

/// A token that is recognised in the text as it stands. With `normalized` it is
/// looked for after normalization, else before.
struct Special {
  uint32_t id, textOffset, textCount, normalized;
};

/// Code points first to last, both included, without overlap, ascending.
struct Range {
  uint32_t first, last, value;
};

enum CharacterClass : uint32_t { kOther = 0, kLetter = 1, kNumber = 2, kSpace = 3 };

/// The full canonical decomposition; unused parts are 0.
struct Decomposition {
  uint32_t codePoint, parts[4];
};

/// Primary composites.
struct Composition {
  uint32_t first, second, composed;
};

/// The lower case of one character alone; unused parts are 0.
struct LowerCase {
  uint32_t codePoint, parts[2];
};

inline uint64_t checksum(const uint8_t *data, uint64_t bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint64_t i = 0; i < bytes; ++i)
    hash = (hash ^ data[i]) * 0x100000001b3;
  return hash;
}

} // namespace snap::runtime::tokens

#endif // SNAP_RUNTIME_TOKENIZER_FORMAT_H
