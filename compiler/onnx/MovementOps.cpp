//===- MovementOps.cpp - Transpose, concat, split, slice, pad, gather -----===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace snap {

static Value transpose(Node &n) {
  auto range = llvm::seq<int64_t>(0, Node::rank(n.in(0)));
  Dims reversed(range.begin(), range.end());
  std::reverse(reversed.begin(), reversed.end());
  return n.transpose(n.in(0), n.intsAttr("perm", reversed));
}

static Value concat(Node &n) {
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 1), Node::rank(n.in(0)));
  if (!axis)
    return Value();
  for (auto [i, piece] : llvm::enumerate(n.allInputs()))
    if (!piece)
      return n.fail("input " + Twine(i) + " is missing");
  return n.concat(n.allInputs(), *axis);
}

/// Sizes from an attribute, an input, or equal ones with a smaller last.
static Value split(Node &n) {
  Value x = n.in(0);
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), Node::rank(x));
  if (!axis)
    return Value();
  int64_t size = Node::shape(x)[*axis], parts = n.intAttr("num_outputs", n.outputs());
  std::optional<Dims> sizes = n.intsAttrOrInput("split", 1, {});
  if (!sizes)
    return Value();
  if (sizes->empty() && parts > 0)
    for (int64_t i = 0, each = (size + parts - 1) / parts; i < parts; ++i)
      sizes->push_back(std::clamp<int64_t>(size - i * each, 0, each));
  int64_t total = 0;
  for (int64_t part : *sizes)
    total += part;
  if (total != size || int64_t(sizes->size()) != n.outputs() ||
      llvm::any_of(*sizes, [](int64_t part) { return part < 0; }))
    return n.fail("cannot split dimension " + Twine(*axis) + " of " + printDims(Node::shape(x)) + " into " +
                  Twine(n.outputs()) + " parts of " + printDims(*sizes));
  int64_t start = 0;
  for (auto [i, part] : llvm::enumerate(*sizes)) {
    n.setResult(i, n.slice(x, *axis, start, part));
    start += part;
  }
  return n.result(0);
}

/// starts, ends, axes, steps: attributes until opset 9, inputs since.
static Value slice(Node &n) {
  ArrayRef<int64_t> dims = Node::shape(n.in(0));
  int64_t rank = dims.size();
  std::optional<Dims> starts = n.intsAttrOrInput("starts", 1, {}), ends = n.intsAttrOrInput("ends", 2, {});
  if (!starts || !ends)
    return Value();
  auto range = llvm::seq<int64_t>(0, starts->size());
  std::optional<Dims> axes = n.intsAttrOrInput("axes", 3, Dims(range.begin(), range.end()));
  Dims ones(starts->size(), 1);
  std::optional<Dims> steps = n.has(4) ? n.intsInput(4, "steps") : std::optional<Dims>(ones);
  if (!axes || !steps)
    return Value();
  if (ends->size() != starts->size() || axes->size() != starts->size() || steps->size() != starts->size())
    return n.fail("starts, ends, axes and steps have different lengths");
  Dims from(rank, 0), by(rank, 1), sizes(dims);
  for (size_t i = 0; i < axes->size(); ++i) {
    std::optional<int64_t> axis = n.normalizeAxis((*axes)[i], rank);
    int64_t step = (*steps)[i];
    if (!axis)
      return Value();
    if (step == 0 || step == std::numeric_limits<int64_t>::min())
      return n.fail("step " + Twine(step) + " is not valid");
    int64_t size = dims[*axis], start = (*starts)[i], end = (*ends)[i];
    // numpy's rule: from the end if negative, then clamped to what exists.
    int64_t lowest = step > 0 ? 0 : -1, highest = step > 0 ? size : size - 1;
    start = std::clamp(start < 0 ? start + size : start, lowest, highest);
    end = std::clamp(end < 0 ? end + size : end, lowest, highest);
    int64_t span = step > 0 ? end - start : start - end, stride = step > 0 ? step : -step;
    sizes[*axis] = span > 0 ? (span - 1) / stride + 1 : 0;
    from[*axis] = sizes[*axis] > 0 ? start : 0;
    by[*axis] = sizes[*axis] > 1 ? step : 1;
  }
  return n.slice(n.in(0), from, by, sizes);
}

