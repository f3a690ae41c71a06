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
#include <limits>
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

static std::vector<KernelCase> casesOf(const TestTarget &target) {
  std::vector<KernelCase> cases = target.half ? kernelCasesF16() : kernelCases();
  std::vector<KernelCase> moments = momentsCases(target.half);
  cases.insert(cases.end(), moments.begin(), moments.end());
  return cases;
}

TEST_P(TargetTest, kernelsComputeWhatTheirKeysSay) {
  if (std::string reason = whyNotHere(GetParam()); !reason.empty())
    GTEST_SKIP() << reason;
  // For work on one kernel: run the keys that contain this text.
  const char *only = std::getenv("SNAP_KERNEL_FILTER");
  std::vector<KernelCase> cases;
  std::vector<KernelRun> runs;
  for (const KernelCase &kernelCase : casesOf(GetParam())) {
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
    EXPECT_EQ(outputsDiffer(runs[i].key, outcomes[i].outputs, expected, tolerance), "");
  }
}

// Masks as exporters write them: minus infinity or the least number where a key does not count, also in a whole
// block of keys, and a query that has no key at all, whose result is 0.
TEST_P(TargetTest, maskedKeysDoNotCount) {
  if (std::string reason = whyNotHere(GetParam()); !reason.empty())
    GTEST_SKIP() << reason;
  const std::string type = GetParam().half ? "f16" : "f32";
  const double infinity = std::numeric_limits<double>::infinity();
  const double least = GetParam().half ? -65504 : std::numeric_limits<float>::lowest();
  constexpr int64_t queries = 40;
  std::vector<KernelRun> runs;
  for (int64_t keys : {77, 300}) {
    const std::string q = "1x40x32x" + type, k = "1x" + std::to_string(keys) + "x32x" + type;
    KernelCase one;
    one.key = keyOf("attention(" + q + ", " + k + ", " + k + ", 1x1x40x" + std::to_string(keys) + "x" + type + ") -> " +
                    q + " {causal=[0], heads=[2], mask=[3], scale=[0.25]}");
    runs.push_back({one.key, randomInputs(one, static_cast<uint64_t>(keys))});
    Tensor &mask = runs.back().inputs[3];
    for (int64_t i = 0; i < queries; ++i)
      for (int64_t j = 0; j < keys; ++j)
        if (i == 7 || j > i)
          mask.set(i * keys + j, i % 2 ? -infinity : least);
  }
  std::string error;
  std::vector<KernelOutcome> outcomes = runKernels(GetParam(), runs, error);
  ASSERT_EQ(outcomes.size(), runs.size()) << error;
  for (size_t i = 0; i < runs.size(); ++i) {
    SCOPED_TRACE(runs[i].key.str());
    ASSERT_EQ(outcomes[i].fault, "");
    EXPECT_EQ(difference(outcomes[i].outputs[0], evaluateKernel(runs[i].key, runs[i].inputs)[0], 5e-6), "");
    for (int64_t channel = 0; channel < 32; ++channel)
      EXPECT_EQ(outcomes[i].outputs[0].getDouble(7 * 32 + channel), 0);
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
  for (const KernelCase &kernelCase : casesOf(GetParam())) {
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
      EXPECT_EQ(outputsDiffer(runs[i].key, outcomes[i].outputs, evaluateKernel(runs[i].key, runs[i].inputs),
                              cases[i].tolerance),
                "");
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, TargetTest, testing::ValuesIn(testTargets()),
                         [](const auto &info) { return std::string(info.param.name); });
