//===- NormKernel.cpp - Group, layer and RMS normalization ----------------===//
//
// Variances never come from E[x^2] - E[x]^2: activations of diffusion models
// have means a hundred times their deviation. Sums are of x less the first
// value they meet, and parts are combined by Chan, Golub and LeVeque's formula
// ("Updating formulae and a pairwise algorithm for computing sample variances",
// 1979).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/Schedules.h"

#include <stdexcept>

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

static HExpr asFloat(const HExpr &value) { return cast<float>(value); }
static HExpr real(double value) { return Internal::make_const(Float(64), value); }

//===----------------------------------------------------------------------===//
// Group norm
//===----------------------------------------------------------------------===//

namespace {
/// x[N,…,C] cut into chunks of rows. Within a chunk every channel has its own
/// mean and sum of squared deviations, so that all loads run along the channels.
struct GroupNorm {
  KernelBuilder &b;
  const int channels, images, perGroup, width;
  int rows = 1;         // extent of the dimension next to the channels
  int further = 1;      // points of the other dimensions between it and the images
  int chunkRows = 1;    // rows of a chunk
  int chunksPerRun = 1; // chunks over `rows`
  int chunks = 1;       // chunks of an image

  Var c{"c"}, g{"g"}, chunk{"chunk"}, n{"n"};

  explicit GroupNorm(KernelBuilder &builder);
  HExpr input(const HExpr &channel, const HExpr &chunkIndex, const HExpr &row, const HExpr &image) const;
  HExpr chunkLength(const HExpr &chunkIndex) const;
  Func chunkMoments();
  void build();
};
} // namespace

/// The widest vector that divides the channels, so that no load needs a guard.
static int dividingWidth(const KernelBuilder &b, int channels) {
  int width = b.vectorWidth(channels);
  while (channels % width)
    width /= 2;
  return width;
}

GroupNorm::GroupNorm(KernelBuilder &builder)
    : b(builder), channels(b.outExtent(0)), images(b.outExtent(b.outRank() - 1)),
      perGroup(channels / static_cast<int>(b.key.getInt("groups", 1))), width(dividingWidth(b, channels)) {
  if (b.outRank() > 2)
    rows = b.outExtent(1);
  for (int d = 2; d < b.outRank() - 1; ++d)
    further *= b.outExtent(d);
  // 64 KiB of f32 a chunk streams well, and at most 64 chunks keep the second
  // stage short.
  int wanted = std::max({16384 / channels, (rows + 63) / 64, 1});
  chunkRows = std::min(rows, wanted);
  for (int larger = chunkRows; larger <= 2 * chunkRows && larger <= rows; ++larger)
    if (rows % larger == 0) {
      chunkRows = larger;
      break;
    }
  chunksPerRun = (rows + chunkRows - 1) / chunkRows;
  chunks = chunksPerRun * further;
}

HExpr GroupNorm::input(const HExpr &channel, const HExpr &chunkIndex, const HExpr &row, const HExpr &image) const {
  std::vector<HExpr> at = {channel};
  if (b.outRank() > 2)
    at.push_back((chunkIndex % chunksPerRun) * chunkRows + row);
  HExpr rest = chunkIndex / chunksPerRun;
  for (int d = 2; d < b.outRank() - 1; ++d) {
    at.push_back(rest % b.outExtent(d));
    rest = rest / b.outExtent(d);
  }
  at.push_back(image);
  return asFloat(b.loadRoot(at));
}

/// Rows of a chunk; the last of a run may be shorter.
HExpr GroupNorm::chunkLength(const HExpr &chunkIndex) const {
  int last = rows - (chunksPerRun - 1) * chunkRows;
  if (last == chunkRows)
    return chunkRows;
  return select(chunkIndex % chunksPerRun == chunksPerRun - 1, last, chunkRows);
}

/// (mean, sum of squared deviations) of each channel in each chunk.
Func GroupNorm::chunkMoments() {
  Func first("first"), sums("sums"), moments("moments");
  first(c, chunk, n) = input(c, chunk, 0, n);
  RDom r(0, chunkRows, "r");
  if (rows % chunkRows)
    r.where(r < chunkLength(chunk));
  HExpr shifted = input(c, chunk, r, n) - first(c, chunk, n);
  sums(c, chunk, n) = Tuple(0.0f, 0.0f);
  sums(c, chunk, n) = Tuple(sums(c, chunk, n)[0] + shifted, sums(c, chunk, n)[1] + shifted * shifted);
  HExpr count = asFloat(chunkLength(chunk));
  HExpr s1 = sums(c, chunk, n)[0], s2 = sums(c, chunk, n)[1];
  moments(c, chunk, n) = Tuple(first(c, chunk, n) + s1 / count, max(s2 - s1 * s1 / count, 0.0f));

  // The schedule: a block of channels stays in registers down the chunk.
  Var block("block"), within("within"), task("task");
  int vectors = static_cast<int>(largestDivisor(channels / width, streamedVectors(b)));
  moments.compute_root().split(c, block, within, width * vectors).fuse(chunk, n, task);
  if (KernelBuilder::worthParallel(static_cast<int64_t>(channels) * rows * further * images))
    moments.parallel(task);
  moments.vectorize(within, width).unroll(within);
  sums.compute_at(moments, block).vectorize(c, width).unroll(c);
  if (b.outRank() > 2) // else there is one row and no loop over it
    sums.update().reorder(c, r);
  sums.update().vectorize(c, width).unroll(c);
  first.compute_at(moments, block).vectorize(c, width).unroll(c);
  return moments;
}

