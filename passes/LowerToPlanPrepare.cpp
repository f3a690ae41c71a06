//===- LowerToPlanPrepare.cpp - Making every operation fit one key --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"

#include "mlir/IR/PatternMatch.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace snap {

//===----------------------------------------------------------------------===//
// Regions no expression can say
//===----------------------------------------------------------------------===//

static bool isSplat(Value value) {
  auto constant = outerValue(value).getDefiningOp<ConstantOp>();
  return constant && isa<SplatElementsAttr>(constant.getValue());
}

/// Collects what the elementwise work of `scope` before `value` reads, splats aside.
static void collectLeaves(Value value, Operation *scope, SmallPtrSetImpl<void *> &leaves) {
  Operation *def = value.getDefiningOp();
  if (def && def->getParentOp() == scope && isElementwise(def)) {
    for (Value operand : def->getOperands())
      collectLeaves(operand, scope, leaves);
  } else if (!isSplat(value)) {
    leaves.insert(outerValue(value).getAsOpaquePointer());
  }
}

/// A prologue reads the one tensor that it stands before and constants.
static bool isPrologue(Value value, Operation *scope) {
  SmallPtrSet<void *, 4> leaves;
  collectLeaves(value, scope, leaves);
  if (leaves.size() != 1)
    return false;
  Value leaf = Value::getFromOpaquePointer(*leaves.begin());
  return cast<ShapedType>(leaf.getType()).getShape() == cast<ShapedType>(value.getType()).getShape();
}

/// Whether a root operation has a key as it is (see rewriteRoot).
static bool hasKey(Operation *root) {
  return TypeSwitch<Operation *, bool>(root)
      .Case([](Conv2dOp op) { return op.getLayout() == Layout::NHWC; })
      .Case([](PoolOp op) { return op.getLayout() == Layout::NHWC; })
      .Case([](GroupNormOp op) { return op.getLayout() == Layout::NHWC; })
      .Case([](MatmulOp op) { return !op.getTransposeLhs(); })
      .Case([](SoftmaxOp op) { return (int64_t)op.getAxis() == cast<ShapedType>(op.getType()).getRank() - 1; })
      .Default([](Operation *) { return true; });
}

/// Whether the halves of a product are values and gates, of a weight that can be packed.
static bool fitsGated(Operation *root, const WeightValues &weights, ArrayRef<int64_t> result) {
  auto matmul = dyn_cast<MatmulOp>(root);
  if (!matmul || !weights.contains(matmul.getRhs()))
    return false;
  auto isShared = [](int64_t extent) { return extent == 1; };
  if (!llvm::all_of(cast<ShapedType>(matmul.getRhs().getType()).getShape().drop_back(2), isShared))
    return false;
  for (Operation *user : root->getUsers()) {
    auto half = dyn_cast<SliceOp>(user);
    if (!half || cast<ShapedType>(half.getType()).getShape() != result)
      return false;
    ArrayRef<int64_t> starts = half.getStarts(), from = cast<ShapedType>(root->getResult(0).getType()).getShape();
    bool isWhole = from.back() == 2 * result.back() && from.drop_back() == result.drop_back();
    if (!isWhole || starts.back() % result.back() != 0 || half.getSteps().back() != 1)
      return false;
  }
  return true;
}

/// Whether `root` can read through `op`, both of one region, as it loads.
static bool isReadThrough(Operation *op, Operation *root, const WeightValues &weights) {
  if (!isa<Conv2dOp, MatmulOp>(root) || !weights.contains(root->getOperand(1)))
    return false;
  if (auto matmul = dyn_cast<MatmulOp>(root))
    if (cast<ShapedType>(matmul.getRhs().getType()).getRank() != 2)
      return false;
  auto fromOutside = [](Value operand) { return isa<BlockArgument>(operand); };
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    int64_t rank = cast<ShapedType>(concat.getType()).getRank();
    return concat->getNumOperands() == 2 && static_cast<int64_t>(concat.getAxis()) == rank - 1 &&
           llvm::all_of(op->getOperands(), fromOutside);
  }
  Operation *source = op->getOperand(0).getDefiningOp();
  if (!llvm::all_of(op->getOperands().drop_front(source ? 1 : 0), fromOutside))
    return false;
  if (auto norm = dyn_cast<GroupNormOp>(op))
    return norm.getLayout() == Layout::NHWC && (!source || isa<ConcatOp>(source));
  if (auto norm = dyn_cast<LayerNormOp>(op))
    return !source && isa<MatmulOp>(root) &&
           static_cast<int64_t>(norm.getAxis()) == cast<ShapedType>(norm.getType()).getRank() - 1;
  auto upsample = dyn_cast<UpsampleOp>(op);
  return upsample && !source && upsample.getLayout() == Layout::NHWC && isa<Conv2dOp>(root);
}

