//===- KernelTest.cpp - Every kernel of every target against the reference ===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "KernelHarness.h"

#include "dialects/reference/KernelReference.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace snap;

namespace {
struct TargetTest : testing::TestWithParam<TestTarget> {};
} // namespace

TEST_P(TargetTest, kernelsComputeWhatTheirKeysSay) {
  if (std::string reason = whyNotHere(GetParam()); !reason.empty())
    GTEST_SKIP() << reason;
  // For work on one kernel: run the keys that contain this text.
  const char *only = std::getenv("SNAP_KERNEL_FILTER");
  std::vector<KernelCase> cases;
  std::vector<KernelRun> runs;
  for (const KernelCase &kernelCase : GetParam().half ? kernelCasesF16() : kernelCases()) {
    if (only && kernelCase.key.str().find(only) == std::string::npos)
      continue;
    runs.push_back({kernelCase.key, randomInputs(kernelCase, cases.size())});
    cases.push_back(kernelCase);
  }
  std::string error;
  std::vector<KernelOutcome> outcomes = runKernels(GetParam(), runs, error);
  ASSERT_EQ(outcomes.size(), runs.size()) << error;
  for (size_t i = 0; i < runs.size(); ++i) {
    SCOPED_TRACE(runs[i].key.str());
    EXPECT_EQ(outcomes[i].fault, "");
    if (!outcomes[i].fault.empty())
      continue;
    std::vector<Tensor> expected = evaluateKernel(runs[i].key, runs[i].inputs);
    EXPECT_EQ(difference(outcomes[i].outputs[0], expected[0], cases[i].tolerance), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, TargetTest, testing::ValuesIn(testTargets()),
                         [](const auto &info) { return std::string(info.param.name); });
