//===- threads.h - Parallel loops over a bounded set of workers -*- C++ -*-===//
//
// A pool runs one parallel loop at a time, started by the thread that runs the
// model (worker 0), on threads of its own or through the app's parallel-for.
// Each item of a loop runs exactly once, on a worker that nobody else has at
// that time, so a worker's scratch is its own. Which worker runs which item is
// decided as they go; items of a loop are independent, so results do not
// depend on it.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_THREADS_H
#define SNAP_RUNTIME_THREADS_H

#include "runtime/allocator.h"
#include "runtime/platform.h"
#include "snap/snap.h"

namespace snap::runtime {

/// One item of a loop. Nonzero stops the loop; items not begun are skipped.
using LoopBody = int (*)(void *worker, int item, uint8_t *closure);

constexpr uint32_t kMaxThreads = 1024;

} // namespace snap::runtime

/// Declared by kernel_abi.h.
struct snap_pool {
  using Allocator = snap::runtime::Allocator;

  snap_pool(const Allocator &allocator, snap_parallel_for_fn parallelFor, void *parallelContext)
      : allocator(allocator), parallelFor(parallelFor), parallelContext(parallelContext) {}

  /// Makes `threads` workers with `scratchBytes` of scratch each, a multiple of
  /// 64, out of `scratch` (threads * scratchBytes, aligned to 64), and starts
  /// the threads; fewer when the system refuses more. False when there is no
  /// memory. Call stop() in any case.
  bool start(uint32_t threads, uint8_t *scratch, uint64_t scratchBytes);
  void stop();

  uint32_t threads() const { return workerCount; }
  snap_worker &worker(uint32_t index) { return members[index].worker; }

  /// Runs body for every item of [min, min + count); returns the first nonzero
  /// result, or 0. A loop inside a loop runs on its own worker alone.
  int parallelLoop(snap_worker &caller, snap::runtime::LoopBody body, int min, int count, uint8_t *closure);

  /// Before a kernel: forgets what an earlier one left allocated, and its
  /// result.
  void reset();
  /// The first nonzero result of any loop since reset().
  int failure() const { return __atomic_load_n(&firstFailure, __ATOMIC_RELAXED); }

  const Allocator &allocator;

private:
  static void *threadMain(void *argument);
  static void appTask(void *argument, uint32_t index);

  bool join(uint32_t index);
  void leave(uint32_t index);
  void runItems(uint32_t index);
  void openLoop(snap::runtime::LoopBody body, int min, int count, uint8_t *closure);
  void closeLoop();
  uint32_t awaitLoop(uint32_t seen);

  const snap_parallel_for_fn parallelFor;
  void *const parallelContext;

  /// On cache lines of its own: scratch is counted in `worker` as items run.
  struct alignas(128) Member {
    snap_worker worker;
    snap_pool *pool;
    uint32_t index;
    bool working;
    snap::runtime::platform::Thread thread;
  };
  Member *members = nullptr;
  uint32_t capacity = 0;    // of `members`
  uint32_t workerCount = 0; // in use
  uint32_t threadCount = 0; // started, worker 0 not among them
  bool haveLocks = false;
  uint64_t spinNanoseconds = 0;

  // The loop under way; written with the lock held while no member works.
  snap::runtime::LoopBody body = nullptr;
  uint8_t *closure = nullptr;
  int min = 0;
  uint32_t count = 0;
  uint32_t grain = 1; // items handed out at once

  snap::runtime::platform::Mutex lock;
  snap::runtime::platform::Condition opened; // or quitting
  snap::runtime::platform::Condition emptied;
  bool isOpen = false;   // members may join; under the lock
  bool quitting = false; // under the lock
  uint32_t sleepers = 0; // members waiting on `opened`; under the lock
  bool closing = false;  // worker 0 waits on `emptied`; under the lock

  uint32_t inLoop = 0;     // atomic: a loop is under way
  uint32_t generation = 0; // atomic: loops opened so far
  uint32_t active = 0;     // atomic, changed under the lock: members at work
  uint32_t next = 0;       // atomic: items handed out, or more
  int firstFailure = 0;    // atomic
};

#endif // SNAP_RUNTIME_THREADS_H
