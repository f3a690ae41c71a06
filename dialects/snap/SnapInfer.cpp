//===- SnapInfer.cpp - Result types of the snap dialect -------------------===//
//
// One inferReturnTypes per operation whose result follows from its operands;
// the verifier compares with it, so each rule is checked here and only here.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/snap/Shapes.h"
#include "dialects/snap/Snap.h"

#include <algorithm>

using namespace mlir;
using namespace snap;

using MaybeLoc = std::optional<Location>;
using Types = SmallVectorImpl<Type>;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

static LogicalResult give(Types &types, ArrayRef<int64_t> shape, Type element) {
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

static LogicalResult checkAxis(MaybeLoc loc, StringRef op, int64_t axis, int64_t rank) {
  if (axis < 0 || axis >= rank)
    return emitOptionalError(loc, op, ": axis ", axis, " is out of range for rank ", rank);
  return success();
}

static LogicalResult checkRank(MaybeLoc loc, StringRef op, StringRef name, RankedTensorType type, int64_t rank) {
  if (type.getRank() != rank)
    return emitOptionalError(loc, op, ": ", name, " has rank ", type.getRank(), ", should be ", rank);
  return success();
}

static LogicalResult checkSameElement(MaybeLoc loc, StringRef op, RankedTensorType a, RankedTensorType b) {
  if (a.getElementType() != b.getElementType())
    return emitOptionalError(loc, op, ": element types ", a.getElementType(), " and ", b.getElementType(), " differ");
  return success();
}

/// `count` integers, each at least `least`.
static LogicalResult checkInts(MaybeLoc loc, StringRef op, StringRef name, ArrayRef<int64_t> values, size_t count,
                               int64_t least) {
  if (values.size() != count)
    return emitOptionalError(loc, op, ": ", name, " has ", values.size(), " values, should be ", count);
  for (int64_t value : values)
    if (value < least)
      return emitOptionalError(loc, op, ": ", name, " holds ", value, ", should be at least ", least);
  return success();
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

namespace {
enum class Domain { Number, Float, Integer, Bool };
} // namespace

static Domain domainOf(UnaryFn fn) {
  switch (fn) {
  case UnaryFn::Not:
    return Domain::Bool;
  case UnaryFn::BitNot:
    return Domain::Integer;
  case UnaryFn::Abs:
  case UnaryFn::Neg:
  case UnaryFn::Relu:
  case UnaryFn::Sign:
  case UnaryFn::Square:
    return Domain::Number;
  default:
    return Domain::Float;
  }
}

/// None: any element type.
static std::optional<Domain> domainOf(BinaryFn fn) {
  switch (fn) {
  case BinaryFn::And:
  case BinaryFn::Or:
  case BinaryFn::Xor:
    return Domain::Bool;
  case BinaryFn::BitAnd:
  case BinaryFn::BitOr:
  case BinaryFn::BitXor:
  case BinaryFn::ShiftLeft:
  case BinaryFn::ShiftRight:
    return Domain::Integer;
  case BinaryFn::Equal:
    return std::nullopt;
  default:
    return Domain::Number;
  }
}

static LogicalResult checkDomain(MaybeLoc loc, StringRef op, StringRef fn, Domain domain, Type element) {
  bool isBool = element.isInteger(1);
  switch (domain) {
  case Domain::Number:
    return isBool ? emitOptionalError(loc, op, ": ", fn, " is for numbers, not for i1") : success();
  case Domain::Float:
    return isa<FloatType>(element) ? success()
                                   : emitOptionalError(loc, op, ": ", fn, " is for floats, not for ", element);
  case Domain::Integer:
    return !isBool && isa<IntegerType>(element)
               ? success()
               : emitOptionalError(loc, op, ": ", fn, " is for integers, not for ", element);
  case Domain::Bool:
    return isBool ? success() : emitOptionalError(loc, op, ": ", fn, " is for i1, not for ", element);
  }
  llvm_unreachable("every domain has a case");
}

LogicalResult UnaryOp::inferReturnTypes(MLIRContext *context, MaybeLoc loc, Adaptor op, Types &types) {
  auto type = typeOf(op.getOperand());
  UnaryFn fn = op.getFn();
  if (failed(checkDomain(loc, "unary", stringifyUnaryFn(fn), domainOf(fn), type.getElementType())))
    return failure();
  bool isTest = fn == UnaryFn::IsInf || fn == UnaryFn::IsNan;
  return give(types, type.getShape(), isTest ? IntegerType::get(context, 1) : type.getElementType());
}

LogicalResult BinaryOp::inferReturnTypes(MLIRContext *context, MaybeLoc loc, Adaptor op, Types &types) {
  auto lhs = typeOf(op.getLhs()), rhs = typeOf(op.getRhs());
  BinaryFn fn = op.getFn();
  if (failed(checkSameElement(loc, "binary", lhs, rhs)))
    return failure();
  if (auto domain = domainOf(fn))
    if (failed(checkDomain(loc, "binary", stringifyBinaryFn(fn), *domain, lhs.getElementType())))
      return failure();
  auto shape = broadcastShapes(lhs.getShape(), rhs.getShape());
  if (!shape)
    return emitOptionalError(loc, "binary: cannot broadcast ", shapeText(lhs.getShape()), " and ",
                             shapeText(rhs.getShape()));
  return give(types, *shape, fn >= BinaryFn::Equal ? IntegerType::get(context, 1) : lhs.getElementType());
}

LogicalResult SelectOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto condition = typeOf(op.getCondition()), onTrue = typeOf(op.getOnTrue()), onFalse = typeOf(op.getOnFalse());
  if (failed(checkSameElement(loc, "select", onTrue, onFalse)))
    return failure();
  auto shape = broadcastShapes(onTrue.getShape(), onFalse.getShape());
  if (shape)
    shape = broadcastShapes(condition.getShape(), *shape);
  if (!shape)
    return emitOptionalError(loc, "select: cannot broadcast ", shapeText(condition.getShape()), ", ",
                             shapeText(onTrue.getShape()), " and ", shapeText(onFalse.getShape()));
  return give(types, *shape, onTrue.getElementType());
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto type = typeOf(op.getOperand());
  bool isExtremum = op.getFn() == ReduceFn::Max || op.getFn() == ReduceFn::Min;
  if (!isExtremum && type.getElementType().isInteger(1))
    return emitOptionalError(loc, "reduce: ", stringifyReduceFn(op.getFn()), " is for numbers, not for i1");
  SmallVector<int64_t> shape(type.getShape());
  int64_t previous = -1;
  for (int64_t axis : op.getAxes()) {
    if (failed(checkAxis(loc, "reduce", axis, type.getRank())))
      return failure();
    if (axis <= previous)
      return emitOptionalError(loc, "reduce: axes should be sorted and unique");
    if (shape[axis] == 0)
      return emitOptionalError(loc, "reduce: axis ", axis, " has no elements");
    shape[axis] = 1;
    previous = axis;
  }
  return give(types, shape, type.getElementType());
}

LogicalResult ArgReduceOp::inferReturnTypes(MLIRContext *context, MaybeLoc loc, Adaptor op, Types &types) {
  auto type = typeOf(op.getOperand());
  if (op.getFn() != ReduceFn::Max && op.getFn() != ReduceFn::Min)
    return emitOptionalError(loc, "arg_reduce: function is ", stringifyReduceFn(op.getFn()), ", should be max or min");
  if (failed(checkAxis(loc, "arg_reduce", op.getAxis(), type.getRank())))
    return failure();
  SmallVector<int64_t> shape(type.getShape());
  if (shape[op.getAxis()] == 0)
    return emitOptionalError(loc, "arg_reduce: axis ", op.getAxis(), " has no elements");
  shape[op.getAxis()] = 1;
  return give(types, shape, IntegerType::get(context, 64));
}

LogicalResult CumSumOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto type = typeOf(op.getOperand());
  if (type.getElementType().isInteger(1))
    return emitOptionalError(loc, "cumsum: is for numbers, not for i1");
  if (failed(checkAxis(loc, "cumsum", op.getAxis(), type.getRank())))
    return failure();
  return give(types, type.getShape(), type.getElementType());
}

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto type = typeOf(op.getOperand());
  if (failed(checkAxis(loc, "softmax", op.getAxis(), type.getRank())))
    return failure();
  return give(types, type.getShape(), type.getElementType());
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto lhs = typeOf(op.getLhs()), rhs = typeOf(op.getRhs());
  if (lhs.getRank() < 2 || rhs.getRank() < 2)
    return emitOptionalError(loc, "matmul: operands have ranks ", lhs.getRank(), " and ", rhs.getRank(),
                             ", should be at least 2");
  if (failed(checkSameElement(loc, "matmul", lhs, rhs)))
    return failure();
  ArrayRef<int64_t> l = lhs.getShape(), r = rhs.getShape();
  int64_t m = l[l.size() - 2], k = l.back(), rk = r[r.size() - 2], n = r.back();
  if (op.getTransposeLhs())
    std::swap(m, k);
  if (op.getTransposeRhs())
    std::swap(rk, n);
  if (k != rk)
    return emitOptionalError(loc, "matmul: cannot multiply ", shapeText(l), " by ", shapeText(r), ": inner sizes ", k,
                             " and ", rk, " differ");
  auto shape = broadcastShapes(l.drop_back(2), r.drop_back(2));
  if (!shape)
    return emitOptionalError(loc, "matmul: cannot broadcast the batches of ", shapeText(l), " and ", shapeText(r));
  shape->append({m, n});
  return give(types, *shape, lhs.getElementType());
}

