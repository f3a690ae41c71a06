//===- Interpreter.h - Runs snap programs, the oracle -----------*- C++ -*-===//
//
// Plain evaluation of snap operations on tensors: what every pass and kernel is
// compared with, what folds shape arithmetic at import, and what executes the
// weight expressions of a plan.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_INTERPRETER_H
#define SNAP_DIALECTS_REFERENCE_INTERPRETER_H

#include "dialects/reference/Tensor.h"
#include "dialects/snap/Snap.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace snap {

/// snap element type <-> MLIR type (i1 is I1, ui8 is U8).
ElementType elementTypeOf(mlir::Type type);
mlir::Type mlirTypeOf(ElementType type, mlir::MLIRContext *context);
mlir::RankedTensorType tensorTypeOf(const Tensor &tensor, mlir::MLIRContext *context);

/// Constants as tensors and back. toAttribute makes a splat where it can.
Tensor toTensor(mlir::ElementsAttr value);
mlir::DenseElementsAttr toAttribute(const Tensor &tensor, mlir::MLIRContext *context);

/// The bytes of a weight, of exactly that type; failure after a diagnostic.
using WeightSource =
    llvm::function_ref<mlir::FailureOr<Tensor>(mlir::Operation *op, llvm::StringRef name, mlir::RankedTensorType type)>;

/// Evaluates one operation (not weight, fused, yield). Failure after a
/// diagnostic on the operation.
mlir::LogicalResult evaluate(mlir::Operation *op, llvm::ArrayRef<Tensor> inputs,
                             llvm::SmallVectorImpl<Tensor> &results);

/// Runs a block of snap operations whose arguments are `inputs`; returns what
/// the terminator (snap.yield, func.return) carries. Tensors are dropped after
/// their last use. `observe`, when given, sees every result.
mlir::FailureOr<llvm::SmallVector<Tensor>>
interpret(mlir::Block &block, llvm::ArrayRef<Tensor> inputs, WeightSource weights,
          llvm::function_ref<void(mlir::Value, const Tensor &)> observe = nullptr);

/// Runs a function.
mlir::FailureOr<llvm::SmallVector<Tensor>> interpret(mlir::func::FuncOp func, llvm::ArrayRef<Tensor> inputs,
                                                     WeightSource weights);

} // namespace snap

#endif // SNAP_DIALECTS_REFERENCE_INTERPRETER_H
