//===- FunctionCases.cpp - The elementwise vocabulary, function by function ===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "FunctionCases.h"

#include "dialects/reference/KernelReference.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <set>

using namespace snap;

namespace {
/// A float function: |y - r| <= bound * max(|r|, floor) over the domain.
struct FloatFunction {
  const char *name;
  double low, high;
  double bound;
  double floor = 0;
};
} // namespace

static constexpr double huge = 3e38, whole = 1e9;

static const FloatFunction unaryFloats[] = {
    {"abs", -huge, huge, 0},
    {"acos", -1, 1, 2e-7},
    {"acosh", 1, 1e6, 2e-7},
    {"asin", -1, 1, 2e-7},
    {"asinh", -1e6, 1e6, 2e-7},
    {"atan", -1e6, 1e6, 2e-7},
    {"atanh", -0.999, 0.999, 2e-7},
    {"ceil", -whole, whole, 0},
    {"cos", -100, 100, 1e-7, 1},
    {"cosh", -80, 80, 2e-7},
    {"erf", -6, 6, 6e-7, 1},
    {"exp", -85, 88, 5e-7},
    {"floor", -whole, whole, 0},
    {"gelu", -30, 30, 5e-7, 1},
    {"gelu_quick", -30, 30, 6e-7, 1e-3},
    {"gelu_tanh", -30, 30, 1e-6, 1e-3},
    {"is_inf", -huge, huge, 0},
    {"is_nan", -huge, huge, 0},
    {"log", 1e-38, huge, 2e-7, 1},
    {"neg", -huge, huge, 0},
    {"reciprocal", 1e-30, 1e30, 1e-7},
    {"relu", -huge, huge, 0},
    {"round", -whole, whole, 0},
    {"rsqrt", 1e-30, 1e30, 2e-7},
    {"sigmoid", -80, 80, 5e-7},
    {"sign", -huge, huge, 0},
    {"silu", -80, 80, 5e-7},
    {"sin", -100, 100, 1e-7, 1},
    {"sinh", -80, 80, 2e-7},
    {"softplus", -80, 1000, 2e-7, 1},
    {"sqrt", 0, huge, 2e-7},
    {"square", -1e18, 1e18, 2e-7},
    {"tan", -1.5, 1.5, 2e-7},
    {"tanh", -30, 30, 2e-7},
};

static const FloatFunction binaryFloats[] = {
    {"add", -1e30, 1e30, 1e-7}, {"sub", -1e30, 1e30, 1e-7},  {"mul", -1e18, 1e18, 1e-7}, {"div", -1e15, 1e15, 1e-7},
    {"max", -huge, huge, 0},    {"min", -huge, huge, 0},     {"mod", -1000, 1000, 1e-6}, {"fmod", -1000, 1000, 1e-6},
    {"pow", 0.01, 12, 2e-7},    {"equal", -4, 4, 0},         {"less", -4, 4, 0},         {"less_equal", -4, 4, 0},
    {"greater", -4, 4, 0},      {"greater_equal", -4, 4, 0},
};

/// On integers; `low` and `high` of the second operand.
struct IntegerFunction {
  const char *name;
  int64_t low, high;
};
static const IntegerFunction unaryIntegers[] = {
    {"abs", 0, 0}, {"bit_not", 0, 0}, {"neg", 0, 0}, {"relu", 0, 0}, {"sign", 0, 0}};
static const IntegerFunction binaryIntegers[] = {
    {"add", -1000, 1000},  {"sub", -1000, 1000},     {"mul", -40, 40},        {"div", -9, 9},
    {"mod", -9, 9},        {"fmod", -9, 9},          {"max", -1000, 1000},    {"min", -1000, 1000},
    {"pow", 0, 3},         {"bit_and", -1000, 1000}, {"bit_or", -1000, 1000}, {"bit_xor", -1000, 1000},
    {"shift_left", 0, 12}, {"shift_right", 0, 12},   {"equal", -9, 9},        {"less", -9, 9},
    {"less_equal", -9, 9}, {"greater", -9, 9},       {"greater_equal", -9, 9}};
static const char *const logical[] = {"and", "or", "xor", "equal"};

//===----------------------------------------------------------------------===//
// Points
//===----------------------------------------------------------------------===//

static constexpr int64_t points = 3003;

/// A third evenly spaced, two thirds by magnitude, and the ends and zero.
static Tensor floatPoints(double low, double high, int64_t stride) {
  Tensor tensor(ElementType::F32, {points});
  int64_t third = points / 3;
  for (int64_t i = 0; i < points; ++i) {
    double t = static_cast<double>(i * stride % third) / static_cast<double>(third - 1), value;
    if (i < third || high - low < 1)
      value = low + t * (high - low);
    else if (i < 2 * third)
      value = std::pow(10, -6 + t * (std::log10(high) + 6));
    else
      value = -std::pow(10, -6 + t * (std::log10(std::max(-low, 1e-6)) + 6));
    tensor.set(i, std::min(std::max(value, low), high));
  }
  tensor.set(0, low);
  tensor.set(1, high);
  tensor.set(2, std::max(low, 0.0));
  return tensor;
}

