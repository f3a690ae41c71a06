//===- Run.cpp - snapc run ------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Compiler.h"
#include "compiler/driver/Inputs.h"
#include "compiler/driver/Npy.h"
#include "compiler/driver/TemporaryFolder.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

#include <chrono>

using namespace llvm;

namespace snap {

Error runModel(const RunOptions &options, Progress &progress) {
  Expected<std::map<std::string, Tensor>> inputs = readInputs(options.inputs);
  if (!inputs)
    return inputs.takeError();

  TemporaryFolder temporary;
  CompiledFiles files;
  if (sys::path::extension(options.model) == ".onnx") {
    CompileOptions compile = options.compile;
    compile.input = options.model;
    if (Error error = bindDims(options.model, *inputs, compile.dims))
      return error;
    if (Error error = temporary.create())
      return error;
    compile.output = temporary.path();
    Compiler compiler(compile, progress);
    if (Error error = compiler.import())
      return error;
    if (Error error = compiler.runPasses(EmitKind::Library))
      return error;
    Expected<CompileSummary> summary = compiler.emit();
    if (!summary)
      return summary.takeError();
    files = summary->files;
  } else {
    Expected<CompiledFiles> found = CompiledFiles::find(options.model);
    if (!found)
      return found.takeError();
    files = *found;
  }

  progress.begin("open");
  Expected<HostModel> host = HostModel::open(files, options.threads);
  if (!host)
    return host.takeError();
  progress.begin("run", options.repeat);
  double best = 0;
  std::vector<std::pair<std::string, Tensor>> outputs;
  for (unsigned i = 0; i < std::max(1u, options.repeat); ++i) {
    auto start = std::chrono::steady_clock::now();
    auto results = host->run(*inputs);
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!results)
      return results.takeError();
    best = i == 0 ? seconds : std::min(best, seconds);
    outputs = std::move(*results);
    progress.update(i + 1);
  }
  progress.end();

  if (std::error_code error = sys::fs::create_directories(options.output))
    return createStringError(options.output + ": cannot create the folder: " + error.message());
  for (const auto &[name, tensor] : outputs) {
    SmallString<256> path(options.output);
    sys::path::append(path, name + ".npy");
    if (Error error = writeNpy(path, tensor))
      return error;
    outs() << path << ": " << typeText(tensor.type(), tensor.shape()) << '\n';
  }
  outs() << format("seconds: %.6f\n", best);
  return Error::success();
}

} // namespace snap
