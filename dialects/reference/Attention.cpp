//===- Attention.cpp - softmax(scale q k^T + mask) v ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Broadcast.h"
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Gemm.h"
#include "dialects/reference/Runs.h"
#include "dialects/reference/Threads.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace snap;
using namespace snap::reference;

static constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// Scores to weights that sum to 1, or to all 0 where no key counts. `mask`, if
/// any, has a row's elements `maskStep` apart; keys from `keys` on do not count.
static void weighKeys(float *scores, int64_t count, double scale, const float *mask, int64_t maskStep, int64_t keys,
                      std::vector<double> &row) {
  double largest = kMinusInfinity, sum = 0;
  for (int64_t j = 0; j < count; ++j) {
    row[j] = j < keys ? scores[j] * scale + (mask ? mask[j * maskStep] : 0.0f) : kMinusInfinity;
    largest = std::max(largest, row[j]);
  }
  if (largest == kMinusInfinity) {
    std::fill_n(scores, count, 0.0f);
    return;
  }
  for (int64_t j = 0; j < count; ++j)
    sum += row[j] = std::exp(row[j] - largest);
  for (int64_t j = 0; j < count; ++j)
    scores[j] = float(row[j] / sum);
}

Tensor reference::attention(const Tensor &query, const Tensor &key, const Tensor &value, const Tensor *mask,
                            int64_t heads, double scale, bool causal) {
  Tensor q = toFloat(query), k = toFloat(key), v = toFloat(value), m = mask ? toFloat(*mask) : Tensor();
  int64_t batch = q.shape()[0], queries = q.shape()[1], keys = k.shape()[1];
  int64_t width = q.shape()[2], valueWidth = v.shape()[2], d = width / heads, e = valueWidth / heads;
  std::vector<int64_t> maskStrides(4, 0);
  if (mask)
    maskStrides = broadcastStrides(m.shape(), {batch, heads, queries, keys});
  Tensor result(ElementType::F32, {batch, queries, valueWidth});
  float *out = result.mutableData<float>();

  for (int64_t b = 0; b < batch; ++b)
    for (int64_t h = 0; h < heads; ++h) {
      PackedMatrix keysOfHead = packMatrix(k.data<float>() + b * keys * width + h * d, d, keys, 1, width);
      PackedMatrix valuesOfHead = packMatrix(v.data<float>() + b * keys * valueWidth + h * e, keys, e, valueWidth, 1);
      parallelFor(queries, double(queries) * keys * ((d + e) / 8.0 + 10), [&](int64_t begin, int64_t end) {
        std::vector<double> row(keys);
        constexpr int64_t kRows = 16; // score rows held at a time
        std::vector<float> scores(kRows * keys);
        for (int64_t first = begin; first < end; first += kRows) {
          int64_t rows = std::min(kRows, end - first);
          multiply(q.data<float>() + (b * queries + first) * width + h * d, width, rows, keysOfHead, scores.data(),
                   keys);
          for (int64_t r = 0; r < rows; ++r) {
            int64_t i = first + r;
            const float *maskRow =
                mask ? m.data<float>() + b * maskStrides[0] + h * maskStrides[1] + i * maskStrides[2] : nullptr;
            weighKeys(scores.data() + r * keys, keys, scale, maskRow, maskStrides[3],
                      causal ? i + keys - queries + 1 : keys, row);
          }
          multiply(scores.data(), keys, rows, valuesOfHead, out + (b * queries + first) * valueWidth + h * e,
                   valueWidth);
        }
      });
    }
  return fromFloat(result, query.type());
}
