//===- Fuse.h - The parts of the fuse pass ----------------------*- C++ -*-===//
//
// Internal to passes/Fuse*.cpp.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_FUSE_H
#define SNAP_PASSES_FUSE_H

#include "dialects/snap/Snap.h"

#include "llvm/ADT/DenseSet.h"

namespace snap {

/// unary, binary, select, cast.
inline bool isElementwiseOp(mlir::Operation *op) { return mlir::isa<UnaryOp, BinaryOp, SelectOp, CastOp>(op); }

/// Moves slices into halves up to the products they are halves of, where the two
/// halves meet again, and returns these products: each is read by two slices
/// only, the columns of values and the columns of gates. (FuseGates.cpp)
llvm::DenseSet<mlir::Operation *> splitGates(mlir::Block &block);

} // namespace snap

#endif // SNAP_PASSES_FUSE_H
