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

void eraseUnused(func::FuncOp func) {
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front().without_terminator())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty())
      op->erase();
}

} // namespace snap
