//===- OnnxImporter.h - ONNX graphs to the snap dialect ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_ONNX_ONNXIMPORTER_H
#define SNAP_COMPILER_ONNX_ONNXIMPORTER_H

#include "compiler/weights/WeightStore.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace snap {

struct ImportOptions {
  /// Name of the function made; also the prefix of its weights ("unet:conv_in.weight").
  std::string function = "main";
  /// How diagnostics name the file; the path as given when empty.
  std::string displayName;
  /// --dim NAME=N: values of symbolic dimensions, by the model's own names.
  std::map<std::string, int64_t> dims;
  /// Float initializers of more than one element become weights however small,
  /// so that every value of the model can be found by its name.
  bool nameAllWeights = false;
};

/// Reads `path`, adds a func.func to `module` with every shape static, and its
/// weights to `weights`. On failure every problem has been emitted as a
/// diagnostic and the module is unchanged.
mlir::FailureOr<mlir::func::FuncOp> importOnnx(mlir::ModuleOp module, llvm::StringRef path,
                                               const ImportOptions &options, WeightStore &weights);

/// An input of the model as its file declares it: dimension i is `dims[i]`, or
/// -1 with the symbol `symbols[i]` ("batch"; empty if the file gives neither).
struct ModelInput {
  std::string name;
  std::vector<int64_t> dims;
  std::vector<std::string> symbols;
};

/// The model's inputs (initializers left out), in order, without importing it:
/// `snapc run` binds symbolic dimensions from the shapes of the .npy files.
llvm::Expected<std::vector<ModelInput>> modelInputs(llvm::StringRef path);

} // namespace snap

#endif // SNAP_COMPILER_ONNX_ONNXIMPORTER_H