LogicalResult Conv2dOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto input = typeOf(op.getInput()), filter = typeOf(op.getFilter());
  int64_t groups = op.getGroups();
  if (failed(checkRank(loc, "conv2d", "input", input, 4)) || failed(checkRank(loc, "conv2d", "filter", filter, 4)) ||
      failed(checkSameElement(loc, "conv2d", input, filter)) ||
      failed(checkInts(loc, "conv2d", "strides", op.getStrides(), 2, 1)) ||
      failed(checkInts(loc, "conv2d", "pads", op.getPads(), 4, 0)) ||
      failed(checkInts(loc, "conv2d", "dilations", op.getDilations(), 2, 1)) ||
      failed(checkInts(loc, "conv2d", "groups", groups, 1, 1)))
    return failure();
  bool nhwc = op.getLayout() == Layout::NHWC;
  ArrayRef<int64_t> in = input.getShape(), w = filter.getShape();
  int64_t channels = in[nhwc ? 3 : 1], height = in[nhwc ? 1 : 2], width = in[nhwc ? 2 : 3];
  if (channels != w[1] * groups)
    return emitOptionalError(loc, "conv2d: input has ", channels, " channels, the filter ", shapeText(w), " with ",
                             groups, " groups takes ", w[1] * groups);
  if (w[0] % groups)
    return emitOptionalError(loc, "conv2d: ", w[0], " output channels cannot be divided into ", groups, " groups");
  ArrayRef<int64_t> pads = op.getPads();
  int64_t outHeight = windowOutputs(height, pads[0], pads[2], w[2], op.getStrides()[0], op.getDilations()[0]);
  int64_t outWidth = windowOutputs(width, pads[1], pads[3], w[3], op.getStrides()[1], op.getDilations()[1]);
  if (outHeight < 1 || outWidth < 1)
    return emitOptionalError(loc, "conv2d: kernel ", w[2], "x", w[3], " does not fit the padded input ",
                             height + pads[0] + pads[2], "x", width + pads[1] + pads[3]);
  if (nhwc)
    return give(types, {in[0], outHeight, outWidth, w[0]}, input.getElementType());
  return give(types, {in[0], w[0], outHeight, outWidth}, input.getElementType());
}

