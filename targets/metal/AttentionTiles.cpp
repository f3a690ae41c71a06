//===- AttentionTiles.cpp - Tiles of flash attention ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/AttentionTiles.h"

#include <algorithm>

using namespace snap::metal;

// 8x8 sums of the output a simdgroup may keep: 2 registers a lane each, beside those of the scores.
static constexpr int64_t maxOutputMatrices = 24;
// Registers for queries, a lane, where all of them fit: they are then loaded once, and their place in threadgroup memory
// is the scores'.
static constexpr int64_t maxQueryRegisters = 24;
// What wider values are cut into; every chunk computes the scores again.
static constexpr int64_t wideChunk = 128;

static int64_t to8(int64_t n) { return (n + 7) / 8 * 8; }

std::string AttentionShape::str() const {
  return std::to_string(queries()) + "x" + std::to_string(keys) + "x" + std::to_string(chunk);
}

int64_t snap::metal::attentionThreadgroupBytes(const AttentionShape &s, int64_t elementBytes) {
  int64_t queries = s.queries() * (s.depthSlice + attentionPadding) * elementBytes;
  int64_t keys = s.keys * (std::max(s.depthSlice, s.valueSlice) + attentionPadding) * elementBytes;
  int64_t weights = s.queries() * (s.keys + attentionPadding) * elementBytes;
  int64_t scores = s.queries() * s.keys * 4, diagonals = s.simdgroups * 64 * 4;
  return (s.heldDepth ? std::max(queries, scores + weights) : queries + scores + weights) + keys + diagonals;
}

std::optional<AttentionShape> snap::metal::attentionShape(int64_t queries, int64_t depth, int64_t valueDepth,
                                                          int64_t elementBytes, int64_t threadgroupBytes) {
  for (int64_t rows : {16, 8}) {
    if (rows == 16 && queries <= 32) // one threadgroup would hold mostly nothing
      continue;
    int64_t chunk = to8(valueDepth);
    if (rows == 8 && chunk / 8 > maxOutputMatrices)
      chunk = wideChunk;
    if (rows / 8 * chunk / 8 > maxOutputMatrices)
      continue;
    for (int64_t slice : {int64_t(1) << 30, int64_t(64), int64_t(32)}) {
      AttentionShape shape{rows, std::min(slice, to8(depth)), chunk, std::min(slice, chunk), 0};
      int64_t registers = rows / 8 * to8(depth) / 8 * elementBytes / 2; // an 8x8 matrix is two elements a lane
      if (shape.depthSlice >= depth && registers <= maxQueryRegisters)
        shape.heldDepth = to8(depth) / 8;
      if (attentionThreadgroupBytes(shape, elementBytes) <= threadgroupBytes)
        return shape;
    }
  }
  return std::nullopt;
}
