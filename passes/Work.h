//===- Work.h - What a program has to do ------------------------*- C++ -*-===//
//
// Exact multiply-accumulates and bytes, of snap programs and of plans, so that
// every pass can be held to what it saves.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_WORK_H
#define SNAP_PASSES_WORK_H

#include "dialects/plan/Plan.h"
#include "dialects/snap/Snap.h"

#include "mlir/Pass/PassInstrumentation.h"

#include <string>
#include <vector>

namespace snap {

struct Work {
  /// Operations that would be kernels: everything on activations but what only renames memory (reshape, slice).
  uint64_t kernels = 0;
  /// Of convolutions, matrix products and attention, as if computed directly: Winograd multiplies less.
  uint64_t macs = 0;
  /// Read and written: every kernel's operands, weights included, and results, each once; of a gather's table, as much
  /// as it picks.
  uint64_t bytes = 0;
};

/// What weights alone determine is computed before the program runs, and is not counted.
Work workOf(mlir::func::FuncOp program);
Work workOf(plan::ProgramOp program);

/// Elements of the model's weights behind each call's data. A weight counts at one call: the first that reads it among
/// those of its own block, else the first of all.
llvm::DenseMap<mlir::Operation *, uint64_t> parametersOf(plan::ProgramOp program);

/// The work of one program at one point of the pipeline.
struct WorkRecord {
  std::string pass, program;
  Work work;
};

/// Records the work of every program after each pass that ran on it, and, as
/// pass "import", before the first.
class WorkRecorder : public mlir::PassInstrumentation {
public:
  explicit WorkRecorder(std::vector<WorkRecord> &records) : records(records) {}
  void runBeforePass(mlir::Pass *pass, mlir::Operation *op) override;
  void runAfterPass(mlir::Pass *pass, mlir::Operation *op) override;

private:
  void record(mlir::StringRef pass, mlir::Operation *op);

  std::vector<WorkRecord> &records;
};

} // namespace snap

#endif // SNAP_PASSES_WORK_H
