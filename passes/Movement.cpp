//===- Movement.cpp - Chains of reshapes and transposes -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Movement.h"

using namespace mlir;

namespace snap {

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

SmallVector<int64_t> inversePermutation(ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> inverse(permutation.size());
  for (auto [i, p] : llvm::enumerate(permutation))
    inverse[p] = i;
  return inverse;
}

Movement::Movement(Value source) : from(source), resultShape(shapeOf(source)) {
  for (int64_t size : resultShape) {
    dims.emplace_back();
    if (size == 1)
      continue;
    dims.back().push_back(factors.size());
    factors.push_back(size);
  }
}

Movement Movement::trace(Value value) {
  SmallVector<Operation *> chain;
  for (Value v = value; v.getDefiningOp<ReshapeOp>() || v.getDefiningOp<TransposeOp>();) {
    chain.push_back(v.getDefiningOp());
    v = v.getDefiningOp()->getOperand(0);
  }
  Movement movement(chain.empty() ? value : chain.back()->getOperand(0));
  for (Operation *op : llvm::reverse(chain)) {
    if (auto transposeOp = dyn_cast<TransposeOp>(op))
      movement.transpose(transposeOp.getPermutation());
    else if (!movement.reshape(shapeOf(op->getResult(0)))) {
      movement = Movement(op->getResult(0)); // start again below what factors cannot say
      continue;
    }
    movement.ops.push_back(op);
  }
  return movement;
}

bool Movement::reshape(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> sizes(factors);
  SmallVector<unsigned> order; // factors as they lie in the result
  for (ArrayRef<unsigned> dim : dims)
    order.append(dim.begin(), dim.end());

  // Deals the factors out to the new dimensions, splitting one in two where a
  // new dimension ends inside it. Split parts go to the end of `sizes` first.
  SmallVector<SmallVector<unsigned>> dealt;
  SmallVector<std::pair<unsigned, unsigned>> splits; // factor, its inner part
  size_t next = 0;
  for (int64_t size : shape) {
    dealt.emplace_back();
    int64_t left = size;
    while (left > 1) {
      if (next == order.size())
        return false;
      unsigned factor = order[next];
      if (left % sizes[factor] == 0) {
        left /= sizes[factor];
        dealt.back().push_back(factor);
        ++next;
      } else if (sizes[factor] % left == 0) {
        unsigned inner = sizes.size();
        sizes.push_back(sizes[factor] / left);
        sizes[factor] = left;
        splits.emplace_back(factor, inner);
        dealt.back().push_back(factor);
        order[next] = inner;
        left = 1;
      } else {
        return false;
      }
    }
  }
  if (next != order.size())
    return false;

  // Numbers the factors again in the source's order: a part right after what it was split from.
  SmallVector<unsigned> position;
  for (unsigned factor = 0; factor < factors.size(); ++factor)
    position.push_back(factor);
  for (auto [factor, inner] : splits)
    position.insert(std::next(llvm::find(position, factor)), inner);
  SmallVector<unsigned> number(sizes.size());
  SmallVector<int64_t> renumbered(sizes.size());
  for (auto [i, factor] : llvm::enumerate(position)) {
    number[factor] = i;
    renumbered[i] = sizes[factor];
  }
  for (SmallVector<unsigned> &dim : dealt)
    for (unsigned &factor : dim)
      factor = number[factor];
  factors = renumbered;
  dims = dealt;
  resultShape.assign(shape.begin(), shape.end());
  return true;
}

void Movement::transpose(ArrayRef<int64_t> permutation) {
  SmallVector<SmallVector<unsigned>> moved;
  SmallVector<int64_t> shape;
  for (int64_t p : permutation) {
    moved.push_back(dims[p]);
    shape.push_back(resultShape[p]);
  }
  dims = moved;
  resultShape = shape;
}

bool Movement::isReshape() const {
  unsigned expected = 0;
  for (ArrayRef<unsigned> dim : dims)
    for (unsigned factor : dim)
      if (factor != expected++)
        return false;
  return true;
}

Movement::Steps Movement::steps() const {
  Steps steps;
  if (isReshape()) {
    if (ArrayRef<int64_t>(resultShape) != shapeOf(from))
      steps.before = resultShape;
    return steps;
  }

  // A group is a run of factors that stay together within one result dimension.
  struct Group {
    unsigned first = 0;
    int64_t size = 1;
    bool unit = true;
  };
  SmallVector<Group> groups;
  for (ArrayRef<unsigned> dim : dims) {
    groups.emplace_back();
    for (auto [i, factor] : llvm::enumerate(dim)) {
      if (i > 0 && factor != dim[i - 1] + 1)
        groups.emplace_back();
      Group &group = groups.back();
      if (group.unit)
        group.first = factor;
      group.unit = false;
      group.size *= factors[factor];
    }
  }

  // Before the transpose groups lie as in the source; units where they end up.
  SmallVector<unsigned> before;
  for (unsigned g = 0; g < groups.size(); ++g)
    if (!groups[g].unit)
      before.push_back(g);
  llvm::sort(before, [&](unsigned a, unsigned b) { return groups[a].first < groups[b].first; });
  for (unsigned g = 0; g < groups.size(); ++g)
    if (groups[g].unit)
      before.insert(before.begin() + std::min<size_t>(g, before.size()), g);

  SmallVector<int64_t> beforeShape, transposedShape;
  for (unsigned g : before)
    beforeShape.push_back(groups[g].size);
  for (unsigned g = 0; g < groups.size(); ++g) {
    steps.permutation.push_back(llvm::find(before, g) - before.begin());
    transposedShape.push_back(groups[g].size);
  }
  if (ArrayRef<int64_t>(beforeShape) != shapeOf(from))
    steps.before = beforeShape;
  if (transposedShape != resultShape)
    steps.after = resultShape;
  return steps;
}

Value Movement::build(OpBuilder &builder, Location loc) const {
  Steps s = steps();
  Value value = from;
  auto reshapeTo = [&](ArrayRef<int64_t> shape) {
    Type type = cast<RankedTensorType>(value.getType()).clone(shape);
    value = builder.create<ReshapeOp>(loc, type, value);
  };
  if (!s.before.empty())
    reshapeTo(s.before);
  if (!s.permutation.empty())
    value = builder.create<TransposeOp>(loc, value, s.permutation);
  if (!s.after.empty())
    reshapeTo(s.after);
  return value;
}

namespace {

template <typename OpT> struct MergeChain : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    Movement movement = Movement::trace(op.getResult());
    if (movement.chain().empty())
      return failure();
    Movement::Steps steps = movement.steps();
    if (!steps.permutation.empty() && !pays(movement, steps))
      return failure();
    bool onlyReshapes = llvm::none_of(movement.chain(), [](Operation *step) { return isa<TransposeOp>(step); });
    if (onlyReshapes && steps.size() >= movement.chain().size())
      return failure();
    rewriter.replaceOp(op, movement.build(rewriter, op.getLoc()));
    return success();
  }

  // With a transpose left over, the chain's own transposes must die.
  static bool pays(const Movement &movement, const Movement::Steps &steps) {
    ArrayRef<Operation *> chain = movement.chain();
    bool endsInTranspose = isa<TransposeOp>(chain.back());
    unsigned transposes = llvm::count_if(chain, [](Operation *op) { return isa<TransposeOp>(op); });
    if (!endsInTranspose) {
      bool seenTranspose = false;
      for (Operation *op : chain.drop_back()) {
        seenTranspose |= isa<TransposeOp>(op);
        if (seenTranspose && !op->hasOneUse())
          return false;
      }
    }
    if (transposes > 1 || steps.size() < chain.size())
      return true;
    return steps.size() == chain.size() && !endsInTranspose && steps.after.empty();
  }
};

} // namespace

void populateMovementPatterns(RewritePatternSet &patterns) {
  patterns.add<MergeChain<ReshapeOp>, MergeChain<TransposeOp>>(patterns.getContext());
}

} // namespace snap
