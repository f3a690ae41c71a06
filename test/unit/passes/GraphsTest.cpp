//===- GraphsTest.cpp - What the graph passes make of the models ----------===//
//
// The graphs of models/, without weights: every norm, activation and attention
// found, no transpose but at the program's ends, the number of kernels pinned.
// And on the small ones, whose weights can be random: the same results.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OnnxImporter.h"
#include "dialects/plan/Plan.h"
#include "passes/Passes.h"
#include "test/support/Equivalence.h"
#include "test/support/RandomProgram.h"

#include "mlir/IR/Verifier.h"

#include <gtest/gtest.h>

#include <ctime>

using namespace mlir;
using namespace snap;

namespace {

using Counts = std::map<std::string, unsigned>;

struct Graph {
  const char *name; // under models/
  std::map<std::string, int64_t> dims;
  Counts recovered; // activations after choose-layouts
  unsigned calls;   // of kernels, in the plan
};

const std::map<std::string, int64_t> textDims{{"batch", 2}}, imageDims{{"batch", 1}, {"height", 64}, {"width", 64}},
    pairDims{{"batch", 2}, {"height", 64}, {"width", 64}}, nanoDims{{"batch", 1}, {"height", 16}, {"width", 16}},
    nanoPairDims{{"batch", 2}, {"height", 16}, {"width", 16}};

const Counts textCounts{{"attention", 12}, {"layer_norm", 25}, {"matmul", 72}, {"gelu_quick", 12}};
const Counts nanoTextCounts{{"attention", 2}, {"layer_norm", 5}, {"matmul", 12}, {"gelu_quick", 2}};
const Counts unetCounts{{"attention", 28}, {"layer_norm", 42}, {"group_norm", 49}, {"conv2d", 82},   {"matmul", 159},
                        {"silu", 37},      {"gelu", 14},       {"upsample", 3},    {"transpose", 2}, {"concat", 11}};
const Counts sdUnetCounts{{"attention", 32}, {"layer_norm", 48}, {"group_norm", 61}, {"conv2d", 98},   {"matmul", 184},
                          {"silu", 47},      {"gelu", 16},       {"upsample", 3},    {"transpose", 2}, {"concat", 13}};
const Counts decoderCounts{{"attention", 1}, {"group_norm", 30}, {"conv2d", 36},  {"matmul", 4},
                           {"silu", 29},     {"upsample", 3},    {"transpose", 2}};
const Counts nanoDecoderCounts{{"attention", 1}, {"group_norm", 30}, {"conv2d", 35},  {"matmul", 4},
                               {"silu", 29},     {"upsample", 3},    {"transpose", 2}};

// What is left of the forms exporters write norms, activations and attention in.
const char *const primitives[] = {"softmax", "sigmoid", "erf", "tanh", "is_nan", "resize", "reduce", "rsqrt"};

const Graph graphs[] = {
    {"snapfusion/text_encoder", textDims, textCounts, 62},
    {"snapfusion/unet", pairDims, unetCounts, 215},
    {"snapfusion/vae_decoder", imageDims, decoderCounts, 39},
    {"nano/text_encoder", textDims, nanoTextCounts, 12},
    {"nano/unet", nanoPairDims, unetCounts, 215},
    {"nano/vae_decoder", nanoDims, nanoDecoderCounts, 38},
    {"dynamo/text_encoder", {}, textCounts, 62},
    {"dynamo/unet", {}, unetCounts, 215},
    {"dynamo/vae_decoder", {}, decoderCounts, 39},
    {"sd15/unet", pairDims, sdUnetCounts, 250},
    {"sd15/vae_decoder", imageDims, decoderCounts, 39},
};

class GraphPasses : public testing::TestWithParam<Graph> {
protected:
  MLIRContext context;
  WeightStore weights;
  OwningOpRef<ModuleOp> module;

  void SetUp() override {
    test::loadDialects(context);
    module = ModuleOp::create(UnknownLoc::get(&context));
    ImportOptions options;
    options.dims = GetParam().dims;
    std::string path = std::string(SNAP_MODELS) + "/" + GetParam().name + "/model.onnx";
    ASSERT_TRUE(succeeded(importOnnx(*module, path, options, weights)));
  }

  void run(llvm::function_ref<void(OpPassManager &)> add) {
    PassManager passes(&context);
    add(passes.nest<func::FuncOp>());
    ASSERT_TRUE(succeeded(passes.run(*module)));
  }

  // Operations on activations by name, elementwise ones by function.
  Counts count() {
    Counts counts;
    DenseSet<Value> constant;
    module->walk([&](Operation *op) {
      if (!isa<SnapDialect>(op->getDialect()) || op->getNumResults() == 0)
        return;
      bool inFused = isa<FusedOp>(op->getParentOp());
      if (!inFused && llvm::all_of(op->getOperands(), [&](Value v) { return constant.contains(v); })) {
        constant.insert(op->getResult(0));
        return;
      }
      std::string name = op->getName().stripDialect().str();
      if (auto unary = dyn_cast<UnaryOp>(op))
        name = stringifyUnaryFn(unary.getFn()).str();
      ++counts[name];
    });
    return counts;
  }
};

TEST_P(GraphPasses, FindEveryOperationOfTheModel) {
  run([](OpPassManager &passes) {
    passes.addPass(createSimplifyImport());
    passes.addPass(createRecoverOps());
    passes.addPass(createChooseLayouts());
  });
  Counts counts = count();
  for (const auto &[name, number] : GetParam().recovered)
    EXPECT_EQ(counts[name], number) << name;
  for (const char *name : primitives)
    EXPECT_EQ(counts[name], 0u) << name;
}

TEST_P(GraphPasses, LowerToSoManyCalls) {
  PipelineOptions options;
  std::string error;
  options.target = *TargetModel::get("x86_64-linux", "avx512", error);
  PassManager passes(&context);
  buildPipeline(passes, options);
  ASSERT_TRUE(succeeded(passes.run(*module)));
  unsigned calls = 0;
  module->walk([&](plan::CallOp) { ++calls; });
  EXPECT_EQ(calls, GetParam().calls);
}

// The whole pipeline, to a verified plan, in processor time, which other work on the machine does not change. No debug
// build takes this long; a pattern gone quadratic does.
TEST_P(GraphPasses, TakeLessThanFiveSeconds) {
  for (ElementType precision : {ElementType::F32, ElementType::F16}) {
    PipelineOptions options;
    std::string error;
    options.target = *TargetModel::get("x86_64-linux", "avx512", error);
    options.precision = precision;
    OwningOpRef<ModuleOp> copy = module->clone();
    PassManager passes(&context);
    buildPipeline(passes, options);
    std::clock_t start = std::clock();
    ASSERT_TRUE(succeeded(passes.run(*copy)));
    double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("passes of %s in %s: %.3f s\n", GetParam().name, toString(precision), seconds);
    EXPECT_LT(seconds, 5.0);
  }
}

std::string testName(const testing::TestParamInfo<Graph> &info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Models, GraphPasses, testing::ValuesIn(graphs), testName);

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

class NanoResults : public GraphPasses {};

TEST_P(NanoResults, AreKept) {
  static const bool registered = (registerSnapPasses(), true);
  ASSERT_TRUE(registered);
  EXPECT_EQ(
      test::checkEquivalent(
          *module, "func.func(simplify-import,recover-ops,merge-matmuls,choose-layouts,fuse,fuse-prologues)", 7, 1e-5),
      "");
}

INSTANTIATE_TEST_SUITE_P(Models, NanoResults, testing::ValuesIn(graphs + 3, graphs + 6), testName);

} // namespace
