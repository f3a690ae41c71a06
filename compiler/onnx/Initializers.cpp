//===- Initializers.cpp - Tensors that a model holds or refers to ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/Initializers.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace llvm;

namespace snap {

static Error refuse(const Twine &why) {
  return createStringError(std::errc::invalid_argument, "%s", why.str().c_str());
}

std::optional<ElementType> elementTypeOfOnnx(int dataType) {
  switch (dataType) {
  case onnx::TensorProto::FLOAT:
  case onnx::TensorProto::DOUBLE:
    return ElementType::F32;
  case onnx::TensorProto::FLOAT16:
    return ElementType::F16;
  case onnx::TensorProto::INT64:
    return ElementType::I64;
  case onnx::TensorProto::INT32:
    return ElementType::I32;
  case onnx::TensorProto::INT8:
    return ElementType::I8;
  case onnx::TensorProto::UINT8:
    return ElementType::U8;
  case onnx::TensorProto::BOOL:
    return ElementType::I1;
  default:
    return std::nullopt;
  }
}

Expected<std::pair<ElementType, std::vector<int64_t>>> typeOf(const onnx::TensorProto &proto) {
  std::optional<ElementType> type = elementTypeOfOnnx(proto.data_type());
  if (!type)
    return refuse("has element type " + dataTypeName(proto.data_type()) +
                  ", which is not supported; export the model in float or float16");
  if (proto.has_segment())
    return refuse("is stored in segments, which is not supported");
  std::vector<int64_t> shape(proto.dims().begin(), proto.dims().end());
  uint64_t bytes = 8;
  for (int64_t dim : shape)
    if (dim < 0 || __builtin_mul_overflow(bytes, uint64_t(dim), &bytes))
      return refuse("has an impossible shape: dimension " + Twine(dim));
  if (bytes > uint64_t(std::numeric_limits<int64_t>::max()))
    return refuse("has a shape of more than 2^63 bytes");
  return std::make_pair(*type, std::move(shape));
}

bool isExternal(const onnx::TensorProto &proto) {
  return proto.data_location() == onnx::TensorProto::EXTERNAL || proto.external_data_size() > 0;
}

Expected<ExternalData> externalDataOf(const onnx::TensorProto &proto) {
  if (proto.data_type() == onnx::TensorProto::DOUBLE)
    return refuse("is external data of type double; convert the model to float");
  ExternalData data;
  for (const onnx::StringStringEntryProto &entry : proto.external_data()) {
    uint64_t *number = entry.key() == "offset" ? &data.offset : entry.key() == "length" ? &data.length : nullptr;
    if (entry.key() == "location")
      data.location = entry.value();
    else if (number && StringRef(entry.value()).getAsInteger(10, *number))
      return refuse("has external data with " + entry.key() + " '" + entry.value() +
                    "'; expected a number that is not negative");
  }
  if (data.location.empty())
    return refuse("is external data without a location");
  return data;
}

/// Copies `values` (a repeated field) into a tensor, element by element.
template <typename T, typename Field> static Error fill(Tensor &tensor, const Field &values) {
  if (values.size() != tensor.elements())
    return refuse(formatv("has {0} values, but its shape needs {1}", values.size(), tensor.elements()).str());
  T *out = tensor.mutableData<T>();
  for (int i = 0; i < values.size(); ++i)
    out[i] = static_cast<T>(values.Get(i));
  return Error::success();
}

/// double to f32 with care: what f32 cannot hold is refused, not made infinite.
static Error narrow(const char *bytes, Tensor &tensor) {
  float *out = tensor.mutableData<float>();
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    double value;
    std::memcpy(&value, bytes + i * sizeof(double), sizeof(double));
    if (std::isfinite(value) && std::fabs(value) > double(std::numeric_limits<float>::max()))
      return refuse(formatv("holds the double {0}, which is beyond float's range", value).str());
    out[i] = static_cast<float>(value);
  }
  return Error::success();
}

Expected<Tensor> tensorOf(onnx::TensorProto &proto) {
  Expected<std::pair<ElementType, std::vector<int64_t>>> checked = typeOf(proto);
  if (!checked)
    return checked.takeError();
  auto [type, shape] = *checked;
  bool isDouble = proto.data_type() == onnx::TensorProto::DOUBLE;
  uint64_t count = 1;
  for (int64_t dim : shape)
    count *= dim; // fits: typeOf checked

  if (proto.has_raw_data()) {
    uint64_t needed = count * (isDouble ? sizeof(double) : byteSize(type));
    if (proto.raw_data().size() != needed)
      return refuse(formatv("holds {0} bytes, but its type and shape need {1}", proto.raw_data().size(), needed).str());
    if (isDouble) {
      Tensor tensor(type, shape);
      if (Error error = narrow(proto.raw_data().data(), tensor))
        return error;
      return tensor;
    }
    auto bytes = std::make_shared<std::string>(std::move(*proto.mutable_raw_data()));
    if (reinterpret_cast<uintptr_t>(bytes->data()) % byteSize(type) == 0 && type != ElementType::I1)
      return Tensor(type, shape, bytes->data(), bytes);
    Tensor tensor(type, shape);
    if (type == ElementType::I1) // a bool that is neither 0 nor 1 must not reach a kernel
      for (uint64_t i = 0; i < count; ++i)
        tensor.setInt(i, (*bytes)[i] != 0);
    else if (needed > 0)
      std::memcpy(tensor.mutableRaw(), bytes->data(), needed);
    return tensor;
  }

  // Checked before allocating: a hostile shape may claim more than the file holds.
  uint64_t held =
      std::max({proto.float_data_size(), proto.int32_data_size(), proto.int64_data_size(), proto.double_data_size()});
  if (count != held)
    return refuse(formatv("has {0} values, but its shape needs {1}", held, count).str());
  Tensor tensor(type, shape);
  Error error = Error::success();
  (void)!!error; // checked: overwritten below
  switch (type) {
  case ElementType::F32:
    if (isDouble) {
      if (proto.double_data_size() != int64_t(count))
        return refuse("is of type double, but its values are not");
      error = narrow(reinterpret_cast<const char *>(proto.double_data().data()), tensor);
    } else {
      error = fill<float>(tensor, proto.float_data());
    }
    break;
  case ElementType::F16: // the bits, in int32_data
    error = fill<uint16_t>(tensor, proto.int32_data());
    break;
  case ElementType::I64:
    error = fill<int64_t>(tensor, proto.int64_data());
    break;
  case ElementType::I32:
    error = fill<int32_t>(tensor, proto.int32_data());
    break;
  case ElementType::I8:
    error = fill<int8_t>(tensor, proto.int32_data());
    break;
  case ElementType::U8:
    error = fill<uint8_t>(tensor, proto.int32_data());
    break;
  case ElementType::I1:
    error = fill<bool>(tensor, proto.int32_data());
    break;
  }
  if (error)
    return std::move(error);
  return tensor;
}

} // namespace snap
