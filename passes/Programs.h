//===- Programs.h - Inputs and functions of a module ------------*- C++ -*-===//
//
// What the passes share that work on more than one program.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_PROGRAMS_H
#define SNAP_PASSES_PROGRAMS_H

#include "dialects/snap/Snap.h"

namespace snap {

/// The argument whose snap.name is `name`, null if there is none.
mlir::BlockArgument findInput(mlir::func::FuncOp func, llvm::StringRef name);

/// Erases operations that nobody reads.
void eraseUnused(mlir::func::FuncOp func);

} // namespace snap

#endif // SNAP_PASSES_PROGRAMS_H
