//===- KernelTable.cpp - Which file builds which kernel -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/HalideSupport.h"

#include <stdexcept>

using namespace snap;

KernelFunction snap::kernelFunction(KernelOp op) {
  switch (op) {
  case KernelOp::Attention:
    return buildAttention;
  case KernelOp::Conv2d:
    return buildConv2d;
  case KernelOp::Matmul:
    return buildMatmul;
  case KernelOp::GroupNorm:
    return buildGroupNorm;
  case KernelOp::LayerNorm:
  case KernelOp::RmsNorm:
    return buildLayerNorm;
  case KernelOp::Softmax:
    return buildSoftmax;
  case KernelOp::Elementwise:
    return buildElementwise;
  case KernelOp::Reduce:
    return buildReduce;
  case KernelOp::ArgReduce:
    return buildArgReduce;
  case KernelOp::CumSum:
    return buildCumSum;
  case KernelOp::Gather:
    return buildGather;
  case KernelOp::Resize:
    return buildResize;
  case KernelOp::Concat:
    return buildConcat;
  case KernelOp::Slice:
    return buildSlice;
  case KernelOp::Transpose:
    return buildTranspose;
  case KernelOp::Pad:
    return buildPad;
  case KernelOp::Pool:
    return buildPool;
  default:
    throw std::invalid_argument(std::string(toString(op)) + ": no CPU kernel");
  }
}
