//===- ConvCost.cpp - What a convolution costs by each algorithm ----------===//
//
// Time is arithmetic at the rate the kernels reach, or the weights' way from
// memory where that takes longer.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/ConvCost.h"

#include <algorithm>

using namespace snap;

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// `extent` in equal blocks of at most `limit`.
static int64_t evenly(int64_t extent, int64_t limit) { return ceilDiv(extent, ceilDiv(extent, limit)); }

WinogradBlock snap::winogradBlock(WinogradForm form, int64_t tilesX, int64_t tilesY, int64_t batch, int64_t inputs,
                                  const WinogradChoice &choice) {
  int64_t tileBytes = form.points() * inputs * 4, tiles = tilesX * tilesY * batch;
  // Few tiles, and so more weight than image: each weight is read once.
  if (choice.byOutputs.value_or(tiles <= 128) && tiles * tileBytes <= (24 << 20))
    return {tilesX, tilesY, batch, true};
  // A weight is used once per tile of a block: 32 keep its loads behind the
  // multiplications, 64 are better while they stay small.
  int64_t limit = choice.tiles ? choice.tiles : 64 * tileBytes <= (8 << 20) ? 64 : 32;
  int64_t x = evenly(tilesX, std::min<int64_t>(limit, 16));
  return {x, evenly(tilesY, std::max<int64_t>(1, limit / x)), 1, false};
}

static int64_t bytesOf(const ConvShape &shape) { return shape.half ? 2 : 4; }

/// Multiply-accumulates a cycle of all threads: two vectors each, of which the
/// kernels reach six in seven.
static double macsPerCycle(const ConvShape &shape, const TargetModel &target) {
  return 2.0 * static_cast<double>(target.lanes(bytesOf(shape)) * target.threads) * 6 / 7;
}

/// Bytes a cycle that all threads together read from memory.
static constexpr double bytesPerCycle = 8;

static int64_t packedChannels(const ConvShape &shape, const TargetModel &target) {
  int64_t tile = target.gemmTile(shape.height * shape.width, shape.outputs).columns;
  return ceilDiv(shape.outputs, tile) * tile;
}

ConvCost snap::directCost(const ConvShape &s, const TargetModel &target) {
  int64_t weights = s.taps * s.inputs * packedChannels(s, target);
  double macs = static_cast<double>(s.batch * s.height * s.width) * static_cast<double>(weights);
  // The copy of the input and the sums take a quarter of L2 each.
  double fromMemory = static_cast<double>(weights * bytesOf(s)) / bytesPerCycle;
  return {macs, std::max(macs / macsPerCycle(s, target), fromMemory), weights * bytesOf(s), target.l2Bytes / 2};
}

ConvCost snap::winogradCost(const ConvShape &s, int64_t tile, const TargetModel &target) {
  const WinogradForm form = {tile, s.enlarged};
  int64_t tilesX = ceilDiv(s.width, tile), tilesY = ceilDiv(s.height, tile), tiles = tilesX * tilesY * s.batch;
  int64_t points = form.points(), channels = packedChannels(s, target);
  WinogradBlock block = winogradBlock(form, tilesX, tilesY, s.batch, s.inputs);
  int64_t weights = points * s.inputs * channels;

  // Vector operations for a tile and vector of input channels, and for one of
  // output channels; each takes the place of a multiply-accumulate, and twice
  // that for its loads and stores.
  int64_t transforms = 3 * (tile == 4 ? 230 * s.inputs + 210 * channels : 32 * s.inputs + 24 * channels);
  double macs = static_cast<double>(tiles) * static_cast<double>(weights + transforms);
  // Blocks that are alive together share what they read.
  int64_t passes = block.byOutputs ? 1 : std::clamp<int64_t>(tiles / block.tiles() / target.threads, 1, 2);
  double fromMemory = static_cast<double>(weights * bytesOf(s) * passes) / bytesPerCycle;

  // The transformed block, the products of a group of panels, and the pixels
  // a prologue prepares, 32 channels at a time.
  int64_t group = std::min<int64_t>(channels, 64);
  int64_t prepared = (tile * block.x + 2) * (tile * block.y + 2) * block.images * 32;
  int64_t scratch = points * block.tiles() * (s.inputs * bytesOf(s) + group * 4) + prepared * bytesOf(s);
  return {macs, std::max(macs / macsPerCycle(s, target), fromMemory), weights * bytesOf(s), scratch};
}

bool snap::winogradPays(const ConvCost &direct, const ConvCost &winograd, const TargetModel &target) {
  // The estimate must leave room for caches that hold less.
  return winograd.cycles < 0.5 * direct.cycles &&
         direct.macs - winograd.macs >=
             target.macsPerWeightByte * static_cast<double>(winograd.weightBytes - direct.weightBytes);
}
