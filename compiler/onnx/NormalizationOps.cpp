//===- NormalizationOps.cpp - Normalization and softmax -------------------===//
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

/// A value per channel, [C], in the shape that broadcasts against [N, C, …].
static Value perChannel(Node &n, Value v, int64_t rank) {
  if (!v)
    return v;
  Dims dims(rank - 1, 1);
  dims[0] = Node::shape(v)[0];
  return n.reshape(v, dims);
}

/// Fails unless input i is [channels].
static bool checkChannels(Node &n, int i, int64_t channels) {
  if (Node::rank(n.in(i)) == 1 && Node::shape(n.in(i))[0] == channels)
    return true;
  n.fail("input " + Twine(i) + " is " + printDims(Node::shape(n.in(i))) + "; expected " + Twine(channels) +
         ", one for each channel of " + printDims(Node::shape(n.in(0))));
  return false;
}

static bool checkRank(Node &n, int64_t least) {
  if (Node::rank(n.in(0)) >= least)
    return true;
  n.fail("its input is " + printDims(Node::shape(n.in(0))) + "; expected at least " + Twine(least) + " dimensions");
  return false;
}

/// y = x s + b with s = scale / sqrt(var + epsilon), b = bias - mean s: the
/// latter two are computed from weights alone, so they become weights.
static Value batchNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-5);
  n.ignoreAttr("momentum");
  if (n.intAttr("training_mode", 0) != 0 || n.wants(1))
    return n.fail("it is in training mode: export the model for inference");
  if (n.intAttr("spatial", 1) != 1)
    return n.fail("spatial=0 is not supported");
  Value x = n.in(0);
  if (!checkRank(n, 2))
    return Value();
  for (int i = 1; i <= 4; ++i)
    if (!checkChannels(n, i, Node::shape(x)[1]))
      return Value();
  Type type = Node::element(x);
  auto channel = [&](int i) { return n.convert(n.in(i), type); };
  Value s = n.mul(channel(1), n.unary(UnaryFn::Rsqrt, n.add(channel(4), epsilon)));
  Value b = n.sub(channel(2), n.mul(channel(3), s));
  return n.add(n.mul(x, perChannel(n, s, Node::rank(x))), perChannel(n, b, Node::rank(x)));
}

static Value groupNorm(Node &n, Value scale, Value bias, int64_t groups, double epsilon) {
  if (!scale || !bias)
    return Value();
  return n.infer<GroupNormOp>(n.in(0), scale, bias, groups, llvm::APFloat(epsilon));
}

static Value instanceNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-5);
  if (!checkRank(n, 3))
    return Value();
  int64_t channels = Node::shape(n.in(0))[1];
  if (!checkChannels(n, 1, channels) || !checkChannels(n, 2, channels))
    return Value();
  return groupNorm(n, n.in(1), n.in(2), channels, epsilon);
}

/// Opset 18 has a scale for each group, opset 21 for each channel.
static Value groupNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-5);
  int64_t groups = n.intAttr("num_groups", 0);
  n.ignoreAttr("stash_type"); // statistics are in f32 whatever it says
  if (!checkRank(n, 3))
    return Value();
  int64_t channels = Node::shape(n.in(0))[1];
  if (groups <= 0 || channels % groups != 0)
    return n.fail("num_groups is " + Twine(groups) + ", which does not divide " + Twine(channels) + " channels");
  bool perGroup = n.opset() < 21;
  SmallVector<Value> parameters;
  for (int i = 1; i <= 2; ++i) {
    if (!checkChannels(n, i, perGroup ? groups : channels))
      return Value();
    Value p = n.in(i);
    if (perGroup)
      p = n.reshape(n.broadcast(n.reshape(p, {groups, 1}), {groups, channels / groups}), {channels});
    parameters.push_back(p);
  }
  return groupNorm(n, parameters[0], parameters[1], groups, epsilon);
}

/// The axis of LayerNormalization and RMSNormalization; checks that input i
/// broadcasts to the normalized dimensions and gives it exactly their shape.
static Value trailing(Node &n, int i, int64_t axis) {
  return n.has(i) ? n.broadcast(n.in(i), Node::shape(n.in(0)).drop_front(axis)) : Value();
}

static Value layerNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-5);
  n.ignoreAttr("stash_type");
  Value x = n.in(0);
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", -1), Node::rank(x));
  if (!axis)
    return Value();
  Value scale = trailing(n, 1, *axis), bias = trailing(n, 2, *axis);
  if (n.hasFailed())
    return Value();
  if (n.wants(1) || n.wants(2)) {
    auto range = llvm::seq<int64_t>(*axis, Node::rank(x));
    Dims axes(range.begin(), range.end());
    Value x32 = n.convert(x, n.builder().getF32Type());
    Value mean = n.mean(x32, axes), centred = n.sub(x32, mean);
    Value variance = n.mean(n.mul(centred, centred), axes);
    n.setResult(1, mean);
    n.setResult(2, n.unary(UnaryFn::Rsqrt, n.add(variance, epsilon)));
  }
  return n.infer<LayerNormOp>(x, scale, bias, *axis, llvm::APFloat(epsilon));
}

static Value rmsNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-5);
  n.ignoreAttr("stash_type");
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", -1), Node::rank(n.in(0)));
  Value scale = axis ? trailing(n, 1, *axis) : Value();
  return scale ? n.infer<RmsNormOp>(n.in(0), scale, *axis, llvm::APFloat(epsilon)) : Value();
}

