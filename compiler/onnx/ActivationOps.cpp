//===- ActivationOps.cpp - Activation functions, as compositions ----------===//
//
// Formulas: the operators' pages on onnx.ai, by their ONNX names.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

using namespace mlir;

namespace snap {

template <UnaryFn fn> static Value unaryOp(Node &n) { return n.unary(fn, n.in(0)); }

/// onTrue where x < bound.
static Value selectBelow(Node &n, Value x, double bound, Value onTrue, Value onFalse) {
  return n.select(n.binary(BinaryFn::Less, x, bound), onTrue, onFalse);
}

/// exp(x) - 1.
static Value expMinusOne(Node &n, Value x) { return n.add(n.unary(UnaryFn::Exp, x), -1.0); }

static Value celu(Node &n) {
  double alpha = n.floatAttr("alpha", 1.0);
  Value x = n.in(0);
  Value below = n.mul(expMinusOne(n, n.mul(x, 1.0 / alpha)), alpha);
  return n.add(n.binary(BinaryFn::Max, x, 0.0), n.binary(BinaryFn::Min, below, 0.0));
}

static Value elu(Node &n) {
  Value x = n.in(0);
  return selectBelow(n, x, 0, n.mul(expMinusOne(n, x), n.floatAttr("alpha", 1.0)), x);
}

static Value gelu(Node &n) {
  std::string approximate = n.stringAttr("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return n.fail("approximate '" + approximate + "' is not known; expected none or tanh");
  return n.unary(approximate == "tanh" ? UnaryFn::GeluTanh : UnaryFn::Gelu, n.in(0));
}

/// max(0, min(1, alpha x + beta)).
static Value hardSigmoidOf(Node &n, Value x, double alpha, double beta) {
  Value line = n.add(n.mul(x, alpha), beta);
  return n.binary(BinaryFn::Max, n.binary(BinaryFn::Min, line, 1.0), 0.0);
}

static Value hardSigmoid(Node &n) {
  return hardSigmoidOf(n, n.in(0), n.floatAttr("alpha", 0.2), n.floatAttr("beta", 0.5));
}

static Value hardSwish(Node &n) { return n.mul(n.in(0), hardSigmoidOf(n, n.in(0), 1.0 / 6, 0.5)); }

static Value leakyRelu(Node &n) {
  return selectBelow(n, n.in(0), 0, n.mul(n.in(0), n.floatAttr("alpha", 0.01)), n.in(0));
}

static Value mish(Node &n) { return n.mul(n.in(0), n.unary(UnaryFn::Tanh, n.unary(UnaryFn::Softplus, n.in(0)))); }

static Value prelu(Node &n) { return selectBelow(n, n.in(0), 0, n.mul(n.in(0), n.in(1)), n.in(0)); }

static Value selu(Node &n) {
  double alpha = n.floatAttr("alpha", 1.67326319217681884765625);
  double gamma = n.floatAttr("gamma", 1.05070102214813232421875);
  Value x = n.in(0);
  return n.mul(selectBelow(n, x, 0, n.mul(expMinusOne(n, x), alpha), x), gamma);
}

static Value shrink(Node &n) {
  double bias = n.floatAttr("bias", 0), lambd = n.floatAttr("lambd", 0.5);
  Value x = n.in(0);
  Value above = n.select(n.binary(BinaryFn::Greater, x, lambd), n.add(x, -bias), n.scalarLike(0, x));
  return selectBelow(n, x, -lambd, n.add(x, bias), above);
}

static Value softsign(Node &n) { return n.div(n.in(0), n.add(n.unary(UnaryFn::Abs, n.in(0)), 1.0)); }

static Value swish(Node &n) {
  double alpha = n.floatAttr("alpha", 1.0);
  if (alpha == 1.0)
    return n.unary(UnaryFn::Silu, n.in(0));
  return n.mul(n.in(0), n.unary(UnaryFn::Sigmoid, n.mul(n.in(0), alpha)));
}

static Value thresholdedRelu(Node &n) {
  Value x = n.in(0);
  return n.select(n.binary(BinaryFn::Greater, x, n.floatAttr("alpha", 1.0)), x, n.scalarLike(0, x));
}

ArrayRef<OpRow> activationOps() {
  static const OpRow rows[] = {
      {"Celu", 12, latest, 1, 1, celu},
      {"Elu", 6, latest, 1, 1, elu},
      {"Gelu", 20, latest, 1, 1, gelu},
      {"HardSigmoid", 6, latest, 1, 1, hardSigmoid},
      {"HardSwish", 14, latest, 1, 1, hardSwish},
      {"LeakyRelu", 6, latest, 1, 1, leakyRelu},
      {"Mish", 18, latest, 1, 1, mish},
      {"PRelu", 7, latest, 2, 2, prelu},
      {"Relu", 6, latest, 1, 1, unaryOp<UnaryFn::Relu>},
      {"Selu", 6, latest, 1, 1, selu},
      {"Shrink", 9, latest, 1, 1, shrink},
      {"Sigmoid", 6, latest, 1, 1, unaryOp<UnaryFn::Sigmoid>},
      {"Softplus", 1, latest, 1, 1, unaryOp<UnaryFn::Softplus>},
      {"Softsign", 1, latest, 1, 1, softsign},
      {"Swish", 24, latest, 1, 1, swish},
      {"ThresholdedRelu", 10, latest, 1, 1, thresholdedRelu},
  };
  return rows;
}

} // namespace snap
