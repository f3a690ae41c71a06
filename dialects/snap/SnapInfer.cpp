//===- SnapInfer.cpp - Result types from operands and attributes ----------===//
//
// Every inferReturnTypes of the snap dialect. The verifier compares what is
// inferred here with what is written.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/snap/Snap.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace snap {

using Shape = SmallVector<int64_t>;
using OptLoc = std::optional<Location>;

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

static std::string text(ArrayRef<int64_t> shape) {
  std::string result;
  llvm::raw_string_ostream os(result);
  llvm::interleave(shape, os, "x");
  return shape.empty() ? "scalar" : result;
}

static LogicalResult give(SmallVectorImpl<Type> &types, ArrayRef<int64_t> shape, Type element) {
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

static FailureOr<Shape> broadcast(OptLoc loc, StringRef op, ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
  Shape result(std::max(lhs.size(), rhs.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t a = i < lhs.size() ? lhs[lhs.size() - 1 - i] : 1;
    int64_t b = i < rhs.size() ? rhs[rhs.size() - 1 - i] : 1;
    if (a != b && a != 1 && b != 1)
      return emitOptionalError(loc, op, ": cannot broadcast ", text(lhs), " with ", text(rhs), ": sizes ", a, " and ",
                               b, " differ");
    result[result.size() - 1 - i] = a == 1 ? b : a;
  }
  return result;
}

static LogicalResult checkAxis(OptLoc loc, StringRef op, int64_t axis, int64_t rank) {
  if (axis < 0 || axis >= rank)
    return emitOptionalError(loc, op, ": axis ", axis, " is outside [0, ", rank, ")");
  return success();
}

static LogicalResult checkCount(OptLoc loc, StringRef op, StringRef name, size_t count, size_t expected) {
  if (count != expected)
    return emitOptionalError(loc, op, ": ", name, " has ", count, " entries, expected ", expected);
  return success();
}

/// Output size of a window along one dimension, or failure when none fits.
static FailureOr<int64_t> windowSize(OptLoc loc, StringRef op, int64_t size, int64_t kernel, int64_t stride,
                                     int64_t padLow, int64_t padHigh, int64_t dilation) {
  if (stride < 1 || dilation < 1 || padLow < 0 || padHigh < 0)
    return emitOptionalError(loc, op, ": strides and dilations must be positive and pads not negative");
  int64_t span = size + padLow + padHigh - dilation * (kernel - 1) - 1;
  if (span < 0)
    return emitOptionalError(loc, op, ": a window of ", dilation * (kernel - 1) + 1, " does not fit in ",
                             size + padLow + padHigh, " padded elements");
  return span / stride + 1;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

LogicalResult UnaryOp::inferReturnTypes(MLIRContext *context, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getOperand());
  bool predicate = op.getFn() == UnaryFn::IsInf || op.getFn() == UnaryFn::IsNan;
  return give(types, type.getShape(), predicate ? IntegerType::get(context, 1) : type.getElementType());
}

static bool isComparison(BinaryFn fn) { return fn >= BinaryFn::Equal; }

LogicalResult BinaryOp::inferReturnTypes(MLIRContext *context, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType lhs = tensor(op.getLhs()), rhs = tensor(op.getRhs());
  StringRef name = stringifyBinaryFn(op.getFn());
  if (lhs.getElementType() != rhs.getElementType())
    return emitOptionalError(loc, name, ": element types ", lhs.getElementType(), " and ", rhs.getElementType(),
                             " differ");
  FailureOr<Shape> shape = broadcast(loc, name, lhs.getShape(), rhs.getShape());
  if (failed(shape))
    return failure();
  return give(types, *shape, isComparison(op.getFn()) ? IntegerType::get(context, 1) : lhs.getElementType());
}

LogicalResult SelectOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType onTrue = tensor(op.getOnTrue()), onFalse = tensor(op.getOnFalse());
  if (onTrue.getElementType() != onFalse.getElementType())
    return emitOptionalError(loc, "select: element types ", onTrue.getElementType(), " and ", onFalse.getElementType(),
                             " differ");
  FailureOr<Shape> shape = broadcast(loc, "select", onTrue.getShape(), onFalse.getShape());
  if (failed(shape))
    return failure();
  shape = broadcast(loc, "select", tensor(op.getCondition()).getShape(), *shape);
  if (failed(shape))
    return failure();
  return give(types, *shape, onTrue.getElementType());
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getOperand());
  Shape shape(type.getShape());
  int64_t previous = -1;
  for (int64_t axis : op.getAxes()) {
    if (failed(checkAxis(loc, "reduce", axis, type.getRank())))
      return failure();
    if (axis <= previous)
      return emitOptionalError(loc, "reduce: axes must be sorted and unique");
    previous = axis;
    shape[axis] = 1;
  }
  return give(types, shape, type.getElementType());
}

