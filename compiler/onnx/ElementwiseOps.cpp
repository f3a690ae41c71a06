//===- ElementwiseOps.cpp - Arithmetic, comparison, logic, casts ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

using namespace mlir;

namespace snap {

template <UnaryFn fn> static Value unaryOp(Node &n) { return n.unary(fn, n.in(0)); }
template <BinaryFn fn> static Value binaryOp(Node &n) { return n.binary(fn, n.in(0), n.in(1)); }

/// Sum, Max, Min: one operand after the other.
template <BinaryFn fn> static Value variadicOp(Node &n) {
  Value result = n.in(0);
  for (Value operand : n.allInputs().drop_front())
    result = n.binary(fn, result, operand);
  return result;
}

static Value mean(Node &n) {
  Value sum = variadicOp<BinaryFn::Add>(n);
  return n.mul(sum, 1.0 / n.inputs());
}

static Value mod(Node &n) {
  bool fmod = n.intAttr("fmod", 0) != 0;
  return n.binary(fmod ? BinaryFn::Fmod : BinaryFn::Mod, n.in(0), n.in(1));
}

/// The result has the base's type; an integer base with a fractional exponent
/// is computed in f32.
static Value pow(Node &n) {
  Value base = n.in(0), exponent = n.in(1);
  Type type = Node::element(base);
  if (Node::element(exponent) == type)
    return n.binary(BinaryFn::Pow, base, exponent);
  Type common = type;
  if (!Node::isFloat(base) && Node::isFloat(exponent))
    common = n.builder().getF32Type();
  Value result = n.binary(BinaryFn::Pow, n.convert(base, common), n.convert(exponent, common));
  return n.convert(result, type);
}

static Value bitShift(Node &n) {
  std::string direction = n.stringAttr("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return n.fail("direction '" + direction + "' is not known; expected LEFT or RIGHT");
  return n.binary(direction == "LEFT" ? BinaryFn::ShiftLeft : BinaryFn::ShiftRight, n.in(0), n.in(1));
}

static Value isInf(Node &n) {
  bool negative = n.intAttr("detect_negative", 1), positive = n.intAttr("detect_positive", 1);
  Value x = n.in(0), infinite = n.unary(UnaryFn::IsInf, x);
  if (negative && positive)
    return infinite;
  if (!negative && !positive)
    return n.splat(0, Node::shape(x), n.builder().getI1Type());
  Value side = n.binary(positive ? BinaryFn::Greater : BinaryFn::Less, x, 0.0);
  return n.binary(BinaryFn::And, infinite, side);
}

/// min(max(x, low), high), in this order: high wins where low exceeds it.
static Value clip(Node &n) {
  Value x = n.in(0);
  if (n.hasAttr("min"))
    x = n.binary(BinaryFn::Max, x, n.floatAttr("min", 0));
  if (n.hasAttr("max"))
    x = n.binary(BinaryFn::Min, x, n.floatAttr("max", 0));
  if (n.has(1))
    x = n.binary(BinaryFn::Max, x, n.in(1));
  if (n.has(2))
    x = n.binary(BinaryFn::Min, x, n.in(2));
  return x;
}

static Value where(Node &n) { return n.select(n.in(0), n.in(1), n.in(2)); }

static Value cast(Node &n) {
  n.ignoreAttr("saturate"); // of the 8-bit floats, which have no type here
  n.ignoreAttr("round_mode");
  Type type = n.elementType(n.intAttr("to", 0));
  return type ? n.convert(n.in(0), type) : Value();
}

static Value castLike(Node &n) {
  n.ignoreAttr("saturate");
  n.ignoreAttr("round_mode");
  return n.convert(n.in(0), Node::element(n.in(1)));
}

ArrayRef<OpRow> elementwiseOps() {
  static const OpRow rows[] = {
      {"Abs", 6, latest, 1, 1, unaryOp<UnaryFn::Abs>},
      {"Acos", 7, latest, 1, 1, unaryOp<UnaryFn::Acos>},
      {"Acosh", 9, latest, 1, 1, unaryOp<UnaryFn::Acosh>},
      {"Add", 7, latest, 2, 2, binaryOp<BinaryFn::Add>},
      {"And", 7, latest, 2, 2, binaryOp<BinaryFn::And>},
      {"Asin", 7, latest, 1, 1, unaryOp<UnaryFn::Asin>},
      {"Asinh", 9, latest, 1, 1, unaryOp<UnaryFn::Asinh>},
      {"Atan", 7, latest, 1, 1, unaryOp<UnaryFn::Atan>},
      {"Atanh", 9, latest, 1, 1, unaryOp<UnaryFn::Atanh>},
      {"BitShift", 11, latest, 2, 2, bitShift},
      {"BitwiseAnd", 18, latest, 2, 2, binaryOp<BinaryFn::BitAnd>},
      {"BitwiseNot", 18, latest, 1, 1, unaryOp<UnaryFn::BitNot>},
      {"BitwiseOr", 18, latest, 2, 2, binaryOp<BinaryFn::BitOr>},
      {"BitwiseXor", 18, latest, 2, 2, binaryOp<BinaryFn::BitXor>},
      {"Cast", 6, latest, 1, 1, cast},
      {"CastLike", 15, latest, 2, 2, castLike},
      {"Ceil", 6, latest, 1, 1, unaryOp<UnaryFn::Ceil>},
      {"Clip", 6, latest, 1, 3, clip},
      {"Cos", 7, latest, 1, 1, unaryOp<UnaryFn::Cos>},
      {"Cosh", 9, latest, 1, 1, unaryOp<UnaryFn::Cosh>},
      {"Div", 7, latest, 2, 2, binaryOp<BinaryFn::Div>},
      {"Equal", 7, latest, 2, 2, binaryOp<BinaryFn::Equal>},
      {"Erf", 9, latest, 1, 1, unaryOp<UnaryFn::Erf>},
      {"Exp", 6, latest, 1, 1, unaryOp<UnaryFn::Exp>},
      {"Floor", 6, latest, 1, 1, unaryOp<UnaryFn::Floor>},
      {"Greater", 7, latest, 2, 2, binaryOp<BinaryFn::Greater>},
      {"GreaterOrEqual", 12, latest, 2, 2, binaryOp<BinaryFn::GreaterEqual>},
      {"IsInf", 10, latest, 1, 1, isInf},
      {"IsNaN", 9, latest, 1, 1, unaryOp<UnaryFn::IsNan>},
      {"Less", 7, latest, 2, 2, binaryOp<BinaryFn::Less>},
      {"LessOrEqual", 12, latest, 2, 2, binaryOp<BinaryFn::LessEqual>},
      {"Log", 6, latest, 1, 1, unaryOp<UnaryFn::Log>},
      {"Max", 6, latest, 1, variadic, variadicOp<BinaryFn::Max>},
      {"Mean", 6, latest, 1, variadic, mean},
      {"Min", 6, latest, 1, variadic, variadicOp<BinaryFn::Min>},
      {"Mod", 10, latest, 2, 2, mod},
      {"Mul", 7, latest, 2, 2, binaryOp<BinaryFn::Mul>},
      {"Neg", 6, latest, 1, 1, unaryOp<UnaryFn::Neg>},
      {"Not", 1, latest, 1, 1, unaryOp<UnaryFn::Not>},
      {"Or", 7, latest, 2, 2, binaryOp<BinaryFn::Or>},
      {"Pow", 7, latest, 2, 2, pow},
      {"Reciprocal", 6, latest, 1, 1, unaryOp<UnaryFn::Reciprocal>},
      {"Round", 11, latest, 1, 1, unaryOp<UnaryFn::Round>},
      {"Sign", 9, latest, 1, 1, unaryOp<UnaryFn::Sign>},
      {"Sin", 7, latest, 1, 1, unaryOp<UnaryFn::Sin>},
      {"Sinh", 9, latest, 1, 1, unaryOp<UnaryFn::Sinh>},
      {"Sqrt", 6, latest, 1, 1, unaryOp<UnaryFn::Sqrt>},
      {"Sub", 7, latest, 2, 2, binaryOp<BinaryFn::Sub>},
      {"Sum", 6, latest, 1, variadic, variadicOp<BinaryFn::Add>},
      {"Tan", 7, latest, 1, 1, unaryOp<UnaryFn::Tan>},
      {"Tanh", 6, latest, 1, 1, unaryOp<UnaryFn::Tanh>},
      {"Where", 9, latest, 3, 3, where},
      {"Xor", 7, latest, 2, 2, binaryOp<BinaryFn::Xor>},
  };
  return rows;
}

} // namespace snap
