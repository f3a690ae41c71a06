//===- FunctionTest.cpp - The elementwise vocabulary, function by function ===//
//
// Every function of targets/KernelFunctions.h runs over its domain on every
// target; its largest error is printed and has a bound. That no function is
// forgotten is checked too.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "FunctionCases.h"

#include "targets/KernelFunctions.h"

#include <gtest/gtest.h>

#include <set>

using namespace snap;

namespace {
struct FunctionTest : testing::TestWithParam<TestTarget> {
  void run(const std::vector<FunctionCase> &cases) const;
};
} // namespace

void FunctionTest::run(const std::vector<FunctionCase> &cases) const {
  if (std::string reason = whyNotHere(GetParam()); !reason.empty())
    GTEST_SKIP() << reason;
  std::vector<KernelRun> runs;
  for (const FunctionCase &function : cases)
    runs.push_back(function.run);
  std::string error;
  std::vector<KernelOutcome> outcomes = runKernels(GetParam(), runs, error);
  ASSERT_EQ(outcomes.size(), runs.size()) << error;
  for (size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(outcomes[i].fault, "") << cases[i].name;
    if (outcomes[i].fault.empty()) {
      EXPECT_EQ(judge(cases[i], outcomes[i].outputs[0]), "");
    }
  }
}

TEST_P(FunctionTest, floats) { run(floatFunctionCases()); }
TEST_P(FunctionTest, specialFloats) { run(specialFloatCases()); }
TEST_P(FunctionTest, integers) { run(integerFunctionCases()); }

TEST(FunctionCases, noFunctionIsForgotten) {
  std::set<std::string> floats, integers;
  for (const FunctionCase &function : floatFunctionCases())
    floats.insert(function.name);
  for (const FunctionCase &function : integerFunctionCases())
    integers.insert(function.name);
  for (const std::string &name : unaryFunctions())
    EXPECT_TRUE(floats.count(name) || (integers.count(name) && (name == "not" || name == "bit_not"))) << name;
  for (const std::string &name : binaryFunctions())
    EXPECT_TRUE(integers.count(name)) << name;
}

/// f16 changes only how values are stored.
static std::vector<TestTarget> fullPrecision() {
  std::vector<TestTarget> targets;
  for (const TestTarget &target : testTargets())
    if (!target.half)
      targets.push_back(target);
  return targets;
}

INSTANTIATE_TEST_SUITE_P(Kernels, FunctionTest, testing::ValuesIn(fullPrecision()),
                         [](const auto &info) { return std::string(info.param.name); });
