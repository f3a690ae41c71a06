//===- Resize.cpp - Resampling as ONNX Resize -----------------------------===//
//
// Every dimension by itself: an output element is a weighted sum of one
// (nearest), two (linear) or four (cubic) elements along it. Formulas: ONNX
// operator Resize, version 19.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Runs.h"

#include <algorithm>
#include <cmath>

using namespace snap;
using namespace snap::reference;

/// Where output element `x` lies on the input's axis.
static double inputCoordinate(ResizeCoordinates coordinates, double x, double scale, int64_t size, int64_t outSize) {
  // ONNX counts with the exact, not the rounded size; a scale made from sizes misses it by a rounding error.
  double exactSize = scale * size;
  if (std::fabs(exactSize - outSize) < 1e-6)
    exactSize = outSize;
  switch (coordinates) {
  case ResizeCoordinates::HalfPixel:
    return (x + 0.5) / scale - 0.5;
  case ResizeCoordinates::PytorchHalfPixel:
    return outSize > 1 ? (x + 0.5) / scale - 0.5 : 0;
  case ResizeCoordinates::AlignCorners:
    return exactSize == 1 ? 0 : x * (size - 1) / (exactSize - 1);
  case ResizeCoordinates::Asymmetric:
    return x / scale;
  case ResizeCoordinates::HalfPixelSymmetric: {
    double adjustment = outSize / exactSize, center = size / 2.0;
    return center * (1 - adjustment) + (x + 0.5) / scale - 0.5;
  }
  }
  return 0;
}

static int64_t nearestIndex(ResizeRounding rounding, double x) {
  switch (rounding) {
  case ResizeRounding::RoundPreferFloor:
    return std::ceil(x - 0.5);
  case ResizeRounding::RoundPreferCeil:
    return std::floor(x + 0.5);
  case ResizeRounding::Floor:
    return std::floor(x);
  case ResizeRounding::Ceil:
    return std::ceil(x);
  }
  return 0;
}

namespace {
struct Taps {
  std::vector<int64_t> indices;
  std::vector<double> weights;
};
} // namespace

static Taps tapsAt(const std::string &mode, double x, double a) {
  int64_t floor = std::floor(x);
  double r = x - floor;
  if (mode == "linear")
    return {{floor, floor + 1}, {1 - r, r}};
  // Keys' cubic convolution: |t| <= 1 and 1 < |t| < 2.
  auto near = [a](double t) { return ((a + 2) * t - (a + 3)) * t * t + 1; };
  auto far = [a](double t) { return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a; };
  return {{floor - 1, floor, floor + 1, floor + 2}, {far(r + 1), near(r), near(1 - r), far(2 - r)}};
}

static Tensor resizeNearest(const Tensor &x, const ResizeParams &params, int64_t d, int64_t outSize) {
  int64_t size = x.shape()[d];
  Tensor indices(ElementType::I64, {outSize});
  for (int64_t i = 0; i < outSize; ++i) {
    double at = inputCoordinate(params.coordinates, i, params.scales[d], size, outSize);
    indices.setInt(i, std::clamp<int64_t>(nearestIndex(params.rounding, at), 0, size - 1));
  }
  return gather(x, indices, d);
}

/// Linear or cubic along dimension d of an f32 tensor; elements beyond the border repeat it.
static Tensor resizeSmooth(const std::string &mode, const Tensor &x, const ResizeParams &params, int64_t d,
                           int64_t outSize) {
  int64_t size = x.shape()[d], outer = 1, inner = 1;
  for (int64_t i = 0; i < x.rank(); ++i)
    (i < d ? outer : inner) *= i == d ? 1 : x.shape()[i];
  Shape shape = x.shape();
  shape[d] = outSize;
  Tensor result(ElementType::F32, shape);
  const float *from = x.data<float>();
  float *to = result.mutableData<float>();
  std::vector<double> sums(inner);
  for (int64_t i = 0; i < outSize; ++i) {
    Taps taps = tapsAt(mode, inputCoordinate(params.coordinates, i, params.scales[d], size, outSize), params.cubicA);
    for (int64_t o = 0; o < outer; ++o) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (size_t t = 0; t < taps.indices.size(); ++t) {
        const float *line = from + (o * size + std::clamp<int64_t>(taps.indices[t], 0, size - 1)) * inner;
        for (int64_t j = 0; j < inner; ++j)
          sums[j] += taps.weights[t] * line[j];
      }
      for (int64_t j = 0; j < inner; ++j)
        to[(o * outSize + i) * inner + j] = float(sums[j]);
    }
  }
  return result;
}

Tensor reference::resize(const std::string &mode, const Tensor &x, const ResizeParams &params, const Shape &shape) {
  bool nearest = mode == "nearest";
  Tensor result = nearest ? x : toFloat(x);
  for (int64_t d = 0; d < x.rank(); ++d) {
    if (params.scales[d] == 1 && shape[d] == x.shape()[d])
      continue;
    result = nearest ? resizeNearest(result, params, d, shape[d]) : resizeSmooth(mode, result, params, d, shape[d]);
  }
  return nearest ? result : fromFloat(result, x.type());
}

Tensor reference::upsample(const Tensor &x, int64_t factor, bool nhwc) {
  // [..., H, 1, W, 1, ...] repeated to [..., H, factor, W, factor, ...].
  int64_t first = nhwc ? 1 : 2;
  Shape split, repeated, shape = x.shape();
  for (int64_t d = 0; d < 4; ++d) {
    split.push_back(shape[d]);
    repeated.push_back(shape[d]);
    if (d == first || d == first + 1) {
      split.push_back(1);
      repeated.push_back(factor);
      shape[d] *= factor;
    }
  }
  return broadcast(x.reshaped(split), repeated).reshaped(shape);
}
