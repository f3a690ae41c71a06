//===- ChannelLiveness.h - Which channels are zero or never read -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_CHANNELLIVENESS_H
#define SNAP_PASSES_CHANNELLIVENESS_H

#include "passes/ChannelLinks.h"
#include "passes/WeightZeros.h"

namespace snap {

/// Of a program's activations, forwards what is zero whatever the inputs
/// (finite), then backwards what a result depends on.
class ChannelLiveness {
public:
  ChannelLiveness(mlir::Block &block, WeightZeros &weights);

  bool isWeight(mlir::Value value) const { return constants.contains(value); }
  /// Every channel of the dimension that can only be zero.
  llvm::BitVector zeros(mlir::Value value, int64_t dim) const;
  bool isZero(mlir::Value value) const;
  /// Neither zero nor without influence on the program's results.
  llvm::BitVector live(mlir::Value value, int64_t dim) const;
  /// A group norm's channels that its scale and shift leave zero.
  llvm::BitVector silenced(GroupNormOp norm) const;

private:
  void findZeros(mlir::Operation *op);
  llvm::BitVector zerosOfResult(mlir::Operation *op, const ChannelLinks &links, int64_t dim) const;
  llvm::BitVector zerosOfOperand(mlir::Operation *op, const ChannelLinks &links, unsigned operand, int64_t dim) const;
  llvm::BitVector zerosOfContraction(mlir::Operation *op, const ChannelLinks &links, int64_t dim) const;
  void findNeeded(mlir::Operation *op);
  llvm::BitVector neededOfPair(mlir::Operation *op, const ChannelLinks &links, unsigned operand,
                               const ChannelPair &pair) const;
  llvm::BitVector neededByStatistics(GroupNormOp norm) const;

  WeightZeros &weights;
  llvm::DenseSet<mlir::Value> constants;
  ChannelSets zero, needed;
};

/// The channels of each group of a group norm: the first of each, and one past the last.
llvm::SmallVector<int64_t> groupStarts(GroupNormOp norm);

} // namespace snap

#endif // SNAP_PASSES_CHANNELLIVENESS_H
