//===- metal_check.cpp - Is every dispatch of a NAME.snap in its place? ---===//
//
// usage: metal_check OUT SHIM_FOLDER
//
// For any target: opens NAME.snap with runtime/metal on the tests' device, which
// compiles NAME.metal, and encodes every program. What was encoded is compared
// with what the kernels' keys ask for, ranges with their buffers, weights and
// constants byte by byte; nothing runs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "DeviceReport.h"

#include "compiler/driver/HostModel.h"
#include "runtime/gpu.h"
#include "snap/snap.h"

using namespace llvm;
using namespace snap;

extern "C" const snap_gpu snap_metal;

static int neverCalled(void **) { return 1; }

int main(int argc, char **argv) {
  if (argc != 3) {
    errs() << "usage: metal_check OUT SHIM_FOLDER\n";
    return 2;
  }
  ExitOnError exitOnError("metal_check: ");
  CompiledFiles files = exitOnError(CompiledFiles::find(argv[1]));
  fake::PlanOracle oracle = fake::PlanOracle::ofFile(files.snap);
  fake::device().shimFolder = argv[2];
  fake::device().runsNothing = true;
  fake::device().describe = [&](const auto &commands, auto &arguments) { return oracle.describe(commands, arguments); };

  auto [kernelCount, buildId] = oracle.identity();
  std::vector<snap_kernel_fn> kernels(kernelCount, neverCalled);
  snap_library library = {SNAP_KERNEL_ABI_VERSION, kernelCount,    files.name.c_str(),
                          buildId.c_str(),         kernels.data(), &snap_metal};
  snap_options options = {};
  options.size = sizeof options;
  options.threads = 1;
  options.device = SNAP_DEVICE_GPU;
  snap_model *model = nullptr;
  snap_error error = {};
  if (snap_open(&library, files.snap.c_str(), &options, &model, &error) != SNAP_OK)
    exitOnError(createStringError(error.message));
  for (uint32_t i = 0; i < snap_program_count(model); ++i)
    if (snap_run(model, snap_program_at(model, i), nullptr, &error) != SNAP_OK)
      exitOnError(createStringError(error.message));
  snap_close(model);
  return fake::reportDevice(oracle);
}
