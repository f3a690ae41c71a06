//===- WinogradTransforms.cpp - The transforms of Winograd kernels --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/WinogradTransforms.h"

#include "targets/WinogradMatrices.h"

using namespace snap;
using HExpr = Halide::Expr;
using Matrix = WinogradTransforms::Matrix;

WinogradTransforms snap::winogradTransforms(const KernelKey &key) {
  const WinogradMatrices m = winogradMatrices(key);
  const int tile = static_cast<int>(m.tile), points = static_cast<int>(m.points);
  const bool upsample = key.getInt("upsample", 1) == 2;
  WinogradTransforms t = {tile, upsample, upsample ? 4 : points, upsample ? 2 : tile, {}, Matrix(m.tile), false};
  // In f32 that saves 1 to 2 % of arm64's instructions and no time on x86-64.
  t.factored = tile == 4 && !upsample && key.inputs[1].type == ElementType::F16;
  for (int point = 0; point < points; ++point) {
    if (upsample && point == 2) // of an image enlarged twice: always zero
      continue;
    std::vector<float> row(t.reach, 0);
    for (int i = 0; i < points; ++i) // two rows of the enlarged image are one of the source
      row[upsample ? (i + 1) / 2 : i] += static_cast<float>(m.input[point * points + i]);
    t.input.push_back(row);
    for (int i = 0; i < tile; ++i)
      t.output[i].push_back(static_cast<float>(m.output[i * points + point]));
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
