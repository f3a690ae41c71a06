//===- Tune.h - snapc compile --tune ----------------------------*- C++ -*-===//
//
// Measures candidate schedules of a model's kernels where they will run: in the
// model itself, between their neighbours, with weights that come from memory.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_TUNE_H
#define SNAP_COMPILER_DRIVER_TUNE_H

#include "compiler/driver/Progress.h"
#include "compiler/driver/ScheduleTable.h"
#include "targets/KernelCompiler.h"

#include <functional>
#include <string>
#include <vector>

namespace snap {

/// A model to measure, and how to write it.
struct TuneJob {
  struct Program {
    std::string name;
    std::vector<size_t> calls; // the index in `keys` of every call, in order
  };
  std::vector<KernelKey> keys;
  std::vector<Program> programs;
  TargetModel target; // of this machine
  KernelCompileOptions kernels;
  uint64_t maxScratch = 0; // bytes a thread may take for a schedule to be taken, where its own takes less
  unsigned threads = 0;    // 0: one per core
  std::string name;        // of the library
  std::string folder;      // OUT: files of the time of measuring lie in a folder in it

  /// Writes NAME.snap to a path, with the scratch of every kernel: its build id.
  std::function<llvm::Expected<std::string>(llvm::StringRef path, const std::vector<uint64_t> &scratch)> writeSnap;
  /// Writes libNAME.a with an object for every key to a path.
  std::function<llvm::Error(llvm::StringRef path, llvm::StringRef buildId, std::vector<KernelObject> objects)>
      writeArchive;
};

struct TuneSummary {
  size_t measured = 0; // kernels
  size_t light = 0;    // new ones that take too little time to be measured
  size_t faster = 0;   // those of them that a measured schedule makes faster
  /// Seconds of these kernels in one run of every program, by their own schedules and the chosen ones.
  double ownSeconds = 0, chosenSeconds = 0;
};

/// Adds the fastest schedule of each key that `table` does not know. A schedule is
/// taken if it is at least 3 % faster than the kernel's own, run in turn with it.
llvm::Expected<TuneSummary> tuneKernels(const TuneJob &job, ScheduleTable &table, Progress &progress);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_TUNE_H
