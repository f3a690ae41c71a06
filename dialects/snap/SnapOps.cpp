//===- SnapOps.cpp - Verifiers and folds of the snap dialect --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/snap/Snap.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace snap {

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult CastOp::verify() {
  if (getOperand().getType().getShape() != getType().getShape())
    return emitOpError("result shape must be the operand's");
  return success();
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = getOperand().getType(), to = getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("element types ") << from.getElementType() << " and " << to.getElementType() << " differ";
  if (from.getNumElements() != to.getNumElements())
    return emitOpError("cannot make ") << to.getNumElements() << " elements of " << from.getNumElements();
  return success();
}

LogicalResult BroadcastOp::verify() {
  RankedTensorType from = getOperand().getType(), to = getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("element types ") << from.getElementType() << " and " << to.getElementType() << " differ";
  if (from.getRank() > to.getRank())
    return emitOpError("result has fewer dimensions than the operand");
  for (auto [a, b] : llvm::zip(llvm::reverse(from.getShape()), llvm::reverse(to.getShape())))
    if (a != b && a != 1)
      return emitOpError("cannot repeat a dimension of ") << a << " to " << b;
  return success();
}

LogicalResult SliceOp::verify() {
  RankedTensorType from = getOperand().getType(), to = getType();
  size_t rank = from.getRank();
  if (from.getElementType() != to.getElementType())
    return emitOpError("element types ") << from.getElementType() << " and " << to.getElementType() << " differ";
  if (to.getRank() != from.getRank() || getStarts().size() != rank || getSteps().size() != rank)
    return emitOpError("starts, steps and the result must have the operand's ") << rank << " dimensions";
  for (size_t d = 0; d < rank; ++d) {
    int64_t size = to.getDimSize(d), start = getStarts()[d], step = getSteps()[d];
    if (step == 0)
      return emitOpError("step of dimension ") << d << " must not be 0";
    int64_t last = start + (size - 1) * step;
    if (size > 0 && (start < 0 || start >= from.getDimSize(d) || last < 0 || last >= from.getDimSize(d)))
      return emitOpError("dimension ") << d << " reads elements " << start << " to " << last << " of "
                                       << from.getDimSize(d);
  }
  return success();
}

LogicalResult ResizeOp::verify() {
  RankedTensorType from = getOperand().getType();
  RankedTensorType to = cast<RankedTensorType>(getResult().getType());
  if (from.getElementType() != to.getElementType())
    return emitOpError("element types ") << from.getElementType() << " and " << to.getElementType() << " differ";
  if (to.getRank() != from.getRank() || int64_t(getScales().size()) != from.getRank())
    return emitOpError("scales and the result must have the operand's ") << from.getRank() << " dimensions";
  for (double scale : getScales())
    if (!(scale > 0))
      return emitOpError("scales must be positive");
  if (getMode() != ResizeMode::Nearest && !isa<FloatType>(from.getElementType()))
    return emitOpError("only nearest resizes integers");
  return success();
}

LogicalResult FusedOp::verify() {
  Block &body = getBody().front();
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield)
    return emitOpError("region must end in snap.yield");
  if (TypeRange(body.getArgumentTypes()) != TypeRange(getInputs().getTypes()))
    return emitOpError("region arguments must have the operands' types");
  if (TypeRange(yield.getOperandTypes()) != TypeRange(getResultTypes()))
    return emitOpError("snap.yield must have the results' types");
  for (Operation &op : body)
    if (!isa<SnapDialect>(op.getDialect()) || isa<FusedOp, WeightOp>(op))
      return op.emitOpError("does not belong in snap.fused");
  return success();
}

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  // reshape(reshape(x)) = reshape(x)
  if (auto inner = getOperand().getDefiningOp<ReshapeOp>()) {
    setOperand(inner.getOperand());
    return getOperand().getType() == getType() ? OpFoldResult(getOperand()) : OpFoldResult(getResult());
  }
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  ArrayRef<int64_t> permutation = getPermutation();
  if (llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return getOperand();
  // transpose(transpose(x, p), q) = transpose(x, p[q])
  if (auto inner = getOperand().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> combined;
    for (int64_t axis : permutation)
      combined.push_back(inner.getPermutation()[axis]);
    setOperand(inner.getOperand());
    setPermutation(combined);
    return getResult();
  }
  return {};
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  return {};
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  if (getOperand().getType() == getType() && llvm::all_of(getStarts(), [](int64_t s) { return s == 0; }) &&
      llvm::all_of(getSteps(), [](int64_t s) { return s == 1; }))
    return getOperand();
  return {};
}

} // namespace snap
