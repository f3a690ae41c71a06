//===- Compiler.h - From a model to its three files -------------*- C++ -*-===//
//
// The stages of `snapc compile` as functions on one object, so that run and
// verify can stop between them.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_COMPILER_H
#define SNAP_COMPILER_DRIVER_COMPILER_H

#include "compiler/driver/Commands.h"
#include "compiler/driver/HostModel.h"
#include "compiler/driver/ScheduleTable.h"
#include "compiler/emit/PipelineConfig.h"
#include "compiler/emit/SnapFile.h"
#include "compiler/weights/WeightStore.h"
#include "passes/CompactionReport.h"
#include "passes/Work.h"
#include "targets/KernelCompiler.h"
#include "targets/TargetModel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"

#include <optional>

namespace snap {

struct ProgramSummary {
  std::string name;
  uint64_t calls = 0, macs = 0, arenaBytes = 0;
  uint64_t arenaBound = 0; // bytes alive at the busiest call
};

/// What a compilation made, for the report on stdout.
struct CompileSummary {
  CompiledFiles files;
  std::string buildId;
  uint64_t kernels = 0, cachedKernels = 0;
  uint64_t measuredKernels = 0; // compiled with sizes that were measured
  uint64_t weightBytes = 0, snapBytes = 0, archiveBytes = 0, stateBytes = 0;
  uint64_t metalFunctions = 0, metalBytes = 0; // of NAME.metal; 0 without
  std::vector<ProgramSummary> programs;
};

/// "4724.4 MiB".
std::string formatBytes(uint64_t bytes);

class Compiler {
public:
  Compiler(const CompileOptions &options, Progress &progress);

  /// Imports every graph of the input into one module of snap functions:
  /// encode_text, step, decode of a pipeline, or the model's NAME.
  llvm::Error import();
  /// Runs the passes up to and with snap (EmitKind::Snap) or plan.
  llvm::Error runPasses(EmitKind until);
  /// Compiles kernels, packs weights and writes the three files.
  llvm::Expected<CompileSummary> emit();

  mlir::ModuleOp module() { return *ir; }
  const WeightStore &weights() const { return store; }
  const TargetModel &target() const { return machine; }
  const std::string &name() const { return libraryName; }
  /// What compact-pruned found and removed; empty before runPasses().
  const CompactionReport &compaction() const { return compacted; }
  /// Of a pipeline's folder, with what the options say; after import().
  const std::optional<PipelineConfig> &pipelineConfig() const { return pipeline; }

private:
  llvm::Error importGraph(llvm::StringRef path, llvm::StringRef function, llvm::StringRef displayName,
                          const std::map<std::string, int64_t> &dims);
  llvm::Error importPipeline();
  /// What ships, what --schedules says, and what --tune measures.
  llvm::Expected<ScheduleTable> measuredSchedules(const std::vector<KernelKey> &keys, SnapFileInput file,
                                                  const KernelCompileOptions &kernels);

  const CompileOptions &options;
  Progress &progress;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> ir;
  WeightStore store;
  std::vector<WorkRecord> work;
  TargetModel machine;
  std::string libraryName;
  std::optional<PipelineConfig> pipeline;
  std::vector<int64_t> timesteps; // of a pipeline for one number of steps
  CompactionReport compacted;
};

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_COMPILER_H
