//===- Soup.cpp - Operations of every kind on whatever fits ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/Programs.h"

#include <numeric>

using namespace mlir;
using namespace snap;
using namespace snap::test;

namespace {

/// An f32 value; exact if it is an input or weight that was only moved.
struct Item {
  Value value;
  bool exact = false;
};

/// A program of 6 to 24 operations drawn from the whole dialect. Values keep
/// to a few units, and functions with jumps (floor, comparisons, integers,
/// f16) are applied only to values that no computation has touched, so that a
/// rewrite that rounds differently does not look wrong.
class SoupMaker {
public:
  explicit SoupMaker(ProgramBuilder &p, bool jumps) : p(p), b(p.builder), r(p.random), jumps(jumps) {}
  OwningOpRef<ModuleOp> run();

private:
  // Every step reads `x`, a random value, and returns a new one, or none if x does not fit.
  Value smoothUnary();
  Value guardedUnary();
  Value jump();
  Value withWeight();
  Value withOther();
  Value select();
  Value integers();
  Value halfPrecision();
  Value reduction();
  Value position();
  Value runningSum();
  Value softmax();
  Value product();
  Value conv();
  Value pool();
  Value norm();
  Value attention();
  Value reshape();
  Value transpose();
  Value broadcast();
  Value concat();
  Value slice();
  Value pad();
  Value gather();
  Value resize();
  Value upsample();

  /// Between -1 and 1.
  Value bounded(Value v) { return p.unary(r.coin() ? UnaryFn::Tanh : UnaryFn::Sin, v); }
  Value absPlus(Value v, double c) { return p.add(p.unary(UnaryFn::Abs, v), p.scalar(c)); }
  Value castTo(Value v, Type element) { return b.create<CastOp>(p.next(), p.type(shapeOf(v), element), v); }
  int64_t axis() { return r.between(0, rank() - 1); }
  int64_t rank() { return shape.size(); }
  /// x's shape with leading dimensions cut and others set to 1.
  Shape broadcastable();
  Layout layout() { return r.coin() ? Layout::NHWC : Layout::NCHW; }

  ProgramBuilder &p;
  OpBuilder &b;
  Random &r;
  bool jumps;
  SmallVector<Item> items;
  Value x;
  Shape shape;
  bool exact = false;      // of x
  bool keepsExact = false; // set by steps that only move elements
};

constexpr int64_t kLargest = 1500;

} // namespace

static int64_t elementsOf(Value v) { return cast<RankedTensorType>(v.getType()).getNumElements(); }

