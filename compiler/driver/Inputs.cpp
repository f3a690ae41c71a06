//===- Inputs.cpp - A model's inputs from .npy files ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Inputs.h"

#include "compiler/driver/Npy.h"
#include "compiler/onnx/OnnxImporter.h"

using namespace llvm;

namespace snap {

Expected<std::map<std::string, Tensor>> readInputs(const std::map<std::string, std::string> &files) {
  std::map<std::string, Tensor> tensors;
  for (const auto &[name, path] : files) {
    Expected<Tensor> tensor = readNpy(path);
    if (!tensor)
      return tensor.takeError();
    tensors[name] = *tensor;
  }
  return tensors;
}

Error bindDims(StringRef model, const std::map<std::string, Tensor> &inputs, std::map<std::string, int64_t> &dims) {
  Expected<std::vector<ModelInput>> declared = modelInputs(model);
  if (!declared)
    return declared.takeError();
  for (const ModelInput &input : *declared) {
    auto it = inputs.find(input.name);
    if (it == inputs.end())
      continue;
    const std::vector<int64_t> &shape = it->second.shape();
    if (shape.size() != input.dims.size())
      return createStringError(model + ": input '" + input.name + "' has " + Twine(input.dims.size()) +
                               " dimensions, the file given has " + Twine(shape.size()));
    for (size_t d = 0; d < shape.size(); ++d) {
      if (input.dims[d] >= 0 || input.symbols[d].empty())
        continue;
      auto [bound, inserted] = dims.emplace(input.symbols[d], shape[d]);
      if (!inserted && bound->second != shape[d])
        return createStringError(model + ": dimension '" + input.symbols[d] + "' is " + Twine(bound->second) +
                                 " elsewhere and " + Twine(shape[d]) + " in input '" + input.name + "'");
    }
  }
  return Error::success();
}

} // namespace snap
