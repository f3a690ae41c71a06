//===- Inputs.h - A model's inputs from .npy files --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_INPUTS_H
#define SNAP_COMPILER_DRIVER_INPUTS_H

#include "dialects/reference/Tensor.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <string>

namespace snap {

/// Reads NAME -> FILE.npy.
llvm::Expected<std::map<std::string, Tensor>> readInputs(const std::map<std::string, std::string> &files);

/// Binds the symbolic dimensions of MODEL.onnx from the shapes of its inputs;
/// refuses contradictions with each other and with what `dims` holds already.
llvm::Error bindDims(llvm::StringRef model, const std::map<std::string, Tensor> &inputs,
                     std::map<std::string, int64_t> &dims);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_INPUTS_H
