//===- ScalarFunctions.cpp - The elementwise vocabulary in Halide ---------===//
//
// Functions on the way of activations (exp, erf, tanh, sigmoid, silu, the
// gelus, log) are polynomials that vectorise; the rest call libm lane by lane.
// Kernels are compiled with fast-math, so tests for NaN and infinity look at
// bits and nothing relies on signed zeros.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/ScalarFunctions.h"

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

/// A libm function of f32 operands; vectors call it lane by lane.
static HExpr libm(const char *name, std::vector<HExpr> operands) {
  return Internal::Call::make(operands[0].type(), name, std::move(operands), Internal::Call::PureExtern);
}

/// Horner's rule, highest power first.
static HExpr polynomial(const HExpr &x, std::initializer_list<double> coefficients) {
  HExpr sum;
  for (double c : coefficients)
    sum = sum.defined() ? sum * x + static_cast<float>(c) : HExpr(static_cast<float>(c));
  return sum;
}

static HExpr constant(const HExpr &like, double value) { return Internal::make_const(like.type(), value); }

//===----------------------------------------------------------------------===//
// Exponentials
//===----------------------------------------------------------------------===//

/// exp(x) = 2^n exp(r) with n = round(x log2 e) and |r| <= log(2)/2. The
/// polynomial is Cephes' expf.
static HExpr reducedExp(const HExpr &x, HExpr &n) {
  n = round(x * 1.44269504088896341f);
  // log 2 in two parts, the first exact in n's range.
  HExpr r = x - n * 0.693359375f + n * 2.12194440e-4f;
  HExpr p = polynomial(
      r, {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1});
  return p * r * r + r + 1.0f;
}

/// 2^n for an integer n in -126 … 127.
static HExpr powerOfTwo(const HExpr &n) { return reinterpret<float>((n + 127) << 23); }

HExpr snap::fastExp(const HExpr &x) {
  // Beyond the clamp the result is 0 or infinity anyway; two factors reach both.
  HExpr n, p = reducedExp(clamp(x, -104.0f, 89.0f), n);
  HExpr whole = cast<int32_t>(n), half = whole >> 1;
  return p * powerOfTwo(half) * powerOfTwo(whole - half);
}

HExpr snap::fastExp2NonPositive(const HExpr &x) {
  // 2^n 2^r with n the nearest integer, by truncation since x is not positive, and |r| <= 1/2. The polynomial is
  // minimax in relative error (7.5e-8; Remez' algorithm). Its value is close to 1, so that n can go into its exponent.
  HExpr clamped = max(x, -126.0f);
  HExpr n = cast<int32_t>(clamped - 0.5f);
  HExpr p = polynomial(clamped - cast<float>(n), {0.0013276472454890609, 0.009675540961325169, 0.05550713092088699,
                                                  0.24022120237350464, 0.6931469440460205, 1.0000001192092896});
  return reinterpret<float>(reinterpret<int32_t>(p) + (n << 23));
}

HExpr snap::fastExpNonPositive(const HExpr &x) {
  return select(x < -87.0f, 0.0f, fastExp2NonPositive(x * 1.44269504088896341f));
}

/// 1 / (1 + exp(-x)), finite throughout.
static HExpr sigmoid(const HExpr &x) { return 1.0f / (1.0f + fastExp(min(-x, 88.0f))); }

/// tanh: near 0 Cephes' polynomial, which keeps the relative error; elsewhere
/// by the exponential. Relative error at most 5e-7.
static HExpr tanhOf(const HExpr &x) {
  HExpr square = x * x, magnitude = abs(x);
  HExpr small = polynomial(square, {-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1,
                                    -3.33332819422e-1}) *
                    square * x +
                x;
  HExpr large = 1.0f - 2.0f / (fastExp(2.0f * min(magnitude, 20.0f)) + 1.0f);
  return select(magnitude < 0.625f, small, x < 0.0f, -large, large);
}

