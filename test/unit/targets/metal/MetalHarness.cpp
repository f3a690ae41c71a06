//===- MetalHarness.cpp - Runs emitted kernels on the shim ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalHarness.h"

#include "dialects/reference/KernelReference.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace snap;
using namespace snap::metal;
using namespace snap::shim;

KernelOutcome snap::runMetal(const ShimLibrary &library, const MetalKernel &kernel, const KernelRun &run,
                             LaneOrder order, int64_t inPlace) {
  std::vector<std::string> inputs;
  for (size_t i = 0; i < run.inputs.size(); ++i)
    inputs.push_back(bytesOf(run.key.inputs[i], &run.inputs[i]));
  std::vector<std::string> separate;
  for (const TensorSpec &out : run.key.outputs)
    separate.push_back(bytesOf(out, nullptr));
  std::string scratch(static_cast<size_t>(kernel.scratchBytes), '\xff');
  auto output = [&](size_t i) -> std::string & { return inPlace >= 0 ? inputs[inPlace] : separate[i]; };

  KernelOutcome outcome;
  for (const MetalDispatch &dispatch : kernel.dispatches) {
    std::vector<std::string> constants = dispatch.constants;
    std::vector<ShimArgument> arguments;
    for (const MetalBinding &binding : dispatch.bindings) {
      std::string &memory = binding.kind == MetalBinding::Input     ? inputs[binding.index]
                            : binding.kind == MetalBinding::Output  ? output(binding.index)
                            : binding.kind == MetalBinding::Scratch ? scratch
                                                                    : constants[binding.index];
      if (binding.byteOffset + binding.bytes > static_cast<int64_t>(memory.size())) {
        outcome.fault = dispatch.function + ": a binding ends beyond its buffer";
        return outcome;
      }
      arguments.push_back({memory.data() + binding.byteOffset, static_cast<size_t>(binding.bytes),
                           static_cast<uint32_t>(binding.elementBytes), binding.writable});
    }
    const auto &g = dispatch.groups, &t = dispatch.threads;
    outcome.fault = library.run(dispatch.function, {g[0], g[1], g[2]}, {t[0], t[1], t[2]}, arguments, order);
    if (!outcome.fault.empty())
      return outcome;
  }
  for (size_t i = 0; i < run.key.outputs.size(); ++i) {
    bool intact;
    outcome.outputs.push_back(elementsOf(run.key.outputs[i], output(i), intact));
    if (!intact)
      outcome.fault = "wrote between the rows of its output";
  }
  return outcome;
}

std::unique_ptr<ShimLibrary> snap::compiled(const std::vector<const MetalKernel *> &kernels, std::string &error) {
  return ShimLibrary::compile(metalSource(kernels), {SNAP_SHIM_CACHE, {"-D__METAL_VERSION__=310"}}, error);
}

/// What rounding to f16 between two roundings of the key costs, relative to the largest element; 0 where there is none.
/// Normalised or activated operands, and the weights of attention, are rounded on their way to the multiplication: each
/// product errs by up to u = 2^-11 of itself, evenly spread, so the sum errs by u / sqrt(3) of the root of its squared
/// products. The largest sum of many is about as many times that root as the largest error is of its own: twice
/// covers luck. A gated result is a product of two such sums. Winograd's points are always rounded (after its pixels,
/// once, which beside them is nothing), and its transforms make 5/3 (F(2,3)) or 10.8 times (F(4,3)) as much of it
/// (docs/decisions/0015-f16-arithmetic.md).
static double halfTolerance(const KernelKey &key) {
  bool contraction = key.op == KernelOp::Conv2d || key.op == KernelOp::Matmul;
  bool winograd = key.algorithm == Algorithm::Winograd2 || key.algorithm == Algorithm::Winograd4;
  bool transformed = winograd || !key.prologue.empty() || key.ints.count("norm") || key.ints.count("layer_norm");
  if (key.inputs.empty() || key.inputs[0].type != ElementType::F16 ||
      !(key.op == KernelOp::Attention || (contraction && transformed)))
    return 0;
  double factor = key.algorithm == Algorithm::Winograd4   ? 10.8
                  : key.algorithm == Algorithm::Winograd2 ? 5. / 3
                  : key.getInt("gated", 0)                ? 2
                                                          : 1;
  return 2 * 0x1p-11 / std::sqrt(3.) * factor;
}

void snap::checkCases(const std::vector<KernelCase> &cases) {
  std::vector<std::optional<MetalKernel>> kernels;
  std::vector<const MetalKernel *> emitted;
  for (const KernelCase &kernelCase : cases) {
    std::string error;
    kernels.push_back(emitMetalKernel(kernelCase.key, MetalModel(), error));
    EXPECT_TRUE(kernels.back()) << error << "\n" << kernelCase.key.str();
  }
  for (const std::optional<MetalKernel> &kernel : kernels)
    if (kernel)
      emitted.push_back(&*kernel);
  std::string error;
  std::unique_ptr<ShimLibrary> library = compiled(emitted, error);
  ASSERT_NE(library, nullptr) << error;
  for (size_t i = 0; i < cases.size(); ++i) {
    if (!kernels[i])
      continue;
    SCOPED_TRACE(cases[i].key.str());
    KernelRun run{cases[i].key, randomInputs(cases[i], i)};
    KernelOutcome outcome = runMetal(*library, *kernels[i], run, static_cast<LaneOrder>(i % 3));
    EXPECT_EQ(outcome.fault, "");
    if (int64_t input = inPlaceInput(run.key); input >= 0 && outcome.fault.empty()) {
      KernelOutcome over = runMetal(*library, *kernels[i], run, LaneOrder::Strided, input);
      ASSERT_EQ(over.fault, "") << "in place";
      EXPECT_EQ(difference(over.outputs[0], outcome.outputs[0], 0), "") << "in place";
    }
    if (outcome.fault.empty()) {
      double tolerance = cases[i].tolerance + halfTolerance(run.key);
      EXPECT_EQ(outputsDiffer(run.key, outcome.outputs, evaluateKernel(run.key, run.inputs), tolerance), "");
    }
  }
}
