//===- RecoverOps.h - The families of recover-ops ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_RECOVEROPS_H
#define SNAP_PASSES_RECOVEROPS_H

#include "mlir/IR/PatternMatch.h"

namespace snap {

/// silu, gelu (erf, tanh, quick), nearest upsampling.
void populateRecoverActivations(mlir::RewritePatternSet &patterns);
/// group_norm, layer_norm, rms_norm and their scales and shifts.
void populateRecoverNorms(mlir::RewritePatternSet &patterns);
/// Attention with heads, scale, mask.
void populateRecoverAttention(mlir::RewritePatternSet &patterns);

} // namespace snap

#endif // SNAP_PASSES_RECOVEROPS_H
