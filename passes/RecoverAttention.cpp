//===- RecoverAttention.cpp - Attention from its matrix products ----------===//
//
// softmax(scale q k^T + mask) v, with q, k and v split into heads by reshapes
// and transposes that the attention op makes unnecessary. What would still need
// a transpose stays as it is.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Interpreter.h"
#include "passes/Matching.h"
#include "passes/Movement.h"
#include "passes/RecoverOps.h"

#include "mlir/Analysis/SliceAnalysis.h"

#include <cmath>

using namespace mlir;

namespace snap {
namespace {

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// Takes multiplications and divisions by a constant off `value`.
Value peelScale(Value value, double &scale) {
  while (true) {
    if (auto product = matchWithSplat(value, BinaryFn::Mul)) {
      if (product->first.getType() != value.getType())
        return value;
      scale *= product->second;
      value = product->first;
      continue;
    }
    auto [dividend, divisor] = matchBinary(value, BinaryFn::Div);
    std::optional<double> splat = dividend ? splatValue(divisor) : std::nullopt;
    if (!splat || dividend.getType() != value.getType())
      return value;
    scale /= *splat;
    value = dividend;
  }
}

/// What the softmax is of: q k^T scaled, and what is added to it.
struct Scores {
  MatmulOp product;
  double scale = 1;
  Value mask;        // additive, or null
  Value maskedWhere; // i1, true where the score is -inf, or null

  static std::optional<Scores> match(Value value) {
    Scores scores;
    if (auto select = value.getDefiningOp<SelectOp>()) {
      std::optional<double> masked = splatValue(select.getOnTrue());
      if (!masked || *masked > -1e30 || select.getOnFalse().getType() != value.getType())
        return std::nullopt;
      scores.maskedWhere = select.getCondition();
      value = select.getOnFalse();
    }
    auto [a, b] = matchBinary(value, BinaryFn::Add);
    if (a && !scores.maskedWhere) {
      bool productFirst = leadsToProduct(a);
      if (!productFirst && !leadsToProduct(b))
        return std::nullopt;
      value = productFirst ? a : b;
      scores.mask = productFirst ? b : a;
    }
    scores.product = peelScale(value, scores.scale).getDefiningOp<MatmulOp>();
    if (!scores.product || (scores.mask && value.getType() != scores.product.getType()))
      return std::nullopt;
    return scores;
  }

private:
  static bool leadsToProduct(Value value) {
    double scale = 1;
    return bool(peelScale(value, scale).getDefiningOp<MatmulOp>());
  }
};

/// The softmax behind `value`, through a guard where(isnan(p), 0, p): a query
/// without keys gives 0 in snap.attention too.
SoftmaxOp matchProbabilities(Value value) {
  if (auto select = value.getDefiningOp<SelectOp>()) {
    if (matchUnary(select.getCondition(), UnaryFn::IsNan) != select.getOnFalse() || !isSplat(select.getOnTrue(), 0) ||
        select.getOnFalse().getType() != value.getType())
      return nullptr;
    value = select.getOnFalse();
  }
  auto softmax = value.getDefiningOp<SoftmaxOp>();
  return softmax && softmax.getAxis() + 1 == uint64_t(tensorType(value).getRank()) ? softmax : nullptr;
}

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

/// `value` [B,H,S,D] permuted by `toRows` to [B,S,H,D] and merged to [B,S,H*D],
/// if that leaves only a reshape.
std::optional<Movement> mergeHeads(Value value, int64_t batch, int64_t heads, bool columnsFirst) {
  Movement movement = Movement::trace(value);
  ArrayRef<int64_t> shape = tensorType(value).getShape();
  int64_t rows = shape[shape.size() - (columnsFirst ? 1 : 2)];
  int64_t columns = shape[shape.size() - (columnsFirst ? 2 : 1)];
  SmallVector<int64_t> split{batch, heads, rows, columns};
  if (columnsFirst)
    std::swap(split[2], split[3]);
  if (!movement.reshape(split))
    return std::nullopt;
  movement.transpose(columnsFirst ? ArrayRef<int64_t>{0, 3, 1, 2} : ArrayRef<int64_t>{0, 2, 1, 3});
  if (!movement.reshape({batch, rows, heads * columns}) || !movement.isReshape())
    return std::nullopt;
  return movement;
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// The value of a small expression over constants only, or an empty tensor.
Tensor evaluateConstant(Value value) {
  constexpr int64_t mostElements = 1 << 20;
  Operation *root = value.getDefiningOp();
  if (!root)
    return {};
  SetVector<Operation *> ops;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitBlockArguments = true;
  options.filter = [](Operation *op) { return !isa<WeightOp>(op); };
  getBackwardSlice(root, &ops, options);
  if (ops.size() > 48)
    return {};
  DenseMap<Value, Tensor> values;
  for (Operation *op : ops) {
    SmallVector<Tensor> inputs, results;
    for (Value operand : op->getOperands()) {
      auto known = values.find(operand);
      if (known == values.end())
        return {};
      inputs.push_back(known->second);
    }
    if (op->getNumResults() != 1 || tensorType(op->getResult(0)).getNumElements() > mostElements ||
        failed(evaluate(op, inputs, results)))
      return {};
    values[op->getResult(0)] = results.front();
  }
  return values.lookup(value);
}

/// 0 where key j <= i + keys - queries, and minus infinity (or so far below
/// that softmax gives 0) elsewhere, alike for every batch and head.
bool isCausal(const Tensor &mask, int64_t queries, int64_t keys) {
  if (mask.elements() != queries * keys || mask.rank() < 2 || mask.shape()[mask.rank() - 1] != keys)
    return false;
  for (int64_t i = 0; i < queries; ++i)
    for (int64_t j = 0; j < keys; ++j) {
      double value = mask.getDouble(i * keys + j);
      if (j <= i + keys - queries ? value != 0 : !(value <= -1e30))
        return false;
    }
  return true;
}

//===----------------------------------------------------------------------===//
// The pattern
//===----------------------------------------------------------------------===//

struct RecoverAttention : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op, PatternRewriter &rewriter) const override {
    SoftmaxOp softmax = matchProbabilities(op.getLhs());
    RankedTensorType type = op.getType();
    int64_t rank = type.getRank();
    if (!softmax || op.getTransposeLhs() || op.getTransposeRhs() || (rank != 3 && rank != 4))
      return failure();
    std::optional<Scores> scores = Scores::match(softmax.getOperand());
    if (!scores || scores->product.getTransposeLhs())
      return failure();