/// erf by Abramowitz and Stegun 7.1.26: absolute error at most 6e-7 in f32.
static HExpr erfOf(const HExpr &x) {
  HExpr magnitude = abs(x);
  HExpr t = 1.0f / (1.0f + 0.3275911f * magnitude);
  HExpr p = polynomial(t, {1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592}) * t;
  HExpr y = 1.0f - p * fastExpNonPositive(-magnitude * magnitude);
  return select(x < 0.0f, -y, y);
}

/// log: x = 2^e m, m in [sqrt(1/2), sqrt 2), Cephes' polynomial in m - 1.
static HExpr logOf(const HExpr &x) {
  // Denormals are scaled up first.
  HExpr tiny = x < 1.17549435e-38f;
  HExpr bits = reinterpret<int32_t>(select(tiny, x * 8388608.0f, x));
  // Moves the cut of the mantissa from 1 to sqrt(1/2).
  HExpr shifted = bits - 0x3f3504f3;
  HExpr e = cast<float>((shifted >> 23) - select(tiny, 23, 0));
  HExpr m = reinterpret<float>((shifted & 0x7fffff) + 0x3f3504f3) - 1.0f;
  HExpr p = polynomial(m, {7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
                           -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1});
  HExpr square = m * m;
  HExpr y = p * square * m + e * -2.12194440e-4f - 0.5f * square + m + e * 0.693359375f;
  const float infinity = std::numeric_limits<float>::infinity();
  HExpr positive = select(reinterpret<int32_t>(x) >= 0x7f800000, x, y);
  return select(x == 0.0f, -infinity, x < 0.0f, std::numeric_limits<float>::quiet_NaN(), positive);
}

/// log(1 + exp(x)) without overflow.
static HExpr softplus(const HExpr &x) { return max(x, 0.0f) + logOf(1.0f + fastExpNonPositive(-abs(x))); }

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

/// Truncating division that never traps: x / 0 is 0 and x / -1 wraps.
static HExpr truncatedDiv(const HExpr &a, const HExpr &b) {
  HExpr zero = constant(b, 0), one = constant(b, 1);
  if (b.type().is_uint())
    return select(b == zero, zero, a / select(b == zero, one, b));
  HExpr minusOne = constant(b, -1);
  HExpr trap = b == zero || b == minusOne;
  HExpr quotient = div_round_to_zero(a, select(trap, one, b));
  return select(b == zero, zero, b == minusOne, zero - a, quotient);
}

static HExpr integerMod(const HExpr &a, const HExpr &b, bool signOfDivisor) {
  HExpr zero = constant(b, 0), remainder = select(b == zero, zero, a - truncatedDiv(a, b) * b);
  if (!signOfDivisor || b.type().is_uint())
    return remainder;
  return select(remainder != zero && (remainder < zero) != (b < zero), remainder + b, remainder);
}

//===----------------------------------------------------------------------===//
// pow
//===----------------------------------------------------------------------===//

static HExpr integerPower(const HExpr &x, int exponent) {
  HExpr result, square = x;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1)
      result = result.defined() ? result * square : square;
    square = square * square;
  }
  return result;
}

static HExpr power(const HExpr &a, const HExpr &b) {
  double exponent = 0;
  bool known = false;
  if (auto f = Internal::as_const_float(b))
    exponent = *f, known = true;
  else if (auto i = Internal::as_const_int(b))
    exponent = static_cast<double>(*i), known = true;
  if (known && exponent == std::floor(exponent) && exponent >= 1 && exponent <= 16)
    return integerPower(a, static_cast<int>(exponent));
  if (!a.type().is_float()) // exact for results below 2^53
    return cast(a.type(), libm("pow", {cast<double>(a), cast<double>(b)}));
  if (known && exponent == 0)
    return constant(a, 1);
  if (known && exponent == 0.5)
    return sqrt(a);
  if (known && exponent == -0.5)
    return 1.0f / sqrt(a);
  if (known && exponent == -1)
    return 1.0f / a;
  return libm("powf", {a, b});
}

//===----------------------------------------------------------------------===//
// The vocabulary
//===----------------------------------------------------------------------===//

