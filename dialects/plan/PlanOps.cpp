//===- PlanOps.cpp - Verifiers of the plan dialect ------------------------===//
//
// What a single operation can check by itself; verify-plan checks the whole.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/plan/Plan.h"

#include "dialects/snap/Snap.h"

using namespace mlir;

namespace snap::plan {

LogicalResult WeightOp::verify() {
  Block &body = getBody().front();
  if (body.empty() || !isa<YieldOp>(body.back()))
    return emitOpError("region must end in snap.yield");
  Operation &yield = body.back();
  if (yield.getNumOperands() != 1 || yield.getOperand(0).getType() != getType())
    return emitOpError("must yield one value of type ") << getType();
  if (body.getNumArguments())
    return emitOpError("region must have no arguments");
  return success();
}

LogicalResult ProgramOp::verify() {
  for (Operation &op : getBody().front())
    if (!isa<InputOp, OutputOp, DataOp, AllocOp, ViewOp, CallOp>(op))
      return op.emitOpError("does not belong in plan.program");
  return success();
}

/// Bytes of a dense buffer; i1 takes a byte.
static int64_t bytesOf(MemRefType type) { return type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8); }

LogicalResult ViewOp::verify() {
  auto from = cast<MemRefType>(getSource().getType()), to = cast<MemRefType>(getBuffer().getType());
  int64_t offset = getByteOffset();
  if (offset < 0 || offset + bytesOf(to) > bytesOf(from))
    return emitOpError("bytes ") << offset << " to " << offset + bytesOf(to) << " lie outside a buffer of "
                                 << bytesOf(from);
  return success();
}

LogicalResult CallOp::verify() {
  if (getKey().empty())
    return emitOpError("has no key");
  if (getOutputs().empty())
    return emitOpError("has no output");
  return success();
}

} // namespace snap::plan
