//===- ChooseLayouts.cpp - Channels last, no transposes between kernels ---===//
//
// Two kinds of rules: operations with channels become nhwc between a pair of
// transposes, and transposes sink through whatever does not care about the
// order of dimensions; a reshape between an operation and its epilogue sinks
// too. Sinking ends where a transpose meets its inverse, a
// reshape that swallows it (Movement), or an output of the program.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Movement.h"
#include "passes/Passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_CHOOSELAYOUTS
#include "passes/Passes.h.inc"

namespace {

//===----------------------------------------------------------------------===//
// nchw -> nhwc
//===----------------------------------------------------------------------===//

// Of rank 4: [0, 2, 3, 1].
SmallVector<int64_t> channelsLast(int64_t rank) {
  SmallVector<int64_t> permutation{0};
  for (int64_t i = 2; i < rank; ++i)
    permutation.push_back(i);
  permutation.push_back(1);
  return permutation;
}

template <typename OpT> struct ToChannelsLast : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    if (op.getLayout() != Layout::NCHW)
      return failure();
    int64_t rank = tensorType(op.getInput()).getRank();
    SmallVector<int64_t> permutation = channelsLast(rank);
    Location loc = op.getLoc();
    IRMapping mapping;
    Movement input = Movement::trace(op.getInput());
    input.transpose(permutation);
    mapping.map(op.getInput(), input.build(rewriter, loc));
    auto last = cast<OpT>(rewriter.clone(*op, mapping));
    last.setLayout(Layout::NHWC);
    RankedTensorType type = tensorType(op.getResult());
    SmallVector<int64_t> shape;
    for (int64_t p : permutation)
      shape.push_back(type.getDimSize(p));
    last.getResult().setType(type.clone(shape));
    rewriter.replaceOpWithNewOp<TransposeOp>(op, last.getResult(), inversePermutation(permutation));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Sinking
//===----------------------------------------------------------------------===//

/// One value per dimension of the result, as dimensions of the operand of a
/// transpose: permutation[i] gets values[i].
template <typename T> SmallVector<T> beforeTranspose(ArrayRef<int64_t> permutation, ArrayRef<T> values) {
  SmallVector<T> before(values.size());
  for (auto [i, p] : llvm::enumerate(permutation))
    before[p] = values[i];
  return before;
}

/// Somebody reads the source so transposed already.
bool exists(const Movement &movement) {
  Movement::Steps steps = movement.steps();
  return steps.before.empty() && steps.after.empty() &&
         llvm::any_of(movement.source().getUsers(), [&](Operation *user) {
           auto transpose = dyn_cast<TransposeOp>(user);
           return transpose && transpose.getPermutation() == ArrayRef<int64_t>(steps.permutation);
         });
}

/// `value`, seen with `permutation`.size() dimensions, with the transpose
/// undone; null if that would take one more transpose of an activation.
std::optional<Movement> undoTranspose(Value value, ArrayRef<int64_t> permutation) {
  Movement movement = Movement::trace(value);
  SmallVector<int64_t> shape(permutation.size() - tensorType(value).getRank(), 1);
  llvm::append_range(shape, tensorType(value).getShape());
  bool isSame = movement.reshape(shape);
  assert(isSame && "leading dimensions of 1");
  (void)isSame;
  movement.transpose(inversePermutation(permutation));
  if (!movement.isReshape() && !isWeightExpression(value) && !exists(movement))
    return std::nullopt;
  return movement;
}

/// f(transpose(x), y, …) -> transpose(f(x, undone y, …)), for operations whose
/// attributes say which dimension they mean.
struct SinkTranspose : RewritePattern {
  explicit SinkTranspose(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<UnaryOp, CastOp, BinaryOp, SelectOp, ReduceOp, ArgReduceOp, CumSumOp, SoftmaxOp, ConcatOp, SliceOp, PadOp,
             ResizeOp, BroadcastOp>(op))
      return failure();
    RankedTensorType type = tensorType(op->getResult(0));
    std::optional<SmallVector<int64_t>> permutation = findPermutation(op);
    if (!permutation)
      return failure();

    SmallVector<Movement, 2> movements;
    for (Value operand : op->getOperands()) {
      std::optional<Movement> movement = undoTranspose(operand, *permutation);
      if (!movement)
        return failure();
      movements.push_back(*movement);
    }
    IRMapping mapping;
    for (auto [operand, movement] : llvm::zip(op->getOperands(), movements))
      mapping.map(operand, movement.build(rewriter, op->getLoc()));
    Operation *sunk = rewriter.clone(*op, mapping);
    permuteAttributes(sunk, *permutation);
    sunk->getResult(0).setType(type.clone(beforeTranspose<int64_t>(*permutation, type.getShape())));
    rewriter.replaceOpWithNewOp<TransposeOp>(op, sunk->getResult(0), *permutation);
    return success();
  }

  // That of the first operand that is a transposed activation of full rank.
  static std::optional<SmallVector<int64_t>> findPermutation(Operation *op) {
    for (Value operand : op->getOperands()) {
      auto transpose = operand.getDefiningOp<TransposeOp>();
      if (transpose && tensorType(operand).getRank() == tensorType(op->getResult(0)).getRank() &&
          !isWeightExpression(operand))
        return SmallVector<int64_t>(transpose.getPermutation());
    }
    return std::nullopt;
  }

