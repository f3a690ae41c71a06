//===- WinogradTransforms.h - The transforms of Winograd kernels -*- C++ -*-===//
//
// A row or column of a tile of inputs, or of products, times its matrix (targets/WinogradMatrices.h).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_WINOGRADTRANSFORMS_H
#define SNAP_TARGETS_CPU_WINOGRADTRANSFORMS_H

#include "targets/KernelKey.h"

#include <Halide.h>

#include <vector>

namespace snap {

/// How a tile is read and what of the transforms is not zero.
struct WinogradTransforms {
  using Matrix = std::vector<std::vector<float>>;

  int tile;      // outputs along a side
  bool upsample; // reads an input enlarged twice
  int reach;     // rows and columns of the source that a tile reads
  int step;      // from one tile to the next
  Matrix input;  // B^T, points x reach
  Matrix output; // A^T, tile x points
  bool factored; // computes what the rows of two points share once

  int points() const { return static_cast<int>(input.size()); }
  /// B^T times a row or column of a tile: `reach` values to `points`.
  std::vector<Halide::Expr> transformInput(const std::vector<Halide::Expr> &values) const;
  /// A^T times a row or column of products: `points` values to `tile`.
  std::vector<Halide::Expr> transformOutput(const std::vector<Halide::Expr> &products) const;
};

/// Those of a conv2d.winograd2 or conv2d.winograd4 key.
WinogradTransforms winogradTransforms(const KernelKey &key);

} // namespace snap

#endif // SNAP_TARGETS_CPU_WINOGRADTRANSFORMS_H
