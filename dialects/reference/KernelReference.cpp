//===- KernelReference.cpp - What a kernel key computes -------------------===//
//
// A key is its root's evaluator between two expression trees; packed weights
// are unpacked first. The evaluators see f32 where the key says f16, so that
// nothing is rounded between root and epilogue, as in a kernel.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/KernelReference.h"
#include "dialects/reference/Evaluators.h"

#include <cassert>

using namespace snap;
using namespace snap::reference;
using Kind = ExprNode::Kind;

/// What kernels compute in: f32 for f16.
static Tensor widened(const Tensor &tensor) {
  return tensor.type() == ElementType::F16 ? reference::cast(tensor, ElementType::F32) : tensor;
}

//===----------------------------------------------------------------------===//
// Expression trees
//===----------------------------------------------------------------------===//

static Tensor constantOf(const ExprNode &node) {
  Tensor value(node.type, {});
  bool isFloat = node.type == ElementType::F32 || node.type == ElementType::F16;
  if (isFloat)
    value.set(0, node.constant);
  else
    value.setInt(0, static_cast<int64_t>(node.constant));
  return widened(value);
}

static Tensor evaluateExpr(const Expr &expr, const Tensor &acc, const Tensor &gate, const std::vector<Tensor> &inputs) {
  if (expr.empty())
    return acc;
  std::vector<Tensor> values;
  for (const ExprNode &node : expr.nodes) {
    auto operand = [&](size_t i) { return values[node.operands[i]]; };
    switch (node.kind) {
    case Kind::Accumulator:
      values.push_back(acc);
      break;
    case Kind::Gate:
      values.push_back(gate);
      break;
    case Kind::Input:
      values.push_back(inputs[node.input]);
      break;
    case Kind::Constant:
      values.push_back(constantOf(node));
      break;
    case Kind::Unary:
      values.push_back(reference::unary(node.fn, operand(0)));
      break;
    case Kind::Binary:
      values.push_back(reference::binary(node.fn, operand(0), operand(1)));
      break;
    case Kind::Select:
      values.push_back(reference::select(operand(0), operand(1), operand(2)));
      break;
    case Kind::Cast:
      values.push_back(widened(reference::cast(operand(0), node.type)));
      break;
    }
  }
  return values.back();
}

//===----------------------------------------------------------------------===//
// Packed weights
//===----------------------------------------------------------------------===//

/// [O/T,KH,KW,C,T] to [O,C,KH,KW], without the padded channels.
static Tensor unpackFilter(const Tensor &packed, int64_t channels) {
  const std::vector<int64_t> &s = packed.shape();
  int64_t height = s[1], width = s[2], depth = s[3], tile = s[4];
  Tensor filter(packed.type(), {channels, depth, height, width});
  for (int64_t o = 0; o < channels; ++o)
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t c = 0; c < depth; ++c) {
          int64_t from = (((o / tile * height + y) * width + x) * depth + c) * tile + o % tile;
          filter.set(((o * depth + c) * height + y) * width + x, packed.getDouble(from));
        }
  return filter;
}

/// [N/T,K,T] to [K,N], of each panel the `width` columns from `first` on.
static Tensor unpackMatrix(const Tensor &packed, int64_t columns, int64_t first, int64_t width) {
  int64_t depth = packed.shape()[1], tile = packed.shape()[2];
  Tensor matrix(packed.type(), {depth, columns});
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t n = 0; n < columns; ++n)
      matrix.set(k * columns + n, packed.getDouble((n / width * depth + k) * tile + first + n % width));
  return matrix;
}

//===----------------------------------------------------------------------===//
// Winograd
//===----------------------------------------------------------------------===//

namespace {
/// The transforms of F(m x m, 3 x 3) with a = m + 2 points: Lavin and Gray,
/// "Fast Algorithms for Convolutional Neural Networks", section 4.
struct Winograd {
  int64_t m, a;
  const double *input;  // B^T, a x a
  const double *output; // A^T, m x a
};
} // namespace

static const double inputF2[] = {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1};
static const double outputF2[] = {1, 1, 1, 0, 0, 1, -1, -1};
static const double inputF4[] = {4, 0,  -5, 0, 1, 0, 0, -4, -4, 1,  1, 0, 0, 4, -4, -1, 1, 0,
                                 0, -2, -1, 2, 1, 0, 0, 2,  -1, -2, 1, 0, 0, 4, 0,  -5, 0, 1};
