//===- ModelReport.h - What a compiled model consists of --------*- C++ -*-===//
//
// NAME.snap read back and summed up by kernel, kind of kernel and block of the
// model: what `snapc inspect`, `snapc profile` and the report page show.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_MODELREPORT_H
#define SNAP_COMPILER_DRIVER_MODELREPORT_H

#include "compiler/driver/MachinePeak.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace snap {

/// An operand of a call.
struct SliceReport {
  std::string space; // "arena", "data" of the file, or "state", which programs hand on
  uint64_t offset = 0, bytes = 0;
};

struct CallReport {
  uint64_t kernel = 0; // index into ModelReport::kernels
  std::string block;   // of the model, as "down_blocks.0.resnets.1"; empty: none is known
  std::vector<SliceReport> args;
  uint64_t macs = 0, bytes = 0; // read and written, each operand once
  uint64_t parameters = 0;      // elements of the model's weights
  double seconds = 0;           // measured; 0: not measured
};

/// Calls summed up.
struct WorkSum {
  std::string name;
  uint64_t calls = 0, macs = 0, bytes = 0, parameters = 0;
  double seconds = 0;
  void add(const CallReport &call);
};

struct TensorReport {
  std::string name, type; // "2x4x64x64xf32"
  uint64_t offset = 0, bytes = 0;
};

/// A value in the arena, from the call that writes it to the last that reads
/// it; an input is written before call 0, an output read after the last one.
struct LiveRange {
  uint64_t offset = 0, bytes = 0;
  int64_t first = -1, last = -1;
  std::string block;
};

struct ProgramReport {
  std::string name;
  std::vector<TensorReport> inputs, outputs;
  uint64_t arenaBytes = 0, scratchBytes = 0; // scratch of each thread
  uint64_t weightBytes = 0;                  // packed; one read twice counts once
  uint64_t runsPerPicture = 0;               // with guidance and the default steps; 1 for a model of its own
  std::vector<CallReport> calls;

  WorkSum total() const;
  std::vector<WorkSum> byBlock() const;  // in the order of their first calls
  std::vector<WorkSum> byKernel() const; // name is the key; the slowest first, else the heaviest
  std::vector<WorkSum> byKind() const;   // "conv2d.winograd4", "matmul", …; sorted in the same way
  std::vector<LiveRange> liveRanges() const;
  /// The most bytes live at once: no placement needs less.
  uint64_t arenaLowerBound() const;

  const struct ModelReport *model = nullptr;
};

struct KernelReport {
  std::string symbol, key, kind;
  std::string schedule; // the measured sizes it was compiled with; empty: its own
  uint64_t scratchBytes = 0, macs = 0;
};

/// What runs on a Metal GPU.
struct MetalReport {
  struct Function {
    std::string name;
    uint64_t threadgroupBytes = 0;
    uint64_t dispatches = 0; // of all kernels, each counted once
  };
  struct Program {
    std::string name;
    uint64_t dispatches = 0, threadgroups = 0; // of one run
    uint64_t scratchBytes = 0;
  };
  std::vector<Function> functions;
  std::vector<Program> programs;
  uint64_t constantBytes = 0;
};

/// The work of all programs after a pass.
struct PassReport {
  std::string pass; // "import" is the model as it came
  std::vector<WorkSum> programs;
  WorkSum picture; // programs times their runs
};

struct PipelineReport {
  uint64_t width = 0, height = 0, steps = 0;
  double guidance = 0, scalingFactor = 0;
};

struct ModelReport {
  std::string name, buildId, target, cpu, compiler;
  uint64_t fileBytes = 0, planBytes = 0, weightBytes = 0, stateBytes = 0;
  std::vector<KernelReport> kernels;
  std::vector<ProgramReport> programs;
  std::vector<PassReport> passes; // that changed the work, in order
  std::optional<PipelineReport> pipeline;
  std::optional<MetalReport> metal; // of what was compiled with --gpu metal
  // Set by `snapc profile`.
  unsigned threads = 0, repetitions = 0;
  MachinePeak peak; // of these threads

  /// Reads NAME.snap; an error says what is wrong with the file.
  static llvm::Expected<std::unique_ptr<ModelReport>> read(llvm::StringRef path);

  bool isMeasured() const { return repetitions > 0; }
  /// The schema grows; what is there keeps its name and meaning.
  llvm::json::Object toJson() const;
};

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_MODELREPORT_H
