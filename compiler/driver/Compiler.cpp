//===- Compiler.cpp - From a model to its three files ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Compiler.h"

#include "compiler/driver/Diagnostics.h"
#include "compiler/driver/PipelinePrograms.h"
#include "compiler/driver/ReportPage.h"
#include "compiler/driver/Schedule.h"
#include "compiler/emit/AtomicFile.h"
#include "compiler/onnx/OnnxImporter.h"
#include "dialects/plan/Plan.h"
#include "passes/Passes.h"
#include "targets/metal/MetalKernel.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace snap {

/// A C identifier from a file's or folder's name.
static std::string identifier(StringRef text) {
  std::string result;
  for (char c : text)
    result += isAlnum(c) ? c : '_';
  if (result.empty() || isDigit(result.front()))
    result = "model_" + result;
  return result;
}

static std::string joinPath(StringRef folder, const Twine &file) {
  SmallString<256> path(folder);
  sys::path::append(path, file);
  return std::string(path);
}

/// "model" says nothing: MODEL/unet/model.onnx is called unet.
static std::string nameOf(StringRef input) {
  SmallString<256> path(input);
  (void)sys::fs::make_absolute(path); // fails only where there is no working directory; then the name is as given
  sys::path::remove_dots(path, /*remove_dot_dot=*/true);
  StringRef stem = sys::path::stem(path);
  if (stem == "model")
    stem = sys::path::filename(sys::path::parent_path(path));
  return identifier(stem);
}

Compiler::Compiler(const CompileOptions &options, Progress &progress)
    : options(options), progress(progress), context(mlir::MLIRContext::Threading::DISABLED) {
  context.loadDialect<SnapDialect, plan::PlanDialect, mlir::func::FuncDialect>();
  libraryName = options.name.empty() ? nameOf(options.input) : options.name;
}

Error Compiler::import() {
  if (identifier(libraryName) != libraryName)
    return createStringError("--name " + libraryName + ": expected a C identifier, as " + identifier(libraryName));
  std::string error;
  std::optional<TargetModel> model = TargetModel::get(options.target, options.cpu, error);
  if (!model)
    return createStringError(error);
  machine = *model;
  bool apple = machine.system == System::IOS || machine.system == System::MacOS;
  if (options.metal && !apple && !options.metalAnywhere)
    return createStringError("--gpu metal: " + machine.target +
                             " has no Metal; give --target arm64-ios or arm64-macos");
  ir = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));

  bool folder = sys::fs::is_directory(options.input);
  if (!folder && !sys::fs::exists(options.input))
    return createStringError(options.input + ": no such file or folder; expected a pipeline's folder or a MODEL.onnx");
  progress.begin("import " + options.input);
  if (folder) {
    if (Error problem = importPipeline())
      return problem;
  } else {
    if (options.steps || !options.guidance)
      return createStringError("--steps and --guidance are for a pipeline's folder, not for a single model");
    if (options.size)
      return createStringError("--size is for a pipeline's folder; bind a model's dimensions with --dim NAME=N");
    if (Error problem = importGraph(options.input, libraryName, options.input, options.dims))
      return problem;
  }
  progress.end();
  return Error::success();
}

Error Compiler::importGraph(StringRef path, StringRef function, StringRef displayName,
                            const std::map<std::string, int64_t> &dims) {
  ImportOptions import;
  import.function = function.str();
  import.displayName = displayName.str();
  import.dims = dims;
  DiagnosticCollector diagnostics(&context);
  if (failed(importOnnx(*ir, path, import, store)))
    return diagnostics.takeError("cannot import " + displayName.str());
  return Error::success();
}

Error Compiler::importPipeline() {
  Expected<PipelineConfig> config = readPipelineConfig(options.input);
  if (!config)
    return config.takeError();
  pipeline = *config;
  pipeline->guidancePair = options.guidance;
  if (!options.guidance)
    pipeline->defaultGuidance = 1;
  if (options.steps) {
    pipeline->defaultSteps = pipeline->fixedSteps = options.steps;
    if (Error error = scheduleTimesteps(pipeline->scheduler, options.steps).moveInto(timesteps))
      return error;
  }
  if (options.size) {
    auto [width, height] = *options.size;
    // The decoder's factor; the UNet halves the latents three times.
    int64_t multiple = pipeline->latentScale * 8;
    if (width % multiple || height % multiple)
      return createStringError("--size " + Twine(width) + "x" + Twine(height) +
                               ": width and height must be multiples of " + Twine(multiple));
    pipeline->width = width;
    pipeline->height = height;
  }
  int64_t latentHeight = pipeline->height / pipeline->latentScale;
  int64_t latentWidth = pipeline->width / pipeline->latentScale;

  struct Graph {
    const char *folder, *function;
    std::map<std::string, int64_t> dims;
  };
  const Graph graphs[] = {
      {"text_encoder", "encode_text", {{"batch", 1}}},
      {"unet", "step", {{"batch", options.guidance ? 2 : 1}, {"height", latentHeight}, {"width", latentWidth}}},
      {"vae_decoder", "decode", {{"batch", 1}, {"height", latentHeight}, {"width", latentWidth}}},
  };
  for (const Graph &graph : graphs) {
    std::string display = std::string(graph.folder) + "/model.onnx";
    std::string path = joinPath(options.input, display);
    if (!sys::fs::exists(path))
      return createStringError(path + ": missing; a pipeline's folder holds text_encoder/model.onnx, unet/model.onnx "
                                      "and vae_decoder/model.onnx");
    Expected<std::vector<ModelInput>> inputs = modelInputs(path);
    if (!inputs)
      return inputs.takeError();
    // The graph may have been exported with some of these dimensions fixed;
    // what the user binds with --dim wins.
    std::map<std::string, int64_t> dims;
    for (const ModelInput &input : *inputs)
      for (const std::string &symbol : input.symbols) {
        if (auto it = graph.dims.find(symbol); it != graph.dims.end())
          dims.insert(*it);
        if (auto it = options.dims.find(symbol); it != options.dims.end())
          dims[symbol] = it->second;
      }
    if (Error error = importGraph(path, graph.function, display, dims))
      return error;
  }
  return checkPipelinePrograms(*ir, *pipeline);
}

