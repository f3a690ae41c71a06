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

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace snap {

/// The argument whose snap.name is `name`, null if there is none.
mlir::BlockArgument findInput(mlir::func::FuncOp func, llvm::StringRef name);

/// The function @`name` of `module` and its input `input`; nulls after a diagnostic.
std::pair<mlir::func::FuncOp, mlir::BlockArgument> findFunctionInput(mlir::ModuleOp module, llvm::StringRef name,
                                                                     llvm::StringRef input);

/// Erases operations that nobody reads.
void eraseUnused(mlir::func::FuncOp func);

/// What a function computes from one of its inputs and from weights alone.
class Dependents {
public:
  Dependents(mlir::func::FuncOp func, mlir::BlockArgument input);

  /// The values of them that the rest of the function reads, in the function's
  /// order. Views are not among them, their sources are: a view costs nothing
  /// where it is read, and its source may be smaller.
  llvm::ArrayRef<mlir::Value> boundary() const { return border.getArrayRef(); }
  /// Computed from weights and constants alone.
  bool isWeight(mlir::Value value) const { return weights.contains(value); }
  /// Whether something that depends on more reads the input itself.
  bool isInputReadElsewhere() const { return inputReadElsewhere; }

private:
  llvm::DenseSet<mlir::Value> weights, values;
  llvm::SetVector<mlir::Value> border;
  bool inputReadElsewhere = false;
};

/// Clones the operations that `value` depends on and `mapping` does not know yet,
/// each once; the value's copy.
mlir::Value cloneExpression(mlir::OpBuilder &builder, mlir::Value value, mlir::IRMapping &mapping);

} // namespace snap

#endif // SNAP_PASSES_PROGRAMS_H