/// Repeats the input on all sides, axis by axis.
static Value padWrapped(Node &n, Value x, ArrayRef<int64_t> low, ArrayRef<int64_t> high) {
  for (int64_t d = 0; x && d < Node::rank(x); ++d) {
    int64_t size = Node::shape(x)[d];
    if (low[d] < 0 || high[d] < 0 || low[d] > size || high[d] > size)
      return n.fail("cannot wrap dimension " + Twine(d) + " of " + printDims(Node::shape(x)) + " by " + Twine(low[d]) +
                    " and " + Twine(high[d]));
    SmallVector<Value> pieces;
    if (low[d] > 0)
      pieces.push_back(n.slice(x, d, size - low[d], low[d]));
    pieces.push_back(x);
    if (high[d] > 0)
      pieces.push_back(n.slice(x, d, 0, high[d]));
    x = n.concat(pieces, d);
  }
  return x;
}

static Value pad(Node &n) {
  Value x = n.in(0);
  int64_t rank = Node::rank(x);
  std::string mode = n.stringAttr("mode", "constant");
  std::optional<Dims> pads = n.intsAttrOrInput("pads", 1, {});
  double value = n.floatAttr("value", 0);
  if (n.has(2)) {
    std::optional<double> given = n.scalarInput(2, "constant_value");
    if (!given)
      return Value();
    value = *given;
  }
  auto range = llvm::seq<int64_t>(0, rank);
  std::optional<Dims> axes = Dims(range.begin(), range.end());
  if (n.has(3))
    axes = n.intsInput(3, "axes");
  if (!pads || !axes)
    return Value();
  if (pads->size() != 2 * axes->size())
    return n.fail("it has " + Twine(pads->size()) + " pads; expected " + Twine(2 * axes->size()));
  Dims low(rank, 0), high(rank, 0);
  for (size_t i = 0; i < axes->size(); ++i) {
    std::optional<int64_t> axis = n.normalizeAxis((*axes)[i], rank);
    if (!axis)
      return Value();
    low[*axis] = (*pads)[i];
    high[*axis] = (*pads)[axes->size() + i];
  }
  if (mode == "wrap")
    return padWrapped(n, x, low, high);
  if (mode != "constant" && mode != "reflect" && mode != "edge")
    return n.fail("mode '" + mode + "' is not known; expected constant, reflect, edge or wrap");
  return n.pad(x, low, high,
               mode == "constant"  ? PadMode::Constant
               : mode == "reflect" ? PadMode::Reflect
                                   : PadMode::Edge,
               value);
}

/// Crops or pads every axis to a size, around its middle.
static Value centerCropPad(Node &n) {
  Value x = n.in(0);
  int64_t rank = Node::rank(x);
  auto range = llvm::seq<int64_t>(0, rank);
  std::optional<Dims> shape = n.intsInput(1, "shape");
  Dims axes = n.intsAttr("axes", Dims(range.begin(), range.end()));
  if (!shape)
    return Value();
  if (shape->size() != axes.size())
    return n.fail("its shape has " + Twine(shape->size()) + " sizes; expected " + Twine(axes.size()));
  Dims low(rank, 0), high(rank, 0);
  for (auto [given, size] : llvm::zip(axes, *shape)) {
    std::optional<int64_t> axis = n.normalizeAxis(given, rank);
    if (!axis)
      return Value();
    int64_t more = size - Node::shape(x)[*axis];
    // The half that rounds down is in front, both when padding and cutting.
    low[*axis] = more >= 0 ? more / 2 : -(-more / 2);
    high[*axis] = more - low[*axis];
  }
  return n.pad(x, low, high);
}

ArrayRef<OpRow> movementOps() {
  static const OpRow rows[] = {
      {"CenterCropPad", 18, latest, 2, 2, centerCropPad},
      {"Concat", 4, latest, 1, variadic, concat},
      {"Pad", 2, latest, 1, 4, pad},
      {"Slice", 1, latest, 1, 5, slice},
      {"Split", 2, latest, 1, 2, split},
      {"Transpose", 1, latest, 1, 1, transpose},
  };
  return rows;
}

} // namespace snap
