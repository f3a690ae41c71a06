//===- Matching.cpp - Questions that patterns ask -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"

#include "llvm/ADT/SmallPtrSet.h"

#include <cmath>

using namespace mlir;

namespace snap {

RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

std::optional<double> splatValue(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<ReshapeOp, TransposeOp, BroadcastOp>(op))
      break;
    value = op->getOperand(0);
  }
  auto constant = value.getDefiningOp<ConstantOp>();
  auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  if (!elements || !elements.isSplat())
    return std::nullopt;
  Type type = elements.getElementType();
  if (isa<FloatType>(type)) {
    APFloat number = elements.getSplatValue<APFloat>();
    bool lossy = false;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
    return number.convertToDouble();
  }
  APInt number = elements.getSplatValue<APInt>();
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  return isUnsigned ? double(number.getZExtValue()) : double(number.getSExtValue());
}

bool isSplat(Value value, double expected) {
  std::optional<double> splat = splatValue(value);
  return splat && std::abs(*splat - expected) <= 1e-6 * std::abs(expected);
}

Value createSplat(OpBuilder &builder, Location loc, RankedTensorType type, double value) {
  Attribute element;
  if (auto floatType = dyn_cast<FloatType>(type.getElementType()))
    element = builder.getFloatAttr(floatType, value);
  else
    element = builder.getIntegerAttr(type.getElementType(), int64_t(value));
  return builder.create<ConstantOp>(loc, DenseElementsAttr::get(type, element));
}

Value matchUnary(Value value, UnaryFn fn) {
  auto op = value.getDefiningOp<UnaryOp>();
  return op && op.getFn() == fn ? op.getOperand() : Value();
}

std::pair<Value, Value> matchBinary(Value value, BinaryFn fn) {
  auto op = value.getDefiningOp<BinaryOp>();
  if (!op || op.getFn() != fn)
    return {};
  return {op.getLhs(), op.getRhs()};
}

std::optional<std::pair<Value, double>> matchWithSplat(Value value, BinaryFn fn) {
  auto [lhs, rhs] = matchBinary(value, fn);
  if (!lhs)
    return std::nullopt;
  if (std::optional<double> splat = splatValue(rhs))
    return std::make_pair(lhs, *splat);
  if (std::optional<double> splat = splatValue(lhs))
    return std::make_pair(rhs, *splat);
  return std::nullopt;
}

bool isWeightExpression(Value value) {
  constexpr unsigned mostOps = 48;
  SmallVector<Value> work{value};
  llvm::SmallPtrSet<Operation *, 16> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op)
      return false;
    if (!seen.insert(op).second)
      continue;
    if (seen.size() > mostOps)
      return false;
    work.append(op->operand_begin(), op->operand_end());
  }
  return true;
}

bool isVectorAlong(Value value, int64_t rank, int64_t axis, int64_t size) {
  ArrayRef<int64_t> shape = tensorType(value).getShape();
  int64_t missing = rank - int64_t(shape.size());
  if (missing < 0 || axis < missing || shape[axis - missing] != size)
    return false;
  for (auto [i, n] : llvm::enumerate(shape))
    if (int64_t(i) + missing != axis && n != 1)
      return false;
  return true;
}

bool onlyMovesUnits(ShapedType from, ShapedType to) {
  auto isNoUnit = [](int64_t extent) { return extent != 1; };
  return llvm::equal(llvm::make_filter_range(from.getShape(), isNoUnit),
                     llvm::make_filter_range(to.getShape(), isNoUnit));
}

Value toVector(OpBuilder &builder, Location loc, Value value, int64_t size) {
  auto type = RankedTensorType::get({size}, tensorType(value).getElementType());
  if (std::optional<double> splat = splatValue(value))
    return createSplat(builder, loc, type, *splat);
  if (value.getType() == type)
    return value;
  return builder.create<ReshapeOp>(loc, type, value);
}

} // namespace snap
