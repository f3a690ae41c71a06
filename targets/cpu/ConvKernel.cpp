//===- ConvKernel.cpp - Direct convolution, channels last -----------------===//
//
// out[b,y,x,o] = epilogue(sum over ky,kx,c of in[b,y',x',c] w[o/T,ky,kx,c,o%T])
// as an implicit GEMM. A task owns a block of pixels and a few panels of T
// output channels. For each block of input channels it copies its part of the
// input, padding included, into scratch (so that no tile tests for borders),
// and runs register tiles of a few pixels of a row by T channels over it. An
// enlarged input (`upsample`) is copied pixel by repeated pixel.
// Blocks of channels, where there are several, add into f32 sums in scratch. On
// arm64 a tile holds a vector of channels of each of its pixels and multiplies by its
// lanes, in f16 where the tensors are (GemmBlocks.h).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/BlockMoments.h"
#include "targets/cpu/GemmBlocks.h"
#include "targets/cpu/GroupStatistics.h"
#include "targets/cpu/HalideSupport.h"

#include <algorithm>
#include <stdexcept>

using namespace snap;
using Halide::cast;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using HExpr = Halide::Expr;

namespace {
struct Axis {
  int in, out, taps, stride, dilation, pad; // pad: before the first element
  int upsample;                             // the factor by which `in` was enlarged
  /// Elements of the padded input that `outputs` outputs read.
  int64_t reach(int64_t outputs) const { return (outputs - 1) * stride + (taps - 1) * dilation + 1; }
};

/// Sizes of one convolution; see the file header.
struct Plan {
  Axis x, y;
  int channels, groups, outputs, batch;
  int64_t panel;  // T
  int64_t tile;   // pixels of a register tile
  int64_t blockX; // pixels of a task
  int64_t blockY;
  int64_t panels;       // panels of a task
  int64_t channelBlock; // input channels of a block
  TileForm form;
  bool prepared;                // norm and prologue are computed once for all tasks
  bool momentsOfBlocks = false; // pixels of a task are those of a block of moments
  int groupChannels() const { return channels / groups; }
};
} // namespace

static Plan plan(const KernelBuilder &kernel) {
  const TargetModel &model = kernel.model;
  const auto &ints = kernel.key.ints;
  const auto &strides = ints.at("strides"), &pads = ints.at("pads"), &dilations = ints.at("dilations");
  auto axis = [&](int dim, int i) {
    int upsample = static_cast<int>(kernel.key.getInt("upsample", 1));
    return Axis{upsample * kernel.extent(0, dim),
                kernel.outExtent(dim),
                kernel.extent(1, dim + 1),
                static_cast<int>(strides[i]),
                static_cast<int>(dilations[i]),
                static_cast<int>(pads[i]),
                upsample};
  };
  Plan p;
  p.x = axis(1, 1);
  p.y = axis(2, 0);
  p.channels = kernel.rootChannels();
  p.groups = static_cast<int>(kernel.key.getInt("groups", 1));
  p.outputs = kernel.outExtent(0);
  p.batch = kernel.outExtent(3);
  p.panel = kernel.extent(1, 0);
  // 64 channels times the taps make a long enough inner loop. With groups, the
  // channels a panel reads vary: all are staged.
  p.channelBlock = p.groups == 1 ? blockOf(p.channels, kernel.tuned("channels", 64)) : p.groupChannels();
  if (p.groups == 1) {
    bool half = kernel.inputType(0) == ElementType::F16 && kernel.inputType(1) == ElementType::F16;
    p.form = tileForm(model, half, p.panel, p.channels);
    int64_t depth = p.form.depth, taps = int64_t(p.x.taps) * p.y.taps;
    if (p.form.half)
      p.channelBlock = depth * divisorUpTo(p.channels / depth, std::max<int64_t>(1, halfDepth / taps / depth));
    else if (p.channelBlock % depth)
      p.form = {};
  }
  p.tile = std::min<int64_t>(kernel.tuned("tile", tileRows(model, p.panel, p.x.out, p.form)), p.x.out);
  int64_t staged = p.groups == 1 ? p.channelBlock : p.channels;
  int64_t panelCount = ceilDiv(p.outputs, p.panel);
  // A divisor: no group reaches past the last panel of the weight.
  p.panels = divisorUpTo(panelCount, kernel.tuned("panels", std::max<int64_t>(1, 64 / p.panel)));
  // The copy of the input and the sums take a quarter of L2 each.
  int64_t limit = model.l2Bytes / 4 / 4;
  auto fits = [&](int64_t x, int64_t y) {
    return staged * p.x.reach(x) * p.y.reach(y) <= limit && x * y * p.panels * p.panel <= limit;
  };
  int64_t limitX = kernel.tuned("columns", 64);
  while (!kernel.schedule.has("columns") && limitX > p.tile && !fits(limitX, 1))
    limitX /= 2;
  p.blockX = evenBlock(p.x.out, limitX, p.tile);
  int64_t limitY = kernel.tuned("rows", 1);
  while (!kernel.schedule.has("rows") && limitY < p.y.out && fits(p.blockX, limitY + 1))
    ++limitY;
  p.blockY = evenBlock(p.y.out, limitY, 1);
  // Enough tasks to keep the threads even, before large ones.
  auto tasks = [&] {
    return p.batch * ceilDiv(p.x.out, p.blockX) * ceilDiv(p.y.out, p.blockY) * panelCount / p.panels;
  };
  while (!kernel.schedule.has("panels") && tasks() < 4 * model.threads && p.panels > 1)
    p.panels = divisorUpTo(panelCount, p.panels / 2);
  while (!kernel.schedule.has("rows") && tasks() < 4 * model.threads && p.blockY > 4)
    p.blockY = evenBlock(p.y.out, p.blockY / 2, 1);
  // Tasks of other panels would compute them again, and a silu of an element
  // costs a tenth of what one task does with it. Joined inputs become one.
  p.prepared = kernel.isJoined() || (kernel.hasPrologue() && p.panels < panelCount);
  if (auto moments = kernel.key.ints.find("moments"); moments != kernel.key.ints.end()) {
    int64_t rows = moments->second[0], columns = moments->second[1], pixels = p.blockX * p.blockY;
    p.momentsOfBlocks = columns >= p.tile && rows * columns <= 4 * pixels && 8 * rows * columns >= pixels;
    if (p.momentsOfBlocks) {
      p.blockX = columns;
      p.blockY = rows;
    }
  }
  return p;
}

