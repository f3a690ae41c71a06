//===- GatherKernel.cpp - Rows of a table, by index -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/Schedules.h"

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

void snap::buildGather(KernelBuilder &b) {
  // The table is [before…, E, after…], the output [before…, indices…, after…].
  int axis = static_cast<int>(b.key.getInt("axis", 0));
  int after = b.inRank(0) - 1 - axis, picked = b.inRank(1);
  int extent = b.extent(0, after);

  std::vector<HExpr> indexAt(b.vars.begin() + after, b.vars.begin() + after + picked);
  HExpr index = cast<int64_t>(b.load(1, indexAt));
  index = select(index < 0, index + extent, index);
  index = clamp(index, cast<int64_t>(0), cast<int64_t>(extent - 1));

  std::vector<HExpr> at(b.vars.begin(), b.vars.begin() + after);
  at.push_back(cast<int32_t>(index));
  at.insert(at.end(), b.vars.begin() + after + picked, b.vars.end());
  b.storeOutput(b.loadRoot(at));
  scheduleOutput(b);
}
