//===- PackWeights.h - Executes a plan's weight expressions -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_WEIGHTS_PACKWEIGHTS_H
#define SNAP_COMPILER_WEIGHTS_PACKWEIGHTS_H

#include "compiler/weights/WeightStore.h"
#include "dialects/plan/Plan.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace snap {

/// Runs the region of every plan.weight of `plan` with the reference
/// interpreter and hands its bytes to `write`, in the module's order and on the
/// calling thread, so that what is written does not depend on timing. At most
/// two weights (and what computing them needs) are in memory at a time.
/// `progress` gets how many weights of how many are written.
llvm::Error packWeights(mlir::ModuleOp plan, const WeightStore &weights,
                        llvm::function_ref<llvm::Error(plan::WeightOp, const Tensor &)> write,
                        llvm::function_ref<void(uint64_t done, uint64_t total)> progress = nullptr);

} // namespace snap

#endif // SNAP_COMPILER_WEIGHTS_PACKWEIGHTS_H
