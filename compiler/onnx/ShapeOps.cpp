//===- ShapeOps.cpp - Shapes, and changes of shape alone ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace mlir;

namespace snap {

static int64_t product(ArrayRef<int64_t> dims) {
  return std::accumulate(dims.begin(), dims.end(), int64_t(1), std::multiplies<int64_t>());
}

/// Shapes are static, so this is a constant.
static Value shape(Node &n) {
  ArrayRef<int64_t> dims = Node::shape(n.in(0));
  int64_t rank = dims.size(), start = n.intAttr("start", 0), end = n.intAttr("end", rank);
  auto clamp = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  start = clamp(start);
  end = std::max(start, clamp(end));
  return n.ints(dims.slice(start, end - start));
}

static Value size(Node &n) { return n.reshape(n.ints({product(Node::shape(n.in(0)))}), {}); }

static Value identity(Node &n) { return n.in(0); }

/// Without training nothing is dropped.
static Value dropout(Node &n) {
  n.ignoreAttr("ratio");
  n.ignoreAttr("seed");
  n.ignoreAttr("is_test");
  if (n.has(2)) {
    std::optional<double> training = n.scalarInput(2, "training_mode");
    if (!training)
      return Value();
    if (*training != 0)
      return n.fail("it is in training mode: export the model for inference");
  }
  if (n.wants(1))
    n.setResult(1, n.splat(1, Node::shape(n.in(0)), n.builder().getI1Type()));
  return n.in(0);
}

/// 0 copies the input's dimension (unless allowzero), -1 is what remains.
static Value reshape(Node &n) {
  bool allowZero = n.intAttr("allowzero", 0) != 0;
  std::optional<Dims> dims = n.intsInput(1, "shape");
  if (!dims)
    return Value();
  ArrayRef<int64_t> from = Node::shape(n.in(0));
  int64_t known = 1, unknown = -1;
  for (auto [i, dim] : llvm::enumerate(*dims)) {
    if (dim == 0 && !allowZero) {
      if (i >= from.size())
        return n.fail("dimension " + Twine(i) + " of its shape is 0, but " + printDims(from) + " has none there");
      dim = from[i];
    }
    if (dim < -1 || (dim == -1 && unknown >= 0))
      return n.fail("its shape " + printDims(*dims) + " is not valid; expected at most one -1");
    if (dim == -1)
      unknown = i;
    else
      known *= dim;
  }
  if (unknown >= 0) {
    if (known == 0 || product(from) % known != 0)
      return n.fail("cannot reshape " + printDims(from) + " to " + printDims(*dims) + ": " + Twine(product(from)) +
                    " elements are not a multiple of " + Twine(known));
    (*dims)[unknown] = product(from) / known;
  }
  return n.reshape(n.in(0), *dims);
}

static Value flatten(Node &n) {
  ArrayRef<int64_t> dims = Node::shape(n.in(0));
  int64_t rank = dims.size(), axis = n.intAttr("axis", 1);
  if (axis < -rank || axis > rank)
    return n.fail("axis " + Twine(axis) + " is outside a tensor of rank " + Twine(rank));
  axis = axis < 0 ? axis + rank : axis;
  return n.reshape(n.in(0), {product(dims.take_front(axis)), product(dims.drop_front(axis))});
}

static Value squeeze(Node &n) {
  ArrayRef<int64_t> dims = Node::shape(n.in(0));
  Dims all;
  for (auto [d, size] : llvm::enumerate(dims))
    if (size == 1)
      all.push_back(d);
  std::optional<Dims> axes = n.intsAttrOrInput("axes", 1, all);
  if (axes)
    axes = n.normalizeAxes(*axes, dims.size());
  if (!axes)
    return Value();
  Dims result;
  for (auto [d, size] : llvm::enumerate(dims)) {
    if (!llvm::is_contained(*axes, int64_t(d)))
      result.push_back(size);
    else if (size != 1)
      return n.fail("cannot squeeze dimension " + Twine(d) + " of " + printDims(dims) + ": it is not 1");
  }
  return n.reshape(n.in(0), result);
}

static Value unsqueeze(Node &n) {
  ArrayRef<int64_t> dims = Node::shape(n.in(0));
  std::optional<Dims> axes = n.intsAttrOrInput("axes", 1, {});
  if (axes)
    axes = n.normalizeAxes(*axes, dims.size() + axes->size());
  if (!axes)
    return Value();
  Dims result(dims);
  for (int64_t axis : *axes)
    result.insert(result.begin() + axis, 1);
  return n.reshape(n.in(0), result);
}

/// numpy's broadcasting both ways: a 1 in the shape keeps the input's size.
static Value expand(Node &n) {
  std::optional<Dims> dims = n.intsInput(1, "shape");
  if (!dims)
    return Value();
  ArrayRef<int64_t> from = Node::shape(n.in(0));
  while (dims->size() < from.size())
    dims->insert(dims->begin(), 1);
  for (size_t i = 0; i < from.size(); ++i) {
    int64_t &dim = (*dims)[dims->size() - 1 - i];
    if (dim == 1)
      dim = from[from.size() - 1 - i];
  }
  return n.broadcast(n.in(0), *dims);
}

static Value tile(Node &n) {
  std::optional<Dims> repeats = n.intsInput(1, "repeats");
  if (!repeats)
    return Value();
  ArrayRef<int64_t> dims = Node::shape(n.in(0));
  if (repeats->size() != dims.size() || llvm::any_of(*repeats, [](int64_t r) { return r < 0; }))
    return n.fail("repeats " + printDims(*repeats) + " do not fit " + printDims(dims));
  // [a, b] -> [1, a, 1, b] -> [ra, a, rb, b] -> [ra a, rb b].
  Dims apart, repeated, result;
  for (auto [size, repeat] : llvm::zip(dims, *repeats)) {
    apart.append({1, size});
    repeated.append({repeat, size});
    result.push_back(repeat * size);
  }
  return n.reshape(n.broadcast(n.reshape(n.in(0), apart), repeated), result);
}

static Value depthToSpace(Node &n) {
  int64_t b = n.intAttr("blocksize", 0);
  std::string mode = n.stringAttr("mode", "DCR");
  Dims s(Node::shape(n.in(0)));
  if (s.size() != 4 || b <= 0 || s[1] % (b * b) != 0)
    return n.fail("cannot make blocks of " + Twine(b) + "x" + Twine(b) + " from " + printDims(s));
  int64_t c = s[1] / (b * b);
  Value x = mode == "DCR" ? n.transpose(n.reshape(n.in(0), {s[0], b, b, c, s[2], s[3]}), {0, 3, 4, 1, 5, 2})
                          : n.transpose(n.reshape(n.in(0), {s[0], c, b, b, s[2], s[3]}), {0, 1, 4, 2, 5, 3});
  return n.reshape(x, {s[0], c, s[2] * b, s[3] * b});
}

static Value spaceToDepth(Node &n) {
  int64_t b = n.intAttr("blocksize", 0);
  bool blocksFirst = n.stringAttr("mode", "DCR") == "DCR";
  Dims s(Node::shape(n.in(0)));
  if (s.size() != 4 || b <= 0 || s[2] % b != 0 || s[3] % b != 0)
    return n.fail("cannot cut " + printDims(s) + " into blocks of " + Twine(b) + "x" + Twine(b));
  Value x = n.reshape(n.in(0), {s[0], s[1], s[2] / b, b, s[3] / b, b});
  x = blocksFirst ? n.transpose(x, {0, 3, 5, 1, 2, 4}) : n.transpose(x, {0, 1, 3, 5, 2, 4});
  return n.reshape(x, {s[0], s[1] * b * b, s[2] / b, s[3] / b});
}

ArrayRef<OpRow> shapeOps() {
  static const OpRow rows[] = {
      {"DepthToSpace", 1, latest, 1, 1, depthToSpace},
      {"Dropout", 7, latest, 1, 3, dropout},
      {"Expand", 8, latest, 2, 2, expand},
      {"Flatten", 1, latest, 1, 1, flatten},
      {"Identity", 1, latest, 1, 1, identity},
      {"Reshape", 5, latest, 2, 2, reshape},
      {"Shape", 1, latest, 1, 1, shape},
      {"Size", 1, latest, 1, 1, size},
      {"SpaceToDepth", 1, latest, 1, 1, spaceToDepth},
      {"Squeeze", 1, latest, 1, 2, squeeze},
      {"Tile", 6, latest, 2, 2, tile},
      {"Unsqueeze", 1, latest, 1, 2, unsqueeze},
  };
  return rows;
}

} // namespace snap