    double scale = scores->scale;
    Value query = peelScale(scores->product.getLhs(), scale), key = peelScale(scores->product.getRhs(), scale);
    Value value = op.getRhs();
    for (Value operand : {query, key, value})
      if (tensorType(operand).getShape().drop_back(2) != type.getShape().drop_back(2))
        return failure();

    // Rank 3 is [B*H,S,D], the batch read off what the query was made from, or [B,S,D] of one head.
    int64_t batch = type.getDimSize(0), heads = rank == 4 ? type.getDimSize(1) : 1;
    if (rank == 3) {
      RankedTensorType source = tensorType(Movement::trace(query).source());
      if (source.getRank() == 3 && source.getDimSize(0) > 0 && batch % source.getDimSize(0) == 0) {
        heads = batch / source.getDimSize(0);
        batch = source.getDimSize(0);
      }
    }
    std::optional<Movement> q = mergeHeads(query, batch, heads, false);
    std::optional<Movement> k = mergeHeads(key, batch, heads, !scores->product.getTransposeRhs());
    std::optional<Movement> v = mergeHeads(value, batch, heads, false);
    if (!q || !k || !v)
      return failure();

    int64_t queries = q->shape()[1], keys = k->shape()[1], width = type.getShape().back();
    SmallVector<int64_t> scoreShape{batch, heads, queries, keys};
    FailureOr<Mask> mask = convertMask(rewriter, op.getLoc(), *scores, type.getElementType(), scoreShape, rank);
    if (failed(mask))
      return failure();

    Location loc = op.getLoc();
    Value attention =
        rewriter.create<AttentionOp>(loc, q->build(rewriter, loc), k->build(rewriter, loc), v->build(rewriter, loc),
                                     mask->value, heads, APFloat(scale), mask->causal);
    Movement split(attention);
    bool isSplit = split.reshape({batch, queries, heads, width});
    assert(isSplit && "the merged width is a multiple of the heads");
    (void)isSplit;
    split.transpose({0, 2, 1, 3});
    isSplit = split.reshape(type.getShape());
    assert(isSplit && "rank 3 merges whole dimensions");
    rewriter.replaceOp(op, split.build(rewriter, loc));
    return success();
  }

  struct Mask {
    Value value;
    bool causal = false;
  };

  // The mask as attention wants it: additive, broadcasting to [B,H,Sq,Sk].
  static FailureOr<Mask> convertMask(PatternRewriter &rewriter, Location loc, const Scores &scores, Type element,
                                     ArrayRef<int64_t> scoreShape, int64_t rank) {
    Mask mask;
    Value original = scores.mask ? scores.mask : scores.maskedWhere;
    if (!original)
      return mask;
    ArrayRef<int64_t> shape = tensorType(original).getShape();
    if (int64_t(shape.size()) > rank)
      return failure();
    SmallVector<int64_t> wanted(shape);
    if (rank == 3 && shape.size() == 3)
      wanted = shape[0] == 1 ? SmallVector<int64_t>{1, 1, shape[1], shape[2]}
                             : SmallVector<int64_t>{scoreShape[0], scoreShape[1], shape[1], shape[2]};

    mask.value = original;
    if (scores.maskedWhere) {
      auto scalar = RankedTensorType::get({}, element);
      Value masked = createSplat(rewriter, loc, scalar, -INFINITY);
      Value kept = createSplat(rewriter, loc, scalar, 0);
      mask.value = rewriter.create<SelectOp>(loc, original, masked, kept);
    }
    if (isCausal(evaluateConstant(mask.value), scoreShape[2], scoreShape[3]))
      return Mask{Value(), true};
    if (wanted != SmallVector<int64_t>(shape))
      mask.value = rewriter.create<ReshapeOp>(loc, RankedTensorType::get(wanted, element), mask.value);
    return mask;
  }
};

} // namespace

void populateRecoverAttention(RewritePatternSet &patterns) { patterns.add<RecoverAttention>(patterns.getContext()); }

} // namespace snap
