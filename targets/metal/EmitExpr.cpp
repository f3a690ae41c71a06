//===- EmitExpr.cpp - Expression trees in Metal ---------------------------===//
//
// Functions as tables of Metal text, $a and $b their operands. Arithmetic on
// f16 is in f32 and on integers in 64 bits, as in the reference; wrapping to the
// type follows. Names that begin with snap_ are in Prelude.cpp.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitExpr.h"

#include <algorithm>
#include <cassert>
#include <cstring>

using namespace snap;
using namespace snap::metal;
using Kind = ExprNode::Kind;

namespace {
struct Row {
  const char *name;
  const char *onFloat; // null where the function is not of floats
  const char *onInt;
  bool isTest;
};
} // namespace

static const Row unaries[] = {
    {"abs", "fabs($a)", "abs($a)", false},
    {"acos", "acos($a)", nullptr, false},
    {"acosh", "acosh($a)", nullptr, false},
    {"asin", "asin($a)", nullptr, false},
    {"asinh", "asinh($a)", nullptr, false},
    {"atan", "atan($a)", nullptr, false},
    {"atanh", "atanh($a)", nullptr, false},
    {"bit_not", nullptr, "~$a", false},
    {"ceil", "ceil($a)", nullptr, false},
    {"cos", "precise::cos($a)", nullptr, false},
    {"cosh", "cosh($a)", nullptr, false},
    {"erf", "snap_erf($a)", nullptr, false},
    {"exp", "exp($a)", nullptr, false},
    {"floor", "floor($a)", nullptr, false},
    {"gelu", "snap_gelu($a)", nullptr, false},
    {"gelu_quick", "snap_silu_scaled($a, 1.702f)", nullptr, false},
    {"gelu_tanh", "snap_gelu_tanh($a)", nullptr, false},
    {"is_inf", "snap_is_inf($a)", nullptr, true},
    {"is_nan", "snap_is_nan($a)", nullptr, true},
    {"log", "log($a)", nullptr, false},
    {"neg", "-$a", "snap_sub(0, $a)", false},
    {"not", nullptr, "long($a == 0)", false},
    {"reciprocal", "1.0f / $a", nullptr, false},
    {"relu", "snap_max($a, 0.0f)", "max($a, 0l)", false},
    {"round", "rint($a)", nullptr, false},
    {"rsqrt", "precise::rsqrt($a)", nullptr, false},
    {"sigmoid", "snap_sigmoid($a)", nullptr, false},
    {"sign", "snap_sign($a)", "long($a > 0) - long($a < 0)", false},
    {"silu", "snap_silu_scaled($a, 1.0f)", nullptr, false},
    {"sin", "precise::sin($a)", nullptr, false},
    {"sinh", "sinh($a)", nullptr, false},
    {"softplus", "snap_softplus($a)", nullptr, false},
    {"sqrt", "precise::sqrt($a)", nullptr, false},
    {"square", "$a * $a", "snap_mul($a, $a)", false},
    {"tan", "tan($a)", nullptr, false},
    {"tanh", "precise::tanh($a)", nullptr, false},
};

static const Row binaries[] = {
    {"add", "$a + $b", "snap_add($a, $b)", false},
    {"sub", "$a - $b", "snap_sub($a, $b)", false},
    {"mul", "$a * $b", "snap_mul($a, $b)", false},
    {"div", "$a / $b", "snap_div($a, $b)", false},
    {"mod", "snap_mod($a, $b)", "snap_mod($a, $b)", false},
    {"fmod", "fmod($a, $b)", "snap_fmod($a, $b)", false},
    {"pow", "precise::pow($a, $b)", "snap_pow($a, $b)", false},
    {"max", "snap_max($a, $b)", "max($a, $b)", false},
    {"min", "snap_min($a, $b)", "min($a, $b)", false},
    {"and", nullptr, "$a & $b", false},
    {"or", nullptr, "$a | $b", false},
    {"xor", nullptr, "$a ^ $b", false},
    {"bit_and", nullptr, "$a & $b", false},
    {"bit_or", nullptr, "$a | $b", false},
    {"bit_xor", nullptr, "$a ^ $b", false},
    {"shift_left", nullptr, "snap_shift_left($a, $b)", false},
    {"shift_right", nullptr, "snap_shift_right($a, $b)", false},
    {"equal", "$a == $b", "$a == $b", true},
    {"less", "$a < $b", "$a < $b", true},
    {"less_equal", "$a <= $b", "$a <= $b", true},
    {"greater", "$a > $b", "$a > $b", true},
    {"greater_equal", "$a >= $b", "$a >= $b", true},
};

template <size_t N> static const Row &find(const Row (&rows)[N], const std::string &name) {
  for (const Row &row : rows)
    if (name == row.name)
      return row;
  assert(false && "a function of the vocabulary");
  return rows[0];
}

