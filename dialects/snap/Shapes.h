//===- Shapes.h - Shape rules of the snap dialect ---------------*- C++ -*-===//
//
// Broadcasting and the text of shapes in diagnostics.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_SNAP_SHAPES_H
#define SNAP_DIALECTS_SNAP_SHAPES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>
#include <string>

namespace snap {

/// "2x320x64x64"; "scalar" for rank 0.
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// numpy's rule: aligned at the right, sizes equal or one of them 1.
std::optional<llvm::SmallVector<int64_t>> broadcastShapes(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

/// Whether `from` broadcasts to exactly `to`.
bool broadcastsTo(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

/// Outputs of a sliding window along one axis, 0 or less if it does not fit.
int64_t windowOutputs(int64_t size, int64_t padLow, int64_t padHigh, int64_t kernel, int64_t stride, int64_t dilation);

} // namespace snap

#endif // SNAP_DIALECTS_SNAP_SHAPES_H
