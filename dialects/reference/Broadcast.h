//===- Broadcast.h - numpy's broadcasting as strides ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_BROADCAST_H
#define SNAP_DIALECTS_REFERENCE_BROADCAST_H

#include "dialects/reference/Evaluators.h"

#include <algorithm>
#include <functional>

namespace snap::reference {

/// The shape both broadcast to; they must.
Shape broadcastShape(const Shape &a, const Shape &b);

/// Strides (elements, one per dimension of `to`) that read a dense tensor of
/// shape `from` as if it had shape `to`: 0 where it repeats.
std::vector<int64_t> broadcastStrides(const Shape &from, const Shape &to);

/// For each element of shape `to`, in order, the element of `from` it repeats.
std::vector<int64_t> broadcastOffsets(const Shape &from, const Shape &to);

/// A walk over `shape` in row-major order that reads several operands by
/// strides. Dimensions are merged where all operands allow it, so that the
/// innermost runs are as long as they can be.
class StridedWalk {
public:
  StridedWalk(Shape shape, std::vector<std::vector<int64_t>> operandStrides);
  int64_t elements() const;
  /// The dimensions after merging, at least one, and an operand's strides over them.
  const Shape &sizes() const { return shape; }
  const std::vector<int64_t> &stridesOf(size_t operand) const { return strides[operand]; }
  /// Elements of the innermost dimension.
  int64_t runLength() const { return shape.back(); }
  int64_t runs() const { return elements() / std::max<int64_t>(runLength(), 1); }
  /// Step of an operand within a run.
  int64_t runStride(size_t operand) const { return strides[operand].back(); }
  /// Calls visit(run, offsets) for runs [begin, end); offsets holds the first element of each operand.
  void forRuns(int64_t begin, int64_t end, const std::function<void(int64_t, const int64_t *)> &visit) const;

private:
  Shape shape;
  std::vector<std::vector<int64_t>> strides;
};

} // namespace snap::reference

#endif // SNAP_DIALECTS_REFERENCE_BROADCAST_H