/// A 64-bit result as the integer type holds it.
static std::string wrapped(const std::string &value, ElementType type) {
  switch (type) {
  case ElementType::I32:
    return "long(int(" + value + "))";
  case ElementType::I8:
    return "long(char(" + value + "))";
  case ElementType::U8:
    return "long(uchar(" + value + "))";
  case ElementType::I1:
    return "long((" + value + ") != 0)";
  default:
    return value;
  }
}

Value metal::loaded(const std::string &element, ElementType type) {
  if (isFloating(type))
    return {type == ElementType::F16 ? "float(" + element + ")" : element, ElementType::F32};
  return {wrapped(element, type == ElementType::I1 ? type : ElementType::I64).insert(0, "long(") + ")", type};
}

/// What a cast makes of a value; the result is rounded to f16 where that is the type.
static Value cast(const Value &value, ElementType type) {
  if (isFloating(type)) {
    std::string number = isFloating(value.type) ? value.text : "float(" + value.text + ")";
    return {type == ElementType::F16 ? "float(half(" + number + "))" : number, ElementType::F32};
  }
  if (!isFloating(value.type))
    return {wrapped(value.text, type), type};
  switch (type) {
  case ElementType::I1:
    return {"long(" + value.text + " != 0.0f)", type};
  case ElementType::I64:
    return {"snap_to_long(" + value.text + ")", type};
  case ElementType::I32:
    return {"clamp(snap_to_long(" + value.text + "), -2147483648l, 2147483647l)", type};
  case ElementType::I8:
    return {"clamp(snap_to_long(" + value.text + "), -128l, 127l)", type};
  default:
    return {"clamp(snap_to_long(" + value.text + "), 0l, 255l)", type};
  }
}

static Value constant(const ExprNode &node) {
  if (node.type == ElementType::F16)
    return {"float(half(" + floatLiteral(node.constant) + "))", ElementType::F32};
  if (isFloating(node.type))
    return {floatLiteral(node.constant), ElementType::F32};
  return {std::to_string(static_cast<int64_t>(node.constant)) + "l", node.type};
}

static Value function(const Row &row, const std::vector<Value> &operands) {
  ElementType type = operands[0].type;
  const char *text = isFloating(type) ? row.onFloat : row.onInt;
  assert(text && "the function is for this element type");
  std::string result =
      expand(text, {{"a", operands[0].text}, {"b", operands.size() > 1 ? operands[1].text : std::string()}});
  if (row.isTest)
    return {"long(" + result + ")", ElementType::I1};
  return {isFloating(type) ? result : wrapped(result, type), type};
}

Value metal::extremum(const std::string &fn, const Value &a, const Value &b) {
  return function(find(binaries, fn), {a, b});
}

static Value nodeValue(const ExprNode &node, const std::vector<Value> &operands, const ExprLeaves &leaves) {
  switch (node.kind) {
  case Kind::Accumulator:
    return leaves.acc;
  case Kind::Gate:
    return leaves.gate;
  case Kind::Input:
    return leaves.input(node.input);
  case Kind::Constant:
    return constant(node);
  case Kind::Unary:
    return function(find(unaries, node.fn), operands);
  case Kind::Binary:
    return function(find(binaries, node.fn), operands);
  case Kind::Select:
    return {operands[0].text + " != 0 ? " + operands[1].text + " : " + operands[2].text, operands[1].type};
  case Kind::Cast:
    return cast(operands[0], node.type);
  }
  return {};
}

Value metal::writeExpr(MslWriter &w, const Expr &expr, const ExprLeaves &leaves, const std::string &prefix) {
  if (expr.empty())
    return leaves.acc;
  std::vector<Value> values;
  for (const ExprNode &node : expr.nodes) {
    std::vector<Value> operands;
    for (int32_t operand : node.operands)
      operands.push_back(values[operand]);
    Value value = nodeValue(node, operands, leaves);
    bool named = node.kind == Kind::Accumulator || node.kind == Kind::Gate || node.kind == Kind::Constant;
    if (!named) {
      std::string name = prefix + std::to_string(values.size());
      w.write(std::string("const ") + (isFloating(value.type) ? "float " : "long ") + name + " = " + value.text + ";");
      value.text = name;
    }
    values.push_back(value);
  }
  return values.back();
}

std::string metal::stored(const Value &value, ElementType type) {
  if (type == ElementType::F32 && isFloating(value.type))
    return value.text;
  if (type == ElementType::F16)
    return "half(" + (isFloating(value.type) ? value.text : "float(" + value.text + ")") + ")";
  return std::string(storageType(type)) + "(" + cast(value, type).text + ")";
}

std::vector<int32_t> metal::inputsOf(const Expr &expr) {
  std::vector<int32_t> inputs;
  for (const ExprNode &node : expr.nodes)
    if (node.kind == Kind::Input && std::find(inputs.begin(), inputs.end(), node.input) == inputs.end())
      inputs.push_back(node.input);
  return inputs;
}
