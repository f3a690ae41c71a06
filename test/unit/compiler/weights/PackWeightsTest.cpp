//===- PackWeightsTest.cpp - Weight expressions of a plan -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/weights/PackWeights.h"
#include "dialects/snap/Snap.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace snap;

namespace {

/// A transpose, a sum with a constant, and a weight as it is.
const char *const source = R"(
plan.weight @w0 : tensor<3x2xf32> {
  %0 = snap.weight "m:a" : tensor<2x3xf32>
  %1 = snap.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  snap.yield %1 : tensor<3x2xf32>
}
plan.weight @w1 : tensor<2x3xf32> {
  %0 = snap.weight "m:a" : tensor<2x3xf32>
  %1 = snap.constant dense<10.0> : tensor<f32>
  %2 = snap.binary add %0, %1 : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  snap.yield %2 : tensor<2x3xf32>
}
plan.weight @w2 : tensor<2x3xf32> {
  %0 = snap.weight "m:b" : tensor<2x3xf32>
  snap.yield %0 : tensor<2x3xf32>
}
)";

class PackWeightsTest : public testing::Test {
protected:
  PackWeightsTest() {
    context.loadDialect<SnapDialect, plan::PlanDialect>();
    module = parseSourceString<ModuleOp>(source, &context);
    Tensor a(ElementType::F32, {2, 3});
    for (int i = 0; i < 6; ++i)
      a.set(i, i);
    weights.add("m:a", a);
  }
  std::string pack() {
    llvm::Error error = packWeights(
        *module, weights,
        [&](plan::WeightOp op, const Tensor &tensor) {
          names.push_back(op.getSymName().str());
          tensors.push_back(tensor);
          return writeFails ? llvm::createStringError(std::errc::no_space_on_device, "no space left")
                            : llvm::Error::success();
        },
        [&](uint64_t done, uint64_t total) { progress.push_back(done * 10 + total); });
    return toString(std::move(error));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  WeightStore weights;
  bool writeFails = false;
  std::vector<std::string> names;
  std::vector<Tensor> tensors;
  std::vector<uint64_t> progress;
};

TEST_F(PackWeightsTest, WritesInTheModulesOrder) {
  ASSERT_TRUE(module);
  Tensor b(ElementType::F32, {2, 3});
  b.set(0, -1);
  weights.add("m:b", b);
  ASSERT_EQ(pack(), "");
  EXPECT_EQ(names, (std::vector<std::string>{"w0", "w1", "w2"}));
  EXPECT_EQ(tensors[0].shape(), (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(tensors[0].getDouble(1), 3) << "transposed";
  EXPECT_EQ(tensors[1].getDouble(5), 15);
  EXPECT_EQ(tensors[2].getDouble(0), -1);
  EXPECT_EQ(progress, (std::vector<uint64_t>{13, 23, 33}));
}

TEST_F(PackWeightsTest, SaysWhichWeightIsMissing) {
  EXPECT_NE(pack().find("no weight is named 'm:b'"), std::string::npos);
}

TEST_F(PackWeightsTest, SaysWhichWeightHasAnotherType) {
  weights.add("m:b", Tensor(ElementType::F16, {2, 3}));
  EXPECT_NE(pack().find("weight 'm:b' is 2x3 of f16, but the program reads it as 2x3 of f32"), std::string::npos);
}

TEST_F(PackWeightsTest, StopsWhenWritingFails) {
  writeFails = true;
  EXPECT_EQ(pack(), "no space left");
  EXPECT_EQ(names.size(), 1u);
}

} // namespace
