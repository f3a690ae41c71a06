//===- Fuse.cpp - Operations that become one kernel -----------------------===//
//
// Works up from the last operation of a group: what it reads joins if nothing
// outside the group reads it. A group holds at most one operation that is not
// elementwise, its root.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Fuse.h"
#include "passes/Matching.h"
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include <queue>

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_FUSE
#include "passes/Passes.h.inc"

namespace {

/// What has a kernel with an epilogue.
bool isRootOp(Operation *op) { return isa<Conv2dOp, MatmulOp, GroupNormOp, LayerNormOp, RmsNormOp, GatherOp>(op); }

/// The values computed from weights and constants alone, the products of values
/// and gates, and each operation's place in its block.
struct Program {
  DenseSet<Operation *> gated;
  DenseSet<Value> weights;
  DenseMap<Operation *, unsigned> place;
  SmallVector<Operation *> ops;

  explicit Program(Block &block) : gated(splitGates(block)) {
    for (Operation &op : block) {
      place[&op] = ops.size();
      ops.push_back(&op);
      if (llvm::all_of(op.getOperands(), [&](Value operand) { return weights.contains(operand); }))
        weights.insert(op.result_begin(), op.result_end());
    }
  }

  /// The values or the gates of a gated product.
  bool isHalf(Operation *op) const { return isa<SliceOp>(op) && gated.contains(op->getOperand(0).getDefiningOp()); }
};

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

class Group {
public:
  /// The largest group that ends with `tail`, without operations in `taken`.
  Group(Operation *tail, const Program &program, const DenseSet<Operation *> &taken) : tail(tail), program(program) {
    gather(taken);
    keepOneRoot();
  }

  /// In the block's order; the tail is last.
  ArrayRef<Operation *> ops() const { return members; }

private:
  bool mayJoin(Operation *op, const DenseSet<Operation *> &taken) const {
    return op && program.place.contains(op) && !taken.contains(op) &&
           (isElementwiseOp(op) || isRootOp(op) || program.isHalf(op)) && !program.weights.contains(op->getResult(0)) &&
           (program.gated.contains(op) ||
            tensorType(op->getResult(0)).getShape() == tensorType(tail->getResult(0)).getShape());
  }

  bool isReadOnlyBy(Operation *op, const DenseSet<Operation *> &set) const {
    return llvm::all_of(op->getUsers(), [&](Operation *user) { return set.contains(user); });
  }

  void gather(const DenseSet<Operation *> &taken) {
    // Latest first, so that all readers of an operation are decided before it.
    auto earlier = [&](Operation *a, Operation *b) { return program.place.at(a) < program.place.at(b); };
    std::priority_queue<Operation *, std::vector<Operation *>, decltype(earlier)> work(earlier);
    DenseSet<Operation *> joined;
    work.push(tail);
    while (!work.empty()) {
      Operation *op = work.top();
      work.pop();
      if (joined.contains(op) || (op != tail && !isReadOnlyBy(op, joined)))
        continue;
      joined.insert(op);
      members.insert(members.begin(), op);
      if (isElementwiseOp(op) || program.isHalf(op))
        for (Value operand : op->getOperands())
          if (mayJoin(operand.getDefiningOp(), taken))
            work.push(operand.getDefiningOp());
    }
  }

  // The latest root stays; another one keeps what is computed from it alone.
  void keepOneRoot() {
    Operation *root = nullptr;
    for (Operation *op : members)
      if (isRootOp(op))
        root = op;
    if (!root)
      return;
    enum { None = 0, Ours = 1, Other = 2 };
    DenseMap<Operation *, int> reaches;
    for (Operation *op : members) {
      int &reached = reaches[op];
      if (isRootOp(op))
        reached = op == root ? Ours : Other;
      else
        for (Value operand : op->getOperands())
          if (Operation *def = operand.getDefiningOp())
            reached |= reaches.lookup(def);
    }
    llvm::erase_if(members, [&](Operation *op) { return reaches.lookup(op) == Other; });
    // What only the erased ones read leaves with them.
    DenseSet<Operation *> left;
    for (Operation *op : llvm::reverse(members))
      if (op == tail || isReadOnlyBy(op, left))
        left.insert(op);
    llvm::erase_if(members, [&](Operation *op) { return !left.contains(op); });
  }

  Operation *tail;
  const Program &program;
  SmallVector<Operation *> members;
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Moves the group into one snap.fused where its last operation was.
void fuseGroup(ArrayRef<Operation *> ops) {
  Operation *tail = ops.back();
  SetVector<Value> inputs;
  DenseSet<Operation *> inside(ops.begin(), ops.end());
  // The root's operands come first, as in its kernel's key.
  for (bool roots : {true, false})
    for (Operation *op : ops)
      if (isRootOp(op) == roots)
        for (Value operand : op->getOperands())
          if (!inside.contains(operand.getDefiningOp()))
            inputs.insert(operand);

  Location loc = tail->getLoc();
  for (Operation *op : ops)
    if (isRootOp(op))
      loc = op->getLoc();
  OpBuilder builder(tail);
  auto fused = builder.create<FusedOp>(loc, tail->getResultTypes(), inputs.getArrayRef());
  Block *body = builder.createBlock(&fused.getBody());
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
  for (Operation *op : ops)
    builder.clone(*op, mapping);
  builder.create<YieldOp>(tail->getLoc(), mapping.lookup(tail->getResult(0)));
  tail->getResult(0).replaceAllUsesWith(fused.getResult(0));
  for (Operation *op : llvm::reverse(ops))
    op->erase();
}

struct Fuse : impl::FuseBase<Fuse> {
  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      fuseBlock(block);
  }

  void fuseBlock(Block &block) {
    Program program(block);
    DenseSet<Operation *> taken;
    SmallVector<SmallVector<Operation *>> groups;
    for (Operation *op : llvm::reverse(program.ops)) {
      if (taken.contains(op) || !isElementwiseOp(op) || program.weights.contains(op->getResult(0)))
        continue;
      Group group(op, program, taken);
      taken.insert(group.ops().begin(), group.ops().end());
      if (group.ops().size() > 1)
        groups.emplace_back(group.ops());
    }
    for (ArrayRef<Operation *> group : groups)
      fuseGroup(group);
  }
};

} // namespace
} // namespace snap
