//===- Evaluators.h - What every operation computes -------------*- C++ -*-===//
//
// One plain function per operation of the snap dialect, on tensors, free of
// MLIR: the interpreter calls them for operations, the kernel tests for
// KernelKeys. Arguments are those of dialects/snap/SnapOps.td and already
// verified; a wrong one is an assertion. Functions are named as in the dialect
// ("silu", "add", "mean", "nearest", …).
//
// Floats: inputs are widened to f32, statistics and accumulation are in f32 or
// double in a fixed order, and a result is rounded to its type once. Results do
// not depend on the number of threads, nor on the machine beyond the last bit of
// the C library's exp, erf and the like.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_EVALUATORS_H
#define SNAP_DIALECTS_REFERENCE_EVALUATORS_H

#include "dialects/reference/Tensor.h"

#include <string>
#include <vector>

namespace snap::reference {

using Shape = std::vector<int64_t>;

// Elementwise.cpp; numpy broadcasting. Comparisons and is_inf, is_nan give i1.
Tensor unary(const std::string &fn, const Tensor &x);
Tensor binary(const std::string &fn, const Tensor &lhs, const Tensor &rhs);
Tensor select(const Tensor &condition, const Tensor &onTrue, const Tensor &onFalse);
/// Float to integer truncates and saturates (NaN is 0); to i1 compares with 0.
Tensor cast(const Tensor &x, ElementType type);

// Reduce.cpp. Reduced dimensions stay as 1.
Tensor reduce(const std::string &fn, const Tensor &x, const std::vector<int64_t> &axes);
Tensor argReduce(const std::string &fn, const Tensor &x, int64_t axis, bool selectLast);
Tensor cumSum(const Tensor &x, int64_t axis, bool exclusive, bool reverse);
Tensor softmax(const Tensor &x, int64_t axis);

// Matmul.cpp. [..., M, K] x [..., K, N], batch dimensions broadcast.
Tensor matmul(const Tensor &lhs, const Tensor &rhs, bool transposeLhs = false, bool transposeRhs = false);

/// Conv.cpp. Filter [O, C/groups, KH, KW] whatever the layout; pads: top, left, bottom, right.
struct ConvParams {
  std::vector<int64_t> strides{1, 1}, pads{0, 0, 0, 0}, dilations{1, 1};
  int64_t groups = 1;
  bool nhwc = false;
};
Tensor conv2d(const Tensor &input, const Tensor &filter, const ConvParams &params);

/// Pool.cpp. fn: max, average, average_padded.
struct PoolParams {
  std::vector<int64_t> kernel, strides{1, 1}, pads{0, 0, 0, 0}, dilations{1, 1};
  bool nhwc = false;
};
Tensor pool(const std::string &fn, const Tensor &input, const PoolParams &params);

// Norm.cpp. Scale and bias of layerNorm may be null.
struct GroupNormParams {
  int64_t groups = 1;
  double epsilon = 0;
  bool nhwc = false;
  std::vector<int64_t> sizes{}; // channels of each group; empty: equally many
  int64_t counted = 0;          // channels a group's statistics count, absent ones being zeros; 0: those present
  /// Not empty: [N,2,C], the mean of each channel and the sum of its squared deviations, in
  /// place of those of x.
  std::vector<double> moments{};
};
Tensor groupNorm(const Tensor &x, const Tensor &scale, const Tensor &bias, const GroupNormParams &params);
Tensor layerNorm(const Tensor &x, const Tensor *scale, const Tensor *bias, int64_t axis, double epsilon);
Tensor rmsNorm(const Tensor &x, const Tensor &scale, int64_t axis, double epsilon);

// Attention.cpp. q [B,Sq,H*D], k [B,Sk,H*D], v [B,Sk,H*E]; mask may be null.
Tensor attention(const Tensor &query, const Tensor &key, const Tensor &value, const Tensor *mask, int64_t heads,
                 double scale, bool causal);

// Move.cpp. Any element type; a reshape is Tensor::reshaped.
Tensor transpose(const Tensor &x, const std::vector<int64_t> &permutation);
Tensor broadcast(const Tensor &x, const Shape &shape);
Tensor concat(const std::vector<Tensor> &pieces, int64_t axis);
Tensor slice(const Tensor &x, const std::vector<int64_t> &starts, const std::vector<int64_t> &steps,
             const Shape &sizes);
/// mode: constant, reflect, edge.
Tensor pad(const std::string &mode, const Tensor &x, const std::vector<int64_t> &low, const std::vector<int64_t> &high,
           double value = 0);
Tensor gather(const Tensor &x, const Tensor &indices, int64_t axis);
Tensor iota(ElementType type, const Shape &shape, int64_t axis);

/// Resize.cpp. mode: nearest, linear, cubic.
struct ResizeParams {
  std::vector<double> scales;
  ResizeCoordinates coordinates = ResizeCoordinates::HalfPixel;
  ResizeRounding rounding = ResizeRounding::RoundPreferFloor;
  double cubicA = -0.75;
};
Tensor resize(const std::string &mode, const Tensor &x, const ResizeParams &params, const Shape &shape);
Tensor upsample(const Tensor &x, int64_t factor, bool nhwc);

} // namespace snap::reference

#endif // SNAP_DIALECTS_REFERENCE_EVALUATORS_H
