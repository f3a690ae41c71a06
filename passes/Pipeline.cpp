//===- Pipeline.cpp - The passes in order, and why in that order ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace snap {

/// What of a denoising step need not be done in every step, or for both rows of a pair.
static void splitSteps(OpPassManager &pm, const PipelineOptions &options) {
  std::vector<std::pair<std::string, std::string>> steps = {{"step", "prepare"}}; // with what prepares them

  // After recovering: an attention keeps rows apart, the reshapes that split its
  // heads might not. Before the timesteps, so that a row of the table has one batch.
  if (options.guidancePair) {
    ShareGuidanceOptions sharing;
    sharing.single = "step_single";
    pm.addPass(createShareGuidance(sharing));
    steps.push_back({sharing.single, "prepare_single"});
  }
  if (!options.timesteps.empty())
    for (const auto &[step, prepare] : steps) {
      SpecializeTimestepsOptions table;
      table.from = step;
      table.timesteps = options.timesteps;
      pm.addPass(createSpecializeTimesteps(table));
    }
  // Keys and values are the operands of an attention now, not one of many ways to split heads.
  for (const auto &[step, prepare] : steps) {
    HoistInvariantsOptions hoisting;
    hoisting.from = step;
    hoisting.into = prepare;
    pm.addPass(createHoistInvariants(hoisting));
  }
}

void buildGraphPipeline(OpPassManager &pm, const PipelineOptions &options) {
  OpPassManager &model = pm.nest<func::FuncOp>();

  // Exporters write the same thing in many ways; fewer ways mean fewer patterns below.
  model.addPass(createSimplifyImport());

  // Everything after this thinks in norms, activations and attention. First of
  // all, since statistics taken apart into primitives can be neither kept in
  // f32 nor moved to another layout as one.
  model.addPass(createRecoverOps());

  // As soon as norms and attention can be told what is missing of them, and
  // before anything is decided by sizes that shrink here.
  pm.addPass(createCompactPruned({options.masks}, options.weightValues, options.compaction));

  // While the keys and values of an attention are still in one program with it, and
  // the cast of weights to the type they are stored in is still to come.
  pm.nest<func::FuncOp>().addPass(createMergeMatmuls());

  if (options.isPipeline)
    splitSteps(pm, options);

  // Beyond this point the programs and what they hand on are known, and each is
  // compiled by itself.
  OpPassManager &program = pm.nest<func::FuncOp>();

  // Beyond this point types are final. Norms, softmax and attention are single
  // operations now, so casts fall between kernels and never inside one.
  program.addPass(createConvertPrecision({toString(options.precision)}));

  // Before fusing: a transpose between a convolution and its bias would end the group.
  program.addPass(createChooseLayouts());

  // Beyond this point one operation or one snap.fused is one kernel.
  program.addPass(createFuse());
  // After it, when an activation is in its norm's group and a bias in its convolution's.
  program.addPass(createFusePrologues());
}

void buildPipeline(OpPassManager &pm, const PipelineOptions &options) {
  buildGraphPipeline(pm, options);
  const TargetModel &target = options.target;
  // Of all programs at once, for they share weights; after fusing, when a
  // convolution's input is known to be enlarged.
  pm.addPass(createChooseConv({target.target, target.cpu, options.maxScratch, options.maxWeights, options.maxGrowth}));
  pm.nest<func::FuncOp>().addPass(createTileAttention({target.target, target.cpu}));

  // Beyond this point there are no tensors, only buffers and kernels.
  pm.addPass(createLowerToPlan({target.target, target.cpu}));
  // When it is known which kernel writes what a norm reads, and before the moments need room.
  pm.addPass(options.moments
                 ? createShareMoments(options.moments)
                 : createShareMoments(ShareMomentsOptions{target.target, target.cpu, /*everywhere=*/false}));
  pm.addPass(createAllocateArena());

  // Trusts neither of the two above: a wrong plan would overwrite memory on a phone.
  pm.addPass(createVerifyPlan());
}

void registerSnapPasses() {
  registerPass([] { return createSimplifyImport(); });
  registerPass([] { return createRecoverOps(); });
  registerPass([] { return createMergeMatmuls(); });
  registerPass([] { return createShareGuidance(); });
  registerPass([] { return createSpecializeTimesteps(); });
  registerPass([] { return createHoistInvariants(); });
  registerPass([] { return createCompactPruned(); });
  registerPass([] { return createConvertPrecision(); });
  registerPass([] { return createChooseLayouts(); });
  registerPass([] { return createFuse(); });
  registerPass([] { return createFusePrologues(); });
  registerPass([] { return createChooseConv(); });
  registerPass([] { return createTileAttention(); });
  registerPass([] { return createLowerToPlan(); });
  registerPass([] { return createShareMoments(); });
  registerPass([] { return createAllocateArena(); });
  registerPass([] { return createVerifyPlan(); });
}

} // namespace snap
