//===- SimplifyImport.cpp - Removes what the exporter left ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Interpreter.h"
#include "passes/Matching.h"
#include "passes/Movement.h"
#include "passes/Passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_SIMPLIFYIMPORT
#include "passes/Passes.h.inc"

namespace {

// Larger constants are weights (see snap.constant).
constexpr int64_t mostFolded = 1024;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// An operation on small constants is one; moving a splat gives a splat of any size.
struct FoldConstants : RewritePattern {
  explicit FoldConstants(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<SnapDialect>(op->getDialect()) || op->getNumOperands() == 0 || op->getNumResults() != 1 ||
        isa<FusedOp>(op))
      return failure();
    SmallVector<ElementsAttr> constants;
    for (Value operand : op->getOperands()) {
      auto constant = operand.getDefiningOp<ConstantOp>();
      if (!constant)
        return failure();
      constants.push_back(constant.getValue());
    }
    RankedTensorType type = tensorType(op->getResult(0));
    if (isa<ReshapeOp, TransposeOp, BroadcastOp, SliceOp>(op) && constants.front().isSplat()) {
      auto splat = cast<DenseElementsAttr>(constants.front()).getSplatValue<Attribute>();
      rewriter.replaceOpWithNewOp<ConstantOp>(op, DenseElementsAttr::get(type, splat));
      return success();
    }
    auto isSmall = [](ElementsAttr value) { return value.getNumElements() <= mostFolded; };
    if (type.getNumElements() > mostFolded || !llvm::all_of(constants, isSmall))
      return failure();
    SmallVector<Tensor> inputs, results;
    for (ElementsAttr constant : constants)
      inputs.push_back(toTensor(constant));
    if (failed(evaluate(op, inputs, results)))
      return failure();
    rewriter.replaceOpWithNewOp<ConstantOp>(op, toAttribute(results.front(), op->getContext()));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// Pattern -> result, where c is a splat; the result keeps the type.
struct SimplifyBinary : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    Value x = op.getLhs(), y = op.getRhs();
    std::optional<double> cx = splatValue(x), cy = splatValue(y);
    bool isFloat = isa<FloatType>(op.getType().getElementType());
    auto is = [](std::optional<double> c, double value) { return c && *c == value; };
    auto use = [&](Value value) {
      if (value.getType() != op.getType())
        return failure();
      rewriter.replaceOp(op, value);
      return success();
    };
    auto useUnary = [&](UnaryFn fn, Value value) {
      if (value.getType() != op.getType())
        return failure();
      rewriter.replaceOpWithNewOp<UnaryOp>(op, fn, value);
      return success();
    };

    switch (op.getFn()) {
    case BinaryFn::Add: // x + 0, 0 + x
      return is(cy, 0) ? use(x) : is(cx, 0) ? use(y) : failure();
    case BinaryFn::Sub: // x - 0
      return is(cy, 0) ? use(x) : failure();
    case BinaryFn::Mul: // x * 1, 1 * x, x * x
      if (is(cy, 1) || is(cx, 1))
        return is(cy, 1) ? use(x) : use(y);
      return x == y && isFloat ? useUnary(UnaryFn::Square, x) : failure();
    case BinaryFn::Div: // x / 1, x / 2^n, 1 / x
      if (is(cy, 1))
        return use(x);
      if (cy && isPowerOfTwo(*cy) && isFloat) {
        Value inverse = createSplat(rewriter, op.getLoc(), tensorType(y), 1 / *cy);
        rewriter.replaceOpWithNewOp<BinaryOp>(op, BinaryFn::Mul, x, inverse);
        return success();
      }
      return is(cx, 1) && isFloat ? useUnary(UnaryFn::Reciprocal, y) : failure();
    case BinaryFn::Pow: // x ^ 1, x ^ 2, x ^ 0.5, x ^ -0.5, x ^ -1
      if (is(cy, 1))
        return use(x);
      if (!isFloat)
        return failure();
      return is(cy, 2)      ? useUnary(UnaryFn::Square, x)
             : is(cy, 0.5)  ? useUnary(UnaryFn::Sqrt, x)
             : is(cy, -0.5) ? useUnary(UnaryFn::Rsqrt, x)
             : is(cy, -1)   ? useUnary(UnaryFn::Reciprocal, x)
                            : failure();
    default:
      return failure();
    }
  }

  // Dividing by it and multiplying by its inverse round alike, if the inverse is normal in f16 too.
  static bool isPowerOfTwo(double value) {
    int exponent = 0;
    return std::abs(std::frexp(value, &exponent)) == 0.5 && std::abs(exponent) < 14;
  }
};

/// 1 / sqrt(x) -> rsqrt(x); -(-x) -> x.
struct SimplifyUnary : OpRewritePattern<UnaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnaryOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getOperand().getDefiningOp<UnaryOp>();
    if (!inner)
      return failure();
    if (op.getFn() == UnaryFn::Reciprocal && inner.getFn() == UnaryFn::Sqrt) {
      rewriter.replaceOpWithNewOp<UnaryOp>(op, UnaryFn::Rsqrt, inner.getOperand());
      return success();
    }
    if (op.getFn() == UnaryFn::Neg && inner.getFn() == UnaryFn::Neg) {
      rewriter.replaceOp(op, inner.getOperand());
      return success();
    }
    return failure();
  }
};

