//===- GroupStatistics.cpp - Group norm's mean and variance ---------------===//
//
// Within a chunk of rows every channel has its own mean and sum of squared
// deviations, so that all loads run along the channels.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/GroupStatistics.h"
#include "targets/cpu/GemmBlocks.h"
#include "targets/cpu/Schedules.h"

#include <algorithm>
#include <memory>

using namespace snap;
using Halide::cast;
using Halide::Func;
using Halide::RDom;
using Halide::Tuple;
using Halide::Var;
using HExpr = Halide::Expr;

static HExpr asFloat(const HExpr &value) { return cast<float>(value); }
static HExpr real(double value) { return Halide::Internal::make_const(Halide::Float(64), value); }

GroupStatistics::GroupStatistics(const KernelBuilder &builder, GroupNormInputs inputs, Value value)
    : b(builder), inputs(inputs), value(std::move(value)), channels(b.rootChannels()),
      images(b.extent(0, b.inRank(0) - 1)), width(static_cast<int>(vectorDivisor(b.lineOf(), b.lanes()))) {
  auto sizes = b.key.ints.find("sizes");
  starts.push_back(0);
  for (int group = 0; group < inputs.groups; ++group) {
    int size = sizes == b.key.ints.end() ? channels / inputs.groups : static_cast<int>(sizes->second[group]);
    starts.push_back(starts.back() + size);
    largest = std::max(largest, size);
  }
  for (int d = 1; d < b.inRank(0) - 1; ++d)
    rows *= b.extent(0, d);
  // 64 KiB of f32 a chunk streams well; 16 chunks share evenly among a phone's
  // cores and keep the second stage, and its scratch, small.
  int wanted = std::max({16384 / channels, (rows + 15) / 16, 1});
  chunkRows = std::min(rows, wanted);
  for (int larger = chunkRows; larger <= 2 * chunkRows && larger <= rows; ++larger)
    if (rows % larger == 0) {
      chunkRows = larger;
      break;
    }
  chunks = (rows + chunkRows - 1) / chunkRows;
  if (b.key.ints.count("norm_moments"))
    combine(givenMoments());
  else
    combine({chunkMoments()});
}

/// The inputs of `norm_moments`, [N,B,2,C] each (CanonicalKey.cpp).
std::vector<GroupStatistics::Pieces> GroupStatistics::givenMoments() const {
  std::vector<Pieces> sources;
  int first = 0;
  for (int64_t index : b.key.ints.at("norm_moments")) {
    auto input = static_cast<size_t>(index);
    int count = b.extent(input, 2), length = rows / count;
    sources.push_back({first, b.extent(input, 0), count, [length](const HExpr &) { return HExpr(length); },
                       [this, input](int which, const HExpr &channel, const HExpr &piece, const HExpr &image) {
                         return b.load(input, {channel, which, piece, image});
                       }});
    first += b.extent(input, 0);
  }
  return sources;
}

HExpr GroupStatistics::input(const HExpr &row, const HExpr &image) const {
  std::vector<HExpr> at;
  HExpr rest = row;
  for (int d = 1; d < b.inRank(0) - 1; ++d) {
    bool outermost = d == b.inRank(0) - 2;
    at.push_back(outermost ? rest : rest % b.extent(0, d));
    rest = rest / b.extent(0, d);
  }
  at.push_back(image);
  return value(lane, line, width, at);
}

/// Rows of a chunk; the last may be shorter.
HExpr GroupStatistics::chunkLength(const HExpr &chunkIndex) const {
  int last = rows - (chunks - 1) * chunkRows;
  if (last == chunkRows)
    return chunkRows;
  return select(chunkIndex == chunks - 1, last, chunkRows);
}

HExpr GroupStatistics::groupOf(const HExpr &channel) const {
  if (isUniform())
    return channel / largest;
  HExpr group = 0;
  for (int i = 1; i < inputs.groups; ++i)
    group = group + select(channel >= starts[i], 1, 0);
  return group;
}

HExpr GroupStatistics::startOf(const HExpr &group) const {
  if (isUniform())
    return group * largest;
  return mux(group, std::vector<HExpr>(starts.begin(), starts.end() - 1));
}

HExpr GroupStatistics::sizeOf(const HExpr &group) const {
  if (isUniform())
    return largest;
  std::vector<HExpr> sizes;
  for (int i = 0; i < inputs.groups; ++i)
    sizes.emplace_back(starts[i + 1] - starts[i]);
  return mux(group, sizes);
}

/// (mean, sum of squared deviations) of each channel in each chunk.
GroupStatistics::Pieces GroupStatistics::chunkMoments() {
  Func first("first"), sums("sums"), moments("moments");
  first(lane, line, chunk, n) = input(chunk * chunkRows, n);
  RDom r(0, chunkRows, "r");
  if (rows % chunkRows)
    r.where(r < chunkLength(chunk));
  HExpr shifted = input(chunk * chunkRows + r, n) - first(lane, line, chunk, n);
  sums(lane, line, chunk, n) = Tuple(0.0f, 0.0f);
  sums(lane, line, chunk, n) =
      Tuple(sums(lane, line, chunk, n)[0] + shifted, sums(lane, line, chunk, n)[1] + shifted * shifted);
  HExpr count = asFloat(chunkLength(chunk));
  HExpr s1 = sums(lane, line, chunk, n)[0], s2 = sums(lane, line, chunk, n)[1];
  moments(lane, line, chunk, n) = Tuple(first(lane, line, chunk, n) + s1 / count, max(s2 - s1 * s1 / count, 0.0f));

  // The schedule: a block of channels stays in registers down the chunk.
  Var block("block"), within("within"), task("task");
  int lines = channels / width, vectors = static_cast<int>(largestDivisor(lines, streamedVectors(b)));
  moments.compute_root().bound(lane, 0, width).bound(line, 0, lines).bound(chunk, 0, chunks).bound(n, 0, images);
  moments.split(line, block, within, vectors).fuse(chunk, n, task);
  if (KernelBuilder::worthParallel(static_cast<int64_t>(channels) * rows * images))
    moments.parallel(task);
  moments.vectorize(lane).unroll(within);
  sums.compute_at(moments, block).vectorize(lane).unroll(line);
  if (b.inRank(0) > 2) // else there is one row and no loop over it
    sums.update().reorder(lane, line, r);
  sums.update().vectorize(lane).unroll(line);
  first.compute_at(moments, block).vectorize(lane).unroll(line);
  for (Func f : {sums, first})
    f.bound_extent(lane, width).bound_extent(line, vectors);
  return {0, channels, chunks, [this](const HExpr &piece) { return chunkLength(piece); },
          [moments, width = width](int which, const HExpr &channel, const HExpr &piece, const HExpr &image) {
            return HExpr(moments(channel % width, channel / width, piece, image)[which]);
          }};
}

