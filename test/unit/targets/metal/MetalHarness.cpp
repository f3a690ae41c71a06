//===- MetalHarness.cpp - Runs emitted kernels on the shim ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalHarness.h"

using namespace snap;
using namespace snap::metal;
using namespace snap::shim;

KernelOutcome snap::runMetal(const ShimLibrary &library, const MetalKernel &kernel, const KernelRun &run,
                             LaneOrder order, int64_t inPlace) {
  std::vector<std::string> inputs;
  for (size_t i = 0; i < run.inputs.size(); ++i)
    inputs.push_back(bytesOf(run.key.inputs[i], &run.inputs[i]));
  const TensorSpec &out = run.key.outputs[0];
  std::string separate = bytesOf(out, nullptr), scratch(static_cast<size_t>(kernel.scratchBytes), '\xff');
  std::string &output = inPlace >= 0 ? inputs[inPlace] : separate;

  KernelOutcome outcome;
  for (const MetalDispatch &dispatch : kernel.dispatches) {
    std::vector<std::string> constants = dispatch.constants;
    std::vector<ShimArgument> arguments;
    for (const MetalBinding &binding : dispatch.bindings) {
      std::string &memory = binding.kind == MetalBinding::Input     ? inputs[binding.index]
                            : binding.kind == MetalBinding::Output  ? output
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
  bool intact;
  outcome.outputs.push_back(elementsOf(out, output, intact));
  if (!intact)
    outcome.fault = "wrote between the rows of its output";
  return outcome;
}
