//===- KernelKeyVerify.cpp - Which keys make sense ------------------------===//
//
// One function per family of ops, each a list of checks that say what is and
// what should be. Passes call verify() on every key they make, so kernel
// authors and evaluators need no checks of their own.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelFunctions.h"
#include "targets/KernelKey.h"

#include <algorithm>
#include <numeric>

using namespace snap;
using Kind = ExprNode::Kind;
using Shape = std::vector<int64_t>;

static std::string list(const Shape &values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i)
    text += (i ? "," : "") + std::to_string(values[i]);
  return text + "]";
}

/// numpy's rule, dimensions aligned at the right.
static bool broadcastsTo(const Shape &from, const Shape &to) {
  if (from.size() > to.size())
    return false;
  for (size_t i = 0; i < from.size(); ++i) {
    int64_t extent = from[from.size() - 1 - i];
    if (extent != 1 && extent != to[to.size() - 1 - i])
      return false;
  }
  return true;
}

namespace {
/// The checks; `error` is the first that failed.
struct Verifier {
  const KernelKey &key;
  std::string error;

  bool fail(const std::string &message) {
    if (error.empty())
      error = std::string(toString(key.op)) + ": " + message;
    return false;
  }
  bool check(bool condition, const std::string &message) { return condition || fail(message); }

  const TensorSpec &in(size_t i) const { return key.inputs[i]; }
  const Shape &out() const { return key.outputs[0].shape; }

  bool rank(size_t input, size_t expected) {
    return check(in(input).shape.size() == expected, "input " + std::to_string(input) + " has " +
                                                         std::to_string(in(input).shape.size()) +
                                                         " dimensions, expected " + std::to_string(expected));
  }
  bool outputIs(const Shape &expected) {
    return check(out() == expected, "output is " + list(out()) + ", expected " + list(expected));
  }
  bool atLeast(size_t inputs) {
    return check(key.inputs.size() >= inputs,
                 "has " + std::to_string(key.inputs.size()) + " inputs, expected " + std::to_string(inputs));
  }
  /// The list `name`, of `size` values each at least `minimum`.
  bool ints(const char *name, size_t size, int64_t minimum, Shape &values) {
    auto it = key.ints.find(name);
    if (it == key.ints.end() || it->second.size() != size)
      return fail(std::string("needs '") + name + "' with " + std::to_string(size) + " values");
    values = it->second;
    for (int64_t value : values)
      if (value < minimum)
        return fail(std::string("'") + name + "' holds " + std::to_string(value) + ", expected at least " +
                    std::to_string(minimum));
    return true;
  }
  bool one(const char *name, int64_t minimum, int64_t maximum, int64_t &value) {
    Shape values;
    if (!ints(name, 1, minimum, values))
      return false;
    value = values[0];
    return check(value <= maximum, std::string("'") + name + "' is " + std::to_string(value) + ", expected at most " +
                                       std::to_string(maximum));
  }
  bool variant(std::initializer_list<const char *> accepted) {
    std::string names;
    for (const char *name : accepted) {
      if (key.fn == name)
        return true;
      names += std::string(names.empty() ? "" : ", ") + name;
    }
    return fail("function is '" + key.fn + "', expected one of " + names);
  }

  bool tensors();
  bool expression(const snap::Expr &expr, const char *name, bool prologue);
  bool groupsDivide(const Shape &x, int64_t groups);
  bool joinedInput(Shape &x);
  bool normalizedInput(const Shape &x);
  bool normalizedRows(const Shape &x);
  bool normMoments();
  bool moments();
  bool conv2d();
  bool matmul();
  bool attention();
  bool norm();
  bool reduction();
  bool movement();
  bool concat();
  bool resize();
  bool pool();
  bool root();
};
} // namespace

