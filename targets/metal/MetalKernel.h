//===- MetalKernel.h - Metal source for kernel keys -------------*- C++ -*-===//
//
// A key becomes one or more dispatches of functions in Metal Shading Language.
// Functions say what does not depend on sizes (tile, element types, expression
// trees); sizes and strides are in a params struct, so that kernels of one
// shape class share a function. The same key gives the same bytes.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_METALKERNEL_H
#define SNAP_TARGETS_METAL_METALKERNEL_H

#include "targets/KernelKey.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace snap::metal {

/// What all GPUs of the Apple7 family and later give a kernel.
struct MetalModel {
  std::string name = "apple7";
  int64_t threadgroupBytes = 32 << 10;
  int64_t threadgroupThreads = 1024;
  static constexpr int64_t simdWidth = 32;
};

/// What is at an index of a dispatch's argument table.
struct MetalBinding {
  enum Kind : uint8_t { Input, Output, Scratch, Constant };
  Kind kind = Input;
  int32_t index = 0;      // of the key's inputs or outputs, or of the dispatch's constants
  int64_t byteOffset = 0; // in the scratch
  int64_t bytes = 0;      // from there on that the kernel may touch
  int64_t elementBytes = 1;
  bool writable = false;
};

struct MetalDispatch {
  std::string function; // "gemm_f16_64x64x32_2x2_0123456789abcdef"
  std::array<uint32_t, 3> groups = {1, 1, 1};
  std::array<uint32_t, 3> threads = {1, 1, 1}; // of a threadgroup
  std::vector<MetalBinding> bindings;          // by buffer index
  std::vector<std::string> constants;          // bytes; the params struct and tables
};

struct MetalFunction {
  std::string name;
  std::string text;
  int64_t threadgroupBytes = 0;
};

struct MetalKernel {
  std::vector<MetalFunction> functions;
  std::vector<MetalDispatch> dispatches; // each reads what those before it wrote
  int64_t scratchBytes = 0;
};

/// Null with `error` set where the key is not supported yet, or does not verify.
std::optional<MetalKernel> emitMetalKernel(const KernelKey &key, const MetalModel &model, std::string &error);

/// The `moments` (KernelKey.h) that a convolution or product with packed weights makes without a dispatch of its own:
/// blocks of what a threadgroup computes. Empty where they do not divide the image. `points`: of an image of the output,
/// pixels or rows; no block holds points of two images.
std::vector<int64_t> momentsBlock(const KernelKey &key, int64_t points, const MetalModel &model);

/// One source file with the functions of all these kernels, each once, in the order of their names.
std::string metalSource(const std::vector<const MetalKernel *> &kernels);

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_METALKERNEL_H
