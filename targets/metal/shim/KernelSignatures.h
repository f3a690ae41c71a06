//===- KernelSignatures.h - How a source's kernels are called ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_SHIM_KERNELSIGNATURES_H
#define SNAP_TARGETS_METAL_SHIM_KERNELSIGNATURES_H

#include <string>
#include <vector>

namespace snap::shim {

struct KernelParameter {
  enum Kind { Buffer, GridPosition, Group, Position, Index, Lane, Simdgroup, Threads, Groups };
  Kind kind = Buffer;
  int index = 0;    // of a buffer
  std::string type; // "uint", "uint3", …; of a buffer what it points to
  std::string name;
};

struct KernelSignature {
  std::string name;
  std::vector<KernelParameter> parameters;
};

/// Reads clang's AST of a source as JSON. False with `error` set for a parameter without an attribute, or of a type its
/// attribute cannot have, and for a pointer of ours without an address space, which Metal refuses and OpenCL does not.
bool readSignatures(const std::string &json, const std::string &file, std::vector<KernelSignature> &kernels,
                    std::string &error);

/// C++ that calls every kernel from a table (ShimAbi.h).
std::string launcherSource(const std::vector<KernelSignature> &kernels);

} // namespace snap::shim

#endif // SNAP_TARGETS_METAL_SHIM_KERNELSIGNATURES_H
