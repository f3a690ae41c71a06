//===- CompactPrunedMasks.cpp - Weights times the masks of a file ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/CompactPruned.h"
#include "passes/Matching.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace snap {

namespace {
struct Mask {
  int64_t axis = 0;
  std::vector<int64_t> zero;
};

// NOLINTNEXTLINE(readability-identifier-naming): found by LLVM's by this name
bool fromJSON(const llvm::json::Value &value, Mask &mask, llvm::json::Path path) {
  if (value.kind() == llvm::json::Value::Array)
    return llvm::json::fromJSON(value, mask.zero, path);
  llvm::json::ObjectMapper map(value, path);
  return map && map.map("zero", mask.zero) && map.mapOptional("axis", mask.axis);
}
} // namespace

Value createVector(OpBuilder &builder, Location loc, ArrayRef<float> values) {
  constexpr size_t largest = 1024;
  SmallVector<Value> pieces;
  for (; !values.empty(); values = values.drop_front(std::min(values.size(), largest))) {
    ArrayRef<float> some = values.take_front(largest);
    auto type = RankedTensorType::get({int64_t(some.size())}, builder.getF32Type());
    pieces.push_back(builder.create<ConstantOp>(loc, DenseElementsAttr::get(type, some)));
  }
  return pieces.size() == 1 ? pieces.front() : builder.create<ConcatOp>(loc, pieces, 0).getResult();
}

/// weight -> weight * mask, where the mask is 0 for the channels named and else 1.
static LogicalResult apply(WeightOp weight, const Mask &mask, StringRef path) {
  RankedTensorType type = tensorType(weight);
  auto refuse = [&](const Twine &why) {
    return weight.emitError() << path << ": \"" << weight.getName() << "\" " << why;
  };
  if (mask.axis < 0 || mask.axis >= type.getRank())
    return refuse("has " + Twine(type.getRank()) + " dimensions, the mask is for axis " + Twine(mask.axis));
  if (!isa<FloatType>(type.getElementType()))
    return refuse("does not hold floats");
  std::vector<float> factors(type.getDimSize(mask.axis), 1);
  for (int64_t channel : mask.zero) {
    if (channel < 0 || channel >= int64_t(factors.size()))
      return refuse("has " + Twine(factors.size()) + " channels along axis " + Twine(mask.axis) +
                    ", the mask names channel " + Twine(channel));
    factors[channel] = 0;
  }
  OpBuilder builder(weight->getContext());
  builder.setInsertionPointAfter(weight);
  Location loc = weight.getLoc();
  Value factor = createVector(builder, loc, factors);
  if (!type.getElementType().isF32())
    factor = builder.create<CastOp>(loc, tensorType(factor).clone(type.getElementType()), factor);
  SmallVector<int64_t> shape(type.getRank(), 1);
  shape[mask.axis] = factors.size();
  factor = builder.create<ReshapeOp>(loc, type.clone(shape), factor);
  auto masked = builder.create<BinaryOp>(loc, BinaryFn::Mul, weight, factor);
  weight.getResult().replaceAllUsesExcept(masked, masked);
  return success();
}

LogicalResult applyMasks(ModuleOp module, StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return module.emitError() << path << ": cannot be read: " << file.getError().message();
  llvm::Expected<llvm::json::Value> json = llvm::json::parse((*file)->getBuffer());
  if (!json)
    return module.emitError() << path << ": " << toString(json.takeError());
  std::map<std::string, Mask> masks;
  llvm::json::Path::Root root("masks");
  if (!fromJSON(*json, masks, root))
    return module.emitError()
           << path << ": " << toString(root.getError())
           << "; expected {\"WEIGHT\": [CHANNEL, …], \"WEIGHT\": {\"axis\": N, \"zero\": [CHANNEL, …]}}";
  SmallVector<WeightOp> weights;
  module.walk([&](WeightOp weight) { weights.push_back(weight); });
  bool good = true;
  for (const auto &[name, mask] : masks) {
    bool found = false;
    for (WeightOp weight : weights)
      if (weight.getName() == name || weight.getName().split(':').second == name) {
        found = true;
        good &= succeeded(apply(weight, mask, path));
      }
    if (!found) {
      module.emitError() << path << ": no weight is named \"" << name << "\"";
      good = false;
    }
  }
  return success(good);
}

} // namespace snap
