//===- FusePrologues.cpp - Norms and upsampling on load -------------------===//
//
// A norm (with the activation after it) or a nearest upsampling that only
// one convolution or matrix product reads moves into that kernel's snap.fused,
// in front of the root: its result is never stored. A concatenation along the
// channels, which costs nothing to read, moves into all its readers.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_FUSEPROLOGUES
#include "passes/Passes.h.inc"

namespace {

bool isElementwiseOp(Operation *op) { return isa<UnaryOp, BinaryOp, SelectOp, CastOp>(op); }

/// The convolution or product with a weight that `kernel` is or holds.
Operation *consumerRoot(Operation *kernel) {
  auto takesPrologue = [](Operation &op) {
    if (auto conv = dyn_cast<Conv2dOp>(op))
      return conv.getLayout() == Layout::NHWC;
    return isa<MatmulOp>(op);
  };
  auto fused = dyn_cast<FusedOp>(kernel);
  if (!fused)
    return takesPrologue(*kernel) ? kernel : nullptr;
  Block &body = fused.getBody().front();
  auto root = llvm::find_if(body, takesPrologue);
  return root == body.end() || fused.getNumResults() != 1 ? nullptr : &*root;
}

/// The value that a kernel's operation reads, seen from outside its region.
Value outside(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto fused = argument ? dyn_cast<FusedOp>(argument.getOwner()->getParentOp()) : nullptr;
  return fused ? fused.getInputs()[argument.getArgNumber()] : value;
}

bool isSplatConstant(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && isa<SplatElementsAttr>(constant.getValue());
}

/// Whether `root` reads input 0 as it comes into the kernel, only there, and
/// the rest of it is a weight.
bool readsOnLoad(Operation *root) {
  Value input = root->getOperand(0), weight = root->getOperand(1);
  if (!isWeightExpression(outside(weight)))
    return false;
  if (auto matmul = dyn_cast<MatmulOp>(root)) {
    // Packed weights are shared by the batch.
    ArrayRef<int64_t> shape = tensorType(weight).getShape();
    if (matmul.getTransposeLhs() || llvm::any_of(shape.drop_back(2), [](int64_t extent) { return extent != 1; }))
      return false;
  }
  return !isa<FusedOp>(root->getParentOp()) || (isa<BlockArgument>(input) && input.hasOneUse());
}

/// Whether `root` has a form of the norm `op` in front of it: a convolution or
/// product of the group norm of images, a product of the layer norm of rows.
bool takesNorm(Operation *root, Operation *op) {
  if (auto norm = dyn_cast<GroupNormOp>(op))
    return norm.getLayout() == Layout::NHWC;
  auto norm = dyn_cast<LayerNormOp>(op);
  return norm && isa<MatmulOp>(root) &&
         static_cast<int64_t>(norm.getAxis()) == tensorType(norm.getResult()).getRank() - 1;
}

/// The operations of a kernel that may move in front of a root: a norm followed
/// by functions of its result alone, or an upsampling.
SmallVector<Operation *> prologueOps(Operation *kernel, Operation *root) {
  SmallVector<Operation *> ops;
  if (auto fused = dyn_cast<FusedOp>(kernel)) {
    for (Operation &op : fused.getBody().front().without_terminator())
      ops.push_back(&op);
    if (fused.getBody().front().getTerminator()->getOperand(0).getDefiningOp() != ops.back())
      return {};
  } else {
    ops.push_back(kernel);
  }
  Operation *first = ops.front();
  if (auto upsample = dyn_cast<UpsampleOp>(first))
    return ops.size() == 1 && isa<Conv2dOp>(root) && upsample.getLayout() == Layout::NHWC ? ops
                                                                                          : SmallVector<Operation *>{};
  if (!takesNorm(root, first))
    return {};
  for (Operation *op : ArrayRef(ops).drop_front()) {
    bool ofNorm = llvm::all_of(op->getOperands(), [&](Value operand) {
      return llvm::is_contained(ops, operand.getDefiningOp()) || isSplatConstant(outside(operand));
    });
    if (!isElementwiseOp(op) || !ofNorm)
      return {};
  }
  return ops;
}

/// `consumer` with `ops`, which make `producer`'s result, in front of `reader`,
/// the operation of its root's that reads it, as one snap.fused.
void fuse(Operation *consumer, Operation *reader, Operation *producer, ArrayRef<Operation *> ops) {
  SmallVector<Operation *> body(ops);
  Value result = consumer->getResult(0);
  if (auto fused = dyn_cast<FusedOp>(consumer)) {
    for (Operation &op : fused.getBody().front().without_terminator())
      body.push_back(&op);
    result = fused.getBody().front().getTerminator()->getOperand(0);
  } else {
    body.push_back(consumer);
  }

  SetVector<Value> inputs;
  DenseSet<Value> made;
  for (Operation *op : body)
    made.insert(op->result_begin(), op->result_end());
  made.insert(producer->getResult(0));
  for (Operation *op : body)
    for (Value operand : op->getOperands())
      if (Value value = outside(operand); !made.contains(value))
        inputs.insert(value);

  OpBuilder builder(consumer);
  auto fused =
      builder.create<FusedOp>(consumerRoot(consumer)->getLoc(), consumer->getResultTypes(), inputs.getArrayRef());
  Block *block = builder.createBlock(&fused.getBody());
  IRMapping mapping;
  DenseMap<Value, Value> arguments;
  for (Value input : inputs)
    arguments[input] = block->addArgument(input.getType(), input.getLoc());
  for (Operation *op : body) {
    for (Value operand : op->getOperands())
      if (Value argument = arguments.lookup(outside(operand)))
        mapping.map(operand, argument);
    builder.clone(*op, mapping);
    // What the consumer's region reads as an argument, or the consumer as the producer's result.
    if (op == ops.back())
      mapping.map(reader->getOperand(0), mapping.lookup(op->getResult(0)));
  }
  builder.create<YieldOp>(consumer->getLoc(), mapping.lookup(result));
  consumer->getResult(0).replaceAllUsesWith(fused.getResult(0));
  consumer->erase();
  if (producer->use_empty())
    producer->erase();
}

/// The operation of a kernel that reads `concat` as its root's input, through
/// nothing or a group norm; null if the kernel reads it otherwise.
Operation *readerOf(ConcatOp concat, Operation *kernel) {
  Operation *root = consumerRoot(kernel);
  if (!root)
    return nullptr;
  if (root == kernel)
    return readsOnLoad(root) && root->getOperand(0) == concat.getResult() ? root : nullptr;
  // The first of the region, seen from inside.
  auto fused = cast<FusedOp>(kernel);
  Value inside;
  for (auto [input, argument] : llvm::zip(fused.getInputs(), fused.getBody().getArguments()))
    if (input == concat.getResult())
      inside = argument;
  if (!inside || !inside.hasOneUse())
    return nullptr;
  Operation *reader = *inside.user_begin();
  bool isFirst = reader->getOperand(0) == inside && isWeightExpression(outside(root->getOperand(1)));
  if (reader == root)
    return isFirst && readsOnLoad(root) ? reader : nullptr;
  return isFirst && isa<GroupNormOp>(reader) ? reader : nullptr;
}

/// Two tensors joined along the last dimension, in channels that vectors divide.
bool joinsChannels(ConcatOp concat) {
  int64_t rank = tensorType(concat.getResult()).getRank();
  return concat->getNumOperands() == 2 && static_cast<int64_t>(concat.getAxis()) == rank - 1 && rank >= 2 &&
         !isWeightExpression(concat.getResult());
}

struct FusePrologues : impl::FuseProloguesBase<FusePrologues> {
  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      for (Operation &op : llvm::make_early_inc_range(block))
        if (!isa<func::ReturnOp>(op))
          visit(&op);
    // Afterwards, when the norms have met their convolutions.
    SmallVector<ConcatOp> concats(getOperation().getOps<ConcatOp>());
    for (ConcatOp concat : concats)
      if (joinsChannels(concat))
        visit(concat);
  }

  void visit(ConcatOp concat) {
    SmallVector<std::pair<Operation *, Operation *>> readers;
    for (Operation *user : concat->getUsers())
      readers.push_back({user, user->getBlock() == concat->getBlock() ? readerOf(concat, user) : nullptr});
    if (readers.empty() || llvm::any_of(readers, [](auto &pair) { return !pair.second; }))
      return;
    for (auto [kernel, reader] : readers)
      fuse(kernel, reader, concat, {concat});
  }

  void visit(Operation *consumer) {
    Operation *root = consumerRoot(consumer);
    if (!root || isWeightExpression(consumer->getResult(0)) || !readsOnLoad(root))
      return;
    Operation *producer = outside(root->getOperand(0)).getDefiningOp();
    if (!producer || producer->getNumResults() != 1 || !producer->hasOneUse() ||
        isWeightExpression(producer->getResult(0)))
      return;
    SmallVector<Operation *> ops = prologueOps(producer, root);
    if (!ops.empty())
      fuse(consumer, root, producer, ops);
  }
};

} // namespace
} // namespace snap
