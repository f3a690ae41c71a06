//===- LowerToPlanShapes.cpp - Joining dimensions of kernel keys ----------===//
//
// A kernel that treats two neighbouring dimensions alike gets them as one:
// adding 2x64x64x320 and 2x4096x320 is the same kernel, with long loops.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"

namespace snap {

namespace {
/// Joins dimensions of tensors that line up at the right with the first one:
/// each has its extents, or 1 where it is broadcast. Dimensions outside the
/// joined range may differ.
class Joiner {
public:
  explicit Joiner(TensorSpec &result) : tensors{&result} {}
  void add(TensorSpec &tensor);
  /// Joins what it can of dimensions [begin, end); returns how many are left.
  size_t join(size_t begin, size_t end);

private:
  bool joinable(const TensorSpec &tensor, size_t i) const;

  std::vector<TensorSpec *> tensors;
};
} // namespace

void Joiner::add(TensorSpec &tensor) {
  while (tensor.shape.size() < tensors[0]->shape.size()) {
    if (!tensor.isDense())
      tensor.strides.insert(tensor.strides.begin(), tensor.shape[0] * tensor.strides[0]);
    tensor.shape.insert(tensor.shape.begin(), 1);
  }
  tensors.push_back(&tensor);
}

bool Joiner::joinable(const TensorSpec &tensor, size_t i) const {
  int64_t a = tensor.shape[i], b = tensor.shape[i + 1];
  bool same = a == tensors[0]->shape[i] && b == tensors[0]->shape[i + 1];
  if (!same && !(a == 1 && b == 1))
    return false;
  return tensor.isDense() || a == 1 || b == 1 || tensor.strides[i] == b * tensor.strides[i + 1];
}

size_t Joiner::join(size_t begin, size_t end) {
  for (size_t i = begin; i + 1 < end;) {
    if (!llvm::all_of(tensors, [&](const TensorSpec *tensor) { return joinable(*tensor, i); })) {
      ++i;
      continue;
    }
    for (TensorSpec *tensor : tensors) {
      int64_t inner = tensor->shape[i + 1];
      tensor->shape[i] *= inner;
      tensor->shape.erase(tensor->shape.begin() + i + 1);
      if (!tensor->isDense())
        tensor->strides.erase(tensor->strides.begin() + (inner == 1 ? i + 1 : i));
    }
    --end;
  }
  return end - begin;
}

static void dropLeadingOnes(TensorSpec &tensor) {
  while (tensor.shape.size() > 1 && tensor.shape[0] == 1) {
    tensor.shape.erase(tensor.shape.begin());
    if (!tensor.isDense())
      tensor.strides.erase(tensor.strides.begin());
  }
}

/// Clears strides that are those of a dense tensor.
static void dropDenseStrides(TensorSpec &tensor) {
  if (tensor.isDense())
    return;
  int64_t stride = 1;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != stride)
      return;
    stride *= tensor.shape[i];
  }
  tensor.strides.clear();
}

/// The inputs that belong to the root; the others are read by the epilogue (or
/// are the vectors of a norm in front of it, which nothing joins).
static size_t rootInputs(const KernelKey &key) {
  switch (key.op) {
  case KernelOp::Elementwise:
    return 0;
  case KernelOp::Matmul:
    return 2;
  case KernelOp::GroupNorm:
    return 3;
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm:
    return 1 + (key.getInt("scale", -1) >= 0) + (key.getInt("bias", -1) >= 0);
  default:
    return 1;
  }
}

/// The vectors of a norm in front of the root; they follow its inputs.
static size_t normVectors(const KernelKey &key) {
  if (key.ints.count("norm"))
    return 2;
  auto norm = key.ints.find("layer_norm");
  return norm == key.ints.end() ? 0 : (norm->second[0] >= 0) + (norm->second[1] >= 0);
}

//===----------------------------------------------------------------------===//
// Per op
//===----------------------------------------------------------------------===//

