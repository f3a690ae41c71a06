//===- CompactPruned.h - The parts of compact-pruned ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_COMPACTPRUNED_H
#define SNAP_PASSES_COMPACTPRUNED_H

#include "dialects/snap/Snap.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

#include <vector>

namespace snap {

/// The channels that stay of a value's dimension, ascending.
using KeptChannels = llvm::DenseMap<std::pair<mlir::Value, int64_t>, std::vector<int64_t>>;

/// Takes every channel that is not in `kept` out of the block (dimensions that
/// are not there keep all): filters, biases and tables become gathers of
/// themselves, group norms go on counting what is gone, heads that are gone
/// whole are subtracted. A value without any channel left goes with what made
/// it. What nobody reads afterwards is erased. (CompactPrunedRewrite.cpp)
void removeChannels(mlir::Block &block, const KeptChannels &kept);

/// Erases what has no effect on the block's results.
void eraseDeadOps(mlir::Block &block);

/// Multiplies weights by the masks of a file, JSON: {"NAME": [3, 7], "NAME":
/// {"axis": 1, "zero": [0, 2]}}, the channels of a weight that are to be zero;
/// NAME is as in the IR or without its program. Failure after diagnostics.
/// (CompactPrunedMasks.cpp)
mlir::LogicalResult applyMasks(mlir::ModuleOp module, llvm::StringRef path);

/// A constant of any size: pieces of at most 1024 elements, joined.
mlir::Value createVector(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<float> values);

} // namespace snap

#endif // SNAP_PASSES_COMPACTPRUNED_H
