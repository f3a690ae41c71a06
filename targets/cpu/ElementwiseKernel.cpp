//===- ElementwiseKernel.cpp - Expression trees without a root ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/Schedules.h"

using namespace snap;

void snap::buildElementwise(KernelBuilder &builder) {
  builder.storeOutput();
  // Functions cost several copies; casts and arithmetic hide behind the loads.
  int64_t weight = 1;
  for (const ExprNode &node : builder.key.epilogue.nodes)
    if (node.kind == ExprNode::Kind::Unary)
      weight = 3;
  scheduleOutput(builder, weight);
}
