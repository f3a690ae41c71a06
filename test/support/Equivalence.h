//===- Equivalence.h - The same results before and after --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_EQUIVALENCE_H
#define SNAP_TEST_SUPPORT_EQUIVALENCE_H

#include "dialects/reference/Interpreter.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace snap::test {

/// A tensor of values between -1.7 and 1.7 with variance 1 (integers between 0
/// and 7), the same for the same seed and type.
Tensor randomTensor(mlir::RankedTensorType type, uint64_t seed);

/// Random values for the function's arguments.
std::vector<Tensor> randomInputs(mlir::func::FuncOp func, uint64_t seed);

/// The bytes of weight `name`: random, scaled so that a layer keeps the size of
/// its input, the same for the same name and type.
mlir::FailureOr<Tensor> testWeight(mlir::Operation *op, llvm::StringRef name, mlir::RankedTensorType type);

/// Runs the only function of the module on randomInputs and testWeight.
mlir::FailureOr<llvm::SmallVector<Tensor>> runProgram(mlir::ModuleOp module, uint64_t seed);

/// Empty if the tensors agree: equal types; integers equal; for floats, the
/// relative L2 error at most `tolerance`, and NaN and infinities in the same
/// places. Else what differs and where.
std::string compareTensors(const Tensor &actual, const Tensor &expected, double tolerance);

/// Interprets the module, runs `pipeline` (as `--pass-pipeline` writes it, say
/// "func.func(simplify-import,recover-ops)"; the passes must be registered) on
/// it, verifies, interprets again. Empty if the results agree, else the
/// difference, the seed and the program before and after.
std::string checkEquivalent(mlir::ModuleOp module, llvm::StringRef pipeline, uint64_t seed, double tolerance = 1e-4);

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_EQUIVALENCE_H
