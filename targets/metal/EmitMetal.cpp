//===- EmitMetal.cpp - From keys to Metal source --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/CanonicalKey.h"
#include "targets/metal/Emit.h"
#include "targets/metal/Prelude.h"

#include <algorithm>

using namespace snap;
using namespace snap::metal;

int64_t Emission::scratch(int64_t count, int64_t elementBytes) {
  int64_t offset = kernel.scratchBytes;
  // Slices begin where a vector may.
  kernel.scratchBytes = ceilDiv(offset + count * elementBytes, 256) * 256;
  return offset;
}

EpilogueInputs::EpilogueInputs(const KernelKey &key, IndexSpace &space) : key(key), inputs(inputsOf(key.epilogue)) {
  for (int32_t input : inputs)
    operands.push_back(space.add(key.inputs[input]));
}

void EpilogueInputs::bind(FunctionBuilder &f) const {
  for (int32_t input : inputs)
    f.input("e" + std::to_string(input), key, input);
}

ExprLeaves EpilogueInputs::leaves(const IndexSpace &space, const std::string &prefix, const std::string &params) const {
  ExprLeaves leaves;
  leaves.input = [this, &space, prefix, params](int32_t input) {
    size_t i = std::find(inputs.begin(), inputs.end(), input) - inputs.begin();
    return loaded("e" + std::to_string(input) + "[" + space.offset(operands[i], prefix, params) + "]",
                  key.inputs[input].type);
  };
  return leaves;
}

std::string metal::typesOf(const KernelKey &key) {
  std::string text = toString(key.outputs[0].type);
  for (const TensorSpec &input : key.inputs)
    if (std::string name = toString(input.type); text.find(name) == std::string::npos)
      text += "_" + name;
  return text;
}

static bool emit(Emission &e) {
  switch (e.key.op) {
  case KernelOp::Elementwise:
  case KernelOp::Transpose:
  case KernelOp::Slice:
    return emitElementwise(e);
  case KernelOp::Concat:
    return emitConcat(e);
  case KernelOp::Pad:
    return emitPad(e);
  case KernelOp::Gather:
    return emitGather(e);
  case KernelOp::Resize:
    return emitResize(e);
  case KernelOp::Pool:
    return emitPool(e);
  case KernelOp::Reduce:
    return emitReduce(e);
  case KernelOp::ArgReduce:
  case KernelOp::CumSum:
    return emitLine(e);
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm:
  case KernelOp::Softmax:
    return emitRowNorm(e);
  case KernelOp::GroupNorm:
    return emitGroupNorm(e);
  case KernelOp::Matmul:
    return emitMatmul(e);
  case KernelOp::Conv2d:
    return emitConv(e);
  case KernelOp::Attention:
    return emitAttention(e);
  }
  return e.fail("is not known");
}

std::optional<MetalKernel> metal::emitMetalKernel(const KernelKey &key, const MetalModel &model, std::string &error) {
  error = key.verify();
  if (!error.empty())
    return std::nullopt;
  KernelKey canonical = canonicalKey(key);
  Emission emission{canonical, model, {}, ""};
  if (!emit(emission)) {
    error = std::string(toString(key.op)) + " on metal: " + emission.error;
    return std::nullopt;
  }
  for (const MetalFunction &function : emission.kernel.functions)
    if (function.threadgroupBytes > model.threadgroupBytes) {
      error = function.name + " needs " + std::to_string(function.threadgroupBytes) +
              " bytes of threadgroup memory, the GPU has " + std::to_string(model.threadgroupBytes);
      return std::nullopt;
    }
  return std::move(emission.kernel);
}

std::string metal::metalSource(const std::vector<const MetalKernel *> &kernels) {
  // Equal names are equal text: a name ends in the text's hash.
  std::map<std::string, const std::string *> functions;
  for (const MetalKernel *kernel : kernels)
    for (const MetalFunction &function : kernel->functions)
      functions.emplace(function.name, &function.text);
  std::string source = prelude();
  for (const auto &[name, text] : functions)
    source += "\n" + *text;
  return source;
}
