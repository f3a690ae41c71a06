//===- ConvertPrecision.cpp - Stores tensors as f16 -----------------------===//
//
// Rewrites the program front to back. An f32 value that an operation in f16
// reads is cast once, right after it is made; casts of weights thereby belong
// to the weight's expression.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Interpreter.h"
#include "passes/Matching.h"
#include "passes/Passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include <cmath>

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_CONVERTPRECISION
#include "passes/Passes.h.inc"

namespace {

constexpr double largestHalf = 65504;

double clampToHalf(double value) {
  return std::isinf(value) ? value : std::min(std::max(value, -largestHalf), largestHalf);
}

class Converter {
public:
  explicit Converter(func::FuncOp func) : func(func), builder(func) {}

  void run() {
    findKept();
    Block &block = func.getBody().front();
    for (BlockArgument argument : block.getArguments())
      if (func.getArgAttr(argument.getArgNumber(), kStateAttr) && isF32(argument))
        makeHalf(argument);
    SmallVector<Operation *> ops;
    for (Operation &op : block)
      ops.push_back(&op);
    for (Operation *op : ops)
      convert(op);
    func.setType(builder.getFunctionType(block.getArgumentTypes(), block.getTerminator()->getOperandTypes()));
  }

private:
  static bool isF32(Value value) { return tensorType(value).getElementType().isF32(); }

  // Statistics and products are accumulated in f32 whatever the storage, so
  // precision is not carried through them.
  static bool isBarrier(Operation *op) {
    return isa<MatmulOp, Conv2dOp, AttentionOp, GroupNormOp, LayerNormOp, RmsNormOp, SoftmaxOp>(op);
  }

  // Weight expressions, which are cast where they are read; and what leads to
  // a sine or cosine: an f16 timestep of 981 times a frequency is off by whole
  // radians' fractions.
  void findKept() {
    SmallVector<Operation *> work;
    for (Operation &op : func.getBody().front()) {
      bool fromWeights = llvm::all_of(op.getOperands(), [&](Value v) { return weights.contains(v); });
      if (fromWeights && op.getNumResults() == 1)
        weights.insert(op.getResult(0));
      auto unary = dyn_cast<UnaryOp>(op);
      if (unary && (unary.getFn() == UnaryFn::Sin || unary.getFn() == UnaryFn::Cos))
        work.push_back(&op);
    }
    while (!work.empty()) {
      Operation *op = work.pop_back_val();
      if (!kept.insert(op).second)
        continue;
      for (Value operand : op->getOperands())
        if (Operation *def = operand.getDefiningOp(); def && !isBarrier(def))
          work.push_back(def);
    }
  }

  void convert(Operation *op) {
    if (auto returnOp = dyn_cast<func::ReturnOp>(op)) {
      // Outputs keep the model's types; what programs hand on is storage like any other.
      for (OpOperand &operand : returnOp->getOpOperands()) {
        bool isState = bool(func.getResultAttr(operand.getOperandNumber(), kStateAttr));
        if (isState && isF32(operand.get()))
          operand.set(toHalf(operand));
        else if (!isState && halves.contains(operand.get()))
          operand.set(castTo(operand.get(), builder.getF32Type(), op));
      }
      return;
    }
    bool stays = kept.contains(op) || (op->getNumResults() == 1 && weights.contains(op->getResult(0)));
    for (OpOperand &operand : op->getOpOperands()) {
      if (stays && halves.contains(operand.get()))
        operand.set(castTo(operand.get(), builder.getF32Type(), op));
      else if (!stays && isF32(operand.get()))
        operand.set(toHalf(operand));
    }
    if (stays)
      return;
    if (auto pad = dyn_cast<PadOp>(op))
      pad.setValue(APFloat(clampToHalf(pad.getValue().convertToDouble())));
    for (Value result : op->getResults())
      if (isF32(result))
        makeHalf(result);
  }

  void makeHalf(Value value) {
    value.setType(tensorType(value).clone(builder.getF16Type()));
    halves.insert(value);
  }

  // The operand as f16, cast right after it is made so that all readers share it.
  Value toHalf(OpOperand &operand) {
    Value value = operand.get();
    bool isMask = isAdditiveMask(operand);
    Value &half = isMask ? masks[value] : casts[value];
    if (half)
      return half;
    Operation *def = value.getDefiningOp();
    if (def)
      builder.setInsertionPointAfter(def);
    else
      builder.setInsertionPointToStart(cast<BlockArgument>(value).getOwner());
    Location loc = value.getLoc();
    RankedTensorType type = tensorType(value).clone(builder.getF16Type());
    if (auto constant = value.getDefiningOp<ConstantOp>())
      return half = createConstant(constant);
    if (isMask)
      value = clampFinite(value, loc);
    return half = builder.create<CastOp>(loc, type, value);
  }

  Value createConstant(ConstantOp constant) {
    auto elements = cast<DenseElementsAttr>(constant.getValue());
    auto clamp = [](const APFloat &number) {
      APFloat half(clampToHalf(number.convertToDouble()));
      bool lossy = false;
      half.convert(APFloat::IEEEhalf(), APFloat::rmNearestTiesToEven, &lossy);
      return half.bitcastToAPInt();
    };
    return builder.create<ConstantOp>(constant.getLoc(), elements.mapValues(builder.getF16Type(), clamp));
  }

  // A mask that is a weight: added to what goes into a softmax.
  bool isAdditiveMask(OpOperand &operand) {
    if (!weights.contains(operand.get()))
      return false;
    if (auto attention = dyn_cast<AttentionOp>(operand.getOwner()))
      return attention.getMask() == operand.get();
    auto add = dyn_cast<BinaryOp>(operand.getOwner());
    return add && add.getFn() == BinaryFn::Add &&
           llvm::any_of(add->getUsers(), [](Operation *user) { return isa<SoftmaxOp>(user); });
  }

  // Finite values into f16's range, infinities as they are.
  Value clampFinite(Value value, Location loc) {
    auto scalar = RankedTensorType::get({}, builder.getF32Type());
    Value infinite = builder.create<UnaryOp>(loc, UnaryFn::IsInf, value);
    Value low = createSplat(builder, loc, scalar, -largestHalf), high = createSplat(builder, loc, scalar, largestHalf);
    Value clamped = builder.create<BinaryOp>(loc, BinaryFn::Max, value, low);
    clamped = builder.create<BinaryOp>(loc, BinaryFn::Min, clamped, high);
    return builder.create<SelectOp>(loc, infinite, value, clamped);
  }

  Value castTo(Value value, Type element, Operation *before) {
    builder.setInsertionPoint(before);
    return builder.create<CastOp>(value.getLoc(), tensorType(value).clone(element), value);
  }

  func::FuncOp func;
  OpBuilder builder;
  DenseSet<Value> weights;
  DenseSet<Operation *> kept;
  DenseSet<Value> halves; // results that were f32
  DenseMap<Value, Value> casts, masks;
};

struct ConvertPrecision : impl::ConvertPrecisionBase<ConvertPrecision> {
  using ConvertPrecisionBase::ConvertPrecisionBase;

  void runOnOperation() override {
    if (precision == "f32")
      return;
    if (precision != "f16") {
      getOperation().emitError() << "precision '" << precision << "' is not known: use f32 or f16";
      return signalPassFailure();
    }
    Converter(getOperation()).run();
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }
};

} // namespace
} // namespace snap
