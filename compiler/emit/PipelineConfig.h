//===- PipelineConfig.h - A pipeline's configuration files ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_PIPELINECONFIG_H
#define SNAP_COMPILER_EMIT_PIPELINECONFIG_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <vector>

namespace snap {

/// diffusers' DDIMScheduler fields that the runtime honours; the enumerators
/// have the names and order of runtime/schema/plan.fbs.
struct SchedulerConfig {
  enum class BetaSchedule : uint8_t { Linear, ScaledLinear, SquaredCosCapV2 };
  enum class Spacing : uint8_t { Leading, Trailing, Linspace };
  enum class Prediction : uint8_t { Epsilon, VPrediction, Sample };

  uint32_t trainSteps = 1000;
  double betaStart = 0.0001;
  double betaEnd = 0.02;
  BetaSchedule betaSchedule = BetaSchedule::Linear;
  std::vector<double> trainedBetas; // empty: from the schedule
  Spacing spacing = Spacing::Leading;
  Prediction prediction = Prediction::Epsilon;
  uint32_t stepsOffset = 0;
  bool setAlphaToOne = true;
  bool rescaleBetasZeroSnr = false;
  bool clipSample = true;
  double clipSampleRange = 1.0;
};

/// What model_index.json and the configs beside the graphs say.
struct PipelineConfig {
  SchedulerConfig scheduler;
  double scalingFactor = 0.18215; // latents are divided by it before the decoder
  uint32_t defaultSteps = 8;
  uint32_t fixedSteps = 0; // the only number of steps the programs can run; 0: any
  double defaultGuidance = 7.5;
  bool guidancePair = true;      // a step runs on a pair, with and without the prompt
  int64_t width = 0, height = 0; // pixels: unet sample_size x latentScale
  int64_t latentScale = 8;       // pixels per latent
  uint32_t latentChannels = 4;
  uint32_t maxTokens = 77;
};

/// Reads DIR/model_index.json, scheduler/scheduler_config.json,
/// unet/config.json, vae_decoder/config.json and tokenizer/tokenizer_config.json.
/// Errors name the file and the field, what is and what is supported.
llvm::Expected<PipelineConfig> readPipelineConfig(llvm::StringRef dir);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_PIPELINECONFIG_H
