//===- metal_generate.cpp - snapc generate on the tests' GPU --------------===//
//
// usage: metal_generate OUT PROMPT PICTURE.png STEPS SEED SHIM_FOLDER [FAILS CODE]
//
// OUT was compiled for this machine with --gpu metal --metal-anywhere: its
// library holds runtime/metal, whose messages end at the fake device linked
// here. With FAILS the command buffer of that number ends half-way with that
// error. Prints what the device did; the status is 1 when it found fault.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "DeviceReport.h"

#include "compiler/driver/Commands.h"
#include "compiler/driver/HostModel.h"

#include <cstdlib>

using namespace llvm;
using namespace snap;

int main(int argc, char **argv) {
  if (argc != 7 && argc != 9) {
    errs() << "usage: metal_generate OUT PROMPT PICTURE.png STEPS SEED SHIM_FOLDER [FAILS CODE]\n";
    return 2;
  }
  ExitOnError exitOnError("metal_generate: ");
  CompiledFiles files = exitOnError(CompiledFiles::find(argv[1]));
  fake::PlanOracle oracle = fake::PlanOracle::ofFile(files.snap);
  fake::device().shimFolder = argv[6];
  fake::device().describe = [&](const auto &commands, auto &arguments) { return oracle.describe(commands, arguments); };
  if (argc == 9)
    fake::device().commandFailures = {{std::atoi(argv[7]), 100, std::atol(argv[8]), "on purpose"}};

  GenerateOptions options;
  options.model = argv[1];
  options.prompts = {argv[2]};
  options.output = argv[3];
  options.steps = static_cast<unsigned>(std::atoi(argv[4]));
  options.seed = static_cast<uint64_t>(std::atoll(argv[5]));
  options.threads = 1;
  Progress progress(/*quiet=*/true);
  exitOnError(runGenerate(options, progress));
  return fake::reportDevice(oracle);
}
