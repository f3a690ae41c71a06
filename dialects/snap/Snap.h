//===- Snap.h - The snap dialect --------------------------------*- C++ -*-===//
//
// Declarations generated from SnapDialect.td, SnapEnums.td and SnapOps.td.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_SNAP_SNAP_H
#define SNAP_DIALECTS_SNAP_SNAP_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace snap {

/// The name of an argument or result of a function that is neither an input nor
/// an output of the program: what one program leaves for others of its module.
constexpr llvm::StringLiteral kStateAttr = "snap.state";

} // namespace snap

#include "dialects/snap/SnapDialect.h.inc"
#include "dialects/snap/SnapEnums.h.inc"

#define GET_OP_CLASSES
#include "dialects/snap/SnapOps.h.inc"

namespace snap {
/// Whether `op` may stand in front of `reader` in a snap.fused, though neither is
/// elementwise: its result is never stored, but made as `reader` loads it.
bool isLoadedBy(mlir::Operation *op, mlir::Operation *reader);
} // namespace snap

#endif // SNAP_DIALECTS_SNAP_SNAP_H
