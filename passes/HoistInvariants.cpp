//===- HoistInvariants.cpp - What depends on the prompt alone -------------===//
//
// Follows one input through the function. What is computed from it and from
// weights alone has the same value in every denoising step; a program of its
// own computes it once and leaves it as state.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"
#include "passes/Programs.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_HOISTINVARIANTS
#include "passes/Passes.h.inc"

namespace {

struct HoistInvariants : impl::HoistInvariantsBase<HoistInvariants> {
  using HoistInvariantsBase::HoistInvariantsBase;

  void runOnOperation() override {
    auto [function, argument] = findFunctionInput(getOperation(), from, input);
    if (!function)
      return signalPassFailure();
    if (getOperation().lookupSymbol(into)) {
      function.emitOpError("cannot hand on to @") << into << ", which is there already";
      return signalPassFailure();
    }
    hoist(function, argument);
  }

  /// The function that computes what can be hoisted, before `function`; nothing if there is none.
  void hoist(func::FuncOp function, BlockArgument argument);
  void makeProgram(func::FuncOp function, BlockArgument argument, ArrayRef<Value> values, ArrayRef<Attribute> names);
};

} // namespace

void HoistInvariants::makeProgram(func::FuncOp function, BlockArgument argument, ArrayRef<Value> values,
                                  ArrayRef<Attribute> names) {
  OpBuilder builder(function);
  Type type = argument.getType();
  auto program = builder.create<func::FuncOp>(function.getLoc(), into,
                                              builder.getFunctionType(type, ValueRange(values).getTypes()));
  Block *body = builder.createBlock(&program.getBody(), {}, type, argument.getLoc());
  program.setArgAttrs(0, function.getArgAttrDict(argument.getArgNumber()));

  IRMapping mapping;
  mapping.map(argument, body->getArgument(0));
  SmallVector<Value> results;
  for (auto [i, value] : llvm::enumerate(values)) {
    results.push_back(cloneExpression(builder, value, mapping));
    program.setResultAttr(i, kStateAttr, names[i]);
  }
  builder.create<func::ReturnOp>(function.getLoc(), results);
}

void HoistInvariants::hoist(func::FuncOp function, BlockArgument argument) {
  Dependents dependents(function, argument);
  ArrayRef<Value> values = dependents.boundary();
  if (values.empty())
    return;
  Builder builder(&getContext());
  SmallVector<Attribute> names;
  for (size_t i = 0; i < values.size(); ++i)
    names.push_back(builder.getStringAttr(into + "." + Twine(i)));
  makeProgram(function, argument, values, names);

  for (auto [value, name] : llvm::zip(values, names)) {
    unsigned index = function.getNumArguments();
    function.insertArgument(index, value.getType(), builder.getDictionaryAttr(builder.getNamedAttr(kStateAttr, name)),
                            value.getLoc());
    Value(value).replaceAllUsesWith(function.getArgument(index));
  }
  eraseUnused(function);
  if (argument.use_empty())
    function.eraseArgument(argument.getArgNumber());
}

} // namespace snap
