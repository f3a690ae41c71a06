//===- FuseGates.cpp - Matrix products of values and their gates ----------===//
//
// A gated feed-forward layer (GEGLU and its kin) multiplies one half of a
// product's columns by an activation of the other. What is done to the whole
// product first is done to each half, so that nothing stands between the
// product and its halves and one kernel can hold them both.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Fuse.h"
#include "passes/Matching.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace snap {

namespace {
/// The two halves of the columns of `value`, which nothing else reads.
struct Halves {
  SliceOp first, second;

  static std::optional<Halves> of(Value value) {
    Halves halves;
    for (Operation *user : value.getUsers()) {
      auto slice = dyn_cast<SliceOp>(user);
      std::optional<bool> isSecond = slice ? isHalf(slice) : std::nullopt;
      SliceOp &half = isSecond && *isSecond ? halves.second : halves.first;
      if (!isSecond || half)
        return std::nullopt;
      half = slice;
    }
    if (!halves.first || !halves.second)
      return std::nullopt;
    return halves;
  }

  /// Whether the slice is the second half of the columns; nothing if it is neither.
  static std::optional<bool> isHalf(SliceOp slice) {
    ArrayRef<int64_t> from = tensorType(slice.getOperand()).getShape(), to = tensorType(slice.getResult()).getShape();
    if (from.empty() || from.drop_back() != to.drop_back() || from.back() != 2 * to.back() ||
        llvm::any_of(slice.getSteps(), [](int64_t step) { return step != 1; }))
      return std::nullopt;
    int64_t start = slice.getStarts().back();
    if (start != 0 && start != to.back())
      return std::nullopt;
    return start != 0;
  }

  /// The operation on both that each half goes to through functions of itself alone.
  BinaryOp meet() const {
    Operation *a = reader(first), *b = reader(second);
    return a == b ? dyn_cast_or_null<BinaryOp>(a) : BinaryOp();
  }

private:
  static Operation *reader(Operation *op) {
    do {
      if (!op->hasOneUse())
        return nullptr;
      op = *op->user_begin();
    } while (isa<UnaryOp, CastOp>(op));
    return op;
  }
};
} // namespace

/// The elementwise operations from a product with a weight to `value`, the
/// product first: each is read by the next alone, and all else they read are
/// weights or values that all columns share. Empty if it is not so.
static SmallVector<Operation *> chainFromProduct(Value value) {
  SmallVector<Operation *> chain;
  while (Operation *op = value.getDefiningOp()) {
    chain.insert(chain.begin(), op);
    if (auto matmul = dyn_cast<MatmulOp>(op))
      return isWeightExpression(matmul.getRhs()) ? chain : SmallVector<Operation *>();
    if (!isElementwiseOp(op))
      break;
    Value inner;
    for (Value operand : op->getOperands()) {
      RankedTensorType type = tensorType(operand);
      if (isWeightExpression(operand) || type.getRank() == 0 || type.getShape().back() == 1)
        continue;
      if (inner || type.getShape() != tensorType(value).getShape() || !operand.hasOneUse())
        return {};
      inner = operand;
    }
    if (!inner)
      break;
    value = inner;
  }
  return {};
}

/// The columns of `half` of a value that broadcasts to the whole product.
static Value sliceLike(OpBuilder &builder, SliceOp half, Value value) {
  RankedTensorType type = tensorType(value);
  if (type.getRank() == 0 || type.getShape().back() == 1)
    return value;
  SmallVector<int64_t> shape(type.getShape()), starts(type.getRank(), 0), steps(type.getRank(), 1);
  shape.back() = tensorType(half.getResult()).getShape().back();
  starts.back() = half.getStarts().back();
  return builder.create<SliceOp>(half.getLoc(), type.clone(shape), value, starts, steps);
}

/// half(f(product, …)) -> f(half(product), half of …).
static void sinkHalf(ArrayRef<Operation *> chain, SliceOp half) {
  OpBuilder builder(half);
  IRMapping mapping;
  mapping.map(chain.front()->getResult(0), sliceLike(builder, half, chain.front()->getResult(0)));
  for (Operation *op : chain.drop_front()) {
    for (Value operand : op->getOperands())
      if (!mapping.contains(operand))
        mapping.map(operand, sliceLike(builder, half, operand));
    Operation *sunk = builder.clone(*op, mapping);
    RankedTensorType type = tensorType(op->getResult(0));
    sunk->getResult(0).setType(type.clone(tensorType(half.getResult()).getShape()));
    mapping.map(op->getResult(0), sunk->getResult(0));
  }
  half.getResult().replaceAllUsesWith(mapping.lookup(chain.back()->getResult(0)));
  half.erase();
}

DenseSet<Operation *> splitGates(Block &block) {
  DenseSet<Operation *> products;
  SmallVector<Halves> gated;
  for (Operation &op : block)
    if (op.getNumResults() == 1)
      if (std::optional<Halves> halves = Halves::of(op.getResult(0)); halves && halves->meet())
        gated.push_back(*halves);
  for (Halves halves : gated) {
    SmallVector<Operation *> chain = chainFromProduct(halves.first.getOperand());
    if (chain.empty())
      continue;
    products.insert(chain.front());
    if (chain.size() == 1)
      continue;
    sinkHalf(chain, halves.first);
    sinkHalf(chain, halves.second);
    for (Operation *op : llvm::reverse(ArrayRef(chain).drop_front()))
      op->erase();
  }
  return products;
}

} // namespace snap
