//===- MetalPlan.h - The Metal side of a plan -------------------*- C++ -*-===//
//
// The kernel table once more, as functions and dispatches: what NAME.snap says
// of them, and the source that NAME.metal holds.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_METALPLAN_H
#define SNAP_COMPILER_EMIT_METALPLAN_H

#include "targets/KernelKey.h"
#include "targets/metal/MetalKernel.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace snap {

namespace plan {
struct MetalT;
struct PlanT;
} // namespace plan

/// Every key of a kernel table in Metal, and their source.
struct MetalProgram {
  std::vector<uint64_t> inputs;            // of each key: where a call's outputs begin
  std::vector<metal::MetalKernel> kernels; // in the order of the keys
  std::string source;                      // without the lines that carry the build id
};

/// Refuses keys that have no Metal kernel, each named.
llvm::Expected<MetalProgram> emitMetalProgram(llvm::ArrayRef<KernelKey> keys);

/// The plan's Metal table; `root` holds its programs already.
std::unique_ptr<plan::MetalT> writeMetalPlan(const MetalProgram &metal, const plan::PlanT &root);

/// NAME.metal. Its first line says which build it belongs to, and so does the name of an empty function that the
/// runtime looks up in what was compiled from it.
llvm::Error writeMetalSource(llvm::StringRef path, llvm::StringRef name, llvm::StringRef buildId,
                             const MetalProgram &metal);

/// NAME-metallib.sh, two commands that make NAME.metallib where Xcode is, and NAME-metallib.cmake, the same as a rule.
llvm::Error writeMetalRules(llvm::StringRef folder, llvm::StringRef name, bool ios);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_METALPLAN_H
