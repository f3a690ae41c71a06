//===- ShareGuidance.cpp - What both halves of a pair have in common ------===//
//
// Classifier-free guidance runs the UNet on a pair: the same latents, with and
// without the prompt. Until the first cross-attention the two rows are equal.
// Here an image of the pair that cannot depend on the prompt is computed once;
// where rows begin to differ it is broadcast, which kernels do as they load.
//
// A step without guidance is the same thought carried on: were the prompt's rows
// equal too, all of the program would be computed once.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Passes.h"
#include "passes/Programs.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_SHAREGUIDANCE
#include "passes/Passes.h.inc"

namespace {

constexpr int64_t kPair = 2;

/// Finds the values whose rows (along dimension 0, the pair's) are equal, and
/// computes one row of each.
class Sharer {
public:
  /// `prompt` is the input whose rows differ, null where none does.
  Sharer(func::FuncOp function, BlockArgument prompt) : function(function), prompt(prompt) {}

  /// `equal` are the inputs whose rows are equal; each becomes one row.
  void run(ArrayRef<BlockArgument> equal);
  /// Has the function return the first row of each result.
  void returnOneRow();

private:
  bool isFixed(Value value) const { return fixed.contains(value); }
  bool isShared(Value value) const { return rows.contains(value); }

  /// Whether every row of the results is computed from the same row of what is
  /// shared and from all of what is fixed.
  bool worksRowByRow(Operation *op) const;
  bool broadcastsRows(Operation *op) const;
  bool repeatsForPair(Operation *op) const;
  void takeOneRow(BlockArgument argument);
  void computeOneRow(Operation *op);
  void broadcastWhereRowsDiffer();

  static RankedTensorType oneRow(Value value) {
    SmallVector<int64_t> shape(tensorType(value).getShape());
    shape[0] = 1;
    return tensorType(value).clone(shape);
  }
  static bool hasPair(Value value) {
    RankedTensorType type = tensorType(value);
    return type.getRank() > 0 && type.getDimSize(0) == kPair;
  }

  func::FuncOp function;
  BlockArgument prompt;
  DenseSet<Value> fixed;       // the same whatever the row: weights, the timestep and what follows from them
  DenseMap<Value, Value> rows; // of what is shared, its one row
  SmallVector<Value> shared;   // the same in the program's order
};

struct ShareGuidance : impl::ShareGuidanceBase<ShareGuidance> {
  using ShareGuidanceBase::ShareGuidanceBase;

  void runOnOperation() override {
    auto [function, latents] = findFunctionInput(getOperation(), from, sample);
    if (!function)
      return signalPassFailure();
    auto [same, condition] = findFunctionInput(getOperation(), from, prompt);
    if (!same)
      return signalPassFailure();
    for (auto [name, argument] : {std::pair(StringRef(sample), latents), {StringRef(prompt), condition}}) {
      ArrayRef<int64_t> shape = tensorType(argument).getShape();
      if (!shape.empty() && shape[0] == kPair)
        continue;
      function.emitOpError("input '") << name << "' is " << argument.getType()
                                      << ", expected a pair: 2 along dimension 0";
      return signalPassFailure();
    }
    if (getOperation().lookupSymbol(single)) {
      function.emitOpError("cannot be shared by @") << single << ", which is there already";
      return signalPassFailure();
    }
    if (!single.empty())
      makeSingle(function);
    Sharer(function, condition).run({latents});
  }