/// x / (sum |x|^p)^(1/p); zeros stay zeros.
static Value lpNormalization(Node &n) {
  int64_t p = n.intAttr("p", 2);
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", -1), Node::rank(n.in(0)));
  if (!axis)
    return Value();
  if (p != 1 && p != 2)
    return n.fail("p is " + Twine(p) + "; expected 1 or 2");
  Value x = n.in(0);
  Value norm = p == 1 ? n.sum(n.unary(UnaryFn::Abs, x), {*axis}) : n.unary(UnaryFn::Sqrt, n.sum(n.mul(x, x), {*axis}));
  Value divisor = n.select(n.binary(BinaryFn::Equal, norm, 0.0), n.scalarLike(1, norm), norm);
  return n.div(x, divisor);
}

static Value meanVarianceNormalization(Node &n) {
  std::optional<Dims> axes = n.normalizeAxes(n.intsAttr("axes", {0, 2, 3}), Node::rank(n.in(0)));
  if (!axes)
    return Value();
  Value centred = n.sub(n.in(0), n.mean(n.in(0), *axes));
  Value deviation = n.unary(UnaryFn::Sqrt, n.mean(n.mul(centred, centred), *axes));
  return n.div(centred, n.add(deviation, 1e-9));
}

/// x / (bias + alpha / size * sum of squares over neighbouring channels)^beta.
static Value lrn(Node &n) {
  double alpha = n.floatAttr("alpha", 1e-4), beta = n.floatAttr("beta", 0.75), bias = n.floatAttr("bias", 1);
  int64_t size = n.intAttr("size", 0);
  if (!checkRank(n, 3))
    return Value();
  if (size <= 0)
    return n.fail("size is " + Twine(size) + "; expected a positive number");
  Value x = n.in(0);
  ArrayRef<int64_t> s = Node::shape(x);
  // The window slides over channels: as pooling of planes [C, positions].
  Value squares = n.reshape(n.mul(x, x), {s[0], 1, s[1], product(s.drop_front(2))});
  Dims kernel{size, 1}, ones{1, 1}, pads{(size - 1) / 2, 0, size / 2, 0};
  Value mean = n.infer<PoolOp>(PoolFn::AveragePadded, squares, ArrayRef<int64_t>(kernel), ArrayRef<int64_t>(ones),
                               ArrayRef<int64_t>(pads), ArrayRef<int64_t>(ones));
  Value base = n.add(n.mul(n.reshape(mean, s), alpha), bias);
  return n.div(x, n.binary(BinaryFn::Pow, base, beta));
}

static Value softmaxOf(Node &n, Value x, int64_t axis) { return n.infer<SoftmaxOp>(x, axis); }

/// (x - max) - log(sum(exp(x - max))).
static Value logSoftmaxOf(Node &n, Value x, int64_t axis) {
  Value centred = n.sub(x, n.reduce(ReduceFn::Max, x, {axis}));
  return n.sub(centred, n.unary(UnaryFn::Log, n.sum(n.unary(UnaryFn::Exp, centred), {axis})));
}

/// One at the first largest element, else zero.
static Value hardmaxOf(Node &n, Value x, int64_t axis) {
  Value largest = n.infer<ArgReduceOp>(ReduceFn::Max, x, axis, false);
  Value index = n.iota(Node::shape(x), axis, n.builder().getI64Type());
  return n.convert(n.binary(BinaryFn::Equal, index, largest), Node::element(x));
}

/// Since opset 13 along one axis, before over everything from `axis` on.
template <Value (*compute)(Node &, Value, int64_t)> static Value softmaxLike(Node &n) {
  Value x = n.in(0);
  bool coerced = n.opset() < 13;
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", coerced ? 1 : -1), Node::rank(x));
  if (!axis)
    return Value();
  if (!Node::isFloat(x))
    return n.fail("its input is not of type float or float16");
  if (!coerced)
    return compute(n, x, *axis);
  ArrayRef<int64_t> s = Node::shape(x);
  Value flat = n.reshape(x, {product(s.take_front(*axis)), product(s.drop_front(*axis))});
  return n.reshape(compute(n, flat, 1), s);
}

ArrayRef<OpRow> normalizationOps() {
  static const OpRow rows[] = {
      {"BatchNormalization", 7, latest, 5, 5, batchNormalization},
      {"GroupNormalization", 18, latest, 3, 3, groupNormalization},
      {"Hardmax", 1, latest, 1, 1, softmaxLike<hardmaxOf>},
      {"InstanceNormalization", 6, latest, 3, 3, instanceNormalization},
      {"LRN", 1, latest, 1, 1, lrn},
      {"LayerNormalization", 17, latest, 2, 3, layerNormalization},
      {"LogSoftmax", 1, latest, 1, 1, softmaxLike<logSoftmaxOf>},
      {"LpNormalization", 1, latest, 1, 1, lpNormalization},
      {"MeanVarianceNormalization", 9, latest, 1, 1, meanVarianceNormalization},
      {"RMSNormalization", 23, latest, 2, 2, rmsNormalization},
      {"Softmax", 1, latest, 1, 1, softmaxLike<softmaxOf>},
  };
  return rows;
}

} // namespace snap
