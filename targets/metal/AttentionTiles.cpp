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
// What wider values are cut into; every chunk computes the scores again.
static constexpr int64_t wideChunk = 128;

static int64_t to8(int64_t n) { return (n + 7) / 8 * 8; }

std::string AttentionShape::str() const {
  return std::to_string(queries()) + "x" + std::to_string(keys) + "x" + std::to_string(chunk);
}

int64_t snap::metal::attentionThreadgroupBytes(const AttentionShape &s, int64_t elementBytes) {
  int64_t operands = s.queries() * (s.depthSlice + attentionPadding);
  operands += s.keys * (std::max(s.depthSlice, s.valueSlice) + attentionPadding);
  operands += s.queries() * (s.keys + attentionPadding); // weights
  int64_t floats = s.queries() * s.keys + s.simdgroups * 64;
  return operands * elementBytes + floats * 4;
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
      AttentionShape shape{rows, std::min(slice, to8(depth)), chunk, std::min(slice, chunk)};
      if (attentionThreadgroupBytes(shape, elementBytes) <= threadgroupBytes)
        return shape;
    }
  }
  return std::nullopt;
}
