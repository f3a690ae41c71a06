//===- Estimate.h - A pipeline's time on a device, by a model ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_ESTIMATE_H
#define SNAP_COMPILER_DRIVER_ESTIMATE_H

#include "compiler/emit/PipelineConfig.h"
#include "targets/estimate/KernelTime.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <map>
#include <optional>

namespace snap {

/// By which algorithm convolutions are computed.
enum class Convolutions : uint8_t { Planned, Direct, Fastest };

/// One kernel, with all its calls of one run.
struct EstimatedKernel {
  std::string key;
  Algorithm algorithm = Algorithm::Default; // Default: the key's own
  unsigned calls = 0;
  double macs = 0; // of a call, direct
  KernelTime time; // of a call
  double seconds() const { return calls * time.seconds; }
};

/// A program of the plan, run `runs` times for a picture.
struct Stage {
  std::string name;
  unsigned runs = 1;
  unsigned calls = 0, launches = 0;
  double macs = 0, macsDone = 0, seconds = 0, weightBytes = 0; // of a run
  std::map<Bound, double> secondsBy;                           // what bounds them
  std::vector<EstimatedKernel> kernels;                        // the heaviest first
};

/// What could be otherwise.
struct Variant {
  Convolutions convolutions = Convolutions::Planned;
  bool single = false; // guidance in a single pass
  unsigned steps = 0;
  const Efficiency *efficiency = nullptr;
};

/// A change and what it would bring.
struct Lever {
  std::string name, what; // "steps", "6 steps (of a UNet distilled to them)"
  Variant variant;
  double seconds = 0;     // of a picture
  double weightBytes = 0; // more than as planned
};

struct Estimate {
  std::string model, device, about;
  Processor processor;
  const Efficiency *efficiency = nullptr;
  ElementType precision = ElementType::F16;
  std::optional<PipelineConfig> pipeline; // none: one model
  Variant variant;
  double goal = 2;
  std::vector<Stage> stages;
  double directSeconds = 0;  // of a picture with every convolution direct
  std::vector<Lever> levers; // where the goal is missed

  double seconds() const; // of a picture, or of the model's run
};

/// Tables for people; `kernels` shows the heaviest.
void print(const Estimate &estimate, bool kernels, llvm::raw_ostream &os);
/// The schema grows; what is there keeps its name and meaning.
llvm::json::Object toJson(const Estimate &estimate);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_ESTIMATE_H
