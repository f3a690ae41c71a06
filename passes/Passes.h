//===- Passes.h - What we do to a program -----------------------*- C++ -*-===//
//
// The passes of Passes.td, and the pipeline that runs them in order.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_PASSES_H
#define SNAP_PASSES_PASSES_H

#include "dialects/plan/Plan.h"
#include "dialects/snap/Snap.h"
#include "passes/CompactionReport.h"
#include "passes/WeightZeros.h"
#include "targets/KernelKey.h"
#include "targets/MomentsBlock.h"
#include "targets/TargetModel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <functional>

namespace snap {

// create functions and option structs: createSimplifyImport(), createFuse(), …
#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

/// compact-pruned with the values of weights; what it found goes into `report`, if given.
std::unique_ptr<mlir::Pass> createCompactPruned(const CompactPrunedOptions &options, WeightLookup values,
                                                CompactionReport *report);

/// The blocks of moments a target wants of a kernel, as momentsBlock() of targets/MomentsBlock.h.
using MomentsChoice = std::function<std::vector<int64_t>(const KernelKey &key, int64_t points)>;
/// share-moments with a choice of its own.
std::unique_ptr<mlir::Pass> createShareMoments(MomentsChoice choice);

struct PipelineOptions {
  TargetModel target;
  /// Of share-moments; empty: the CPU's.
  MomentsChoice moments;
  /// How activations and weights are stored: F32 or F16.
  ElementType precision = ElementType::F32;
  /// The module holds a text-to-image pipeline: encode_text, step and decode.
  bool isPipeline = false;
  /// Its step was imported for a guidance pair; step_single, without guidance, is made of it.
  bool guidancePair = false;
  /// The schedule where it is known, in the order of the steps; else empty.
  std::vector<int64_t> timesteps;
  /// For compact-pruned: the values of weights (none: nothing is removed), a
  /// file of masks (see Passes.td; may be empty), and where its report goes.
  WeightLookup weightValues;
  std::string masks;
  CompactionReport *compaction = nullptr;
  /// Caps of choose-conv in MB; 0 is none.
  int64_t maxScratch = 0, maxWeights = 0;
  double maxGrowth = 0; // where maxWeights is 0: how many times their bytes all weights may take; 0 is no cap
};

/// From an imported snap program to snap programs ready for lower-to-plan.
void buildGraphPipeline(mlir::OpPassManager &pm, const PipelineOptions &options);

/// From an imported module to a verified plan.
void buildPipeline(mlir::OpPassManager &pm, const PipelineOptions &options);

/// Makes the passes and the pipeline known by name, for snap-opt.
void registerSnapPasses();

} // namespace snap

#endif // SNAP_PASSES_PASSES_H
