//===- snap-import.cpp - Prints and runs imported models, for tests -------===//
//
//   snap-import MODEL.onnx [--dim NAME=N]...       prints the imported function
//   snap-import --cases DIR...                     imports and interprets cases
//   snap-import --run MODEL.onnx DIR [--dim ...]   interprets one, with weights
//
// A case is a folder with model.onnx and input_0.bin, input_1.bin, … (the bytes
// of the function's arguments); results are written to output_0.bin, …, and
// result.txt holds "ok" or the importer's messages.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OnnxImporter.h"
#include "dialects/reference/Interpreter.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace mlir;
using namespace snap;

static bool writeFile(const std::string &path, llvm::StringRef bytes) {
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  out << bytes;
  return !error;
}

/// Imports and interprets the model of a folder; the messages are in `messages`.
static LogicalResult runCase(MLIRContext &context, const std::string &model, const std::string &dir,
                             const ImportOptions &options, std::string &messages) {
  ScopedDiagnosticHandler capture(&context, [&](Diagnostic &diagnostic) {
    messages += diagnostic.str() + "\n";
    return success();
  });
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  WeightStore weights;
  FailureOr<func::FuncOp> function = importOnnx(*module, model, options, weights);
  if (failed(function))
    return failure();
  SmallVector<Tensor> inputs;
  for (auto [i, type] : llvm::enumerate(function->getArgumentTypes())) {
    auto tensorType = cast<RankedTensorType>(type);
    Tensor tensor(elementTypeOf(tensorType.getElementType()), tensorType.getShape().vec());
    auto file = llvm::MemoryBuffer::getFile(dir + "/input_" + std::to_string(i) + ".bin");
    if (!file || int64_t((*file)->getBufferSize()) != tensor.bytes()) {
      messages += "input_" + std::to_string(i) + ".bin is missing or not of the argument's size\n";
      return failure();
    }
    if (tensor.bytes() > 0)
      std::memcpy(tensor.mutableRaw(), (*file)->getBufferStart(), tensor.bytes());
    inputs.push_back(std::move(tensor));
  }
  auto source = [&](Operation *op, StringRef name, RankedTensorType) -> FailureOr<Tensor> {
    llvm::Expected<Tensor> tensor = weights.get(name);
    if (!tensor)
      return op->emitError(toString(tensor.takeError()));
    return *tensor;
  };
  FailureOr<SmallVector<Tensor>> results = interpret(*function, inputs, source);
  if (failed(results))
    return failure();
  for (auto [i, result] : llvm::enumerate(*results))
    writeFile(dir + "/output_" + std::to_string(i) + ".bin",
              StringRef(static_cast<const char *>(result.raw()), result.bytes()));
  return success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<SnapDialect, func::FuncDialect>();
  ImportOptions options;
  std::vector<std::string> paths;
  bool cases = false, run = false, quiet = false;
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef arg = argv[i];
    int64_t value = 0;
    if (arg == "--cases")
      cases = true;
    else if (arg == "--run")
      run = true;
    else if (arg == "--quiet")
      quiet = true;
    else if (arg == "--name" && i + 1 < argc)
      options.displayName = argv[++i];
    else if (arg == "--dim" && i + 1 < argc && !llvm::StringRef(argv[i + 1]).split('=').second.getAsInteger(10, value))
      options.dims[llvm::StringRef(argv[++i]).split('=').first.str()] = value;
    else
      paths.push_back(arg.str());
  }
  if (paths.empty() || (run && paths.size() != 2)) {
    llvm::errs()
        << "usage: snap-import MODEL.onnx [--name NAME] [--dim NAME=N]... | --run MODEL.onnx DIR | --cases DIR...\n";
    return 2;
  }
  if (cases) {
    for (const std::string &dir : paths) {
      std::string messages;
      options.displayName = "model.onnx";
      bool ok = succeeded(runCase(context, dir + "/model.onnx", dir, options, messages));
      writeFile(dir + "/result.txt", ok ? "ok\n" : messages);
    }
    return 0;
  }
  if (run) {
    std::string messages;
    bool ok = succeeded(runCase(context, paths[0], paths[1], options, messages));
    llvm::errs() << messages;
    return ok ? 0 : 1;
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  WeightStore weights;
  ScopedDiagnosticHandler print(&context, [&](Diagnostic &diagnostic) {
    llvm::errs() << "error: " << diagnostic << "\n";
    return success();
  });
  if (failed(importOnnx(*module, paths[0], options, weights)))
    return 1;
  if (!quiet) {
    OpPrintingFlags flags;
    llvm::outs() << "// " << weights.totalBytes() << " bytes of weights\n";
    module->print(llvm::outs(), flags.elideLargeElementsAttrs(64));
    llvm::outs() << "\n";
  }
  return 0;
}
