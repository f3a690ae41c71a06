//===- Schedules.h - Loop nests that many kernels share ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_SCHEDULES_H
#define SNAP_TARGETS_CPU_SCHEDULES_H

#include "targets/cpu/HalideSupport.h"

namespace snap {

/// Vectorises the innermost of `dims` and shares the loops between threads.
/// Tasks depend on the extents alone, and every element is written once.
/// `weight` is the work of an element relative to a copy's.
void scheduleElements(Halide::Stage stage, std::vector<Halide::VarOrRVar> dims, std::vector<int64_t> extents, int width,
                      int64_t weight);

/// scheduleElements of the output's only stage.
void scheduleOutput(KernelBuilder &builder, int64_t weight = 1);

/// The same for kernels that need something computed for each row (the
/// output's innermost dimension): rows are never divided; returns the level
/// where a row's values are computed.
Halide::LoopLevel scheduleRows(KernelBuilder &builder, int64_t weight = 1);

/// How many f32 vectors a kernel that streams along the channels keeps in
/// registers at once, two accumulators for each.
int streamedVectors(const KernelBuilder &builder);

/// The largest divisor of `value` that is at most `limit`.
int64_t largestDivisor(int64_t value, int64_t limit);

enum class Combine { Sum, Max, Min, Prod };
Halide::Expr identityOf(Combine combine, Halide::Type type);
Halide::Expr combine(Combine combine, const Halide::Expr &a, const Halide::Expr &b);

/// Reduces the values of a row in vector lanes: `value(i, outer)` for i in
/// [0, extent) and every point of `outer`, a domain of further dimensions to
/// reduce (extents; may be empty). The result is a function of `rows`; place()
/// says where it is computed.
class RowReduction {
public:
  using Value = std::function<Halide::Expr(Halide::Expr i, std::vector<Halide::Expr> outer)>;
  RowReduction(const KernelBuilder &builder, Combine combine, Halide::Type type, int64_t extent,
               std::vector<int64_t> outer, std::vector<Halide::Var> rows, const Value &value);

  Halide::Func result;
  void place(const Halide::LoopLevel &level);
  /// Computed before everything else; tasks are points of the last of `rows`.
  void placeAtRoot(bool parallel);

private:
  void scheduleInside();

  Halide::Func lanes, folded;
  Halide::Var lane;
  std::vector<Halide::Var> rows;
  Halide::RDom steps, fold;
  int width = 1, unrolled = 1;
  bool vectors = false;
};

} // namespace snap

#endif // SNAP_TARGETS_CPU_SCHEDULES_H
