//===- BlockMoments.cpp - Moments of blocks of a kernel's output ----------===//
//
// Sums are relative to a block's first value, so that a mean far from zero costs
// no digits, in f32 whatever the storage.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/BlockMoments.h"
#include "targets/cpu/GemmBlocks.h"

using namespace snap;
using Halide::cast;
using Halide::Func;
using Halide::RDom;
using Halide::Tuple;
using Halide::Var;
using HExpr = Halide::Expr;

void snap::takeMoments(KernelBuilder &b) {
  const std::vector<int64_t> &block = b.key.ints.at("moments");
  const bool image = b.key.op == KernelOp::Conv2d;
  const int high = image ? static_cast<int>(block[0]) : 1, wide = static_cast<int>(block.back());
  const int across = b.outExtent(1) / wide; // blocks of a row
  Var c = b.vars[0], which("which"), piece("piece");
  std::vector<Var> outer(b.vars.begin() + (image ? 3 : 2), b.vars.end()); // images
  auto with = [&](auto first) {
    first.insert(first.end(), outer.begin(), outer.end());
    return first;
  };

  // The algorithm.
  Func first("first"), sums("block_sums");
  RDom r(0, wide, 0, high, "r");
  auto value = [&](const HExpr &x, const HExpr &y) {
    std::vector<HExpr> at = {c, piece % across * wide + x};
    if (image)
      at.push_back(piece / across * high + y);
    return cast<float>(b.output(with(at)));
  };
  std::vector<Var> at = with(std::vector<Var>{c, piece});
  first(at) = value(0, 0);
  HExpr shifted = value(r.x, r.y) - first(at);
  sums(at) = Tuple(0.0f, 0.0f);
  sums(at) = Tuple(sums(at)[0] + shifted, sums(at)[1] + shifted * shifted);
  auto count = static_cast<float>(wide * high);
  HExpr s1 = sums(at)[0], s2 = sums(at)[1];
  b.moments(with(std::vector<Var>{c, which, piece})) =
      select(which == 0, first(at) + s1 / count, max(s2 - s1 * s1 / count, 0.0f));

  // The schedule: a vector of channels down the block.
  const int width = static_cast<int>(vectorDivisor(b.outExtent(0), b.lanes()));
  Var vector("vector"), lane("lane"), task = piece;
  b.moments.split(c, vector, lane, width).reorder(lane, which, vector, piece).vectorize(lane);
  b.moments.bound(which, 0, 2).unroll(which);
  for (const Var &dim : outer)
    b.moments.fuse(task, dim, task);
  if (KernelBuilder::worthParallel(b.key.outputs[0].elements()))
    b.moments.parallel(task);
  for (Func f : {first, sums})
    f.compute_at(b.moments, vector).bound_extent(c, width).vectorize(c, width);
  sums.update().vectorize(c, width);
  b.output.compute_root();
}
