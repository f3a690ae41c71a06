//===- Matching.h - Questions that patterns ask -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_MATCHING_H
#define SNAP_PASSES_MATCHING_H

#include "dialects/snap/Snap.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"

#include <optional>
#include <utility>

namespace snap {

mlir::RankedTensorType tensorType(mlir::Value value);

/// The one value of a constant whose elements are all equal, also behind
/// reshapes, transposes and broadcasts.
std::optional<double> splatValue(mlir::Value value);
/// Equal to `expected` within one part in a million (exporters round to f32).
bool isSplat(mlir::Value value, double expected);

/// A constant of that type with every element `value`, rounded to the type.
mlir::Value createSplat(mlir::OpBuilder &builder, mlir::Location loc, mlir::RankedTensorType type, double value);

/// The operand if `value` is that function of it, else null.
mlir::Value matchUnary(mlir::Value value, UnaryFn fn);
/// Both operands if `value` is that function of them, else nulls.
std::pair<mlir::Value, mlir::Value> matchBinary(mlir::Value value, BinaryFn fn);
/// The other operand of a commutative function if one is a splat, and the splat.
std::optional<std::pair<mlir::Value, double>> matchWithSplat(mlir::Value value, BinaryFn fn);

/// Computed from weights and constants alone: packed at compile time, free at
/// run time. Expressions of more than a few dozen operations count as activations.
bool isWeightExpression(mlir::Value value);

/// The value broadcasts along every dimension of `rank` but `axis`, and has
/// `size` elements along that: a value per channel.
bool isVectorAlong(mlir::Value value, int64_t rank, int64_t axis, int64_t size);

/// Whether a reshape between these types only adds or drops dimensions of one element.
bool onlyMovesUnits(mlir::ShapedType from, mlir::ShapedType to);

/// `value` as [size], for one that isVectorAlong or a splat.
mlir::Value toVector(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, int64_t size);

} // namespace snap

#endif // SNAP_PASSES_MATCHING_H
