//===- ResizeKernel.cpp - Nearest, linear and cubic resampling ------------===//
//
// Which elements an output coordinate reads, and with which weights, depends
// on the key alone: it is worked out here as ONNX's Resize (opset 18, without
// antialiasing) defines it, in f64, and becomes tables in the kernel.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/Schedules.h"

#include <algorithm>
#include <cmath>

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

namespace {
/// What the outputs along one dimension read.
struct Taps {
  int count = 1;
  std::vector<int32_t> indices; // [output][tap], inside the input
  std::vector<float> weights;
};

struct Axis {
  int64_t in, out;
  double scale;
  ResizeCoordinates coordinates;
};
} // namespace

/// An output coordinate in input coordinates.
static double sourceOf(const Axis &axis, int64_t at) {
  switch (axis.coordinates) {
  case ResizeCoordinates::HalfPixel:
    return (at + 0.5) / axis.scale - 0.5;
  case ResizeCoordinates::PytorchHalfPixel:
    return axis.out > 1 ? (at + 0.5) / axis.scale - 0.5 : 0;
  case ResizeCoordinates::AlignCorners: {
    // ONNX's corner is that of the exact width, before it is rounded down; a
    // scale made from sizes misses it by a rounding error.
    double width = axis.scale * axis.in;
    if (std::abs(width - axis.out) < 1e-6)
      width = static_cast<double>(axis.out);
    return width == 1 ? 0 : at * static_cast<double>(axis.in - 1) / (width - 1);
  }
  case ResizeCoordinates::Asymmetric:
    return at / axis.scale;
  case ResizeCoordinates::HalfPixelSymmetric: {
    double adjustment = static_cast<double>(axis.out) / (axis.scale * axis.in);
    double center = static_cast<double>(axis.in) / 2;
    return center * (1 - adjustment) + (at + 0.5) / axis.scale - 0.5;
  }
  }
  return 0;
}

static double rounded(double value, ResizeRounding rounding) {
  switch (rounding) {
  case ResizeRounding::RoundPreferFloor:
    return std::ceil(value - 0.5);
  case ResizeRounding::RoundPreferCeil:
    return std::floor(value + 0.5);
  case ResizeRounding::Floor:
    return std::floor(value);
  case ResizeRounding::Ceil:
    return std::ceil(value);
  }
  return value;
}

/// Keys' cubic convolution kernel at distance `t` (1981), parameter `a`.
static double cubic(double t, double a) {
  t = std::abs(t);
  if (t <= 1)
    return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

static Taps tapsOf(const Axis &axis, const KernelKey &key) {
  Taps taps;
  taps.count = key.fn == "nearest" ? 1 : key.fn == "linear" ? 2 : 4;
  auto rounding = static_cast<ResizeRounding>(key.getInt("rounding", 0));
  double a = key.getFloat("cubic_a", -0.75);
  for (int64_t at = 0; at < axis.out; ++at) {
    double source = sourceOf(axis, at);
    double base = taps.count == 1 ? rounded(source, rounding) : std::floor(source) - (taps.count == 4);
    for (int tap = 0; tap < taps.count; ++tap) {
      double distance = source - (base + tap);
      double weight = taps.count == 1 ? 1 : taps.count == 2 ? 1 - std::abs(distance) : cubic(distance, a);
      taps.indices.push_back(static_cast<int32_t>(std::clamp(base + tap, 0.0, static_cast<double>(axis.in - 1))));
      taps.weights.push_back(static_cast<float>(weight));
    }
  }
  return taps;
}

template <typename T> static Buffer<T> table(const std::vector<T> &values, int count, const char *name) {
  int outputs = static_cast<int>(values.size()) / count;
  Buffer<T> buffer(std::vector<int>{count, outputs}, name);
  for (int i = 0; i < outputs; ++i)
    for (int tap = 0; tap < count; ++tap)
      buffer(tap, i) = values[i * count + tap];
  return buffer;
}

void snap::buildResize(KernelBuilder &b) {
  const std::vector<double> &scales = b.key.floats.at("scales");
  auto coordinates = static_cast<ResizeCoordinates>(b.key.getInt("coordinates", 0));

  // One more dimension at a time: `read` maps coordinates to a value, at first
  // the input's, then with dimension after dimension in output coordinates.
  std::function<HExpr(std::vector<HExpr>)> read = [&b](const std::vector<HExpr> &at) { return b.loadRoot(at); };
  int64_t work = 1;
  for (int d = 0; d < b.outRank(); ++d) {
    Axis axis = {b.extent(0, d), b.outExtent(d), scales[scales.size() - 1 - d], coordinates};
    Taps taps = tapsOf(axis, b.key);
    bool identity = axis.in == axis.out, repeats = taps.count == 1 && axis.out % axis.in == 0;
    for (int64_t i = 0; i < axis.out; ++i)
      for (int tap = 0; tap < taps.count; ++tap) {
        identity &= taps.weights[i * taps.count + tap] == 0 || taps.indices[i * taps.count + tap] == i;
        repeats &= taps.indices[i * taps.count + tap] == i / std::max<int64_t>(1, axis.out / axis.in);
      }
    if (identity)
      continue;
    auto inner = read;
    if (repeats) { // an upsampling by a whole factor
      int factor = static_cast<int>(axis.out / axis.in);
      read = [inner, d, factor](std::vector<HExpr> at) {
        at[d] = at[d] / factor;
        return inner(at);
      };
      continue;
    }
    std::string suffix = std::to_string(d);
    Buffer<int32_t> indices = table(taps.indices, taps.count, ("indices" + suffix).c_str());
    Buffer<float> weights = table(taps.weights, taps.count, ("weights" + suffix).c_str());
    int count = taps.count, last = static_cast<int>(axis.in) - 1;
    work *= count;
    read = [=](const std::vector<HExpr> &at) {
      HExpr sum;
      for (int tap = 0; tap < count; ++tap) {
        std::vector<HExpr> moved = at;
        moved[d] = clamp(indices(tap, at[d]), 0, last);
        HExpr value = inner(moved);
        if (count > 1) {
          value = cast<float>(value) * weights(tap, at[d]);
          sum = sum.defined() ? sum + value : value;
        } else {
          sum = value;
        }
      }
      return sum;
    };
  }
  b.storeOutput(read(std::vector<HExpr>(b.vars.begin(), b.vars.end())));
  scheduleOutput(b, work);
}
