//===- VerifyPlan.cpp - Whether a plan may be run -------------------------===//
//
// Works from the calls and offsets alone: trusts neither lower-to-plan nor
// allocate-arena.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

#include "dialects/reference/Interpreter.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_VERIFYPLAN
#include "passes/Passes.h.inc"

namespace {
/// A piece of the arena and the steps during which its bytes matter.
struct Range {
  Operation *op; // plan.input or plan.alloc
  int64_t offset, bytes;
  int32_t first = -1, last = -1; // -1: never written
};

class ProgramCheck {
public:
  ProgramCheck(plan::ProgramOp program, const SymbolTable &symbols) : program(program), symbols(symbols) {}
  LogicalResult run();

private:
  LogicalResult checkStorage(Operation *op, std::optional<uint64_t> offset, Value buffer);
  LogicalResult checkData(plan::DataOp data);
  LogicalResult checkState(plan::GetStateOp get);
  LogicalResult checkCall(plan::CallOp call);
  LogicalResult checkOperand(plan::CallOp call, Value operand, const TensorSpec &spec, Twine name);
  LogicalResult checkOutput(plan::OutputOp output);
  LogicalResult checkOverlaps();
  /// Whether `call` may write `to` over the `from` it reads.
  bool isInPlace(plan::CallOp call, const Range &from, const Range &to);
  Range *rangeOf(Value buffer);

  plan::ProgramOp program;
  const SymbolTable &symbols;
  int32_t step = 0;
  std::vector<Range> ranges;
  llvm::DenseMap<Operation *, size_t> rangeIndex;
  std::vector<plan::CallOp> calls;
  std::vector<KernelKey> keys;
};

struct VerifyPlan : impl::VerifyPlanBase<VerifyPlan> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    if (failed(checkStates()))
      return signalPassFailure();
    for (auto program : getOperation().getOps<plan::ProgramOp>())
      if (failed(ProgramCheck(program, symbols).run()))
        return signalPassFailure();
    markAllAnalysesPreserved();
  }

  LogicalResult checkStates();
};
} // namespace

static int64_t bytesOf(Type type) {
  auto shaped = cast<ShapedType>(type);
  return shaped.getNumElements() * byteSize(elementTypeOf(shaped.getElementType()));
}

