//===- WinogradTiles.cpp - Blocks of Winograd convolutions ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/WinogradTiles.h"

#include <algorithm>
#include <tuple>

using namespace snap::metal;

namespace {
struct TileRow {
  int64_t points;
  int64_t tiles, columns, simdgroups, slice;
};
} // namespace

// Sums are at most 64 registers a lane, so points * tiles * columns is bounded by the lanes. More columns mean fewer
// threadgroups that normalise and transform the same pixels again; more tiles mean fewer that load the same weights.
// 16 tiles by 64 channels multiply 16 times for 10 loads (2 of points, 8 of weights) and a transform is 12 % of the
// multiplications it feeds; 32 tiles by 32 channels would be 16 for 8, and 23 %. Narrow rows serve few channels, and
// f32 where weights are staged.
static const TileRow rows[] = {
    {36, 16, 64, 18, 16}, {36, 16, 32, 9, 16},  {25, 16, 64, 13, 16},
    {25, 16, 32, 7, 16},  {16, 32, 64, 16, 32}, {16, 32, 32, 8, 32},
};

static int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t WinogradShape::operandBytes(const WinogradProblem &problem) const {
  int64_t elements = pixels() * pixelChannels + points * tiles() * channels;
  if (problem.stagesWeights)
    elements += simdgroups * 64;
  return elements * problem.elementBytes;
}

int64_t WinogradShape::bytes(const WinogradProblem &problem) const {
  return std::max(operandBytes(problem) + problem.tableBytes, points * 8 * slice * 4);
}

std::string WinogradShape::str() const {
  return std::to_string(images) + "x" + std::to_string(y) + "x" + std::to_string(x) + "x" + std::to_string(columns) +
         "_" + std::to_string(simdgroups);
}

/// The best arrangement of a row's tiles: the fewest blocks, then the fewest pixels, then the widest.
static std::optional<WinogradShape> arranged(const WinogradProblem &problem, const TileRow &row,
                                             int64_t pixelChannels) {
  std::optional<WinogradShape> best;
  auto cost = [&](const WinogradShape &s) {
    int64_t blocks =
        ceilDivide(problem.images, s.images) * ceilDivide(problem.tilesY, s.y) * ceilDivide(problem.tilesX, s.x);
    return std::make_tuple(blocks, s.pixels(), s.y);
  };
  for (int64_t images = 1; images <= (problem.oneImage ? 1 : row.tiles); images *= 2)
    for (int64_t y = 1; images * y <= row.tiles; y *= 2) {
      int64_t x = row.tiles / images / y;
      WinogradShape shape{images,
                          y,
                          x,
                          row.columns,
                          row.simdgroups,
                          row.slice,
                          (y - 1) * problem.step + problem.patch,
                          (x - 1) * problem.step + problem.patch,
                          row.points,
                          pixelChannels};
      if (shape.bytes(problem) <= problem.threadgroupBytes && (!best || cost(shape) < cost(*best)))
        best = shape;
    }
  return best;
}

std::optional<WinogradShape> snap::metal::winogradShape(const WinogradProblem &problem) {
  for (const TileRow &row : rows) {
    bool wide = row.columns > 32;
    if (row.points != problem.side * problem.side || (wide && problem.columns <= 32))
      continue;
    // More channels of a pixel at a time use more of each cache line, where they fit.
    for (int64_t pixelChannels : {16, 8})
      if (std::optional<WinogradShape> shape = arranged(problem, row, pixelChannels))
        return shape;
  }
  return std::nullopt;
}
