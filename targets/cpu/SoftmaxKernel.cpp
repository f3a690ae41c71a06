//===- SoftmaxKernel.cpp - Softmax along the last dimension ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/ScalarFunctions.h"
#include "targets/cpu/Schedules.h"

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

void snap::buildSoftmax(KernelBuilder &b) {
  int extent = b.outExtent(0);
  std::vector<Var> rows(b.vars.begin() + 1, b.vars.end());
  std::vector<HExpr> rowAt(rows.begin(), rows.end());
  auto at = [&](const HExpr &i) {
    std::vector<HExpr> all = {i};
    all.insert(all.end(), rowAt.begin(), rowAt.end());
    return all;
  };

  // The algorithm: exponentials of a row are kept in f32, so each is computed once.
  RowReduction largest(b, Combine::Max, Float(32), extent, {}, rows,
                       [&](const HExpr &i, const std::vector<HExpr> &) { return cast<float>(b.loadRoot(at(i))); });
  Func power("power"), inverse("inverse");
  std::vector<Var> all = b.vars;
  power(all) = fastExpNonPositive(cast<float>(b.loadRoot(at(all[0]))) - largest.result(rowAt));
  RowReduction sum(b, Combine::Sum, Float(32), extent, {}, rows,
                   [&](const HExpr &i, const std::vector<HExpr> &) { return power(at(i)); });
  inverse(rowAt) = 1.0f / sum.result(rowAt);
  b.storeOutput(power(at(all[0])) * inverse(rowAt));

  // The schedule. Exponentials of the last vector overlap the one before
  // (ShiftInwards), which costs less than lanes one by one.
  LoopLevel row = scheduleRows(b, 8);
  largest.place(row);
  power.compute_at(row).vectorize(all[0], b.vectorWidth(extent), TailStrategy::ShiftInwards);
  sum.place(row);
  inverse.compute_at(row);
}
