//===- PipelinePrograms.cpp - Do three graphs make a pipeline? ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/PipelinePrograms.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace snap {
namespace {

using Shape = SmallVector<int64_t, 4>;

constexpr int64_t kAny = -1; // a dimension that is the graph's own affair

std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t dim : shape)
    text += (text.empty() ? "" : "x") + (dim == kAny ? std::string("?") : std::to_string(dim));
  return text.empty() ? "scalar" : text;
}

bool isFloat(mlir::Type type) { return type.isF32() || type.isF16(); }
bool isIndex(mlir::Type type) { return type.isInteger(64) || type.isInteger(32); }
bool isNumber(mlir::Type type) { return isFloat(type) || isIndex(type); }

/// The inputs or outputs of one function, by name.
class Port {
public:
  Port(mlir::func::FuncOp function, StringRef file, bool isInput) : function(function), file(file), isInput(isInput) {}

  /// The shape of the tensor called `name`, which must have this rank, these
  /// dimensions where they are not kAny, and an element type that fits.
  Expected<Shape> get(StringRef name, ArrayRef<int64_t> expected, bool (*fits)(mlir::Type), StringRef types) {
    auto types_ = isInput ? function.getArgumentTypes() : function.getResultTypes();
    std::vector<std::string> names;
    for (auto [index, type] : enumerate(types_)) {
      auto attribute = isInput ? function.getArgAttrOfType<mlir::StringAttr>(index, "snap.name")
                               : function.getResultAttrOfType<mlir::StringAttr>(index, "snap.name");
      names.push_back(attribute ? attribute.str() : "");
      if (names.back() == name)
        return check(name, cast<mlir::RankedTensorType>(type), expected, fits, types);
    }
    return createStringError(file + ": has no " + role() + " '" + name + "', which a pipeline needs; it has " +
                             join(names, ", "));
  }

private:
  StringRef role() const { return isInput ? "input" : "output"; }

  Expected<Shape> check(StringRef name, mlir::RankedTensorType type, ArrayRef<int64_t> expected,
                        bool (*fits)(mlir::Type), StringRef types) {
    std::string start = (file + ": " + role() + " '" + name + "' is ").str();
    if (!fits(type.getElementType())) {
      std::string text;
      raw_string_ostream(text) << type.getElementType();
      return createStringError(start + text + ", expected " + types);
    }
    ArrayRef<int64_t> shape = type.getShape();
    bool same = shape.size() == expected.size();
    for (size_t d = 0; same && d < expected.size(); ++d)
      same = expected[d] == kAny || shape[d] == expected[d];
    if (!same)
      return createStringError(start + shapeText(shape) + ", expected " + shapeText(expected));
    return Shape(shape);
  }

  mlir::func::FuncOp function;
  StringRef file;
  bool isInput;
};

} // namespace

Error checkPipelinePrograms(mlir::ModuleOp module, PipelineConfig &config) {
  auto encode = module.lookupSymbol<mlir::func::FuncOp>("encode_text");
  auto step = module.lookupSymbol<mlir::func::FuncOp>("step");
  auto decode = module.lookupSymbol<mlir::func::FuncOp>("decode");
  assert(encode && step && decode && "a pipeline is imported as these three functions");
  const int64_t channels = config.latentChannels;
  const int64_t height = config.height / config.latentScale, width = config.width / config.latentScale;

  StringRef file = "text_encoder/model.onnx";
  Expected<Shape> ids = Port(encode, file, true).get("input_ids", {1, kAny}, isIndex, "i64 or i32");
  if (!ids)
    return ids.takeError();
  const int64_t tokens = (*ids)[1];
  if (tokens < 2)
    return createStringError(file + ": input 'input_ids' has room for " + Twine(tokens) +
                             " tokens, expected the start and end markers at least");
  config.maxTokens = uint32_t(tokens);
  Expected<Shape> embedding =
      Port(encode, file, false).get("last_hidden_state", {1, tokens, kAny}, isFloat, "f32 or f16");
  if (!embedding)
    return embedding.takeError();

  const int64_t rows = config.guidancePair ? 2 : 1;
  file = "unet/model.onnx";
  Port inputs(step, file, true);
  if (Error error = inputs.get("sample", {rows, channels, height, width}, isFloat, "f32 or f16").takeError())
    return error;
  if (Error error = inputs.get("timestep", {1}, isNumber, "f32, f16, i64 or i32").takeError())
    return error;
  if (Error error =
          inputs.get("encoder_hidden_states", {rows, tokens, (*embedding)[2]}, isFloat, "f32 or f16").takeError())
    return error;
  if (Error error =
          Port(step, file, false).get("out_sample", {rows, channels, height, width}, isFloat, "f32 or f16").takeError())
    return error;

  file = "vae_decoder/model.onnx";
  if (Error error = Port(decode, file, true)
                        .get("latent_sample", {1, channels, height, width}, isFloat, "f32 or f16")
                        .takeError())
    return error;
  return Port(decode, file, false)
      .get("sample", {1, 3, config.height, config.width}, isFloat, "f32 or f16")
      .takeError();
}

} // namespace snap