Error Compiler::runPasses(EmitKind until) {
  progress.begin("passes");
  PipelineOptions passOptions;
  passOptions.target = machine;
  passOptions.precision = options.precision;
  passOptions.isPipeline = pipeline.has_value();
  passOptions.guidancePair = pipeline && pipeline->guidancePair;
  passOptions.timesteps = timesteps;
  passOptions.weightValues = [this](StringRef name) -> std::optional<Tensor> {
    Expected<Tensor> tensor = store.get(name);
    if (tensor)
      return std::move(*tensor);
    consumeError(tensor.takeError()); // emit() says what is wrong with a weight; passes do without
    return std::nullopt;
  };
  passOptions.masks = options.masks;
  passOptions.compaction = &compacted;
  passOptions.maxScratch = options.maxScratch;
  passOptions.maxWeights = options.maxWeights;
  passOptions.maxGrowth = machine.arch == Arch::X86_64 ? 3 : 1.5; // phones: every byte is shipped and mapped
  if (options.metal)
    passOptions.moments = [](const KernelKey &key, int64_t points) {
      return metal::momentsBlock(key, points, metal::MetalModel());
    };
  mlir::PassManager pm(&context);
  pm.addInstrumentation(std::make_unique<WorkRecorder>(work));
  if (until == EmitKind::Snap)
    buildGraphPipeline(pm, passOptions);
  else
    buildPipeline(pm, passOptions);
  DiagnosticCollector diagnostics(&context);
  if (failed(pm.run(*ir)))
    return diagnostics.takeError("the passes failed; please report this model");
  for (const std::string &remark : diagnostics.remarks())
    progress.note("note: " + remark);
  if (until != EmitKind::Snap) {
    size_t calls = 0;
    bool takesIndex = false;
    ir->walk([&](plan::CallOp) { ++calls; });
    ir->walk([&](plan::InputOp input) { takesIndex |= input.getName() == "step_index"; });
    // specialize-timesteps has said why: such a pipeline can run any number of steps.
    if (pipeline && !takesIndex)
      pipeline->fixedSteps = 0;
    progress.end(std::to_string(calls) + " kernel calls");
  } else {
    progress.end();
  }
  return Error::success();
}

std::string formatBytes(uint64_t bytes) {
  std::string text;
  raw_string_ostream(text) << format("%.1f MiB", bytes / double(1 << 20));
  return text;
}

Error runCompile(const CompileOptions &options, Progress &progress) {
  Compiler compiler(options, progress);
  if (Error error = compiler.import())
    return error;
  if (Error error = compiler.runPasses(options.emit))
    return error;
  if (options.emit != EmitKind::Library) {
    if (options.output == "-") {
      compiler.module().print(outs());
      return Error::success();
    }
    return writeFileAtomically(options.output, [&](raw_pwrite_stream &os) {
      compiler.module().print(os);
      return Error::success();
    });
  }
  Expected<CompileSummary> summary = compiler.emit();
  if (!summary)
    return summary.takeError();
  if (!options.report.empty()) {
    Expected<std::unique_ptr<ModelReport>> report = ModelReport::read(summary->files.snap);
    if (!report)
      return report.takeError();
    if (Error error = writeReportPage(options.report, **report))
      return error;
  }
  raw_ostream &os = outs();
  if (!compiler.compaction().empty())
    os << compiler.compaction().summary() << '\n';
  os << summary->files.archive << ": " << formatBytes(summary->archiveBytes) << ", " << summary->kernels << " kernels";
  if (summary->measuredKernels)
    os << ", " << summary->measuredKernels << " with measured sizes";
  os << '\n';
  os << summary->files.header << '\n';
  os << summary->files.snap << ": " << formatBytes(summary->snapBytes) << ", weights "
     << formatBytes(summary->weightBytes) << '\n';
  if (options.metal)
    os << summary->files.metal << ": " << formatBytes(summary->metalBytes) << ", " << summary->metalFunctions
       << " functions; " << compiler.name() << "-metallib.sh compiles it on a Mac\n";
  for (const ProgramSummary &program : summary->programs)
    os << "  " << program.name << ": " << program.calls << " kernel calls"
       << format(", %.2f GMAC, arena ", program.macs / 1e9) << formatBytes(program.arenaBytes) << " (no less than "
       << formatBytes(program.arenaBound) << ")\n";
  if (summary->stateBytes)
    os << "  handed on between them: " << formatBytes(summary->stateBytes) << '\n';
  os << "build " << summary->buildId << format(" in %.1f s\n", progress.seconds());
  return Error::success();
}

} // namespace snap
