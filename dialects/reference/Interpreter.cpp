//===- Interpreter.cpp - Runs snap programs, the oracle -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Interpreter.h"

#include "dialects/reference/Evaluators.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace snap;

static std::vector<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape().vec(); }

template <typename Op> static bool isNhwc(Op op) { return op.getLayout() == Layout::NHWC; }

// The enums of SnapEnums.td have the values of targets/KernelKey.h's.
static_assert(int(Coordinates::HalfPixelSymmetric) == int(ResizeCoordinates::HalfPixelSymmetric) &&
                  int(Rounding::Ceil) == int(ResizeRounding::Ceil),
              "one numbering");

//===----------------------------------------------------------------------===//
// One operation
//===----------------------------------------------------------------------===//

using Inputs = ArrayRef<Tensor>;

static Tensor evaluateConv2d(Conv2dOp op, Inputs in) {
  reference::ConvParams params{op.getStrides().vec(), op.getPads().vec(), op.getDilations().vec(),
                               int64_t(op.getGroups()), isNhwc(op)};
  return reference::conv2d(in[0], in[1], params);
}

static Tensor evaluatePool(PoolOp op, Inputs in) {
  reference::PoolParams params{op.getKernel().vec(), op.getStrides().vec(), op.getPads().vec(), op.getDilations().vec(),
                               isNhwc(op)};
  return reference::pool(stringifyPoolFn(op.getFn()).str(), in[0], params);
}

static Tensor evaluateLayerNorm(LayerNormOp op, Inputs in) {
  const Tensor *scale = op.getScale() ? &in[1] : nullptr, *bias = op.getBias() ? &in.back() : nullptr;
  return reference::layerNorm(in[0], scale, bias, op.getAxis(), op.getEpsilon().convertToDouble());
}

static Tensor evaluateAttention(AttentionOp op, Inputs in) {
  return reference::attention(in[0], in[1], in[2], op.getMask() ? &in[3] : nullptr, op.getHeads(),
                              op.getScale().convertToDouble(), op.getCausal());
}

static Tensor evaluateResize(ResizeOp op, Inputs in) {
  reference::ResizeParams params{op.getScales().vec(), ResizeCoordinates(op.getCoordinates()),
                                 ResizeRounding(op.getRounding()), op.getCubicA().convertToDouble()};
  return reference::resize(stringifyResizeMode(op.getMode()).str(), in[0], params, shapeOf(op.getResult()));
}

static FailureOr<Tensor> evaluateOne(Operation *operation, Inputs in) {
  return TypeSwitch<Operation *, FailureOr<Tensor>>(operation)
      .Case([&](ConstantOp op) { return toTensor(op.getValue()); })
      .Case([&](IotaOp op) {
        Type type = getElementTypeOrSelf(op.getType());
        return reference::iota(elementTypeOf(type), shapeOf(op.getResult()), op.getAxis());
      })
      .Case([&](UnaryOp op) { return reference::unary(stringifyUnaryFn(op.getFn()).str(), in[0]); })
      .Case([&](BinaryOp op) { return reference::binary(stringifyBinaryFn(op.getFn()).str(), in[0], in[1]); })
      .Case([&](SelectOp) { return reference::select(in[0], in[1], in[2]); })
      .Case([&](CastOp op) { return reference::cast(in[0], elementTypeOf(getElementTypeOrSelf(op.getType()))); })
      .Case([&](ReduceOp op) {
        return reference::reduce(stringifyReduceFn(op.getFn()).str(), in[0], op.getAxes().vec());
      })
      .Case([&](ArgReduceOp op) {
        return reference::argReduce(stringifyReduceFn(op.getFn()).str(), in[0], op.getAxis(), op.getSelectLast());
      })
      .Case([&](CumSumOp op) { return reference::cumSum(in[0], op.getAxis(), op.getExclusive(), op.getReverse()); })
      .Case([&](SoftmaxOp op) { return reference::softmax(in[0], op.getAxis()); })
      .Case([&](MatmulOp op) { return reference::matmul(in[0], in[1], op.getTransposeLhs(), op.getTransposeRhs()); })
      .Case([&](Conv2dOp op) { return evaluateConv2d(op, in); })
      .Case([&](PoolOp op) { return evaluatePool(op, in); })
      .Case([&](GroupNormOp op) {
        reference::GroupNormParams params{int64_t(op.getGroups()), op.getEpsilon().convertToDouble(), isNhwc(op),
                                          op.getSizes().vec(), int64_t(op.getCounted())};
        return reference::groupNorm(in[0], in[1], in[2], params);
      })
      .Case([&](LayerNormOp op) { return evaluateLayerNorm(op, in); })
      .Case([&](RmsNormOp op) {
        return reference::rmsNorm(in[0], in[1], op.getAxis(), op.getEpsilon().convertToDouble());
      })
      .Case([&](AttentionOp op) { return evaluateAttention(op, in); })
      .Case([&](ReshapeOp op) { return in[0].reshaped(shapeOf(op.getResult())); })
      .Case([&](TransposeOp op) { return reference::transpose(in[0], op.getPermutation().vec()); })
      .Case([&](BroadcastOp op) { return reference::broadcast(in[0], shapeOf(op.getResult())); })
      .Case([&](ConcatOp op) { return reference::concat(in.vec(), op.getAxis()); })
      .Case([&](SliceOp op) {
        return reference::slice(in[0], op.getStarts().vec(), op.getSteps().vec(), shapeOf(op.getResult()));
      })
      .Case([&](PadOp op) {
        return reference::pad(stringifyPadMode(op.getMode()).str(), in[0], op.getLow().vec(), op.getHigh().vec(),
                              op.getValue().convertToDouble());
      })
      .Case([&](GatherOp op) { return reference::gather(in[0], in[1], op.getAxis()); })
      .Case([&](ResizeOp op) { return evaluateResize(op, in); })
      .Case([&](UpsampleOp op) { return reference::upsample(in[0], op.getFactor(), isNhwc(op)); })
      .Default([](Operation *op) -> FailureOr<Tensor> { return op->emitOpError() << "cannot be interpreted"; });
}

