//===- RandomProgram.h - Seeded snap programs for tests ---------*- C++ -*-===//
//
// Programs that verify, on small odd shapes: soups of every operation, the
// building blocks of text-to-image models as exporters write them, and whole
// models made of these.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_RANDOMPROGRAM_H
#define SNAP_TEST_SUPPORT_RANDOMPROGRAM_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>

namespace snap::test {

enum class ProgramKind {
  /// Operations of every kind on whatever values fit.
  Soup,
  /// A soup without jumps: no floors, comparisons and integers, so that it may be rounded anywhere (f16).
  SmoothSoup,
  /// Layer norm (one operation or primitives), self- or cross-attention with heads split by reshapes and transposes
  /// (causal, masked or not), MLP with gelu (erf, tanh, quick) or geglu, residuals.
  TransformerBlock,
  /// Group norm (one operation or Reshape + InstanceNorm + Reshape), silu, conv, time row, residual or shortcut; nchw.
  ResnetBlock,
  /// Nearest upsampling by resize, upsample or expand, then a conv.
  UpsampleConv,
  /// Two branches joined along channels, norm and conv on the result, as in a UNet's up path.
  ConcatSkip,
  /// Embeddings gathered by token, causal transformer layers, a norm.
  TextEncoder,
  /// Time embedding, ResNet blocks and transformers with self- and cross-attention going down, in the middle and going
  /// up, skips joined on the way.
  Unet,
  /// Scaled latents, ResNet blocks, attention over pixels, upsampling, a picture clamped to [0, 1].
  Decoder,
};
constexpr int kProgramKinds = 9;

const char *nameOf(ProgramKind kind);

/// A context with the dialects of snap programs and plans.
void loadDialects(mlir::MLIRContext &context);

/// A verified module with one function @main whose arguments and results have a
/// snap.name. The same seed gives the same program everywhere.
mlir::OwningOpRef<mlir::ModuleOp> randomProgram(mlir::MLIRContext &context, ProgramKind kind, uint64_t seed);

/// The kind is chosen by the seed.
mlir::OwningOpRef<mlir::ModuleOp> randomProgram(mlir::MLIRContext &context, uint64_t seed);

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_RANDOMPROGRAM_H