static const double outputF4[] = {1, 1, 1, 1, 1, 0, 0, 1, -1, 2, -2, 0, 0, 1, 1, 4, 4, 0, 0, 1, -1, 8, -8, 1};

// F(4,3) at 0, 5/8, -5/8, 3/2, -3/2 and infinity, rows of the input's divided by 4, 4, 4, 2, 2, 4 (KernelKey.h).
static const double inputHalfF4[] = {
    225 / 1024., 0,         -169 / 256., 0,        1 / 4., 0, 0, -45 / 128.,  -9 / 16.,   5 / 32.,     1 / 4., 0,
    0,           45 / 128., -9 / 16.,    -5 / 32., 1 / 4., 0, 0, -75 / 256.,  -25 / 128., 3 / 4.,      1 / 2., 0,
    0,           75 / 256., -25 / 128.,  -3 / 4.,  1 / 2., 0, 0, 225 / 1024., 0,          -169 / 256., 0,      1 / 4.};
static const double outputHalfF4[] = {1,       1,      1,       1,          1,           0,        0,        5 / 8.,
                                      -5 / 8., 3 / 2., -3 / 2., 0,          0,           25 / 64., 25 / 64., 9 / 4.,
                                      9 / 4.,  0,      0,       125 / 512., -125 / 512., 27 / 8.,  -27 / 8., 1};

/// The algorithm of a key and, of F(4,3), its points.
static Winograd winogradOf(const KernelKey &key) {
  if (key.algorithm == Algorithm::Winograd2)
    return {2, 4, inputF2, outputF2};
  if (key.inputs[1].type == ElementType::F16 && key.getInt("upsample", 1) == 1)
    return {4, 6, inputHalfF4, outputHalfF4};
  return {4, 6, inputF4, outputF4};
}

/// left (rows x inner) times square (inner x inner) times left transposed.
static std::vector<double> sandwich(const double *left, int64_t rows, int64_t inner,
                                    const std::vector<double> &square) {
  std::vector<double> half(rows * inner, 0), result(rows * rows, 0);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < inner; ++j)
      for (int64_t k = 0; k < inner; ++k)
        half[i * inner + j] += left[i * inner + k] * square[k * inner + j];
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < rows; ++j)
      for (int64_t k = 0; k < inner; ++k)
        result[i * rows + j] += half[i * inner + k] * left[j * inner + k];
  return result;
}

/// The points a weight of this many holds: all, or those that an image enlarged
/// twice by nearest neighbour leaves (KernelKey.h).
static std::vector<int64_t> pointsOf(const Winograd &f, int64_t count) {
  std::vector<int64_t> points;
  for (int64_t i = 0; i < f.a * f.a; ++i)
    if (count == f.a * f.a || (i / f.a != 2 && i % f.a != 2))
      points.push_back(i);
  return points;
}

/// One tile of one image: m x m outputs of every channel, [channel][m * m].
static std::vector<std::vector<double>> winogradTile(const Winograd &f, const Tensor &x, const Tensor &w,
                                                     int64_t channels, int64_t image, int64_t top, int64_t left) {
  const std::vector<int64_t> &in = x.shape();
  int64_t panels = w.shape()[1], depth = w.shape()[2], tile = w.shape()[3], points = f.a * f.a;
  std::vector<int64_t> held = pointsOf(f, w.shape()[0]);
  std::vector<std::vector<double>> products(channels, std::vector<double>(points, 0));
  for (int64_t c = 0; c < depth; ++c) {
    std::vector<double> patch(points, 0);
    for (int64_t i = 0; i < f.a; ++i)
      for (int64_t j = 0; j < f.a; ++j) {
        int64_t row = top + i, column = left + j;
        if (row >= 0 && row < in[1] && column >= 0 && column < in[2])
          patch[i * f.a + j] = x.getDouble(((image * in[1] + row) * in[2] + column) * in[3] + c);
      }
    std::vector<double> v = sandwich(f.input, f.a, f.a, patch);
    for (int64_t p = 0; p < static_cast<int64_t>(held.size()); ++p)
      for (int64_t o = 0; o < channels; ++o)
        products[o][held[p]] += v[held[p]] * w.getDouble(((p * panels + o / tile) * depth + c) * tile + o % tile);
  }
  for (std::vector<double> &channel : products)
    channel = sandwich(f.output, f.m, f.a, channel);
  return products;
}