HExpr snap::emitUnary(const std::string &fn, const HExpr &x) {
  HExpr zero = x.type().is_bool() ? HExpr() : constant(x, 0);
  if (fn == "not")
    return x.type().is_bool() ? !x : x == zero;
  if (fn == "bit_not")
    return ~x;
  if (fn == "neg")
    return zero - x;
  if (fn == "abs")
    return x.type().is_uint() ? x : cast(x.type(), abs(x));
  if (fn == "relu")
    return max(x, zero);
  if (fn == "square")
    return x * x;
  if (fn == "sign")
    return select(x > zero, constant(x, 1), x < zero, constant(x, x.type().is_uint() ? 0 : -1), zero);
  if (fn == "is_nan")
    return (reinterpret<int32_t>(x) & 0x7fffffff) > 0x7f800000;
  if (fn == "is_inf")
    return Halide::is_inf(x);

  if (fn == "ceil")
    return ceil(x);
  if (fn == "floor")
    return floor(x);
  if (fn == "round")
    return round(x);
  if (fn == "sqrt")
    return sqrt(x);
  if (fn == "rsqrt")
    return 1.0f / sqrt(x);
  if (fn == "reciprocal")
    return 1.0f / x;

  if (fn == "exp")
    return fastExp(x);
  if (fn == "log")
    return logOf(x);
  if (fn == "erf")
    return erfOf(x);
  if (fn == "tanh")
    return tanhOf(x);
  if (fn == "sigmoid")
    return sigmoid(x);
  if (fn == "silu")
    return x * sigmoid(x);
  if (fn == "gelu")
    return 0.5f * x * (1.0f + erfOf(x * 0.70710678118654752f));
  if (fn == "gelu_tanh") // 0.5 (1 + tanh u) = sigmoid(2 u), u = sqrt(2/pi) (x + 0.044715 x^3)
    return x * sigmoid(1.5957691216057308f * (x + 0.044715f * x * x * x));
  if (fn == "gelu_quick")
    return x * sigmoid(1.702f * x);
  if (fn == "softplus")
    return softplus(x);

  // Trigonometry and its relatives: off the hot paths of these models.
  for (const char *name : {"acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "sin", "sinh", "tan"})
    if (fn == name)
      return libm((fn + "f").c_str(), {x});
  throw std::invalid_argument("unknown unary function '" + fn + "'");
}

HExpr snap::emitBinary(const std::string &fn, const HExpr &a, const HExpr &b) {
  bool isFloat = a.type().is_float();
  if (fn == "add")
    return a + b;
  if (fn == "sub")
    return a - b;
  if (fn == "mul")
    return a * b;
  if (fn == "div")
    return isFloat ? a / b : truncatedDiv(a, b);
  if (fn == "max")
    return max(a, b);
  if (fn == "min")
    return min(a, b);
  if (fn == "pow")
    return power(a, b);
  if (fn == "fmod")
    return isFloat ? libm("fmodf", {a, b}) : integerMod(a, b, false);
  if (fn == "mod") {
    if (!isFloat)
      return integerMod(a, b, true);
    HExpr remainder = libm("fmodf", {a, b});
    return select(remainder != 0.0f && (remainder < 0.0f) != (b < 0.0f), remainder + b, remainder);
  }
  if (fn == "and")
    return a && b;
  if (fn == "or")
    return a || b;
  if (fn == "xor")
    return a != b;
  if (fn == "bit_and")
    return a & b;
  if (fn == "bit_or")
    return a | b;
  if (fn == "bit_xor")
    return a ^ b;
  if (fn == "shift_left")
    return a << b;
  if (fn == "shift_right")
    return a >> b;
  if (fn == "equal")
    return a == b;
  if (fn == "less")
    return a < b;
  if (fn == "less_equal")
    return a <= b;
  if (fn == "greater")
    return a > b;
  if (fn == "greater_equal")
    return a >= b;
  throw std::invalid_argument("unknown binary function '" + fn + "'");
}
