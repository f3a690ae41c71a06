//===- threads.cpp - Parallel loops over a bounded set of workers ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/threads.h"

using namespace snap::runtime;

/// Kernels follow each other within microseconds, so a thread that found no
/// more work looks for the next loop a little before it sleeps.
static constexpr uint64_t kSpinNanoseconds = 50000;

/// Calls done() until it is true or `nanoseconds` have passed.
template <typename Done> static bool spin(uint64_t nanoseconds, const Done &done) {
  if (done())
    return true;
  if (nanoseconds == 0)
    return false;
  uint64_t end = platform::nanoseconds() + nanoseconds;
  do {
    for (int i = 0; i < 32; ++i) {
      platform::relax();
      if (done())
        return true;
    }
  } while (platform::nanoseconds() < end);
  return false;
}

//===----------------------------------------------------------------------===//
// Starting and stopping
//===----------------------------------------------------------------------===//

bool snap_pool::start(uint32_t threads, uint8_t *scratch, uint64_t scratchBytes) {
  members = static_cast<Member *>(allocator.allocate(threads * sizeof(Member), alignof(Member)));
  capacity = threads;
  if (!members || !lock.init())
    return false;
  if (!opened.init()) {
    lock.destroy();
    return false;
  }
  if (!emptied.init()) {
    opened.destroy();
    lock.destroy();
    return false;
  }
  haveLocks = true;

  __builtin_memset(static_cast<void *>(members), 0, threads * sizeof(Member));
  for (uint32_t i = 0; i < threads; ++i) {
    Member &member = members[i];
    member.pool = member.worker.pool = this;
    member.index = i;
    member.worker.index = static_cast<int32_t>(i);
    member.worker.scratch = scratch + i * scratchBytes;
    member.worker.scratch_bytes = scratchBytes;
  }
  workerCount = threads;
  if (parallelFor)
    return true;

  // Looking instead of sleeping takes the core from who has work when there
  // are more threads than cores.
  spinNanoseconds = threads <= platform::cpuCount() ? kSpinNanoseconds : 0;
  for (uint32_t i = 1; i < threads; ++i) {
    if (!members[i].thread.start(threadMain, &members[i])) {
      workerCount = i;
      break;
    }
    ++threadCount;
  }
  return true;
}

void snap_pool::stop() {
  if (haveLocks) {
    lock.lock();
    quitting = true;
    __atomic_add_fetch(&generation, 1, __ATOMIC_RELEASE);
    opened.wakeAll();
    lock.unlock();
    for (uint32_t i = 1; i <= threadCount; ++i)
      members[i].thread.join();
    emptied.destroy();
    opened.destroy();
    lock.destroy();
  }
  allocator.deallocate(members, capacity * sizeof(Member));
}

void snap_pool::reset() {
  for (uint32_t i = 0; i < workerCount; ++i) {
    snap_worker &w = members[i].worker;
    w.scratch_used = w.scratch_top = w.scratch_peak = w.overflow_used = 0;
    w.overflows = 0;
  }
  __atomic_store_n(&firstFailure, 0, __ATOMIC_RELAXED);
}

//===----------------------------------------------------------------------===//
// One loop
//===----------------------------------------------------------------------===//

