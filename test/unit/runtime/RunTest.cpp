//===- RunTest.cpp - Programs: running, watching, stopping ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "TestPlan.h"

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>

using namespace snap::test;

extern "C" float sum_of_outputs(const snap_library *library, const char *path, const char *name, float value,
                                snap_error *error);

namespace {

struct RunTest : testing::Test {
  RunTest() : open(TestPlan().bytes(), threads(2)) {
    EXPECT_EQ(open.status, SNAP_OK) << open.error.message;
    program = snap_find_program(open.model, "main");
    std::memset(snap_find_input(program, "x")->data, 0, snap_find_input(program, "x")->bytes);
  }
  ~RunTest() override { onCall = nullptr; }

  static snap_options threads(uint32_t count) {
    snap_options options = {};
    options.threads = count;
    return options;
  }

  OpenModel open;
  snap_program *program;
  snap_error error = {};
};

snap_run_options runOptions(void *user) {
  snap_run_options options = {};
  options.size = sizeof options;
  options.user = user;
  return options;
}

} // namespace

TEST_F(RunTest, ListsProgramsAndTensors) {
  ASSERT_EQ(snap_program_count(open.model), 2u);
  EXPECT_STREQ(snap_program_name(snap_program_at(open.model, 1)), "double");
  EXPECT_EQ(snap_program_at(open.model, 2), nullptr);
  EXPECT_EQ(snap_find_program(open.model, "none"), nullptr);
  EXPECT_EQ(snap_find_program(open.model, nullptr), nullptr);
  EXPECT_EQ(snap_program_calls(program), 2u);

  uint32_t count = 0;
  const snap_tensor *inputs = snap_program_inputs(program, &count);
  ASSERT_EQ(count, 1u);
  EXPECT_STREQ(inputs->name, "x");
  EXPECT_EQ(inputs->type, SNAP_F32);
  ASSERT_EQ(inputs->rank, 2u);
  EXPECT_EQ(inputs->shape[0], kRows);
  EXPECT_EQ(inputs->shape[1], kColumns);
  EXPECT_EQ(inputs->bytes, 4096u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(inputs->data) % 64, 0u);
  EXPECT_EQ(snap_find_input(program, "x"), inputs);
  EXPECT_EQ(snap_find_input(program, "z"), nullptr);
  EXPECT_EQ(snap_find_output(program, "z"), snap_program_outputs(program, nullptr));
  EXPECT_EQ(snap_program_inputs(nullptr, &count), nullptr);
  EXPECT_EQ(count, 0u);
}

TEST_F(RunTest, Runs) {
  expectMainRuns(open.model);
  expectMainRuns(open.model);
}

// Programs share the arena: each is right as long as one is used at a time.
TEST_F(RunTest, RunsProgramsInTurn) {
  snap_program *other = snap_find_program(open.model, "double");
  for (int round = 0; round < 3; ++round) {
    expectMainRuns(open.model);
    auto *v = static_cast<float *>(snap_find_input(other, "v")->data);
    for (int i = 0; i < kRows; ++i)
      v[i] = static_cast<float>(i + round);
    ASSERT_EQ(snap_run(open.model, other, nullptr, nullptr), SNAP_OK);
    auto *r = static_cast<const float *>(snap_find_output(other, "r")->data);
    for (int i = 0; i < kRows; ++i)
      EXPECT_EQ(r[i], 2.0f * static_cast<float>(i + round));
  }
}

TEST_F(RunTest, SameBytesForAnyNumberOfThreads) {
  for (uint32_t count : {1u, 2u, 3u, 7u}) {
    OpenModel other(TestPlan().bytes(), threads(count));
    expectMainRuns(other.model);
  }
}

TEST_F(RunTest, RunsOnTheAppsThreads) {
  std::atomic<int> calls{0};
  snap_options options = threads(3);
  options.parallel_context = &calls;
  options.parallel_for = [](void *context, uint32_t count, snap_task_fn task, void *argument) {
    ++*static_cast<std::atomic<int> *>(context);
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < count; ++i)
      threads.emplace_back([=] { task(argument, i); });
    for (std::thread &thread : threads)
      thread.join();
  };
  OpenModel other(TestPlan().bytes(), options);
  expectMainRuns(other.model);
  EXPECT_EQ(calls, 1); // main has one parallel loop
}

