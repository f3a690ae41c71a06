//===- LowerToPlanWeights.cpp - Weight expressions as plan.weight ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/StringExtras.h"

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

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// "resnets.1": one of a list of modules.
static bool isIndexed(StringRef component) {
  auto [name, index] = component.rsplit('.');
  return !name.empty() && !index.empty() && llvm::all_of(index, llvm::isDigit);
}

/// The ONNX node's name in a location, empty if there is none.
static StringRef nodeName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().getValue().split(':').second;
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef name = nodeName(part); !name.empty())
        return name;
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return nodeName(call.getCallee());
  return "";
}

std::string blockOf(Location loc) {
  StringRef name = nodeName(loc);
  if (!name.consume_front("/"))
    return "";
  SmallVector<StringRef> components;
  name.split(components, '/');
  components.pop_back(); // the operation
  if (components.empty())
    return "";
  // Up to the end of the first run of list members: what follows are parts of a
  // block ("attn1", "to_out.0"). Where there is no list, the outermost two.
  auto *first = llvm::find_if(components, isIndexed);
  auto *last = std::find_if_not(first, components.end(), isIndexed);
  size_t count = first == components.end() ? std::min<size_t>(components.size(), 2) : last - components.begin();
  return llvm::join(ArrayRef(components).take_front(count), ".");
}

} // namespace snap
