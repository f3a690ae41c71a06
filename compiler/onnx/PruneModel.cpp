//===- PruneModel.cpp - A model with smaller weights ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/PruneModel.h"
#include "compiler/onnx/Initializers.h"
#include "dialects/reference/Evaluators.h"

#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace llvm;

namespace snap {

/// Weights begin at multiples of this, so that they can be mapped.
static constexpr uint64_t dataAlignment = 64;

static Error refuse(const Twine &why) {
  return createStringError(std::errc::invalid_argument, "%s", why.str().c_str());
}

static Tensor takeSlices(Tensor tensor, const KeptSlices &kept) {
  for (const auto &[axis, channels] : kept) {
    if (int64_t(channels.size()) == tensor.shape()[axis])
      continue;
    Tensor indices(ElementType::I64, {int64_t(channels.size())});
    std::copy(channels.begin(), channels.end(), indices.mutableData<int64_t>());
    tensor = reference::gather(tensor, indices, axis);
  }
  return tensor;
}

static std::vector<int64_t> keptShape(std::vector<int64_t> shape, const KeptSlices &kept) {
  for (const auto &[axis, channels] : kept)
    shape[axis] = int64_t(channels.size());
  return shape;
}

static int64_t countOf(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

static void setDims(onnx::TensorProto &proto, ArrayRef<int64_t> shape) {
  proto.clear_dims();
  for (int64_t dim : shape)
    proto.add_dims(dim);
}

static void setExternal(onnx::TensorProto &proto, StringRef location, uint64_t offset, uint64_t length) {
  proto.clear_external_data();
  for (auto [key, value] : {std::pair<const char *, std::string>{"location", location.str()},
                            {"offset", std::to_string(offset)},
                            {"length", std::to_string(length)}}) {
    onnx::StringStringEntryProto *entry = proto.add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  }
}

Expected<PrunedModel> PrunedModel::make(StringRef path, const std::map<std::string, KeptSlices> &kept,
                                        const WeightStore &weights, StringRef prefix, StringRef dataName) {
  PrunedModel pruned;
  Expected<std::unique_ptr<onnx::ModelProto>> read = readModel(path);
  if (!read)
    return read.takeError();
  pruned.model = std::move(*read);
  pruned.weights = &weights;
  onnx::GraphProto &graph = *pruned.model->mutable_graph();
  graph.clear_value_info();
  uint64_t end = 0;
  static const KeptSlices everything;
  for (onnx::TensorProto &proto : *graph.mutable_initializer()) {
    auto found = kept.find(proto.name());
    const KeptSlices &slices = found == kept.end() ? everything : found->second;
    auto type = typeOf(proto);
    if (!type)
      return refuse("initializer '" + proto.name() + "' " + toString(type.takeError()));
    bool isFloat = type->first == ElementType::F32 || type->first == ElementType::F16;
    std::vector<int64_t> shape = keptShape(type->second, slices);
    if (isFloat) {
      pruned.before += countOf(type->second);
      pruned.after += countOf(shape);
    }
    if (isExternal(proto)) {
      std::string name = (prefix + proto.name()).str();
      if (!weights.contains(name)) // read by no node
        return refuse("initializer '" + proto.name() + "' is external data that no node reads: remove it");
      end = alignTo(end, dataAlignment);
      uint64_t length = uint64_t(countOf(shape)) * byteSize(type->first);
      setExternal(proto, dataName, end, length);
      setDims(proto, shape);
      pruned.external.push_back({name, slices, end});
      end += length;
    } else if (shape != type->second) {
      // Their own proto, since reading the values takes them out of it.
      onnx::TensorProto copy = proto;
      Expected<Tensor> tensor = tensorOf(copy);
      if (!tensor)
        return refuse("initializer '" + proto.name() + "' " + toString(tensor.takeError()));
      Tensor slice = takeSlices(std::move(*tensor), slices);
      onnx::TensorProto smaller;
      smaller.set_name(proto.name());
      smaller.set_data_type(slice.type() == ElementType::F16 ? onnx::TensorProto::FLOAT16 : onnx::TensorProto::FLOAT);
      setDims(smaller, shape);
      smaller.set_raw_data(std::string(static_cast<const char *>(slice.raw()), slice.bytes()));
      proto = std::move(smaller);
    }
  }
  return pruned;
}

Error PrunedModel::writeData(raw_ostream &os) const {
  uint64_t at = 0;
  for (const External &one : external) {
    Expected<Tensor> tensor = weights->get(one.weight);
    if (!tensor)
      return tensor.takeError();
    os.write_zeros(unsigned(one.offset - at));
    Tensor slice = takeSlices(std::move(*tensor), one.kept);
    os.write(static_cast<const char *>(slice.raw()), size_t(slice.bytes()));
    at = one.offset + uint64_t(slice.bytes());
  }
  return Error::success();
}

Error PrunedModel::writeModel(raw_ostream &os) const {
  if (model->ByteSizeLong() > size_t(std::numeric_limits<int>::max()))
    return refuse("the smaller model is still above 2 GiB, protobuf's limit; save its weights as external data first");
  std::string bytes;
  if (!model->SerializeToString(&bytes))
    return refuse("the smaller model cannot be serialized");
  os << bytes;
  return Error::success();
}

} // namespace snap