LogicalResult PoolOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto input = typeOf(op.getInput());
  if (failed(checkRank(loc, "pool", "input", input, 4)) ||
      failed(checkInts(loc, "pool", "kernel", op.getKernel(), 2, 1)) ||
      failed(checkInts(loc, "pool", "strides", op.getStrides(), 2, 1)) ||
      failed(checkInts(loc, "pool", "pads", op.getPads(), 4, 0)) ||
      failed(checkInts(loc, "pool", "dilations", op.getDilations(), 2, 1)))
    return failure();
  SmallVector<int64_t> shape(input.getShape());
  int64_t first = op.getLayout() == Layout::NHWC ? 1 : 2;
  for (int64_t i = 0; i < 2; ++i) {
    int64_t size = shape[first + i], low = op.getPads()[i], high = op.getPads()[i + 2];
    shape[first + i] = windowOutputs(size, low, high, op.getKernel()[i], op.getStrides()[i], op.getDilations()[i]);
    if (shape[first + i] < 1)
      return emitOptionalError(loc, "pool: kernel size ", op.getKernel()[i], " does not fit the padded size ",
                               size + low + high);
  }
  return give(types, shape, input.getElementType());
}

//===----------------------------------------------------------------------===//
// Normalization
//===----------------------------------------------------------------------===//