void GroupNorm::build() {
  Func moments = chunkMoments();

  // Chunks to channels to groups, in f64: a few thousand values.
  HExpr total = real(static_cast<double>(rows) * further * perGroup);
  Func channelMean("channelMean"), mean("mean"), channelSpread("channelSpread"), spread("spread");
  RDom k(0, chunks, "k"), j(0, perGroup, "j");
  HExpr length = cast<double>(chunkLength(k));
  channelMean(c, n) = real(0);
  channelMean(c, n) += cast<double>(moments(c, k, n)[0]) * length;
  mean(g, n) = real(0);
  mean(g, n) += channelMean(g * perGroup + j, n) / total;
  HExpr off = cast<double>(moments(c, k, n)[0]) - mean(c / perGroup, n);
  channelSpread(c, n) = real(0);
  channelSpread(c, n) += cast<double>(moments(c, k, n)[1]) + length * off * off;
  spread(g, n) = real(0);
  spread(g, n) += channelSpread(g * perGroup + j, n) / total;

  // y = (x - center) * gain + offset, where center is the mean rounded to f32
  // and offset makes up for the rounding.
  Func center("center"), gain("gain"), offset("offset");
  HExpr exact = mean(c / perGroup, n);
  HExpr scale = cast<double>(b.load(1, {c})), bias = cast<double>(b.load(2, {c}));
  HExpr exactGain = scale / sqrt(spread(c / perGroup, n) + real(b.key.getFloat("epsilon", 0)));
  center(c, n) = asFloat(exact);
  gain(c, n) = asFloat(exactGain);
  offset(c, n) = asFloat(bias - (exact - cast<double>(asFloat(exact))) * exactGain);

  HExpr image = b.vars.back(), channel = b.vars[0];
  std::vector<HExpr> at(b.vars.begin(), b.vars.end());
  b.storeOutput((asFloat(b.loadRoot(at)) - center(channel, image)) * gain(channel, image) + offset(channel, image));

  // The schedule
  int half = std::max(1, width / 2); // f64 lanes
  channelMean.compute_root().vectorize(c, half);
  channelMean.update().reorder(c, k).vectorize(c, half);
  mean.compute_root();
  channelSpread.compute_root().vectorize(c, half);
  channelSpread.update().reorder(c, k).vectorize(c, half);
  spread.compute_root();
  for (Func f : {center, gain, offset})
    f.compute_root();
  scheduleOutput(b, 2);
}

void snap::buildGroupNorm(KernelBuilder &builder) { GroupNorm(builder).build(); }

//===----------------------------------------------------------------------===//
// Layer norm and RMS norm
//===----------------------------------------------------------------------===//

void snap::buildLayerNorm(KernelBuilder &b) {
  // Rows of `axes` dimensions (one, unless strides or an epilogue keep them
  // apart); the row's index runs over the innermost.
  int axes = static_cast<int>(b.key.getInt("axes", 1));
  int extent = b.outExtent(0);
  std::vector<int64_t> outer;
  double count = extent;
  for (int d = 1; d < axes; ++d) {
    outer.push_back(b.outExtent(d));
    count *= static_cast<double>(b.outExtent(d));
  }
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

  float epsilon = static_cast<float>(b.key.getFloat("epsilon", 0));
  HExpr inverse = static_cast<float>(1 / count);
  Func factor("factor"), first("first"), mean("mean");
  std::vector<RowReduction> reductions;
  if (b.key.op == KernelOp::RmsNorm) {
    reductions.emplace_back(b, Combine::Sum, Float(32), extent, outer, rows,
                            [&](const HExpr &i, const std::vector<HExpr> &further) {
                              HExpr v = load(i, further);
                              return v * v;
                            });
    factor(rowAt) = 1.0f / sqrt(reductions[0].result(rowAt) * inverse + epsilon);
    b.storeOutput(x * factor(rowAt) * parameter("scale", 1.0f));
  } else {
    // Everything is relative to the row's first element, which is near enough
    // to the mean for the subtraction to be exact where it matters.
    first(rowAt) = load(0, std::vector<HExpr>(axes - 1, HExpr(0)));
    reductions.reserve(2);
    reductions.emplace_back(
        b, Combine::Sum, Float(32), extent, outer, rows,
        [&](const HExpr &i, const std::vector<HExpr> &further) { return load(i, further) - first(rowAt); });
    mean(rowAt) = reductions[0].result(rowAt) * inverse;
    reductions.emplace_back(b, Combine::Sum, Float(32), extent, outer, rows,
                            [&](const HExpr &i, const std::vector<HExpr> &further) {
                              HExpr v = load(i, further) - first(rowAt) - mean(rowAt);
                              return v * v;
                            });
    factor(rowAt) = 1.0f / sqrt(reductions[1].result(rowAt) * inverse + epsilon);
    b.storeOutput((x - first(rowAt) - mean(rowAt)) * factor(rowAt) * parameter("scale", 1.0f) +
                  parameter("bias", 0.0f));
  }

  // The schedule: statistics of a row just before it is written, while it is
  // in the first cache.
  if (axes == 1) {
    LoopLevel row = scheduleRows(b, 3);
    for (RowReduction &reduction : reductions)
      reduction.place(row);
    factor.compute_at(row);
    if (first.defined()) {
      first.compute_at(row);
      mean.compute_at(row);
    }
    return;
  }
  scheduleOutput(b, 2);
  for (RowReduction &reduction : reductions)
    reduction.placeAtRoot(b.outRank() > axes);
  factor.compute_root();
  if (first.defined()) {
    first.compute_root();
    mean.compute_root();
  }
}
