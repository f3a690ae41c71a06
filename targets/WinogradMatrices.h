//===- WinogradMatrices.h - What Winograd kernels multiply by ---*- C++ -*-===//
//
// The transforms of tiles of inputs and of products, of every target's kernels.
// The filter's is in passes/LowerToPlanConv.cpp; KernelKey.h names the points
// that all three are made from. (dialects/reference has its own, to be checked by.)
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_WINOGRADMATRICES_H
#define SNAP_TARGETS_WINOGRADMATRICES_H

#include "targets/KernelKey.h"

namespace snap {

/// F(tile, 3) on `points` points along a side: tile + 2.
struct WinogradMatrices {
  int64_t tile, points;
  const double *input;  // B^T, points x points, row-major
  const double *output; // A^T, tile x points
};

/// Those of a conv2d.winograd2 or conv2d.winograd4 key, of an image that is not enlarged:
/// of one that is, the points of -1 are zero and left out.
WinogradMatrices winogradMatrices(const KernelKey &key);

} // namespace snap

#endif // SNAP_TARGETS_WINOGRADMATRICES_H