LogicalResult GroupNormOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto input = typeOf(op.getInput());
  if (input.getRank() < 2)
    return emitOptionalError(loc, "group_norm: input has rank ", input.getRank(), ", should be at least 2");
  int64_t channels = op.getLayout() == Layout::NHWC ? input.getShape().back() : input.getShape()[1];
  int64_t groups = op.getGroups();
  ArrayRef<int64_t> sizes = op.getSizes();
  if (groups < 1 || (sizes.empty() && channels % groups))
    return emitOptionalError(loc, "group_norm: ", channels, " channels cannot be divided into ", groups, " groups");
  int64_t largest = sizes.empty() ? channels / groups : 0, sum = 0;
  if (!sizes.empty()) {
    if (failed(checkInts(loc, "group_norm", "sizes", sizes, groups, 1)))
      return failure();
    for (int64_t size : sizes) {
      largest = std::max(largest, size);
      sum += size;
    }
    if (sum != channels)
      return emitOptionalError(loc, "group_norm: sizes add up to ", sum, ", should be ", channels, " channels");
  }
  int64_t counted = op.getCounted();
  if (counted != 0 && counted < largest)
    return emitOptionalError(loc, "group_norm: counts ", counted, " channels of a group of ", largest);
  for (Value row : {op.getScale(), op.getBias()})
    if (typeOf(row).getShape() != ArrayRef<int64_t>(channels))
      return emitOptionalError(loc, "group_norm: scale or bias is ", shapeText(typeOf(row).getShape()), ", should be ",
                               channels);
  return give(types, input.getShape(), input.getElementType());
}

static LogicalResult inferTrailingNorm(MaybeLoc loc, StringRef name, Value inputValue, int64_t axis,
                                       ArrayRef<Value> rows, Types &types) {
  auto input = typeOf(inputValue);
  if (failed(checkAxis(loc, name, axis, input.getRank())))
    return failure();
  ArrayRef<int64_t> tail = input.getShape().drop_front(axis);
  for (Value row : rows)
    if (row && typeOf(row).getShape() != tail)
      return emitOptionalError(loc, name, ": scale or bias is ", shapeText(typeOf(row).getShape()), ", should be ",
                               shapeText(tail));
  return give(types, input.getShape(), input.getElementType());
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  return inferTrailingNorm(loc, "layer_norm", op.getInput(), op.getAxis(), {op.getScale(), op.getBias()}, types);
}

