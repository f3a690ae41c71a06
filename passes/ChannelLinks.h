//===- ChannelLinks.h - Which slices of tensors belong together -*- C++ -*-===//
//
// A channel is one index along one dimension of a value. An operation's links
// say which channels of its operands and results are the same thing: take one
// away and the other must go too.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_CHANNELLINKS_H
#define SNAP_PASSES_CHANNELLINKS_H

#include "dialects/snap/Snap.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace snap {

/// Channels operandStart … operandStart + count - 1 of an operand's dimension
/// are channels resultStart … of the result's.
struct ChannelLink {
  unsigned operand;
  int64_t operandDim, resultDim;
  int64_t operandStart, resultStart, count;
};

/// Two operands' dimensions that the operation multiplies and sums over.
struct ChannelPair {
  unsigned a, b;
  int64_t aDim, bDim;
};

/// An operand's dimension without a link or a pair must stay as it is, and so
/// must a result's dimension without a link.
struct ChannelLinks {
  llvm::SmallVector<ChannelLink, 8> links;
  llvm::SmallVector<ChannelPair, 2> pairs;

  /// Null if there is none.
  const ChannelLink *find(unsigned operand, int64_t resultDim) const;
  bool hasResult(int64_t resultDim) const;
};

/// Of an operation with one result; empty for one that is not understood.
ChannelLinks channelLinks(mlir::Operation *op);

/// Where the channels of an operation with a layout are.
template <typename Op> int64_t channelDim(Op op) {
  auto type = mlir::cast<mlir::RankedTensorType>(op.getResult().getType());
  return op.getLayout() == Layout::NHWC ? type.getRank() - 1 : 1;
}

/// Sets of channels, per value and dimension; those never touched are empty.
class ChannelSets {
public:
  llvm::BitVector &operator()(mlir::Value value, int64_t dim);
  /// Null where no channel was ever set.
  const llvm::BitVector *find(mlir::Value value, int64_t dim) const;
  bool test(mlir::Value value, int64_t dim, int64_t channel) const;

private:
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, llvm::BitVector> sets;
};

/// The values of a block that are computed from weights and constants alone.
llvm::DenseSet<mlir::Value> weightValues(mlir::Block &block);

} // namespace snap

#endif // SNAP_PASSES_CHANNELLINKS_H
