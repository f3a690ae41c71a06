//===- CollapseKey.cpp - The same kernel with fewer dimensions ------------===//
//
// Every tensor is first seen along the output's dimensions (an extent, a
// stride each); then pairs of neighbours are joined from the innermost out.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/CollapseKey.h"

#include <algorithm>
#include <numeric>

using namespace snap;
using List = std::vector<int64_t>;

namespace {
/// A tensor along the output's dimensions; extent 1 where it broadcasts.
struct View {
  List extents, strides;

  /// Whether dimensions d and d + 1 are one run of equal steps.
  bool runsOn(size_t d) const {
    return extents[d] == 1 || extents[d + 1] == 1 || strides[d] == strides[d + 1] * extents[d + 1];
  }
  void join(size_t d) {
    if (extents[d + 1] == 1)
      strides[d + 1] = strides[d];
    extents[d + 1] *= extents[d];
    extents.erase(extents.begin() + d);
    strides.erase(strides.begin() + d);
  }
};

class Collapser {
public:
  explicit Collapser(const KernelKey &key) : key(key) {}
  KernelKey run();

private:
  enum class Role { Root, Operand, Fixed };

  bool prepare();
  void prepareGather();
  bool flatten(TensorSpec &tensor);
  bool isRootOperand(size_t input) const;
  bool joins(size_t d) const;
  bool rootJoins(size_t d) const;
  void join(size_t d);
  void finish();

  size_t rank() const { return out.extents.size(); }
  bool isPadded(size_t d) const { return key.ints.at("low")[d] || key.ints.at("high")[d]; }
  bool preservesShape() const {
    switch (key.op) {
    case KernelOp::Elementwise:
    case KernelOp::GroupNorm:
    case KernelOp::LayerNorm:
    case KernelOp::RmsNorm:
    case KernelOp::Softmax:
    case KernelOp::CumSum:
      return true;
    default:
      return false;
    }
  }

  KernelKey key;
  std::vector<View> inputs;
  std::vector<Role> roles;
  View out;
  std::vector<bool> reduced; // Reduce: by dimension
  List parts;                // Gather: which part of the output a dimension is (0 before, 1 indices, 2 after)
  int64_t tableExtent = 0, tableStride = 0;
};
} // namespace

static List stridesOf(const TensorSpec &tensor) {
  if (!tensor.isDense())
    return tensor.strides;
  List strides(tensor.shape.size());
  int64_t step = 1;
  for (size_t d = strides.size(); d-- > 0;) {
    strides[d] = step;
    step *= tensor.shape[d];
  }
  return strides;
}

/// A view of `rank` dimensions, aligned at the right.
static View viewOf(const TensorSpec &tensor, size_t rank) {
  View view = {tensor.shape, stridesOf(tensor)};
  view.extents.insert(view.extents.begin(), rank - tensor.shape.size(), 1);
  view.strides.insert(view.strides.begin(), rank - tensor.shape.size(), 0);
  return view;
}

static TensorSpec specOf(ElementType type, const View &view) {
  TensorSpec spec = {type, view.extents, {}};
  List dense = stridesOf(spec), strides = view.strides;
  for (size_t d = 0; d < strides.size(); ++d)
    if (spec.shape[d] == 1) // never stepped along
      strides[d] = dense[d];
  if (strides != dense)
    spec.strides = strides;
  return spec;
}

bool Collapser::isRootOperand(size_t input) const {
  switch (key.op) {
  case KernelOp::Elementwise:
    return false;
  case KernelOp::Concat:
    return input < static_cast<size_t>(key.getInt("pieces", key.inputs.size()));
  case KernelOp::Gather:
    return input < 2;
  default:
    return input == 0;
  }
}

/// A norm's scale or bias as a 1-D tensor.
bool Collapser::flatten(TensorSpec &tensor) {
  if (tensor.shape.size() == 1)
    return true;
  if (!tensor.isDense())
    return false;
  tensor.shape = {tensor.elements()};
  return true;
}

