//===- PipelineCalls.cpp - Kernel calls of a pipeline ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "PipelineCalls.h"

#include "dialects/plan/Plan.h"
#include "dialects/snap/Snap.h"
#include "passes/Passes.h"
#include "targets/metal/MetalKernel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

using namespace snap;

static KernelKey keyOf(plan::CallOp call) {
  std::string error;
  return *KernelKey::parse(call.getKey().str(), error);
}

/// Takes back what share-moments did for the CPU of the target: blocks of its choice. What it adds comes last.
static void withoutMoments(plan::CallOp call) {
  KernelKey key = keyOf(call);
  if (auto moments = key.ints.find("norm_moments"); moments != key.ints.end()) {
    auto count = static_cast<unsigned>(moments->second.size());
    key.inputs.resize(key.inputs.size() - count);
    call.getInputsMutable().erase(static_cast<unsigned>(key.inputs.size()), count);
    key.ints.erase(moments);
  }
  if (key.ints.erase("moments")) {
    key.outputs.resize(1);
    call.getOutputsMutable().erase(1);
  }
  call.setKey(key.str());
}

std::vector<ProgramCall> snap::pipelineCalls(const std::string &folder, const std::string &precision) {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("snap-calls-" + std::to_string(getpid()));
  std::string command = SNAP_SNAPC " compile " + folder + " --target arm64-ios --emit plan --quiet --precision " +
                        precision + " -o " + path.string();
  if (std::system(command.c_str()) != 0) {
    std::fprintf(stderr, "%s failed\n", command.c_str());
    std::exit(1);
  }
  mlir::MLIRContext context;
  context.loadDialect<SnapDialect, plan::PlanDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceFile<mlir::ModuleOp>(path.string(), &context);
  std::filesystem::remove(path);
  if (module)
    module->walk(withoutMoments);
  mlir::PassManager passes(&context);
  passes.addPass(createShareMoments(
      [](const KernelKey &key, int64_t points) { return metal::momentsBlock(key, points, metal::MetalModel()); }));
  if (!module || failed(passes.run(*module))) {
    std::fprintf(stderr, "%s: its plan does not parse, or share-moments fails\n", folder.c_str());
    std::exit(1);
  }
  std::vector<ProgramCall> calls;
  for (auto program : module->getOps<plan::ProgramOp>())
    for (auto call : program.getBody().getOps<plan::CallOp>())
      calls.push_back({program.getSymName().str(), keyOf(call)});
  return calls;
}
