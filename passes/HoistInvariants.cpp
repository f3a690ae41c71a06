//===- HoistInvariants.cpp - What depends on the prompt alone -------------===//
//
// Follows one input through the function. What is computed from it and from
// weights alone has the same value in every denoising step; a program of its
// own computes it once and leaves it as state.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Passes.h"
#include "passes/Programs.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_HOISTINVARIANTS
#include "passes/Passes.h.inc"

namespace {

class Hoister {
public:
  Hoister(func::FuncOp from, BlockArgument input) : from(from), input(input) {}

  /// The function that computes what can be hoisted, before `from`; nothing if there is none.
  void run(StringRef into);

private:
  void findInvariants();
  void findBoundary();
  func::FuncOp makeProgram(StringRef into, ArrayRef<Attribute> names);
  Value cloneExpression(OpBuilder &builder, Value value, IRMapping &mapping);

  func::FuncOp from;
  BlockArgument input;
  DenseSet<Value> invariants; // computed from the input, and from weights
  SetVector<Value> boundary;  // those that the rest of the function reads
};

struct HoistInvariants : impl::HoistInvariantsBase<HoistInvariants> {
  using HoistInvariantsBase::HoistInvariantsBase;

  void runOnOperation() override {
    auto function = getOperation().lookupSymbol<func::FuncOp>(from);
    if (!function) {
      getOperation().emitError("has no function @") << from << " to hoist from";
      return signalPassFailure();
    }
    BlockArgument argument = findInput(function, input);
    if (!argument) {
      function.emitOpError("has no input '") << input << "'";
      return signalPassFailure();
    }
    if (getOperation().lookupSymbol(into)) {
      function.emitOpError("cannot hand on to @") << into << ", which is there already";
      return signalPassFailure();
    }
    Hoister(function, argument).run(into);
  }
};

} // namespace

void Hoister::findInvariants() {
  DenseSet<Value> weights;
  invariants.insert(input);
  for (Operation &op : from.getBody().front().without_terminator()) {
    auto isWeight = [&](Value v) { return weights.contains(v); };
    if (llvm::all_of(op.getOperands(), isWeight))
      weights.insert(op.result_begin(), op.result_end());
    else if (llvm::all_of(op.getOperands(), [&](Value v) { return isWeight(v) || invariants.contains(v); }))
      invariants.insert(op.result_begin(), op.result_end());
  }
}

void Hoister::findBoundary() {
  auto isReadOutside = [&](Value value) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      return user->getNumResults() == 0 || !invariants.contains(user->getResult(0));
    });
  };
  // Backwards: a view costs nothing where it is read, and its source may be smaller.
  for (Operation &op : llvm::reverse(from.getBody().front().without_terminator()))
    for (Value result : op.getResults()) {
      if (!invariants.contains(result) || !isReadOutside(result))
        continue;
      if (isa<ReshapeOp, BroadcastOp, SliceOp>(op))
        invariants.erase(result);
      else
        boundary.insert(result);
    }
}

Value Hoister::cloneExpression(OpBuilder &builder, Value value, IRMapping &mapping) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *def = value.getDefiningOp();
  for (Value operand : def->getOperands())
    cloneExpression(builder, operand, mapping);
  builder.clone(*def, mapping);
  return mapping.lookup(value);
}

func::FuncOp Hoister::makeProgram(StringRef into, ArrayRef<Attribute> names) {
  OpBuilder builder(from);
  SmallVector<Type> results;
  for (Value value : boundary)
    results.push_back(value.getType());
  auto program = builder.create<func::FuncOp>(from.getLoc(), into, builder.getFunctionType(input.getType(), results));
  Block *body = builder.createBlock(&program.getBody(), {}, input.getType(), input.getLoc());
  program.setArgAttrs(0, from.getArgAttrDict(input.getArgNumber()));

  IRMapping mapping;
  mapping.map(input, body->getArgument(0));
  SmallVector<Value> values;
  for (auto [i, value] : llvm::enumerate(boundary)) {
    values.push_back(cloneExpression(builder, value, mapping));
    program.setResultAttr(i, kStateAttr, names[i]);
  }
  builder.create<func::ReturnOp>(from.getLoc(), values);
  return program;
}

void Hoister::run(StringRef into) {
  findInvariants();
  findBoundary();
  if (boundary.empty())
    return;
  // In the order of the program, so that names and results are.
  SmallVector<Value> ordered(llvm::reverse(boundary));
  boundary = SetVector<Value>(ordered.begin(), ordered.end());

  Builder builder(from.getContext());
  SmallVector<Attribute> names;
  for (size_t i = 0; i < boundary.size(); ++i)
    names.push_back(builder.getStringAttr(into + Twine(".") + Twine(i)));
  makeProgram(into, names);

  for (auto [value, name] : llvm::zip(boundary, names)) {
    unsigned index = from.getNumArguments();
    from.insertArgument(index, value.getType(), builder.getDictionaryAttr(builder.getNamedAttr(kStateAttr, name)),
                        value.getLoc());
    Value(value).replaceAllUsesWith(from.getArgument(index));
  }
  eraseUnused(from);
  if (input.use_empty())
    from.eraseArgument(input.getArgNumber());
}

} // namespace snap