LogicalResult ArgReduceOp::inferReturnTypes(MLIRContext *context, OptLoc loc, Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getOperand());
  if (op.getFn() != ReduceFn::Max && op.getFn() != ReduceFn::Min)
    return emitOptionalError(loc, "arg_reduce: expected max or min, got ", stringifyReduceFn(op.getFn()));
  if (failed(checkAxis(loc, "arg_reduce", op.getAxis(), type.getRank())))
    return failure();
  Shape shape(type.getShape());
  shape[op.getAxis()] = 1;
  return give(types, shape, IntegerType::get(context, 64));
}

LogicalResult CumSumOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getOperand());
  if (failed(checkAxis(loc, "cumsum", op.getAxis(), type.getRank())))
    return failure();
  types.push_back(type);
  return success();
}

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getOperand());
  if (failed(checkAxis(loc, "softmax", op.getAxis(), type.getRank())))
    return failure();
  types.push_back(type);
  return success();
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType lhs = tensor(op.getLhs()), rhs = tensor(op.getRhs());
  if (lhs.getElementType() != rhs.getElementType())
    return emitOptionalError(loc, "matmul: element types ", lhs.getElementType(), " and ", rhs.getElementType(),
                             " differ");
  if (lhs.getRank() < 2 || rhs.getRank() < 2)
    return emitOptionalError(loc, "matmul: operands ", text(lhs.getShape()), " and ", text(rhs.getShape()),
                             " must have at least 2 dimensions");
  auto rows = [](RankedTensorType type, bool transpose) {
    return type.getShape()[type.getRank() - (transpose ? 1 : 2)];
  };
  auto columns = [](RankedTensorType type, bool transpose) {
    return type.getShape()[type.getRank() - (transpose ? 2 : 1)];
  };
  int64_t innerLhs = columns(lhs, op.getTransposeLhs()), innerRhs = rows(rhs, op.getTransposeRhs());
  if (innerLhs != innerRhs)
    return emitOptionalError(loc, "matmul: cannot multiply ", text(lhs.getShape()), " by ", text(rhs.getShape()),
                             ": inner sizes ", innerLhs, " and ", innerRhs, " differ");
  FailureOr<Shape> shape = broadcast(loc, "matmul", lhs.getShape().drop_back(2), rhs.getShape().drop_back(2));
  if (failed(shape))
    return failure();
  shape->push_back(rows(lhs, op.getTransposeLhs()));
  shape->push_back(columns(rhs, op.getTransposeRhs()));
  return give(types, *shape, lhs.getElementType());
}

/// Positions of the channel and of the first of two spatial dimensions.
static std::pair<int64_t, int64_t> positions(Layout layout) {
  return layout == Layout::NCHW ? std::pair(1, 2) : std::pair(3, 1);
}

LogicalResult Conv2dOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType input = tensor(op.getInput()), filter = tensor(op.getFilter());
  if (input.getElementType() != filter.getElementType())
    return emitOptionalError(loc, "conv2d: element types ", input.getElementType(), " and ", filter.getElementType(),
                             " differ");
  if (input.getRank() != 4 || filter.getRank() != 4)
    return emitOptionalError(loc, "conv2d: input ", text(input.getShape()), " and filter ", text(filter.getShape()),
                             " must have 4 dimensions");
  if (failed(checkCount(loc, "conv2d", "strides", op.getStrides().size(), 2)) ||
      failed(checkCount(loc, "conv2d", "pads", op.getPads().size(), 4)) ||
      failed(checkCount(loc, "conv2d", "dilations", op.getDilations().size(), 2)))
    return failure();
  auto [channel, spatial] = positions(op.getLayout());
  int64_t channels = input.getDimSize(channel), outputs = filter.getDimSize(0);
  int64_t groups = op.getGroups();
  if (groups < 1 || channels % groups || outputs % groups)
    return emitOptionalError(loc, "conv2d: groups ", groups, " must divide input channels ", channels,
                             " and output channels ", outputs);
  if (filter.getDimSize(1) != channels / groups)
    return emitOptionalError(loc, "conv2d: filter ", text(filter.getShape()), " reads ", filter.getDimSize(1),
                             " channels, the input gives ", channels / groups);
  Shape shape(input.getShape());
  shape[channel] = outputs;
  for (int64_t d = 0; d < 2; ++d) {
    FailureOr<int64_t> size =
        windowSize(loc, "conv2d", input.getDimSize(spatial + d), filter.getDimSize(2 + d), op.getStrides()[d],
                   op.getPads()[d], op.getPads()[2 + d], op.getDilations()[d]);
    if (failed(size))
      return failure();
    shape[spatial + d] = *size;
  }
  return give(types, shape, input.getElementType());
}

