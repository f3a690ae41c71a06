//===- HostLibrary.h - libNAME.a as a shared object -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_HOSTLIBRARY_H
#define SNAP_COMPILER_EMIT_HOSTLIBRARY_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace snap {

/// Links libNAME.a into libNAME.so beside it, once: a shared object at least as
/// new as the archive is used as it is. Returns the shared object's path.
/// Needs ld.lld, clang or cc; refuses archives for another machine.
llvm::Expected<std::string> linkHostLibrary(llvm::StringRef archive);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_HOSTLIBRARY_H
