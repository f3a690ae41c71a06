//===- KernelReference.h - What a kernel key computes -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_KERNELREFERENCE_H
#define SNAP_DIALECTS_REFERENCE_KERNELREFERENCE_H

#include "dialects/reference/Tensor.h"

#include <vector>

namespace snap {

/// The outputs of a kernel: whatever a verified key can say, with its prologue
/// and epilogue, from packed weights where the key has them. Inputs and outputs
/// are dense, of the key's shapes and types; strides say only how a kernel's
/// buffers lie in memory. f16 tensors are computed in f32 and rounded once, at
/// the end. Winograd keys go through the algorithm in double.
std::vector<Tensor> evaluateKernel(const KernelKey &key, const std::vector<Tensor> &inputs);

/// Output 1 of a key with `moments`, from output 0 as it is stored.
Tensor blockMoments(const KernelKey &key, const Tensor &output);

} // namespace snap

#endif // SNAP_DIALECTS_REFERENCE_KERNELREFERENCE_H
