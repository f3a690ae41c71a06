//===- Scalar.cpp - The elementwise vocabulary ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Scalar.h"

#include <cassert>
#include <cmath>
#include <limits>

using namespace snap::reference;

// Integer arithmetic wraps: it is done on unsigned values.
static int64_t wrap(uint64_t value) { return int64_t(value); }

//===----------------------------------------------------------------------===//
// Functions that need more than an expression
//===----------------------------------------------------------------------===//

static double sigmoid(double x) {
  // Both forms avoid exp of a large positive number.
  if (x >= 0)
    return 1 / (1 + std::exp(-x));
  double e = std::exp(x);
  return e / (1 + e);
}

static double softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

static double gelu(double x) { return 0.5 * x * (1 + std::erf(x * 0.70710678118654752440)); }

static double geluTanh(double x) {
  return 0.5 * x * (1 + std::tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}

static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

// NaN goes through, as in numpy.
static double maxFloat(double a, double b) { return std::isnan(a) || a > b ? a : b; }
static double minFloat(double a, double b) { return std::isnan(a) || a < b ? a : b; }

static double modFloat(double a, double b) {
  double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

// A division by 0 has no meaning in integers; 0 keeps compilation going where
// the result is not used.
static int64_t divInt(int64_t a, int64_t b) {
  if (b == 0)
    return 0;
  return b == -1 ? wrap(-uint64_t(a)) : a / b;
}

static int64_t fmodInt(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

static int64_t modInt(int64_t a, int64_t b) {
  int64_t r = fmodInt(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static int64_t powInt(int64_t base, int64_t exponent) {
  if (exponent < 0)
    return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  uint64_t result = 1, power = uint64_t(base);
  for (; exponent; exponent >>= 1, power *= power)
    if (exponent & 1)
      result *= power;
  return wrap(result);
}

static int64_t shiftLeft(int64_t a, int64_t b) { return b < 0 || b > 63 ? 0 : wrap(uint64_t(a) << b); }
static int64_t shiftRight(int64_t a, int64_t b) { return b < 0 || b > 63 ? (a < 0 ? -1 : 0) : a >> b; }

//===----------------------------------------------------------------------===//
// The tables
//===----------------------------------------------------------------------===//

// A captureless lambda over each kind.
#define F1(expression) [](double x) -> double { return expression; }
#define I1(expression) [](int64_t x) -> int64_t { return expression; }
#define F2(expression) [](double a, double b) -> double { return expression; }
#define I2(expression) [](int64_t a, int64_t b) -> int64_t { return expression; }

const std::vector<UnaryFunction> &snap::reference::unaryTable() {
  static const std::vector<UnaryFunction> table = {
      {"abs", F1(std::fabs(x)), I1(x < 0 ? wrap(-uint64_t(x)) : x), false},
      {"acos", F1(std::acos(x)), nullptr, false},
      {"acosh", F1(std::acosh(x)), nullptr, false},
      {"asin", F1(std::asin(x)), nullptr, false},
      {"asinh", F1(std::asinh(x)), nullptr, false},
      {"atan", F1(std::atan(x)), nullptr, false},
      {"atanh", F1(std::atanh(x)), nullptr, false},
      {"bit_not", nullptr, I1(~x), false},
      {"ceil", F1(std::ceil(x)), nullptr, false},
      {"cos", F1(std::cos(x)), nullptr, false},
      {"cosh", F1(std::cosh(x)), nullptr, false},
      {"erf", F1(std::erf(x)), nullptr, false},
      {"exp", F1(std::exp(x)), nullptr, false},
      {"floor", F1(std::floor(x)), nullptr, false},
      {"gelu", gelu, nullptr, false},
      {"gelu_tanh", geluTanh, nullptr, false},
      {"gelu_quick", F1(x * sigmoid(1.702 * x)), nullptr, false},
      {"is_inf", F1(std::isinf(x)), nullptr, true},
      {"is_nan", F1(std::isnan(x)), nullptr, true},
      {"log", F1(std::log(x)), nullptr, false},
      {"neg", F1(-x), I1(wrap(-uint64_t(x))), false},
      {"not", nullptr, I1(x == 0), false},
      {"reciprocal", F1(1 / x), nullptr, false},
      {"relu", F1(maxFloat(x, 0)), I1(x > 0 ? x : 0), false},
      {"round", F1(std::nearbyint(x)), nullptr, false},
      {"rsqrt", F1(1 / std::sqrt(x)), nullptr, false},
      {"sigmoid", sigmoid, nullptr, false},
      {"sign", sign, I1((x > 0) - (x < 0)), false},
      {"silu", F1(x * sigmoid(x)), nullptr, false},
      {"sin", F1(std::sin(x)), nullptr, false},
      {"sinh", F1(std::sinh(x)), nullptr, false},
      {"softplus", softplus, nullptr, false},
      {"sqrt", F1(std::sqrt(x)), nullptr, false},
      {"square", F1(x * x), I1(wrap(uint64_t(x) * uint64_t(x))), false},
      {"tan", F1(std::tan(x)), nullptr, false},
      {"tanh", F1(std::tanh(x)), nullptr, false},
  };
  return table;
}

const std::vector<BinaryFunction> &snap::reference::binaryTable() {
  static const std::vector<BinaryFunction> table = {
      {"add", F2(a + b), I2(wrap(uint64_t(a) + uint64_t(b))), false},
      {"sub", F2(a - b), I2(wrap(uint64_t(a) - uint64_t(b))), false},
      {"mul", F2(a * b), I2(wrap(uint64_t(a) * uint64_t(b))), false},
      {"div", F2(a / b), divInt, false},
      {"mod", modFloat, modInt, false},
      {"fmod", F2(std::fmod(a, b)), fmodInt, false},
      {"pow", F2(std::pow(a, b)), powInt, false},
      {"max", maxFloat, I2(a > b ? a : b), false},
      {"min", minFloat, I2(a < b ? a : b), false},
      {"and", nullptr, I2(a & b), false},
      {"or", nullptr, I2(a | b), false},
      {"xor", nullptr, I2(a ^ b), false},
      {"bit_and", nullptr, I2(a & b), false},
      {"bit_or", nullptr, I2(a | b), false},
      {"bit_xor", nullptr, I2(a ^ b), false},
      {"shift_left", nullptr, shiftLeft, false},
      {"shift_right", nullptr, shiftRight, false},
      {"equal", F2(a == b), I2(a == b), true},
      {"less", F2(a < b), I2(a < b), true},
      {"less_equal", F2(a <= b), I2(a <= b), true},
      {"greater", F2(a > b), I2(a > b), true},
      {"greater_equal", F2(a >= b), I2(a >= b), true},
  };
  return table;
}

template <typename Row> static const Row &find(const std::vector<Row> &table, const std::string &name) {
  for (const Row &row : table)
    if (name == row.name)
      return row;
  assert(false && "a scalar function of the vocabulary");
  return table.front();
}

const UnaryFunction &snap::reference::unaryFunction(const std::string &name) { return find(unaryTable(), name); }
const BinaryFunction &snap::reference::binaryFunction(const std::string &name) { return find(binaryTable(), name); }