static bool fitsOneKey(FusedOp fused, const WeightValues &weights) {
  Block &body = fused.getBody().front();
  if (fused.getNumResults() != 1)
    return false;
  Operation *root = findRoot(fused, weights);
  auto isHalf = [&](Operation &op) { return isa<SliceOp>(op) && root && op.getOperand(0).getDefiningOp() == root; };
  for (Operation &op : body.without_terminator())
    if (&op != root && !isElementwise(&op) && !isa<BroadcastOp>(op) && !isHalf(op) &&
        !weights.contains(op.getResult(0)) && !(root && isReadThrough(&op, root, weights)))
      return false;
  if (!root)
    return true;
  auto result = cast<ShapedType>(fused.getResult(0).getType());
  if (!hasKey(root) ||
      (isGated(fused, root) ? !fitsGated(root, weights, result.getShape())
                            : cast<ShapedType>(root->getResult(0).getType()).getShape() != result.getShape()))
    return false;
  for (OpOperand &operand : root->getOpOperands()) {
    Operation *def = operand.get().getDefiningOp();
    bool computed = def && def->getParentOp() == fused && !weights.contains(operand.get());
    if (computed && (operand.getOperandNumber() != 0 || !isPrologue(operand.get(), fused)))
      return false;
  }
  return true;
}

static void unfuse(IRRewriter &rewriter, FusedOp fused) {
  Block &body = fused.getBody().front();
  SmallVector<Value> results(body.getTerminator()->getOperands());
  SmallVector<Value> inputs(fused.getInputs());
  rewriter.eraseOp(body.getTerminator());
  // What the region's results are once its arguments are replaced.
  for (Value &result : results)
    if (auto argument = dyn_cast<BlockArgument>(result))
      result = inputs[argument.getArgNumber()];
  rewriter.inlineBlockBefore(&body, fused, inputs);
  rewriter.replaceOp(fused, results);
}

//===----------------------------------------------------------------------===//
// Roots in another form
//===----------------------------------------------------------------------===//

static Value transpose(IRRewriter &rewriter, Location loc, Value value, ArrayRef<int64_t> permutation) {
  return rewriter.create<TransposeOp>(loc, value, permutation);
}

/// Runs an nchw operation (input 0 and its result) as nhwc.
template <typename Op> static void toChannelsLast(IRRewriter &rewriter, Op op) {
  auto type = cast<RankedTensorType>(op.getType());
  SmallVector<int64_t> toLast{0}, toFirst{0, type.getRank() - 1}, shape{type.getDimSize(0)};
  for (int64_t i = 2; i < type.getRank(); ++i) {
    toLast.push_back(i);
    toFirst.push_back(i - 1);
    shape.push_back(type.getDimSize(i));
  }
  toLast.push_back(1);
  shape.push_back(type.getDimSize(1));

  rewriter.setInsertionPoint(op);
  Value input = transpose(rewriter, op.getLoc(), op->getOperand(0), toLast);
  auto last = cast<Op>(rewriter.clone(*op));
  last->setOperand(0, input);
  last.setLayout(Layout::NHWC);
  last.getResult().setType(cast<TypedValue<RankedTensorType>>(last.getResult()).getType().clone(shape));
  rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), last.getResult(), toFirst));
}

/// Runs a softmax along another axis between two transposes.
static void toLastAxis(IRRewriter &rewriter, SoftmaxOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  SmallVector<int64_t> swap(llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
  std::swap(swap[op.getAxis()], swap.back());
  rewriter.setInsertionPoint(op);
  Value input = transpose(rewriter, op.getLoc(), op.getOperand(), swap);
  Value last = rewriter.create<SoftmaxOp>(op.getLoc(), input, type.getRank() - 1);
  rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), last, swap));
}

/// Stores the left operand of a product row by row.
static void transposeLeft(IRRewriter &rewriter, MatmulOp op) {
  SmallVector<int64_t> swap(llvm::to_vector(llvm::seq<int64_t>(0, cast<ShapedType>(op.getLhs().getType()).getRank())));
  std::swap(swap[swap.size() - 2], swap.back());
  rewriter.setInsertionPoint(op);
  Value lhs = transpose(rewriter, op.getLoc(), op.getLhs(), swap);
  rewriter.replaceOpWithNewOp<MatmulOp>(op, lhs, op.getRhs(), /*transposeLhs=*/false, op.getTransposeRhs());
}

void prepareForPlan(func::FuncOp func) {
  IRRewriter rewriter(func.getContext());
  WeightValues weights(func);
  SmallVector<FusedOp> misfits;
  for (FusedOp fused : func.getOps<FusedOp>())
    if (!weights.contains(fused.getResult(0)) && !fitsOneKey(fused, weights))
      misfits.push_back(fused);
  for (FusedOp fused : misfits)
    unfuse(rewriter, fused);

  SmallVector<Operation *> roots;
  for (Operation &op : func.getOps())
    if (op.getNumResults() && !weights.contains(op.getResult(0)) && !hasKey(&op))
      roots.push_back(&op);
  for (Operation *root : roots)
    TypeSwitch<Operation *>(root)
        .Case<Conv2dOp, PoolOp, GroupNormOp>([&](auto op) { toChannelsLast(rewriter, op); })
        .Case([&](SoftmaxOp op) { toLastAxis(rewriter, op); })
        .Case([&](MatmulOp op) { transposeLeft(rewriter, op); });
}

} // namespace snap