LogicalResult PoolOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType input = tensor(op.getInput());
  if (input.getRank() != 4)
    return emitOptionalError(loc, "pool: input ", text(input.getShape()), " must have 4 dimensions");
  if (failed(checkCount(loc, "pool", "kernel", op.getKernel().size(), 2)) ||
      failed(checkCount(loc, "pool", "strides", op.getStrides().size(), 2)) ||
      failed(checkCount(loc, "pool", "pads", op.getPads().size(), 4)) ||
      failed(checkCount(loc, "pool", "dilations", op.getDilations().size(), 2)))
    return failure();
  int64_t spatial = positions(op.getLayout()).second;
  Shape shape(input.getShape());
  for (int64_t d = 0; d < 2; ++d) {
    FailureOr<int64_t> size =
        windowSize(loc, "pool", input.getDimSize(spatial + d), op.getKernel()[d], op.getStrides()[d], op.getPads()[d],
                   op.getPads()[2 + d], op.getDilations()[d]);
    if (failed(size))
      return failure();
    shape[spatial + d] = *size;
  }
  return give(types, shape, input.getElementType());
}

//===----------------------------------------------------------------------===//
// Normalization and attention
//===----------------------------------------------------------------------===//

LogicalResult GroupNormOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType input = tensor(op.getInput());
  if (input.getRank() < 2)
    return emitOptionalError(loc, "group_norm: input ", text(input.getShape()), " must have at least 2 dimensions");
  int64_t channels = input.getDimSize(op.getLayout() == Layout::NCHW ? 1 : input.getRank() - 1);
  if (int64_t groups = op.getGroups(); groups < 1 || channels % groups)
    return emitOptionalError(loc, "group_norm: groups ", groups, " must divide channels ", channels);
  for (Value operand : {op.getScale(), op.getBias()})
    if (tensor(operand).getShape() != ArrayRef<int64_t>(channels))
      return emitOptionalError(loc, "group_norm: scale and bias must have ", channels, " elements, one is ",
                               text(tensor(operand).getShape()));
  types.push_back(input);
  return success();
}

/// Scale and bias of layer_norm and rms_norm have the normalized shape.
static LogicalResult checkNormalized(OptLoc loc, StringRef op, RankedTensorType input, int64_t axis,
                                     ArrayRef<Value> operands) {
  if (failed(checkAxis(loc, op, axis, input.getRank())))
    return failure();
  for (Value operand : operands)
    if (operand && tensor(operand).getShape() != input.getShape().drop_front(axis))
      return emitOptionalError(loc, op, ": scale and bias must be ", text(input.getShape().drop_front(axis)),
                               ", one is ", text(tensor(operand).getShape()));
  return success();
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType input = tensor(op.getInput());
  if (failed(checkNormalized(loc, "layer_norm", input, op.getAxis(), {op.getScale(), op.getBias()})))
    return failure();
  types.push_back(input);
  return success();
}

