//===- flatbuffer_reader.h - FlatBuffers, checked at every step -*- C++ -*-===//
//
// Reads a FlatBuffer from memory that may hold anything: no sequence of calls
// reads outside the buffer. What does not fit marks the reader broken and reads
// as absent, so a caller walks the whole buffer and asks once at the end.
// Why not FlatBuffers' own headers: docs/decisions/0001-flatbuffers-reader.md.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_FLATBUFFER_READER_H
#define SNAP_RUNTIME_FLATBUFFER_READER_H

#include <stddef.h>
#include <stdint.h>

namespace snap::runtime {

/// The buffer and whether everything asked of it so far was there.
class FlatReader {
public:
  FlatReader() = default;
  FlatReader(const uint8_t *data, uint64_t size) : data(data), size(size), visitsLeft(size) {}

  bool broken() const { return isBroken; }

  /// Limits how many tables may be visited, once, so that offsets that share
  /// tables cannot turn a small file into hours of checking.
  void stopCounting() { counting = false; }

  /// The bytes [at, at + count), or null.
  const uint8_t *bytes(uint64_t at, uint64_t count) const {
    if (count > size || at > size - count) {
      isBroken = true;
      return nullptr;
    }
    return data + at;
  }

  /// Any alignment.
  template <typename T> T load(uint64_t at) const {
    T value = T();
    if (const uint8_t *from = bytes(at, sizeof value))
      __builtin_memcpy(&value, from, sizeof value);
    return value;
  }

  /// Where the unsigned 32-bit offset at `at` leads. 0 (never a place of
  /// anything) when it leads nowhere.
  uint64_t follow(uint64_t at) const {
    uint32_t offset = load<uint32_t>(at);
    if (offset == 0 || at + offset >= size) {
      isBroken = true;
      return 0;
    }
    return at + offset;
  }

  void visit() const {
    if (!counting)
      return;
    if (visitsLeft == 0)
      isBroken = true;
    else
      --visitsLeft;
  }

  void markBroken() const { isBroken = true; }

private:
  const uint8_t *data = nullptr;
  uint64_t size = 0;
  mutable uint64_t visitsLeft = 0;
  mutable bool isBroken = false;
  bool counting = true;
};

class FlatVector;

/// A table, or its absence.
class FlatTable {
public:
  FlatTable() = default;

  /// The table at `at`; absent when it does not fit.
  FlatTable(const FlatReader &reader, uint64_t at) {
    reader.visit();
    int64_t vtableAt = static_cast<int64_t>(at) - reader.load<int32_t>(at);
    if (reader.broken() || vtableAt < 0) {
      reader.markBroken();
      return;
    }
    uint64_t v = static_cast<uint64_t>(vtableAt);
    uint16_t vtableBytes = reader.load<uint16_t>(v);
    uint16_t tableBytes = reader.load<uint16_t>(v + 2);
    if (vtableBytes < 4 || vtableBytes % 2 != 0 || tableBytes < 4 || !reader.bytes(v, vtableBytes) ||
        !reader.bytes(at, tableBytes)) {
      reader.markBroken();
      return;
    }
    from = &reader;
    position = at;
    vtable = v;
    slots = (vtableBytes - 4u) / 2u;
    length = tableBytes;
  }

  static FlatTable root(const FlatReader &reader) {
    uint64_t at = reader.follow(0);
    return at ? FlatTable(reader, at) : FlatTable();
  }

  explicit operator bool() const { return from != nullptr; }
  bool has(unsigned slot) const { return fieldAt(slot, 1) != 0; }

  template <typename T> T scalar(unsigned slot, T fallback) const {
    uint64_t at = fieldAt(slot, sizeof(T));
    return at ? from->load<T>(at) : fallback;
  }

  FlatTable table(unsigned slot) const {
    uint64_t at = targetOf(slot);
    return at ? FlatTable(*from, at) : FlatTable();
  }

  /// NUL-terminated, inside the buffer, without a NUL before its end. Null when
  /// absent.
  const char *string(unsigned slot) const {
    uint64_t at = targetOf(slot);
    if (!at)
      return nullptr;
    uint64_t count = from->load<uint32_t>(at);
    const uint8_t *text = from->bytes(at + 4, count + 1);
    if (!text)
      return nullptr;
    for (uint64_t i = 0; i <= count; ++i) {
      if ((text[i] == 0) != (i == count)) {
        from->markBroken();
        return nullptr;
      }
    }
    return reinterpret_cast<const char *>(text);
  }

  /// A vector whose elements take `elementBytes` each; tables take 4.
  FlatVector vector(unsigned slot, uint64_t elementBytes) const;

private:
  /// 0: absent. A table never begins at 0, so no field does.
  uint64_t fieldAt(unsigned slot, uint64_t bytes) const {
    if (!from || slot >= slots)
      return 0;
    uint16_t offset = from->load<uint16_t>(vtable + 4 + 2 * slot);
    if (offset == 0)
      return 0;
    if (offset < 4 || offset + bytes > length) {
      from->markBroken();
      return 0;
    }
    return position + offset;
  }

  uint64_t targetOf(unsigned slot) const {
    uint64_t at = fieldAt(slot, 4);
    return at ? from->follow(at) : 0;
  }

  const FlatReader *from = nullptr;
  uint64_t position = 0;
  uint64_t vtable = 0;
  unsigned slots = 0;
  unsigned length = 0;
};

/// A vector; an absent one is empty.
class FlatVector {
public:
  FlatVector() = default;
  FlatVector(const FlatReader &reader, uint64_t at, uint64_t elementBytes) {
    uint64_t elements = reader.load<uint32_t>(at);
    if (!reader.bytes(at + 4, elements * elementBytes))
      return;
    from = &reader;
    first = at + 4;
    elementSize = elementBytes;
    elementCount = static_cast<uint32_t>(elements);
  }

  uint32_t size() const { return elementCount; }

  /// An element past the end reads as zero.
  template <typename T> T scalar(uint32_t index) const {
    return index < elementCount && sizeof(T) == elementSize ? from->load<T>(first + index * elementSize) : T();
  }

  /// The elements as they lie in the buffer; null when there are none.
  const uint8_t *bytes() const { return from ? from->bytes(first, elementCount * elementSize) : nullptr; }

  FlatTable table(uint32_t index) const {
    if (index >= elementCount)
      return FlatTable();
    uint64_t at = from->follow(first + index * elementSize);
    return at ? FlatTable(*from, at) : FlatTable();
  }

private:
  const FlatReader *from = nullptr;
  uint64_t first = 0;
  uint64_t elementSize = 0;
  uint32_t elementCount = 0;
};

inline FlatVector FlatTable::vector(unsigned slot, uint64_t elementBytes) const {
  uint64_t at = targetOf(slot);
  return at ? FlatVector(*from, at, elementBytes) : FlatVector();
}

} // namespace snap::runtime

#endif // SNAP_RUNTIME_FLATBUFFER_READER_H
