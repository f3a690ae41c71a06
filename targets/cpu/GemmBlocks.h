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

/// Rows of a register tile `columns` wide over `extent` rows: as many as the
/// registers hold, or fewer where that wastes less of the last tile.
int64_t tileRows(const TargetModel &model, int64_t columns, int64_t extent);

/// The largest divisor of `extent` that is at most `limit`; `extent` itself if
/// every divisor is so small that blocks would cost more than they save.
int64_t blockOf(int64_t extent, int64_t limit);

/// The largest divisor of `extent` that is at most `limit`.
int64_t divisorUpTo(int64_t extent, int64_t limit);

/// Splits `extent` rows into equal blocks of at most `limit`, each a multiple of
/// `tile` unless there is only one.
int64_t evenBlock(int64_t extent, int64_t limit, int64_t tile);

/// The largest power of two dividing `extent`, at most `limit`.
int64_t vectorDivisor(int64_t extent, int64_t limit);

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t roundUp(int64_t a, int64_t b) { return ceilDiv(a, b) * b; }

} // namespace snap

#endif // SNAP_TARGETS_CPU_GEMMBLOCKS_H