TEST_F(RunTest, RefusesWrongArguments) {
  OpenModel other(TestPlan().bytes());
  EXPECT_EQ(snap_run(nullptr, program, nullptr, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_EQ(snap_run(open.model, nullptr, nullptr, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_EQ(snap_run(other.model, program, nullptr, &error), SNAP_ERROR_ARGUMENT);
  snap_run_options options = {};
  EXPECT_EQ(snap_run(open.model, program, &options, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "snap_run_options.size is not set");
}

//===----------------------------------------------------------------------===//
// Watching
//===----------------------------------------------------------------------===//

TEST_F(RunTest, ReportsProgressAndTime) {
  struct Seen {
    std::vector<std::pair<uint32_t, uint32_t>> progress;
    std::vector<uint32_t> calls;
    uint64_t slept = 0;
  } seen;
  onCall = [](int kernel) {
    if (kernel == 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(4));
    return 0;
  };
  snap_run_options options = runOptions(&seen);
  options.progress = [](void *user, uint32_t done, uint32_t total) {
    static_cast<Seen *>(user)->progress.emplace_back(done, total);
    return 0;
  };
  options.timing = [](void *user, uint32_t call, uint64_t nanoseconds) {
    auto &s = *static_cast<Seen *>(user);
    s.calls.push_back(call);
    if (call == 1)
      s.slept = nanoseconds;
  };
  ASSERT_EQ(snap_run(open.model, program, &options, &error), SNAP_OK) << error.message;
  EXPECT_EQ(seen.progress, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 2}, {1, 2}, {2, 2}}));
  EXPECT_EQ(seen.calls, (std::vector<uint32_t>{0, 1}));
  EXPECT_GE(seen.slept, 4000000u);
}

//===----------------------------------------------------------------------===//
// Stopping
//===----------------------------------------------------------------------===//

TEST_F(RunTest, ProgressCanStop) {
  for (uint32_t stopAt : {0u, 1u, 2u}) {
    int calls = 0;
    onCall = [&](int) { return ++calls, 0; };
    snap_run_options options = runOptions(&stopAt);
    options.progress = [](void *user, uint32_t done, uint32_t) { return int(done == *static_cast<uint32_t *>(user)); };
    EXPECT_EQ(snap_run(open.model, program, &options, &error), SNAP_CANCELLED);
    EXPECT_EQ(calls, int(stopAt));
    EXPECT_EQ(error.message, "cancelled in program 'main' after " + std::to_string(stopAt) + " of 2 calls");
  }
  onCall = nullptr;
  expectMainRuns(open.model);
}

// Another thread cancels while the first kernel runs: the second never does.
TEST_F(RunTest, AnyThreadCanCancel) {
  std::mutex mutex;
  std::condition_variable changed;
  bool inKernel = false, cancelled = false;
  int calls = 0;
  onCall = [&](int) {
    std::unique_lock<std::mutex> guard(mutex);
    ++calls;
    inKernel = true;
    changed.notify_all();
    changed.wait(guard, [&] { return cancelled; });
    return 0;
  };
  std::thread canceller([&] {
    std::unique_lock<std::mutex> guard(mutex);
    changed.wait(guard, [&] { return inKernel; });
    snap_cancel(open.model);
    cancelled = true;
    changed.notify_all();
  });
  EXPECT_EQ(snap_run(open.model, program, nullptr, &error), SNAP_CANCELLED);
  canceller.join();
  EXPECT_EQ(calls, 1);
  onCall = nullptr;
  expectMainRuns(open.model);
}

TEST_F(RunTest, CancellingAnIdleModelDoesNothing) {
  snap_cancel(open.model);
  snap_cancel(nullptr);
  expectMainRuns(open.model);
}

TEST_F(RunTest, OneRunAtATime) {
  snap_status second = SNAP_OK;
  onCall = [&](int kernel) {
    if (kernel == 0) {
      snap_error inner = {};
      std::thread([&] { second = snap_run(open.model, program, nullptr, &inner); }).join();
      EXPECT_STREQ(inner.message, "the model is running on another thread");
    }
    return 0;
  };
  EXPECT_EQ(snap_run(open.model, program, nullptr, &error), SNAP_OK);
  EXPECT_EQ(second, SNAP_ERROR_BUSY);
}

// Cancelling as hard as possible, at any time: every run ends one way or the
// other and the last one is right. ThreadSanitizer watches.
TEST_F(RunTest, CancelStorm) {
  std::atomic<bool> stop{false};
  std::thread canceller([&] {
    while (!stop) {
      snap_cancel(open.model);
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 300; ++i) {
    snap_status status = snap_run(open.model, program, nullptr, nullptr);
    ASSERT_TRUE(status == SNAP_OK || status == SNAP_CANCELLED);
  }
  stop = true;
  canceller.join();
  expectMainRuns(open.model);
}

//===----------------------------------------------------------------------===//
// Kernels that fail
//===----------------------------------------------------------------------===//

TEST_F(RunTest, AFailedKernelIsNamed) {
  onCall = [](int kernel) { return kernel == 1 ? -3 : 0; };
  EXPECT_EQ(snap_run(open.model, program, nullptr, &error), SNAP_ERROR_KERNEL);
  EXPECT_STREQ(error.message, "program 'main': call 1, kernel 'sum_rows' failed with code -3");
  onCall = nullptr;
  expectMainRuns(open.model);
}

// A kernel compiled without checks ignores what its loops return.
TEST_F(RunTest, AFailedItemIsAFailedKernel) {
  static const snap_kernel_fn kernels[] = {[](void **args) {
                                             auto body = [](void *, int item, uint8_t *) { return item == 3 ? 9 : 0; };
                                             halide_do_par_for(*static_cast<void **>(args[0]), body, 0, 8, nullptr);
                                             return 0;
                                           },
                                           testLibrary().kernels[1], testLibrary().kernels[2]};
  snap_library library = testLibrary();
  library.kernels = kernels;
  OpenModel other(TestPlan().bytes(), threads(2), library);
  EXPECT_EQ(snap_run(other.model, snap_find_program(other.model, "main"), nullptr, &error), SNAP_ERROR_KERNEL);
  EXPECT_STREQ(error.message, "program 'main': call 0, kernel 'multiply' failed with code 9");
}

// The plan promises too little scratch: the run says so, and does not crash.
TEST_F(RunTest, OutgrownScratchIsReported) {
  TestPlan test;
  test.plan.kernels[0]->scratch = 0;
  test.main().scratch = 0;
  OpenModel other(test.bytes(), threads(2));
  ASSERT_EQ(other.status, SNAP_OK);
  snap_program *main = snap_find_program(other.model, "main");
  std::memset(snap_find_input(main, "x")->data, 0, snap_find_input(main, "x")->bytes);
  EXPECT_EQ(snap_run(other.model, main, nullptr, &error), SNAP_ERROR_KERNEL);
  EXPECT_STREQ(error.message, "program 'main': call 0, kernel 'multiply' needs 320 bytes of scratch per worker, but 0 "
                              "are planned; please report this");
  EXPECT_EQ(snap_run(other.model, snap_find_program(other.model, "double"), nullptr, &error), SNAP_OK);
}

//===----------------------------------------------------------------------===//
// From C
//===----------------------------------------------------------------------===//

TEST(FromC, OpensRunsAndCloses) {
  TempFile file(TestPlan().bytes());
  snap_error error = {};
  EXPECT_EQ(sum_of_outputs(&testLibrary(), file.path(), "double", 1.5f, &error), 2 * 1.5f * kRows) << error.message;
  EXPECT_EQ(sum_of_outputs(&testLibrary(), "/nowhere", "double", 1.5f, &error), -1);
  EXPECT_EQ(error.status, SNAP_ERROR_IO);
}
