//===- Schedule.cpp - The timesteps a pipeline will visit -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Schedule.h"

#include "runtime/scheduler.h"

using namespace llvm;

namespace snap {

Expected<std::vector<int64_t>> scheduleTimesteps(const SchedulerConfig &config, unsigned steps) {
  runtime::SchedulerConfig schedule;
  schedule.trainSteps = config.trainSteps;
  schedule.betaStart = config.betaStart;
  schedule.betaEnd = config.betaEnd;
  schedule.betaSchedule = static_cast<runtime::BetaSchedule>(config.betaSchedule);
  schedule.trainedBetas = config.trainedBetas.empty() ? nullptr : config.trainedBetas.data();
  schedule.spacing = static_cast<runtime::Spacing>(config.spacing);
  schedule.prediction = static_cast<runtime::Prediction>(config.prediction);
  schedule.stepsOffset = config.stepsOffset;
  schedule.setAlphaToOne = config.setAlphaToOne;
  schedule.rescaleBetasZeroSnr = config.rescaleBetasZeroSnr;
  schedule.clipSample = config.clipSample;
  schedule.clipSampleRange = config.clipSampleRange;

  std::vector<runtime::Step> planned(steps);
  snap_error error = {};
  if (runtime::planSteps(schedule, runtime::Allocator(), steps, planned.data(), &error) != SNAP_OK)
    return createStringError("--steps " + Twine(steps) + ": scheduler/scheduler_config.json: " + error.message);
  std::vector<int64_t> timesteps;
  for (const runtime::Step &step : planned)
    timesteps.push_back(step.timestep);
  return timesteps;
}

} // namespace snap
