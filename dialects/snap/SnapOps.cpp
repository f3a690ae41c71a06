//===- SnapOps.cpp - Verifiers of the snap dialect ------------------------===//
//
// The rules of operations whose result type does not follow from the operands;
// those of the others are in SnapInfer.cpp.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/snap/Shapes.h"
#include "dialects/snap/Snap.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snap;

/// Above this a constant is a weight: its bytes belong in a file, not in the IR.
static constexpr int64_t kLargestConstant = 1024;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

static LogicalResult verifySameElement(Operation *op) {
  Type from = typeOf(op->getOperand(0)).getElementType(), to = typeOf(op->getResult(0)).getElementType();
  if (from != to)
    return op->emitOpError() << "changes the element type from " << from << " to " << to;
  return success();
}

LogicalResult ConstantOp::verify() {
  if (!isa<DenseElementsAttr>(getValue()))
    return emitOpError() << "should hold a dense value";
  int64_t elements = getValue().getNumElements();
  if (elements > kLargestConstant && !getValue().isSplat())
    return emitOpError() << "has " << elements << " elements, should have at most " << kLargestConstant
                         << " or be a splat; larger ones are weights";
  return success();
}

LogicalResult IotaOp::verify() {
  auto type = getResult().getType();
  if ((int64_t)getAxis() < 0 || (int64_t)getAxis() >= typeOf(getResult()).getRank())
    return emitOpError() << "axis " << (int64_t)getAxis() << " is out of range for rank "
                         << typeOf(getResult()).getRank();
  if (cast<ShapedType>(type).getElementType().isInteger(1))
    return emitOpError() << "counts in numbers, not in i1";
  return success();
}

LogicalResult CastOp::verify() {
  ArrayRef<int64_t> from = typeOf(getOperand()).getShape(), to = typeOf(getResult()).getShape();
  if (from != to)
    return emitOpError() << "changes the shape from " << shapeText(from) << " to " << shapeText(to);
  return success();
}

LogicalResult ReshapeOp::verify() {
  auto from = typeOf(getOperand()), to = typeOf(getResult());
  if (failed(verifySameElement(*this)))
    return failure();
  if (from.getNumElements() != to.getNumElements())
    return emitOpError() << "cannot make " << shapeText(to.getShape()) << " (" << to.getNumElements()
                         << " elements) of " << shapeText(from.getShape()) << " (" << from.getNumElements() << ")";
  return success();
}

LogicalResult BroadcastOp::verify() {
  ArrayRef<int64_t> from = typeOf(getOperand()).getShape(), to = typeOf(getResult()).getShape();
  if (failed(verifySameElement(*this)))
    return failure();
  if (!broadcastsTo(from, to))
    return emitOpError() << "cannot broadcast " << shapeText(from) << " to " << shapeText(to);
  return success();
}

LogicalResult SliceOp::verify() {
  auto from = typeOf(getOperand()), to = typeOf(getResult());
  int64_t rank = from.getRank();
  if (failed(verifySameElement(*this)))
    return failure();
  if (to.getRank() != rank || (int64_t)getStarts().size() != rank || (int64_t)getSteps().size() != rank)
    return emitOpError() << "of rank " << rank << " has " << getStarts().size() << " starts, " << getSteps().size()
                         << " steps and a result of rank " << to.getRank();
  for (int64_t d = 0; d < rank; ++d) {
    int64_t start = getStarts()[d], step = getSteps()[d], size = to.getDimSize(d);
    if (step == 0)
      return emitOpError() << "has step 0 along dimension " << d;
    int64_t last = start + (size - 1) * step;
    if (size > 0 && (start < 0 || start >= from.getDimSize(d) || last < 0 || last >= from.getDimSize(d)))
      return emitOpError() << "reads elements " << start << " to " << last << " of dimension " << d << ", which has "
                           << from.getDimSize(d);
  }
  return success();
}

LogicalResult ResizeOp::verify() {
  auto from = typeOf(getOperand()), to = typeOf(getResult());
  int64_t rank = from.getRank();
  if (failed(verifySameElement(*this)))
    return failure();
  if (getMode() != ResizeMode::Nearest && !isa<FloatType>(from.getElementType()))
    return emitOpError() << stringifyResizeMode(getMode()) << " is for floats, not for " << from.getElementType();
  if (to.getRank() != rank || (int64_t)getScales().size() != rank)
    return emitOpError() << "of rank " << rank << " has " << getScales().size() << " scales and a result of rank "
                         << to.getRank();
  for (int64_t d = 0; d < rank; ++d) {
    double scale = getScales()[d], exact = from.getDimSize(d) * scale;
    if (!(scale > 0))
      return emitOpError() << "scale of dimension " << d << " should be positive";
    // ONNX rounds down; a scale made from sizes may miss by a rounding error.
    if (to.getDimSize(d) < 1 || to.getDimSize(d) > exact + 1e-3 || to.getDimSize(d) <= exact - 1 - 1e-3)
      return emitOpError() << "dimension " << d << " of " << from.getDimSize(d) << " scaled by "
                           << std::to_string(scale) << " cannot have " << to.getDimSize(d) << " elements";
  }
  return success();
}

/// What may stand beside the root of a fused region.
static bool isRoot(Operation *op) {
  return !isa<UnaryOp, BinaryOp, SelectOp, CastOp, ConstantOp, ReshapeOp, BroadcastOp, SliceOp, YieldOp>(op);
}

bool snap::isLoadedBy(Operation *op, Operation *reader) {
  if (isa<ConcatOp>(op))
    return isa<GroupNormOp, Conv2dOp, MatmulOp>(reader);
  if (isa<LayerNormOp>(op))
    return isa<MatmulOp>(reader);
  return isa<GroupNormOp, UpsampleOp>(op) && isa<Conv2dOp, MatmulOp>(reader);
}

LogicalResult FusedOp::verify() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != getInputs().getTypes())
    return emitOpError() << "block arguments differ from the operands in number or type";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return emitOpError() << "should end in snap.yield";
  if (yield.getOperandTypes() != getResultTypes())
    return emitOpError() << "yields values that differ from the results in number or type";
  Operation *root = nullptr;
  for (Operation &op : block) {
    if (isa<WeightOp, FusedOp>(op) || !isa_and_nonnull<SnapDialect>(op.getDialect()))
      return emitOpError() << "cannot hold " << op.getName();
    if (!isRoot(&op))
      continue;
    if (root && !isLoadedBy(root, &op))
      return emitOpError() << "has two roots, " << root->getName() << " and " << op.getName();
    root = &op;
  }
  return success();
}
