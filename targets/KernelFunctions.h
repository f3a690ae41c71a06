//===- KernelFunctions.h - The elementwise vocabulary -----------*- C++ -*-===//
//
// Names of the scalar functions in a key's expressions, the same as in the
// snap dialect. What each computes is dialects/snap/SnapOps.td's to say.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_KERNELFUNCTIONS_H
#define SNAP_TARGETS_KERNELFUNCTIONS_H

#include <string>
#include <vector>

namespace snap {

/// Every name, sorted.
const std::vector<std::string> &unaryFunctions();
const std::vector<std::string> &binaryFunctions();

bool isUnaryFunction(const std::string &name);
bool isBinaryFunction(const std::string &name);

} // namespace snap

#endif // SNAP_TARGETS_KERNELFUNCTIONS_H
