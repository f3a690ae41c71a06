//===- Archive.h - libNAME.a ------------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_ARCHIVE_H
#define SNAP_COMPILER_EMIT_ARCHIVE_H

#include "targets/TargetModel.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace snap {

/// One object file of the archive.
struct ArchiveMember {
  std::string name;
  std::string bytes;
};

/// Where snapc finds the runtime's objects and headers: ../lib/snap beside the
/// running executable.
std::string runtimeFolder();

/// The runtime's objects for a target, in name order; with `metal` also those that drive Apple's GPUs.
llvm::Expected<std::vector<ArchiveMember>> runtimeObjects(const TargetModel &target, bool metal);

/// Writes a static library with a symbol table, the same bytes for the same
/// members (no times, owners or paths), under a temporary name, then renames it.
llvm::Error writeArchive(llvm::StringRef path, llvm::ArrayRef<ArchiveMember> members, const TargetModel &target);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_ARCHIVE_H
