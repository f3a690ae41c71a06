//===- Initializers.h - Tensors that a model holds or refers to -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_ONNX_INITIALIZERS_H
#define SNAP_COMPILER_ONNX_INITIALIZERS_H

#include "compiler/onnx/OnnxProto.h"
#include "compiler/weights/WeightStore.h"

#include <optional>

namespace snap {

/// The element type that stands for an ONNX type; none if there is none.
/// double stands as f32: see tensorOf.
std::optional<ElementType> elementTypeOfOnnx(int dataType);

/// Where an external tensor's bytes are.
struct ExternalData {
  std::string location;
  uint64_t offset = 0;
  uint64_t length = WeightStore::wholeTensor;
};

/// The shape and type of a tensor, checked: dimensions are not negative and
/// the size fits.
llvm::Expected<std::pair<ElementType, std::vector<int64_t>>> typeOf(const onnx::TensorProto &proto);

bool isExternal(const onnx::TensorProto &proto);
llvm::Expected<ExternalData> externalDataOf(const onnx::TensorProto &proto);

/// The values of a tensor that the model holds itself. Takes the bytes out of
/// `proto` where it can, so that they are not in memory twice. doubles become
/// f32; one beyond f32's range is an error.
llvm::Expected<Tensor> tensorOf(onnx::TensorProto &proto);

} // namespace snap

#endif // SNAP_COMPILER_ONNX_INITIALIZERS_H