/// In double, for the transformed weights are all there is.
static Tensor winogradConv(const KernelKey &key, const Tensor &x, const Tensor &w) {
  Winograd f = winogradOf(key);
  const std::vector<int64_t> &out = key.outputs[0].shape, &pads = key.ints.at("pads");
  Tensor result(ElementType::F32, out);
  for (int64_t image = 0; image < out[0]; ++image)
    for (int64_t y = 0; y < out[1]; y += f.m)
      for (int64_t x0 = 0; x0 < out[2]; x0 += f.m) {
        auto tile = winogradTile(f, x, w, out[3], image, y - pads[0], x0 - pads[1]);
        for (int64_t i = 0; i < f.m && y + i < out[1]; ++i)
          for (int64_t j = 0; j < f.m && x0 + j < out[2]; ++j)
            for (int64_t o = 0; o < out[3]; ++o)
              result.set(((image * out[1] + y + i) * out[2] + x0 + j) * out[3] + o, tile[o][i * f.m + j]);
      }
  return result;
}

//===----------------------------------------------------------------------===//
// Moments
//===----------------------------------------------------------------------===//

/// The first pixel or row of a block of output 0 seen as [rows, columns], and its others from there.
static std::vector<int64_t> rowsOfBlock(const KernelKey &key, int64_t block) {
  const std::vector<int64_t> &size = key.ints.at("moments"), &out = key.outputs[0].shape;
  std::vector<int64_t> rows;
  if (key.op == KernelOp::Matmul) {
    for (int64_t i = 0; i < size[0]; ++i)
      rows.push_back(block * size[0] + i);
    return rows;
  }
  int64_t across = out[2] / size[1], down = out[1] / size[0];
  int64_t top = block / across / down * out[1] + block / across % down * size[0], left = block % across * size[1];
  for (int64_t y = 0; y < size[0]; ++y)
    for (int64_t x = 0; x < size[1]; ++x)
      rows.push_back((top + y) * out[2] + left + x);
  return rows;
}

Tensor snap::blockMoments(const KernelKey &key, const Tensor &output) {
  Tensor moments(ElementType::F32, key.momentsShape());
  int64_t columns = output.shape().back();
  for (int64_t block = 0; block < moments.elements() / (2 * columns); ++block) {
    std::vector<int64_t> rows = rowsOfBlock(key, block);
    for (int64_t c = 0; c < columns; ++c) {
      double mean = 0, squares = 0;
      for (int64_t row : rows)
        mean += output.getDouble(row * columns + c) / double(rows.size());
      for (int64_t row : rows)
        squares += (output.getDouble(row * columns + c) - mean) * (output.getDouble(row * columns + c) - mean);
      moments.set(block * 2 * columns + c, mean);
      moments.set((block * 2 + 1) * columns + c, squares);
    }
  }
  return moments;
}

