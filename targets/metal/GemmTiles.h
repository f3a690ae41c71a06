//===- GemmTiles.h - Tiles of matrix products -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_GEMMTILES_H
#define SNAP_TARGETS_METAL_GEMMTILES_H

#include "targets/KernelKey.h"

#include <string>

namespace snap::metal {

/// What a threadgroup computes, in steps of `depth`, by simdRows x simdColumns simdgroups.
struct GemmShape {
  int64_t rows, columns, depth;
  int64_t simdRows, simdColumns;

  int64_t threads() const { return 32 * simdRows * simdColumns; }
  /// 8x8 matrices a simdgroup accumulates.
  int64_t matrixRows() const { return rows / simdRows / 8; }
  int64_t matrixColumns() const { return columns / simdColumns / 8; }
  /// "64x64x32_2x2"
  std::string str() const;
  bool operator==(const GemmShape &o) const {
    return rows == o.rows && columns == o.columns && depth == o.depth && simdRows == o.simdRows &&
           simdColumns == o.simdColumns;
  }
};

/// The tile of a product of these sizes; a gated one accumulates two products at once.
GemmShape gemmShape(int64_t rows, int64_t columns, int64_t batches, bool gated);

/// Bytes of threadgroup memory: the operands' tiles and `kept` bytes beside them, or the result's tile that follows in
/// the same place.
int64_t gemmThreadgroupBytes(const GemmShape &shape, int64_t elementBytes, bool gated, int64_t kept);

/// Elements after each row of a tile in threadgroup memory, so that rows begin in different banks.
constexpr int64_t gemmPadding = 8;

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_GEMMTILES_H
