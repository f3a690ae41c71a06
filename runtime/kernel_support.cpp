//===- kernel_support.cpp - What compiled kernels call --------------------===//
//
// Halide's objects, made without its runtime, call these three. The user
// context is a snap_worker; kernel_abi.h describes the scratch.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/allocator.h"
#include "runtime/threads.h"
#include "snap/kernel_abi.h"

using namespace snap::runtime;

namespace {

/// Lies below each block; keeps blocks aligned, and readable a few bytes before
/// their start, which Halide's vector loads ask for.
struct Header {
  uint64_t previousTop;
  uint64_t previousUsed;
  uint64_t bytes; // of the whole block, this header among them
  uint32_t live;
  uint32_t onHeap;
  uint8_t padding[32];
};
static_assert(sizeof(Header) == SNAP_SCRATCH_HEADER && SNAP_SCRATCH_HEADER == kAlignment,
              "headers keep blocks aligned");

Header *headerOf(void *block) { return reinterpret_cast<Header *>(static_cast<uint8_t *>(block) - sizeof(Header)); }

Allocator heapOf(const snap_worker &worker) { return worker.pool ? worker.pool->allocator : Allocator(); }

void notePeak(snap_worker &worker) {
  uint64_t inUse = worker.scratch_used + worker.overflow_used;
  if (inUse > worker.scratch_peak)
    worker.scratch_peak = inUse;
}

} // namespace

extern "C" {

int halide_do_par_for(void *context, LoopBody body, int min, int count, uint8_t *closure) {
  snap_worker &worker = *static_cast<snap_worker *>(context);
  if (worker.pool)
    return worker.pool->parallelLoop(worker, body, min, count, closure);
  for (int i = 0; i < count; ++i) {
    if (int result = body(context, min + i, closure))
      return result;
  }
  return 0;
}

void *halide_malloc(void *context, size_t bytes) {
  snap_worker &worker = *static_cast<snap_worker *>(context);
  if (bytes > UINT64_MAX / 2)
    return nullptr;
  uint64_t needed = sizeof(Header) + alignUp(bytes ? bytes : 1);
  uint64_t left = worker.scratch_bytes - worker.scratch_used;

  if (needed > left) {
    // More than planned. Kernels are compiled without checks, so rather than
    // crash: go on, and let snap_run report it.
    Header *header = static_cast<Header *>(heapOf(worker).allocate(needed));
    ++worker.overflows;
    if (!header)
      return nullptr;
    *header = {0, 0, needed, 1, 1, {}};
    worker.overflow_used += needed;
    notePeak(worker);
    return header + 1;
  }

  Header *header = reinterpret_cast<Header *>(worker.scratch + worker.scratch_used);
  *header = {worker.scratch_top, worker.scratch_used, needed, 1, 0, {}};
  worker.scratch_top = worker.scratch_used + sizeof(Header);
  worker.scratch_used += needed;
  notePeak(worker);
  return header + 1;
}

void halide_free(void *context, void *block) {
  if (!block)
    return;
  snap_worker &worker = *static_cast<snap_worker *>(context);
  Header *header = headerOf(block);
  if (header->onHeap) {
    worker.overflow_used -= header->bytes;
    heapOf(worker).deallocate(header, header->bytes);
    return;
  }
  // Blocks go in any order; room comes back from the top down.
  header->live = 0;
  while (worker.scratch_top) {
    Header *top = headerOf(worker.scratch + worker.scratch_top);
    if (top->live)
      return;
    worker.scratch_used = top->previousUsed;
    worker.scratch_top = top->previousTop;
  }
}

} // extern "C"