bool Verifier::tensors() {
  size_t outputs = key.ints.count("moments") ? 2 : 1;
  if (key.outputs.size() != outputs)
    return fail("has " + std::to_string(key.outputs.size()) + " outputs, expected " + std::to_string(outputs) +
                (outputs == 2 ? " with 'moments'" : ""));
  auto one = [&](const TensorSpec &tensor) {
    for (int64_t extent : tensor.shape)
      if (extent < 1)
        return fail("a tensor has extent " + std::to_string(extent) + ", expected at least 1");
    if (!tensor.isDense() && tensor.strides.size() != tensor.shape.size())
      return fail("a tensor has " + std::to_string(tensor.strides.size()) + " strides for " +
                  std::to_string(tensor.shape.size()) + " dimensions");
    if (!tensor.isDense() && *std::min_element(tensor.strides.begin(), tensor.strides.end()) < 0)
      return fail("a tensor has a negative stride");
    // Kernels index with 32 bits.
    return check(tensor.bytes() / byteSize(tensor.type) < (int64_t(1) << 31), "a tensor has 2^31 elements or more");
  };
  for (const std::vector<TensorSpec> *tensors : {&key.inputs, &key.outputs})
    for (const TensorSpec &tensor : *tensors)
      if (!one(tensor))
        return false;
  return true;
}

bool Verifier::expression(const snap::Expr &expr, const char *name, bool prologue) {
  for (size_t i = 0; i < expr.nodes.size(); ++i) {
    const ExprNode &node = expr.nodes[i];
    std::string where = std::string(name) + " node " + std::to_string(i) + ": ";
    for (int32_t operand : node.operands)
      if (operand < 0 || operand >= static_cast<int32_t>(i))
        return fail(where + "operand " + std::to_string(operand) + " is not an earlier node");
    size_t operands = 0;
    switch (node.kind) {
    case Kind::Accumulator:
      if (key.op == KernelOp::Elementwise)
        return fail(where + "an elementwise kernel has no accumulator");
      break;
    case Kind::Gate:
      if (prologue || !key.getInt("gated", 0))
        return fail(where + "only the epilogue of a gated matmul reads a gate");
      break;
    case Kind::Input:
      if (prologue)
        return fail(where + "a prologue reads only the accumulator");
      if (node.input < 0 || node.input >= static_cast<int32_t>(key.inputs.size()))
        return fail(where + "input " + std::to_string(node.input) + " does not exist");
      if (!broadcastsTo(in(node.input).shape, out()))
        return fail(where + "input " + list(in(node.input).shape) + " does not broadcast to " + list(out()));
      break;
    case Kind::Constant:
      break;
    case Kind::Unary:
      operands = 1;
      if (!isUnaryFunction(node.fn))
        return fail(where + "unknown unary function '" + node.fn + "'");
      break;
    case Kind::Binary:
      operands = 2;
      if (!isBinaryFunction(node.fn))
        return fail(where + "unknown binary function '" + node.fn + "'");
      break;
    case Kind::Select:
      operands = 3;
      break;
    case Kind::Cast:
      operands = 1;
      break;
    }
    if (node.operands.size() != operands)
      return fail(where + "has " + std::to_string(node.operands.size()) + " operands, expected " +
                  std::to_string(operands));
  }
  return true;
}

/// The channels of `x` into groups, by `sizes` and `counted` if they are there.
bool Verifier::groupsDivide(const Shape &x, int64_t groups) {
  int64_t counted;
  Shape sizes;
  if (!check(x.size() >= 2, "input 0 has 1 dimension, expected at least 2"))
    return false;
  if (!key.ints.count("sizes")) {
    if (!check(x.back() % groups == 0, list(x) + " does not divide into " + std::to_string(groups) + " groups"))
      return false;
    sizes = {x.back() / groups};
  } else if (!ints("sizes", groups, 1, sizes) ||
             !check(std::accumulate(sizes.begin(), sizes.end(), int64_t(0)) == x.back(),
                    "'sizes' " + list(sizes) + " do not add up to " + std::to_string(x.back()) + " channels")) {
    return false;
  }
  return !key.ints.count("counted") ||
         one("counted", *std::max_element(sizes.begin(), sizes.end()), int64_t(1) << 30, counted);
}

/// The shape of input 0 with what `joined` adds.
bool Verifier::joinedInput(Shape &x) {
  int64_t input;
  x = in(0).shape;
  if (!key.ints.count("joined"))
    return true;
  if (!one("joined", 2, static_cast<int64_t>(key.inputs.size()) - 1, input))
    return false;
  const Shape &more = in(input).shape;
  Shape whole = x;
  whole.back() = more.back();
  if (!check(more == whole && in(input).type == in(0).type,
             "input " + std::to_string(input) + " " + list(more) + " does not go on where " + list(x) + " ends"))
    return false;
  x.back() += more.back();
  return true;
}