/// A condition that is always or never true.
struct SimplifySelect : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SelectOp op, PatternRewriter &rewriter) const override {
    std::optional<double> condition = splatValue(op.getCondition());
    if (!condition)
      return failure();
    Value chosen = *condition != 0 ? op.getOnTrue() : op.getOnFalse();
    if (chosen.getType() != op.getType())
      return failure();
    rewriter.replaceOp(op, chosen);
    return success();
  }
};

/// cast(x) to its own type -> x; cast(cast(x)) -> one cast, if the inner lost nothing.
struct SimplifyCast : OpRewritePattern<CastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CastOp op, PatternRewriter &rewriter) const override {
    Value x = op.getOperand();
    if (x.getType() == op.getType()) {
      rewriter.replaceOp(op, x);
      return success();
    }
    auto inner = x.getDefiningOp<CastOp>();
    if (!inner || !holdsAll(tensorType(x).getElementType(), tensorType(inner.getOperand()).getElementType()))
      return failure();
    rewriter.replaceOpWithNewOp<CastOp>(op, op.getType(), inner.getOperand());
    return success();
  }

  // Every value of `from` is one of `to`.
  static bool holdsAll(Type to, Type from) {
    if (auto toFloat = dyn_cast<FloatType>(to)) {
      if (isa<FloatType>(from))
        return to.isF32() || from.isF16();
      return from.getIntOrFloatBitWidth() <= 8; // f16 holds integers up to 2048
    }
    if (isa<FloatType>(from) || to.isInteger(1))
      return false;
    bool fromUnsigned = from.isUnsignedInteger() || from.isInteger(1);
    bool toUnsigned = to.isUnsignedInteger();
    unsigned fromBits = from.getIntOrFloatBitWidth(), toBits = to.getIntOrFloatBitWidth();
    return toUnsigned ? fromUnsigned && toBits >= fromBits : toBits >= fromBits + (fromUnsigned ? 1 : 0);
  }
};

/// An elementwise operation broadcasts by itself: broadcast(x) + y -> x + y.
template <typename OpT> struct DropBroadcast : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
      auto broadcast = operand.template getDefiningOp<BroadcastOp>();
      if (!broadcast)
        continue;
      SmallVector<Value> operands(op->getOperands());
      operands[i] = broadcast.getOperand();
      SmallVector<ArrayRef<int64_t>> shapes;
      for (Value value : operands)
        shapes.push_back(tensorType(value).getShape());
      if (broadcastShape(shapes) != SmallVector<int64_t>(tensorType(op.getResult()).getShape()))
        continue;
      unsigned index = i;
      rewriter.modifyOpInPlace(op, [&] { op->setOperand(index, broadcast.getOperand()); });
      return success();
    }
    return failure();
  }

  static SmallVector<int64_t> broadcastShape(ArrayRef<ArrayRef<int64_t>> shapes) {
    size_t rank = 0;
    for (ArrayRef<int64_t> shape : shapes)
      rank = std::max(rank, shape.size());
    SmallVector<int64_t> result(rank, 1);
    for (ArrayRef<int64_t> shape : shapes)
      for (auto [i, size] : llvm::enumerate(shape))
        if (size != 1)
          result[rank - shape.size() + i] = size;
    return result;
  }
};

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

/// A slice that lies within one piece of a concat is a slice of that piece.
struct SliceOfConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getOperand().getDefiningOp<ConcatOp>();
    if (!concat)
      return failure();
    int64_t axis = concat.getAxis();
    int64_t first = op.getStarts()[axis];
    int64_t last = first + (tensorType(op.getResult()).getDimSize(axis) - 1) * op.getSteps()[axis];
    int64_t begin = 0;
    for (Value piece : concat.getOperands()) {
      int64_t end = begin + tensorType(piece).getDimSize(axis);
      if (std::min(first, last) >= begin && std::max(first, last) < end) {
        SmallVector<int64_t> starts(op.getStarts());
        starts[axis] -= begin;
        rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), piece, starts, op.getSteps());
        return success();
      }
      begin = end;
    }
    return failure();
  }
};

/// A concat of one piece, and a slice of everything.
struct DropTrivialConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    if (op.getOperands().size() != 1)
      return failure();
    rewriter.replaceOp(op, op.getOperands().front());
    return success();
  }
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct SimplifyImport : impl::SimplifyImportBase<SimplifyImport> {
  void runOnOperation() override {
    // Duplicates first: what is written twice is then simplified once, and x * x is seen.
    shareDuplicates();

    RewritePatternSet patterns(&getContext());
    patterns.add<FoldConstants, SimplifyBinary, SimplifyUnary, SimplifySelect, SimplifyCast, DropBroadcast<BinaryOp>,
                 DropBroadcast<SelectOp>, SliceOfConcat, DropTrivialConcat>(&getContext());
    populateMovementPatterns(patterns);
    GreedyRewriteConfig config;
    config.enableRegionSimplification = GreedySimplifyRegionLevel::Disabled;
    if (failed(applyPatternsAndFoldGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();

    // What became equal by it.
    shareDuplicates();
  }

  void shareDuplicates() {
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }
};

} // namespace
} // namespace snap
