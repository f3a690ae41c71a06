//===- CanonicalKey.cpp - Fewer shapes for kernels to serve ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/CanonicalKey.h"
#include "targets/cpu/CollapseKey.h"

#include <algorithm>

using namespace snap;

/// The same tensor with `rank` dimensions and its strides spelt out.
static void expand(TensorSpec &tensor, size_t rank) {
  if (tensor.isDense()) {
    tensor.strides.assign(tensor.shape.size(), 1);
    for (size_t i = tensor.shape.size(); i-- > 1;)
      tensor.strides[i - 1] = tensor.strides[i] * tensor.shape[i];
  }
  size_t missing = rank - tensor.shape.size();
  tensor.shape.insert(tensor.shape.begin(), missing, 1);
  tensor.strides.insert(tensor.strides.begin(), missing, 0);
}

/// Forgets strides that say no more than dense.
static void contract(TensorSpec &tensor) {
  int64_t dense = 1;
  for (size_t i = tensor.shape.size(); i-- > 0; dense *= tensor.shape[i])
    if (tensor.shape[i] != 1 && tensor.strides[i] != dense)
      return;
  tensor.strides.clear();
}

/// Whether dimensions i and i+1 can be walked as one of out[i] * out[i+1].
static bool mergeable(const TensorSpec &tensor, const TensorSpec &out, size_t i) {
  bool wholeOuter = tensor.shape[i] == out.shape[i], wholeInner = tensor.shape[i + 1] == out.shape[i + 1];
  if (tensor.shape[i] == 1 && tensor.shape[i + 1] == 1) // one element, or broadcast along both
    return true;
  if (!wholeOuter || !wholeInner)
    return false;
  return tensor.shape[i] == 1 || tensor.shape[i + 1] == 1 ||
         tensor.strides[i] == tensor.shape[i + 1] * tensor.strides[i + 1];
}

static void merge(TensorSpec &tensor, size_t i) {
  if (tensor.shape[i + 1] == 1)
    tensor.strides[i + 1] = tensor.strides[i];
  tensor.shape[i + 1] *= tensor.shape[i];
  tensor.shape.erase(tensor.shape.begin() + i);
  tensor.strides.erase(tensor.strides.begin() + i);
}

void snap::mergeDimensions(KernelKey &key, const std::vector<size_t> &inputs, size_t keep) {
  TensorSpec &out = key.outputs[0];
  size_t rank = out.shape.size();
  expand(out, rank);
  for (size_t input : inputs)
    expand(key.inputs[input], rank);
  for (size_t i = rank; i-- > 0;) {
    if (i + 1 + keep >= out.shape.size())
      continue;
    bool all = mergeable(out, out, i);
    for (size_t input : inputs)
      all = all && mergeable(key.inputs[input], out, i);
    if (!all)
      continue;
    for (size_t input : inputs)
      merge(key.inputs[input], i);
    merge(out, i);
  }
  contract(out);
  for (size_t input : inputs)
    contract(key.inputs[input]);
}

/// The root's operands that are read row by row, and the epilogue's inputs; not
/// the vectors of a layer norm.
static std::vector<size_t> rowInputs(const KernelKey &key) {
  std::vector<size_t> inputs = {0};
  std::vector<int64_t> vectors;
  if (auto norm = key.ints.find("layer_norm"); norm != key.ints.end())
    vectors = norm->second;
  for (size_t i = 2; i < key.inputs.size(); ++i)
    if (std::find(vectors.begin(), vectors.end(), static_cast<int64_t>(i)) == vectors.end())
      inputs.push_back(i);
  return inputs;
}

/// Whether blocks of `moments`, if there are any, are consecutive pixels of one row of the image.
static bool momentsAlongRows(const KernelKey &key) {
  auto moments = key.ints.find("moments");
  return moments == key.ints.end() || moments->second[0] == 1;
}

KernelKey snap::canonicalKey(KernelKey key) {
  if (auto moments = key.ints.find("norm_moments"); moments != key.ints.end())
    for (int64_t input : moments->second) {
      TensorSpec &of = key.inputs[input];
      int64_t images = key.inputs[0].shape[0], channels = of.shape.back();
      of.shape = {images, of.elements() / (images * 2 * channels), 2, channels};
    }
  if (key.op == KernelOp::Conv2d && key.algorithm == Algorithm::Direct && key.inputs[1].shape[1] == 1 &&
      key.inputs[1].shape[2] == 1 && key.inputs[1].isDense() && key.getInt("groups", 1) == 1 &&
      key.ints["strides"] == std::vector<int64_t>{1, 1} && key.ints["pads"] == std::vector<int64_t>(4, 0) &&
      key.getInt("upsample", 1) == 1 && !key.ints.count("norm") && !key.ints.count("joined") && momentsAlongRows(key)) {
    std::vector<int64_t> &w = key.inputs[1].shape;
    w = {w[0], w[3], w[4]};
    int64_t channels = key.getInt("channels", 0);
    key.op = KernelOp::Matmul;
    key.algorithm = Algorithm::Default;
    std::map<std::string, std::vector<int64_t>> ints = {{"packed", {1}}, {"columns", {channels}}};
    if (auto moments = key.ints.find("moments"); moments != key.ints.end())
      ints["moments"] = {moments->second[1]};
    key.ints = ints;
  }
  // The reduced dimension takes the place of the output's columns.
  // A norm looks at one image at a time, and a joined input lies elsewhere.
  if (key.op == KernelOp::Matmul && key.getInt("packed", 0) && !key.ints.count("norm") && !key.ints.count("joined"))
    mergeDimensions(key, rowInputs(key), 1);
  if (key.ints.count("moments"))
    key.outputs[1].shape = key.momentsShape();
  return collapseKey(key);
}
