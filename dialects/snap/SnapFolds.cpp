//===- SnapFolds.cpp - What an operation is when it does nothing ----------===//
//
// Folds that hold everywhere: identities, chains of movement, and movement of
// small constants. Anything that looks at more than one operation's reason is a
// pass.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/snap/Snap.h"

using namespace mlir;
using namespace snap;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The constant operand under another type, if all its elements are equal.
static OpFoldResult resplat(Attribute operand, RankedTensorType type) {
  auto value = dyn_cast_or_null<DenseElementsAttr>(operand);
  return value && value.isSplat() ? value.resizeSplat(type) : DenseElementsAttr();
}

Operation *SnapDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getShapedType() != type)
    return nullptr;
  return builder.create<ConstantOp>(loc, type, elements);
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (auto inner = getOperand().getDefiningOp<ReshapeOp>()) {
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  if (auto value = dyn_cast_or_null<DenseElementsAttr>(adaptor.getOperand()))
    return value.reshape(typeOf(getResult()));
  return {};
}

static bool isIdentity(ArrayRef<int64_t> permutation) {
  for (auto [i, axis] : llvm::enumerate(permutation))
    if (axis != (int64_t)i)
      return false;
  return true;
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (isIdentity(getPermutation()))
    return getOperand();
  if (auto inner = getOperand().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t axis : getPermutation())
      composed.push_back(inner.getPermutation()[axis]);
    setPermutation(composed);
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  return resplat(adaptor.getOperand(), typeOf(getResult()));
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (auto inner = getOperand().getDefiningOp<BroadcastOp>()) {
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  return resplat(adaptor.getOperand(), typeOf(getResult()));
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  // A result of the operand's shape with positive steps can only start at 0 and step by 1,
  // except along dimensions of one element, where every step is the same.
  bool forward = llvm::all_of(llvm::zip_equal(getSteps(), typeOf(getOperand()).getShape()),
                              [](auto pair) { return std::get<0>(pair) > 0 || std::get<1>(pair) <= 1; });
  if (getOperand().getType() == getType() && forward)
    return getOperand();
  return resplat(adaptor.getOperand(), typeOf(getResult()));
}
