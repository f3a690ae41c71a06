//===- KernelKey.cpp - Values, hashes and costs of kernel keys ------------===//
//
// What a key is worth: equality, sizes, its hash and symbol, and its
// multiply-accumulates. The text form is in KernelKeyText.cpp, the rules in
// KernelKeyVerify.cpp.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelKey.h"

#include <cassert>
#include <cstdio>
#include <cstring>

using namespace snap;

int64_t snap::byteSize(ElementType type) {
  switch (type) {
  case ElementType::F32:
  case ElementType::I32:
    return 4;
  case ElementType::F16:
    return 2;
  case ElementType::I64:
    return 8;
  case ElementType::I8:
  case ElementType::U8:
  case ElementType::I1:
    return 1;
  }
  return 0;
}

const char *snap::toString(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return "f32";
  case ElementType::F16:
    return "f16";
  case ElementType::I64:
    return "i64";
  case ElementType::I32:
    return "i32";
  case ElementType::I8:
    return "i8";
  case ElementType::U8:
    return "u8";
  case ElementType::I1:
    return "i1";
  }
  return "?";
}

const char *snap::toString(KernelOp op) {
  switch (op) {
  case KernelOp::Conv2d:
    return "conv2d";
  case KernelOp::Matmul:
    return "matmul";
  case KernelOp::Attention:
    return "attention";
  case KernelOp::GroupNorm:
    return "group_norm";
  case KernelOp::LayerNorm:
    return "layer_norm";
  case KernelOp::RmsNorm:
    return "rms_norm";
  case KernelOp::Softmax:
    return "softmax";
  case KernelOp::Elementwise:
    return "elementwise";
  case KernelOp::Reduce:
    return "reduce";
  case KernelOp::ArgReduce:
    return "arg_reduce";
  case KernelOp::Gather:
    return "gather";
  case KernelOp::Resize:
    return "resize";
  case KernelOp::Concat:
    return "concat";
  case KernelOp::Slice:
    return "slice";
  case KernelOp::Transpose:
    return "transpose";
  case KernelOp::Pad:
    return "pad";
  case KernelOp::Pool:
    return "pool";
  case KernelOp::CumSum:
    return "cum_sum";
  }
  return "?";
}

const char *snap::toString(Algorithm algorithm) {
  switch (algorithm) {
  case Algorithm::Default:
    return "default";
  case Algorithm::Direct:
    return "direct";
  case Algorithm::Winograd2:
    return "winograd2";
  case Algorithm::Winograd4:
    return "winograd4";
  }
  return "?";
}

int64_t TensorSpec::elements() const {
  int64_t n = 1;
  for (int64_t extent : shape)
    n *= extent;
  return n;
}

int64_t TensorSpec::bytes() const {
  if (elements() == 0)
    return 0;
  if (isDense())
    return elements() * byteSize(type);
  int64_t last = 0;
  for (size_t i = 0; i < shape.size(); ++i)
    last += (shape[i] - 1) * strides[i];
  return (last + 1) * byteSize(type);
}

// Bits, not values: NaN constants must equal themselves and -0 is not 0.
static uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
static bool sameBits(double a, double b) { return bitsOf(a) == bitsOf(b); }

bool ExprNode::operator==(const ExprNode &o) const {
  if (kind != o.kind || operands != o.operands)
    return false;
  switch (kind) {
  case Kind::Accumulator:
  case Kind::Gate:
  case Kind::Select:
    return true;
  case Kind::Input:
    return input == o.input;
  case Kind::Constant:
    return type == o.type && sameBits(constant, o.constant);
  case Kind::Unary:
  case Kind::Binary:
    return fn == o.fn;
  case Kind::Cast:
    return type == o.type;
  }
  return false;
}

bool KernelKey::operator==(const KernelKey &o) const {
  if (op != o.op || algorithm != o.algorithm || fn != o.fn || inputs != o.inputs || outputs != o.outputs ||
      ints != o.ints || !(prologue == o.prologue) || !(epilogue == o.epilogue) || floats.size() != o.floats.size())
    return false;
  for (auto a = floats.begin(), b = o.floats.begin(); a != floats.end(); ++a, ++b) {
    if (a->first != b->first || a->second.size() != b->second.size())
      return false;
    for (size_t i = 0; i < a->second.size(); ++i)
      if (!sameBits(a->second[i], b->second[i]))
        return false;
  }
  return true;
}

int64_t KernelKey::getInt(const std::string &name, int64_t fallback) const {
  auto it = ints.find(name);
  return it == ints.end() || it->second.empty() ? fallback : it->second[0];
}

double KernelKey::getFloat(const std::string &name, double fallback) const {
  auto it = floats.find(name);
  return it == floats.end() || it->second.empty() ? fallback : it->second[0];
}

std::string KernelKey::hash() const {
  // FNV-1a, then the finaliser of MurmurHash3 so that every bit depends on all.
  uint64_t h = 0xcbf29ce484222325ull;
  for (unsigned char c : str())
    h = (h ^ c) * 0x100000001b3ull;
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdull;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ull;
  h ^= h >> 33;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h));
  return text;
}

std::string KernelKey::symbol() const { return std::string("snapk_") + toString(op) + "_" + hash(); }

int64_t KernelKey::rootChannels() const {
  int64_t joined = getInt("joined", -1);
  return inputs[0].shape.back() + (joined >= 0 ? inputs[joined].shape.back() : 0);
}

std::vector<int64_t> KernelKey::momentsShape() const {
  const std::vector<int64_t> &block = ints.at("moments");
  std::vector<int64_t> shape = outputs[0].shape;
  int64_t columns = shape.back();
  shape.pop_back();
  if (op == KernelOp::Conv2d)
    shape = {shape[0], shape[1] / block[0] * (shape[2] / block[1])};
  else
    shape.back() /= block[0];
  shape.insert(shape.end(), {2, columns});
  return shape;
}

KernelKey KernelKey::withoutMoments() const {
  KernelKey key = *this;
  if (key.ints.erase("moments"))
    key.outputs.pop_back();
  if (auto taken = ints.find("norm_moments"); taken != ints.end()) {
    key.inputs.resize(inputs.size() - taken->second.size());
    key.ints.erase("norm_moments");
  }
  return key;
}

int64_t KernelKey::macs() const {
  auto dim = [](const TensorSpec &t, size_t fromEnd) { return t.shape[t.shape.size() - fromEnd]; };
  if (inputs.empty() || outputs.empty())
    return 0;
  const TensorSpec &out = outputs[0];
  switch (op) {
  case KernelOp::Conv2d: {
    int64_t taps = inputs[1].shape[1] * inputs[1].shape[2];
    if (algorithm == Algorithm::Winograd2 || algorithm == Algorithm::Winograd4)
      taps = 9;
    return out.elements() * taps * (rootChannels() / getInt("groups", 1));
  }
  case KernelOp::Matmul:
    return out.elements() * rootChannels() * (getInt("gated", 0) ? 2 : 1);
  case KernelOp::Attention: {
    int64_t batch = inputs[0].shape[0], queries = inputs[0].shape[1], keys = inputs[1].shape[1];
    return batch * queries * keys * (dim(inputs[0], 1) + dim(inputs[2], 1));
  }
  default:
    return 0;
  }
}
