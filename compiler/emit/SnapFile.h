//===- SnapFile.h - NAME.snap: the plan and the packed weights --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_SNAPFILE_H
#define SNAP_COMPILER_EMIT_SNAPFILE_H

#include "compiler/emit/PipelineConfig.h"
#include "compiler/weights/WeightStore.h"
#include "passes/Work.h"
#include "targets/KernelKey.h"
#include "targets/KernelSchedule.h"
#include "targets/TargetModel.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>
#include <vector>

namespace snap {

/// One row of the kernel table.
struct PlanKernel {
  KernelKey key;
  uint64_t scratch = 0; // bytes per worker
  KernelSchedule schedule = {};
};

struct MetalProgram; // MetalPlan.h

struct SnapFileInput {
  std::string name;                // of the library
  mlir::ModuleOp plan;             // verified: plan.weight, plan.state and plan.program operations
  std::vector<PlanKernel> kernels; // every key of the plan once
  TargetModel target;
  const WeightStore *weights = nullptr;
  const PipelineConfig *pipeline = nullptr;                        // null for a single model
  llvm::ArrayRef<WorkRecord> work = {};                            // after every pass, for reports
  llvm::ArrayRef<uint8_t> tokenizer = {};                          // with pipeline: TokenizerTable's bytes
  const MetalProgram *metal = nullptr;                             // null without a GPU
  llvm::function_ref<void(uint64_t, uint64_t)> progress = nullptr; // weights done, of
};

struct SnapFileSummary {
  std::string buildId; // 32 hexadecimal digits
  uint64_t fileBytes = 0, planBytes = 0, weightBytes = 0;
  uint64_t stateBytes = 0; // what programs hand on, beside the arena
};

/// Packs the weights and writes NAME.snap (layout: runtime/schema/plan.fbs),
/// streaming, under a temporary name that is renamed at the end. The same
/// input gives the same bytes.
llvm::Expected<SnapFileSummary> writeSnapFile(llvm::StringRef path, const SnapFileInput &input);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_SNAPFILE_H