/// `norm` of a convolution or a product with packed weights, of `x`.
bool Verifier::normalizedInput(const Shape &x) {
  Shape norm;
  if (!key.ints.count("norm"))
    return true;
  if (!ints("norm", 3, 1, norm) || !check(key.floats.count("epsilon") == 1, "needs 'epsilon'") ||
      !groupsDivide(x, norm[0]))
    return false;
  for (size_t i : {1, 2})
    if (!check(norm[i] > 1 && norm[i] < static_cast<int64_t>(key.inputs.size()),
               "input " + std::to_string(norm[i]) + " of 'norm' does not exist") ||
        !check(in(norm[i]).shape == Shape{x.back()}, "input " + std::to_string(norm[i]) + " of 'norm' is " +
                                                         list(in(norm[i]).shape) + ", expected " + list({x.back()})))
      return false;
  return true;
}

/// `layer_norm` of a product with packed weights, of the rows of `x`.
bool Verifier::normalizedRows(const Shape &x) {
  Shape norm;
  if (!key.ints.count("layer_norm"))
    return true;
  if (!ints("layer_norm", 2, -1, norm) || !check(key.floats.count("epsilon") == 1, "needs 'epsilon'") ||
      !check(!key.ints.count("norm") && !key.ints.count("joined"), "'layer_norm' stands beside no 'norm' or 'joined'"))
    return false;
  for (int64_t input : norm)
    if (!check(input == -1 || (input > 1 && input < static_cast<int64_t>(key.inputs.size())),
               "input " + std::to_string(input) + " of 'layer_norm' does not exist") ||
        !check(input == -1 || in(input).shape == Shape{x.back()},
               "input " + std::to_string(input) + " of 'layer_norm' is " + (input < 0 ? "" : list(in(input).shape)) +
                   ", expected " + list({x.back()})))
      return false;
  return true;
}

/// `norm_moments`, of input 0 and of the joined one.
bool Verifier::normMoments() {
  Shape moments;
  if (!key.ints.count("norm_moments"))
    return true;
  int64_t joined = key.getInt("joined", -1);
  if (!ints("norm_moments", joined < 0 ? 1 : 2, 1, moments) ||
      !check(key.op == KernelOp::GroupNorm || key.ints.count("norm"), "'norm_moments' stands beside no 'norm'"))
    return false;
  for (size_t i = 0; i < moments.size(); ++i) {
    std::string name = "input " + std::to_string(moments[i]) + " of 'norm_moments' ";
    if (!check(moments[i] < static_cast<int64_t>(key.inputs.size()), name + "does not exist"))
      return false;
    const TensorSpec &x = in(i == 0 ? 0 : joined), &of = in(moments[i]);
    int64_t images = x.shape.front(), channels = x.shape.back(), rows = x.elements() / channels;
    size_t rank = of.shape.size();
    int64_t blocks = rank < 3 ? 0 : of.elements() / (of.shape[rank - 2] * of.shape[rank - 1]);
    if (!check(of.type == ElementType::F32 && of.isDense(), name + "should be f32 and dense") ||
        !check(blocks && of.shape[rank - 2] == 2 && of.shape[rank - 1] == channels && blocks % images == 0 &&
                   rows % blocks == 0,
               name + "is " + list(of.shape) + ", expected [" + std::to_string(images) + ",B,2," +
                   std::to_string(channels) + "] with B a divisor of " + std::to_string(rows / images)))
      return false;
  }
  return true;
}

/// `moments` of a convolution or a product with packed weights, once output 0 is known to be right.
bool Verifier::moments() {
  if (!key.ints.count("moments"))
    return true;
  bool image = key.op == KernelOp::Conv2d;
  Shape block;
  if (!ints("moments", image ? 2 : 1, 1, block))
    return false;
  for (size_t i = 0; i < block.size(); ++i) {
    int64_t extent = out()[image ? 1 + i : out().size() - 2];
    if (!check(extent % block[i] == 0, "'moments' has blocks of " + std::to_string(block[i]) +
                                           ", which do not divide " + std::to_string(extent) +
                                           (!image ? " rows"
                                            : i    ? " columns"
                                                   : " rows")))
      return false;
  }
  const TensorSpec &of = key.outputs[1];
  return check(key.outputs[0].isDense(), "output 0 has strides beside 'moments'") &&
         check(of.type == ElementType::F32 && of.isDense(), "output 1 should be f32 and dense") &&
         check(of.shape == key.momentsShape(),
               "output 1 is " + list(of.shape) + ", expected " + list(key.momentsShape()));
}