Shape SoupMaker::broadcastable() {
  Shape result(ArrayRef(shape).drop_front(r.between(0, rank())));
  for (int64_t &size : result)
    size = r.oneIn(3) ? 1 : size;
  return result;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

Value SoupMaker::smoothUnary() {
  using F = UnaryFn;
  return p.unary(
      r.pick(std::initializer_list<F>{F::Abs, F::Asinh, F::Atan, F::Cos, F::Erf, F::Gelu, F::GeluQuick, F::GeluTanh,
                                      F::Neg, F::Relu, F::Sigmoid, F::Silu, F::Sin, F::Softplus, F::Tanh}),
      x);
}

Value SoupMaker::guardedUnary() {
  using F = UnaryFn;
  Value inside = p.mul(p.unary(F::Tanh, x), 0.8); // the domain of asin, and small for what grows fast
  if (r.coin())
    return p.unary(
        r.pick(std::initializer_list<F>{F::Acos, F::Asin, F::Atanh, F::Cosh, F::Exp, F::Sinh, F::Square, F::Tan}),
        inside);
  return p.unary(r.pick(std::initializer_list<F>{F::Acosh, F::Log, F::Reciprocal, F::Rsqrt, F::Sqrt}),
                 absPlus(x, 1.25));
}

Value SoupMaker::jump() {
  using F = UnaryFn;
  if (!exact)
    return {};
  if (r.coin())
    return p.unary(r.pick(std::initializer_list<F>{F::Ceil, F::Floor, F::Round, F::Sign}), p.mul(x, 2));
  return p.binary(r.coin() ? BinaryFn::Mod : BinaryFn::Fmod, x, p.scalar(0.7));
}

Value SoupMaker::withWeight() {
  Value w = p.weight(broadcastable());
  bool first = r.coin();
  auto ordered = [&](BinaryFn fn) { return first ? p.binary(fn, w, x) : p.binary(fn, x, w); };
  switch (r.between(0, 6)) {
  case 0:
    return ordered(BinaryFn::Add);
  case 1:
    return ordered(BinaryFn::Sub);
  case 2:
    return ordered(BinaryFn::Mul);
  case 3:
    return p.binary(BinaryFn::Div, x, absPlus(w, 1));
  case 4:
    return ordered(BinaryFn::Max);
  case 5:
    return ordered(BinaryFn::Min);
  default:
    return p.binary(BinaryFn::Pow, absPlus(bounded(x), 0.5), w);
  }
}

Value SoupMaker::withOther() {
  for (const Item &item : llvm::reverse(items)) {
    Shape other = shapeOf(item.value);
    bool fits = item.value != x && llvm::all_of(llvm::zip(llvm::reverse(shape), llvm::reverse(other)), [](auto pair) {
                  auto [a, c] = pair;
                  return a == c || a == 1 || c == 1;
                });
    if (!fits || elementsOf(item.value) * elementsOf(x) > 4 * kLargest)
      continue;
    switch (r.between(0, 3)) {
    case 0:
      return p.mul(bounded(x), item.value);
    case 1:
      return p.binary(BinaryFn::Sub, item.value, x);
    case 2:
      return p.binary(r.coin() ? BinaryFn::Max : BinaryFn::Min, x, item.value);
    default:
      return p.add(x, item.value);
    }
  }
  return {};
}

Value SoupMaker::select() {
  using B = BinaryFn;
  if (!exact)
    return {};
  auto compare = [&](Value other) {
    return p.binary(r.pick(std::initializer_list<B>{B::Less, B::LessEqual, B::Greater, B::GreaterEqual, B::Equal}), x,
                    other);
  };
  Value condition = compare(p.scalar(r.unit()));
  if (r.coin())
    condition = p.binary(r.pick(std::initializer_list<B>{B::And, B::Or, B::Xor}), condition,
                         compare(p.weight(broadcastable())));
  if (r.oneIn(3))
    condition = p.unary(UnaryFn::Not, condition);
  if (r.oneIn(4))
    condition = p.binary(B::Or, condition, p.unary(r.coin() ? UnaryFn::IsNan : UnaryFn::IsInf, x));
  Value other = r.coin() ? p.weight(broadcastable()) : p.scalar(0);
  return r.coin() ? b.create<SelectOp>(p.next(), condition, x, other).getResult()
                  : b.create<SelectOp>(p.next(), condition, other, x).getResult();
}

Value SoupMaker::integers() {
  using B = BinaryFn;
  if (!exact)
    return {};
  Type element = r.coin() ? b.getI32Type() : r.coin() ? b.getI64Type() : Type(b.getIntegerType(8));
  Value whole = castTo(p.mul(x, 5), element);
  Value line = b.create<IotaOp>(p.next(), p.type({shape.empty() ? 1 : shape.back()}, element), 0);
  switch (r.between(0, 4)) {
  case 0:
    whole = p.binary(r.pick(std::initializer_list<B>{B::Add, B::Sub, B::Mul, B::Max, B::Min}), whole, line);
    break;
  case 1:
    whole = p.binary(r.pick(std::initializer_list<B>{B::BitAnd, B::BitOr, B::BitXor}), whole, line);
    break;
  case 2: // by at least 1
    whole = p.binary(r.coin() ? B::Div : B::Mod, whole,
                     p.binary(B::Max, line, castTo(p.binary(B::Equal, line, line), element)));
    break;
  case 3: // by up to 5
    whole = p.binary(r.coin() ? B::ShiftLeft : B::ShiftRight, p.unary(UnaryFn::BitNot, whole), line);
    break;
  default:
    whole = p.unary(r.pick(std::initializer_list<UnaryFn>{UnaryFn::Neg, UnaryFn::Relu, UnaryFn::Sign}), whole);
  }
  return p.mul(castTo(whole, b.getF32Type()), 0.1);
}

Value SoupMaker::halfPrecision() {
  if (!exact)
    return {};
  keepsExact = true;
  return castTo(castTo(x, b.getF16Type()), b.getF32Type());
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Value SoupMaker::reduction() {
  SmallVector<int64_t> axes;
  for (int64_t d = 0; d < rank(); ++d)
    if (r.coin())
      axes.push_back(d);
  if (axes.empty())
    return {};
  switch (r.between(0, 3)) {
  case 0:
    return p.mul(p.reduce(ReduceFn::Sum, x, axes), 0.25);
  case 1:
    return p.reduce(r.coin() ? ReduceFn::Max : ReduceFn::Min, x, axes);
  case 2:
    return p.reduce(ReduceFn::Prod, bounded(x), axes);
  default:
    return p.reduce(ReduceFn::Mean, x, axes);
  }
}

Value SoupMaker::position() {
  if (!exact || !rank())
    return {};
  Value index = b.create<ArgReduceOp>(p.next(), r.coin() ? ReduceFn::Max : ReduceFn::Min, x, axis(), r.coin());
  return p.mul(castTo(index, b.getF32Type()), 0.2);
}

Value SoupMaker::runningSum() {
  if (!rank())
    return {};
  return p.mul(b.create<CumSumOp>(p.next(), x, axis(), r.coin(), r.coin()), 0.3);
}

Value SoupMaker::softmax() { return rank() ? b.create<SoftmaxOp>(p.next(), x, axis()).getResult() : Value(); }

//===----------------------------------------------------------------------===//
// Contractions and norms
//===----------------------------------------------------------------------===//

Value SoupMaker::product() {
  if (rank() < 2)
    return {};
  int64_t k = shape.back(), n = r.between(1, 6);
  if (r.oneIn(3)) // x x^T, which stays in the units of x
    return p.mul(b.create<MatmulOp>(p.next(), bounded(x), x, false, true), 1.0 / k);
  Shape w = {k, n};
  bool transposed = r.coin();
  if (transposed)
    w = {n, k};
  if (rank() > 2 && r.oneIn(3))
    w.insert(w.begin(), shape[rank() - 3]);
  return b.create<MatmulOp>(p.next(), x, p.weight(w), false, transposed);
}

Value SoupMaker::conv() {
  if (rank() != 4)
    return {};
  Layout where = layout();
  int64_t channels = shape[where == Layout::NHWC ? 3 : 1], first = where == Layout::NHWC ? 1 : 2;
  int64_t groups = channels % 2 || r.coin() ? (r.oneIn(4) ? channels : 1) : 2, outputs = groups * r.between(1, 4);
  Shape kernel, strides, dilations, pads(4);
  for (int64_t i = 0; i < 2; ++i) {
    kernel.push_back(r.between(1, 3));
    strides.push_back(r.between(1, 2));
    dilations.push_back(r.oneIn(4) ? 2 : 1);
    pads[i] = r.between(0, 2);
    int64_t missing = dilations[i] * (kernel[i] - 1) + 1 - shape[first + i] - pads[i];
    pads[i + 2] = std::max(r.between(0, 2), missing);
  }
  return b.create<Conv2dOp>(p.next(), x, p.weight({outputs, channels / groups, kernel[0], kernel[1]}), strides, pads,
                            dilations, groups, where, ConvAlgorithmAttr());
}

Value SoupMaker::pool() {
  if (rank() != 4)
    return {};
  Layout where = layout();
  int64_t first = where == Layout::NHWC ? 1 : 2;
  Shape kernel, strides, pads(4);
  for (int64_t i = 0; i < 2; ++i) {
    kernel.push_back(r.between(1, std::min<int64_t>(3, shape[first + i])));
    strides.push_back(r.between(1, 2));
    // A window holds at least one element, so that max has a value.
    pads[i] = r.between(0, kernel[i] - 1);
    pads[i + 2] = r.between(0, kernel[i] - 1);
  }
  PoolFn fn = r.pick(std::initializer_list<PoolFn>{PoolFn::Max, PoolFn::Average, PoolFn::AveragePadded});
  return b.create<PoolOp>(p.next(), fn, x, kernel, strides, pads, Shape{1, 1}, where);
}

Value SoupMaker::norm() {
  // A large epsilon: over a handful of nearly equal elements a small one would magnify rounding errors.
  APFloat epsilon(0.01);
  if (!rank())
    return {};
  if (rank() >= 2 && r.coin()) {
    Layout where = layout();
    int64_t channels = where == Layout::NHWC ? shape.back() : shape[1];
    int64_t groups = channels % 2 || r.coin() ? (r.coin() ? 1 : channels) : 2;
    // As compact-pruned leaves them: groups of unequal sizes, channels that are counted but not there.
    Shape sizes;
    if (groups == 2 && channels > 2 && r.coin())
      sizes = {channels / 2 - 1, channels - channels / 2 + 1};
    int64_t largest = sizes.empty() ? channels / groups : sizes[1],
            counted = r.oneIn(3) ? largest + r.between(0, 2) : 0;
    return b.create<GroupNormOp>(p.next(), x, p.weight({channels}), p.weight({channels}), groups, epsilon, where, sizes,
                                 counted);
  }
  int64_t first = axis();
  ArrayRef<int64_t> tail = ArrayRef(shape).drop_front(first);
  if (r.coin())
    return b.create<RmsNormOp>(p.next(), x, p.weight(tail), first, epsilon);
  Value scale = r.oneIn(4) ? Value() : p.weight(tail), bias = r.oneIn(3) ? Value() : p.weight(tail);
  return b.create<LayerNormOp>(p.next(), x, scale, bias, first, epsilon);
}

Value SoupMaker::attention() {
  if (rank() != 3)
    return {};
  int64_t heads = shape[2] % 3 == 0 ? 3 : shape[2] % 2 == 0 && r.coin() ? 2 : 1;
  bool self = r.coin();
  int64_t keys = self ? shape[1] : r.between(1, 6), width = heads * r.between(1, 4);
  Value key = self ? bounded(x) : p.weight({shape[0], keys, shape[2]});
  Value value = p.weight({shape[0], keys, width});
  Value mask;
  if (r.coin())
    mask = p.weight({r.coin() ? shape[0] : 1, r.coin() ? heads : 1, shape[1], r.coin() ? keys : 1});
  return b.create<AttentionOp>(p.next(), x, key, value, mask, heads, APFloat(0.5), r.oneIn(3));
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

Value SoupMaker::reshape() {
  keepsExact = true;
  Shape to = shape;
  if (rank() && r.coin()) { // merge two dimensions
    int64_t d = r.between(0, std::max<int64_t>(rank() - 2, 0));
    if (rank() >= 2) {
      to[d] *= to[d + 1];
      to.erase(to.begin() + d + 1);
    }
  } else if (rank() && rank() < 5) { // split one
    int64_t d = axis(), factor = to[d] % 3 == 0 ? 3 : to[d] % 2 == 0 ? 2 : 1;
    to[d] /= factor;
    to.insert(to.begin() + d + r.between(0, 1), factor);
  } else if (rank() < 4) {
    to.insert(to.begin(), 1);
  }
  return p.reshape(x, to);
}

Value SoupMaker::transpose() {
  keepsExact = true;
  Shape permutation(rank());
  std::iota(permutation.begin(), permutation.end(), 0);
  for (int64_t d = rank() - 1; d > 0; --d)
    std::swap(permutation[d], permutation[r.between(0, d)]);
  return p.transpose(x, permutation);
}

Value SoupMaker::broadcast() {
  keepsExact = true;
  Shape to = shape;
  for (int64_t &size : to)
    size = size == 1 ? r.between(1, 3) : size;
  if (rank() < 4 && r.coin())
    to.insert(to.begin(), r.between(1, 3));
  return b.create<BroadcastOp>(p.next(), p.type(to), x);
}

Value SoupMaker::concat() {
  if (!rank())
    return {};
  keepsExact = true;
  int64_t along = axis();
  Shape other = shape;
  other[along] = r.between(1, 3);
  SmallVector<Value> pieces{x, p.weight(other)};
  if (r.coin())
    pieces.push_back(x);
  if (r.coin())
    std::swap(pieces[0], pieces[1]);
  return p.concat(pieces, along);
}

Value SoupMaker::slice() {
  keepsExact = true;
  Shape starts, steps, sizes;
  for (int64_t size : shape) {
    int64_t step = r.between(1, 2), count = r.between(1, (size + step - 1) / step);
    int64_t span = (count - 1) * step, start = r.between(0, size - 1 - span);
    bool backward = r.oneIn(5);
    starts.push_back(backward ? start + span : start);
    steps.push_back(backward ? -step : step);
    sizes.push_back(count);
  }
  return b.create<SliceOp>(p.next(), p.type(sizes), x, starts, steps);
}

Value SoupMaker::pad() {
  keepsExact = true;
  PadMode mode = r.pick(std::initializer_list<PadMode>{PadMode::Constant, PadMode::Edge, PadMode::Reflect});
  Shape low, high;
  for (int64_t size : shape) {
    int64_t most = mode == PadMode::Reflect ? std::min<int64_t>(size - 1, 2) : 2;
    low.push_back(r.between(0, most));
    high.push_back(r.between(0, most));
  }
  return b.create<PadOp>(p.next(), mode, x, low, high, APFloat(r.coin() ? 0.0 : 0.5));
}

Value SoupMaker::gather() {
  if (!rank())
    return {};
  keepsExact = true;
  int64_t along = axis();
  SmallVector<int64_t> indices;
  for (int64_t i = r.between(1, 4); i > 0; --i)
    indices.push_back(r.between(-shape[along], shape[along] - 1));
  return b.create<GatherOp>(p.next(), x, p.integers(indices), along);
}

Value SoupMaker::resize() {
  ResizeMode mode =
      r.pick(std::initializer_list<ResizeMode>{ResizeMode::Nearest, ResizeMode::Linear, ResizeMode::Cubic});
  auto coordinates = Coordinates(r.between(0, getMaxEnumValForCoordinates()));
  auto rounding = Rounding(r.between(0, getMaxEnumValForRounding()));
  SmallVector<double> scales;
  Shape to;
  for (int64_t size : shape) {
    int64_t outputs = r.coin() ? size : r.between(1, 2 * size);
    scales.push_back(double(outputs) / size);
    to.push_back(outputs);
  }
  return b.create<ResizeOp>(p.next(), p.type(to), mode, x, scales, coordinates, rounding, APFloat(-0.75));
}

Value SoupMaker::upsample() {
  if (rank() != 4)
    return {};
  keepsExact = true;
  return b.create<UpsampleOp>(p.next(), x, 2, layout());
}

//===----------------------------------------------------------------------===//
// The pot
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> SoupMaker::run() {
  static Value (SoupMaker::*const steps[])() = {
      &SoupMaker::smoothUnary, &SoupMaker::guardedUnary, &SoupMaker::jump,       &SoupMaker::withWeight,
      &SoupMaker::withOther,   &SoupMaker::select,       &SoupMaker::integers,   &SoupMaker::halfPrecision,
      &SoupMaker::reduction,   &SoupMaker::position,     &SoupMaker::runningSum, &SoupMaker::softmax,
      &SoupMaker::product,     &SoupMaker::conv,         &SoupMaker::pool,       &SoupMaker::norm,
      &SoupMaker::attention,   &SoupMaker::reshape,      &SoupMaker::transpose,  &SoupMaker::broadcast,
      &SoupMaker::concat,      &SoupMaker::slice,        &SoupMaker::pad,        &SoupMaker::gather,
      &SoupMaker::resize,      &SoupMaker::upsample};

  for (int64_t i = r.between(1, 3); i > 0; --i) {
    Shape argument;
    for (int64_t d = r.pick(std::initializer_list<int64_t>{2, 3, 4, 4}); d > 0; --d)
      argument.push_back(r.between(1, d == 4 ? 2 : 6));
    items.push_back({p.argument(argument), true});
  }
  for (int64_t count = r.between(6, 24); count > 0;) {
    // Mostly the latest values, so that programs are deep.
    const Item &from = items[r.coin() ? items.size() - 1 : r.between(0, items.size() - 1)];
    x = from.value;
    exact = jumps && from.exact;
    shape = shapeOf(x);
    keepsExact = false;
    Value y = (this->*steps[r.between(0, std::size(steps) - 1)])();
    if (!y)
      continue;
    --count;
    if (elementsOf(y) <= kLargest && shapeOf(y).size() <= 5)
      items.push_back({y, exact && keepsExact});
  }
  SmallVector<Value> results;
  for (const Item &item : items)
    if (item.value.use_empty() && (results.size() < 2 || r.coin()))
      results.push_back(item.value);
  if (results.empty())
    results.push_back(items.back().value);
  return p.finish(results);
}

OwningOpRef<ModuleOp> test::soup(ProgramBuilder &p) { return SoupMaker(p, /*jumps=*/true).run(); }
OwningOpRef<ModuleOp> test::smoothSoup(ProgramBuilder &p) { return SoupMaker(p, /*jumps=*/false).run(); }
