//===- PlanRunner.h - Runs plans on the reference kernels -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_PLANRUNNER_H
#define SNAP_TEST_SUPPORT_PLANRUNNER_H

#include "dialects/reference/Tensor.h"

#include "mlir/IR/BuiltinOps.h"

#include <vector>

namespace snap::test {

/// Runs the only program of a placed plan: every call by evaluateKernel, on a
/// real arena whose bytes are NaN until somebody writes them, with weights made
/// of testWeight. So wrong keys, packing, views, strides and buffers that
/// overlap all show in the outputs.
mlir::FailureOr<std::vector<Tensor>> runPlan(mlir::ModuleOp module, llvm::ArrayRef<Tensor> inputs);

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_PLANRUNNER_H
