//===- GemmBlocks.h - Tile and block sizes of GEMM-like kernels -*- C++ -*-===//
//
// Registers hold a tile of rows x columns sums; caches hold the blocks it runs
// over. Matmul, convolution and Winograd choose their sizes here.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_GEMMBLOCKS_H
#define SNAP_TARGETS_CPU_GEMMBLOCKS_H

#include "targets/TargetModel.h"

namespace snap {

/// How a register tile multiplies.
struct TileForm {
  /// Elements of a row that one vector of A holds, each multiplied by lane (FMLA by
  /// element, arm64); 1: elements are loaded one by one and broadcast.
  int depth = 1;
  /// Multiplies and adds in f16. Sums are of at most halfDepth products; sums of
  /// those are f32.
  bool half = false;
  /// Registers that a sum takes: 2 where runs of f16 sums are added up in f16 again.
  int sums = 1;
};

/// The most products that are added up in f16 before their sum goes on in f32. An
/// addition errs by at most u = 2^-11 of the partial sum, u / sqrt(3) in the mean, and
/// partial sums of k independent products grow with sqrt(k): the error of such a sum,
/// relative to it and so also of the whole, is below u sqrt(k / 6), 2.4e-3.
constexpr int64_t halfDepth = 144;

/// Winograd's transforms make more of every rounding (docs/decisions/0015-f16-arithmetic.md),
/// so its sums have two levels: at most halfRun products are added up in f16, runs of
/// together at most halfSum products in f16 again, and these sums in f32. R runs of r err
/// like one sum of r + R + 1 - 2 / R products, 27, for an addition to every run.
constexpr int64_t halfRun = 16, halfSum = 160;

/// The form of tiles over a row of `depth` elements, panels `columns` wide. `half`: A
/// and the panel are f16, and the machine has the arithmetic.
TileForm tileForm(const TargetModel &model, bool half, int64_t columns, int64_t depth);

/// Rows of a register tile `columns` wide over `extent` rows: as many as the
/// registers hold, or fewer where that wastes less of the last tile.
int64_t tileRows(const TargetModel &model, int64_t columns, int64_t extent, TileForm form = {});

/// The largest divisor of `extent` that is at most `limit`; `extent` itself if
/// every divisor is so small that blocks would cost more than they save.
int64_t blockOf(int64_t extent, int64_t limit);

/// The largest divisor of `extent` that is at most `limit`.
int64_t divisorUpTo(int64_t extent, int64_t limit);

/// Splits `extent` rows into equal blocks of at most `limit`, each a multiple of
/// `tile` unless there is only one.
int64_t evenBlock(int64_t extent, int64_t limit, int64_t tile);

/// The same where more blocks waste less of their last tiles: as few blocks as compute
/// the fewest rows, but at least half of `limit` each.
int64_t frugalBlock(int64_t extent, int64_t limit, int64_t tile);

/// The largest power of two dividing `extent`, at most `limit`.
int64_t vectorDivisor(int64_t extent, int64_t limit);

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t roundUp(int64_t a, int64_t b) { return ceilDiv(a, b) * b; }

} // namespace snap

#endif // SNAP_TARGETS_CPU_GEMMBLOCKS_H
