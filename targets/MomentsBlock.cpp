//===- MomentsBlock.cpp - Which kernels make moments of blocks ------------===//
//
// The blocks that the kernels of targets/cpu compute at once anyway, made to
// divide the image.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/MomentsBlock.h"
#include "targets/ConvCost.h"
#include "targets/cpu/GemmBlocks.h"

#include <algorithm>
#include <numeric>

using namespace snap;
using Block = std::vector<int64_t>;

/// A block of tiles, or, where tasks are panels of outputs, the image.
static Block ofWinograd(const KernelKey &key) {
  const std::vector<int64_t> &out = key.outputs[0].shape;
  const WinogradForm form = {key.algorithm == Algorithm::Winograd4 ? 4 : 2, key.getInt("upsample", 1) == 2};
  const int64_t tilesX = ceilDiv(out[2], form.tile), tilesY = ceilDiv(out[1], form.tile);
  const WinogradBlock own = winogradBlock(form, tilesX, tilesY, out[0], key.rootChannels());
  if (own.byOutputs)
    return {out[1], out[2]};
  auto side = [&](int64_t extent, int64_t tiles, int64_t most) {
    if (tiles <= most)
      return extent;
    return extent % form.tile ? 0 : divisorUpTo(tiles, most) * form.tile;
  };
  Block block = {side(out[1], tilesY, own.y), side(out[2], tilesX, own.x)};
  // Smaller blocks use a weight too rarely for what moments save.
  return 2 * block[0] * block[1] < own.tiles() * form.tile * form.tile ? Block() : block;
}

std::vector<int64_t> snap::momentsBlock(const KernelKey &key, int64_t points, const TargetModel &target) {
  const std::vector<int64_t> &out = key.outputs[0].shape;
  if (key.op == KernelOp::Matmul) {
    int64_t rows = divisorUpTo(std::gcd(points, out[out.size() - 2]), 256);
    return rows < 32 ? Block() : Block{rows};
  }
  if (key.algorithm != Algorithm::Direct)
    return ofWinograd(key);
  int64_t columns = divisorUpTo(out[2], 64), rows = divisorUpTo(out[1], std::max<int64_t>(1, 256 / columns));
  return rows * columns < 32 ? Block() : Block{rows, columns};
}