/// Kernels whose result lines up with input 0, and with what the epilogue reads.
static void joinAroundRoot(KernelKey &key) {
  TensorSpec &out = key.outputs[0];
  size_t rank = out.shape.size();
  Joiner joiner(out);
  bool norm = key.ints.count("norm"); // its statistics are of one image
  if (key.op != KernelOp::Elementwise)
    joiner.add(key.inputs[0]);
  for (size_t i = rootInputs(key) + normVectors(key); i < key.inputs.size(); ++i)
    joiner.add(key.inputs[i]);

  switch (key.op) {
  case KernelOp::Elementwise:
    joiner.join(0, rank);
    break;
  case KernelOp::GroupNorm:
    joiner.join(1, rank - 1);
    break;
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm: {
    size_t axes = key.getInt("axes", 1);
    key.ints["axes"] = {static_cast<int64_t>(joiner.join(rank - axes, rank))};
    joiner.join(0, rank - axes);
    break;
  }
  default: // matmul with packed weights, softmax: all but the last
    joiner.join(norm ? 1 : 0, rank - 1);
    break;
  }
  for (size_t i = rootInputs(key); i < key.inputs.size(); ++i)
    if (static_cast<int64_t>(i) != key.getInt("joined", -1))
      dropLeadingOnes(key.inputs[i]);
}

/// Everything before the axis, and the axis with everything after it.
static void joinConcat(KernelKey &key) {
  size_t axis = key.getInt("axis", 0), rank = key.outputs[0].shape.size();
  std::vector<TensorSpec *> tensors{&key.outputs[0]};
  for (TensorSpec &piece : key.inputs)
    tensors.push_back(&piece);
  // Pieces differ along the axis, so each joins its own trailing dimensions.
  bool dense = llvm::all_of(tensors, [](const TensorSpec *tensor) { return tensor->isDense(); });
  if (dense)
    for (TensorSpec *tensor : tensors)
      Joiner(*tensor).join(axis, rank);
  Joiner before(*tensors[0]);
  for (size_t i = 1; i < tensors.size(); ++i)
    before.add(*tensors[i]);
  key.ints["axis"] = {static_cast<int64_t>(before.join(0, axis))};
}

/// Dimensions that stay neighbours move as one.
static void joinTranspose(KernelKey &key) {
  std::vector<int64_t> &permutation = key.ints["permutation"];
  TensorSpec &in = key.inputs[0], &out = key.outputs[0];
  if (!in.isDense())
    return;
  auto eraseInput = [&](int64_t dim) {
    in.shape.erase(in.shape.begin() + dim);
    for (int64_t &p : permutation)
      p -= p > dim;
  };
  for (size_t i = 0; i < permutation.size() && permutation.size() > 1;) {
    int64_t dim = permutation[i];
    if (out.shape[i] == 1) {
      permutation.erase(permutation.begin() + i);
      out.shape.erase(out.shape.begin() + i);
      eraseInput(dim);
    } else if (i + 1 < permutation.size() && permutation[i + 1] == dim + 1) {
      in.shape[dim] *= in.shape[dim + 1];
      out.shape[i] = in.shape[dim];
      permutation.erase(permutation.begin() + i + 1);
      out.shape.erase(out.shape.begin() + i + 1);
      eraseInput(dim + 1);
    } else {
      ++i;
    }
  }
}

void joinDimensions(KernelKey &key) {
  if (key.outputs[0].shape.empty() && key.op == KernelOp::Elementwise)
    key.outputs[0].shape = {1};
  switch (key.op) {
  case KernelOp::Matmul:
    if (key.getInt("packed", 0))
      joinAroundRoot(key);
    break;
  case KernelOp::Elementwise:
  case KernelOp::GroupNorm:
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm:
  case KernelOp::Softmax:
    joinAroundRoot(key);
    break;
  case KernelOp::Concat:
    joinConcat(key);
    break;
  case KernelOp::Transpose:
    joinTranspose(key);
    break;
  default:
    break;
  }
  for (TensorSpec &input : key.inputs)
    dropDenseStrides(input);
}

} // namespace snap
