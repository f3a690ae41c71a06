//===- LowerToPlan.cpp - snap programs to kernel calls --------------------===//
//
// Walks each function once, in order. Operations become calls, movements that
// move nothing become views, and what depends on weights alone becomes
// plan.weight. Reshapes, slices and broadcasts are made where they are asked
// for, since many readers take the source as it is.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"
#include "passes/Passes.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_LOWERTOPLAN
#include "passes/Passes.h.inc"

namespace {
/// One function to one plan.program.
class ProgramLowering {
public:
  ProgramLowering(func::FuncOp func, WeightOutliner &outliner, const TargetModel &target)
      : func(func), outliner(outliner), target(target), builder(func) {}
  LogicalResult run();

private:
  /// The dense buffer of a value, made now if it is not there yet.
  FailureOr<Value> buffer(Value value);
  FailureOr<Value> inputBuffer(Operation *op, const CallInput &input, const TensorSpec &spec);
  Value weightBuffer(Value value, const Packing &packing);
  Value view(Location loc, Value source, int64_t byteOffset, MemRefType type);
  LogicalResult lower(Operation *op);
  LogicalResult lowerCall(Operation *op);
  LogicalResult lowerResults();
  /// The buffer behind a snap.state, null after a diagnostic.
  Value state(Location loc, StringAttr name, Type type);
  LogicalResult lowerState(Location loc, StringAttr name, Value source);
  Value alloc(Location loc, Type type) { return builder.create<plan::AllocOp>(loc, type, IntegerAttr()); }
  void copy(Location loc, Value source, Value output);
  void call(Location loc, const KernelKey &key, ValueRange inputs, Value output);

  func::FuncOp func;
  WeightOutliner &outliner;
  const TargetModel &target;
  OpBuilder builder;
  std::optional<WeightValues> weights;
  plan::ProgramOp program;
  DenseMap<Value, Value> buffers;
  DenseMap<Operation *, Value> dataBuffers;
};

struct LowerToPlan : impl::LowerToPlanBase<LowerToPlan> {
  using LowerToPlanBase::LowerToPlanBase;
  void runOnOperation() override;
};
} // namespace

void LowerToPlan::runOnOperation() {
  std::string error;
  std::optional<TargetModel> model = TargetModel::get(target, cpu, error);
  if (!model) {
    getOperation().emitError(error);
    return signalPassFailure();
  }
  WeightOutliner outliner(getOperation());
  for (auto func : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
    if (failed(ProgramLowering(func, outliner, *model).run()))
      return signalPassFailure();
    func.erase();
  }
  nameBlocks(getOperation());
}

static MemRefType bufferType(Type type) {
  auto shaped = cast<ShapedType>(type);
  return MemRefType::get(shaped.getShape(), shaped.getElementType());
}

static StringAttr attributeOf(DictionaryAttr attrs, StringRef name) {
  return attrs ? attrs.getAs<StringAttr>(name) : nullptr;
}

