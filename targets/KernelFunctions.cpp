//===- KernelFunctions.cpp - The elementwise vocabulary -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelFunctions.h"

#include <algorithm>

using namespace snap;

const std::vector<std::string> &snap::unaryFunctions() {
  static const std::vector<std::string> names = {
      "abs",    "acos", "acosh", "asin", "asinh",      "atan", "atanh",      "bit_not",   "ceil",
      "cos",    "cosh", "erf",   "exp",  "floor",      "gelu", "gelu_quick", "gelu_tanh", "is_inf",
      "is_nan", "log",  "neg",   "not",  "reciprocal", "relu", "round",      "rsqrt",     "sigmoid",
      "sign",   "silu", "sin",   "sinh", "softplus",   "sqrt", "square",     "tan",       "tanh"};
  return names;
}

const std::vector<std::string> &snap::binaryFunctions() {
  static const std::vector<std::string> names = {
      "add",     "and",           "bit_and",    "bit_or",      "bit_xor", "div", "equal", "fmod",
      "greater", "greater_equal", "less",       "less_equal",  "max",     "min", "mod",   "mul",
      "or",      "pow",           "shift_left", "shift_right", "sub",     "xor"};
  return names;
}

static bool contains(const std::vector<std::string> &names, const std::string &name) {
  return std::binary_search(names.begin(), names.end(), name);
}

bool snap::isUnaryFunction(const std::string &name) { return contains(unaryFunctions(), name); }
bool snap::isBinaryFunction(const std::string &name) { return contains(binaryFunctions(), name); }
