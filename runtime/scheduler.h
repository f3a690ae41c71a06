//===- scheduler.h - DDIM ---------------------------------------*- C++ -*-===//
//
// The deterministic sampler of Song et al., "Denoising diffusion implicit
// models" (2021), with the fields and the arithmetic of diffusers'
// DDIMScheduler at eta 0: formulas (12) there, noise schedules and spacings of
// Lin et al., "Common diffusion noise schedules and sample steps are flawed"
// (2024).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_SCHEDULER_H
#define SNAP_RUNTIME_SCHEDULER_H

#include "runtime/allocator.h"
#include "runtime/model.h"
#include "snap/snap.h"

namespace snap::runtime {

/// One denoising step: from latents x and the UNet's output o,
///   image = imageX x + imageO o, limited to [-limit, limit] when limit > 0
///   noise = noiseX x + noiseO o
///   next x = nextImage image + nextNoise noise
struct Step {
  uint32_t timestep;
  double imageX, imageO;
  double noiseX, noiseO;
  double nextImage, nextNoise;
  double limit;

  float next(float x, double output) const {
    double image = imageX * x + imageO * output;
    if (limit > 0)
      image = image < -limit ? -limit : image > limit ? limit : image;
    return static_cast<float>(nextImage * image + nextNoise * (noiseX * x + noiseO * output));
  }
};

/// Fills `steps` steps, from noise to image. SNAP_ERROR_ARGUMENT when the
/// schedule has no such steps, SNAP_ERROR_MEMORY.
snap_status planSteps(const SchedulerConfig &config, const Allocator &allocator, uint32_t count, Step *steps,
                      snap_error *error);

} // namespace snap::runtime

#endif // SNAP_RUNTIME_SCHEDULER_H
