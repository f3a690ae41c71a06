//===- LoaderTest.cpp - snap_open and snap_close --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "TestPlan.h"
#include "runtime/model.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

using namespace snap::test;

namespace {

snap_options sized(uint32_t threads = 0) {
  snap_options options = {};
  options.size = sizeof options;
  options.threads = threads;
  return options;
}

} // namespace

TEST(Open, ToldByDefaultsOnly) {
  TempFile file(TestPlan().bytes());
  snap_model *model = nullptr;
  ASSERT_EQ(snap_open(&testLibrary(), file.path(), nullptr, &model, nullptr), SNAP_OK);
  snap_model_info info = {};
  info.size = sizeof info;
  snap_get_model_info(model, &info);
  EXPECT_EQ(info.threads, snap::runtime::platform::cpuCount());
  EXPECT_STREQ(info.name, "test");
  EXPECT_STREQ(info.build_id, kBuildId);
  EXPECT_STREQ(info.target, "x86_64-linux");
  EXPECT_STREQ(info.cpu, "generic");
  EXPECT_STREQ(info.compiler, "snapc test");
  EXPECT_EQ(info.arena_bytes, 8256u);
  EXPECT_EQ(info.scratch_bytes, info.threads * (256u + SNAP_SCRATCH_HEADERS));
  EXPECT_EQ(info.weight_bytes, 4196u);
  expectMainRuns(model);
  snap_close(model);
  snap_close(nullptr);
}

