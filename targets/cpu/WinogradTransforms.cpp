//===- WinogradTransforms.cpp - The transforms of Winograd kernels --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/WinogradTransforms.h"

using namespace snap;
using HExpr = Halide::Expr;
using Matrix = WinogradTransforms::Matrix;

// B^T and A^T at the interpolation points 0, 1, -1, (2, -2) and infinity.
static const Matrix inputF4 = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                               {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
static const Matrix outputF4 = {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}};
static const Matrix inputF2 = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
static const Matrix outputF2 = {{1, 1, 1, 0}, {0, 1, -1, -1}};

// At 0, 5/8, -5/8, 3/2, -3/2 and infinity, for weights in f16. Of all points these are within 1 % of the
// least growth of rounding (docs/decisions/0015-f16-arithmetic.md), and all coefficients are f16 numbers.
// Rows are divided by 4, 4, 4, 2, 2 and 4, and the weight's multiplied, so that transformed inputs are at
// most 3.1 times the input, and transformed weights 0.5 to 21 times the filter's, far from f16's subnormal numbers.
static const Matrix inputHalfF4 = {
    {225 / 1024.f, 0, -169 / 256.f, 0, 1 / 4.f, 0},     {0, -45 / 128.f, -9 / 16.f, 5 / 32.f, 1 / 4.f, 0},
    {0, 45 / 128.f, -9 / 16.f, -5 / 32.f, 1 / 4.f, 0},  {0, -75 / 256.f, -25 / 128.f, 3 / 4.f, 1 / 2.f, 0},
    {0, 75 / 256.f, -25 / 128.f, -3 / 4.f, 1 / 2.f, 0}, {0, 225 / 1024.f, 0, -169 / 256.f, 0, 1 / 4.f}};
static const Matrix outputHalfF4 = {{1, 1, 1, 1, 1, 0},
                                    {0, 5 / 8.f, -5 / 8.f, 3 / 2.f, -3 / 2.f, 0},
                                    {0, 25 / 64.f, 25 / 64.f, 9 / 4.f, 9 / 4.f, 0},
                                    {0, 125 / 512.f, -125 / 512.f, 27 / 8.f, -27 / 8.f, 1}};

WinogradTransforms snap::winogradTransforms(const KernelKey &key) {
  if (key.algorithm == Algorithm::Winograd2)
    return {2, false, 4, 2, inputF2, outputF2, false};
  if (key.getInt("upsample", 1) != 2) {
    if (key.inputs[1].type == ElementType::F16)
      return {4, false, 6, 4, inputHalfF4, outputHalfF4, true};
    return {4, false, 6, 4, inputF4, outputF4, false};
  }
  WinogradTransforms t = {4, true, 4, 2, {}, Matrix(4), false};
  for (int point : {0, 1, 3, 4, 5}) {
    std::vector<float> row(t.reach, 0);
    for (int i = 0; i < 6; ++i)
      row[(i + 1) / 2] += inputF4[point][i];
    t.input.push_back(row);
    for (int i = 0; i < 4; ++i)
      t.output[i].push_back(outputF4[i][point]);
  }
  return t;
}

/// The sum of values times a row of a transform.
static HExpr combine(const std::vector<float> &row, const std::vector<HExpr> &values) {
  HExpr sum;
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] == 0)
      continue;
    HExpr term = row[i] == 1    ? values[i]
                 : row[i] == -1 ? -values[i]
                                : values[i] * Halide::Internal::make_const(values[i].type(), row[i]);
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

static std::vector<HExpr> multiply(const Matrix &matrix, const std::vector<HExpr> &values) {
  std::vector<HExpr> products;
  for (const auto &row : matrix)
    products.push_back(combine(row, values));
  return products;
}

std::vector<HExpr> WinogradTransforms::transformInput(const std::vector<HExpr> &values) const {
  if (!factored)
    return multiply(input, values);
  // The rows of a and -a are alike in the even columns, of opposite sign in the odd ones.
  std::vector<HExpr> transformed;
  for (int point = 0; point < points(); ++point) {
    if (point == 0 || point == points() - 1) {
      transformed.push_back(combine(input[point], values));
      continue;
    }
    std::vector<float> even = input[point], odd = even;
    for (int i = 0; i < reach; ++i)
      (i % 2 ? even : odd)[i] = 0;
    HExpr evenSum = combine(even, values), oddSum = combine(odd, values);
    transformed.push_back(evenSum + oddSum);
    transformed.push_back(evenSum - oddSum);
    ++point;
  }
  return transformed;
}

std::vector<HExpr> WinogradTransforms::transformOutput(const std::vector<HExpr> &products) const {
  if (!factored)
    return multiply(output, products);
  // Even powers of a and -a are the same, odd ones of opposite sign.
  std::vector<HExpr> sums = products, differences = products;
  Matrix rows = output;
  for (int point = 1; point + 1 < points(); point += 2) {
    sums[point] = products[point] + products[point + 1];
    differences[point] = products[point] - products[point + 1];
    for (auto &row : rows)
      row[point + 1] = 0;
  }
  std::vector<HExpr> results;
  for (int i = 0; i < tile; ++i)
    results.push_back(combine(rows[i], i % 2 ? differences : sums));
  return results;
}
