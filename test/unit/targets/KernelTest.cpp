//===- KernelTest.cpp - Every kernel of every target against the reference ===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "KernelHarness.h"

#include "dialects/reference/KernelReference.h"
#include "targets/cpu/GemmBlocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

using namespace snap;

namespace {
struct TargetTest : testing::TestWithParam<TestTarget> {};
} // namespace

/// What adding up in f16 may cost, relative to the largest element; 0 where kernels add
/// in f32. Sums of k products err by u sqrt(k / 6) of themselves (GemmBlocks.h), an
/// activation rounded once more by u / sqrt(3); three times that, since errors are
/// normal and the largest of some thousand sums is at least twice their mean square.
/// Winograd's sums of two levels err as little as one of halfRun + halfSum / halfRun + 1
/// products, and the two stages of an input's transform round twice each. The output's
/// transform makes no more of that here, where weights are independent at every point;
/// of filters see HalfConvolution in KernelReferenceTest.cpp.
static double halfTolerance(const KernelKey &key, const TargetModel &model) {
  bool contraction = key.op == KernelOp::Conv2d || (key.op == KernelOp::Matmul && key.getInt("packed", 0));
  if (!model.hasF16Arithmetic || !contraction ||
      (key.algorithm == Algorithm::Winograd4 && key.getInt("upsample", 1) != 1) ||
      key.inputs[0].type != ElementType::F16 || key.inputs[1].type != ElementType::F16)
    return 0;
  const std::vector<int64_t> &w = key.inputs[1].shape;
  int64_t products = key.rootChannels() / key.getInt("groups", 1);
  if (key.op == KernelOp::Conv2d && key.algorithm == Algorithm::Direct)
    products *= w[1] * w[2];
  bool winograd = key.op == KernelOp::Conv2d && key.algorithm != Algorithm::Direct;
  auto k = static_cast<double>(std::min(products, winograd ? halfRun + halfSum / halfRun + 1 : halfDepth));
  return 3 * 0x1p-11 * std::sqrt(k / 6 + (winograd ? 5 : 1) / 3.);
}

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
  std::optional<TargetModel> model = TargetModel::get(GetParam().target, GetParam().cpu, error);
  ASSERT_TRUE(model) << error;
  std::vector<KernelOutcome> outcomes = runKernels(GetParam(), runs, error);
  ASSERT_EQ(outcomes.size(), runs.size()) << error;
  for (size_t i = 0; i < runs.size(); ++i) {
    SCOPED_TRACE(runs[i].key.str());
    EXPECT_EQ(outcomes[i].fault, "");
    if (!outcomes[i].fault.empty())
      continue;
    std::vector<Tensor> expected = evaluateKernel(runs[i].key, runs[i].inputs);
    double tolerance = cases[i].tolerance + halfTolerance(runs[i].key, *model);
    EXPECT_EQ(difference(outcomes[i].outputs[0], expected[0], tolerance), "");
  }
}

// Sizes are limits: whatever a schedule says, the kernel computes the same.
TEST_P(TargetTest, schedulesChangeNoResult) {
  if (std::string reason = whyNotHere(GetParam()); !reason.empty())
    GTEST_SKIP() << reason;
  if (GetParam().half || GetParam().target != std::string("x86_64-linux"))
    GTEST_SKIP() << "schedules are measured where they run: on x86-64, in f32";
  std::string error;
  std::optional<TargetModel> model = TargetModel::get(GetParam().target, GetParam().cpu, error);
  ASSERT_TRUE(model) << error;
  std::mt19937 random(1);
  // All sizes at once, each one of its candidates.
  std::vector<KernelCase> cases;
  std::vector<KernelRun> runs;
  for (const KernelCase &kernelCase : kernelCases()) {
    std::vector<KernelSchedule> candidates = candidateSchedules(kernelCase.key, *model);
    if (candidates.empty())
      continue;
    std::shuffle(candidates.begin(), candidates.end(), random);
    KernelSchedule all;
    for (const KernelSchedule &candidate : candidates)
      for (const auto &[name, size] : candidate.values())
        all.set(name, size);
    runs.push_back({kernelCase.key, randomInputs(kernelCase, cases.size()), all});
    cases.push_back(kernelCase);
  }
  ASSERT_GT(runs.size(), 50u);
  std::vector<KernelOutcome> outcomes = runKernels(GetParam(), runs, error);
  ASSERT_EQ(outcomes.size(), runs.size()) << error;
  for (size_t i = 0; i < runs.size(); ++i) {
    SCOPED_TRACE(runs[i].schedule.str() + " of " + runs[i].key.str());
    EXPECT_EQ(outcomes[i].fault, "");
    if (outcomes[i].fault.empty())
      EXPECT_EQ(difference(outcomes[i].outputs[0], evaluateKernel(runs[i].key, runs[i].inputs)[0], cases[i].tolerance),
                "");
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, TargetTest, testing::ValuesIn(testTargets()),
                         [](const auto &info) { return std::string(info.param.name); });