/// What the inputs of `norm_moments` say of each channel the root reads, [N,2,C]; empty
/// without them. Equal blocks: their mean is the mean, and each is as far from it as its own.
static std::vector<double> channelMoments(const KernelKey &key, const std::vector<Tensor> &in) {
  auto list = key.ints.find("norm_moments");
  if (list == key.ints.end())
    return {};
  int64_t images = key.inputs[0].shape[0], channels = key.rootChannels(), begin = 0;
  int64_t points = key.inputs[0].elements() / (images * key.inputs[0].shape.back());
  std::vector<double> result(images * 2 * channels, 0);
  for (int64_t input : list->second) {
    const Tensor &of = in[input];
    int64_t width = of.shape().back(), blocks = of.elements() / (images * 2 * width);
    double length = double(points) / double(blocks); // of a block
    for (int64_t n = 0; n < images; ++n)
      for (int64_t c = 0; c < width; ++c) {
        double &mean = result[n * 2 * channels + begin + c], &squares = result[(n * 2 + 1) * channels + begin + c];
        auto at = [&](int64_t block, int64_t which) {
          return of.getDouble(((n * blocks + block) * 2 + which) * width + c);
        };
        for (int64_t block = 0; block < blocks; ++block)
          mean += at(block, 0) / double(blocks);
        for (int64_t block = 0; block < blocks; ++block)
          squares += at(block, 1) + length * (at(block, 0) - mean) * (at(block, 0) - mean);
      }
    begin += width;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Roots
//===----------------------------------------------------------------------===//

/// Nearest neighbour, `factor` times as high and wide.
static Tensor enlarged(const Tensor &x, int64_t factor) {
  if (factor == 1)
    return x;
  const std::vector<int64_t> &s = x.shape();
  double scale = static_cast<double>(factor);
  ResizeParams params;
  params.scales = {1, scale, scale, 1};
  params.coordinates = ResizeCoordinates::Asymmetric;
  params.rounding = ResizeRounding::Floor;
  return reference::resize("nearest", x, params, {s[0], factor * s[1], factor * s[2], s[3]});
}

static Tensor convolve(const KernelKey &key, const Tensor &source, const Tensor &w) {
  Tensor x = enlarged(source, key.getInt("upsample", 1));
  if (key.algorithm != Algorithm::Direct)
    return winogradConv(key, x, w);
  ConvParams params;
  params.strides = key.ints.at("strides");
  params.pads = key.ints.at("pads");
  params.dilations = key.ints.at("dilations");
  params.groups = key.getInt("groups", 1);
  params.nhwc = true;
  return reference::conv2d(x, unpackFilter(w, key.getInt("channels", 0)), params);
}

static reference::GroupNormParams groupNormParams(const KernelKey &key, int64_t groups, const std::vector<Tensor> &in) {
  reference::GroupNormParams params{groups, key.getFloat("epsilon", 0), /*nhwc=*/true};
  params.moments = channelMoments(key, in);
  params.counted = key.getInt("counted", 0);
  if (auto sizes = key.ints.find("sizes"); sizes != key.ints.end())
    params.sizes = sizes->second;
  return params;
}

static Tensor normalize(const KernelKey &key, const std::vector<Tensor> &in) {
  const std::vector<int64_t> &shape = in[0].shape();
  double epsilon = key.getFloat("epsilon", 0);
  if (key.op == KernelOp::GroupNorm) {
    return reference::groupNorm(in[0], in[1].reshaped({shape.back()}), in[2].reshaped({shape.back()}),
                                groupNormParams(key, key.getInt("groups", 1), in));
  }
  // Scale and bias as the normalised dimensions, whatever their own shape.
  int64_t axis = in[0].rank() - key.getInt("axes", 1);
  std::vector<int64_t> row(shape.begin() + axis, shape.end());
  Tensor scale(ElementType::F32, row), bias;
  int64_t scaleInput = key.getInt("scale", -1), biasInput = key.getInt("bias", -1);
  if (scaleInput >= 0)
    scale = in[scaleInput].reshaped(row);
  else
    for (int64_t i = 0; i < scale.elements(); ++i)
      scale.set(i, 1);
  if (key.op == KernelOp::RmsNorm)
    return reference::rmsNorm(in[0], scale, axis, epsilon);
  if (biasInput >= 0)
    bias = in[biasInput].reshaped(row);
  return reference::layerNorm(in[0], &scale, biasInput >= 0 ? &bias : nullptr, axis, epsilon);
}

/// The product with a packed weight; of a gated one the values, or the gates.
static Tensor multiplyPacked(const KernelKey &key, const std::vector<Tensor> &in, bool gates) {
  int64_t tile = in[1].shape()[2], width = key.getInt("gated", 0) ? tile / 2 : tile;
  return reference::matmul(in[0], unpackMatrix(in[1], key.getInt("columns", 0), gates ? width : 0, width));
}

static Tensor evaluateRoot(const KernelKey &key, const std::vector<Tensor> &in) {
  auto list = [&](const char *name) { return key.ints.at(name); };
  const std::vector<int64_t> &out = key.outputs[0].shape;
  switch (key.op) {
  case KernelOp::Conv2d:
    return convolve(key, in[0], in[1]);
  case KernelOp::Matmul:
    if (key.getInt("packed", 0))
      return multiplyPacked(key, in, /*gates=*/false);
    return reference::matmul(in[0], in[1], false, key.getInt("transpose_b", 0) != 0);
  case KernelOp::Attention: {
    int64_t mask = key.getInt("mask", -1);
    return reference::attention(in[0], in[1], in[2], mask >= 0 ? &in[mask] : nullptr, key.getInt("heads", 1),
                                key.getFloat("scale", 1), key.getInt("causal", 0) != 0);
  }
  case KernelOp::GroupNorm:
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm:
    return normalize(key, in);
  case KernelOp::Softmax:
    return reference::softmax(in[0], in[0].rank() - 1);
  case KernelOp::Elementwise:
    return Tensor();
  case KernelOp::Reduce:
    return reference::reduce(key.fn, in[0], list("axes"));
  case KernelOp::ArgReduce:
    return reference::argReduce(key.fn, in[0], key.getInt("axis", 0), key.getInt("select_last", 0) != 0);
  case KernelOp::CumSum:
    return reference::cumSum(in[0], key.getInt("axis", 0), key.getInt("exclusive", 0) != 0,
                             key.getInt("reverse", 0) != 0);
  case KernelOp::Gather:
    return reference::gather(in[0], in[1], key.getInt("axis", 0));
  case KernelOp::Resize: {
    ResizeParams params;
    params.scales = key.floats.at("scales");
    params.coordinates = static_cast<ResizeCoordinates>(key.getInt("coordinates", 0));
    params.rounding = static_cast<ResizeRounding>(key.getInt("rounding", 0));
    params.cubicA = key.getFloat("cubic_a", -0.75);
    return reference::resize(key.fn, in[0], params, out);
  }
  case KernelOp::Concat: {
    auto pieces = in.begin() + key.getInt("pieces", static_cast<int64_t>(in.size()));
    return reference::concat({in.begin(), pieces}, key.getInt("axis", 0));
  }
  case KernelOp::Slice:
    return reference::slice(in[0], list("starts"), list("steps"), out);
  case KernelOp::Transpose:
    return reference::transpose(in[0], list("permutation"));
  case KernelOp::Pad:
    return reference::pad(key.fn, in[0], list("low"), list("high"), key.getFloat("value", 0));
  case KernelOp::Pool: {
    PoolParams params = {list("kernel"), list("strides"), list("pads"), list("dilations"), /*nhwc=*/true};
    return reference::pool(key.fn, in[0], params);
  }
  }
  return Tensor();
}

std::vector<Tensor> snap::evaluateKernel(const KernelKey &key, const std::vector<Tensor> &inputs) {
  std::vector<Tensor> wide;
  for (size_t i = 0; i < inputs.size(); ++i) {
    assert(inputs[i].shape() == key.inputs[i].shape && inputs[i].type() == key.inputs[i].type && "an input of the key");
    wide.push_back(widened(inputs[i]));
  }
  // Norm and prologue change what the root reads, not what the epilogue does.
  std::vector<Tensor> root = wide;
  if (int64_t joined = key.getInt("joined", -1); joined >= 0)
    root[0] = reference::concat({wide[0], wide[joined]}, wide[0].rank() - 1);
  if (auto norm = key.ints.find("norm"); norm != key.ints.end())
    root[0] = reference::groupNorm(root[0], wide[norm->second[1]], wide[norm->second[2]],
                                   groupNormParams(key, norm->second[0], wide));
  if (auto norm = key.ints.find("layer_norm"); norm != key.ints.end()) {
    int64_t scale = norm->second[0], bias = norm->second[1];
    root[0] = reference::layerNorm(root[0], scale >= 0 ? &wide[scale] : nullptr, bias >= 0 ? &wide[bias] : nullptr,
                                   root[0].rank() - 1, key.getFloat("epsilon", 0));
  }
  if (!key.prologue.empty())
    root[0] = evaluateExpr(key.prologue, root[0], Tensor(), {});
  Tensor gate = key.getInt("gated", 0) ? multiplyPacked(key, root, /*gates=*/true) : Tensor();
  Tensor result = evaluateExpr(key.epilogue, evaluateRoot(key, root), gate, wide);
  const TensorSpec &out = key.outputs[0];
  if (result.shape() != out.shape)
    result = reference::broadcast(result, out.shape);
  if (result.type() != out.type)
    result = reference::cast(result, out.type);
  if (key.ints.count("moments"))
    return {result, blockMoments(key, result)};
  return {result};
}
