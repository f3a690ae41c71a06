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
  case KernelOp::Conv2d:
    return buildConv2d;
  case KernelOp::Matmul:
    return buildMatmul;
  default:
    throw std::invalid_argument(std::string(toString(op)) + ": no CPU kernel");
  }
}
