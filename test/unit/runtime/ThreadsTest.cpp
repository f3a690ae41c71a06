//===- ThreadsTest.cpp - Parallel loops over bounded workers --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/threads.h"

#include "TestPlan.h"

#include <atomic>
#include <climits>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <thread>

using namespace snap::runtime;

namespace {

/// A pool with 1 KiB of scratch per worker, on its own threads or the app's.
struct TestPool {
  explicit TestPool(uint32_t threads, snap_parallel_for_fn parallelFor = nullptr, void *context = nullptr)
      : pool(allocator, parallelFor, context) {
    memory.resize(threads * 1024 + 64);
    auto *scratch = reinterpret_cast<uint8_t *>((reinterpret_cast<uintptr_t>(memory.data()) + 63) & ~uintptr_t(63));
    EXPECT_TRUE(pool.start(threads, scratch, 1024));
  }
  ~TestPool() { pool.stop(); }

  template <typename Body> int loop(int min, int count, Body body) {
    auto call = [](void *worker, int item, uint8_t *closure) {
      return (*reinterpret_cast<Body *>(closure))(*static_cast<snap_worker *>(worker), item);
    };
    return halide_do_par_for(&pool.worker(0), call, min, count, reinterpret_cast<uint8_t *>(&body));
  }

  Allocator allocator;
  std::vector<uint8_t> memory;
  snap_pool pool;
};

/// An app's parallel-for: a thread per task.
void onThreads(void *, uint32_t count, snap_task_fn task, void *argument) {
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < count; ++i)
    threads.emplace_back([=] { task(argument, i); });
  for (std::thread &thread : threads)
    thread.join();
}

/// Runs loops in which every worker fills its scratch and looks whether it
/// stays as it was; every item must run once.
void hammer(TestPool &test, int loops, int items) {
  for (int l = 0; l < loops; ++l) {
    std::vector<std::atomic<int>> runs(items);
    std::atomic<int> clashes{0};
    int result = test.loop(5, items, [&](snap_worker &worker, int item) {
      runs[item - 5]++;
      auto *block = static_cast<uint8_t *>(halide_malloc(&worker, 200));
      std::memset(block, item & 0xff, 200);
      if (item % 7 == 0)
        std::this_thread::yield();
      for (int i = 0; i < 200; ++i)
        clashes += block[i] != (item & 0xff);
      halide_free(&worker, block);
      return 0;
    });
    ASSERT_EQ(result, 0);
    ASSERT_EQ(clashes, 0);
    for (int i = 0; i < items; ++i)
      ASSERT_EQ(runs[i], 1) << "item " << i;
  }
}

} // namespace

TEST(Threads, EveryItemRunsOnceOnAWorkerOfItsOwn) {
  for (uint32_t threads : {1u, 2u, 3u, 8u}) {
    TestPool test(threads);
    EXPECT_EQ(test.pool.threads(), threads);
    hammer(test, 200, 37);
    hammer(test, 2, 5000); // in portions
  }
}

TEST(Threads, EveryItemRunsOnceWithTheAppsParallelFor) {
  for (uint32_t threads : {1u, 2u, 5u}) {
    TestPool test(threads, onThreads);
    hammer(test, 30, 37);
  }
}

TEST(Threads, WorkIsShared) {
  TestPool test(3);
  std::atomic<int> arrived{0};
  std::set<int> workers;
  std::mutex mutex;
  // No item ends before three are under way.
  test.loop(0, 3, [&](snap_worker &worker, int) {
    ++arrived;
    while (arrived < 3)
      std::this_thread::yield();
    std::lock_guard<std::mutex> guard(mutex);
    workers.insert(worker.index);
    return 0;
  });
  EXPECT_EQ(workers, (std::set<int>{0, 1, 2}));
}

TEST(Threads, ThreadsWakeAfterALongPause) {
  TestPool test(2);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    hammer(test, 1, 10);
  }
}

