//===- Norm.cpp - Group, layer and RMS normalization ----------------------===//
//
// Statistics in double, two passes: the mean, then the variance about it.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Runs.h"

#include <cmath>

using namespace snap;
using namespace snap::reference;

static std::vector<double> toDoubles(const Tensor &x) {
  std::vector<double> result(x.elements());
  loadRun(x, 0, 1, x.elements(), result.data());
  return result;
}

namespace {
struct Moments {
  double mean, inverseDeviation;
};
} // namespace

/// Of the values and `zeros` zeros beside them.
static Moments momentsOf(const std::vector<double> &values, double epsilon, int64_t zeros = 0) {
  double sum = 0, squares = 0, count = double(values.size()) + double(zeros);
  for (double value : values)
    sum += value;
  double mean = sum / count;
  for (double value : values)
    squares += (value - mean) * (value - mean);
  squares += double(zeros) * mean * mean;
  return {mean, 1 / std::sqrt(squares / count + epsilon)};
}

/// Of a group's channels, from a mean and a sum of squared deviations of each over `positions`.
static Moments momentsOf(const double *means, const double *squares, int64_t channels, int64_t positions,
                         double epsilon, int64_t zeros) {
  double sum = 0, spread = 0, count = double(channels * positions) + double(zeros);
  for (int64_t c = 0; c < channels; ++c)
    sum += means[c] * double(positions);
  double mean = sum / count;
  for (int64_t c = 0; c < channels; ++c)
    spread += squares[c] + double(positions) * (means[c] - mean) * (means[c] - mean);
  spread += double(zeros) * mean * mean;
  return {mean, 1 / std::sqrt(spread / count + epsilon)};
}

Tensor reference::groupNorm(const Tensor &x, const Tensor &scale, const Tensor &bias, const GroupNormParams &params) {
  int64_t batch = x.shape()[0], channels = params.nhwc ? x.shape().back() : x.shape()[1];
  int64_t positions = batch && channels ? x.elements() / (batch * channels) : 0;
  std::vector<double> scales = toDoubles(scale), biases = toDoubles(bias);
  Tensor result(x.type(), x.shape());
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t g = 0, begin = 0; g < params.groups; ++g) {
      int64_t size = params.sizes.empty() ? channels / params.groups : params.sizes[g];
      int64_t zeros = params.counted ? (params.counted - size) * positions : 0;
      // A group is `runs` contiguous stretches of `length` elements, `step` apart.
      int64_t runs = params.nhwc ? positions : 1, length = params.nhwc ? size : size * positions;
      int64_t step = params.nhwc ? channels : 0;
      int64_t first = n * channels * positions + (params.nhwc ? begin : begin * positions);
      std::vector<double> values(runs * length);
      for (int64_t r = 0; r < runs; ++r)
        loadRun(x, first + r * step, 1, length, values.data() + r * length);
      const double *given = params.moments.empty() ? nullptr : &params.moments[n * 2 * channels + begin];
      Moments moments = given ? momentsOf(given, given + channels, size, positions, params.epsilon, zeros)
                              : momentsOf(values, params.epsilon, zeros);
      for (size_t i = 0; i < values.size(); ++i) {
        int64_t channel = begin + (params.nhwc ? i % size : i / positions);
        values[i] = (values[i] - moments.mean) * moments.inverseDeviation * scales[channel] + biases[channel];
      }
      for (int64_t r = 0; r < runs; ++r)
        storeRun(values.data() + r * length, length, result, first + r * step);
      begin += size;
    }
  return result;
}

/// Elements of one row of a norm over the dimensions from `axis` on.
static int64_t tailSize(const Tensor &x, int64_t axis) {
  int64_t size = 1;
  for (int64_t d = axis; d < x.rank(); ++d)
    size *= x.shape()[d];
  return size;
}

Tensor reference::layerNorm(const Tensor &x, const Tensor *scale, const Tensor *bias, int64_t axis, double epsilon) {
  int64_t size = tailSize(x, axis);
  std::vector<double> values(size), scales(size, 1.0), biases(size, 0.0);
  if (scale)
    scales = toDoubles(*scale);
  if (bias)
    biases = toDoubles(*bias);
  Tensor result(x.type(), x.shape());
  for (int64_t first = 0; first < x.elements(); first += size) {
    loadRun(x, first, 1, size, values.data());
    Moments moments = momentsOf(values, epsilon);
    for (int64_t i = 0; i < size; ++i)
      values[i] = (values[i] - moments.mean) * moments.inverseDeviation * scales[i] + biases[i];
    storeRun(values.data(), size, result, first);
  }
  return result;
}

Tensor reference::rmsNorm(const Tensor &x, const Tensor &scale, int64_t axis, double epsilon) {
  int64_t size = tailSize(x, axis);
  std::vector<double> values(size), scales = toDoubles(scale);
  Tensor result(x.type(), x.shape());
  for (int64_t first = 0; first < x.elements(); first += size) {
    loadRun(x, first, 1, size, values.data());
    double squares = 0;
    for (double value : values)
      squares += value * value;
    double inverse = 1 / std::sqrt(squares / size + epsilon);
    for (int64_t i = 0; i < size; ++i)
      values[i] *= inverse * scales[i];
    storeRun(values.data(), size, result, first);
  }
  return result;
}
