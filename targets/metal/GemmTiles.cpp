//===- GemmTiles.cpp - Tiles of matrix products ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/GemmTiles.h"

#include <algorithm>

using namespace snap;
using namespace snap::metal;

namespace {
/// The first row that serves is taken.
struct TileRow {
  int64_t maxRows;   // of the product
  int64_t minGroups; // threadgroups it must give, lest cores stand idle
  bool gated;
  GemmShape shape;
};
} // namespace

static constexpr int64_t any = int64_t(1) << 40;

// A simdgroup's 4x4 matrices of f32 are 32 registers a lane and take 8 loads for 16 multiplies, 4x2 6 for 8, 2x2 4 for 4.
// Where they come from: public kernels use 64x64x16 to 64x64x32 on 4 simdgroups (MLX, ggml) and 32x32x32 where
// the product is small (metal-flash-attention). 36 groups: 6 for each of 6 cores, twice what a core holds. Not measured on a GPU.
static const TileRow tiles[] = {
    {8, 0, false, {8, 64, 32, 1, 4}},    {8, 0, true, {8, 32, 32, 1, 4}},      {any, 36, false, {64, 64, 32, 2, 2}},
    {any, 36, true, {64, 32, 32, 2, 2}}, {any, 36, false, {64, 32, 32, 2, 2}}, {any, 0, false, {32, 32, 32, 2, 2}},
    {any, 0, true, {32, 32, 32, 2, 2}},
};

std::string GemmShape::str() const {
  return std::to_string(rows) + "x" + std::to_string(columns) + "x" + std::to_string(depth) + "_" +
         std::to_string(simdRows) + "x" + std::to_string(simdColumns);
}

GemmShape metal::gemmShape(int64_t rows, int64_t columns, int64_t batches, bool gated) {
  auto serves = [&](const TileRow &row) {
    auto groups =
        (rows + row.shape.rows - 1) / row.shape.rows * ((columns + row.shape.columns - 1) / row.shape.columns);
    return rows <= row.maxRows && row.gated == gated && groups * batches >= row.minGroups;
  };
  return std::find_if(std::begin(tiles), std::end(tiles), serves)->shape;
}

int64_t metal::gemmThreadgroupBytes(const GemmShape &shape, int64_t elementBytes, bool gated, int64_t kept) {
  int64_t products = gated ? 2 : 1;
  int64_t operands = shape.rows * (shape.depth + gemmPadding) + products * shape.depth * (shape.columns + gemmPadding);
  int64_t results = products * shape.rows * shape.columns;
  return std::max(operands * elementBytes + kept, results * 4);
}
