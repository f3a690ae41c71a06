//===- EmitSample.cpp - Resampling and pooling ----------------------------===//
//
// Resizing is separable: along each resized dimension an output is a weighted
// sum of one, two or four inputs. Which and how much is worked out here, in
// double, and goes along as a table: f32 on the GPU would round ties the other way.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitPointwise.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

//===----------------------------------------------------------------------===//
// Resize. Formulas: ONNX operator Resize, version 19.
//===----------------------------------------------------------------------===//

namespace {
/// One dimension: sizes and scale.
struct Axis {
  int64_t in, out;
  double scale;
};
} // namespace

static double sourceOf(const Axis &axis, ResizeCoordinates coordinates, double x) {
  auto in = static_cast<double>(axis.in), out = static_cast<double>(axis.out);
  // A scale made from the sizes misses the output's by a rounding error.
  double exact = axis.scale * in;
  if (std::fabs(exact - out) < 1e-6)
    exact = out;
  switch (coordinates) {
  case ResizeCoordinates::PytorchHalfPixel:
    return axis.out > 1 ? (x + 0.5) / axis.scale - 0.5 : 0;
  case ResizeCoordinates::AlignCorners:
    return exact == 1 ? 0 : x * (in - 1) / (exact - 1);
  case ResizeCoordinates::Asymmetric:
    return x / axis.scale;
  case ResizeCoordinates::HalfPixelSymmetric:
    return in / 2 * (1 - out / exact) + (x + 0.5) / axis.scale - 0.5;
  case ResizeCoordinates::HalfPixel:
    break;
  }
  return (x + 0.5) / axis.scale - 0.5;
}

static double rounded(ResizeRounding rounding, double x) {
  switch (rounding) {
  case ResizeRounding::RoundPreferFloor:
    return std::ceil(x - 0.5);
  case ResizeRounding::RoundPreferCeil:
    return std::floor(x + 0.5);
  case ResizeRounding::Floor:
    return std::floor(x);
  case ResizeRounding::Ceil:
    break;
  }
  return std::ceil(x);
}

/// Keys' cubic convolution at distance t.
static double cubic(double t, double a) {
  t = std::fabs(t);
  return t <= 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
}

static int tapCount(const std::string &mode) { return mode == "nearest" ? 1 : mode == "linear" ? 2 : 4; }

/// {index, weight's bits} of every tap of every output along the axis.
static std::vector<int32_t> tapsOf(const Axis &axis, const KernelKey &key) {
  auto coordinates = static_cast<ResizeCoordinates>(key.getInt("coordinates", 0));
  auto rounding = static_cast<ResizeRounding>(key.getInt("rounding", 0));
  std::vector<int32_t> table;
  for (int64_t i = 0; i < axis.out; ++i) {
    double at = sourceOf(axis, coordinates, static_cast<double>(i));
    int count = tapCount(key.fn);
    double first = count == 1 ? rounded(rounding, at) : std::floor(at) - (count == 4);
    for (int tap = 0; tap < count; ++tap) {
      double index = first + tap, distance = at - index;
      auto weight = static_cast<float>(count == 1   ? 1
                                       : count == 2 ? 1 - std::fabs(distance)
                                                    : cubic(distance, key.getFloat("cubic_a", -0.75)));
      int32_t bits;
      std::memcpy(&bits, &weight, sizeof bits);
      table.push_back(static_cast<int32_t>(std::clamp(index, 0.0, static_cast<double>(axis.in - 1))));
      table.push_back(bits);
    }
  }
  return table;
}

/// The weighted sum over the taps of the resized dimensions, a loop each.
static void writeTaps(MslWriter &w, const PointwiseEmitter &emitter, const std::vector<size_t> &resized, int count,
                      const Value &element) {
  std::string weight;
  for (size_t i = 0; i < resized.size(); ++i) {
    MslWriter::Words words = {{"d", std::to_string(resized[i])}, {"count", std::to_string(count)}};
    w.write("for (uint t$d = 0; t$d < $count; ++t$d) {\n"
            "constant int *tap$d = taps + p.root[$d] + (c$d * $count + t$d) * 2;\nconst uint s$d = uint(tap$d[0]);",
            words);
    weight += " * as_type<float>(tap" + std::to_string(resized[i]) + "[1])";
  }
  Value value = emitter.withPrologue(w, element, "r");
  w.write("acc += " + value.text + weight + ";");
  for (size_t i = 0; i < resized.size(); ++i)
    w.write("}");
}