  static void permuteAttributes(Operation *op, ArrayRef<int64_t> permutation) {
    auto permuted = [&](auto values) { return beforeTranspose(permutation, values); };
    if (auto concat = dyn_cast<ConcatOp>(op))
      concat.setAxis(permutation[concat.getAxis()]);
    else if (auto softmax = dyn_cast<SoftmaxOp>(op))
      softmax.setAxis(permutation[softmax.getAxis()]);
    else if (auto cumsum = dyn_cast<CumSumOp>(op))
      cumsum.setAxis(permutation[cumsum.getAxis()]);
    else if (auto arg = dyn_cast<ArgReduceOp>(op))
      arg.setAxis(permutation[arg.getAxis()]);
    else if (auto slice = dyn_cast<SliceOp>(op)) {
      slice.setStarts(permuted(slice.getStarts()));
      slice.setSteps(permuted(slice.getSteps()));
    } else if (auto pad = dyn_cast<PadOp>(op)) {
      pad.setLow(permuted(pad.getLow()));
      pad.setHigh(permuted(pad.getHigh()));
    } else if (auto resize = dyn_cast<ResizeOp>(op)) {
      resize.setScales(permuted(resize.getScales()));
    } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
      SmallVector<int64_t> axes;
      for (int64_t axis : reduce.getAxes())
        axes.push_back(permutation[axis]);
      llvm::sort(axes);
      reduce.setAxes(axes);
    }
  }
};

/// f(reshape(x), y, …) -> reshape(f(x, reshaped y, …)) where x is made for
/// this alone: a reshape between an operation and what follows elementwise
/// would end their kernel. The other operands are reshaped for nothing.
struct SinkReshape : RewritePattern {
  explicit SinkReshape(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isElementwise(op) || isWeightExpression(op->getResult(0)))
      return failure();
    RankedTensorType type = tensorType(op->getResult(0));
    ReshapeOp reshape = findReshape(op, type);
    if (!reshape)
      return failure();
    RankedTensorType inner = tensorType(reshape.getOperand());
    for (Value operand : op->getOperands())
      if (tensorType(operand).getShape() != type.getShape() && !broadcastsAlike(operand, type, inner))
        return failure();

    IRMapping mapping;
    for (Value operand : op->getOperands()) {
      if (operand == reshape.getResult())
        mapping.map(operand, reshape.getOperand());
      else if (tensorType(operand).getShape() == type.getShape())
        mapping.map(operand,
                    rewriter.create<ReshapeOp>(op->getLoc(), tensorType(operand).clone(inner.getShape()), operand));
    }
    Operation *sunk = rewriter.clone(*op, mapping);
    sunk->getResult(0).setType(type.clone(inner.getShape()));
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, type, sunk->getResult(0));
    return success();
  }

  static bool isElementwise(Operation *op) { return isa<UnaryOp, CastOp, BinaryOp, SelectOp>(op); }

  // Its value goes into one kernel with the operation that reads it.
  static bool isFusedInto(Value value) {
    Operation *def = value.getDefiningOp();
    return def && value.hasOneUse() && (isElementwise(def) || isa<Conv2dOp, MatmulOp>(def));
  }

  // Null if another operand would lose by it what this one gains.
  static ReshapeOp findReshape(Operation *op, RankedTensorType type) {
    ReshapeOp found;
    for (Value operand : op->getOperands()) {
      auto reshape = operand.getDefiningOp<ReshapeOp>();
      if (reshape && operand.hasOneUse() && tensorType(operand).getShape() == type.getShape() &&
          isFusedInto(reshape.getOperand()) && !isWeightExpression(reshape.getOperand()))
        found = reshape;
      else if (isFusedInto(operand) && !isWeightExpression(operand))
        return nullptr;
    }
    return found;
  }

  // A scalar, or a row of the last dimension where both shapes end in the same.
  static bool broadcastsAlike(Value value, RankedTensorType outer, RankedTensorType inner) {
    RankedTensorType type = tensorType(value);
    if (type.getRank() > std::min(outer.getRank(), inner.getRank()))
      return false;
    if (type.getNumElements() == 1)
      return true;
    return outer.getShape().back() == inner.getShape().back() && type.getShape().back() == type.getNumElements();
  }
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct ChooseLayouts : impl::ChooseLayoutsBase<ChooseLayouts> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ToChannelsLast<Conv2dOp>, ToChannelsLast<GroupNormOp>, ToChannelsLast<PoolOp>,
                 ToChannelsLast<UpsampleOp>, SinkTranspose, SinkReshape>(&getContext());
    populateMovementPatterns(patterns);
    GreedyRewriteConfig config;
    config.useTopDownTraversal = true;
    config.enableRegionSimplification = GreedySimplifyRegionLevel::Disabled;
    // A transpose sinks at most once through each operation below it.
    config.maxIterations = GreedyRewriteConfig::kNoLimit;
    if (failed(applyPatternsAndFoldGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();

    // An image that several operations read has been transposed for each.
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }
};

} // namespace
} // namespace snap
