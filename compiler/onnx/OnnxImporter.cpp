//===- OnnxImporter.cpp - ONNX graphs to the snap dialect -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OnnxImporter.h"
#include "compiler/onnx/GraphImporter.h"

#include "llvm/Support/Path.h"

#include <set>

using namespace mlir;

namespace snap {

/// Every problem is told, but a model of another kind has thousands alike.
static constexpr size_t mostProblemsShown = 100;

FailureOr<func::FuncOp> importOnnx(ModuleOp module, StringRef path, const ImportOptions &given, WeightStore &weights) {
  MLIRContext *context = module.getContext();
  context->getOrLoadDialect<SnapDialect>();
  context->getOrLoadDialect<func::FuncDialect>();
  ImportOptions options = given;
  if (options.displayName.empty())
    options.displayName = path.str();
  // The message is whole, file and node included: a location would repeat it.
  auto emit = [&](const Twine &message) { emitError(UnknownLoc::get(context)) << message; };

  llvm::Expected<std::unique_ptr<onnx::ModelProto>> model = readModel(path);
  if (!model) {
    emit(options.displayName + ": " + toString(model.takeError()));
    return failure();
  }
  std::string modelDir = llvm::sys::path::parent_path(path).str();
  GraphImporter importer(**model, modelDir, options, weights, context);
  OwningOpRef<func::FuncOp> function = importer.run();
  for (const std::string &problem : ArrayRef<std::string>(importer.errors()).take_front(mostProblemsShown))
    emit(problem);
  if (importer.errors().size() > mostProblemsShown)
    emit(options.displayName + ": " + Twine(importer.errors().size() - mostProblemsShown) + " more problems");
  if (!function)
    return failure();
  // Weights may be absent, but those that are there must be sound.
  if (llvm::Error error = weights.check(WeightStore::Missing::Allow)) {
    emit(options.displayName + ": " + toString(std::move(error)));
    return failure();
  }
  func::FuncOp op = function.release();
  module.push_back(op);
  return op;
}

llvm::Expected<std::vector<ModelInput>> modelInputs(StringRef path) {
  llvm::Expected<std::unique_ptr<onnx::ModelProto>> model = readModel(path);
  if (!model)
    return llvm::createStringError(std::errc::invalid_argument, "%s: %s", path.str().c_str(),
                                   toString(model.takeError()).c_str());
  const onnx::GraphProto &graph = (*model)->graph();
  std::set<std::string> initialized;
  for (const onnx::TensorProto &initializer : graph.initializer())
    initialized.insert(initializer.name());
  std::vector<ModelInput> inputs;
  for (const onnx::ValueInfoProto &proto : graph.input()) {
    if (initialized.count(proto.name()))
      continue;
    ModelInput input;
    if (std::string why = describeInput(proto, input); !why.empty())
      return llvm::createStringError(std::errc::invalid_argument, "%s: input '%s' %s", path.str().c_str(),
                                     proto.name().c_str(), why.c_str());
    inputs.push_back(std::move(input));
  }
  return inputs;
}

} // namespace snap
