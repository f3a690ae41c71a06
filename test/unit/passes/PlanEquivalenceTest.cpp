//===- PlanEquivalenceTest.cpp - Plans compute what programs do -----------===//
//
// Random programs lowered to plans, which are then run on a real arena with
// the reference of every kernel key: wrong keys, packing, views, strides and
// overlapping buffers all show.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"
#include "test/support/Equivalence.h"
#include "test/support/PlanRunner.h"
#include "test/support/ProgramSweep.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassRegistry.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

/// Empty if the plan that `build` makes gives the program's results.
std::string checkPlan(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build, uint64_t seed,
                      double tolerance) {
  std::string before = print(module);
  std::vector<Tensor> inputs = test::randomInputs(*module.getOps<func::FuncOp>().begin(), seed);
  FailureOr<SmallVector<Tensor>> expected = test::runProgram(module, seed);
  if (failed(expected))
    return "the program does not run";
  auto report = [&](const std::string &what) {
    return "seed " + std::to_string(seed) + ": " + what + "\n--- before\n" + before + "--- after\n" + print(module);
  };
  PassManager passes(module.getContext());
  build(passes);
  if (failed(passes.run(module)) || failed(verify(module)))
    return report("the pipeline fails");
  FailureOr<std::vector<Tensor>> actual = test::runPlan(module, inputs);
  if (failed(actual) || actual->size() != expected->size())
    return report("the plan does not run");
  for (size_t i = 0; i < actual->size(); ++i)
    if (std::string problem = test::compareTensors((*actual)[i], (*expected)[i], tolerance); !problem.empty())
      return report("result " + std::to_string(i) + ": " + problem);
  return "";
}

// Straight from the importer's form: nchw, transposed operands, every operation.
TEST(PlanEquivalence, ofImportedPrograms) {
  static const bool registered = (registerSnapPasses(), true);
  ASSERT_TRUE(registered);
  auto build = [](OpPassManager &passes) {
    ASSERT_TRUE(succeeded(parsePassPipeline("func.func(tile-attention{target=x86_64-linux cpu=avx2}),"
                                            "lower-to-plan{target=x86_64-linux cpu=avx2},allocate-arena,verify-plan",
                                            passes)));
  };
  EXPECT_EQ(test::sweep(test::ProgramKind::Soup, 60,
                        [&](ModuleOp module, uint64_t seed) { return checkPlan(module, build, seed, 1e-4); }),
            "");
}

// Moments made and taken wherever that is possible.
TEST(PlanEquivalence, ofSharedMoments) {
  size_t shared = 0;
  PipelineOptions options;
  std::string error;
  options.target = *TargetModel::get("x86_64-linux", "avx2", error);
  // Blocks as wide as the image, or of half the rows.
  options.moments = [&](const KernelKey &key, int64_t points) -> std::vector<int64_t> {
    const std::vector<int64_t> &out = key.outputs[0].shape;
    if (key.op == KernelOp::Conv2d)
      return {out[1] % 2 == 0 ? out[1] / 2 : 1, out[2]};
    return {points % 2 == 0 && out[out.size() - 2] % points == 0 ? points / 2 : 1};
  };
  auto build = [&](OpPassManager &passes) { buildPipeline(passes, options); };
  EXPECT_EQ(test::sweep(test::ProgramKind::Soup, 60,
                        [&](ModuleOp module, uint64_t seed) {
                          std::string problem = checkPlan(module, build, seed, 1e-4);
                          shared += StringRef(print(module)).count("norm_moments=");
                          return problem;
                        }),
            "");
  EXPECT_GT(shared, 10u);
}

struct Case {
  const char *name, *target, *cpu;
  ElementType precision;
  double tolerance;
  // Soups round and compare: in f16 a value off by one rounding may jump.
  test::ProgramKind first;
  unsigned seeds;
};

class PlanEquivalence : public testing::TestWithParam<Case> {};

TEST_P(PlanEquivalence, ofOptimisedPrograms) {
  PipelineOptions options;
  std::string error;
  options.target = *TargetModel::get(GetParam().target, GetParam().cpu, error);
  options.precision = GetParam().precision;
  auto build = [&](OpPassManager &passes) { buildPipeline(passes, options); };
  EXPECT_EQ(
      test::sweep(GetParam().first, GetParam().seeds,
                  [&](ModuleOp module, uint64_t seed) { return checkPlan(module, build, seed, GetParam().tolerance); }),
      "");
}

INSTANTIATE_TEST_SUITE_P(
    Targets, PlanEquivalence,
    testing::Values(Case{"avx2", "x86_64-linux", "avx2", ElementType::F32, 1e-4, test::ProgramKind::Soup, 60},
                    Case{"avx512", "x86_64-linux", "avx512", ElementType::F32, 1e-4, test::ProgramKind::Soup, 20},
                    Case{"arm64", "arm64-ios", "", ElementType::F32, 1e-4, test::ProgramKind::Soup, 20},
                    Case{"avx2_f16", "x86_64-linux", "avx2", ElementType::F16, 1e-2, test::ProgramKind::SmoothSoup, 30},
                    Case{"arm64_f16", "arm64-ios", "", ElementType::F16, 1e-2, test::ProgramKind::SmoothSoup, 20}),
    [](const testing::TestParamInfo<Case> &info) { return std::string(info.param.name); });

} // namespace