LogicalResult RmsNormOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType input = tensor(op.getInput());
  if (failed(checkNormalized(loc, "rms_norm", input, op.getAxis(), {op.getScale()})))
    return failure();
  types.push_back(input);
  return success();
}

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType query = tensor(op.getQuery()), key = tensor(op.getKey()), value = tensor(op.getValue());
  if (query.getElementType() != key.getElementType() || query.getElementType() != value.getElementType())
    return emitOptionalError(loc, "attention: element types of query, key and value differ");
  if (query.getRank() != 3 || key.getRank() != 3 || value.getRank() != 3)
    return emitOptionalError(loc, "attention: query, key and value must have 3 dimensions");
  int64_t batch = query.getDimSize(0), heads = op.getHeads();
  if (key.getDimSize(0) != batch || value.getDimSize(0) != batch)
    return emitOptionalError(loc, "attention: batch sizes ", batch, ", ", key.getDimSize(0), " and ",
                             value.getDimSize(0), " differ");
  if (key.getDimSize(1) != value.getDimSize(1))
    return emitOptionalError(loc, "attention: ", key.getDimSize(1), " keys and ", value.getDimSize(1), " values");
  if (key.getDimSize(2) != query.getDimSize(2))
    return emitOptionalError(loc, "attention: query width ", query.getDimSize(2), " and key width ", key.getDimSize(2),
                             " differ");
  if (heads < 1 || query.getDimSize(2) % heads || value.getDimSize(2) % heads)
    return emitOptionalError(loc, "attention: heads ", heads, " must divide the widths ", query.getDimSize(2), " and ",
                             value.getDimSize(2));
  if (Value mask = op.getMask()) {
    if (tensor(mask).getElementType() != query.getElementType())
      return emitOptionalError(loc, "attention: the mask's element type is ", tensor(mask).getElementType(),
                               ", expected ", query.getElementType());
    Shape scores{batch, heads, query.getDimSize(1), key.getDimSize(1)};
    FailureOr<Shape> shape = broadcast(loc, "attention", tensor(mask).getShape(), scores);
    if (failed(shape))
      return failure();
    if (*shape != scores)
      return emitOptionalError(loc, "attention: mask ", text(tensor(mask).getShape()), " does not broadcast to ",
                               text(scores));
  }
  return give(types, {batch, query.getDimSize(1), value.getDimSize(2)}, query.getElementType());
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getOperand());
  if (failed(checkCount(loc, "transpose", "permutation", op.getPermutation().size(), type.getRank())))
    return failure();
  llvm::SmallBitVector seen(type.getRank());
  Shape shape;
  for (int64_t axis : op.getPermutation()) {
    if (failed(checkAxis(loc, "transpose", axis, type.getRank())))
      return failure();
    if (seen.test(axis))
      return emitOptionalError(loc, "transpose: axis ", axis, " appears twice in the permutation");
    seen.set(axis);
    shape.push_back(type.getDimSize(axis));
  }
  return give(types, shape, type.getElementType());
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  if (op.getOperands().empty())
    return emitOptionalError(loc, "concat: expected at least one operand");
  RankedTensorType first = tensor(op.getOperands().front());
  int64_t axis = op.getAxis();
  if (failed(checkAxis(loc, "concat", axis, first.getRank())))
    return failure();
  Shape shape(first.getShape());
  for (Value operand : op.getOperands().drop_front()) {
    RankedTensorType type = tensor(operand);
    Shape other(type.getShape());
    bool fits = type.getElementType() == first.getElementType() && other.size() == shape.size();
    if (fits) {
      other[axis] = shape[axis];
      fits = other == shape;
    }
    if (!fits)
      return emitOptionalError(loc, "concat: ", type, " does not fit ", first, " along axis ", axis);
    shape[axis] += type.getDimSize(axis);
  }
  return give(types, shape, first.getElementType());
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getOperand());
  if (failed(checkCount(loc, "pad", "low", op.getLow().size(), type.getRank())) ||
      failed(checkCount(loc, "pad", "high", op.getHigh().size(), type.getRank())))
    return failure();
  Shape shape;
  for (auto [size, low, high] : llvm::zip(type.getShape(), op.getLow(), op.getHigh())) {
    if (low < 0 || high < 0)
      return emitOptionalError(loc, "pad: amounts must not be negative; cut with slice");
    if (op.getMode() == PadMode::Reflect && std::max(low, high) >= size)
      return emitOptionalError(loc, "pad: reflecting ", std::max(low, high), " elements needs a dimension larger than ",
                               size);
    if (op.getMode() == PadMode::Edge && size == 0 && low + high > 0)
      return emitOptionalError(loc, "pad: a dimension of size 0 has no edge");
    shape.push_back(size + low + high);
  }
  return give(types, shape, type.getElementType());
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getOperand()), indices = tensor(op.getIndices());
  int64_t axis = op.getAxis();
  if (failed(checkAxis(loc, "gather", axis, type.getRank())))
    return failure();
  if (type.getDimSize(axis) == 0 && indices.getNumElements() > 0)
    return emitOptionalError(loc, "gather: axis ", axis, " has no elements to pick from");
  Shape shape(type.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, type.getShape().drop_front(axis + 1));
  return give(types, shape, type.getElementType());
}

LogicalResult UpsampleOp::inferReturnTypes(MLIRContext *, OptLoc loc, Adaptor op, SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(op.getInput());
  if (type.getRank() != 4)
    return emitOptionalError(loc, "upsample: input ", text(type.getShape()), " must have 4 dimensions");
  if (op.getFactor() < 1)
    return emitOptionalError(loc, "upsample: factor ", int64_t(op.getFactor()), " must be positive");
  Shape shape(type.getShape());
  int64_t spatial = positions(op.getLayout()).second;
  shape[spatial] *= op.getFactor();
  shape[spatial + 1] *= op.getFactor();
  return give(types, shape, type.getElementType());
}

} // namespace snap
