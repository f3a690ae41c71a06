//===- Matmul.cpp - Batched matrix product --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Broadcast.h"
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Gemm.h"
#include "dialects/reference/Runs.h"
#include "dialects/reference/Threads.h"

using namespace snap;
using namespace snap::reference;

static Tensor swapLastTwo(const Tensor &x) {
  std::vector<int64_t> permutation(x.rank());
  for (int64_t i = 0; i < x.rank(); ++i)
    permutation[i] = i;
  std::swap(permutation[x.rank() - 1], permutation[x.rank() - 2]);
  return transpose(x, permutation);
}

Tensor reference::matmul(const Tensor &lhs, const Tensor &rhs, bool transposeLhs, bool transposeRhs) {
  Tensor a = toFloat(transposeLhs ? swapLastTwo(lhs) : lhs), b = toFloat(rhs);
  Shape aBatch(a.shape().begin(), a.shape().end() - 2), bBatch(b.shape().begin(), b.shape().end() - 2);
  int64_t m = a.shape()[a.rank() - 2], k = a.shape()[a.rank() - 1];
  int64_t n = b.shape()[b.rank() - (transposeRhs ? 2 : 1)];
  assert(b.shape()[b.rank() - (transposeRhs ? 1 : 2)] == k && "inner sizes");

  Shape shape = broadcastShape(aBatch, bBatch);
  std::vector<int64_t> aMatrix = broadcastOffsets(aBatch, shape), bMatrix = broadcastOffsets(bBatch, shape);
  shape.insert(shape.end(), {m, n});
  Tensor result(ElementType::F32, shape);
  float *c = result.mutableData<float>();

  int64_t packedFor = -1;
  PackedMatrix packed;
  for (size_t i = 0; i < aMatrix.size(); ++i) {
    if (bMatrix[i] != packedFor) {
      const float *matrix = b.data<float>() + bMatrix[i] * k * n;
      packed = transposeRhs ? packMatrix(matrix, k, n, 1, k) : packMatrix(matrix, k, n, n, 1);
      packedFor = bMatrix[i];
    }
    const float *rows = a.data<float>() + aMatrix[i] * m * k;
    parallelFor(m, double(m) * n * k / 8, [&](int64_t begin, int64_t end) {
      multiply(rows + begin * k, k, end - begin, packed, c + (i * m + begin) * n, n);
    });
  }
  return fromFloat(result, lhs.type());
}