/// Views of all tensors; false if the key has to stay as it is.
bool Collapser::prepare() {
  size_t outRank = key.outputs[0].shape.size();
  out = viewOf(key.outputs[0], outRank);
  std::vector<bool> read(key.inputs.size(), false); // by the epilogue
  for (const ExprNode &node : key.epilogue.nodes)
    if (node.kind == ExprNode::Kind::Input)
      read[node.input] = true;

  for (size_t i = 0; i < key.inputs.size(); ++i) {
    bool norm =
        (key.op == KernelOp::GroupNorm && (i == 1 || i == 2)) ||
        ((key.op == KernelOp::LayerNorm || key.op == KernelOp::RmsNorm) &&
         (key.getInt("scale", -1) == static_cast<int64_t>(i) || key.getInt("bias", -1) == static_cast<int64_t>(i)));
    Role role = norm ? Role::Fixed : isRootOperand(i) ? Role::Root : Role::Operand;
    // One tensor seen in two ways cannot be joined in both.
    if (read[i] && (role == Role::Fixed || (role == Role::Root && !preservesShape())))
      return false;
    if (role == Role::Fixed && !flatten(key.inputs[i]))
      return false;
    if (role == Role::Operand && !read[i])
      role = Role::Fixed; // nobody reads it
    roles.push_back(role);
    inputs.push_back(role == Role::Fixed || key.op == KernelOp::Gather ? View() : viewOf(key.inputs[i], outRank));
  }

  if (key.op == KernelOp::Gather)
    prepareGather();
  if (key.op == KernelOp::Reduce) {
    reduced.assign(outRank, false);
    for (int64_t axis : key.ints.at("axes"))
      reduced[axis] = true;
  }
  if (key.op == KernelOp::Transpose) {
    View in = inputs[0];
    List &permutation = key.ints["permutation"];
    for (size_t d = 0; d < outRank; ++d) {
      inputs[0].extents[d] = in.extents[permutation[d]];
      inputs[0].strides[d] = in.strides[permutation[d]];
    }
  }
  return true;
}

void Collapser::prepareGather() {
  size_t axis = key.getInt("axis", 0), outRank = out.extents.size();
  size_t picked = key.inputs[1].shape.size();
  View table = viewOf(key.inputs[0], key.inputs[0].shape.size());
  tableExtent = table.extents[axis];
  tableStride = table.strides[axis];
  auto replace = [&](List &values, int64_t filler) {
    values.erase(values.begin() + axis);
    values.insert(values.begin() + axis, picked, filler);
  };
  replace(table.extents, 1);
  replace(table.strides, 0);
  View indices = viewOf(key.inputs[1], picked);
  auto surround = [&](List &values, int64_t filler) {
    values.insert(values.begin(), axis, filler);
    values.insert(values.end(), outRank - values.size(), filler);
  };
  surround(indices.extents, 1);
  surround(indices.strides, 0);
  inputs[0] = table;
  inputs[1] = indices;
  for (size_t i = 2; i < inputs.size(); ++i)
    if (roles[i] == Role::Operand)
      inputs[i] = viewOf(key.inputs[i], outRank);
  for (size_t d = 0; d < outRank; ++d)
    parts.push_back(d < axis ? 0 : d < axis + picked ? 1 : 2);
}

/// Whether the op treats dimensions d and d + 1 as it would treat their join.
bool Collapser::rootJoins(size_t d) const {
  size_t last = rank() - 1;
  switch (key.op) {
  case KernelOp::Elementwise:
  case KernelOp::Transpose:
    return true;
  case KernelOp::GroupNorm:
    return d >= 1 && d + 1 < last;
  case KernelOp::Softmax:
    return d + 1 < last;
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm:
    return d + 1 != rank() - key.getInt("axes", 1);
  case KernelOp::Reduce:
    return inputs[0].extents[d] == 1 || inputs[0].extents[d + 1] == 1 || reduced[d] == reduced[d + 1];
  case KernelOp::ArgReduce:
  case KernelOp::CumSum: {
    size_t axis = key.getInt("axis", 0);
    return d != axis && d + 1 != axis;
  }
  case KernelOp::Concat:
    return d + 1 != static_cast<size_t>(key.getInt("axis", 0));
  case KernelOp::Gather:
    return parts[d] == parts[d + 1];
  case KernelOp::Slice: {
    const List &starts = key.ints.at("starts"), &steps = key.ints.at("steps");
    bool whole = starts[d + 1] == 0 && steps[d + 1] == 1 && out.extents[d + 1] == inputs[0].extents[d + 1];
    return inputs[0].extents[d + 1] == 1 || (whole && (steps[d] == 1 || out.extents[d] == 1));
  }
  case KernelOp::Pad: // a constant fills whole rows; other modes look at the row's index
    return !isPadded(d + 1) && (key.fn == "constant" || !isPadded(d));
  default:
    return false;
  }
}

