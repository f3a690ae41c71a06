//===- EmitExpr.h - Expression trees in Metal -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_EMITEXPR_H
#define SNAP_TARGETS_METAL_EMITEXPR_H

#include "targets/KernelKey.h"
#include "targets/metal/MslWriter.h"

#include <functional>
#include <string>

namespace snap::metal {

/// A value in a register: f32 for f32 and f16, long for integers, bool for i1.
struct Value {
  std::string text;
  ElementType type = ElementType::F32; // never F16
};

/// An element as loaded from memory, widened.
Value loaded(const std::string &element, ElementType type);

struct ExprLeaves {
  Value acc, gate;
  std::function<Value(int32_t input)> input;
};

/// Writes a statement for each node; returns the last one's value. `prefix` keeps names of several trees apart.
Value writeExpr(MslWriter &w, const Expr &expr, const ExprLeaves &leaves, const std::string &prefix);

/// A value as what an output of this type stores.
std::string stored(const Value &value, ElementType type);

/// The largest and least of two, NaN going through.
Value extremum(const std::string &fn, const Value &a, const Value &b);

/// Inputs the expression reads, each once, in order.
std::vector<int32_t> inputsOf(const Expr &expr);

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_EMITEXPR_H
