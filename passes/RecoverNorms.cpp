//===- RecoverNorms.cpp - group_norm, layer_norm, rms_norm ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/RecoverOps.h"

using namespace mlir;

namespace snap {
namespace {

//===----------------------------------------------------------------------===//
// Group norm
//===----------------------------------------------------------------------===//

/// A value per group as a value per channel: [G] -> [C], each C / G times.
Value repeatPerChannel(OpBuilder &builder, Location loc, Value perGroup, int64_t channels) {
  Type element = tensorType(perGroup).getElementType();
  auto type = RankedTensorType::get({channels}, element);
  if (std::optional<double> splat = splatValue(perGroup))
    return createSplat(builder, loc, type, *splat);
  int64_t groups = tensorType(perGroup).getDimSize(0);
  Value column = builder.create<ReshapeOp>(loc, RankedTensorType::get({groups, 1}, element), perGroup);
  Value repeated =
      builder.create<BroadcastOp>(loc, RankedTensorType::get({groups, channels / groups}, element), column);
  return builder.create<ReshapeOp>(loc, type, repeated);
}

/// How exporters write a group norm: x reshaped to [N,G,L], instance norm of G
/// channels, reshaped to [N,C,...] -> group_norm of G groups on x as [N,C,...].
struct GroupNormOfReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto norm = op.getOperand().getDefiningOp<GroupNormOp>();
    auto split = norm ? norm.getInput().getDefiningOp<ReshapeOp>() : ReshapeOp();
    if (!split || norm.getLayout() != Layout::NCHW || !norm->hasOneUse())
      return failure();
    ArrayRef<int64_t> to = tensorType(op.getResult()).getShape(), grouped = tensorType(split.getResult()).getShape();
    int64_t groups = norm.getGroups();
    if (to.size() < 2 || grouped.size() < 2 || grouped[0] != to[0] || grouped[1] != groups || to[1] % groups != 0)
      return failure();
    Location loc = norm.getLoc();
    int64_t channels = to[1];
    Value x = split.getOperand();
    if (x.getType() != op.getType())
      x = rewriter.create<ReshapeOp>(split.getLoc(), op.getType(), x);
    Value scale = repeatPerChannel(rewriter, loc, norm.getScale(), channels);
    Value bias = repeatPerChannel(rewriter, loc, norm.getBias(), channels);
    rewriter.replaceOp(op, rewriter.create<GroupNormOp>(loc, x, scale, bias, groups, norm.getEpsilon(), Layout::NCHW));
    return success();
  }
};

/// The scale and shift per channel that follow go into the norm:
/// norm * w -> scale w, bias w; norm + b -> bias + b.
struct AffineOfGroupNorm : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    bool isScale = op.getFn() == BinaryFn::Mul;
    if (!isScale && op.getFn() != BinaryFn::Add)
      return failure();
    auto norm = op.getLhs().getDefiningOp<GroupNormOp>();
    Value vector = op.getRhs();
    if (!norm) {
      norm = op.getRhs().getDefiningOp<GroupNormOp>();
      vector = op.getLhs();
    }
    if (!norm || norm.getType() != op.getType() || !norm->hasOneUse() || norm.getLayout() != Layout::NCHW)
      return failure();
    int64_t channels = norm.getType().getDimSize(1);
    if (!isVectorAlong(vector, norm.getType().getRank(), 1, channels) || !isWeightExpression(vector))
      return failure();

    vector = toVector(rewriter, op.getLoc(), vector, channels);
    Value scale = norm.getScale(), bias = norm.getBias();
    if (isScale) {
      scale = multiply(rewriter, op.getLoc(), scale, vector);
      bias = multiply(rewriter, op.getLoc(), bias, vector);
    } else {
      bias = isSplat(bias, 0) ? vector : rewriter.create<BinaryOp>(op.getLoc(), BinaryFn::Add, bias, vector);
    }
    rewriter.replaceOp(op, rewriter.create<GroupNormOp>(norm.getLoc(), norm.getInput(), scale, bias, norm.getGroups(),
                                                        norm.getEpsilon(), Layout::NCHW));
    return success();
  }

  // Both [C]; weights are finite, so 0 * w is 0.
  static Value multiply(OpBuilder &builder, Location loc, Value a, Value w) {
    if (isSplat(a, 1))
      return w;
    if (isSplat(a, 0))
      return a;
    return builder.create<BinaryOp>(loc, BinaryFn::Mul, a, w);
  }
};

//===----------------------------------------------------------------------===//
// Layer norm and RMS norm
//===----------------------------------------------------------------------===//

/// 1 / sqrt(mean(s) + epsilon) over the trailing axes of s, taken apart.
struct InverseDeviation {
  Value squares; // s
  int64_t axis = 0;
  double epsilon = 0;

  /// `value` is the rsqrt, or with `isRoot` the sqrt that something is divided by.
  static std::optional<InverseDeviation> match(Value value, bool isRoot) {
    Value sum = matchUnary(value, isRoot ? UnaryFn::Sqrt : UnaryFn::Rsqrt);
    if (!sum && !isRoot)
      if (Value root = matchUnary(value, UnaryFn::Reciprocal))
        sum = matchUnary(root, UnaryFn::Sqrt);
    auto shifted = sum ? matchWithSplat(sum, BinaryFn::Add) : std::nullopt;
    auto mean = shifted ? shifted->first.getDefiningOp<ReduceOp>() : ReduceOp();
    std::optional<int64_t> axis = mean ? trailingMean(mean) : std::nullopt;
    if (!axis)
      return std::nullopt;
    return InverseDeviation{mean.getOperand(), *axis, shifted->second};
  }

