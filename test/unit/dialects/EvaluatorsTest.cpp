//===- EvaluatorsTest.cpp - Fast paths against the plainest loops ---------===//
//
// What each operation means is tested in test/interpret; here, that blocking,
// merging of dimensions and threads do not change it at sizes where they set in.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Scalar.h"
#include "targets/KernelFunctions.h"
#include "test/support/Random.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

using namespace snap;

static Tensor randomTensor(std::vector<int64_t> shape, uint64_t seed, ElementType type = ElementType::F32) {
  Tensor result(type, std::move(shape));
  test::Random random(seed);
  for (int64_t i = 0; i < result.elements(); ++i)
    result.set(i, random.unit() * (type == ElementType::F32 || type == ElementType::F16 ? 1 : 100));
  return result;
}

/// The index of a row-major position.
static int64_t flat(const std::vector<int64_t> &index, const std::vector<int64_t> &shape) {
  int64_t result = 0;
  for (size_t d = 0; d < shape.size(); ++d)
    result = result * shape[d] + index[d];
  return result;
}

template <typename Visit> static void forIndices(const std::vector<int64_t> &shape, Visit visit) {
  std::vector<int64_t> index(shape.size(), 0);
  Tensor count(ElementType::I1, shape);
  for (int64_t i = 0; i < count.elements(); ++i) {
    visit(i, index);
    for (size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d])
        break;
      index[d] = 0;
    }
  }
}

TEST(Transpose, EveryPermutationOfFourDimensions) {
  for (ElementType type : {ElementType::U8, ElementType::F16, ElementType::F32, ElementType::I64}) {
    Tensor x = randomTensor({5, 18, 3, 21}, 1, type);
    std::vector<int64_t> permutation{0, 1, 2, 3};
    do {
      Tensor y = reference::transpose(x, permutation);
      forIndices(y.shape(), [&](int64_t i, const std::vector<int64_t> &index) {
        std::vector<int64_t> from(4);
        for (int d = 0; d < 4; ++d)
          from[permutation[d]] = index[d];
        ASSERT_EQ(y.getDouble(i), x.getDouble(flat(from, x.shape())));
      });
    } while (std::next_permutation(permutation.begin(), permutation.end()));
  }
}

// Large enough for threads: one plane, then many.
TEST(Transpose, LargePlanes) {
  Tensor x = randomTensor({1031, 1027}, 2);
  Tensor y = reference::transpose(x, {1, 0});
  for (int64_t i = 0; i < 1027; ++i)
    for (int64_t j = 0; j < 1031; ++j)
      ASSERT_EQ(y.data<float>()[i * 1031 + j], x.data<float>()[j * 1027 + i]);
  Tensor z = reference::transpose(x.reshaped({1031, 13, 79}), {1, 2, 0});
  for (int64_t i = 0; i < 1031 * 1027; ++i)
    ASSERT_EQ(z.data<float>()[i], y.data<float>()[i]);
}

TEST(Binary, BroadcastsAnyDimensions) {
  std::vector<int64_t> full{3, 4, 5, 600};
  for (int64_t lhsMask = 0; lhsMask < 16; ++lhsMask) {
    std::vector<int64_t> lhs = full, rhs = full;
    for (int d = 0; d < 4; ++d)
      ((lhsMask >> d) & 1 ? lhs : rhs)[d] = 1;
    Tensor a = randomTensor(lhs, 3), b = randomTensor(rhs, 4);
    Tensor sum = reference::binary("add", a, b), largest = reference::binary("max", a, b);
    ASSERT_EQ(sum.shape(), full);
    forIndices(full, [&](int64_t i, std::vector<int64_t> index) {
      auto at = [&](const Tensor &x) {
        std::vector<int64_t> own = index;
        for (int d = 0; d < 4; ++d)
          own[d] = x.shape()[d] == 1 ? 0 : own[d];
        return float(x.getDouble(flat(own, x.shape())));
      };
      ASSERT_EQ(sum.data<float>()[i], at(a) + at(b));
      ASSERT_EQ(largest.data<float>()[i], std::max(at(a), at(b)));
    });
  }
}

TEST(Matmul, MatchesDoubleSums) {
  // Tails in every direction, more than one block of the sum, enough work for threads.
  int64_t m = 133, k = 517, n = 51;
  Tensor a = randomTensor({m, k}, 5), b = randomTensor({k, n}, 6);
  Tensor c = reference::matmul(a, b);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l)
        sum += a.getDouble(i * k + l) * b.getDouble(l * n + j);
      ASSERT_NEAR(c.getDouble(i * n + j), sum, 4e-5);
    }
  // The same bits whichever way the operands are stored.
  Tensor at = reference::transpose(a, {1, 0}), bt = reference::transpose(b, {1, 0});
  Tensor d = reference::matmul(at, bt, true, true);
  for (int64_t i = 0; i < m * n; ++i)
    ASSERT_EQ(c.data<float>()[i], d.data<float>()[i]);
}

TEST(Conv2d, MatchesDoubleSums) {
  reference::ConvParams p;
  p.strides = {2, 1};
  p.pads = {1, 2, 0, 1};
  p.dilations = {1, 2};
  p.groups = 3;
  Tensor x = randomTensor({2, 6, 7, 8}, 7), w = randomTensor({9, 2, 3, 2}, 8);
  Tensor y = reference::conv2d(x, w, p);
  std::vector<int64_t> expected{2, 9, 3, 9};
  ASSERT_EQ(y.shape(), expected);
  forIndices(y.shape(), [&](int64_t i, const std::vector<int64_t> &o) {
    double sum = 0;
    forIndices({2, 3, 2}, [&](int64_t, const std::vector<int64_t> &k) {
      int64_t row = o[2] * 2 - 1 + k[1], column = o[3] - 2 + k[2] * 2;
      if (row >= 0 && row < 7 && column >= 0 && column < 8)
        sum += x.getDouble(flat({o[0], o[1] / 3 * 2 + k[0], row, column}, x.shape())) *
               w.getDouble(flat({o[1], k[0], k[1], k[2]}, w.shape()));
    });
    ASSERT_NEAR(y.getDouble(i), sum, 1e-5);
  });
  p.nhwc = true;
  Tensor z = reference::transpose(reference::conv2d(reference::transpose(x, {0, 2, 3, 1}), w, p), {0, 3, 1, 2});
  for (int64_t i = 0; i < y.elements(); ++i)
    ASSERT_EQ(z.getDouble(i), y.getDouble(i));
}

// The key's names, the dialect's and the evaluators' are one vocabulary.
TEST(Scalar, TablesHoldEveryName) {
  std::set<std::string> unary, binary;
  for (const auto &row : reference::unaryTable())
    unary.insert(row.name);
  for (const auto &row : reference::binaryTable())
    binary.insert(row.name);
  EXPECT_EQ(unary, std::set<std::string>(unaryFunctions().begin(), unaryFunctions().end()));
  EXPECT_EQ(binary, std::set<std::string>(binaryFunctions().begin(), binaryFunctions().end()));
}