static Operation *rootOf(Value buffer) {
  while (auto view = buffer.getDefiningOp<plan::ViewOp>())
    buffer = view.getSource();
  return buffer.getDefiningOp();
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

/// Placed one after the other, and none read that no program writes.
LogicalResult VerifyPlan::checkStates() {
  llvm::StringSet<> written;
  getOperation().walk([&](plan::CallOp call) {
    for (Value output : call.getOutputs())
      if (auto get = dyn_cast_or_null<plan::GetStateOp>(rootOf(output)))
        written.insert(get.getState());
  });
  int64_t end = 0;
  for (auto state : getOperation().getOps<plan::StateOp>()) {
    if (!state.getOffset())
      return state.emitOpError("has no offset; run allocate-arena");
    int64_t begin = *state.getOffset();
    if (begin % 64 || begin < end)
      return state.emitOpError("offset ") << begin << " should be a multiple of 64 and at least " << end;
    end = begin + bytesOf(state.getType());
    if (!written.contains(state.getSymName()))
      return state.emitOpError("is written by no program");
  }
  return success();
}

Range *ProgramCheck::rangeOf(Value buffer) {
  auto it = rangeIndex.find(rootOf(buffer));
  return it == rangeIndex.end() ? nullptr : &ranges[it->second];
}

LogicalResult ProgramCheck::run() {
  if (!program.getArenaBytes())
    return program.emitOpError("has no arena_bytes; run allocate-arena");
  for (Operation &op : program.getBody().front()) {
    LogicalResult result = success();
    if (auto input = dyn_cast<plan::InputOp>(op)) {
      result = checkStorage(&op, input.getOffset(), input.getBuffer());
      if (succeeded(result))
        ranges.back().first = ranges.back().last = 0;
    } else if (auto alloc = dyn_cast<plan::AllocOp>(op)) {
      result = checkStorage(&op, alloc.getOffset(), alloc.getBuffer());
    } else if (auto data = dyn_cast<plan::DataOp>(op)) {
      result = checkData(data);
    } else if (auto get = dyn_cast<plan::GetStateOp>(op)) {
      result = checkState(get);
    } else if (auto call = dyn_cast<plan::CallOp>(op)) {
      ++step;
      result = checkCall(call);
    }
    if (failed(result))
      return failure();
  }
  ++step; // the caller reads the outputs
  for (auto output : program.getBody().getOps<plan::OutputOp>())
    if (failed(checkOutput(output)))
      return failure();
  return checkOverlaps();
}

//===----------------------------------------------------------------------===//
// One operation
//===----------------------------------------------------------------------===//

LogicalResult ProgramCheck::checkStorage(Operation *op, std::optional<uint64_t> offset, Value buffer) {
  if (!offset)
    return op->emitOpError("has no offset; run allocate-arena");
  int64_t bytes = bytesOf(buffer.getType()), begin = static_cast<int64_t>(*offset),
          arena = static_cast<int64_t>(*program.getArenaBytes());
  if (begin % 64)
    return op->emitOpError("offset ") << begin << " should be a multiple of 64";
  if (begin < 0 || begin > arena || bytes > arena - begin)
    return op->emitOpError("holds bytes ") << begin << " to " << begin + bytes << " of an arena of " << arena;
  rangeIndex[op] = ranges.size();
  ranges.push_back({op, begin, bytes});
  return success();
}

LogicalResult ProgramCheck::checkData(plan::DataOp data) {
  auto weight = symbols.lookup<plan::WeightOp>(data.getWeight());
  if (!weight)
    return data.emitOpError("names @") << data.getWeight() << ", which is no plan.weight of the module";
  auto type = cast<ShapedType>(data.getBuffer().getType()), stored = cast<ShapedType>(weight.getType());
  if (type.getShape() != stored.getShape() || type.getElementType() != stored.getElementType())
    return data.emitOpError("is ") << type << ", but @" << data.getWeight() << " holds " << stored;
  return success();
}

LogicalResult ProgramCheck::checkState(plan::GetStateOp get) {
  auto state = symbols.lookup<plan::StateOp>(get.getState());
  if (!state)
    return get.emitOpError("names @") << get.getState() << ", which is no plan.state of the module";
  if (state.getType() != get.getBuffer().getType())
    return get.emitOpError("is ") << get.getBuffer().getType() << ", but @" << get.getState() << " holds "
                                  << state.getType();
  return success();
}

LogicalResult ProgramCheck::checkOperand(plan::CallOp call, Value operand, const TensorSpec &spec, Twine name) {
  auto type = cast<ShapedType>(operand.getType());
  if (elementTypeOf(type.getElementType()) != spec.type)
    return call.emitOpError() << name << " is " << type << ", but the key says " << toString(spec.type);
  if (bytesOf(type) < spec.bytes())
    return call.emitOpError() << name << " has " << bytesOf(type) << " bytes, but the kernel touches " << spec.bytes();
  return success();
}

LogicalResult ProgramCheck::checkCall(plan::CallOp call) {
  std::string problem;
  std::optional<KernelKey> key = KernelKey::parse(call.getKey().str(), problem);
  if (!key)
    return call.emitOpError() << problem;
  if (problem = key->verify(); !problem.empty())
    return call.emitOpError() << problem;
  if (call.getInputs().size() != key->inputs.size() || call.getOutputs().size() != key->outputs.size())
    return call.emitOpError() << "has " << call.getInputs().size() << " inputs and " << call.getOutputs().size()
                              << " outputs, but its key has " << key->inputs.size() << " and " << key->outputs.size();
  for (auto [i, input] : llvm::enumerate(call.getInputs())) {
    if (failed(checkOperand(call, input, key->inputs[i], "input " + Twine(i))))
      return failure();
    if (Range *range = rangeOf(input)) {
      if (range->first < 0)
        return call.emitOpError() << "input " << i << " is read before anything is written to it";
      range->last = step;
    }
  }
  for (auto [i, output] : llvm::enumerate(call.getOutputs())) {
    if (failed(checkOperand(call, output, key->outputs[i], "output " + Twine(i))))
      return failure();
    Range *range = rangeOf(output);
    if (!range && isa<plan::GetStateOp>(rootOf(output)))
      continue;
    if (!range)
      return call.emitOpError() << "output " << i << " is a weight; weights are read-only";
    if (range->first < 0)
      range->first = step;
    range->last = step;
  }
  calls.push_back(call);
  keys.push_back(std::move(*key));
  return success();
}

LogicalResult ProgramCheck::checkOutput(plan::OutputOp output) {
  Range *range = rangeOf(output.getBuffer());
  if (!range || isa<plan::InputOp>(range->op))
    return output.emitOpError("is ") << (range                                           ? "an input of the program"
                                         : isa<plan::DataOp>(rootOf(output.getBuffer())) ? "a weight"
                                                                                         : "state")
                                     << "; copy it";
  if (range->first < 0)
    return output.emitOpError("is never written");
  range->last = step;
  return success();
}

//===----------------------------------------------------------------------===//
// Overlaps
//===----------------------------------------------------------------------===//

bool ProgramCheck::isInPlace(plan::CallOp call, const Range &from, const Range &to) {
  if (from.offset != to.offset || from.bytes != to.bytes)
    return false;
  const KernelKey &key = keys[to.first - 1];
  if (key.op != KernelOp::Elementwise || !key.outputs[0].isDense())
    return false;
  for (auto [i, input] : llvm::enumerate(call.getInputs())) {
    const TensorSpec &spec = key.inputs[i];
    if (rootOf(input) == from.op && (!spec.isDense() || spec.shape != key.outputs[0].shape || spec.bytes() != to.bytes))
      return false;
  }
  return true;
}

LogicalResult ProgramCheck::checkOverlaps() {
  std::vector<const Range *> byOffset;
  for (const Range &range : ranges)
    if (range.first >= 0 && range.bytes > 0)
      byOffset.push_back(&range);
  llvm::sort(byOffset,
             [](const Range *a, const Range *b) { return a->offset != b->offset ? a->offset < b->offset : a < b; });
  for (size_t i = 0; i < byOffset.size(); ++i) {
    const Range *a = byOffset[i];
    for (size_t j = i + 1; j < byOffset.size() && byOffset[j]->offset < a->offset + a->bytes; ++j) {
      const Range *b = byOffset[j];
      if (a->last < b->first || b->last < a->first)
        continue;
      const Range &from = a->first <= b->first ? *a : *b, &to = &from == a ? *b : *a;
      if (from.first < to.first && from.last == to.first && to.first <= static_cast<int32_t>(calls.size()) &&
          isInPlace(calls[to.first - 1], from, to))
        continue;
      InFlightDiagnostic error = to.op->emitOpError("overlaps a buffer that is alive at the same time: bytes ");
      error << to.offset << " to " << to.offset + to.bytes << " and " << from.offset << " to "
            << from.offset + from.bytes << " at call " << to.first;
      error.attachNote(from.op->getLoc()) << "the other buffer";
      return error;
    }
  }
  return success();
}

} // namespace snap
