//===- PoolKernel.cpp - Max and average pooling ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/Schedules.h"

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

void snap::buildPool(KernelBuilder &b) {
  // Row-major attributes, Halide dimensions: index 0 is height, dimension 2.
  const std::vector<int64_t> &kernel = b.key.ints.at("kernel"), &strides = b.key.ints.at("strides"),
                             &pads = b.key.ints.at("pads"), &dilations = b.key.ints.at("dilations");
  Var c = b.vars[0], x = b.vars[1], y = b.vars[2], n = b.vars[3];
  int extents[2] = {b.extent(0, 2), b.extent(0, 1)};
  auto position = [&](int side, const HExpr &out, const HExpr &tap) {
    return out * static_cast<int>(strides[side]) - static_cast<int>(pads[side]) +
           tap * static_cast<int>(dilations[side]);
  };
  auto inside = [&](int side, const HExpr &at) { return at >= 0 && at < extents[side]; };

  // The algorithm
  bool isMax = b.key.fn == "max";
  RDom r(0, static_cast<int>(kernel[1]), 0, static_cast<int>(kernel[0]), "r");
  HExpr row = position(0, y, r.y), column = position(1, x, r.x);
  r.where(inside(0, row) && inside(1, column));
  HExpr value = b.loadRoot({c, clamp(column, 0, extents[1] - 1), clamp(row, 0, extents[0] - 1), n});
  Func window("window");
  Combine how = isMax ? Combine::Max : Combine::Sum;
  window(c, x, y, n) = identityOf(how, value.type());
  window(c, x, y, n) = combine(how, window(c, x, y, n), value);

  // How many taps of a window lie inside, per side.
  Func counts[2];
  if (b.key.fn == "average") {
    for (int side = 0; side < 2; ++side) {
      Var at("at");
      RDom tap(0, static_cast<int>(kernel[side]), "tap");
      counts[side] = Func("count" + std::to_string(side));
      counts[side](at) = 0;
      counts[side](at) += select(inside(side, position(side, at, tap)), 1, 0);
      counts[side].compute_root();
    }
  }
  HExpr result = window(c, x, y, n);
  if (b.key.fn == "average")
    result = result / cast<float>(max(counts[0](y) * counts[1](x), 1));
  else if (!isMax)
    result = result * static_cast<float>(1.0 / static_cast<double>(kernel[0] * kernel[1]));
  b.storeOutput(result);

  // The schedule: a vector of channels stays in registers over its window.
  int64_t taps = kernel[0] * kernel[1];
  int width = b.vectorWidth(b.outExtent(0));
  LoopLevel pixel = scheduleRows(b, taps);
  window.compute_at(pixel).vectorize(c, width, TailStrategy::GuardWithIf);
  window.update().reorder(c, r.x, r.y).vectorize(c, width, TailStrategy::GuardWithIf);
}
