//===- Blocks.h - The blocks of text-to-image models ------------*- C++ -*-===//
//
// Each writes a block as some exporter would: the seed chooses between single
// operations and the primitives they are exported as. Images are nchw, tokens
// [batch, rows, width].
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_BLOCKS_H
#define SNAP_TEST_SUPPORT_BLOCKS_H

#include "test/support/ProgramBuilder.h"

namespace snap::test {

/// Queries of x against keys and values of `context`, with their projections,
/// heads split and merged by reshapes and transposes: [batch, rows, heads * d].
/// Masked by the causal mask if `causal`, else sometimes by that or an argument.
mlir::Value attention(ProgramBuilder &p, mlir::Value x, mlir::Value context, int64_t heads, int64_t d,
                      bool causal = false);

/// MLP with gelu (erf, tanh, quick) or geglu.
mlir::Value feedForward(ProgramBuilder &p, mlir::Value x);

/// Norm, self-attention, cross-attention if there is a context, feed-forward; a residual around each.
mlir::Value transformerLayer(ProgramBuilder &p, mlir::Value x, mlir::Value context, int64_t heads, bool causal = false);

/// Group norm, projection to tokens and back around a transformer layer, residual.
mlir::Value spatialTransformer(ProgramBuilder &p, mlir::Value x, mlir::Value context, int64_t heads);

/// Group norm, silu, conv, the time row if there is one, the same again, residual or shortcut.
mlir::Value resnetBlock(ProgramBuilder &p, mlir::Value x, int64_t outputs, mlir::Value time);

/// Nearest, twice the height and width: by upsample, resize or expand.
mlir::Value upsample(ProgramBuilder &p, mlir::Value x);

/// A decoder's last step: clamped to [0, 1], of a scale at which most of it is neither black nor white.
mlir::Value picture(ProgramBuilder &p, mlir::Value x);

/// Sines and cosines of the timestep (a scalar), then an MLP: [batch, width].
mlir::Value timeEmbedding(ProgramBuilder &p, mlir::Value timestep, int64_t batch, int64_t width);

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_BLOCKS_H
