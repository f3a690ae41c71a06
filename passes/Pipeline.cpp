//===- Pipeline.cpp - The passes in order, and why in that order ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

using namespace mlir;

namespace snap {

void buildGraphPipeline(OpPassManager &pm, const PipelineOptions &options) {}

void buildPipeline(OpPassManager &pm, const PipelineOptions &options) {
  buildGraphPipeline(pm, options);
}

void registerSnapPasses() {}

} // namespace snap
