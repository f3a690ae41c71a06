//===- buffer.h - A growing array of plain values ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_BUFFER_H
#define SNAP_RUNTIME_BUFFER_H

#include "runtime/allocator.h"

namespace snap::runtime {

/// Room for plain values, given back at the end of its scope.
template <typename T> class Buffer {
public:
  explicit Buffer(const Allocator &allocator) : allocator(allocator) {}
  ~Buffer() { allocator.deallocate(values, capacity * sizeof(T)); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;

  /// Makes room for `count` values; what was there is lost. False when there is
  /// no memory, and then there is no room at all.
  bool reserve(uint64_t count) {
    if (count <= capacity)
      return true;
    allocator.deallocate(values, capacity * sizeof(T));
    values = nullptr;
    capacity = 0;
    if (count > UINT64_MAX / 2 / sizeof(T))
      return false;
    values = static_cast<T *>(allocator.allocate(count * sizeof(T)));
    if (values)
      capacity = count;
    return values != nullptr;
  }

  T *data() const { return values; }
  T &operator[](uint64_t index) const { return values[index]; }

private:
  const Allocator &allocator;
  T *values = nullptr;
  uint64_t capacity = 0;
};

} // namespace snap::runtime

#endif // SNAP_RUNTIME_BUFFER_H
