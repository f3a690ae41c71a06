//===- allocator.h - The app's memory, or the system's ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_ALLOCATOR_H
#define SNAP_RUNTIME_ALLOCATOR_H

#include "runtime/platform.h"
#include "snap/snap.h"

namespace snap::runtime {

/// What every block is aligned to, at least: a cache line and the widest vector.
constexpr uint64_t kAlignment = 64;

constexpr uint64_t alignUp(uint64_t bytes) { return (bytes + kAlignment - 1) & ~(kAlignment - 1); }

struct Allocator {
  snap_allocate_fn allocateFn = nullptr;
  snap_deallocate_fn deallocateFn = nullptr;
  void *context = nullptr;

  /// Null when there is no memory. Not zeroed.
  void *allocate(uint64_t bytes, uint64_t alignment = kAlignment) const {
    return allocateFn ? allocateFn(context, bytes, alignment) : platform::allocate(bytes, alignment);
  }

  /// Null is accepted.
  void deallocate(void *memory, uint64_t bytes) const {
    if (!memory)
      return;
    if (deallocateFn)
      deallocateFn(context, memory, bytes);
    else
      platform::deallocate(memory);
  }
};

/// Marks our placement new: <new> is not there on every target.
struct Placement {};

/// A block that goes back by itself at the end of its scope.
class ScopedBlock {
public:
  ScopedBlock(const Allocator &allocator, uint64_t bytes)
      : allocator(allocator), memory(allocator.allocate(bytes)), size(bytes) {}
  ~ScopedBlock() { allocator.deallocate(memory, size); }
  ScopedBlock(const ScopedBlock &) = delete;
  ScopedBlock &operator=(const ScopedBlock &) = delete;

  /// Null when the allocation failed.
  template <typename T> T *as() const { return static_cast<T *>(memory); }

private:
  const Allocator &allocator;
  void *memory;
  uint64_t size;
};

} // namespace snap::runtime

inline void *operator new(size_t, void *memory, snap::runtime::Placement) noexcept { return memory; }

#endif // SNAP_RUNTIME_ALLOCATOR_H
