//===- Fiber.h - A stack of its own for every GPU thread --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_SHIM_FIBER_H
#define SNAP_TARGETS_METAL_SHIM_FIBER_H

#include <cstddef>
#ifndef __x86_64__
#include <ucontext.h>
#endif

namespace snap::shim {

class Fiber {
public:
  static constexpr size_t stackBytes = 64 << 10;

  /// Gives it a stack (with a guard page below) on first use, and `entry` to run
  /// when it is next switched to. `entry` never returns.
  void prepare(void (*entry)());
  const unsigned char *stackBegin() const { return stack; }
  const unsigned char *stackEnd() const { return stack + stackBytes; }

  /// Leaves `from` where it is and goes on with `to`.
  static void swap(Fiber &from, Fiber &to);

private:
  unsigned char *stack = nullptr;
#ifdef __x86_64__
  void *pointer = nullptr; // of the stack, below the saved registers
#else
  ucontext_t context;
#endif
};

} // namespace snap::shim

#endif // SNAP_TARGETS_METAL_SHIM_FIBER_H
