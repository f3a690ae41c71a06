//===- OnnxProto.h - ONNX's protobuf classes, and reading a file --*- C++ -*-===//
//
// The only way to onnx::ModelProto; the generated header needs two definitions.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_ONNX_ONNXPROTO_H
#define SNAP_COMPILER_ONNX_ONNXPROTO_H

#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#include <onnx/onnx_pb.h>

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>

namespace snap {

/// Parses a model file. The error says what is wrong with the file, without its name.
llvm::Expected<std::unique_ptr<onnx::ModelProto>> readModel(llvm::StringRef path);

/// "float", "bfloat16", …: TensorProto.DataType as ONNX names it.
std::string dataTypeName(int dataType);

} // namespace snap

#endif // SNAP_COMPILER_ONNX_ONNXPROTO_H