bool metal::emitResize(Emission &e) {
  PointwiseEmitter emitter(e);
  const TensorSpec &x = e.key.inputs[0], &out = e.key.outputs[0];
  const std::vector<double> &scales = e.key.floats.at("scales");
  size_t operand = emitter.space.add(stridesAlong(x, x.shape));
  std::vector<size_t> resized;
  std::vector<int32_t> table;
  for (size_t d = 0; d < x.shape.size(); ++d) {
    if (scales[d] == 1 && out.shape[d] == x.shape[d])
      continue;
    resized.push_back(d);
    emitter.params.root[d] = static_cast<int>(table.size());
    std::vector<int32_t> taps = tapsOf({x.shape[d], out.shape[d], scales[d]}, e.key);
    table.insert(table.end(), taps.begin(), taps.end());
  }
  emitter.f.input("x", e.key, 0);
  if (!resized.empty())
    emitter.f.constants("taps", "int", {reinterpret_cast<const char *>(table.data()), table.size() * 4}, false);
  std::string stem = "resize_" + e.key.fn;
  for (size_t d : resized)
    stem += "_" + std::to_string(d);
  return emitter.finish(stem, [&](MslWriter &w) {
    for (size_t d = 0; d < x.shape.size(); ++d)
      if (std::find(resized.begin(), resized.end(), d) == resized.end())
        w.write("const uint s$d = c$d;", {{"d", std::to_string(d)}});
    std::string element = "x[" + emitter.space.offset(operand, "s", "p.space") + "]";
    if (e.key.fn == "nearest") {
      for (size_t d : resized)
        w.write("const uint s$d = uint(taps[p.root[$d] + c$d * 2]);", {{"d", std::to_string(d)}});
      return emitter.withPrologue(w, emitter.named(w, loaded(element, x.type), "acc"), "r");
    }
    w.write("float acc = 0.0f;");
    writeTaps(w, emitter, resized, tapCount(e.key.fn), loaded(element, x.type));
    return Value{"acc", ElementType::F32};
  });
}

//===----------------------------------------------------------------------===//
// Pool
//===----------------------------------------------------------------------===//

static const char *const poolWindow = R"(
float acc = $start;
for (int ky = 0; ky < p.root[0]; ++ky)
  for (int kx = 0; kx < p.root[1]; ++kx) {
    const int s1 = int(c1) * p.root[2] - p.root[4] + ky * p.root[6];
    const int s2 = int(c2) * p.root[3] - p.root[5] + kx * p.root[7];
    if (s1 < 0 || s1 >= p.root[8] || s2 < 0 || s2 >= p.root[9])
      continue;
    $prologue
    const float element = $element;
    acc = $step;
    $count
  }
)";

bool metal::emitPool(Emission &e) {
  PointwiseEmitter emitter(e);
  const TensorSpec &x = e.key.inputs[0];
  size_t operand = emitter.space.add(stridesOf(x));
  auto set = [&](int at, const List &values, size_t count) {
    for (size_t i = 0; i < count; ++i)
      emitter.params.root[at + i] = static_cast<int>(values[i]);
  };
  set(0, e.key.ints.at("kernel"), 2);
  set(2, e.key.ints.at("strides"), 2);
  set(4, e.key.ints.at("pads"), 2);
  set(6, e.key.ints.at("dilations"), 2);
  set(8, {x.shape[1], x.shape[2]}, 2);
  emitter.f.input("x", e.key, 0);
  return emitter.finish("pool_" + e.key.fn, [&](MslWriter &w) {
    bool isMax = e.key.fn == "max";
    w.write("const uint s0 = c0;\nconst uint s3 = c3;");
    if (!isMax)
      w.write("int inside = 0;");
    MslWriter prologue;
    Value element =
        emitter.withPrologue(prologue, loaded("x[" + emitter.space.offset(operand, "s", "p.space") + "]", x.type), "r");
    w.write(poolWindow, {{"start", isMax ? "-INFINITY" : "0.0f"},
                         {"prologue", prologue.text()},
                         {"element", element.text},
                         {"count", isMax ? "" : "++inside;"},
                         {"step", isMax ? "snap_max(acc, element)" : "acc + element"}});
    if (e.key.fn == "average")
      w.write("acc = inside > 0 ? acc / float(inside) : 0.0f;");
    else if (e.key.fn == "average_padded")
      w.write("acc = inside > 0 ? acc / float(p.root[0] * p.root[1]) : 0.0f;");
    return Value{"acc", ElementType::F32};
  });
}