LogicalResult ProgramLowering::run() {
  prepareForPlan(func);
  weights.emplace(func);

  program = builder.create<plan::ProgramOp>(func.getLoc(), func.getName(), IntegerAttr(), IntegerAttr());
  builder.setInsertionPointToStart(&program.getBody().emplaceBlock());
  for (BlockArgument argument : func.getArguments()) {
    DictionaryAttr attrs = func.getArgAttrDict(argument.getArgNumber());
    if (StringAttr shared = attributeOf(attrs, kStateAttr)) {
      buffers[argument] = state(argument.getLoc(), shared, argument.getType());
      if (!buffers[argument])
        return failure();
      continue;
    }
    StringAttr name = attributeOf(attrs, "snap.name");
    if (!name)
      return func.emitOpError("argument ") << argument.getArgNumber() << " has no 'snap.name'; an input needs a name";
    buffers[argument] =
        builder.create<plan::InputOp>(argument.getLoc(), bufferType(argument.getType()), name, IntegerAttr());
  }
  for (Operation &op : func.getBody().front().without_terminator()) {
    auto transpose = dyn_cast<TransposeOp>(op);
    bool onDemand = isa<ReshapeOp, SliceOp, BroadcastOp>(op) || (transpose && isReadInPlace(transpose));
    if (onDemand || op.use_empty() || weights->contains(op.getResult(0)) || buffers.contains(op.getResult(0)))
      continue;
    if (failed(lower(&op)))
      return failure();
  }
  return lowerResults();
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

FailureOr<Value> ProgramLowering::buffer(Value value) {
  value = outerValue(value);
  if (weights->contains(value))
    return weightBuffer(value, nullptr);
  if (!buffers.contains(value) && failed(lower(value.getDefiningOp())))
    return failure();
  return buffers.lookup(value);
}

Value ProgramLowering::weightBuffer(Value value, const Packing &packing) {
  plan::WeightOp weight = outliner.outline(value, packing);
  Value &buffer = dataBuffers[weight];
  if (!buffer)
    buffer = builder.create<plan::DataOp>(weight.getLoc(), bufferType(weight.getType()), weight.getSymName());
  return buffer;
}

Value ProgramLowering::view(Location loc, Value source, int64_t byteOffset, MemRefType type) {
  if (source.getType() == type && byteOffset == 0)
    return source;
  return builder.create<plan::ViewOp>(loc, type, source, byteOffset);
}

FailureOr<Value> ProgramLowering::inputBuffer(Operation *op, const CallInput &input, const TensorSpec &spec) {
  if (weights->contains(input.value))
    return weightBuffer(input.value, input.packing);
  if (input.packing) {
    // A right operand that changes at run time is packed at run time.
    ImplicitLocOpBuilder packer(op->getLoc(), OpBuilder(op));
    return buffer(input.packing(packer, input.value));
  }
  FailureOr<Value> source = buffer(input.value);
  if (failed(source) || !input.byteOffset)
    return source;
  auto type = cast<MemRefType>((*source).getType());
  return view(op->getLoc(), *source, *input.byteOffset,
              MemRefType::get({spec.bytes() / byteSize(spec.type)}, type.getElementType()));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// Where a slice begins in its source if its elements lie there one after the
/// other, on a line of their own.
static std::optional<int64_t> contiguousOffset(SliceOp slice) {
  auto source = cast<ShapedType>(slice.getOperand().getType()), result = cast<ShapedType>(slice.getType());
  int64_t stride = byteSize(specOf(source).type), offset = 0;
  bool whole = true; // every dimension further in is taken whole
  for (int64_t i = source.getRank() - 1; i >= 0; --i) {
    int64_t extent = result.getDimSize(i);
    if (extent != 1 && (!whole || slice.getSteps()[i] != 1))
      return std::nullopt;
    offset += slice.getStarts()[i] * stride;
    stride *= source.getDimSize(i);
    whole &= extent == source.getDimSize(i);
  }
  if (offset % 64)
    return std::nullopt;
  return offset;
}

/// Whether a transpose leaves every element where it is: only dimensions of one
/// element move.
static bool movesNothing(TransposeOp op) {
  auto source = cast<ShapedType>(op.getOperand().getType());
  int64_t last = -1;
  for (int64_t dim : op.getPermutation()) {
    if (source.getDimSize(dim) == 1)
      continue;
    if (dim < last)
      return false;
    last = dim;
  }
  return true;
}

LogicalResult ProgramLowering::lower(Operation *op) {
  std::optional<int64_t> offset;
  if (isa<ReshapeOp>(op))
    offset = 0;
  else if (auto slice = dyn_cast<SliceOp>(op))
    offset = contiguousOffset(slice);
  else if (auto transpose = dyn_cast<TransposeOp>(op); transpose && movesNothing(transpose))
    offset = 0;
  if (!offset)
    return lowerCall(op);
  FailureOr<Value> source = buffer(op->getOperand(0));
  if (failed(source))
    return failure();
  buffers[op->getResult(0)] = view(op->getLoc(), *source, *offset, bufferType(op->getResult(0).getType()));
  return success();
}

LogicalResult ProgramLowering::lowerCall(Operation *op) {
  FailureOr<KernelCall> made = makeKernelCall(op, *weights, target);
  if (failed(made))
    return failure();
  SmallVector<Value> inputs;
  for (auto [input, spec] : llvm::zip(made->inputs, made->key.inputs)) {
    FailureOr<Value> source = inputBuffer(op, input, spec);
    if (failed(source))
      return failure();
    inputs.push_back(*source);
  }
  Location loc = made->root->getLoc();
  Value result = op->getResult(0);
  if (TransposeOp stored = storedTransposed(op, *weights))
    result = stored.getResult();
  Value output = alloc(loc, bufferType(result.getType()));
  call(loc, made->key, inputs, output);
  buffers[result] = output;
  return success();
}

void ProgramLowering::call(Location loc, const KernelKey &key, ValueRange inputs, Value output) {
  builder.create<plan::CallOp>(loc, builder.getStringAttr(key.str()), inputs, output, /*block=*/StringAttr());
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static Value viewedBuffer(Value buffer) {
  while (auto view = buffer.getDefiningOp<plan::ViewOp>())
    buffer = view.getSource();
  return buffer;
}

Value ProgramLowering::state(Location loc, StringAttr name, Type type) {
  MemRefType buffer = bufferType(type);
  Operation *symbol = SymbolTable::lookupSymbolIn(program->getParentOp(), name);
  auto known = dyn_cast_or_null<plan::StateOp>(symbol);
  if (symbol && !known) {
    func.emitOpError("hands on '") << name.getValue() << "', which is the name of something else";
    return {};
  }
  if (!known)
    known = OpBuilder(program).create<plan::StateOp>(loc, name, TypeAttr::get(buffer), IntegerAttr());
  if (known.getType() != buffer) {
    func.emitOpError("takes or leaves '")
        << name.getValue() << "' as " << type << ", but another program as " << known.getType();
    return {};
  }
  return builder.create<plan::GetStateOp>(loc, buffer, known.getSymName());
}

void ProgramLowering::copy(Location loc, Value source, Value output) {
  KernelKey key;
  key.op = KernelOp::Elementwise;
  key.inputs = key.outputs = {specOf(cast<MemRefType>(source.getType()))};
  ExprNode load;
  load.kind = ExprNode::Kind::Input;
  load.input = 0;
  key.epilogue.nodes = {load};
  joinDimensions(key);
  call(loc, key, source, output);
}

/// Has `source` computed in place where that is possible, else copies it.
LogicalResult ProgramLowering::lowerState(Location loc, StringAttr name, Value source) {
  Value target = state(loc, name, source.getType());
  if (!target)
    return failure();
  auto alloc = viewedBuffer(source).getDefiningOp<plan::AllocOp>();
  if (!alloc || specOf(alloc.getType()).bytes() != specOf(cast<MemRefType>(source.getType())).bytes()) {
    copy(loc, source, target);
    return success();
  }
  target.getDefiningOp()->moveBefore(alloc);
  OpBuilder before(alloc);
  Value replacement = target;
  if (alloc.getType() != target.getType())
    replacement = before.create<plan::ViewOp>(alloc.getLoc(), alloc.getType(), target, 0);
  for (auto &entry : buffers)
    if (entry.second == alloc)
      entry.second = replacement;
  alloc.replaceAllUsesWith(replacement);
  alloc.erase();
  return success();
}

LogicalResult ProgramLowering::lowerResults() {
  Operation *terminator = func.getBody().front().getTerminator();
  Location loc = terminator->getLoc();
  // State first: an output that is one is copied from where it is then.
  for (bool isState : {true, false})
    for (OpOperand &result : terminator->getOpOperands()) {
      DictionaryAttr attrs = func.getResultAttrDict(result.getOperandNumber());
      StringAttr shared = attributeOf(attrs, kStateAttr), name = attributeOf(attrs, "snap.name");
      if (isState != bool(shared))
        continue;
      if (!shared && !name)
        return func.emitOpError("result ")
               << result.getOperandNumber() << " has no 'snap.name'; an output needs a name";
      FailureOr<Value> source = buffer(result.get());
      if (failed(source) || (isState && failed(lowerState(loc, shared, *source))))
        return failure();
      if (isState)
        continue;
      // Inputs may be overwritten while a program runs, and the rest is not in the arena.
      Value output = *source;
      if (!viewedBuffer(output).getDefiningOp<plan::AllocOp>()) {
        output = alloc(loc, output.getType());
        copy(loc, *source, output);
      }
      builder.create<plan::OutputOp>(loc, name, output);
    }
  return success();
}

} // namespace snap
