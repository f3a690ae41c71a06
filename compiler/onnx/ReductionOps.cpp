//===- ReductionOps.cpp - Reductions, arg reductions, running sums --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace snap {

/// What is common to the Reduce operators: axes as an attribute (until opset
/// 12 or 17) or an input, none meaning all, and keepdims.
namespace {
struct Reduction {
  Dims axes;
  bool keep = true;

  static std::optional<Reduction> read(Node &n) {
    Reduction r;
    r.keep = n.intAttr("keepdims", 1) != 0;
    bool noop = n.intAttr("noop_with_empty_axes", 0) != 0;
    std::optional<Dims> axes = n.intsAttrOrInput("axes", 1, {});
    if (axes)
      axes = n.normalizeAxes(*axes, Node::rank(n.in(0)));
    if (!axes)
      return std::nullopt;
    r.axes = *axes;
    if (r.axes.empty() && !noop)
      r.axes.append(llvm::seq<int64_t>(0, Node::rank(n.in(0))).begin(),
                    llvm::seq<int64_t>(0, Node::rank(n.in(0))).end());
    return r;
  }

  Value finish(Node &n, Value reduced) const {
    if (keep || !reduced)
      return reduced;
    Dims dims;
    for (auto [d, size] : llvm::enumerate(Node::shape(reduced)))
      if (!llvm::is_contained(axes, int64_t(d)))
        dims.push_back(size);
    return n.reshape(reduced, dims);
  }
};
} // namespace

/// log(sum(exp(x))), with the largest element taken out so that exp cannot overflow.
static Value logSumExp(Node &n, Value x, ArrayRef<int64_t> axes) {
  for (int64_t axis : axes)
    if (Node::shape(x)[axis] == 0)
      return n.unary(UnaryFn::Log, n.sum(n.unary(UnaryFn::Exp, x), axes));
  Value largest = n.reduce(ReduceFn::Max, x, axes);
  Value finite = n.select(n.unary(UnaryFn::IsInf, largest), n.scalarLike(0, largest), largest);
  Value sum = n.sum(n.unary(UnaryFn::Exp, n.sub(x, finite)), axes);
  return n.add(n.unary(UnaryFn::Log, sum), finite);
}

/// Largest or smallest; of no elements, the least or greatest value of the type.
static Value extreme(Node &n, Value x, ArrayRef<int64_t> axes, ReduceFn fn) {
  if (llvm::is_contained(Node::shape(x), 0) && Node::isFloat(x)) {
    Dims dims(Node::shape(x));
    for (int64_t axis : axes)
      dims[axis] = 1;
    double infinity = std::numeric_limits<double>::infinity();
    return n.splat(fn == ReduceFn::Max ? -infinity : infinity, dims, Node::element(x));
  }
  if (!Node::isBool(x))
    return n.reduce(fn, x, axes);
  // Booleans as 0 and 1.
  Value reduced = n.reduce(fn, n.convert(x, n.builder().getIntegerType(32)), axes);
  return n.convert(reduced, n.builder().getI1Type());
}

enum class Kind { L1, L2, LogSum, LogSumExp, Max, Mean, Min, Prod, Sum, SumSquare };

template <Kind kind> static Value reduceOp(Node &n) {
  std::optional<Reduction> r = Reduction::read(n);
  if (!r)
    return Value();
  Value x = n.in(0);
  auto compute = [&]() -> Value {
    switch (kind) {
    case Kind::L1:
      return n.sum(n.unary(UnaryFn::Abs, x), r->axes);
    case Kind::L2:
      return n.unary(UnaryFn::Sqrt, n.sum(n.mul(x, x), r->axes));
    case Kind::LogSum:
      return n.unary(UnaryFn::Log, n.sum(x, r->axes));
    case Kind::LogSumExp:
      return logSumExp(n, x, r->axes);
    case Kind::Max:
      return extreme(n, x, r->axes, ReduceFn::Max);
    case Kind::Mean:
      return n.mean(x, r->axes);
    case Kind::Min:
      return extreme(n, x, r->axes, ReduceFn::Min);
    case Kind::Prod:
      return n.reduce(ReduceFn::Prod, x, r->axes);
    case Kind::Sum:
      return n.sum(x, r->axes);
    case Kind::SumSquare:
      return n.sum(n.mul(x, x), r->axes);
    }
    return Value();
  };
  return r->finish(n, compute());
}

template <ReduceFn fn> static Value argReduce(Node &n) {
  Value x = n.in(0);
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), Node::rank(x));
  bool keep = n.intAttr("keepdims", 1) != 0;
  bool last = n.intAttr("select_last_index", 0) != 0;
  if (!axis)
    return Value();
  Value index = n.infer<ArgReduceOp>(fn, x, *axis, last);
  if (keep)
    return index;
  Dims dims(Node::shape(x));
  dims.erase(dims.begin() + *axis);
  return n.reshape(index, dims);
}

static Value cumSum(Node &n) {
  bool exclusive = n.intAttr("exclusive", 0) != 0, reverse = n.intAttr("reverse", 0) != 0;
  std::optional<double> given = n.scalarInput(1, "axis");
  std::optional<int64_t> axis = given ? n.normalizeAxis(int64_t(*given), Node::rank(n.in(0))) : std::nullopt;
  return axis ? n.infer<CumSumOp>(n.in(0), *axis, exclusive, reverse) : Value();
}

ArrayRef<OpRow> reductionOps() {
  static const OpRow rows[] = {
      {"ArgMax", 1, latest, 1, 1, argReduce<ReduceFn::Max>},
      {"ArgMin", 1, latest, 1, 1, argReduce<ReduceFn::Min>},
      {"CumSum", 11, latest, 2, 2, cumSum},
      {"ReduceL1", 1, latest, 1, 2, reduceOp<Kind::L1>},
      {"ReduceL2", 1, latest, 1, 2, reduceOp<Kind::L2>},
      {"ReduceLogSum", 1, latest, 1, 2, reduceOp<Kind::LogSum>},
      {"ReduceLogSumExp", 1, latest, 1, 2, reduceOp<Kind::LogSumExp>},
      {"ReduceMax", 1, latest, 1, 2, reduceOp<Kind::Max>},
      {"ReduceMean", 1, latest, 1, 2, reduceOp<Kind::Mean>},
      {"ReduceMin", 1, latest, 1, 2, reduceOp<Kind::Min>},
      {"ReduceProd", 1, latest, 1, 2, reduceOp<Kind::Prod>},
      {"ReduceSum", 1, latest, 1, 2, reduceOp<Kind::Sum>},
      {"ReduceSumSquare", 1, latest, 1, 2, reduceOp<Kind::SumSquare>},
  };
  return rows;
}

} // namespace snap
