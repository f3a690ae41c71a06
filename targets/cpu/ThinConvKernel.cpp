//===- ThinConvKernel.cpp - Convolutions to a few channels ----------------===//
//
// The last convolution of an image decoder has 3 output channels, a UNet's 4. A vector
// of output channels would be mostly padding, so here vectors run along the channels
// that are added up: a register tile keeps, for some pixels of a row by all outputs, a
// vector of partial sums each, and adds up its lanes at the end.
//
//   out[b,y,x,o] = epilogue(sum over lanes l of
//                           sum over ky,kx,v of in[b,y',x',v*V+l] w[ky,kx,v*V+l,o])
//
// A task owns a block of pixels, and copies its part of the input into scratch with the
// norm, the prologue and the padding applied. Sums are f32, also of f16 tensors.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/GemmBlocks.h"
#include "targets/cpu/GroupStatistics.h"
#include "targets/cpu/HalideSupport.h"

#include <algorithm>

using namespace snap;
using Halide::cast;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using HExpr = Halide::Expr;

/// At most so many outputs: a tile of three pixels still has a dozen sums.
static constexpr int64_t thinOutputs = 4;

bool snap::isThinConv(const KernelKey &key, const TargetModel &model) {
  return key.op == KernelOp::Conv2d && key.algorithm == Algorithm::Direct && key.getInt("groups", 1) == 1 &&
         key.outputs[0].shape.back() <= thinOutputs && key.rootChannels() % model.lanes(4) == 0;
}

void snap::buildThinConv(KernelBuilder &kernel) {
  normalizeInput(kernel);
  const auto &ints = kernel.key.ints;
  const auto &strides = ints.at("strides"), &pads = ints.at("pads"), &dilations = ints.at("dilations");
  const int upsample = static_cast<int>(kernel.key.getInt("upsample", 1));
  const int width = kernel.extent(0, 1), height = kernel.extent(0, 2), batch = kernel.outExtent(3);
  const int tapsX = kernel.extent(1, 2), tapsY = kernel.extent(1, 3);
  const int strideY = static_cast<int>(strides[0]), strideX = static_cast<int>(strides[1]);
  const int dilationY = static_cast<int>(dilations[0]), dilationX = static_cast<int>(dilations[1]);
  const int channels = kernel.rootChannels(), outputs = kernel.outExtent(0), lanes = kernel.lanes();
  const int columns = kernel.outExtent(1), rows = kernel.outExtent(2);

  // Registers: a sum for each pixel and output, the outputs' weights, a vector of the input.
  const int registers = static_cast<int>(kernel.model.vectorRegisters) - outputs - 1;
  const int most = std::min<int>(registers / outputs, 8);
  int tile = 1; // a power of two, so that they are stored as a vector
  while (2 * tile <= std::min(most, columns))
    tile *= 2;
  // The copy of the input takes half of L2.
  const int64_t limit = kernel.model.l2Bytes / 2 / 4;
  auto reach = [](int64_t extent, int64_t stride, int64_t dilation, int64_t taps) {
    return (extent - 1) * stride + (taps - 1) * dilation + 1;
  };
  auto fits = [&](int64_t x, int64_t y) {
    return channels * reach(x, strideX, dilationX, tapsX) * reach(y, strideY, dilationY, tapsY) <= limit;
  };
  int64_t limitX = 64, limitY = 1;
  while (limitX > tile && !fits(limitX, 8))
    limitX /= 2;
  const int blockX = static_cast<int>(evenBlock(columns, limitX, tile));
  auto tasks = [&](int64_t y) { return batch * ceilDiv(columns, blockX) * ceilDiv(rows, y); };
  while (limitY < rows && limitY < 16 && fits(blockX, limitY + 1) && tasks(limitY + 1) >= 4 * kernel.model.threads)
    ++limitY;
  const int blockY = static_cast<int>(evenBlock(rows, limitY, 1));

  // The algorithm.
  Var o = kernel.vars[0], x = kernel.vars[1], y = kernel.vars[2], b = kernel.vars[3], c("c"), lane("lane");
  Var vector("vector"), kx("kx"), ky("ky");
  Func staged("staged"), weights("weights"), partial("partial"), sum("sum");
  HExpr column = x - static_cast<int>(pads[1]), row = y - static_cast<int>(pads[0]);
  HExpr inside = column >= 0 && column < upsample * width && row >= 0 && row < upsample * height;
  const int line = static_cast<int>(vectorDivisor(kernel.lineOf(), lanes));
  staged(c, x, y, b) = select(inside,
                              cast<float>(kernel.loadRoot(c % line, c / line, line,
                                                          {clamp(column, 0, upsample * width - 1) / upsample,
                                                           clamp(row, 0, upsample * height - 1) / upsample, b})),
                              0.0f);
  weights(lane, vector, kx, ky, o) = cast<float>(kernel.load(1, {o, vector * lanes + lane, kx, ky, 0}));
  RDom r({{0, channels / lanes}, {0, tapsX}, {0, tapsY}}, "r"), l(0, lanes, "l");
  partial(lane, o, x, y, b) = 0.0f;
  partial(lane, o, x, y, b) +=
      staged(r.x * lanes + lane, x * strideX + r.y * dilationX, y * strideY + r.z * dilationY, b) *
      weights(lane, r.x, r.y, r.z, o);
  sum(x, o, y, b) = 0.0f;
  sum(x, o, y, b) += partial(l, o, x, y, b);
  kernel.storeOutput(sum(x, o, y, b));

  // The schedule.
  Var xb("xb"), xo("xo"), xi("xi"), yb("yb"), task("task");
  auto tail = [](int64_t extent, int64_t by) {
    return extent % by ? TailStrategy::ShiftInwards : TailStrategy::RoundUp;
  };
  Func &out = kernel.output;
  out.split(x, xb, x, blockX, tail(columns, blockX)).split(x, xo, xi, tile, tail(blockX, tile));
  out.split(y, yb, y, blockY, tail(rows, blockY)).bound(o, 0, outputs);
  out.reorder(xi, o, xo, y, xb, yb, b).vectorize(xi).unroll(o).fuse(xb, yb, task).fuse(task, b, task);
  if (KernelBuilder::worthParallel(kernel.key.macs() / 64))
    out.parallel(task);
  sum.compute_at(out, xo).bound_extent(x, tile).bound_extent(o, outputs).vectorize(x).unroll(o);
  sum.update().reorder(l, o, x).unroll(o).unroll(x).atomic().vectorize(l);
  partial.compute_at(out, xo).bound_extent(x, tile).bound_extent(o, outputs).bound_extent(lane, lanes);
  partial.vectorize(lane).unroll(o).unroll(x);
  partial.update().reorder(lane, x, o, r.x, r.y, r.z).vectorize(lane).unroll(x).unroll(o);
  staged.compute_at(out, task).bound_extent(c, channels).vectorize(c, line);
  weights.compute_root().bound(lane, 0, lanes).bound(o, 0, outputs).vectorize(lane);
}
