//===- RowStatistics.h - Layer norm's mean and deviation --------*- C++ -*-===//
//
// What the layer norm kernel and a matrix product with a layer norm in front of
// it share.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_ROWSTATISTICS_H
#define SNAP_TARGETS_CPU_ROWSTATISTICS_H

#include "targets/cpu/Schedules.h"

#include <memory>

namespace snap {

/// Mean and deviation of each row, in f32: for layer norm relative to the row's
/// first element, which is near enough to the mean for the subtraction to be
/// exact where it matters; for RMS norm without a mean.
class RowStatistics {
public:
  /// A row is the `extent` x `outer` elements value(i, outer) in f32, `value` and
  /// the statistics being functions of `rows`.
  RowStatistics(const KernelBuilder &builder, bool centered, int64_t extent, const std::vector<int64_t> &outer,
                const std::vector<Halide::Var> &rows, const RowReduction::Value &value);

  /// (value - mean) / deviation of the row at these coordinates.
  Halide::Expr normalize(const Halide::Expr &value, const std::vector<Halide::Expr> &row) const;

  /// Computed where each row is, or before everything else.
  void place(const Halide::LoopLevel &level);
  void placeAtRoot(bool parallel);

private:
  const bool centered;
  Halide::Func first{"first"}, mean{"mean"}, factor{"factor"};
  std::vector<RowReduction> reductions;
};

/// Makes `builder.loadRoot` normalise the rows of input 0 where the key says so
/// (`layer_norm`); statistics are functions of `rows`, innermost first. The kernel
/// places what is returned; null where there is none.
std::shared_ptr<RowStatistics> normalizeRows(KernelBuilder &builder, const std::vector<Halide::Var> &rows);

} // namespace snap

#endif // SNAP_TARGETS_CPU_ROWSTATISTICS_H
