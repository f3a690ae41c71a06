//===- PlanOps.cpp - Verifiers of the plan dialect ------------------------===//
//
// What one operation can check by itself; keys, sizes and overlaps are checked
// by verify-plan.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/plan/Plan.h"

#include "dialects/snap/Snap.h"

using namespace mlir;

namespace snap::plan {

/// Bytes of a dense buffer; i1 takes a byte an element. -1 if it has no size.
static int64_t bytesOf(Type type) {
  auto buffer = cast<MemRefType>(type);
  if (!buffer.hasStaticShape() || !buffer.getElementType().isIntOrFloat())
    return -1;
  return buffer.getNumElements() * llvm::divideCeil(buffer.getElementTypeBitWidth(), 8);
}

static LogicalResult verifyBuffers(Operation *op, TypeRange types) {
  for (Type type : types) {
    if (bytesOf(type) < 0)
      return op->emitOpError() << "buffer " << type << " has no static size";
    if (!cast<MemRefType>(type).getLayout().isIdentity())
      return op->emitOpError() << "buffer " << type << " should be dense";
  }
  return success();
}

LogicalResult WeightOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || !type.hasStaticShape())
    return emitOpError() << "type " << getType() << " should be a tensor of static shape";
  Block &block = getBody().front();
  if (block.getNumArguments())
    return emitOpError() << "region should have no arguments";
  auto yield = block.empty() ? snap::YieldOp() : dyn_cast<snap::YieldOp>(block.back());
  if (!yield)
    return emitOpError() << "region should end in snap.yield";
  if (yield.getNumOperands() != 1 || yield.getOperand(0).getType() != type)
    return emitOpError() << "should yield one " << type;
  return success();
}

LogicalResult StateOp::verify() {
  if (failed(verifyBuffers(*this, getType())))
    return failure();
  if (int64_t offset = getOffset().value_or(0); offset < 0)
    return emitOpError() << "offset is " << offset << ", should not be negative";
  return success();
}

LogicalResult ProgramOp::verify() {
  llvm::StringMap<Operation *> inputs, outputs;
  for (Operation &op : getBody().front()) {
    if (!isa<PlanDialect>(op.getDialect()) || isa<WeightOp, StateOp, ProgramOp>(op))
      return op.emitOpError() << "cannot stand in plan.program";
    if (failed(verifyBuffers(&op, op.getOperandTypes())) || failed(verifyBuffers(&op, op.getResultTypes())))
      return failure();
    if (auto input = dyn_cast<InputOp>(op))
      if (!inputs.try_emplace(input.getName(), &op).second)
        return op.emitOpError() << "is the second input named '" << input.getName() << "'";
    if (auto output = dyn_cast<OutputOp>(op))
      if (!outputs.try_emplace(output.getName(), &op).second)
        return op.emitOpError() << "is the second output named '" << output.getName() << "'";
  }
  if (int64_t arena = getArenaBytes().value_or(0); arena < 0)
    return emitOpError() << "arena_bytes is " << arena << ", should not be negative";
  return success();
}

LogicalResult ViewOp::verify() {
  int64_t source = bytesOf(getSource().getType()), view = bytesOf(getBuffer().getType());
  int64_t offset = getByteOffset();
  if (offset < 0 || offset > source || view > source - offset)
    return emitOpError() << "of " << view << " bytes from byte " << offset << " on does not fit a buffer of " << source
                         << " bytes";
  return success();
}

LogicalResult CallOp::verify() {
  if (getKey().empty())
    return emitOpError() << "has an empty key";
  if (getOutputs().empty())
    return emitOpError() << "has no outputs";
  return success();
}

} // namespace snap::plan
