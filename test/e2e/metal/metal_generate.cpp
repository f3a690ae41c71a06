//===- metal_generate.cpp - snapc generate on the tests' GPU --------------===//
//
// usage: metal_generate OUT PROMPT PICTURE.png STEPS SEED SHIM_FOLDER [FAILS CODE]
//
// With FAILS the command buffer of that number ends half-way with that error.
// OUT was compiled for this machine with --gpu metal --metal-anywhere: its
// library holds runtime/metal, whose messages end at the fake device linked
// here. Prints what the device did as JSON; the status is 1 when it found fault.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "PlanOracle.h"

#include "compiler/driver/Commands.h"
#include "compiler/driver/HostModel.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace llvm;
using namespace snap;

static ExitOnError exitOnError("metal_generate: ");

int main(int argc, char **argv) {
  if (argc != 7 && argc != 9) {
    errs() << "usage: metal_generate OUT PROMPT PICTURE.png STEPS SEED SHIM_FOLDER [FAILS CODE]\n";
    return 2;
  }
  CompiledFiles files = exitOnError(CompiledFiles::find(argv[1]));
  auto file = exitOnError(errorOrToExpected(MemoryBuffer::getFile(files.snap, /*IsText=*/false, false)));
  const char *bytes = file->getBufferStart();
  plan::PlanT plan;
  plan::GetPlan(bytes + support::endian::read64le(bytes + 16))->UnPackTo(&plan);
  std::vector<KernelKey> keys;
  for (const auto &kernel : plan.kernels) {
    std::string error;
    std::optional<KernelKey> key = KernelKey::parse(kernel->key, error);
    if (!key)
      exitOnError(createStringError(error));
    keys.push_back(*key);
  }
  MetalProgram metal = exitOnError(emitMetalProgram(keys));
  fake::PlanOracle oracle(plan, metal,
                          reinterpret_cast<const uint8_t *>(bytes) + support::endian::read64le(bytes + 32));
  fake::device().shimFolder = argv[6];
  fake::device().describe = [&](const auto &commands, auto &arguments) { return oracle.describe(commands, arguments); };
  if (argc == 9)
    fake::device().commandFailures = {{std::atoi(argv[7]), 100, std::atol(argv[8]), "on purpose"}};

  GenerateOptions options;
  options.model = argv[1];
  options.prompt = argv[2];
  options.output = argv[3];
  options.steps = static_cast<unsigned>(std::atoi(argv[4]));
  options.seed = static_cast<uint64_t>(std::atoll(argv[5]));
  options.threads = 1;
  Progress progress(/*quiet=*/true);
  exitOnError(runGenerate(options, progress));

  json::Array problems;
  for (const std::string &problem : fake::problems())
    problems.push_back(problem);
  bool good = problems.empty() && fake::liveObjects() == 0;
  json::Object report{{"problems", std::move(problems)},
                      {"live_objects", static_cast<int64_t>(fake::liveObjects())},
                      {"command_buffers", fake::device().commandBuffers},
                      {"dispatches", static_cast<int64_t>(fake::device().dispatches)},
                      {"compiled_pipelines", fake::device().compiledPipelines},
                      {"dispatches_of", json::Object{}}};
  for (const auto &program : plan.programs)
    (*report.getObject("dispatches_of"))[program->name] = static_cast<int64_t>(oracle.dispatches(program->name));
  outs() << json::Value(std::move(report)) << '\n';
  return good ? 0 : 1;
}
