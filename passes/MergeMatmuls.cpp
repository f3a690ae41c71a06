//===- MergeMatmuls.cpp - One product for queries, keys and values --------===//
//
// The projections of an attention that multiply the same activation become one
// product with their weights side by side: the activation is read once, and one
// call does the work of three. The attention reads slices of the result, which
// kernels do where they lie.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Passes.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_MERGEMATMULS
#include "passes/Passes.h.inc"

namespace {

/// An operand of an attention that is x W + b, read by nothing else.
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
    if (!product || !value.hasOneUse() || !product->hasOneUse() || product.getTransposeLhs())
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

  bool multipliesAlike(Projection other) {
    return product.getLhs() == other.product.getLhs() && product.getTransposeRhs() == other.product.getTransposeRhs() &&
           result != other.result;
  }
};

struct MergeMatmuls : impl::MergeMatmulsBase<MergeMatmuls> {
  void runOnOperation() override {
    SmallVector<AttentionOp> attentions(getOperation().getOps<AttentionOp>());
    for (AttentionOp attention : attentions) {
      SmallVector<Projection, 3> left;
      for (Value operand : {attention.getQuery(), attention.getKey(), attention.getValue()})
        if (std::optional<Projection> projection = Projection::match(operand))
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

  static void merge(ArrayRef<Projection> projections, AttentionOp attention) {
    OpBuilder builder(attention);
    MatmulOp first = projections.front().product;
    Location loc = first.getLoc();
    SmallVector<Value> weights, biases;
    bool hasBias = llvm::any_of(projections, [](const Projection &p) { return bool(p.bias); });
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
      Operation *last = p.result.getDefiningOp();
      last->erase();
      if (last != p.product)
        p.product.erase();
    }
  }
};

} // namespace
} // namespace snap
