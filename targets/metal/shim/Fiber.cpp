//===- Fiber.cpp - A stack of its own for every GPU thread ----------------===//
//
// On x86-64 a switch is fifteen instructions; ucontext, which saves the signal
// mask by a system call each time, takes twenty times as long.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/shim/Fiber.h"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>

using namespace snap::shim;

static unsigned char *makeStack() {
  constexpr size_t guard = 4096;
  void *pages = mmap(nullptr, Fiber::stackBytes + guard, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED || mprotect(pages, guard, PROT_NONE) != 0)
    abort();
  return static_cast<unsigned char *>(pages) + guard;
}

#ifdef __x86_64__

// The callee-saved registers of the System V ABI; the others are dead at a call.
asm(R"(
.text
.local snapShimSwap
.type snapShimSwap, @function
snapShimSwap:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size snapShimSwap, .-snapShimSwap
)");
extern "C" void snapShimSwap(void **from, void *to) __attribute__((visibility("hidden")));

void Fiber::prepare(void (*entry)()) {
  if (!stack)
    stack = makeStack();
  // As if `entry` had been called: the stack pointer is 8 past a multiple of 16 there.
  auto *top = reinterpret_cast<uint64_t *>(stack + stackBytes);
  *--top = 0; // where a return address would be
  *--top = reinterpret_cast<uint64_t>(entry);
  for (int saved = 0; saved < 6; ++saved)
    *--top = 0;
  pointer = top;
}

void Fiber::swap(Fiber &from, Fiber &to) { snapShimSwap(&from.pointer, to.pointer); }

#else

void Fiber::prepare(void (*entry)()) {
  if (!stack)
    stack = makeStack();
  getcontext(&context);
  context.uc_stack.ss_sp = stack;
  context.uc_stack.ss_size = stackBytes;
  context.uc_link = nullptr;
  makecontext(&context, entry, 0);
}

void Fiber::swap(Fiber &from, Fiber &to) { swapcontext(&from.context, &to.context); }

#endif