// Whoever is inside a loop runs a loop of its own alone, on its own worker.
TEST(Threads, NestedLoopsRunOnTheirWorker) {
  for (snap_parallel_for_fn parallelFor : {snap_parallel_for_fn(nullptr), snap_parallel_for_fn(onThreads)}) {
    TestPool test(3, parallelFor);
    std::atomic<int> total{0}, strays{0};
    test.loop(0, 8, [&](snap_worker &outer, int) {
      struct Closure {
        snap_worker *outer;
        std::atomic<int> *total, *strays;
      } closure = {&outer, &total, &strays};
      auto inner = [](void *worker, int item, uint8_t *opaque) {
        auto &c = *reinterpret_cast<Closure *>(opaque);
        *c.total += item;
        *c.strays += worker != c.outer;
        return 0;
      };
      return halide_do_par_for(&outer, inner, 0, 5, reinterpret_cast<uint8_t *>(&closure));
    });
    EXPECT_EQ(total, 8 * 10);
    EXPECT_EQ(strays, 0);
  }
}

TEST(Threads, AFailureStopsTheLoopAndIsKeptUntilReset) {
  for (uint32_t threads : {1u, 4u}) {
    TestPool test(threads);
    std::atomic<int> runs{0};
    auto body = [&](snap_worker &, int item) {
      ++runs;
      return item >= 10 ? 42 : 0;
    };
    EXPECT_EQ(test.loop(0, 100000, body), 42);
    // Each worker's portion of 100000 / (64 * threads) items, at most.
    EXPECT_LE(runs, 2 * 100000 / 64);
    EXPECT_EQ(test.pool.failure(), 42);
    test.pool.reset();
    EXPECT_EQ(test.pool.failure(), 0);
    EXPECT_EQ(test.loop(0, 10, body), 0);
  }
}

TEST(Threads, EmptyLoopsAndTheWholeRangeOfInt) {
  TestPool test(2);
  auto never = [](snap_worker &, int) { return 1; };
  EXPECT_EQ(test.loop(0, 0, never), 0);
  EXPECT_EQ(test.loop(0, -5, never), 0);
  std::atomic<int64_t> sum{0};
  auto add = [&](snap_worker &, int item) {
    sum += item;
    return 0;
  };
  EXPECT_EQ(test.loop(INT_MAX - 2, 3, add), 0);
  EXPECT_EQ(sum, 3 * int64_t(INT_MAX) - 3);
  sum = 0;
  EXPECT_EQ(test.loop(INT_MIN, 3, add), 0);
  EXPECT_EQ(sum, 3 * int64_t(INT_MIN) + 3);
}

//===----------------------------------------------------------------------===//
// Apps whose parallel-for is peculiar
//===----------------------------------------------------------------------===//

TEST(AppParallelFor, AsksForAtMostOneTaskPerWorkerAndItem) {
  std::vector<uint32_t> counts;
  auto count = [](void *context, uint32_t tasks, snap_task_fn, void *) {
    static_cast<std::vector<uint32_t> *>(context)->push_back(tasks);
  };
  TestPool test(3, count, &counts);
  hammer(test, 1, 10); // no task runs at all: the caller does the work
  hammer(test, 1, 2);
  EXPECT_EQ(counts, (std::vector<uint32_t>{3, 2}));
}

TEST(AppParallelFor, TasksThatAreRepeatedOrDoNotExistDoNoHarm) {
  auto twice = [](void *, uint32_t count, snap_task_fn task, void *argument) {
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < 2 * count + 3; ++i)
      threads.emplace_back([=] { task(argument, i % (count + 2)); });
    for (std::thread &thread : threads)
      thread.join();
  };
  TestPool test(3, twice);
  hammer(test, 30, 37);
}

// It should not, but when it returns before its tasks did, the loop still ends
// after them, and tasks that begin after the loop do nothing.
TEST(AppParallelFor, MayReturnEarly) {
  static std::vector<std::thread> late;
  auto early = [](void *, uint32_t count, snap_task_fn task, void *argument) {
    for (uint32_t i = 0; i < count; ++i)
      late.emplace_back([=] { task(argument, i); });
  };
  {
    TestPool test(3, early);
    hammer(test, 10, 37);
    for (std::thread &thread : late)
      thread.join();
  }
  late.clear();
}
