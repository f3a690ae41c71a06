//===- RecoverOps.cpp - What the model was written in ---------------------===//
//
// The pass; the patterns are in RecoverActivations, RecoverNorms and
// RecoverAttention.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/RecoverOps.h"
#include "passes/Movement.h"
#include "passes/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_RECOVEROPS
#include "passes/Passes.h.inc"

namespace {

struct RecoverOps : impl::RecoverOpsBase<RecoverOps> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateRecoverActivations(patterns);
    populateRecoverNorms(patterns);
    populateRecoverAttention(patterns);
    // Recovered attention leaves the split and merge of heads as chains that cancel.
    populateMovementPatterns(patterns);

    GreedyRewriteConfig config;
    config.useTopDownTraversal = true;
    config.enableRegionSimplification = GreedySimplifyRegionLevel::Disabled;
    if (failed(applyPatternsAndFoldGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
} // namespace snap