LogicalResult RmsNormOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  return inferTrailingNorm(loc, "rms_norm", op.getInput(), op.getAxis(), {op.getScale()}, types);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto query = typeOf(op.getQuery()), key = typeOf(op.getKey()), value = typeOf(op.getValue());
  if (failed(checkRank(loc, "attention", "query", query, 3)) || failed(checkRank(loc, "attention", "key", key, 3)) ||
      failed(checkRank(loc, "attention", "value", value, 3)) ||
      failed(checkSameElement(loc, "attention", query, key)) ||
      failed(checkSameElement(loc, "attention", query, value)))
    return failure();
  ArrayRef<int64_t> q = query.getShape(), k = key.getShape(), v = value.getShape();
  if (k[0] != q[0] || v[0] != q[0])
    return emitOptionalError(loc, "attention: batches of query, key and value are ", q[0], ", ", k[0], " and ", v[0],
                             ", should be equal");
  if (k[1] != v[1])
    return emitOptionalError(loc, "attention: key has ", k[1], " positions and value ", v[1]);
  if (q[2] != k[2])
    return emitOptionalError(loc, "attention: query has ", q[2], " columns and key ", k[2]);
  int64_t heads = op.getHeads();
  if (heads < 1 || q[2] % heads || v[2] % heads)
    return emitOptionalError(loc, "attention: ", q[2], " columns of query and ", v[2],
                             " of value cannot be divided into ", heads, " heads");
  if (op.getMask() && failed(checkSameElement(loc, "attention", query, typeOf(op.getMask()))))
    return failure();
  if (op.getMask() && !broadcastsTo(typeOf(op.getMask()).getShape(), {q[0], heads, q[1], k[1]}))
    return emitOptionalError(loc, "attention: mask ", shapeText(typeOf(op.getMask()).getShape()),
                             " does not broadcast to ", shapeText({q[0], heads, q[1], k[1]}));
  return give(types, {q[0], q[1], v[2]}, query.getElementType());
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto type = typeOf(op.getOperand());
  ArrayRef<int64_t> permutation = op.getPermutation();
  SmallVector<int64_t> sorted(permutation);
  llvm::sort(sorted);
  bool isPermutation = (int64_t)sorted.size() == type.getRank();
  for (auto [i, axis] : llvm::enumerate(sorted))
    isPermutation &= axis == (int64_t)i;
  if (!isPermutation)
    return emitOptionalError(loc, "transpose: permutation should hold every dimension of rank ", type.getRank(),
                             " once");
  SmallVector<int64_t> shape;
  for (int64_t axis : permutation)
    shape.push_back(type.getDimSize(axis));
  return give(types, shape, type.getElementType());
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  if (op.getOperands().empty())
    return emitOptionalError(loc, "concat: has no operands");
  auto first = typeOf(op.getOperands().front());
  int64_t axis = op.getAxis();
  if (failed(checkAxis(loc, "concat", axis, first.getRank())))
    return failure();
  SmallVector<int64_t> shape(first.getShape());
  shape[axis] = 0;
  for (Value operand : op.getOperands()) {
    auto type = typeOf(operand);
    if (failed(checkSameElement(loc, "concat", first, type)) ||
        failed(checkRank(loc, "concat", "operand", type, first.getRank())))
      return failure();
    for (int64_t d = 0; d < first.getRank(); ++d)
      if (d != axis && type.getDimSize(d) != first.getDimSize(d))
        return emitOptionalError(loc, "concat: cannot join ", shapeText(first.getShape()), " and ",
                                 shapeText(type.getShape()), " along axis ", axis);
    shape[axis] += type.getDimSize(axis);
  }
  return give(types, shape, first.getElementType());
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto type = typeOf(op.getOperand());
  if (failed(checkInts(loc, "pad", "low", op.getLow(), type.getRank(), 0)) ||
      failed(checkInts(loc, "pad", "high", op.getHigh(), type.getRank(), 0)))
    return failure();
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t d = 0; d < type.getRank(); ++d) {
    int64_t widest = std::max(op.getLow()[d], op.getHigh()[d]);
    // Reflection does not repeat the border element, so it has one less to give.
    int64_t available = op.getMode() == PadMode::Reflect ? shape[d] - 1 : shape[d] ? widest : 0;
    if (op.getMode() != PadMode::Constant && widest > available)
      return emitOptionalError(loc, "pad: ", stringifyPadMode(op.getMode()), " cannot add ", widest,
                               " elements to a dimension of ", shape[d]);
    shape[d] += op.getLow()[d] + op.getHigh()[d];
  }
  return give(types, shape, type.getElementType());
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto type = typeOf(op.getOperand()), indices = typeOf(op.getIndices());
  int64_t axis = op.getAxis();
  if (failed(checkAxis(loc, "gather", axis, type.getRank())))
    return failure();
  if (type.getDimSize(axis) == 0)
    return emitOptionalError(loc, "gather: axis ", axis, " has no elements");
  SmallVector<int64_t> shape(type.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, type.getShape().drop_front(axis + 1));
  return give(types, shape, type.getElementType());
}

LogicalResult UpsampleOp::inferReturnTypes(MLIRContext *, MaybeLoc loc, Adaptor op, Types &types) {
  auto input = typeOf(op.getInput());
  if (failed(checkRank(loc, "upsample", "input", input, 4)) ||
      failed(checkInts(loc, "upsample", "factor", op.getFactor(), 1, 1)))
    return failure();
  SmallVector<int64_t> shape(input.getShape());
  int64_t first = op.getLayout() == Layout::NHWC ? 1 : 2;
  shape[first] *= op.getFactor();
  shape[first + 1] *= op.getFactor();
  return give(types, shape, input.getElementType());
}
