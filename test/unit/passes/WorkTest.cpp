//===- WorkTest.cpp - What a program has to do, counted -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Work.h"
#include "passes/Passes.h"
#include "test/support/ProgramBuilder.h"
#include "test/support/RandomProgram.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {

class WorkTest : public testing::Test {
protected:
  WorkTest() { test::loadDialects(context); }
  OwningOpRef<ModuleOp> parse(StringRef text) { return parseSourceString<ModuleOp>(text, &context); }
  std::vector<WorkRecord> runPipeline(ModuleOp module) {
    PipelineOptions options;
    std::string error;
    options.target = *TargetModel::get("x86_64-linux", "avx2", error);
    std::vector<WorkRecord> records;
    PassManager passes(&context);
    passes.addInstrumentation(std::make_unique<WorkRecorder>(records));
    buildPipeline(passes, options);
    EXPECT_TRUE(succeeded(passes.run(module)));
    return records;
  }
  MLIRContext context;
};

const char *const layer = R"(
func.func @layer(%x: tensor<2x8x4xf32> {snap.name = "x"}) -> (tensor<2x8x6xf32> {snap.name = "y"}) {
  %w = snap.weight "m:up.0.proj.weight" : tensor<4x6xf32>
  %b = snap.weight "m:up.0.proj.bias" : tensor<6xf32>
  %0 = snap.matmul %x, %w : (tensor<2x8x4xf32>, tensor<4x6xf32>) -> tensor<2x8x6xf32>
  %1 = snap.binary add %0, %b : (tensor<2x8x6xf32>, tensor<6xf32>) -> tensor<2x8x6xf32>
  %2 = snap.unary silu %1 : (tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
  return %2 : tensor<2x8x6xf32>
})";

TEST_F(WorkTest, CountsKernelsMacsAndBytes) {
  Work work = workOf(*parse(layer)->getOps<func::FuncOp>().begin());
  EXPECT_EQ(work.kernels, 3u);
  EXPECT_EQ(work.macs, 2u * 8 * 6 * 4);
  // x, w, product; product, bias, sum; sum, result.
  EXPECT_EQ(work.bytes, 4u * ((64 + 24 + 96) + (96 + 6 + 96) + (96 + 96)));
}

TEST_F(WorkTest, CountsAttentionConvolutionAndGather) {
  auto module = parse(R"(
func.func @f(%ids: tensor<3xi64>, %x: tensor<1x4x6x6xf32>, %q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>,
             %v: tensor<2x7x4xf32>) -> (tensor<3x2xf32>, tensor<1x6x3x3xf32>, tensor<2x5x4xf32>) {
  %table = snap.weight "m:t" : tensor<100x2xf32>
  %0 = snap.gather %table, %ids {axis = 0 : i64} : (tensor<100x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  %w = snap.weight "m:w" : tensor<6x2x3x3xf32>
  %1 = snap.conv2d %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64} : (tensor<1x4x6x6xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x3x3xf32>
  %2 = snap.attention %q, %k, %v {heads = 2 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x4xf32>) -> tensor<2x5x4xf32>
  return %0, %1, %2 : tensor<3x2xf32>, tensor<1x6x3x3xf32>, tensor<2x5x4xf32>
})");
  ASSERT_TRUE(module);
  Work work = workOf(*module->getOps<func::FuncOp>().begin());
  EXPECT_EQ(work.macs, 54u * 18 + 2u * 5 * 7 * (8 + 4));
  uint64_t gather = 3 * 8 + 2 * 4 * 6, conv = 4 * (144 + 108 + 54), attention = 4 * (80 + 112 + 56 + 40);
  EXPECT_EQ(work.bytes, gather + conv + attention);
}

TEST_F(WorkTest, RecordsEveryPassFromTheImportToThePlan) {
  auto module = parse(layer);
  std::vector<WorkRecord> records = runPipeline(*module);
  ASSERT_GE(records.size(), 3u);
  EXPECT_EQ(records.front().pass, "import");
  EXPECT_EQ(records.back().pass, "verify-plan");
  for (const WorkRecord &record : records) {
    EXPECT_EQ(record.program, "layer");
    EXPECT_EQ(record.work.macs, 2u * 8 * 6 * 4) << record.pass;
  }
  EXPECT_EQ(records.front().work.kernels, 3u);
  EXPECT_EQ(records.back().work.kernels, 1u); // fused
  EXPECT_LT(records.back().work.bytes, records.front().work.bytes);
  auto program = *module->getOps<plan::ProgramOp>().begin();
  auto call = *program.getOps<plan::CallOp>().begin();
  EXPECT_EQ(parametersOf(program).lookup(call), 30u);
  EXPECT_EQ(call.getBlock(), "up.0");
}

// Only what pruning left dead goes; every other pass moves work, and the keys of the plan count it as the IR does.
TEST_F(WorkTest, PassesThatOnlyMoveWorkKeepMacs) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    auto module = test::randomProgram(context, test::ProgramKind::Unet, seed);
    std::vector<WorkRecord> records = runPipeline(*module);
    for (size_t i = 1; i < records.size(); ++i) {
      if (records[i].pass == "compact-pruned")
        EXPECT_LE(records[i].work.macs, records[i - 1].work.macs) << "seed " << seed;
      else
        EXPECT_EQ(records[i].work.macs, records[i - 1].work.macs) << records[i].pass << ", seed " << seed;
      // Plans read padded weights, which outweigh the images of so small a model.
      if (records[i].pass == "fuse")
        EXPECT_LT(records[i].work.bytes, records[0].work.bytes) << "seed " << seed;
    }
  }
}

} // namespace
