//===- SpecializeTimesteps.cpp - The time embedding as a table ------------===//
//
// A schedule of known length visits known timesteps. What a denoising step
// computes from its timestep and from weights alone (the sinusoid, its MLP, the
// projection of every block) is then a row of a weight: computed at compile
// time, one row for each step, and picked by the step's index.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Passes.h"
#include "passes/Programs.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_SPECIALIZETIMESTEPS
#include "passes/Passes.h.inc"

namespace {

// Kernels read a slice in place that begins on a cache line, in f16 too.
constexpr int64_t kColumnsOfLine = 32;

int64_t paddedColumns(Value value) { return llvm::alignTo(tensorType(value).getNumElements(), kColumnsOfLine); }

/// Writes the table of one function.
class TableWriter {
public:
  TableWriter(BlockArgument timestep, const Dependents &dependents)
      : timestep(timestep), dependents(dependents), loc(timestep.getLoc()),
        builder(OpBuilder::atBlockBegin(timestep.getOwner())) {}

  /// A row for each timestep: every value of the boundary, padded to whole cache lines.
  Value write(ArrayRef<int64_t> timesteps) {
    SmallVector<Value> rows;
    for (int64_t step : timesteps)
      rows.push_back(row(step));
    return rows.size() == 1 ? rows.front() : Value(builder.create<ConcatOp>(loc, rows, /*axis=*/0));
  }

  /// Puts the row of step `index` in place of what the function computed.
  void replaceWithRow(Value table, Value index) {
    Value picked = builder.create<GatherOp>(loc, table, index, /*axis=*/0);
    int64_t column = 0;
    for (Value value : dependents.boundary()) {
      RankedTensorType type = tensorType(value);
      auto part = RankedTensorType::get({1, type.getNumElements()}, type.getElementType());
      Value slice =
          builder.create<SliceOp>(value.getLoc(), part, picked, ArrayRef<int64_t>{0, column}, ArrayRef<int64_t>{1, 1});
      value.replaceAllUsesWith(slice.getType() == type ? slice
                                                       : Value(builder.create<ReshapeOp>(value.getLoc(), type, slice)));
      column += paddedColumns(value);
    }
  }

private:
  Value row(int64_t step) {
    // Weights are read once, whatever the number of rows.
    IRMapping mapping = weights;
    mapping.map(timestep, createSplat(builder, loc, tensorType(timestep), static_cast<double>(step)));
    SmallVector<Value> parts;
    for (Value value : dependents.boundary()) {
      shareWeights(value, mapping);
      Value copy = cloneExpression(builder, value, mapping);
      int64_t size = tensorType(value).getNumElements(), columns = paddedColumns(value);
      Value part =
          builder.create<ReshapeOp>(loc, RankedTensorType::get({1, size}, tensorType(value).getElementType()), copy);
      if (columns > size)
        part = builder.create<PadOp>(loc, PadMode::Constant, part, ArrayRef<int64_t>{0, 0},
                                     ArrayRef<int64_t>{0, columns - size}, APFloat(0.0));
      parts.push_back(part);
    }
    return parts.size() == 1 ? parts.front() : Value(builder.create<ConcatOp>(loc, parts, /*axis=*/1));
  }

  /// Clones the weights that `value` depends on for all rows.
  void shareWeights(Value value, IRMapping &mapping) {
    if (mapping.lookupOrNull(value))
      return;
    if (dependents.isWeight(value)) {
      mapping.map(value, cloneExpression(builder, value, weights));
      return;
    }
    for (Value operand : value.getDefiningOp()->getOperands())
      shareWeights(operand, mapping);
  }

  BlockArgument timestep;
  const Dependents &dependents;
  Location loc;
  OpBuilder builder;
  IRMapping weights;
};

struct SpecializeTimesteps : impl::SpecializeTimestepsBase<SpecializeTimesteps> {
  using SpecializeTimestepsBase::SpecializeTimestepsBase;

  void runOnOperation() override {
    auto [function, argument] = findFunctionInput(getOperation(), from, input);
    if (!function)
      return signalPassFailure();
    if (timesteps.empty()) {
      function.emitOpError("cannot be specialized: no timesteps are given");
      return signalPassFailure();
    }
    if (findInput(function, index)) {
      function.emitOpError("has an input '") << index << "' already";
      return signalPassFailure();
    }
    specialize(function, argument);
  }

  void specialize(func::FuncOp function, BlockArgument argument);
};

} // namespace

void SpecializeTimesteps::specialize(func::FuncOp function, BlockArgument argument) {
  Dependents dependents(function, argument);
  ArrayRef<Value> values = dependents.boundary();
  auto isLikeFirst = [&](Value value) {
    return tensorType(value).getElementType() == tensorType(values.front()).getElementType();
  };
  if (values.empty() || dependents.isInputReadElsewhere() || !llvm::all_of(values, isLikeFirst) ||
      !isa<FloatType>(tensorType(values.front()).getElementType())) {
    function.emitRemark("the timestep stays an input: a table cannot hold what the program reads of it");
    return;
  }
  TableWriter writer(argument, dependents);
  Value table = writer.write(timesteps);

  Builder builder(&getContext());
  auto indexType = RankedTensorType::get({1}, builder.getI64Type());
  auto name = builder.getNamedAttr("snap.name", builder.getStringAttr(index));
  unsigned place = argument.getArgNumber();
  function.insertArgument(place, indexType, builder.getDictionaryAttr(name), argument.getLoc());
  writer.replaceWithRow(table, function.getArgument(place));
  eraseUnused(function);
  assert(argument.use_empty() && "all that read the timestep is in the table");
  function.eraseArgument(argument.getArgNumber());
}

} // namespace snap
