//===- SchedulerTest.cpp --------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/scheduler.h"

#include "TestPlan.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace snap::runtime;

namespace {

/// A schedule and what a numpy implementation makes of it: the timesteps, and
/// where 0.5, -1.25 and 2 end when the model says 0.7 x / (1 + |x|).
struct Golden {
  uint32_t trainSteps;
  double betaStart, betaEnd;
  int betaSchedule;
  std::vector<double> trainedBetas;
  int spacing, prediction;
  uint32_t stepsOffset;
  bool setAlphaToOne, rescaleBetasZeroSnr, clipSample;
  double clipSampleRange;
  std::vector<uint32_t> timesteps;
  std::vector<double> last;

  SchedulerConfig config() const {
    SchedulerConfig c;
    c.trainSteps = trainSteps;
    c.betaStart = betaStart;
    c.betaEnd = betaEnd;
    c.betaSchedule = static_cast<BetaSchedule>(betaSchedule);
    c.trainedBetas = trainedBetas.empty() ? nullptr : trainedBetas.data();
    c.spacing = static_cast<Spacing>(spacing);
    c.prediction = static_cast<Prediction>(prediction);
    c.stepsOffset = stepsOffset;
    c.setAlphaToOne = setAlphaToOne;
    c.rescaleBetasZeroSnr = rescaleBetasZeroSnr;
    c.clipSample = clipSample;
    c.clipSampleRange = clipSampleRange;
    return c;
  }
};

#include "scheduler_golden.h"

SchedulerConfig stableDiffusion() {
  SchedulerConfig c;
  c.betaStart = 0.00085;
  c.betaEnd = 0.012;
  c.betaSchedule = BetaSchedule::ScaledLinear;
  return c;
}

} // namespace

TEST(Scheduler, AgreesWithNumpy) {
  Allocator allocator;
  for (size_t i = 0; i < std::size(kGolden); ++i) {
    const Golden &golden = kGolden[i];
    SCOPED_TRACE(i);
    std::vector<Step> steps(golden.timesteps.size());
    snap_error error = {};
    uint32_t count = static_cast<uint32_t>(steps.size());
    ASSERT_EQ(planSteps(golden.config(), allocator, count, steps.data(), &error), SNAP_OK) << error.message;
    double x[3] = {0.5, -1.25, 2.0};
    for (uint32_t s = 0; s < count; ++s) {
      EXPECT_EQ(steps[s].timestep, golden.timesteps[s]) << "step " << s;
      for (double &value : x)
        value = steps[s].next(static_cast<float>(value), 0.7 * value / (1 + std::fabs(value)));
    }
    for (int k = 0; k < 3; ++k)
      EXPECT_NEAR(x[k], golden.last[k], 2e-6 * count * (1 + std::fabs(golden.last[k])));
  }
}

TEST(Scheduler, RefusesStepsThatAreNotThere) {
  Allocator allocator;
  snap_error error = {};
  std::vector<Step> steps(2000);
  SchedulerConfig c = stableDiffusion();
  EXPECT_EQ(planSteps(c, allocator, 0, steps.data(), &error), SNAP_ERROR_ARGUMENT);
  EXPECT_EQ(planSteps(c, allocator, 1001, steps.data(), &error), SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "expected 1 to 1000 steps, got 1001");
  EXPECT_EQ(planSteps(c, allocator, 1000, steps.data(), &error), SNAP_OK);
  c.stepsOffset = 1; // the first of 1000 leading steps is then 1000
  EXPECT_EQ(planSteps(c, allocator, 1000, steps.data(), &error), SNAP_ERROR_ARGUMENT);
  EXPECT_EQ(planSteps(c, allocator, 500, steps.data(), &error), SNAP_OK);
}

TEST(Scheduler, RefusesToDivideByZeroSignal) {
  Allocator allocator;
  snap_error error = {};
  Step steps[8];
  SchedulerConfig c = stableDiffusion();
  c.rescaleBetasZeroSnr = true;
  c.spacing = Spacing::Trailing; // starts at 999, where nothing is left of the image
  c.prediction = Prediction::Epsilon;
  EXPECT_EQ(planSteps(c, allocator, 8, steps, &error), SNAP_ERROR_ARGUMENT);
  c.prediction = Prediction::VPrediction;
  EXPECT_EQ(planSteps(c, allocator, 8, steps, &error), SNAP_OK);
  EXPECT_EQ(steps[0].next(0.0f, -1.0), static_cast<float>(steps[0].nextImage));
}

TEST(Scheduler, ReportsMissingMemory) {
  snap::test::TestAllocator memory;
  memory.failAt = 0;
  snap_options options = {};
  memory.install(options);
  Allocator allocator = {options.allocate, options.deallocate, options.allocator_context};
  Step steps[8];
  snap_error error = {};
  EXPECT_EQ(planSteps(stableDiffusion(), allocator, 8, steps, &error), SNAP_ERROR_MEMORY);
}