/// The value of a channel that is in one of several functions.
HExpr GroupStatistics::ofChannel(const std::vector<Pieces> &sources, const std::vector<Func> &values,
                                 const HExpr &channel) const {
  HExpr value = values[0](sources.size() == 1 ? channel : min(channel, sources[0].channels - 1), n);
  if (sources.size() == 1)
    return value;
  return select(channel < sources[1].first, value, values[1](max(channel - sources[1].first, 0), n));
}

/// Pieces to channels to groups, in f64: a few thousand values. Channels that
/// were removed for being zero count in the mean and lie one mean from it.
void GroupStatistics::combine(const std::vector<Pieces> &sources) {
  int64_t counted = b.key.getInt("counted", 0);
  HExpr positions = real(rows);
  HExpr total = (counted ? real(static_cast<double>(counted)) : cast<double>(sizeOf(g))) * positions;
  Func mean("mean"), spread("spread");
  RDom j(0, largest, "j");
  if (!isUniform())
    j.where(j < sizeOf(g));
  HExpr member = startOf(g) + j;
  if (!isUniform()) // bounds inference does not see that no group reaches past the last channel
    member = min(member, channels - 1);
  std::vector<Func> means, spreads;
  std::vector<RDom> pieces;
  auto moment = [&](size_t i, int which) { return cast<double>(sources[i].moment(which, c, pieces[i], n)); };
  auto length = [&](size_t i) { return cast<double>(sources[i].length(pieces[i])); };
  for (size_t i = 0; i < sources.size(); ++i) {
    pieces.emplace_back(0, sources[i].count, "k");
    means.emplace_back("channelMean");
    means[i](c, n) = real(0);
    means[i](c, n) += moment(i, 0) * length(i);
  }
  mean(g, n) = real(0);
  mean(g, n) += ofChannel(sources, means, member) / total;
  for (size_t i = 0; i < sources.size(); ++i) {
    HExpr off = moment(i, 0) - mean(groupOf(c + sources[i].first), n);
    spreads.emplace_back("channelSpread");
    spreads[i](c, n) = real(0);
    spreads[i](c, n) += moment(i, 1) + length(i) * off * off;
  }
  HExpr absent = counted ? cast<double>(static_cast<int>(counted) - sizeOf(g)) * positions / total : real(0);
  spread(g, n) = absent * mean(g, n) * mean(g, n);
  spread(g, n) += ofChannel(sources, spreads, member) / total;

  // y = (x - center) * gain + offset, where center is the mean rounded to f32
  // and offset makes up for the rounding.
  HExpr group = groupOf(c), exact = mean(group, n);
  HExpr scale = cast<double>(b.load(inputs.scale, {c})), bias = cast<double>(b.load(inputs.bias, {c}));
  HExpr exactGain = scale / sqrt(spread(group, n) + real(b.key.getFloat("epsilon", 0)));
  center(c, n) = asFloat(exact);
  gain(c, n) = asFloat(exactGain);
  offset(c, n) = asFloat(bias - (exact - cast<double>(asFloat(exact))) * exactGain);

  // The schedule
  int half = std::max(1, width / 2); // f64 lanes
  for (size_t i = 0; i < sources.size(); ++i)
    for (Func f : {means[i], spreads[i]}) {
      f.compute_root().bound(c, 0, sources[i].channels).bound(n, 0, images).vectorize(c, half);
      f.update().reorder(c, pieces[i]).vectorize(c, half);
    }
  for (Func f : {mean, spread})
    f.compute_root().bound(g, 0, inputs.groups).bound(n, 0, images);
  for (Func f : {center, gain, offset})
    f.compute_root().bound(c, 0, channels).bound(n, 0, images);
}

HExpr GroupStatistics::normalize(const HExpr &value, const HExpr &channel, const HExpr &image) const {
  return (value - center(channel, image)) * gain(channel, image) + offset(channel, image);
}

void snap::normalizeInput(KernelBuilder &builder) {
  auto norm = builder.key.ints.find("norm");
  if (norm == builder.key.ints.end())
    return;
  GroupNormInputs inputs = {static_cast<int>(norm->second[0]), static_cast<size_t>(norm->second[1]),
                            static_cast<size_t>(norm->second[2])};
  auto statistics = std::make_shared<GroupStatistics>(
      builder, inputs, [&builder](const HExpr &lane, const HExpr &line, int width, const std::vector<HExpr> &rest) {
        return asFloat(builder.loadJoined(lane, line, width, rest));
      });
  builder.norm = [statistics](const HExpr &value, const HExpr &channel, const std::vector<HExpr> &rest) {
    return statistics->normalize(asFloat(value), channel, rest.back());
  };
}
