//===- Prune.cpp - snapc prune --------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Commands.h"
#include "compiler/driver/Diagnostics.h"
#include "compiler/driver/TemporaryFolder.h"
#include "compiler/emit/AtomicFile.h"
#include "compiler/onnx/OnnxImporter.h"
#include "compiler/onnx/PruneModel.h"
#include "passes/Passes.h"
#include "passes/UniformPruning.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace snap {

/// What symbolic dimensions stand for while shapes are worked out: divisible by 8, as UNets need.
static constexpr int64_t anyDimension = 16;
static constexpr const char *program = "main";

namespace {
struct Imported {
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  mlir::OwningOpRef<mlir::ModuleOp> module;
  WeightStore weights;

  Error import(StringRef path, StringRef displayName, const std::map<std::string, int64_t> &dims) {
    context.loadDialect<SnapDialect, mlir::func::FuncDialect>();
    module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&context));
    ImportOptions options;
    options.function = program;
    options.displayName = displayName.str();
    options.dims = dims;
    options.nameAllWeights = true;
    DiagnosticCollector diagnostics(&context);
    if (failed(importOnnx(*module, path, options, weights)))
      return diagnostics.takeError("cannot import " + displayName.str());
    return Error::success();
  }

  Error recover() {
    mlir::PassManager passes(&context);
    passes.nest<mlir::func::FuncOp>().addPass(createSimplifyImport());
    passes.nest<mlir::func::FuncOp>().addPass(createRecoverOps());
    DiagnosticCollector diagnostics(&context);
    if (failed(passes.run(*module)))
      return diagnostics.takeError("the passes failed; please report this model");
    return Error::success();
  }

  std::optional<Tensor> values(StringRef name) const {
    Expected<Tensor> tensor = weights.get(name);
    if (tensor)
      return std::move(*tensor);
    consumeError(tensor.takeError());
    return std::nullopt;
  }
};
} // namespace

/// --dim, and any number for the rest.
static Expected<std::map<std::string, int64_t>> allDims(const PruneOptions &options) {
  Expected<std::vector<ModelInput>> inputs = modelInputs(options.model);
  if (!inputs)
    return inputs.takeError();
  std::map<std::string, int64_t> dims = options.dims;
  for (const ModelInput &input : *inputs)
    for (auto [size, symbol] : zip(input.dims, input.symbols))
      if (size < 0)
        dims.try_emplace(symbol, anyDimension);
  return dims;
}

/// The smaller graph must be a model as the larger one was: layers may hold
/// their widths in constants that nobody changed.
static Error checkModel(const PrunedModel &pruned, const PruneOptions &options,
                        const std::map<std::string, int64_t> &dims) {
  TemporaryFolder folder;
  if (Error error = folder.create())
    return error;
  SmallString<128> path(folder.path());
  sys::path::append(path, "model.onnx");
  if (Error error = writeFileAtomically(path, [&](raw_pwrite_stream &os) { return pruned.writeModel(os); }))
    return error;
  Imported smaller;
  if (Error error = smaller.import(path, options.model, dims))
    return createStringError(options.model +
                             ": cannot be pruned: the smaller graph's shapes disagree, so its numbers of channels are "
                             "written in the graph; export it with dynamic shapes. The first reasons:\n" +
                             toString(std::move(error)));
  return Error::success();
}

static void printLayers(const PruningPlan &plan, const PrunedModel &pruned, const PruneOptions &options) {
  raw_ostream &os = outs();
  size_t narrowed = 0;
  for (const PruningPlan::Layer &layer : plan.layers)
    narrowed += layer.left < layer.channels;
  os << options.output << ": " << narrowed << " of " << plan.layers.size() << " layers narrowed, "
     << format("%.2f M of %.2f M parameters left (%.2fx fewer)\n", double(pruned.elementsAfter()) / 1e6,
               double(pruned.elementsBefore()) / 1e6,
               double(pruned.elementsBefore()) / double(std::max<int64_t>(pruned.elementsAfter(), 1)));
  for (const PruningPlan::Layer &layer : plan.layers) {
    os << "  " << layer.name << ": " << layer.left << " of " << layer.channels << " channels";
    if (!layer.why.empty())
      os << "; " << layer.why;
    os << '\n';
  }
}

Error runPrune(const PruneOptions &options, Progress &progress) {
  if (sys::fs::equivalent(options.model, options.output))
    return createStringError(options.output + ": is the model itself; give another file");
  progress.begin("import " + options.model);
  Expected<std::map<std::string, int64_t>> dims = allDims(options);
  if (!dims)
    return dims.takeError();
  Imported model;
  if (Error error = model.import(options.model, options.model, *dims))
    return error;
  if (Error error = model.weights.check())
    return createStringError(options.model + ": " + toString(std::move(error)));
  if (Error error = model.recover())
    return error;

  progress.begin("weigh channels");
  auto func = *model.module->getOps<mlir::func::FuncOp>().begin();
  PruningPlan plan;
  std::string problem = planUniformPruning(
      func.getBody().front(), options.channels, [&](StringRef name) { return model.values(name); }, plan);
  if (!problem.empty())
    return createStringError(options.model + ": " + problem);
  std::string prefix = std::string(program) + ":";
  std::map<std::string, KeptSlices> kept;
  for (const auto &[weight, axes] : plan.kept)
    kept[StringRef(weight).drop_front(prefix.size()).str()] = axes;

  std::string data = options.output + ".data";
  Expected<PrunedModel> pruned =
      PrunedModel::make(options.model, kept, model.weights, prefix, sys::path::filename(data));
  if (!pruned)
    return createStringError(options.model + ": " + toString(pruned.takeError()));
  if (Error error = checkModel(*pruned, options, *dims))
    return error;

  progress.begin("write " + options.output);
  if (pruned->hasData()) {
    // Under another name first: an older model must never be beside newer data.
    std::string fresh = data + ".new";
    if (Error error = writeFileAtomically(fresh, [&](raw_pwrite_stream &os) { return pruned->writeData(os); }))
      return error;
    if (std::error_code error = sys::fs::remove(options.output)) {
      (void)sys::fs::remove(fresh); // what remains is under no name that anybody reads
      return createStringError(options.output + ": cannot remove: " + error.message());
    }
    if (std::error_code error = sys::fs::rename(fresh, data)) {
      (void)sys::fs::remove(fresh);
      return createStringError(data + ": cannot write: " + error.message());
    }
  }
  if (Error error = writeFileAtomically(options.output, [&](raw_pwrite_stream &os) { return pruned->writeModel(os); }))
    return error;
  progress.end();
  printLayers(plan, *pruned, options);
  return Error::success();
}

} // namespace snap
