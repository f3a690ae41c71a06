//===- Programs.cpp - Inputs and functions of a module --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Programs.h"

using namespace mlir;

namespace snap {

BlockArgument findInput(func::FuncOp func, StringRef name) {
  for (BlockArgument argument : func.getArguments()) {
    auto attr = func.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "snap.name");
    if (attr && attr.getValue() == name)
      return argument;
  }
  return nullptr;
}

std::pair<func::FuncOp, BlockArgument> findFunctionInput(ModuleOp module, StringRef name, StringRef input) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (!function) {
    module.emitError("has no function @") << name;
    return {};
  }
  BlockArgument argument = findInput(function, input);
  if (!argument) {
    function.emitOpError("has no input '") << input << "'";
    return {};
  }
  return {function, argument};
}

void eraseUnused(func::FuncOp func) {
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front().without_terminator())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty())
      op->erase();
}

Dependents::Dependents(func::FuncOp func, BlockArgument input) {
  auto ops = func.getBody().front().without_terminator();
  values.insert(input);
  for (Operation &op : ops) {
    auto isKnown = [&](Value value) { return isWeight(value) || values.contains(value); };
    if (llvm::all_of(op.getOperands(), [&](Value value) { return isWeight(value); }))
      weights.insert(op.result_begin(), op.result_end());
    else if (llvm::all_of(op.getOperands(), isKnown))
      values.insert(op.result_begin(), op.result_end());
  }

  auto isReadElsewhere = [&](Value value) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      return user->getNumResults() == 0 || !values.contains(user->getResult(0));
    });
  };
  SmallVector<Value> found; // backwards, so that a view's readers are known before it
  for (Operation &op : llvm::reverse(ops))
    for (Value result : op.getResults()) {
      if (!values.contains(result) || !isReadElsewhere(result))
        continue;
      if (isa<ReshapeOp, BroadcastOp, SliceOp>(op))
        values.erase(result);
      else
        found.push_back(result);
    }
  inputReadElsewhere = isReadElsewhere(input);
  border.insert(found.rbegin(), found.rend());
}

Value cloneExpression(OpBuilder &builder, Value value, IRMapping &mapping) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *def = value.getDefiningOp();
  for (Value operand : def->getOperands())
    cloneExpression(builder, operand, mapping);
  builder.clone(*def, mapping);
  return mapping.lookup(value);
}

} // namespace snap
