//===- LibraryObject.h - The object that defines NAME_library ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_LIBRARYOBJECT_H
#define SNAP_COMPILER_EMIT_LIBRARYOBJECT_H

#include "targets/TargetModel.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace snap {

/// The triple of a target as LLVM spells it: "arm64-apple-ios17.0", ….
std::string tripleOf(const TargetModel &target);

/// An object file with `const snap_library NAME_library` (snap/kernel_abi.h):
/// name, build id and the table of kernels. `entries` are the kernels' symbols
/// in the order of the plan's kernel table. With `metal` it names runtime/metal,
/// which the archive must hold then.
llvm::Expected<llvm::SmallVector<char, 0>> makeLibraryObject(llvm::StringRef name, llvm::StringRef buildId,
                                                             llvm::ArrayRef<std::string> entries, bool metal,
                                                             const TargetModel &target);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_LIBRARYOBJECT_H