bool Verifier::conv2d() {
  Shape strides, pads, dilations;
  int64_t groups, channels, upsample = 1;
  if (!atLeast(2) || !rank(0, 4) || !ints("strides", 2, 1, strides) || !ints("pads", 4, 0, pads) ||
      !ints("dilations", 2, 1, dilations) || !one("groups", 1, int64_t(1) << 30, groups) ||
      !one("channels", 1, int64_t(1) << 30, channels))
    return false;
  Shape x;
  if (!joinedInput(x) || !normalizedInput(x) || !normMoments() ||
      (key.ints.count("upsample") && !one("upsample", 1, 1 << 10, upsample)))
    return false;
  const Shape &w = in(1).shape;
  if (!check(x[3] % groups == 0 && channels % groups == 0, "channels " + std::to_string(x[3]) + " and " +
                                                               std::to_string(channels) + " do not divide into " +
                                                               std::to_string(groups) + " groups"))
    return false;
  int64_t taps[2] = {3, 3}, tile, reduced;
  if (key.algorithm == Algorithm::Direct) {
    if (!rank(1, 5))
      return false;
    taps[0] = w[1], taps[1] = w[2], reduced = w[3], tile = w[4];
  } else if (key.algorithm == Algorithm::Winograd4 || key.algorithm == Algorithm::Winograd2) {
    bool four = key.algorithm == Algorithm::Winograd4;
    int64_t points = !four ? 16 : upsample == 1 ? 36 : 25;
    if (!check(upsample == 1 || (four && upsample == 2 && pads == Shape{1, 1, 1, 1}),
               "only winograd4 takes an enlarged input, 2 times and with pads of 1"))
      return false;
    if (!rank(1, 4) ||
        !check(w[0] == points, "weight has " + std::to_string(w[0]) + " points, expected " + std::to_string(points)) ||
        !check(groups == 1 && strides == Shape{1, 1} && dilations == Shape{1, 1},
               "a Winograd convolution has groups, strides or dilations other "
               "than 1"))
      return false;
    reduced = w[2], tile = w[3];
  } else {
    return fail("algorithm is 'default', expected direct, winograd2 or winograd4");
  }
  int64_t panels = key.algorithm == Algorithm::Direct ? w[0] : w[1];
  if (!check(reduced == x[3] / groups,
             "weight has " + std::to_string(reduced) + " input channels, expected " + std::to_string(x[3] / groups)) ||
      !check(panels == (channels + tile - 1) / tile, "weight has " + std::to_string(panels) + " panels of " +
                                                         std::to_string(tile) + " for " + std::to_string(channels) +
                                                         " channels"))
    return false;
  Shape expected = {x[0], 0, 0, channels};
  for (int i = 0; i < 2; ++i)
    expected[1 + i] = (upsample * x[1 + i] + pads[i] + pads[2 + i] - (taps[i] - 1) * dilations[i] - 1) / strides[i] + 1;
  return outputIs(expected) && moments();
}

