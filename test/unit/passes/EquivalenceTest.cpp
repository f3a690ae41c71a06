//===- EquivalenceTest.cpp - Passes keep what programs compute ------------===//
//
// Every graph pass, alone and one after the other as in the pipeline, on random
// programs: the reference interpreter's results before and after. The passes
// are asked of the pipeline, so a new one is tested as soon as it is there. A
// failure prints the program's name, how to rerun it alone, and the program
// before and after.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/Equivalence.h"
#include "passes/Passes.h"
#include "test/support/ProgramSweep.h"

#include "mlir/IR/OperationSupport.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/Process.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {

constexpr unsigned kSeeds = 60; // of each kind of program: 540 programs

PipelineOptions optionsFor(ElementType precision) {
  std::string error;
  PipelineOptions options;
  options.target = *TargetModel::get("x86_64-linux", "avx2", error);
  options.precision = precision;
  return options;
}

/// The passes of buildGraphPipeline in order, each as a pipeline of its own: "func.func(fuse)".
std::vector<std::string> graphPasses(ElementType precision) {
  OpPassManager pipeline("builtin.module");
  buildGraphPipeline(pipeline, optionsFor(precision));
  std::vector<std::string> passes;
  for (Pass &pass : pipeline.getPasses()) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    pass.printAsTextualPipeline(stream);
    StringRef rest = text;
    std::string before, after;
    if (rest.consume_front("func.func(") && rest.consume_back(")")) {
      before = "func.func(";
      after = ")";
    }
    // Commas in a pass's own options or nested passes do not separate passes.
    int depth = 0;
    std::string one;
    for (char c : rest.str() + ",") {
      depth += c == '{' || c == '(' ? 1 : c == '}' || c == ')' ? -1 : 0;
      if (c != ',' || depth) {
        one += c;
        continue;
      }
      passes.push_back(before + one + after);
      one.clear();
    }
  }
  return passes;
}

/// "func.func(fuse)" is named fuse.
std::string nameOfPass(StringRef pass) {
  pass.consume_front("func.func(");
  return pass.take_until([](char c) { return c == '{' || c == '(' || c == ')'; }).str();
}

void registerPasses() {
  static const bool registered = (registerSnapPasses(), true);
  (void)registered;
}

//===----------------------------------------------------------------------===//
// Each pass alone
//===----------------------------------------------------------------------===//

struct Case {
  std::string pass;
  double tolerance; // relative L2
  test::ProgramKind first;
  const char *suffix;
};

/// Rewrites that only move or group work are held to rounding, fuse to every
/// bit. f16 to its ten bits over a whole model, and not on soups, whose floors
/// and comparisons jump when a value is rounded.
std::vector<Case> cases() {
  std::vector<Case> result;
  for (const std::string &pass : graphPasses(ElementType::F32))
    result.push_back({pass, nameOfPass(pass) == "fuse" ? 0 : 1e-5, test::ProgramKind::Soup, ""});
  result.push_back({"func.func(convert-precision{precision=f16})", 1e-2, test::ProgramKind::SmoothSoup, "_f16"});
  return result;
}

class PassEquivalence : public testing::TestWithParam<Case> {};

TEST_P(PassEquivalence, OnRandomPrograms) {
  registerPasses();
  EXPECT_EQ(test::sweep(GetParam().first, kSeeds,
                        [&](ModuleOp module, uint64_t seed) {
                          return test::checkEquivalent(module, GetParam().pass, seed, GetParam().tolerance);
                        }),
            "");
}

std::string testName(const testing::TestParamInfo<Case> &info) {
  std::string name = nameOfPass(info.param.pass) + info.param.suffix;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Passes, PassEquivalence, testing::ValuesIn(cases()), testName);

//===----------------------------------------------------------------------===//
// One after the other
//===----------------------------------------------------------------------===//

/// Runs the pipeline pass by pass; after each the results are those of the
/// imported program, or of the program before convert-precision's rounding.
void checkPipeline(ElementType precision, double tolerance, test::ProgramKind first) {
  registerPasses();
  std::vector<std::string> passes = graphPasses(precision);
  std::vector<unsigned> changed(passes.size(), 0);
  EXPECT_EQ(test::sweep(first, kSeeds,
                        [&](ModuleOp module, uint64_t seed) -> std::string {
                          for (size_t i = 0; i < passes.size(); ++i) {
                            OperationFingerPrint before(module);
                            std::string problem = test::checkEquivalent(module, passes[i], seed, tolerance);
                            if (!problem.empty())
                              return problem;
                            changed[i] += OperationFingerPrint(module) != before;
                          }
                          return "";
                        }),
            "");
  if (llvm::sys::Process::GetEnv("SNAP_TEST_PROGRAM"))
    return;
  for (size_t i = 0; i < passes.size(); ++i)
    if (passes[i] != "func.func(convert-precision{precision=f32})") // by definition
      EXPECT_GT(changed[i], 0u) << passes[i] << " found nothing to do in any random program, so nothing was tested; "
                                << "teach test/support one that it applies to";
}

TEST(PipelineEquivalence, AfterEveryPass) { checkPipeline(ElementType::F32, 1e-5, test::ProgramKind::Soup); }

TEST(PipelineEquivalence, AfterEveryPassInF16) { checkPipeline(ElementType::F16, 1e-2, test::ProgramKind::SmoothSoup); }

} // namespace