static void buildDirect(KernelBuilder &kernel) {
  normalizeInput(kernel);
  const Plan p = plan(kernel);
  // Vectors do not straddle panels, which groups may make narrow.
  const Halide::Type type = Halide::Float(p.form.half ? 16 : 32); // of a tile's products
  const int lanes = static_cast<int>(vectorDivisor(p.panel, kernel.model.lanes(type.bytes())));
  const int panel = static_cast<int>(p.panel), tile = static_cast<int>(p.tile);
  const int blockX = static_cast<int>(p.blockX), blockY = static_cast<int>(p.blockY);
  const int channelBlock = static_cast<int>(p.channelBlock), group = static_cast<int>(p.panels) * panel;
  const bool blocked = p.channelBlock < p.groupChannels();

  // The algorithm. `staged` is the padded input, whose (0, 0) is the top left
  // of the padding; `prod` is one block of channels, `sum` all of them.
  Var o = kernel.vars[0], x = kernel.vars[1], y = kernel.vars[2], b = kernel.vars[3], c("c"), block("block");
  Var kx("kx"), ky("ky");
  const int line = static_cast<int>(vectorDivisor(kernel.lineOf(), kernel.lanes()));
  Func prepared("prepared"), staged("staged"), vectors("vectors"), prod("prod"), sum("sum");
  HExpr column = x - p.x.pad, row = y - p.y.pad;
  HExpr inside = column >= 0 && column < p.x.in && row >= 0 && row < p.y.in;
  if (p.prepared)
    prepared(c, x, y, b) = cast(type, kernel.loadRoot(c % line, c / line, line, {x, y, b}));
  std::vector<HExpr> at = {c, clamp(column, 0, p.x.in - 1) / p.x.upsample, clamp(row, 0, p.y.in - 1) / p.y.upsample, b};
  HExpr value = p.prepared ? HExpr(prepared(at)) : kernel.loadRoot(at);
  staged(c, x, y, b) = select(inside, cast(type, value), Halide::Internal::make_zero(type));
  RDom r({{0, channelBlock}, {0, p.x.taps}, {0, p.y.taps}}, "r");
  HExpr channel = block * channelBlock + r.x; // within the group
  HExpr source = channel;
  if (p.groups > 1) // columns past the last are padding
    source = min(o / (p.outputs / p.groups) * p.groupChannels() + channel, p.channels - 1);
  auto stagedAt = [&](const HExpr &channel, const HExpr &tapX, const HExpr &tapY) {
    return staged(channel, x * p.x.stride + tapX * p.x.dilation, y * p.y.stride + tapY * p.y.dilation, b);
  };
  HExpr pixel = stagedAt(source, r.y, r.z);
  if (p.form.depth > 1) {
    vectors(c, x, y, b, kx, ky) = stagedAt(c, kx, ky);
    pixel = vectors(source, x, y, b, r.y, r.z);
  }
  prod(o, x, y, b, block) = Halide::Internal::make_zero(type);
  prod(o, x, y, b, block) += cast(type, kernel.load(1, {o % panel, channel, r.y, r.z, o / panel})) * pixel;
  RDom blocks(0, p.groupChannels() / channelBlock, "blocks");
  if (blocked) {
    sum(o, x, y, b) = 0.0f;
    sum(o, x, y, b) += cast<float>(prod(o, x, y, b, blocks));
  }
  kernel.storeOutput(blocked ? HExpr(sum(o, x, y, b)) : cast<float>(prod(o, x, y, b, 0)));

  // The schedule. Stores are whole vectors of real channels: the widest that
  // divides them.
  const int width = static_cast<int>(vectorDivisor(p.outputs, lanes));
  auto tail = [](int64_t extent, int64_t by, TailStrategy strategy) {
    return extent % by ? strategy : TailStrategy::RoundUp;
  };
  Var ov("ov"), oi("oi"), og("og"), oo("oo"), xb("xb"), xo("xo"), xi("xi"), yb("yb"), task("task");
  Func &out = kernel.output;
  out.split(o, ov, oi, width, TailStrategy::RoundUp).vectorize(oi);
  Halide::LoopLevel taskLevel(out, task);
  if (p.momentsOfBlocks) {
    BlockMoments moments(kernel);
    moments.placeAround(group, BlockMoments::Loops::Together);
    taskLevel = moments.blockLevel();
    out.split(ov, oo, ov, panel / width, tail(p.outputs, panel, TailStrategy::GuardWithIf)).unroll(ov);
    out.split(x, xo, xi, tile, tail(blockX, tile, TailStrategy::ShiftInwards)).unroll(xi);
    out.reorder(oi, ov, xi, xo, y, oo).compute_at(taskLevel);
  } else {
    out.split(ov, og, ov, group / width, tail(p.outputs, group, TailStrategy::GuardWithIf));
    out.split(ov, oo, ov, panel / width, TailStrategy::RoundUp).unroll(ov);
    out.split(x, xb, x, blockX, tail(p.x.out, blockX, TailStrategy::ShiftInwards));
    out.split(x, xo, xi, tile, tail(blockX, tile, TailStrategy::ShiftInwards)).unroll(xi);
    out.split(y, yb, y, blockY, tail(p.y.out, blockY, TailStrategy::ShiftInwards));
    out.reorder(oi, ov, xi, xo, y, oo, og, xb, yb, b);
    out.fuse(og, xb, task).fuse(task, yb, task).fuse(task, b, task);
    if (KernelBuilder::worthParallel(kernel.key.macs() / 64))
      out.parallel(task);
  }

  if (blocked) {
    sum.compute_at(taskLevel).bound_extent(o, group).bound_extent(x, static_cast<int>(roundUp(blockX, tile)));
    sum.vectorize(o, lanes);
    sum.update()
        .split(o, oo, oi, panel, TailStrategy::RoundUp)
        .split(x, xo, xi, tile, TailStrategy::RoundUp)
        .reorder(oi, xi, xo, y, oo, blocks)
        .vectorize(oi, lanes)
        .unroll(oi)
        .unroll(xi);
    prod.compute_at(sum, xo);
    staged.compute_at(sum, blocks);
  } else {
    prod.compute_at(out, xo);
    staged.compute_at(taskLevel);
  }
  prod.bound_extent(o, panel).bound_extent(x, tile);
  prod.vectorize(o, lanes).unroll(o).unroll(x);
  prod.update().vectorize(o, lanes);
  if (p.form.depth > 1) {
    Halide::RVar cp("cp"), co("co"), ci("ci");
    const int steps = !p.form.half && channelBlock / p.form.depth % 2 == 0 ? 2 : 1; // f16 fills the registers as it is
    prod.update()
        .split(r.x, co, ci, p.form.depth)
        .split(co, cp, co, steps)
        .reorder(x, o, ci, co, cp, r.y, r.z)
        .unroll(ci)
        .unroll(co);
    vectors.compute_at(prod, co).bound_extent(c, p.form.depth).bound_extent(x, tile);
    vectors.bound_extent(y, 1).bound_extent(b, 1).bound_extent(kx, 1).bound_extent(ky, 1);
    vectors.vectorize(c, p.form.depth).unroll(x);
  } else {
    prod.update().reorder(o, x, r.x, r.y, r.z);
    if (channelBlock % 2 == 0)
      prod.update().unroll(r.x, 2);
  }
  prod.update().unroll(o).unroll(x);
  if (p.groups > 1)
    staged.bound(c, 0, p.channels);
  int stagedChannels = p.groups > 1 ? p.channels : channelBlock;
  staged.vectorize(c, static_cast<int>(vectorDivisor(stagedChannels, kernel.model.lanes(type.bytes()))),
                   TailStrategy::RoundUp);
  if (p.prepared) {
    prepared.compute_root().bound(c, 0, p.channels).bound(b, 0, p.batch);
    prepared.bound(x, 0, p.x.in / p.x.upsample).bound(y, 0, p.y.in / p.y.upsample);
    prepared.vectorize(c, line).fuse(y, b, task).parallel(task);
  }
}

void snap::buildConv2d(KernelBuilder &kernel) {
  switch (kernel.key.algorithm) {
  case Algorithm::Direct:
    return isThinConv(kernel.key, kernel.model) ? buildThinConv(kernel) : buildDirect(kernel);
  case Algorithm::Winograd2:
  case Algorithm::Winograd4:
    return buildWinograd(kernel);
  default:
    throw std::invalid_argument(std::string("conv2d: no CPU kernel for ") + toString(kernel.key.algorithm));
  }
}
