//===- LowerToPlanWeights.cpp - Weight expressions as plan.weight ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace snap {

/// Clones the operations that `value` depends on, each once.
static Value cloneExpression(OpBuilder &builder, Value value, IRMapping &mapping) {
  value = outerValue(value);
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *def = value.getDefiningOp();
  assert(def && "a weight expression reads no program input");
  for (Value operand : def->getOperands())
    mapping.map(operand, cloneExpression(builder, operand, mapping));
  builder.clone(*def, mapping);
  return mapping.lookup(value);
}

plan::WeightOp WeightOutliner::outline(Value value, const Packing &packing) {
  Location loc = value.getLoc();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto weight = builder.create<plan::WeightOp>(loc, "weight", value.getType(), IntegerAttr());
  Block &body = weight.getBody().emplaceBlock();
  builder.setInsertionPointToStart(&body);
  IRMapping mapping;
  Value result = cloneExpression(builder, value, mapping);
  if (packing) {
    ImplicitLocOpBuilder packer(loc, builder);
    result = packing(packer, result);
    builder.setInsertionPointToEnd(&body);
    weight.setType(result.getType());
  }
  builder.create<YieldOp>(loc, result);

  // Text without locations and names is equal exactly when the expressions are.
  std::string text;
  llvm::raw_string_ostream os(text);
  weight.print(os, OpPrintingFlags().useLocalScope());
  auto [it, inserted] = byText.try_emplace(text, weight);
  if (!inserted)
    weight.erase();
  else
    weight.setSymName(("w" + Twine(byText.size() - 1)).str());
  return it->second;
}

} // namespace snap
