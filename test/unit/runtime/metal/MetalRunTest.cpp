//===- MetalRunTest.cpp - Programs on a GPU, and when it fails ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalTestPlan.h"

#include <cstring>
#include <thread>

using namespace snap;
using namespace snap::test;

namespace {

/// Writes v, runs "double" and compares with 2 v.
void expectDoubleRuns(snap_model *model) {
  snap_program *program = snap_find_program(model, "double");
  auto *v = static_cast<float *>(snap_find_input(program, "v")->data);
  for (int i = 0; i < kRows; ++i)
    v[i] = static_cast<float>(i) - 3;
  ASSERT_EQ(snap_run(model, program, nullptr, nullptr), SNAP_OK);
  auto *r = static_cast<const float *>(snap_find_output(program, "r")->data);
  for (int i = 0; i < kRows; ++i)
    EXPECT_EQ(r[i], 2 * (static_cast<float>(i) - 3));
}

/// Counts calls of CPU kernels.
struct CpuCalls {
  CpuCalls() {
    onCall = [this](int) { return ++count, 0; };
  }
  ~CpuCalls() { onCall = nullptr; }
  int count = 0;
};

class MetalRun : public MetalTest {
protected:
  snap_status runMain() {
    snap_program *main = snap_find_program(model, "main");
    std::vector<float> x = someInput();
    std::memcpy(snap_find_input(main, "x")->data, x.data(), x.size() * sizeof(float));
    return snap_run(model, main, nullptr, &error);
  }
};

} // namespace

TEST_F(MetalRun, ProgramsRunOnTheGpu) {
  CpuCalls cpu;
  ASSERT_EQ(open(), SNAP_OK) << error.message;
  snap_model_info opened = info();
  EXPECT_EQ(opened.device, SNAP_DEVICE_GPU);
  EXPECT_STREQ(opened.device_name, "Fake A15 GPU");
  EXPECT_STREQ(opened.device_note, "");
  EXPECT_EQ(opened.gpu_scratch_bytes, 256u + 2 * kRows * kColumns * 4);
  for (int round = 0; round < 3; ++round) {
    expectMainRuns(model);
    expectDoubleRuns(model);
  }
  EXPECT_EQ(cpu.count, 0);
  EXPECT_EQ(info().gpu_fallbacks, 0u);
  // One command buffer a run; four and one dispatches.
  EXPECT_EQ(fake::device().commandBuffers, 6);
  EXPECT_EQ(fake::device().dispatches, 15u);
}

TEST_F(MetalRun, TheCpuOnRequest) {
  CpuCalls cpu;
  ASSERT_EQ(open(SNAP_DEVICE_CPU), SNAP_OK) << error.message;
  EXPECT_EQ(info().device, SNAP_DEVICE_CPU);
  EXPECT_STREQ(info().device_note, "");
  expectMainRuns(model);
  EXPECT_EQ(cpu.count, 2);
  EXPECT_EQ(fake::device().commandBuffers, 0);
  EXPECT_EQ(fake::callsOf("newCommandQueue"), 0);
}

TEST_F(MetalRun, PlansWithoutMetalRunOnTheCpu) {
  writePlan(TestPlan());
  ASSERT_EQ(open(), SNAP_OK) << error.message;
  EXPECT_EQ(info().device, SNAP_DEVICE_CPU);
  expectMainRuns(model);
  EXPECT_EQ(open(SNAP_DEVICE_GPU), SNAP_ERROR_UNSUPPORTED);
  EXPECT_NE(std::strstr(error.message, "compile with --gpu metal"), nullptr) << error.message;
}

TEST_F(MetalRun, ProgressIsReportedBeforeAndAfter) {
  ASSERT_EQ(open(SNAP_DEVICE_GPU), SNAP_OK) << error.message;
  std::vector<std::pair<uint32_t, uint32_t>> seen;
  snap_run_options options = {};
  options.size = sizeof options;
  options.user = &seen;
  options.progress = [](void *user, uint32_t done, uint32_t total) {
    static_cast<std::vector<std::pair<uint32_t, uint32_t>> *>(user)->emplace_back(done, total);
    return 0;
  };
  options.timing = [](void *, uint32_t, uint64_t) { ADD_FAILURE() << "calls on a GPU have no times"; };
  ASSERT_EQ(snap_run(model, snap_find_program(model, "main"), &options, &error), SNAP_OK) << error.message;
  EXPECT_EQ(seen, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 2}, {2, 2}}));
  // Stopping before: nothing runs. After: what ran counts as cancelled.
  for (uint32_t stopAt : {0u, 2u}) {
    options.user = &stopAt;
    options.progress = [](void *user, uint32_t done, uint32_t) { return int(done == *static_cast<uint32_t *>(user)); };
    int before = fake::device().commandBuffers;
    EXPECT_EQ(snap_run(model, snap_find_program(model, "main"), &options, &error), SNAP_CANCELLED);
    EXPECT_EQ(fake::device().commandBuffers - before, stopAt == 0 ? 0 : 1);
  }
  expectMainRuns(model);
}

TEST_F(MetalRun, AnyThreadMayRun) {
  ASSERT_EQ(open(SNAP_DEVICE_GPU), SNAP_OK) << error.message;
  std::thread([&] { expectMainRuns(model); }).join();
  std::thread([&] { expectDoubleRuns(model); }).join();
}

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

namespace {
struct Fault {
  const char *name;
  long code; // MTLCommandBufferError
  snap_status status;
  bool heals; // the next run tries the GPU again
};
class MetalFault : public MetalRun, public testing::WithParamInterface<Fault> {};
} // namespace

