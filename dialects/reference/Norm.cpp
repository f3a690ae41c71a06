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

static Moments momentsOf(const std::vector<double> &values, double epsilon) {
  double sum = 0, squares = 0;
  for (double value : values)
    sum += value;
  double mean = sum / values.size();
  for (double value : values)
    squares += (value - mean) * (value - mean);
  return {mean, 1 / std::sqrt(squares / values.size() + epsilon)};
}

Tensor reference::groupNorm(const Tensor &x, const Tensor &scale, const Tensor &bias, int64_t groups, double epsilon,
                            bool nhwc) {
  int64_t batch = x.shape()[0], channels = nhwc ? x.shape().back() : x.shape()[1];
  int64_t positions = batch && channels ? x.elements() / (batch * channels) : 0, perGroup = channels / groups;
  std::vector<double> scales = toDoubles(scale), biases = toDoubles(bias);
  Tensor result(x.type(), x.shape());
  // A group is `runs` contiguous stretches of `length` elements, `step` apart.
  int64_t runs = nhwc ? positions : 1, length = nhwc ? perGroup : perGroup * positions, step = nhwc ? channels : 0;
  std::vector<double> values(runs * length);
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t g = 0; g < groups; ++g) {
      int64_t first = n * channels * positions + g * length;
      for (int64_t r = 0; r < runs; ++r)
        loadRun(x, first + r * step, 1, length, values.data() + r * length);
      Moments moments = momentsOf(values, epsilon);
      for (size_t i = 0; i < values.size(); ++i) {
        int64_t channel = g * perGroup + (nhwc ? i % perGroup : i / positions);
        values[i] = (values[i] - moments.mean) * moments.inverseDeviation * scales[channel] + biases[channel];
      }
      for (int64_t r = 0; r < runs; ++r)
        storeRun(values.data() + r * length, length, result, first + r * step);
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