bool Verifier::matmul() {
  int64_t packed, columns, transpose = key.getInt("transpose_b", 0), gated = key.getInt("gated", 0);
  if (!atLeast(2) || !one("packed", 0, 1, packed) || !one("columns", 1, int64_t(1) << 30, columns))
    return false;
  Shape a;
  const Shape &b = in(1).shape;
  if (!check(in(0).shape.size() >= 2, "input 0 has fewer than 2 dimensions") || !joinedInput(a) ||
      !normalizedInput(a) || !normMoments() || !normalizedRows(a) ||
      !check(packed || !(key.ints.count("norm") || key.ints.count("joined")), "'norm' and 'joined' need packed=1") ||
      !check(packed || !key.ints.count("layer_norm"), "'layer_norm' needs packed=1") ||
      !check(packed || !key.ints.count("moments"), "'moments' needs packed=1") ||
      !check(transpose == 0 || (transpose == 1 && !packed), "transpose_b needs packed=0") ||
      !check(gated == 0 || (gated == 1 && packed), "gated needs packed=1"))
    return false;
  int64_t k = a.back(), rows = a[a.size() - 2];
  Shape expected;
  if (packed) {
    if (!rank(1, 3) ||
        !check(b[1] == k, "inner sizes " + std::to_string(k) + " and " + std::to_string(b[1]) + " differ") ||
        !check(!gated || b[2] % 2 == 0, "a gated weight has panels of " + std::to_string(b[2]) + ", expected even"))
      return false;
    int64_t width = gated ? b[2] / 2 : b[2]; // columns of the result in a panel
    if (!check(b[0] == (columns + width - 1) / width, "weight has " + std::to_string(b[0]) + " panels of " +
                                                          std::to_string(b[2]) + " for " + std::to_string(columns) +
                                                          (gated ? " gated columns" : " columns")))
      return false;
    expected.assign(a.begin(), a.end() - 1);
  } else {
    if (!check(b.size() >= 2, "input 1 has fewer than 2 dimensions"))
      return false;
    int64_t bk = b[b.size() - (transpose ? 1 : 2)], bn = b[b.size() - (transpose ? 2 : 1)];
    if (!check(bk == k, "inner sizes " + std::to_string(k) + " and " + std::to_string(bk) + " differ") ||
        !check(bn == columns, "input 1 has " + std::to_string(bn) + " columns, expected " + std::to_string(columns)))
      return false;
    size_t batch = std::max(a.size(), b.size()) - 2;
    expected.assign(batch, 1);
    for (size_t i = 0; i < batch; ++i) {
      size_t fromEnd = batch - i + 2;
      int64_t ea = a.size() >= fromEnd ? a[a.size() - fromEnd] : 1,
              eb = b.size() >= fromEnd ? b[b.size() - fromEnd] : 1;
      if (!check(ea == eb || ea == 1 || eb == 1,
                 "batch sizes " + std::to_string(ea) + " and " + std::to_string(eb) + " do not broadcast"))
        return false;
      expected[i] = std::max(ea, eb);
    }
    expected.push_back(rows);
  }
  expected.push_back(columns);
  return outputIs(expected) && moments();
}

bool Verifier::attention() {
  int64_t heads;
  if (!atLeast(3) || !rank(0, 3) || !rank(1, 3) || !rank(2, 3) || !one("heads", 1, 1 << 20, heads))
    return false;
  const Shape &q = in(0).shape, &k = in(1).shape, &v = in(2).shape;
  if (!check(q[2] % heads == 0 && v[2] % heads == 0, "widths " + std::to_string(q[2]) + " and " + std::to_string(v[2]) +
                                                         " do not divide into " + std::to_string(heads) + " heads") ||
      !check(k[2] == q[2], "queries are " + std::to_string(q[2]) + " wide and keys " + std::to_string(k[2])) ||
      !check(v[1] == k[1], "there are " + std::to_string(k[1]) + " keys and " + std::to_string(v[1]) + " values") ||
      !check(k[0] == q[0] && v[0] == q[0], "batch sizes differ") ||
      !check(key.floats.count("scale") == 1, "needs 'scale'"))
    return false;
  int64_t mask = key.getInt("mask", -1);
  if (mask >= 0) {
    if (!check(mask >= 3 && mask < static_cast<int64_t>(key.inputs.size()), "mask input does not exist") ||
        !check(broadcastsTo(in(mask).shape, {q[0], heads, q[1], k[1]}),
               "mask " + list(in(mask).shape) + " does not broadcast to " + list({q[0], heads, q[1], k[1]})))
      return false;
  }
  return outputIs({q[0], q[1], v[2]});
}

