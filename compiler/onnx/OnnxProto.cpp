//===- OnnxProto.cpp - Reading a model file -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OnnxProto.h"

#include "llvm/Support/MemoryBuffer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <limits>

using namespace llvm;

namespace snap {

/// Subgraphs and types nest; a hostile file nests without end.
static constexpr int maxNesting = 64;

Expected<std::unique_ptr<onnx::ModelProto>> readModel(StringRef path) {
  auto refuse = [](const Twine &why) {
    return createStringError(std::errc::invalid_argument, "%s", why.str().c_str());
  };
  // Mapped, so that a large model is not in memory twice.
  ErrorOr<std::unique_ptr<MemoryBuffer>> file =
      MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return refuse("cannot be opened: " + file.getError().message());
  StringRef bytes = (*file)->getBuffer();
  if (bytes.empty())
    return refuse("is empty; expected an ONNX model");
  if (bytes.size() > size_t(std::numeric_limits<int>::max()))
    return refuse("is larger than 2 GiB, protobuf's limit; save its weights as external data");

  // Protobuf would print its own account of a bad file on stderr.
  google::protobuf::LogSilencer silence;
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  stream.SetRecursionLimit(maxNesting);
  auto model = std::make_unique<onnx::ModelProto>();
  if (!model->ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return refuse("is not an ONNX model, or is cut short or corrupt: its protobuf cannot be parsed");
  if (!model->has_graph() || model->opset_import_size() == 0)
    return refuse("is not an ONNX model: it has no graph or no opset");
  return std::move(model);
}

std::string dataTypeName(int dataType) {
  // By number: Debian's onnx 1.12 does not know the newer ones.
  static const char *const names[] = {
      "undefined", "float",      "uint8",          "int8",       "uint16",         "int16",  "int32",     "int64",
      "string",    "bool",       "float16",        "double",     "uint32",         "uint64", "complex64", "complex128",
      "bfloat16",  "float8e4m3", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4",  "int4",      "float4e2m1"};
  if (dataType >= 0 && size_t(dataType) < std::size(names))
    return names[dataType];
  return "type " + std::to_string(dataType);
}

} // namespace snap
