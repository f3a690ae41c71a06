//===- MetalKernelTest.cpp - Every Metal kernel against the reference -----===//
//
// The cases of every target, in f32 and f16, with the shim's checks on. Cases
// go through the compiler in batches: one source file holds many functions, as
// the one an app gets does.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalCases.h"
#include "MetalHarness.h"
#include "test/unit/targets/FunctionCases.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace snap;
using namespace snap::metal;
using namespace snap::shim;

namespace {
/// Some cases of one table.
struct Batch {
  std::string name;
  std::vector<KernelCase> cases;
};
// GoogleTest's hook. NOLINTNEXTLINE(readability-identifier-naming)
[[maybe_unused]] void PrintTo(const Batch &batch, std::ostream *out) { *out << batch.name; }
} // namespace

static std::vector<Batch> batches() {
  constexpr size_t size = 16;
  std::vector<Batch> result;
  const char *only = std::getenv("SNAP_KERNEL_FILTER");
  for (bool half : {false, true}) {
    std::vector<KernelCase> cases = half ? kernelCasesF16() : kernelCases();
    for (const std::vector<KernelCase> &more : {metalCases(half), momentsCases(half)})
      cases.insert(cases.end(), more.begin(), more.end());
    for (size_t i = 0; i < cases.size(); ++i) {
      if (only && cases[i].key.str().find(only) == std::string::npos)
        continue;
      std::string name = (half ? "F16_" : "F32_") + std::to_string(i / size);
      if (result.empty() || result.back().name != name)
        result.push_back({name, {}});
      result.back().cases.push_back(cases[i]);
    }
  }
  return result;
}

namespace {
struct MetalTest : testing::TestWithParam<Batch> {};
} // namespace

TEST_P(MetalTest, kernelsComputeWhatTheirKeysSay) { checkCases(GetParam().cases); }

INSTANTIATE_TEST_SUITE_P(Kernels, MetalTest, testing::ValuesIn(batches()),
                         [](const auto &info) { return info.param.name; });

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Runs all cases as one source.
static void runFunctions(const std::vector<FunctionCase> &cases) {
  std::vector<MetalKernel> kernels;
  std::vector<const MetalKernel *> emitted;
  std::string error;
  for (const FunctionCase &function : cases) {
    std::optional<MetalKernel> kernel = emitMetalKernel(function.run.key, MetalModel(), error);
    ASSERT_TRUE(kernel) << error;
    kernels.push_back(*kernel);
  }
  for (const MetalKernel &kernel : kernels)
    emitted.push_back(&kernel);
  std::unique_ptr<ShimLibrary> library = compiled(emitted, error);
  ASSERT_NE(library, nullptr) << error;
  for (size_t i = 0; i < cases.size(); ++i) {
    KernelOutcome outcome = runMetal(*library, kernels[i], cases[i].run, LaneOrder::Forward);
    EXPECT_EQ(outcome.fault, "") << cases[i].name;
    if (outcome.fault.empty()) {
      EXPECT_EQ(judge(cases[i], outcome.outputs[0]), "");
    }
  }
}

TEST(MetalFunctions, floats) { runFunctions(floatFunctionCases()); }
TEST(MetalFunctions, specialFloats) { runFunctions(specialFloatCases()); }
TEST(MetalFunctions, integers) { runFunctions(integerFunctionCases()); }

//===----------------------------------------------------------------------===//
// Mutations
//===----------------------------------------------------------------------===//

/// The function without its barrier number `index`, under a name of its own; empty if it has fewer.
static std::string withoutBarrier(const MetalFunction &function, size_t index, std::string &name) {
  std::string text = function.text;
  size_t at = 0;
  for (size_t i = 0; i <= index; ++i, ++at)
    if ((at = text.find("group_barrier(", at)) == std::string::npos)
      return "";
  size_t begin = text.rfind('\n', at) + 1, end = text.find('\n', at);
  text.erase(begin, end - begin);
  name = function.name + "_without" + std::to_string(index);
  return text.replace(text.find(function.name), function.name.size(), name);
}

// No barrier too many, and none that the shim would not miss: without any one of them it finds a race, an array read
// before it is written, or lanes that part ways.
TEST(MetalMutations, everyBarrierIsNeeded) {
  // Two blocks of the depth, or of keys, so that the ends of loops matter; two simdgroups' rows of everything.
  for (const char *text :
       {"matmul(40x64xf16, 1x64x64xf16) -> 40x64xf16 {columns=[64], packed=[1]}",
        "attention(1x70x80xf16, 1x70x80xf16, 1x70x80xf16) -> 1x70x80xf16 {causal=[0], heads=[1], scale=[3.0]}",
        // Rows normalised; moments taken and made, of products and of Winograd.
        "matmul(40x64xf16, 1x64x64xf16, 64xf16, 64xf16) -> 40x64xf16 {columns=[64], layer_norm=[2,3], packed=[1], "
        "epsilon=[1e-05]}",
        "matmul(1x64x64xf16, 1x64x64xf16, 64xf16, 64xf16, 1x2x2x64xf32) -> 1x64x64xf16, 1x2x2x64xf32 {columns=[64], "
        "moments=[32], norm=[4,2,3], norm_moments=[4], packed=[1], epsilon=[1e-05]}",
        "conv2d.winograd4(1x16x16x24xf16, 36x2x24x16xf16, 24xf16, 24xf16, 1x4x2x24xf32) -> 1x16x16x32xf16, "
        "1x1x2x32xf32 "
        "{channels=[32], dilations=[1,1], groups=[1], moments=[16,16], norm=[4,2,3], norm_moments=[4], pads=[1,1,1,1], "
        "strides=[1,1], epsilon=[1e-05]}"}) {
    SCOPED_TRACE(text);
    KernelCase kernelCase{keyOf(text), 0, 0, 1, 0, false};
    std::string error;
    std::optional<MetalKernel> kernel = emitMetalKernel(kernelCase.key, MetalModel(), error);
    ASSERT_TRUE(kernel && kernel->functions.size() == 1) << error;
    std::vector<MetalKernel> mutants;
    std::vector<const MetalKernel *> pointers;
    for (size_t i = 0;; ++i) {
      std::string name, mutant = withoutBarrier(kernel->functions[0], i, name);
      if (mutant.empty())
        break;
      MetalKernel copy = *kernel;
      copy.functions[0] = {name, mutant, 0};
      copy.dispatches[0].function = name;
      mutants.push_back(copy);
    }
    for (const MetalKernel &mutant : mutants)
      pointers.push_back(&mutant);
    std::unique_ptr<ShimLibrary> library = compiled(pointers, error);
    ASSERT_NE(library, nullptr) << error;
    for (const MetalKernel &mutant : mutants) {
      KernelRun run{kernelCase.key, randomInputs(kernelCase, 1)};
      EXPECT_NE(runMetal(*library, mutant, run, LaneOrder::Forward).fault, "") << mutant.functions[0].name;
    }
  }
}