int snap_pool::parallelLoop(snap_worker &caller, LoopBody loopBody, int first, int items, uint8_t *loopClosure) {
  if (items <= 0)
    return 0;
  // Only worker 0 is at work between loops, so whoever finds a loop under way
  // is inside of it.
  bool nested = __atomic_load_n(&inLoop, __ATOMIC_RELAXED) != 0;
  if (nested || items == 1 || workerCount == 1) {
    for (int i = 0; i < items; ++i) {
      if (int result = loopBody(&caller, first + i, loopClosure)) {
        int none = 0;
        __atomic_compare_exchange_n(&firstFailure, &none, result, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
        return result;
      }
    }
    return 0;
  }

  openLoop(loopBody, first, items, loopClosure);
  if (parallelFor) {
    uint32_t shares = count < workerCount ? count : workerCount;
    parallelFor(parallelContext, shares, appTask, this);
  }
  // With the app's parallel-for this finds nothing left, unless the app ran no
  // task at all.
  if (join(0)) {
    runItems(0);
    leave(0);
  }
  closeLoop();
  return failure();
}

void snap_pool::openLoop(LoopBody loopBody, int first, int items, uint8_t *loopClosure) {
  lock.lock();
  body = loopBody;
  closure = loopClosure;
  min = first;
  count = static_cast<uint32_t>(items);
  // Many items are small ones. With this many portions each, workers end within
  // a percent or two of each other.
  grain = count / (64 * workerCount);
  if (grain == 0)
    grain = 1;
  __atomic_store_n(&next, 0u, __ATOMIC_RELAXED);
  __atomic_store_n(&inLoop, 1u, __ATOMIC_RELAXED);
  isOpen = true;
  __atomic_add_fetch(&generation, 1, __ATOMIC_RELEASE);
  bool wake = sleepers > 0;
  lock.unlock();
  if (wake)
    opened.wakeAll();
}

/// Ends the loop: nobody joins any more, and who has joined is waited for.
void snap_pool::closeLoop() {
  spin(spinNanoseconds, [&] { return __atomic_load_n(&active, __ATOMIC_ACQUIRE) == 0; });
  lock.lock();
  isOpen = false;
  closing = true;
  while (__atomic_load_n(&active, __ATOMIC_RELAXED) != 0)
    emptied.wait(lock);
  closing = false;
  __atomic_store_n(&inLoop, 0u, __ATOMIC_RELAXED);
  lock.unlock();
}

/// Takes worker `index` for the open loop. False when there is none, or when
/// somebody has that worker: an app that calls a task twice, or too late.
bool snap_pool::join(uint32_t index) {
  lock.lock();
  bool joined = isOpen && index < workerCount && !members[index].working;
  if (joined) {
    members[index].working = true;
    __atomic_add_fetch(&active, 1, __ATOMIC_RELAXED);
  }
  lock.unlock();
  return joined;
}

void snap_pool::leave(uint32_t index) {
  lock.lock();
  members[index].working = false;
  bool last = __atomic_sub_fetch(&active, 1, __ATOMIC_RELEASE) == 0;
  if (last && closing)
    emptied.wakeAll();
  lock.unlock();
}

/// Works until no item is left.
void snap_pool::runItems(uint32_t index) {
  while (failure() == 0) {
    // At most `grain` past the end for each worker, so far from wrapping.
    uint32_t begin = __atomic_fetch_add(&next, grain, __ATOMIC_RELAXED);
    if (begin >= count)
      return;
    uint32_t end = count - begin > grain ? begin + grain : count;
    for (uint32_t item = begin; item < end; ++item) {
      // Unsigned, since min + item may pass through the sign.
      int at = static_cast<int>(static_cast<uint32_t>(min) + item);
      if (int result = body(&members[index].worker, at, closure)) {
        int none = 0;
        __atomic_compare_exchange_n(&firstFailure, &none, result, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
        break;
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// Members
//===----------------------------------------------------------------------===//

/// Waits for a loop after number `seen`; returns its number.
uint32_t snap_pool::awaitLoop(uint32_t seen) {
  auto another = [&] { return __atomic_load_n(&generation, __ATOMIC_ACQUIRE) != seen; };
  if (!spin(spinNanoseconds, another)) {
    lock.lock();
    ++sleepers;
    while (!another())
      opened.wait(lock);
    --sleepers;
    lock.unlock();
  }
  return __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
}

void *snap_pool::threadMain(void *argument) {
  Member &self = *static_cast<Member *>(argument);
  snap_pool &pool = *self.pool;
  uint32_t seen = 0;
  while (true) {
    seen = pool.awaitLoop(seen);
    if (pool.join(self.index)) {
      pool.runItems(self.index);
      pool.leave(self.index);
      continue;
    }
    pool.lock.lock();
    bool quit = pool.quitting;
    pool.lock.unlock();
    if (quit)
      return nullptr;
  }
}

void snap_pool::appTask(void *argument, uint32_t index) {
  snap_pool &pool = *static_cast<snap_pool *>(argument);
  if (pool.join(index)) {
    pool.runItems(index);
    pool.leave(index);
  }
}
