//===- ChannelClasses.h - Channels that go or stay together -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_CHANNELCLASSES_H
#define SNAP_PASSES_CHANNELCLASSES_H

#include "passes/ChannelLinks.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <vector>

namespace snap {

/// The channels of a block's activations, joined into classes by the links of
/// its operations: a residual stream's channel i is one class through all
/// additions, norms and skips. A channel that some operation, input or result
/// needs where it is makes its class fixed.
class ChannelClasses {
public:
  using Id = int32_t;

  explicit ChannelClasses(mlir::Block &block);

  bool isWeight(mlir::Value value) const { return constants.contains(value); }
  /// The class of a channel of an activation; equal for channels of one class.
  Id find(mlir::Value value, int64_t dim, int64_t channel) const;
  void unite(Id a, Id b);
  /// The class of a channel found before classes were united.
  Id root(Id id) const;
  /// The operation that needs the class as it is (func.return for a result);
  /// null if there is none, or if it is an input of the program.
  mlir::Operation *fixedBy(Id id) const { return pins.lookup(root(id)); }
  bool isFixed(Id id) const { return pins.count(root(id)); }
  /// Every activation and dimension, in the block's order.
  void forEach(llvm::function_ref<void(mlir::Value value, int64_t dim, int64_t channels)> visit) const;

private:
  void add(mlir::Value value);
  void link(mlir::Operation *op);
  void fix(mlir::Value value, int64_t dim, mlir::Operation *by);

  llvm::DenseSet<mlir::Value> constants;
  std::vector<mlir::Value> values;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Id, 4>> firsts; // per dimension, the id of channel 0
  mutable std::vector<Id> parents;
  llvm::DenseMap<Id, mlir::Operation *> pins; // by root
};

} // namespace snap

#endif // SNAP_PASSES_CHANNELCLASSES_H
