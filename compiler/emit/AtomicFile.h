//===- AtomicFile.h - Files that appear whole or not at all -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_ATOMICFILE_H
#define SNAP_COMPILER_EMIT_ATOMICFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace snap {

/// Calls `write` on a stream to a temporary file beside `path`, then renames it
/// to `path`. On an error (unwritable folder, no space left, from `write`) or a
/// signal the temporary file is removed and `path` is as it was. Errors name
/// the file.
llvm::Error writeFileAtomically(llvm::StringRef path, llvm::function_ref<llvm::Error(llvm::raw_pwrite_stream &)> write);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_ATOMICFILE_H
