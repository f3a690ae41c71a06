//===- KernelWork.cpp - What a kernel has to do ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/estimate/KernelWork.h"

#include <algorithm>

using namespace snap;

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

static double bytesOf(const TensorSpec &tensor) { return double(tensor.elements()) * double(byteSize(tensor.type)); }

const char *snap::toString(WorkKind kind) {
  switch (kind) {
  case WorkKind::Product:
    return "product";
  case WorkKind::Convolution:
    return "convolution";
  case WorkKind::Winograd:
    return "winograd";
  case WorkKind::Attention:
    return "attention";
  case WorkKind::Other:
    break;
  }
  return "other";
}

WinogradTransform snap::winogradTransform(int64_t tile) {
  // Arithmetic is that of ConvCost.cpp. A tile's points are loaded and stored once on either side.
  return tile == 4 ? WinogradTransform{230, 36 + 36, 210, 36 + 16} : WinogradTransform{32, 16 + 16, 24, 16 + 4};
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

static bool isWinograd(Algorithm algorithm) {
  return algorithm == Algorithm::Winograd2 || algorithm == Algorithm::Winograd4;
}

/// Of the filter, whatever algorithm the weights are packed for.
static int64_t tapsOf(const KernelKey &key) {
  return isWinograd(key.algorithm) ? 9 : key.inputs[1].shape[1] * key.inputs[1].shape[2];
}

bool snap::canCompute(const KernelKey &key, Algorithm algorithm) {
  if (key.op != KernelOp::Conv2d)
    return algorithm == Algorithm::Default || algorithm == key.algorithm;
  if (!isWinograd(algorithm) || algorithm == key.algorithm)
    return true;
  auto allAre1 = [&](const char *name) {
    auto found = key.ints.find(name);
    return found == key.ints.end() ||
           std::all_of(found->second.begin(), found->second.end(), [](int64_t value) { return value == 1; });
  };
  bool is3x3 = isWinograd(key.algorithm) || (key.inputs[1].shape[1] == 3 && key.inputs[1].shape[2] == 3);
  int64_t upsample = key.getInt("upsample", 1);
  // Of an enlarged image only F(4,3) with pads of 1, whose points cost f16 too much of its precision
  // (docs/decisions/0015-f16-arithmetic.md).
  bool fits = upsample == 1 || (upsample == 2 && algorithm == Algorithm::Winograd4 && allAre1("pads") &&
                                key.inputs[1].type == ElementType::F32);
  return is3x3 && fits && key.getInt("groups", 1) == 1 && allAre1("strides") && allAre1("dilations");
}

static void addConvolution(const KernelKey &key, Algorithm algorithm, KernelWork &work) {
  const TensorSpec &out = key.outputs[0];
  int64_t images = out.shape[0], height = out.shape[1], width = out.shape[2], outputs = out.shape[3];
  int64_t groups = key.getInt("groups", 1), inputs = key.rootChannels() / groups;
  double element = double(byteSize(key.inputs[1].type));
  // Packed columns, as the key's weights have them.
  const std::vector<int64_t> &packed = key.inputs[1].shape;
  double columns = isWinograd(key.algorithm) ? double(packed[1] * packed[3]) : double(packed[0] * packed[4]);
  if (!isWinograd(algorithm)) {
    int64_t taps = tapsOf(key);
    work.kind = WorkKind::Convolution;
    work.product = {groups, images * height * width, outputs / groups, taps * inputs};
    work.weightBytes = columns * double(taps * inputs) * element;
    return;
  }
  int64_t tile = algorithm == Algorithm::Winograd4 ? 4 : 2;
  // Of an image enlarged twice a row and a column of points are always zero.
  int64_t side = tile + (key.getInt("upsample", 1) == 2 ? 1 : 2);
  work.kind = WorkKind::Winograd;
  work.winograd = {tile, side * side, images * ceilDiv(height, tile) * ceilDiv(width, tile), inputs, outputs};
  work.weightBytes = columns * double(side * side * inputs) * element;
}

//===----------------------------------------------------------------------===//
// Everything else
//===----------------------------------------------------------------------===//

static void addMatmul(const KernelKey &key, KernelWork &work) {
  const std::vector<int64_t> &shape = key.outputs[0].shape;
  bool packed = key.getInt("packed", 0) != 0;
  int64_t columns = shape.back() * (key.getInt("gated", 0) ? 2 : 1), rows = key.outputs[0].elements() / shape.back();
  int64_t batches = 1;
  if (!packed && shape.size() >= 2) { // a weight is shared by the batch, which is more rows then
    batches = rows / shape[shape.size() - 2];
    rows = shape[shape.size() - 2];
  }
  work.kind = WorkKind::Product;
  work.product = {batches, rows, columns, key.rootChannels()};
  if (packed)
    work.weightBytes = bytesOf(key.inputs[1]);
}

static void addAttention(const KernelKey &key, KernelWork &work) {
  const TensorSpec &q = key.inputs[0], &k = key.inputs[1], &v = key.inputs[2];
  int64_t heads = key.getInt("heads", 1);
  work.kind = WorkKind::Attention;
  work.attention = {q.shape[0] * heads, q.shape[1], k.shape[1], q.shape[2] / heads, v.shape[2] / heads};
}

/// What was fused into the kernel, run by itself.
static void addUnfusedPasses(const KernelKey &key, KernelWork &work) {
  double output = bytesOf(key.outputs[0]);
  double input = key.inputs.empty() ? 0 : bytesOf(key.inputs[0]);
  if (int64_t joined = key.getInt("joined", -1); joined >= 0) {
    input += bytesOf(key.inputs[joined]);
    work.unfusedPasses.push_back(2 * input);
  }
  if (key.ints.count("norm") || key.ints.count("layer_norm"))
    work.unfusedPasses.push_back(3 * input); // statistics, then read and written
  if (int64_t upsample = key.getInt("upsample", 1); key.op == KernelOp::Conv2d && upsample > 1)
    work.unfusedPasses.push_back(2 * double(upsample * upsample) * input);
  if (key.op != KernelOp::Elementwise && !key.epilogue.empty())
    work.unfusedPasses.push_back((key.getInt("gated", 0) ? 4 : 2) * output);
  if (work.kind == WorkKind::Attention) {
    const AttentionWork &a = work.attention;
    double scores = double(a.batchHeads * a.queries * a.keys) * double(byteSize(key.inputs[0].type));
    work.unfusedPasses.insert(work.unfusedPasses.end(), {2 * scores, 2 * scores}); // softmax between two products
  }
}

KernelWork snap::workOf(const KernelKey &key, Algorithm algorithm) {
  KernelWork work;
  if (algorithm == Algorithm::Default)
    algorithm = key.algorithm;
  work.macs = double(key.macs());
  if (!key.inputs.empty())
    work.type = key.inputs[0].type;
  if (key.op == KernelOp::Conv2d)
    addConvolution(key, algorithm, work);
  else if (key.op == KernelOp::Matmul)
    addMatmul(key, work);
  else if (key.op == KernelOp::Attention)
    addAttention(key, work);

  for (size_t i = 0; i < key.inputs.size(); ++i)
    if (!(i == 1 && work.weightBytes > 0)) {
      // A gather reads no more of its table than it writes.
      bool isTable = key.op == KernelOp::Gather && i == 0;
      work.activations.push_back(isTable ? std::min(bytesOf(key.inputs[0]), bytesOf(key.outputs[0]))
                                         : bytesOf(key.inputs[i]));
    }
  for (const TensorSpec &output : key.outputs)
    work.activations.push_back(bytesOf(output));
  // Unless the kernel before has left the moments of what it wrote.
  if ((key.ints.count("norm") && !key.ints.count("norm_moments")) || key.op == KernelOp::GroupNorm)
    work.statisticsBytes =
        bytesOf(key.inputs[0]) + (key.getInt("joined", -1) >= 0 ? bytesOf(key.inputs[key.getInt("joined", -1)]) : 0);
  addUnfusedPasses(key, work);
  return work;
}
