//===- NormKernel.cpp - Group, layer and RMS normalization ----------------===//
//
// The statistics are in GroupStatistics.cpp and RowStatistics.cpp, for
// convolutions and matrix products take them too.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/GroupStatistics.h"
#include "targets/cpu/RowStatistics.h"

#include <stdexcept>

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

static HExpr asFloat(const HExpr &value) { return cast<float>(value); }

//===----------------------------------------------------------------------===//
// Group norm
//===----------------------------------------------------------------------===//

void snap::buildGroupNorm(KernelBuilder &b) {
  GroupStatistics statistics(b, {static_cast<int>(b.key.getInt("groups", 1)), 1, 2},
                             [&b](const HExpr &lane, const HExpr &line, int width, const std::vector<HExpr> &rest) {
                               return asFloat(b.loadRoot(lane, line, width, rest));
                             });
  std::vector<HExpr> at(b.vars.begin(), b.vars.end());
  b.storeOutput(statistics.normalize(asFloat(b.loadRoot(at)), at.front(), at.back()));
  scheduleOutput(b, 2);
}

//===----------------------------------------------------------------------===//
// Layer norm and RMS norm
//===----------------------------------------------------------------------===//

void snap::buildLayerNorm(KernelBuilder &b) {
  // Rows of `axes` dimensions (one, unless strides or an epilogue keep them
  // apart); the row's index runs over the innermost.
  int axes = static_cast<int>(b.key.getInt("axes", 1));
  int extent = b.outExtent(0);
  std::vector<int64_t> outer;
  for (int d = 1; d < axes; ++d)
    outer.push_back(b.outExtent(d));
  std::vector<Var> rows(b.vars.begin() + axes, b.vars.end());
  std::vector<HExpr> rowAt(rows.begin(), rows.end());
  auto load = [&](const HExpr &i, std::vector<HExpr> further) {
    std::vector<HExpr> at = {i};
    at.insert(at.end(), further.begin(), further.end());
    at.insert(at.end(), rowAt.begin(), rowAt.end());
    return asFloat(b.loadRoot(at));
  };
  std::vector<HExpr> within(b.vars.begin() + 1, b.vars.begin() + axes);
  HExpr x = load(b.vars[0], within);
  // Scale and bias are 1-D over the row.
  HExpr index = 0;
  int stride = 1;
  for (int d = 0; d < axes; ++d) {
    index = index + b.vars[d] * stride;
    stride *= b.outExtent(d);
  }
  auto parameter = [&](const char *name, float fallback) -> HExpr {
    int64_t input = b.key.getInt(name, -1);
    if (input < 0)
      return fallback;
    if (b.inRank(input) != 1)
      throw std::invalid_argument(std::string(name) + " of a norm is not contiguous");
    return asFloat(b.load(input, {simplify(index)}));
  };

  bool centered = b.key.op == KernelOp::LayerNorm;
  RowStatistics statistics(b, centered, extent, outer, rows, load);
  HExpr scaled = statistics.normalize(x, rowAt) * parameter("scale", 1.0f);
  b.storeOutput(centered ? scaled + parameter("bias", 0.0f) : scaled);

  // The schedule: statistics of a row just before it is written, while it is
  // in the first cache.
  if (axes == 1) {
    statistics.place(scheduleRows(b, 3));
    return;
  }
  scheduleOutput(b, 2);
  statistics.placeAtRoot(b.outRank() > axes);
}