static Tensor integerPoints(ElementType type, int64_t low, int64_t high, uint64_t multiplier) {
  Tensor tensor(type, {points});
  uint64_t state = multiplier;
  for (int64_t i = 0; i < points; ++i) {
    state = state * 6364136223846793005 + multiplier;
    tensor.setInt(i, low + static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(high - low + 1)));
  }
  return tensor;
}

//===----------------------------------------------------------------------===//
// Cases
//===----------------------------------------------------------------------===//

static FunctionCase caseOf(const std::string &fn, const std::vector<Tensor> &inputs, double bound, double floor) {
  std::string type = toString(inputs[0].type()), tensor = std::to_string(points) + "x" + type, result = tensor;
  static const std::set<std::string> tests = {"is_inf",     "is_nan",  "equal",         "less",
                                              "less_equal", "greater", "greater_equal", "not"};
  if (tests.count(fn))
    result = std::to_string(points) + "xi1";
  bool unary = inputs.size() == 1;
  KernelKey key = keyOf("elementwise(" + tensor + (unary ? "" : ", " + tensor) + ") -> " + result + " {} epilogue " +
                        fn + (unary ? "(in0)" : "(in0, in1)"));
  return {fn, {key, inputs}, bound, floor};
}

std::vector<FunctionCase> snap::floatFunctionCases() {
  std::vector<FunctionCase> cases;
  for (const FloatFunction &f : unaryFloats)
    cases.push_back(caseOf(f.name, {floatPoints(f.low, f.high, 1)}, f.bound, f.floor));
  for (const FloatFunction &f : binaryFloats) {
    bool power = std::string(f.name) == "pow";
    cases.push_back(
        caseOf(f.name, {floatPoints(f.low, f.high, 1), power ? floatPoints(-8, 8, 7) : floatPoints(f.low, f.high, 7)},
               f.bound, f.floor));
  }
  return cases;
}

std::vector<FunctionCase> snap::specialFloatCases() {
  const float infinity = std::numeric_limits<float>::infinity();
  Tensor tensor(ElementType::F32, {points});
  const double values[] = {0, 1, -1, 3e38, 1e-40, std::nan(""), infinity, -infinity};
  for (int64_t i = 0; i < points; ++i)
    tensor.set(i, values[i % 8]);
  return {caseOf("is_nan", {tensor}, 0, 0), caseOf("is_inf", {tensor}, 0, 0)};
}

std::vector<FunctionCase> snap::integerFunctionCases() {
  std::vector<FunctionCase> cases;
  for (ElementType type : {ElementType::I64, ElementType::I32}) {
    for (const IntegerFunction &f : unaryIntegers)
      cases.push_back(caseOf(f.name, {integerPoints(type, -100000, 100000, 11)}, 0, 1));
    for (const IntegerFunction &f : binaryIntegers) {
      bool shifts = std::string(f.name).rfind("shift", 0) == 0;
      bool small = f.high < 10;
      int64_t low = shifts ? 0 : small ? -99 : -50000, high = small ? 99 : 50000;
      cases.push_back(
          caseOf(f.name, {integerPoints(type, low, high, 13), integerPoints(type, f.low, f.high, 17)}, 0, 1));
    }
  }
  Tensor a = integerPoints(ElementType::I1, 0, 1, 19), b = integerPoints(ElementType::I1, 0, 1, 23);
  cases.push_back(caseOf("not", {a}, 0, 1));
  for (const char *name : logical)
    cases.push_back(caseOf(name, {a, b}, 0, 1));
  return cases;
}

/// The largest error in units of max(|r|, floor); differing NaNs are infinite.
static double largestError(const Tensor &actual, const Tensor &expected, double floor, int64_t &where) {
  double largest = 0;
  where = 0;
  for (int64_t i = 0; i < expected.elements(); ++i) {
    double a = actual.getDouble(i), e = expected.getDouble(i);
    if (a == e || (std::isnan(a) && std::isnan(e)))
      continue;
    double error = std::abs(a - e) / std::max(std::abs(e), floor);
    // Results below the smallest normal number may be flushed to zero.
    if (std::abs(e) < 1.2e-38 && std::abs(a) < 1.2e-38)
      error = 0;
    if (!(error <= largest)) {
      largest = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
      where = i;
    }
  }
  return largest;
}

std::string snap::judge(const FunctionCase &function, const Tensor &actual) {
  Tensor expected = evaluateKernel(function.run.key, function.run.inputs)[0];
  int64_t where;
  double largest = largestError(actual, expected, function.floor, where);
  std::string name = function.name + "." + toString(function.run.inputs[0].type()), at;
  for (const Tensor &input : function.run.inputs)
    at += " " + std::to_string(input.getDouble(where));
  if (function.bound > 0)
    std::printf("  %-20s error %.2e, bound %.0e, at%s\n", name.c_str(), largest, function.bound, at.c_str());
  if (largest <= function.bound)
    return "";
  return name + " at" + at + ": is " + std::to_string(actual.getDouble(where)) + ", expected " +
         std::to_string(expected.getDouble(where)) + ", error " + std::to_string(largest) + " above " +
         std::to_string(function.bound);
}