LogicalResult snap::evaluate(Operation *op, ArrayRef<Tensor> inputs, SmallVectorImpl<Tensor> &results) {
  FailureOr<Tensor> result = evaluateOne(op, inputs);
  if (failed(result))
    return failure();
  results.push_back(std::move(*result));
  return success();
}

//===----------------------------------------------------------------------===//
// Blocks and functions
//===----------------------------------------------------------------------===//

namespace {
/// The live tensors of a block: a value goes when its last user has run.
class Frame {
public:
  void define(Value value, Tensor tensor) {
    // Counts uses, not users: an operation may take a value twice.
    auto uses = std::distance(value.use_begin(), value.use_end());
    if (uses)
      live.try_emplace(value, Entry{std::move(tensor), uses});
  }
  SmallVector<Tensor> take(OperandRange operands) {
    SmallVector<Tensor> tensors;
    for (Value operand : operands)
      tensors.push_back(live.find(operand)->second.tensor);
    for (Value operand : operands)
      if (auto entry = live.find(operand); --entry->second.uses == 0)
        live.erase(entry);
    return tensors;
  }

private:
  struct Entry {
    Tensor tensor;
    int64_t uses;
  };
  DenseMap<Value, Entry> live;
};
} // namespace

/// Runs any operation but a terminator.
static LogicalResult run(Operation *op, ArrayRef<Tensor> inputs, WeightSource weights,
                         llvm::function_ref<void(Value, const Tensor &)> observe, SmallVectorImpl<Tensor> &results) {
  if (auto weight = dyn_cast<WeightOp>(op)) {
    FailureOr<Tensor> tensor = weights(op, weight.getName(), cast<RankedTensorType>(weight.getType()));
    if (failed(tensor))
      return failure();
    results.push_back(std::move(*tensor));
    return success();
  }
  if (auto fused = dyn_cast<FusedOp>(op)) {
    FailureOr<SmallVector<Tensor>> tensors = interpret(fused.getBody().front(), inputs, weights, observe);
    if (failed(tensors))
      return failure();
    results.append(tensors->begin(), tensors->end());
    return success();
  }
  return evaluate(op, inputs, results);
}

FailureOr<SmallVector<Tensor>> snap::interpret(Block &block, ArrayRef<Tensor> inputs, WeightSource weights,
                                               llvm::function_ref<void(Value, const Tensor &)> observe) {
  assert(inputs.size() == block.getNumArguments() && "one tensor an argument");
  Frame frame;
  for (auto [argument, tensor] : llvm::zip_equal(block.getArguments(), inputs)) {
    assert(tensorTypeOf(tensor, argument.getContext()) == argument.getType() && "tensor of the argument's type");
    frame.define(argument, tensor);
  }
  for (Operation &op : block) {
    SmallVector<Tensor> operands = frame.take(op.getOperands()), results;
    if (op.hasTrait<OpTrait::IsTerminator>())
      return operands;
    if (failed(run(&op, operands, weights, observe, results)))
      return failure();
    for (auto [value, tensor] : llvm::zip_equal(op.getResults(), results)) {
      assert(tensorTypeOf(tensor, op.getContext()) == value.getType() && "evaluators agree with the verifier");
      if (observe)
        observe(value, tensor);
      frame.define(value, std::move(tensor));
    }
  }
  llvm_unreachable("a block ends in a terminator");
}

FailureOr<SmallVector<Tensor>> snap::interpret(func::FuncOp func, ArrayRef<Tensor> inputs, WeightSource weights) {
  if (func.isExternal() || !func.getBody().hasOneBlock())
    return func.emitOpError() << "cannot be interpreted: should have one block";
  if (inputs.size() != func.getNumArguments())
    return func.emitOpError() << "has " << func.getNumArguments() << " arguments, " << inputs.size() << " are given";
  for (auto [i, tensor] : llvm::enumerate(inputs))
    if (Type given = tensorTypeOf(tensor, func.getContext()); given != func.getArgumentTypes()[i])
      return func.emitOpError() << "argument " << i << " is " << func.getArgumentTypes()[i] << ", " << given
                                << " is given";
  return interpret(func.getBody().front(), inputs, weights);
}
