//===- MovementTest.cpp - Chains of reshapes and transposes ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Movement.h"

#include "dialects/reference/Interpreter.h"

#include "mlir/IR/BuiltinOps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

using namespace mlir;
using namespace snap;

namespace {

struct MovementTest : testing::Test {
  MLIRContext context;
  OpBuilder builder{&context};
  OwningOpRef<ModuleOp> module;

  MovementTest() {
    context.loadDialect<func::FuncDialect, SnapDialect>();
    module = ModuleOp::create(builder.getUnknownLoc());
    builder.setInsertionPointToStart(module->getBody());
  }

  // A tensor whose elements are their own row-major positions.
  Value positions(ArrayRef<int64_t> shape) {
    int64_t elements = 1;
    for (int64_t n : shape)
      elements *= n;
    auto flat = RankedTensorType::get({elements}, builder.getI64Type());
    Value iota = builder.create<IotaOp>(builder.getUnknownLoc(), flat, 0);
    return reshape(iota, shape);
  }
  Value reshape(Value value, ArrayRef<int64_t> shape) {
    auto type = RankedTensorType::get(shape, builder.getI64Type());
    return builder.create<ReshapeOp>(builder.getUnknownLoc(), type, value);
  }
  Value transpose(Value value, ArrayRef<int64_t> permutation) {
    return builder.create<TransposeOp>(builder.getUnknownLoc(), value, permutation);
  }

  // What the value holds, by running what it is made from.
  Tensor run(Value value) {
    SmallVector<Tensor> inputs, results;
    for (Value operand : value.getDefiningOp()->getOperands())
      inputs.push_back(run(operand));
    EXPECT_TRUE(succeeded(evaluate(value.getDefiningOp(), inputs, results)));
    return results.front();
  }

  static unsigned countTransposes(ArrayRef<Operation *> ops) {
    return llvm::count_if(ops, [](Operation *op) { return isa<TransposeOp>(op); });
  }
};

TEST_F(MovementTest, HeadsSplitAndMergedAreNothing) {
  Value x =
      builder.create<WeightOp>(builder.getUnknownLoc(), RankedTensorType::get({2, 7, 12}, builder.getI64Type()), "x");
  Value heads = transpose(reshape(x, {2, 7, 3, 4}), {0, 2, 1, 3});
  Movement movement = Movement::trace(reshape(transpose(heads, {0, 2, 1, 3}), {2, 7, 12}));
  EXPECT_EQ(movement.source(), x);
  EXPECT_TRUE(movement.isReshape());
  EXPECT_EQ(movement.steps().size(), 0u);
}

TEST_F(MovementTest, ImageToTokensIsTransposedOnce) {
  Value x = builder.create<WeightOp>(builder.getUnknownLoc(),
                                     RankedTensorType::get({2, 320, 8, 8}, builder.getI64Type()), "x");
  Movement movement = Movement::trace(transpose(reshape(x, {2, 320, 64}), {0, 2, 1}));
  Movement::Steps steps = movement.steps();
  EXPECT_EQ(steps.before, (SmallVector<int64_t>{2, 320, 64}));
  EXPECT_EQ(steps.permutation, (SmallVector<int64_t>{0, 2, 1}));
  EXPECT_TRUE(steps.after.empty());
}

TEST_F(MovementTest, RefusesToCutAcrossFactors) {
  Value x = builder.create<WeightOp>(builder.getUnknownLoc(), RankedTensorType::get({4, 6}, builder.getI64Type()), "x");
  Movement movement(x);
  movement.transpose({1, 0});
  EXPECT_FALSE(movement.reshape({4, 6})); // 6 x 4 row-major, cut at 4: 6 would have to give 2/3
  EXPECT_EQ(movement.shape(), (ArrayRef<int64_t>{6, 4}));
  EXPECT_TRUE(movement.reshape({2, 3, 4}));
}

// Any chain, rebuilt, moves every element where the chain moved it; what was
// traced has one transpose at most, and none if the chain had none.
TEST_F(MovementTest, RandomChainsKeepEveryElementsPlace) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::mt19937 random(seed);
    auto pick = [&](size_t n) { return size_t(random() % n); };
    const SmallVector<int64_t> primes{1, 2, 2, 3, 4, 5};
    auto randomShape = [&](SmallVector<int64_t> factors) {
      std::shuffle(factors.begin(), factors.end(), random);
      SmallVector<int64_t> shape;
      for (int64_t factor : factors) {
        if (shape.empty() || pick(2))
          shape.push_back(factor);
        else
          shape.back() *= factor;
      }
      return shape;
    };
    Value value = positions(randomShape(primes));
    for (size_t step = 0, steps = 1 + pick(6); step < steps; ++step) {
      if (pick(2)) {
        value = reshape(value, randomShape(primes));
        continue;
      }
      SmallVector<int64_t> permutation(cast<RankedTensorType>(value.getType()).getRank());
      for (auto [i, p] : llvm::enumerate(permutation))
        p = i;
      std::shuffle(permutation.begin(), permutation.end(), random);
      value = transpose(value, permutation);
    }
    Movement movement = Movement::trace(value);
    Value rebuilt = movement.build(builder, builder.getUnknownLoc());
    ASSERT_EQ(rebuilt.getType(), value.getType()) << "seed " << seed;
    Tensor expected = run(value), actual = run(rebuilt);
    for (int64_t i = 0; i < expected.elements(); ++i)
      ASSERT_EQ(actual.getInt(i), expected.getInt(i)) << "seed " << seed << ", element " << i;
    if (countTransposes(movement.chain()) == 0)
      EXPECT_TRUE(movement.isReshape()) << "seed " << seed;
  }
}

} // namespace
