//===- Constants.cpp - Attributes and types as tensors and back -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Interpreter.h"

#include <cstring>

using namespace mlir;
using namespace snap;

ElementType snap::elementTypeOf(Type type) {
  if (type.isF32())
    return ElementType::F32;
  if (type.isF16())
    return ElementType::F16;
  if (type.isUnsignedInteger(8))
    return ElementType::U8;
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return ElementType::I1;
  case 8:
    return ElementType::I8;
  case 32:
    return ElementType::I32;
  default:
    assert(type.isInteger(64) && "an element type of the snap dialect");
    return ElementType::I64;
  }
}

Type snap::mlirTypeOf(ElementType type, MLIRContext *context) {
  switch (type) {
  case ElementType::F32:
    return Float32Type::get(context);
  case ElementType::F16:
    return Float16Type::get(context);
  case ElementType::I64:
    return IntegerType::get(context, 64);
  case ElementType::I32:
    return IntegerType::get(context, 32);
  case ElementType::I8:
    return IntegerType::get(context, 8);
  case ElementType::U8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case ElementType::I1:
    return IntegerType::get(context, 1);
  }
  llvm_unreachable("every element type has a case");
}

RankedTensorType snap::tensorTypeOf(const Tensor &tensor, MLIRContext *context) {
  return RankedTensorType::get(tensor.shape(), mlirTypeOf(tensor.type(), context));
}

Tensor snap::toTensor(ElementsAttr value) {
  auto dense = cast<DenseElementsAttr>(value);
  auto type = cast<RankedTensorType>(dense.getType());
  Tensor result(elementTypeOf(type.getElementType()), type.getShape().vec());
  char *bytes = static_cast<char *>(result.mutableRaw());
  int64_t elements = result.elements(), size = byteSize(result.type());
  if (result.type() == ElementType::I1) { // MLIR packs bits
    for (auto [i, bit] : llvm::enumerate(dense.getValues<bool>()))
      bytes[i] = bit;
    return result;
  }
  ArrayRef<char> raw = dense.getRawData();
  for (int64_t i = 0; i < elements && dense.isSplat(); ++i)
    std::memcpy(bytes + i * size, raw.data(), size);
  if (!dense.isSplat() && elements)
    std::memcpy(bytes, raw.data(), elements * size);
  return result;
}

DenseElementsAttr snap::toAttribute(const Tensor &tensor, MLIRContext *context) {
  RankedTensorType type = tensorTypeOf(tensor, context);
  const char *bytes = static_cast<const char *>(tensor.raw());
  int64_t elements = tensor.elements(), size = byteSize(tensor.type());
  bool isSplat = elements > 0;
  for (int64_t i = 1; i < elements && isSplat; ++i)
    isSplat = std::memcmp(bytes, bytes + i * size, size) == 0;
  int64_t kept = isSplat ? 1 : elements;
  if (tensor.type() == ElementType::I1) {
    SmallVector<bool> bits;
    for (int64_t i = 0; i < kept; ++i)
      bits.push_back(bytes[i]);
    return DenseElementsAttr::get(type, ArrayRef<bool>(bits));
  }
  return DenseElementsAttr::getFromRawBuffer(type, ArrayRef<char>(bytes, kept * size));
}