bool Verifier::norm() {
  if (!atLeast(1) || !check(!in(0).shape.empty(), "input 0 is a scalar"))
    return false;
  const Shape &x = in(0).shape;
  if (key.op == KernelOp::Softmax)
    return outputIs(x);
  if (!check(key.floats.count("epsilon") == 1, "needs 'epsilon'"))
    return false;
  if (key.op == KernelOp::GroupNorm) {
    int64_t groups;
    if (!atLeast(3) || !one("groups", 1, 1 << 30, groups) || !groupsDivide(x, groups))
      return false;
    for (size_t i : {1, 2})
      if (!check(in(i).elements() == x.back(), "input " + std::to_string(i) + " has " +
                                                   std::to_string(in(i).elements()) + " elements, expected " +
                                                   std::to_string(x.back())))
        return false;
    return normMoments() && outputIs(x);
  }
  int64_t axes;
  if (!one("axes", 1, static_cast<int64_t>(x.size()), axes))
    return false;
  int64_t size = 1;
  for (int64_t i = 0; i < axes; ++i)
    size *= x[x.size() - 1 - i];
  for (const char *name : {"scale", "bias"}) {
    int64_t input = key.getInt(name, -1);
    if (input < 0)
      continue;
    if (!check(input < static_cast<int64_t>(key.inputs.size()), std::string(name) + " input does not exist") ||
        !check(in(input).elements() == size, std::string(name) + " has " + std::to_string(in(input).elements()) +
                                                 " elements, expected " + std::to_string(size)))
      return false;
  }
  return outputIs(x);
}

bool Verifier::reduction() {
  if (!atLeast(1))
    return false;
  Shape expected = in(0).shape;
  int64_t last = static_cast<int64_t>(expected.size()) - 1, axis, flag;
  if (key.op == KernelOp::Reduce) {
    auto axes = key.ints.find("axes");
    if (!variant({"sum", "mean", "max", "min", "prod"}) || !check(axes != key.ints.end(), "needs 'axes'"))
      return false;
    for (int64_t axis : axes->second) {
      if (!check(axis >= 0 && axis <= last, "axis " + std::to_string(axis) + " does not exist"))
        return false;
      expected[axis] = 1;
    }
    return outputIs(expected);
  }
  if (!one("axis", 0, last, axis))
    return false;
  if (key.op == KernelOp::CumSum)
    return one("exclusive", 0, 1, flag) && one("reverse", 0, 1, flag) && outputIs(expected);
  expected[axis] = 1;
  return variant({"max", "min"}) && one("select_last", 0, 1, flag) &&
         check(key.outputs[0].type == ElementType::I64, "output is not i64") && outputIs(expected);
}

bool Verifier::movement() {
  if (!atLeast(1))
    return false;
  const Shape &x = in(0).shape;
  size_t rank = x.size();
  Shape a, b, expected(rank);
  if (key.op == KernelOp::Slice) {
    if (!ints("starts", rank, 0, a) || !ints("steps", rank, -(int64_t(1) << 30), b) ||
        !check(out().size() == rank, "output and input differ in rank"))
      return false;
    for (size_t i = 0; i < rank; ++i) {
      int64_t last = a[i] + (out()[i] - 1) * b[i];
      if (!check(b[i] != 0 && a[i] < x[i] && last >= 0 && last < x[i],
                 "dimension " + std::to_string(i) + " reads from " + std::to_string(a[i]) + " to " +
                     std::to_string(last) + " of " + std::to_string(x[i])))
        return false;
    }
    return true;
  }
  if (key.op == KernelOp::Transpose) {
    if (!ints("permutation", rank, 0, a))
      return false;
    Shape sorted = a;
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < rank; ++i) {
      if (!check(sorted[i] == static_cast<int64_t>(i), "permutation is " + list(a)))
        return false;
      expected[i] = x[a[i]];
    }
    return outputIs(expected);
  }
  if (!variant({"constant", "reflect", "edge"}) || !ints("low", rank, 0, a) || !ints("high", rank, 0, b))
    return false;
  for (size_t i = 0; i < rank; ++i) {
    expected[i] = x[i] + a[i] + b[i];
    if (key.fn == "reflect" &&
        !check(a[i] < x[i] && b[i] < x[i], "dimension " + std::to_string(i) + " is padded by its size or more"))
      return false;
  }
  return outputIs(expected);
}

bool Verifier::concat() {
  int64_t axis, sum = 0;
  // Inputs past `pieces` belong to the epilogue.
  int64_t pieces = key.getInt("pieces", static_cast<int64_t>(key.inputs.size()));
  if (!atLeast(1) || !one("axis", 0, static_cast<int64_t>(in(0).shape.size()) - 1, axis) ||
      !check(pieces >= 1 && pieces <= static_cast<int64_t>(key.inputs.size()), "'pieces' exceeds the inputs"))
    return false;
  Shape expected = in(0).shape;
  for (int64_t i = 0; i < pieces; ++i) {
    Shape piece = in(i).shape;
    if (!rank(i, expected.size()))
      return false;
    sum += piece[axis];
    piece[axis] = expected[axis];
    if (!check(piece == expected, "input " + std::to_string(i) + " is " + list(in(i).shape) + ", which does not join " +
                                      list(in(0).shape) + " on axis " + std::to_string(axis)))
      return false;
  }
  expected[axis] = sum;
  return outputIs(expected);
}

