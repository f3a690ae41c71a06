//===- MergeMatmuls.cpp - One product for many of the same activation -----===//
//
// The projections of an attention that multiply the same activation become one
// product with their weights side by side: the activation is read once, and one
// call does the work of three. So do the time rows of a UNet's blocks. What reads
// them reads slices of the result, which kernels do where they lie.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Passes.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_MERGEMATMULS
#include "passes/Passes.h.inc"

namespace {

/// A value x W + b.
struct Projection {
  Value result;
  MatmulOp product;
  Value bias; // null, or a vector of weights along the columns

  static std::optional<Projection> match(Value value) {
    Projection projection{value, value.getDefiningOp<MatmulOp>(), Value()};
    if (auto [a, b] = matchBinary(value, BinaryFn::Add); a) {
      bool productFirst = bool(a.getDefiningOp<MatmulOp>());
      projection.product = (productFirst ? a : b).getDefiningOp<MatmulOp>();
      projection.bias = productFirst ? b : a;
    }
    MatmulOp product = projection.product;
    if (!product || product.getTransposeLhs() || (projection.bias && !product->hasOneUse()))
      return std::nullopt;
    // Slices that begin on a cache line are read in place, in f16 too.
    constexpr int64_t columnsOfLine = 32;
    if (!isWeightExpression(product.getRhs()) || tensorType(product.getRhs()).getRank() != 2 ||
        projection.columns() % columnsOfLine != 0)
      return std::nullopt;
    int64_t rank = product.getType().getRank();
    if (projection.bias &&
        (!isVectorAlong(projection.bias, rank, rank - 1, projection.columns()) || !isWeightExpression(projection.bias)))
      return std::nullopt;
    return projection;
  }

  int64_t columns() const { return tensorType(result).getShape().back(); }
  int64_t rows() const { return tensorType(result).getNumElements() / columns(); }

  bool multipliesAlike(Projection other) {
    return product.getLhs() == other.product.getLhs() && product.getTransposeRhs() == other.product.getTransposeRhs() &&
           result != other.result;
  }
};

/// Products of more rows keep their threads busy each by itself.
constexpr int64_t kFewRows = 64;
/// A product's weight is still known as one (isWeightExpression) with so many side by side.
constexpr size_t kMostMerged = 20;

/// Whether all that read `value` repeat it, elementwise, over more than its own
/// elements: as an image's channels do, which can be no part of the product's kernel.
bool isRepeatedByReaders(Value value) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (isa<ReshapeOp>(user) && onlyMovesUnits(tensorType(value), tensorType(user->getResult(0))))
      return isRepeatedByReaders(user->getResult(0));
    return isa<BinaryOp, SelectOp>(user) &&
           tensorType(user->getResult(0)).getNumElements() > tensorType(value).getNumElements();
  });
}

struct MergeMatmuls : impl::MergeMatmulsBase<MergeMatmuls> {
  void runOnOperation() override {
    mergeAttentions();
    for (Block &block : getOperation().getBody())
      mergeRows(block);
  }

  void mergeAttentions() {
    SmallVector<AttentionOp> attentions(getOperation().getOps<AttentionOp>());
    for (AttentionOp attention : attentions) {
      SmallVector<Projection, 3> left;
      for (Value operand : {attention.getQuery(), attention.getKey(), attention.getValue()})
        if (std::optional<Projection> projection = Projection::match(operand); projection && operand.hasOneUse())
          left.push_back(*projection);
      while (!left.empty()) {
        SmallVector<Projection, 3> alike, others;
        for (Projection projection : left) {
          bool isAlike = alike.empty() || projection.multipliesAlike(alike.front());
          (isAlike ? alike : others).push_back(projection);
        }
        left = others;
        if (alike.size() > 1)
          merge(alike, attention);
      }
    }
  }

  /// Products of a few rows that all images or tokens read: the time rows.
  static void mergeRows(Block &block) {
    llvm::MapVector<std::pair<Value, int>, SmallVector<Projection>> byActivation;
    for (Operation &op : block) {
      if (!isa<BinaryOp, MatmulOp>(op) || isWeightExpression(op.getResult(0)))
        continue;
      std::optional<Projection> projection = Projection::match(op.getResult(0));
      if (!projection || projection->rows() > kFewRows || op.use_empty() || !isRepeatedByReaders(op.getResult(0)))
        continue;
      MatmulOp product = projection->product;
      byActivation[{product.getLhs(), product.getTransposeRhs()}].push_back(*projection);
    }
    for (auto &[activation, projections] : byActivation)
      for (ArrayRef<Projection> left = projections; left.size() > 1;) {
        ArrayRef<Projection> next = left.take_front(kMostMerged);
        left = left.drop_front(next.size());
        Operation *first = next.front().product;
        for (Projection projection : next)
          for (Value weight : {Value(projection.product.getRhs()), projection.bias})
            moveBefore(weight, first);
        merge(next, first);
      }
  }

  /// Has the operations of a weight expression stand before `place`.
  static void moveBefore(Value weight, Operation *place) {
    Operation *op = weight ? weight.getDefiningOp() : nullptr;
    if (!op || op->isBeforeInBlock(place))
      return;
    op->moveBefore(place);
    for (Value operand : op->getOperands())
      moveBefore(operand, op);
  }

  /// The product of all, before `place`, and its slices in their place.
  static void merge(ArrayRef<Projection> projections, Operation *place) {
    OpBuilder builder(place);
    MatmulOp first = projections.front().product;
    SmallVector<Value> weights, biases;
    SmallVector<Location> locations;
    bool hasBias = llvm::any_of(projections, [](const Projection &p) { return bool(p.bias); });
    for (Projection p : projections)
      locations.push_back(p.product.getLoc());
    Location loc = builder.getFusedLoc(locations);
    for (Projection p : projections) {
      weights.push_back(p.product.getRhs());
      auto type = RankedTensorType::get({p.columns()}, first.getType().getElementType());
      if (hasBias)
        biases.push_back(p.bias ? toVector(builder, loc, p.bias, p.columns()) : createSplat(builder, loc, type, 0));
    }
    bool transposed = first.getTransposeRhs();
    Value weight = builder.create<ConcatOp>(loc, weights, /*axis=*/transposed ? 0 : 1);
    Value merged = builder.create<MatmulOp>(loc, first.getLhs(), weight, /*transposeLhs=*/false, transposed);
    if (hasBias)
      merged = builder.create<BinaryOp>(loc, BinaryFn::Add, merged, builder.create<ConcatOp>(loc, biases, /*axis=*/0));

    int64_t rank = first.getType().getRank();
    SmallVector<int64_t> starts(rank, 0), steps(rank, 1);
    for (Projection p : projections) {
      Value slice = builder.create<SliceOp>(p.product.getLoc(), p.result.getType(), merged, starts, steps);
      starts.back() += p.columns();
      p.result.replaceAllUsesWith(slice);
    }
    for (Projection p : projections) {
      Operation *last = p.result.getDefiningOp();
      last->erase();
      if (last != p.product)
        p.product.erase();
    }
  }
};

} // namespace
} // namespace snap
