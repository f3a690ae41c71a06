//===- WeightZeros.h - Which slices of a weight are zero --------*- C++ -*-===//
//
// The only look that passes take at the values of weights.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_WEIGHTZEROS_H
#define SNAP_PASSES_WEIGHTZEROS_H

#include "dialects/reference/Tensor.h"
#include "dialects/snap/Snap.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"

#include <functional>
#include <optional>
#include <string>

namespace snap {

/// The values of the weight of that name, mapped rather than copied; nothing
/// where they are absent. Weights without values count as nonzero everywhere.
using WeightLookup = std::function<std::optional<Tensor>(llvm::StringRef name)>;

/// A weight expression as its weight's bytes seen in another order.
struct WeightView {
  /// Nothing where the values are absent: then only what is masked is zero.
  std::optional<Tensor> tensor;
  int64_t offset = 0; // elements
  llvm::SmallVector<int64_t, 6> shape, strides;
  /// Per dimension the channels that a mask makes zero; empty where none does.
  llvm::SmallVector<llvm::BitVector, 6> masked;
};

class WeightZeros {
public:
  explicit WeightZeros(WeightLookup values) : values(std::move(values)) {}

  /// The channels along `dim` of a weight expression whose every element is
  /// zero. With `otherDim` not negative, elements outside `others` along that
  /// dimension are left out of account. Reading ends at a channel's first nonzero element.
  llvm::BitVector zeroChannels(mlir::Value weight, int64_t dim, int64_t otherDim = -1,
                               const llvm::BitVector *others = nullptr);
  bool isZero(mlir::Value weight);

private:
  const std::optional<WeightView> &view(mlir::Value weight);
  std::optional<WeightView> makeView(mlir::Operation *op);
  static std::optional<WeightView> viewOf(std::optional<Tensor> tensor, llvm::ArrayRef<int64_t> shape);
  static std::optional<WeightView> reshaped(const WeightView &from, llvm::ArrayRef<int64_t> shape);
  std::optional<WeightView> masked(const WeightView &from, mlir::Value mask);
  std::optional<Tensor> evaluated(mlir::Value weight);

  WeightLookup values;
  llvm::DenseMap<mlir::Value, std::optional<WeightView>> views;
};

} // namespace snap

#endif // SNAP_PASSES_WEIGHTZEROS_H