bool Collapser::joins(size_t d) const {
  if (!rootJoins(d) || !out.runsOn(d))
    return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (roles[i] == Role::Fixed)
      continue;
    const View &view = inputs[i];
    if (!view.runsOn(d))
      return false;
    // Broadcast along one of the two dimensions only.
    bool alike = (view.extents[d] == 1) == (view.extents[d + 1] == 1);
    if (roles[i] == Role::Operand && !alike && out.extents[d] != 1 && out.extents[d + 1] != 1)
      return false;
  }
  return true;
}

void Collapser::join(size_t d) {
  // Attributes first: they look at the extents from before.
  auto drop = [&](const char *name, size_t at) {
    List &values = key.ints[name];
    values.erase(values.begin() + at);
  };
  switch (key.op) {
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm:
    if (d + key.getInt("axes", 1) >= rank())
      --key.ints["axes"][0];
    break;
  case KernelOp::Reduce:
    reduced.erase(reduced.begin() + (inputs[0].extents[d] == 1 ? d : d + 1));
    break;
  case KernelOp::ArgReduce:
  case KernelOp::CumSum:
  case KernelOp::Concat:
    if (static_cast<int64_t>(d) < key.getInt("axis", 0))
      --key.ints["axis"][0];
    break;
  case KernelOp::Gather:
    parts.erase(parts.begin() + d);
    break;
  case KernelOp::Slice:
    if (int64_t inner = inputs[0].extents[d + 1]; inner != 1) {
      key.ints["starts"][d] *= inner;
      key.ints["steps"][d] = 1;
    }
    drop("starts", d + 1);
    drop("steps", d + 1);
    break;
  case KernelOp::Pad:
    for (const char *name : {"low", "high"}) {
      key.ints[name][d] *= inputs[0].extents[d + 1];
      drop(name, d + 1);
    }
    break;
  default:
    break;
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    if (roles[i] != Role::Fixed)
      inputs[i].join(d);
  out.join(d);
}

/// Back to tensors and attributes.
void Collapser::finish() {
  if (key.op == KernelOp::Gather) {
    int64_t before = std::count(parts.begin(), parts.end(), 0), after = std::count(parts.begin(), parts.end(), 2);
    auto replace = [&](List &values, int64_t value) {
      values.erase(values.begin() + before, values.end() - after);
      values.insert(values.begin() + before, value);
    };
    replace(inputs[0].extents, tableExtent);
    replace(inputs[0].strides, tableStride);
    for (List *values : {&inputs[1].extents, &inputs[1].strides})
      *values = List(values->begin() + before, values->end() - after);
    key.ints["axis"] = {before};
  }
  if (key.op == KernelOp::Reduce) {
    List axes;
    for (size_t d = 0; d < reduced.size(); ++d)
      if (reduced[d])
        axes.push_back(d);
    key.ints["axes"] = axes;
  }
  if (key.op == KernelOp::Transpose) {
    List &permutation = key.ints["permutation"];
    permutation.resize(rank());
    std::iota(permutation.begin(), permutation.end(), 0);
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    if (roles[i] != Role::Fixed)
      key.inputs[i] = specOf(key.inputs[i].type, inputs[i]);
  key.outputs[0] = specOf(key.outputs[0].type, out);
}

KernelKey Collapser::run() {
  switch (key.op) {
  case KernelOp::Conv2d:
  case KernelOp::Matmul:
  case KernelOp::Attention:
  case KernelOp::Pool:
  case KernelOp::Resize:
    return key;
  default:
    break;
  }
  KernelKey original = key;
  if (!prepare())
    return original;
  for (size_t d = rank(); d-- > 1;)
    if (joins(d - 1))
      join(d - 1);
  finish();
  return key;
}

KernelKey snap::collapseKey(const KernelKey &key) { return Collapser(key).run(); }