  /// The step of one row, after the pair's.
  void makeSingle(func::FuncOp pair) {
    auto one = cast<func::FuncOp>(pair->clone());
    one.setName(single);
    getOperation().insert(std::next(pair->getIterator()), one);
    Sharer sharer(one, nullptr);
    sharer.run({findInput(one, sample), findInput(one, prompt)});
    sharer.returnOneRow();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Which operations keep rows apart
//===----------------------------------------------------------------------===//

/// Elementwise operands line up with the result at the right: what is shared
/// must bring its rows to dimension 0, what is fixed must be alike for all rows.
bool Sharer::broadcastsRows(Operation *op) const {
  int64_t rank = tensorType(op->getResult(0)).getRank();
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    RankedTensorType type = tensorType(operand);
    if (type.getRank() < rank)
      return isFixed(operand);
    return isShared(operand) || type.getDimSize(0) == 1;
  });
}

bool Sharer::worksRowByRow(Operation *op) const {
  auto othersAreFixed = [&](unsigned first) {
    return isShared(op->getOperand(0)) &&
           llvm::all_of(op->getOperands().drop_front(first), [&](Value operand) { return isFixed(operand); });
  };
  auto allShared = [&] { return llvm::all_of(op->getOperands(), [&](Value operand) { return isShared(operand); }); };
  return TypeSwitch<Operation *, bool>(op)
      .Case<UnaryOp, CastOp, UpsampleOp, PoolOp>([&](auto) { return true; })
      .Case<BinaryOp, SelectOp>([&](Operation *op) { return broadcastsRows(op); })
      .Case<Conv2dOp, GroupNormOp>([&](auto) { return othersAreFixed(1); })
      .Case<LayerNormOp, RmsNormOp>([&](auto norm) { return norm.getAxis() > 0 && othersAreFixed(1); })
      .Case([&](SoftmaxOp op) { return op.getAxis() > 0; })
      .Case([&](ReduceOp op) { return !llvm::is_contained(op.getAxes(), 0); })
      .Case([&](MatmulOp op) {
        // A matrix of weights; rows of a matrix on the left are rows of the result.
        int64_t rank = tensorType(op.getLhs()).getRank();
        if (isFixed(op.getRhs()))
          return isShared(op.getLhs()) && tensorType(op.getRhs()).getRank() == 2 && (rank > 2 || !op.getTransposeLhs());
        return allShared() && rank > 2 && tensorType(op.getRhs()).getRank() == rank;
      })
      .Case([&](AttentionOp op) {
        Value mask = op.getMask();
        return isShared(op.getQuery()) && isShared(op.getKey()) && isShared(op.getValue()) &&
               (!mask || (isFixed(mask) && (tensorType(mask).getRank() < 4 || tensorType(mask).getDimSize(0) == 1)));
      })
      .Case([&](ReshapeOp op) { return hasPair(op.getResult()); })
      .Case([&](TransposeOp op) { return op.getPermutation()[0] == 0; })
      .Case(
          [&](BroadcastOp op) { return tensorType(op.getOperand()).getRank() == tensorType(op.getResult()).getRank(); })
      .Case([&](ConcatOp op) { return op.getAxis() > 0 && allShared(); })
      .Case([&](SliceOp op) { return hasPair(op.getResult()) && op.getSteps()[0] == 1; })
      .Case([&](PadOp op) { return op.getLow()[0] == 0 && op.getHigh()[0] == 0; })
      .Case([&](ResizeOp op) { return op.getScales()[0] == 1; })
      .Default([](Operation *) { return false; });
}

/// Whether `op` repeats something fixed, as the timestep, for both rows.
bool Sharer::repeatsForPair(Operation *op) const {
  auto broadcast = dyn_cast<BroadcastOp>(op);
  if (!broadcast || !hasPair(broadcast.getResult()))
    return false;
  RankedTensorType type = tensorType(broadcast.getOperand());
  return type.getRank() < tensorType(broadcast.getResult()).getRank() || type.getDimSize(0) == 1;
}

//===----------------------------------------------------------------------===//
// The rewrite
//===----------------------------------------------------------------------===//

void Sharer::computeOneRow(Operation *op) {
  OpBuilder builder(op);
  IRMapping mapping;
  for (Value operand : op->getOperands())
    if (Value row = rows.lookup(operand))
      mapping.map(operand, row);
  Value result = op->getResult(0);
  Operation *one = builder.clone(*op, mapping);
  one->getResult(0).setType(oneRow(result));
  rows[result] = one->getResult(0);
  shared.push_back(result);
}

void Sharer::broadcastWhereRowsDiffer() {
  for (Value value : shared) {
    Value row = rows.lookup(value);
    // Nobody who is shared reads the pair any more.
    value.replaceUsesWithIf(row, [&](OpOperand &use) {
      // numpy's rule repeats the row beside an operand that has both.
      Operation *op = use.getOwner();
      return isa<BinaryOp, SelectOp>(op) && llvm::any_of(op->getOperands(), [&](Value operand) {
               return !isShared(operand) && tensorType(operand).getRank() == tensorType(value).getRank() &&
                      hasPair(operand);
             });
    });
    if (value.use_empty())
      continue;
    OpBuilder builder(function.getContext());
    builder.setInsertionPointAfterValue(row);
    value.replaceAllUsesWith(builder.create<BroadcastOp>(row.getLoc(), value.getType(), row));
  }
}

void Sharer::takeOneRow(BlockArgument argument) {
  unsigned place = argument.getArgNumber();
  function.insertArgument(place, oneRow(argument), function.getArgAttrDict(place), argument.getLoc());
  rows[argument] = function.getArgument(place);
  shared.push_back(argument);
}

void Sharer::run(ArrayRef<BlockArgument> equal) {
  Block &body = function.getBody().front();
  for (BlockArgument argument : body.getArguments())
    if (argument != prompt && !llvm::is_contained(equal, argument) &&
        !function.getArgAttr(argument.getArgNumber(), kStateAttr)) // which may be of the prompt
      fixed.insert(argument);
  for (BlockArgument argument : equal)
    takeOneRow(argument);

  SmallVector<Operation *> ops;
  for (Operation &op : body.without_terminator())
    ops.push_back(&op);
  SmallVector<Operation *> replaced;
  for (Operation *op : ops) {
    if (op->getNumResults() != 1)
      continue;
    bool allFixed = llvm::all_of(op->getOperands(), [&](Value value) { return isFixed(value); });
    bool known = llvm::all_of(op->getOperands(), [&](Value value) { return isFixed(value) || isShared(value); });
    if (allFixed && !repeatsForPair(op)) {
      fixed.insert(op->getResult(0));
    } else if (known && hasPair(op->getResult(0)) && (allFixed || worksRowByRow(op))) {
      computeOneRow(op);
      replaced.push_back(op);
    }
  }
  for (Operation *op : replaced)
    op->dropAllReferences(); // they read each other
  broadcastWhereRowsDiffer();
  for (Operation *op : replaced)
    op->erase();
  for (BlockArgument argument : equal)
    function.eraseArgument(argument.getArgNumber());
}

void Sharer::returnOneRow() {
  Operation *terminator = function.getBody().front().getTerminator();
  OpBuilder builder(terminator);
  for (OpOperand &result : terminator->getOpOperands()) {
    Value value = result.get();
    if (!hasPair(value))
      continue;
    if (auto broadcast = value.getDefiningOp<BroadcastOp>();
        broadcast && broadcast.getOperand().getType() == oneRow(value)) {
      result.set(broadcast.getOperand());
      if (broadcast.use_empty())
        broadcast.erase();
      continue;
    }
    int64_t rank = tensorType(value).getRank();
    SmallVector<int64_t> starts(rank, 0), steps(rank, 1);
    result.set(builder.create<SliceOp>(value.getLoc(), oneRow(value), value, starts, steps));
  }
  function.setType(builder.getFunctionType(function.getArgumentTypes(), terminator->getOperandTypes()));
}

} // namespace snap
