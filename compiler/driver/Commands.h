//===- Commands.h - What snapc's subcommands do -----------------*- C++ -*-===//
//
// Each command takes its options as plain values, writes results to stdout and
// the rest to stderr, and returns an error that main prints.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_COMMANDS_H
#define SNAP_COMPILER_DRIVER_COMMANDS_H

#include "compiler/driver/Progress.h"
#include "targets/KernelKey.h"

#include "llvm/Support/Error.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace snap {

enum class EmitKind { Library, Snap, Plan };

struct CompileOptions {
  std::string input;  // DIR of a pipeline, or MODEL.onnx
  std::string output; // folder; for --emit snap|plan a file, "-" for stdout
  std::string name;   // empty: from the input's name
  std::string target = "host";
  std::string cpu;
  bool metal = false;         // also for Apple's GPUs
  bool metalAnywhere = false; // for tests: also where no Metal is
  ElementType precision = ElementType::F32;
  std::string masks; // JSON file of channels to make zero (passes/CompactPruned.h); empty: none
  std::map<std::string, int64_t> dims;
  std::optional<std::pair<int64_t, int64_t>> size; // width, height in pixels; pipelines only
  unsigned steps = 0;                              // the only number of steps; 0: any, 8 by default
  bool guidance = true;                            // a pipeline's step runs on a guidance pair
  int64_t maxScratch = 0, maxWeights = 0; // MB, caps of choose-conv; 0: none, and of weights the target's growth
  EmitKind emit = EmitKind::Library;
  std::string report;    // FILE.html: a page about what was made; with EmitKind::Library
  std::string cache;     // kernel cache; empty: $SNAPC_CACHE, $XDG_CACHE_HOME/snapc or ~/.cache/snapc
  unsigned jobs = 0;     // 0: one per core
  bool tune = false;     // measure kernels' schedules that are not known yet
  std::string schedules; // FILE of measured schedules; empty: with `tune` one in the cache, else what ships
};

/// snapc compile. Prints what was made, its sizes and its memory to stdout.
llvm::Error runCompile(const CompileOptions &options, Progress &progress);

struct RunOptions {
  std::string model;                         // MODEL.onnx, OUT or NAME.snap
  std::map<std::string, std::string> inputs; // NAME -> FILE.npy
  std::string output;                        // folder for OUTPUT.npy
  unsigned threads = 0;
  unsigned repeat = 1;    // runs; the fastest is printed
  CompileOptions compile; // for MODEL.onnx: target host, precision, cache
};

/// snapc run: writes one .npy per output, prints the seconds of the run.
llvm::Error runModel(const RunOptions &options, Progress &progress);

struct VerifyOptions {
  std::string model; // MODEL.onnx
  std::map<std::string, std::string> inputs;
  uint64_t seed = 0;
  double tolerance = 0; // relative L2; 0: 1e-4 for f32, 2e-2 for f16
  CompileOptions compile;
};

/// snapc verify: compiled code against the reference interpreter; on a miss
/// names the first node whose value differs.
llvm::Error runVerify(const VerifyOptions &options, Progress &progress);

struct GenerateOptions {
  std::string model;                // OUT or NAME.snap
  std::vector<std::string> prompts; // a picture each; several become one contact sheet
  std::string negative;
  std::string output;   // PICTURE.png
  uint64_t seed = 0;    // of the first picture's noise; every further picture's is one more
  unsigned steps = 0;   // 0: the pipeline's default
  double guidance = 0;  // 0: the pipeline's default
  unsigned threads = 0; // 0: one per core
  std::string latents;  // FIRST.npy
  std::string save;     // folder for embeddings.npy, latents-STEP.npy, image.npy
};

/// snapc generate: draws the pictures, prints seconds per stage and memory.
llvm::Error runGenerate(const GenerateOptions &options, Progress &progress);

struct PruneOptions {
  std::string model;                   // MODEL.onnx
  std::string output;                  // OUT.onnx; weights that lie beside the model go to OUT.onnx.data
  double channels = 0.5;               // the part of every layer's channels that stays, in (0, 1)
  std::map<std::string, int64_t> dims; // symbolic dimensions; 16 where not given
};

/// snapc prune: writes a smaller dense graph (passes/UniformPruning.h), prints
/// what became of its layers.
llvm::Error runPrune(const PruneOptions &options, Progress &progress);

struct InspectOptions {
  std::string model; // OUT or NAME.snap
  bool json = false;
};

/// snapc inspect: programs, kernels, MACs, bytes, memory map, and what every
/// pass left of the model's work.
llvm::Error runInspect(const InspectOptions &options);

struct ProfileOptions {
  std::string model; // OUT or NAME.snap
  bool json = false;
  std::string program;  // only this one; empty: every program
  unsigned threads = 0; // 0: one per core
  unsigned repeat = 5;  // timed runs of each program, after one that is not
  std::string report;   // FILE.html: the page of `snapc compile --report`, with times
};

/// snapc profile: the median time of every kernel call on this machine, summed
/// up by kind, kernel and block of the model.
llvm::Error runProfile(const ProfileOptions &options, Progress &progress);

struct EstimateOptions {
  std::string device;                   // a name of targets/estimate/Device.h, or "host"
  std::string processor;                // "gpu" or "cpu"; empty: the GPU where the device has one
  std::string efficiency;               // of targets/estimate/KernelTime.h: "typical", "best", "framework"
  std::string convolutions = "planned"; // or "direct", "fastest": by this model
  unsigned threads = 0;                 // CPU cores used; 0: all in the table
  double goal = 2;                      // seconds that a picture should take
  bool kernels = false;                 // show the heaviest kernels
  bool json = false;
  std::optional<ElementType> precision; // f16; f32 on the host
  CompileOptions compile;               // input, dims, size, steps, guidance
};

/// snapc estimate: seconds of a pipeline's stages, or of a model, on a device that is not here.
llvm::Error runEstimate(const EstimateOptions &options, Progress &progress);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_COMMANDS_H