bool Verifier::resize() {
  int64_t coordinates, rounding;
  if (!atLeast(1) || !variant({"nearest", "linear", "cubic"}) || !one("coordinates", 0, 4, coordinates) ||
      !one("rounding", 0, 3, rounding))
    return false;
  auto scales = key.floats.find("scales");
  size_t rank = in(0).shape.size();
  if (!check(scales != key.floats.end() && scales->second.size() == rank,
             "needs 'scales' with " + std::to_string(rank) + " values"))
    return false;
  for (double scale : scales->second)
    if (!check(scale > 0, "a scale is not positive"))
      return false;
  return check(out().size() == rank, "output and input differ in rank");
}

bool Verifier::pool() {
  Shape kernel, strides, pads, dilations;
  if (!atLeast(1) || !rank(0, 4) || !variant({"max", "average", "average_padded"}) || !ints("kernel", 2, 1, kernel) ||
      !ints("strides", 2, 1, strides) || !ints("pads", 4, 0, pads) || !ints("dilations", 2, 1, dilations))
    return false;
  // Ceil mode makes the output larger by at most one window per dimension.
  const Shape &x = in(0).shape;
  if (!check(out().size() == 4 && out()[0] == x[0] && out()[3] == x[3], "output is " + list(out())))
    return false;
  for (int i = 0; i < 2; ++i) {
    int64_t floor = (x[1 + i] + pads[i] + pads[2 + i] - (kernel[i] - 1) * dilations[i] - 1) / strides[i] + 1;
    if (!check(out()[1 + i] == floor || out()[1 + i] == floor + 1,
               "output extent is " + std::to_string(out()[1 + i]) + ", expected " + std::to_string(floor)))
      return false;
  }
  return true;
}

bool Verifier::root() {
  int64_t axis;
  bool contraction = key.op == KernelOp::Conv2d || key.op == KernelOp::Matmul;
  if (!check(contraction || !key.ints.count("moments"), "makes no 'moments'") ||
      !check(contraction || key.op == KernelOp::GroupNorm || !key.ints.count("norm_moments"),
             "takes no 'norm_moments'"))
    return false;
  switch (key.op) {
  case KernelOp::Conv2d:
    return conv2d();
  case KernelOp::Matmul:
    return matmul();
  case KernelOp::Attention:
    return attention();
  case KernelOp::GroupNorm:
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm:
  case KernelOp::Softmax:
    return norm();
  case KernelOp::Elementwise:
    return check(!key.epilogue.empty(), "has no expression");
  case KernelOp::Reduce:
  case KernelOp::ArgReduce:
  case KernelOp::CumSum:
    return reduction();
  case KernelOp::Gather: {
    if (!atLeast(2) || !one("axis", 0, static_cast<int64_t>(in(0).shape.size()) - 1, axis) ||
        !check(in(1).type == ElementType::I64 || in(1).type == ElementType::I32, "indices are not i64 or i32"))
      return false;
    Shape expected(in(0).shape.begin(), in(0).shape.begin() + axis);
    expected.insert(expected.end(), in(1).shape.begin(), in(1).shape.end());
    expected.insert(expected.end(), in(0).shape.begin() + axis + 1, in(0).shape.end());
    return outputIs(expected);
  }
  case KernelOp::Resize:
    return resize();
  case KernelOp::Concat:
    return concat();
  case KernelOp::Slice:
  case KernelOp::Transpose:
  case KernelOp::Pad:
    return movement();
  case KernelOp::Pool:
    return pool();
  }
  return false;
}

std::string KernelKey::verify() const {
  Verifier verifier{*this, ""};
  verifier.tensors() && verifier.root() && verifier.expression(prologue, "prologue", true) &&
      verifier.expression(epilogue, "epilogue", false);
  return verifier.error;
}
