//===- ResizeOps.cpp - Resize and Upsample --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;

namespace snap {

static std::optional<ResizeMode> readMode(Node &n) {
  std::string mode = n.stringAttr("mode", "nearest");
  auto known = llvm::StringSwitch<std::optional<ResizeMode>>(mode)
                   .Case("nearest", ResizeMode::Nearest)
                   .Cases("linear", "bilinear", ResizeMode::Linear)
                   .Case("cubic", ResizeMode::Cubic)
                   .Default(std::nullopt);
  if (!known)
    n.fail("mode '" + mode + "' is not known; expected nearest, linear or cubic");
  return known;
}

static Value resizeOp(Node &n, ResizeMode mode, ArrayRef<double> scales, ArrayRef<int64_t> sizes,
                      Coordinates coordinates, Rounding rounding, double cubicA) {
  Value x = n.in(0);
  bool unchanged = Node::shape(x) == sizes && llvm::all_of(scales, [](double scale) { return scale == 1; });
  if (unchanged)
    return x;
  // Interpolation of integers is done in f32 and truncated, as casts are.
  Type type = Node::element(x);
  bool interpolates = mode != ResizeMode::Nearest && !Node::isFloat(x);
  Value operand = interpolates ? n.convert(x, n.builder().getF32Type()) : x;
  Value y = n.make<ResizeOp>(Node::tensorType(sizes, Node::element(operand)), mode, operand, scales, coordinates,
                             rounding, llvm::APFloat(cubicA));
  return n.convert(y, type);
}

/// Output sizes for scales: rounded down.
static Dims scaledSizes(ArrayRef<int64_t> dims, ArrayRef<double> scales) {
  Dims sizes;
  for (auto [dim, scale] : llvm::zip(dims, scales))
    sizes.push_back(int64_t(std::floor(dim * scale)));
  return sizes;
}

static bool checkScales(Node &n, ArrayRef<double> scales, size_t expected) {
  if (scales.size() == expected && llvm::all_of(scales, [](double scale) { return scale > 0; }))
    return true;
  n.fail("it has " + Twine(scales.size()) + " scales; expected " + Twine(expected) + ", all positive");
  return false;
}

static std::vector<double> doubles(const Tensor &tensor) {
  std::vector<double> values;
  for (int64_t i = 0; i < tensor.elements(); ++i)
    values.push_back(tensor.getDouble(i));
  return values;
}

/// Upsample, and Resize of opset 10: scales alone, from the corner.
static Value upsample(Node &n) {
  std::optional<ResizeMode> mode = readMode(n);
  if (!mode)
    return Value();
  std::vector<double> scales = n.floatsAttr("scales");
  if (n.has(1)) {
    std::optional<Tensor> given = n.constantInput(1, "scales");
    if (!given)
      return Value();
    scales = doubles(*given);
  }
  if (!checkScales(n, scales, Node::rank(n.in(0))))
    return Value();
  return resizeOp(n, *mode, scales, scaledSizes(Node::shape(n.in(0)), scales), Coordinates::Asymmetric, Rounding::Floor,
                  -0.75);
}

namespace {
/// Scales and sizes of every dimension.
struct Extent {
  std::vector<double> scales;
  Dims sizes;
};
} // namespace

/// From scales (input 2) or sizes (input 3), for all axes or those of `axes`.
static std::optional<Extent> readExtent(Node &n) {
  Value x = n.in(0);
  ArrayRef<int64_t> dims = Node::shape(x);
  auto range = llvm::seq<int64_t>(0, dims.size());
  Dims axes = n.intsAttr("axes", Dims(range.begin(), range.end()));
  std::string policy = n.stringAttr("keep_aspect_ratio_policy", "stretch");
  for (int64_t &axis : axes) {
    std::optional<int64_t> normal = n.normalizeAxis(axis, dims.size());
    if (!normal)
      return std::nullopt;
    axis = *normal;
  }
  Extent extent{std::vector<double>(dims.size(), 1.0), Dims(dims)};
  // An empty tensor stands for an absent input.
  bool hasScales = n.has(2) && !llvm::is_contained(Node::shape(n.in(2)), 0);
  bool hasSizes = n.has(3) && !llvm::is_contained(Node::shape(n.in(3)), 0);
  if (hasScales == hasSizes) {
    n.fail("it needs either scales or sizes");
    return std::nullopt;
  }
  if (hasScales) {
    std::optional<Tensor> given = n.constantInput(2, "scales");
    if (!given)
      return std::nullopt;
    std::vector<double> scales = doubles(*given);
    if (!checkScales(n, scales, axes.size()))
      return std::nullopt;
    for (auto [axis, scale] : llvm::zip(axes, scales))
      extent.scales[axis] = scale;
    extent.sizes = scaledSizes(dims, extent.scales);
    return extent;
  }
  std::optional<Dims> sizes = n.intsInput(3, "sizes");
  if (!sizes)
    return std::nullopt;
  if (sizes->size() != axes.size() || llvm::any_of(*sizes, [](int64_t size) { return size <= 0; })) {
    n.fail("it has " + Twine(sizes->size()) + " sizes; expected " + Twine(axes.size()) + ", all positive");
    return std::nullopt;
  }
  double common = 0;
  for (auto [axis, size] : llvm::zip(axes, *sizes)) {
    double scale = double(size) / dims[axis];
    extent.scales[axis] = scale;
    extent.sizes[axis] = size;
    if (common == 0 || (policy == "not_larger" ? scale < common : scale > common))
      common = scale;
  }
  if (policy == "not_larger" || policy == "not_smaller") {
    for (int64_t axis : axes) {
      extent.scales[axis] = common;
      extent.sizes[axis] = int64_t(std::round(common * dims[axis]));
      if (extent.sizes[axis] != int64_t(std::floor(common * dims[axis] + 1e-9))) {
        n.fail("keep_aspect_ratio_policy '" + policy + "' rounds a size up, which is not supported: give the sizes");
        return std::nullopt;
      }
    }
  } else if (policy != "stretch") {
    n.fail("keep_aspect_ratio_policy '" + policy + "' is not known");
    return std::nullopt;
  }
  return extent;
}

static Value resize(Node &n) {
  std::optional<ResizeMode> mode = readMode(n);
  std::string given = n.stringAttr("coordinate_transformation_mode", "half_pixel");
  std::string nearest = n.stringAttr("nearest_mode", "round_prefer_floor");
  double cubicA = n.floatAttr("cubic_coeff_a", -0.75);
  n.ignoreAttr("extrapolation_value"); // of tf_crop_and_resize
  if (!mode)
    return Value();
  std::optional<Coordinates> coordinates = symbolizeCoordinates(given);
  if (!coordinates)
    return n.fail("coordinate_transformation_mode '" + given +
                  "' is not supported; expected half_pixel, "
                  "pytorch_half_pixel, align_corners, asymmetric or half_pixel_symmetric");
  std::optional<Rounding> rounding = symbolizeRounding(nearest);
  if (!rounding)
    return n.fail("nearest_mode '" + nearest + "' is not known");
  if (n.intAttr("antialias", 0) != 0)
    return n.fail("antialias is not supported");
  if (n.intAttr("exclude_outside", 0) != 0 && *mode == ResizeMode::Cubic)
    return n.fail("exclude_outside is not supported");
  std::optional<Extent> extent = readExtent(n);
  if (!extent)
    return Value();
  return resizeOp(n, *mode, extent->scales, extent->sizes, *coordinates, *rounding, cubicA);
}

ArrayRef<OpRow> resizeOps() {
  static const OpRow rows[] = {
      {"Resize", 10, 10, 2, 2, upsample},
      {"Resize", 11, latest, 1, 4, resize},
      {"Upsample", 7, latest, 1, 2, upsample},
  };
  return rows;
}

} // namespace snap
