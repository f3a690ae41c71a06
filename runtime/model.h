//===- model.h - An open model ----------------------------------*- C++ -*-===//
//
// What snap_open makes and everything else reads. The plan is a private copy of
// the file's, so what was validated is what runs; weights stay in the mapping.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_MODEL_H
#define SNAP_RUNTIME_MODEL_H

#include "runtime/allocator.h"
#include "runtime/gpu.h"
#include "runtime/plan_view.h"
#include "runtime/platform.h"
#include "runtime/threads.h"
#include "runtime/validate.h"
#include "snap/snap.h"

namespace snap::runtime {

/// Values of the schema's enumerations.
enum class BetaSchedule : uint8_t { Linear, ScaledLinear, SquaredCosCapV2 };
enum class Spacing : uint8_t { Leading, Trailing, Linspace };
enum class Prediction : uint8_t { Epsilon, VPrediction, Sample };

/// plan.fbs's Scheduler. Enumerators and counts are validated, numbers are as
/// they come.
struct SchedulerConfig {
  uint32_t trainSteps = 1000;
  double betaStart = 0;
  double betaEnd = 0;
  BetaSchedule betaSchedule = BetaSchedule::Linear;
  const double *trainedBetas = nullptr; // trainSteps of them, or null
  Spacing spacing = Spacing::Leading;
  Prediction prediction = Prediction::Epsilon;
  uint32_t stepsOffset = 0;
  bool setAlphaToOne = false;
  bool rescaleBetasZeroSnr = false;
  bool clipSample = false;
  double clipSampleRange = 1;
};

/// plan.fbs's Pipeline.
struct PipelineConfig {
  SchedulerConfig scheduler;
  double scalingFactor = 0;
  uint32_t defaultSteps = 0;
  uint32_t fixedSteps = 0; // 0: any number
  double defaultGuidance = 0;
  uint32_t width = 0, height = 0;
  uint32_t latentChannels = 0;
  uint32_t maxTokens = 0;
  const uint8_t *tokenizer = nullptr; // in the mapping; its contents are not validated
  uint64_t tokenizerBytes = 0;
};

/// What the model is doing, changed atomically.
constexpr uint32_t kIdle = 0;
constexpr uint32_t kRunning = 1;
constexpr uint32_t kCancelling = 2;

/// Bytes that a model's records take, and their filling in from the validated
/// plan; the arena is there already. model.cpp.
uint64_t recordsSize(const PlanTotals &totals);
void fillRecords(snap_model &model);

} // namespace snap::runtime

struct snap_program {
  snap_model *model = nullptr;
  snap::runtime::ProgramView view;
  const char *name = nullptr;
  snap_tensor *inputs = nullptr;
  snap_tensor *outputs = nullptr;
  uint32_t inputCount = 0;
  uint32_t outputCount = 0;
  uint32_t callCount = 0;
};

struct snap_model {
  snap_model(const snap_options &options, const snap_library &library)
      : allocator{options.allocate, options.deallocate, options.allocator_context}, library(library),
        pool(allocator, options.parallel_for, options.parallel_context) {}

  const snap::runtime::Allocator allocator;
  const snap_library &library;

  // The file.
  snap::runtime::platform::MappedFile file;
  snap::runtime::FileLayout layout;
  uint8_t *planBytes = nullptr; // layout.planBytes of them
  snap::runtime::FlatReader reader;
  snap::runtime::PlanView plan;
  snap::runtime::FlatVector kernels;
  const uint8_t *data = nullptr; // the weights

  // What the plan says, in structs.
  snap::runtime::PlanTotals totals;
  uint8_t *records = nullptr; // one block for everything below
  uint64_t recordBytes = 0;
  snap_program *programs = nullptr;
  snap_buffer *buffers = nullptr; // totals.mostArguments, for the call under way
  void **arguments = nullptr;     // with the user context before and a null after them
  bool hasPipeline = false;
  snap::runtime::PipelineConfig pipeline;

  // Memory that programs run in: the arena and what they hand on to each other,
  // the GPU's where there is one; a slice of scratch per worker; and, with a GPU
  // that may fail, room for the inputs of a run.
  uint8_t *arena = nullptr;
  uint8_t *state = nullptr;
  uint64_t stateOffset = 0;  // of the state behind the arena
  uint64_t sharedBytes = 0;  // arena and state
  uint64_t scratchBytes = 0; // of one worker
  uint8_t *memory = nullptr; // all that is ours
  uint64_t memoryBytes = 0;
  uint8_t *savedInputs = nullptr;

  // The GPU: null where none is used. Which runs begin there, and what it said.
  snap::runtime::GpuSession *gpu = nullptr;
  bool gpuOnly = false;      // the CPU is no fallback
  uint32_t gpuGone = 0;      // atomic: failed for good
  uint32_t gpuFallbacks = 0; // atomic
  snap_error gpuError = {};

  snap_pool pool;
  uint32_t activity = snap::runtime::kIdle; // atomic
};

#endif // SNAP_RUNTIME_MODEL_H