TEST(Open, RefusesWrongArguments) {
  TempFile file(TestPlan().bytes());
  snap_error error = {};
  auto *model = reinterpret_cast<snap_model *>(1);
  EXPECT_EQ(snap_open(nullptr, file.path(), nullptr, &model, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_EQ(model, nullptr);
  EXPECT_EQ(snap_open(&testLibrary(), nullptr, nullptr, &model, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_EQ(snap_open(&testLibrary(), file.path(), nullptr, nullptr, &error), SNAP_ERROR_ARGUMENT);
  snap_options options = sized();
  options.size = 0;
  EXPECT_EQ(snap_open(&testLibrary(), file.path(), &options, &model, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "snap_options.size is not set");
  options = sized(1025);
  EXPECT_EQ(snap_open(&testLibrary(), file.path(), &options, &model, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "1025 threads asked for, at most 1024 are possible");
  options = sized();
  options.allocate = [](void *, uint64_t, uint64_t) -> void * { return nullptr; };
  EXPECT_EQ(snap_open(&testLibrary(), file.path(), &options, &model, &error), SNAP_ERROR_ARGUMENT);
}

TEST(Open, RefusesAGpuThatIsNotThere) {
  std::vector<uint8_t> bytes = TestPlan().bytes();
  snap_options options = sized();
  options.device = SNAP_DEVICE_GPU;
  OpenModel none(bytes, options);
  EXPECT_EQ(none.status, SNAP_ERROR_UNSUPPORTED);
  EXPECT_NE(std::string(none.error.message).find("compile with --gpu metal"), std::string::npos) << none.error.message;
  options.device = static_cast<snap_device>(3);
  EXPECT_EQ(OpenModel(bytes, options).status, SNAP_ERROR_ARGUMENT);
  for (snap_device device : {SNAP_DEVICE_AUTO, SNAP_DEVICE_CPU}) {
    options.device = device;
    OpenModel open(bytes, options);
    ASSERT_EQ(open.status, SNAP_OK) << open.error.message;
    snap_model_info info = {};
    info.size = sizeof info;
    snap_get_model_info(open.model, &info);
    EXPECT_EQ(info.device, SNAP_DEVICE_CPU);
    EXPECT_STREQ(info.device_name, "");
    EXPECT_STREQ(info.device_note, "");
  }
}

TEST(Open, RefusesAnotherLibrary) {
  std::vector<uint8_t> bytes = TestPlan().bytes();
  snap_library other = testLibrary();
  other.abi_version = SNAP_KERNEL_ABI_VERSION + 1;
  EXPECT_EQ(OpenModel(bytes, sized(), other).status, SNAP_ERROR_VERSION);
  other = testLibrary();
  other.build_id = "ffffffffffffffffffffffffffffffff";
  EXPECT_EQ(OpenModel(bytes, sized(), other).status, SNAP_ERROR_MISMATCH);
  other.build_id = nullptr;
  EXPECT_EQ(OpenModel(bytes, sized(), other).status, SNAP_ERROR_MISMATCH);
  other = testLibrary();
  other.kernel_count = 2;
  EXPECT_EQ(OpenModel(bytes, sized(), other).status, SNAP_ERROR_MISMATCH);
  other = testLibrary();
  other.kernels = nullptr;
  EXPECT_EQ(OpenModel(bytes, sized(), other).status, SNAP_ERROR_ARGUMENT);
  snap_kernel_fn holes[3] = {testLibrary().kernels[0], nullptr, testLibrary().kernels[2]};
  other.kernels = holes;
  OpenModel open(bytes, sized(), other);
  EXPECT_EQ(open.status, SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(open.error.message, "the library has no code for kernel 1, 'sum_rows'");
}

TEST(Open, SaysWhyTheFileCannotBeRead) {
  snap_model *model = nullptr;
  snap_error error = {};
  EXPECT_EQ(snap_open(&testLibrary(), "/nowhere/x.snap", nullptr, &model, &error), SNAP_ERROR_IO);
  EXPECT_STREQ(error.message, "/nowhere/x.snap: cannot be opened: No such file or directory");
  EXPECT_EQ(snap_open(&testLibrary(), "/tmp", nullptr, &model, &error), SNAP_ERROR_IO);
  EXPECT_STREQ(error.message, "/tmp: cannot be opened: Is a directory");
}

// Allocation number n fails, for every n: an error, nothing lost; and a model
// that opened still runs.
TEST(Open, SurvivesEveryFailedAllocation) {
  std::vector<uint8_t> bytes = TestPlan().bytes();
  int failures = 0;
  for (int failAt = 0;; ++failAt) {
    TestAllocator allocator;
    allocator.failAt = failAt;
    snap_options options = sized(3);
    allocator.install(options);
    OpenModel open(bytes, options);
    if (open.status == SNAP_OK) {
      expectMainRuns(open.model);
      break;
    }
    ++failures;
    EXPECT_EQ(open.status, SNAP_ERROR_MEMORY) << open.error.message;
    EXPECT_EQ(allocator.live(), 0u);
    ASSERT_LT(failAt, 100);
  }
  EXPECT_GE(failures, 5); // model, plan, arena, workers, records
}

TEST(Open, RefusesAnArenaNoMachineHas) {
  for (uint64_t arena : {uint64_t(1) << 62, ~uint64_t(63)}) {
    TestPlan test;
    test.main().arena = arena;
    TestAllocator allocator;
    allocator.limit = 1 << 30;
    snap_options options = sized(4);
    allocator.install(options);
    OpenModel open(test.bytes(), options);
    EXPECT_EQ(open.status, SNAP_ERROR_MEMORY);
  }
  for (uint64_t scratch : {uint64_t(1) << 62, ~uint64_t(0), ~uint64_t(0) / 4 + 64}) {
    TestPlan test;
    test.main().scratch = scratch;
    TestAllocator allocator;
    allocator.limit = 1 << 30;
    snap_options options = sized(4);
    allocator.install(options);
    OpenModel open(test.bytes(), options);
    EXPECT_EQ(open.status, SNAP_ERROR_MEMORY);
  }
}

TEST(Open, ReadsThePipeline) {
  OpenModel open(TestPlan().bytes());
  ASSERT_EQ(open.status, SNAP_OK);
  ASSERT_TRUE(open.model->hasPipeline);
  const snap::runtime::PipelineConfig &p = open.model->pipeline;
  EXPECT_EQ(p.scalingFactor, 0.18215);
  EXPECT_EQ(p.defaultSteps, 8u);
  EXPECT_EQ(p.defaultGuidance, 7.5);
  EXPECT_EQ(p.width, 128u);
  EXPECT_EQ(p.height, 96u);
  EXPECT_EQ(p.latentChannels, 4u);
  EXPECT_EQ(p.maxTokens, 77u);
  ASSERT_EQ(p.tokenizerBytes, 100u);
  EXPECT_EQ(p.tokenizer[99], 0x5a);
  EXPECT_EQ(p.scheduler.betaSchedule, snap::runtime::BetaSchedule::SquaredCosCapV2);
  EXPECT_EQ(p.scheduler.spacing, snap::runtime::Spacing::Trailing);
  EXPECT_EQ(p.scheduler.prediction, snap::runtime::Prediction::VPrediction);
  ASSERT_NE(p.scheduler.trainedBetas, nullptr);
  EXPECT_EQ(p.scheduler.trainedBetas[2], 0.5);
  EXPECT_TRUE(p.scheduler.rescaleBetasZeroSnr);
  EXPECT_FALSE(p.scheduler.setAlphaToOne);

  TestPlan single;
  single.plan.pipeline.reset();
  OpenModel other(single.bytes());
  ASSERT_EQ(other.status, SNAP_OK);
  EXPECT_FALSE(other.model->hasPipeline);
}

// The size of SnapFusion in f32, as a file with a hole: opening must not read
// the weights.
TEST(Open, TakesNoTimeForThreeGigabytes) {
  std::vector<uint8_t> bytes = TestPlan().bytes();
  uint64_t dataBytes = uint64_t(3) << 30, dataOffset, fileBytes;
  std::memcpy(&dataOffset, &bytes[32], 8);
  fileBytes = dataOffset + dataBytes;
  std::memcpy(&bytes[40], &dataBytes, 8);
  std::memcpy(&bytes[48], &fileBytes, 8);
  seal(bytes);
  TempFile file(bytes);
  ASSERT_EQ(truncate(file.path(), long(fileBytes)), 0);

  // The best of a few, since tests share the machine.
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 5; ++i) {
    auto begin = std::chrono::steady_clock::now();
    snap_model *model = nullptr;
    snap_error error = {};
    ASSERT_EQ(snap_open(&testLibrary(), file.path(), nullptr, &model, &error), SNAP_OK) << error.message;
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
    expectMainRuns(model);
    snap_close(model);
  }
  EXPECT_LT(std::chrono::duration_cast<std::chrono::milliseconds>(best).count(), 100);
}

TEST(Open, ModelsAreIndependent) {
  std::vector<uint8_t> bytes = TestPlan().bytes();
  std::vector<std::thread> apps;
  for (int i = 0; i < 3; ++i)
    apps.emplace_back([&] {
      for (int round = 0; round < 5; ++round) {
        OpenModel open(bytes, sized(2));
        expectMainRuns(open.model);
      }
    });
  for (std::thread &app : apps)
    app.join();
}
