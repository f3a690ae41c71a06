//===- Schedule.h - The timesteps a pipeline will visit ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_SCHEDULE_H
#define SNAP_COMPILER_DRIVER_SCHEDULE_H

#include "compiler/emit/PipelineConfig.h"

namespace snap {

/// The training step of each of `steps` denoising steps, from noise to image, by
/// the runtime's own scheduler: what the compiler bakes in is what an app's loop
/// would ask for. An error when the schedule has no such steps.
llvm::Expected<std::vector<int64_t>> scheduleTimesteps(const SchedulerConfig &config, unsigned steps);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_SCHEDULE_H