  /// The first axis of a mean over the last dimensions.
  static std::optional<int64_t> trailingMean(ReduceOp op) {
    int64_t axis = tensorType(op.getOperand()).getRank() - int64_t(op.getAxes().size());
    for (auto [i, a] : llvm::enumerate(op.getAxes()))
      if (a != axis + int64_t(i))
        return std::nullopt;
    if (op.getFn() != ReduceFn::Mean || op.getAxes().empty())
      return std::nullopt;
    return axis;
  }
};

/// x^2, as square(x), x * x or pow(x, 2).
Value squareRoot(Value value) {
  if (Value x = matchUnary(value, UnaryFn::Square))
    return x;
  auto [a, b] = matchBinary(value, BinaryFn::Mul);
  if (a && a == b)
    return a;
  auto [base, exponent] = matchBinary(value, BinaryFn::Pow);
  return base && isSplat(exponent, 2) ? base : Value();
}

/// x * rsqrt(…) or x / sqrt(…): x and the deviation's parts.
std::optional<std::pair<Value, InverseDeviation>> matchNormalized(Value value) {
  auto [a, b] = matchBinary(value, BinaryFn::Mul);
  if (a) {
    if (auto deviation = InverseDeviation::match(b, false))
      return std::make_pair(a, *deviation);
    if (auto deviation = InverseDeviation::match(a, false))
      return std::make_pair(b, *deviation);
  }
  auto [dividend, divisor] = matchBinary(value, BinaryFn::Div);
  if (dividend)
    if (auto deviation = InverseDeviation::match(divisor, true))
      return std::make_pair(dividend, *deviation);
  return std::nullopt;
}

/// (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) -> layer_norm.
struct RecoverLayerNorm : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    auto normalized = matchNormalized(op.getResult());
    if (!normalized)
      return failure();
    auto [centered, deviation] = *normalized;
    auto [x, average] = matchBinary(centered, BinaryFn::Sub);
    auto mean = average ? average.getDefiningOp<ReduceOp>() : ReduceOp();
    if (!mean || mean.getOperand() != x || x.getType() != op.getType() ||
        InverseDeviation::trailingMean(mean) != deviation.axis)
      return failure();
    // The exporter may subtract the mean once for each use.
    Value squared = squareRoot(deviation.squares);
    bool sameCentered = squared == centered;
    if (squared && !sameCentered) {
      auto [x2, average2] = matchBinary(squared, BinaryFn::Sub);
      auto mean2 = average2 ? average2.getDefiningOp<ReduceOp>() : ReduceOp();
      sameCentered =
          mean2 && x2 == x && mean2.getOperand() == x && InverseDeviation::trailingMean(mean2) == deviation.axis;
    }
    if (!sameCentered)
      return failure();
    rewriter.replaceOpWithNewOp<LayerNormOp>(op, x, Value(), Value(), deviation.axis, APFloat(deviation.epsilon));
    return success();
  }
};

/// x / sqrt(mean(x^2) + epsilon) * w -> rms_norm.
struct RecoverRmsNorm : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    if (op.getFn() != BinaryFn::Mul)
      return failure();
    for (auto [value, scale] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      auto normalized = matchNormalized(value);
      if (!normalized || !value.hasOneUse())
        continue;
      auto [x, deviation] = *normalized;
      if (squareRoot(deviation.squares) != x || x.getType() != op.getType() ||
          !isTrailing(scale, tensorType(x), deviation.axis))
        continue;
      rewriter.replaceOpWithNewOp<RmsNormOp>(op, x, scale, deviation.axis, APFloat(deviation.epsilon));
      return success();
    }
    return failure();
  }

  static bool isTrailing(Value value, RankedTensorType type, int64_t axis) {
    return tensorType(value).getShape() == type.getShape().drop_front(axis) && isWeightExpression(value);
  }
};

/// The scale and shift that follow a layer norm without: norm * w, norm + b.
struct AffineOfLayerNorm : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    bool isScale = op.getFn() == BinaryFn::Mul;
    if (!isScale && op.getFn() != BinaryFn::Add)
      return failure();
    for (auto [value, vector] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      auto norm = value.getDefiningOp<LayerNormOp>();
      if (!norm || !norm->hasOneUse() || norm.getType() != op.getType() || norm.getBias() ||
          (isScale && norm.getScale()) || !RecoverRmsNorm::isTrailing(vector, norm.getType(), norm.getAxis()))
        continue;
      Value scale = isScale ? vector : norm.getScale();
      Value bias = isScale ? Value() : vector;
      rewriter.replaceOpWithNewOp<LayerNormOp>(op, norm.getInput(), scale, bias, norm.getAxis(), norm.getEpsilon());
      return success();
    }
    return failure();
  }
};

} // namespace

void populateRecoverNorms(RewritePatternSet &patterns) {
  patterns.add<GroupNormOfReshape, AffineOfGroupNorm, RecoverLayerNorm, RecoverRmsNorm, AffineOfLayerNorm>(
      patterns.getContext());
}

} // namespace snap