TEST_P(MetalFault, IsAStatusWithTheReason) {
  ASSERT_EQ(open(SNAP_DEVICE_GPU), SNAP_OK) << error.message;
  fake::device().commandFailures = {{0, 1, GetParam().code, "Insufficient everything"}};
  EXPECT_EQ(runMain(), GetParam().status);
  EXPECT_STREQ(error.message, "program 'main': the GPU stopped: Insufficient everything");
  EXPECT_EQ(info().gpu_fallbacks, 0u);
  // Whoever wants the GPU alone may try again.
  expectMainRuns(model);
}

// However far the GPU came, the CPU begins from the inputs as they were.
TEST_P(MetalFault, TheCpuDoesTheRunAgain) {
  for (size_t dispatches : {0u, 1u, 2u, 3u, 4u}) {
    CpuCalls cpu;
    ASSERT_EQ(open(), SNAP_OK) << error.message;
    fake::device().commandBuffers = 0;
    fake::device().commandFailures = {{0, dispatches, GetParam().code, "Insufficient everything"}};
    expectMainRuns(model);
    EXPECT_EQ(cpu.count, 2);
    EXPECT_EQ(info().gpu_fallbacks, 1u);
    EXPECT_STREQ(info().device_note, "the GPU stopped: Insufficient everything");
    EXPECT_EQ(info().device, GetParam().heals ? SNAP_DEVICE_GPU : SNAP_DEVICE_CPU);
    expectMainRuns(model);
    EXPECT_EQ(fake::device().commandBuffers, GetParam().heals ? 2 : 1);
    EXPECT_EQ(cpu.count, GetParam().heals ? 2 : 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Codes, MetalFault,
                         testing::Values(Fault{"Internal", 1, SNAP_ERROR_GPU, false},
                                         Fault{"Timeout", 2, SNAP_ERROR_GPU, false},
                                         Fault{"PageFault", 3, SNAP_ERROR_GPU, false},
                                         Fault{"AccessRevoked", 4, SNAP_ERROR_DEVICE_LOST, false},
                                         Fault{"NotPermitted", 7, SNAP_ERROR_BACKGROUND, true},
                                         Fault{"OutOfMemory", 8, SNAP_ERROR_MEMORY, false},
                                         Fault{"InvalidResource", 9, SNAP_ERROR_GPU, false},
                                         Fault{"DeviceRemoved", 11, SNAP_ERROR_DEVICE_LOST, false}),
                         [](const auto &info) { return std::string(info.param.name); });

// In "twice" over its own input, a run that fails has spoilt what it read.
TEST_F(MetalRun, InputsThatTheGpuOverwroteComeBack) {
  MetalTestPlan test;
  plan::ProgramT &twice = *test.plan.programs[1];
  twice.calls[0]->args[1]->offset = twice.calls[0]->args[0]->offset;
  twice.outputs[0]->offset = twice.inputs[0]->offset;
  writePlan(test);
  ASSERT_EQ(open(), SNAP_OK) << error.message;
  fake::device().commandFailures = {{0, 1, 2, "too late"}};
  expectDoubleRuns(model);
  EXPECT_EQ(info().gpu_fallbacks, 1u);
}

// What one program leaves on the GPU another reads on the CPU, and the other way round.
TEST_F(MetalRun, StateIsWhereBothFindIt) {
  MetalTestPlan test;
  plan::ProgramT &main = test.main(), &twice = *test.plan.programs[1];
  constexpr uint64_t big = kRows * kColumns * 4;
  test.plan.state = 64 + big;
  for (plan::SliceT *y : {main.calls[0]->args[2].get(), main.calls[1]->args[0].get()}) {
    y->space = plan::Space::State;
    y->offset = 64;
  }
  twice.calls[0]->args[0]->space = plan::Space::State;
  twice.calls[0]->args[0]->offset = 64;
  writePlan(test);
  std::vector<float> x = someInput();
  for (int failing : {0, 1}) {
    ASSERT_EQ(open(), SNAP_OK) << error.message;
    fake::device().commandBuffers = 0;
    fake::device().commandFailures = {{failing, 0, 7, "in the background"}};
    expectMainRuns(model);
    snap_program *program = snap_find_program(model, "double");
    ASSERT_EQ(snap_run(model, program, nullptr, &error), SNAP_OK) << error.message;
    EXPECT_EQ(info().gpu_fallbacks, 1u);
    auto *r = static_cast<const float *>(snap_find_output(program, "r")->data);
    for (int i = 0; i < kRows; ++i)
      EXPECT_EQ(r[i], 2 * (x[i] * weight(0, i)));
  }
}

TEST_F(MetalRun, WithoutCommandBuffersOrEncoders) {
  for (const char *selector : {"commandBuffer", "computeCommandEncoder"}) {
    ASSERT_EQ(open(SNAP_DEVICE_GPU), SNAP_OK) << error.message;
    fake::failNext({selector, 0, "", 0});
    EXPECT_EQ(runMain(), SNAP_ERROR_GPU) << selector;
    EXPECT_EQ(std::strncmp(error.message, "program 'main': the GPU gives no command ", 41), 0) << error.message;
    expectMainRuns(model);
    ASSERT_EQ(open(), SNAP_OK) << error.message;
    fake::failNext({selector, 0, "", 0});
    expectMainRuns(model);
    EXPECT_EQ(info().gpu_fallbacks, 1u);
  }
}

TEST_F(MetalRun, AnErrorWithoutATextIsAStatusToo) {
  ASSERT_EQ(open(SNAP_DEVICE_GPU), SNAP_OK) << error.message;
  fake::device().commandFailures = {{0, 0, 1, "unread"}};
  fake::failNext({"error", 0, "", 0});
  EXPECT_EQ(runMain(), SNAP_ERROR_GPU);
  EXPECT_STREQ(error.message, "program 'main': the GPU stopped, without a reason");
}
