//===- Archive.cpp - libNAME.a --------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/Archive.h"

#include "compiler/emit/AtomicFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace snap {

std::string runtimeFolder() {
  // The address finds the executable where /proc does not.
  std::string executable = sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&runtimeFolder));
  SmallString<256> path(sys::path::parent_path(sys::path::parent_path(executable)));
  sys::path::append(path, "lib", "snap");
  return std::string(path);
}

/// Appends a folder's objects in name order.
static Error readObjects(StringRef folder, StringRef prefix, StringRef target, std::vector<ArchiveMember> &members) {
  std::vector<std::string> paths;
  std::error_code error;
  for (sys::fs::directory_iterator it(folder, error), end; it != end && !error; it.increment(error))
    if (sys::path::extension(it->path()) == ".o")
      paths.push_back(it->path());
  if (paths.empty())
    return createStringError(folder + ": holds no runtime objects for " + target +
                             "; build the target snap_runtime_objects, or install snapc with its lib folder");
  llvm::sort(paths);
  for (const std::string &path : paths) {
    auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!buffer)
      return createStringError(path + ": " + buffer.getError().message());
    members.push_back({(prefix + sys::path::filename(path)).str(), (*buffer)->getBuffer().str()});
  }
  return Error::success();
}

Expected<std::vector<ArchiveMember>> runtimeObjects(const TargetModel &target, bool metal) {
  SmallString<256> folder(runtimeFolder());
  sys::path::append(folder, "runtime", target.target);
  std::vector<ArchiveMember> members;
  if (Error error = readObjects(folder, "snap_", target.target, members))
    return std::move(error);
  if (metal) {
    sys::path::append(folder, "metal");
    if (Error error = readObjects(folder, "snap_metal_", target.target, members))
      return std::move(error);
  }
  return members;
}

Error writeArchive(StringRef path, ArrayRef<ArchiveMember> members, const TargetModel &target) {
  std::vector<NewArchiveMember> archive;
  for (const ArchiveMember &member : members) {
    NewArchiveMember entry(MemoryBufferRef(member.bytes, member.name));
    entry.MemberName = member.name;
    archive.push_back(std::move(entry));
  }
  bool darwin = target.system == System::IOS || target.system == System::MacOS;
  auto kind = darwin ? object::Archive::K_DARWIN : object::Archive::K_GNU;
  Expected<std::unique_ptr<MemoryBuffer>> bytes =
      writeArchiveToBuffer(archive, SymtabWritingMode::NormalSymtab, kind, /*Deterministic=*/true, /*Thin=*/false);
  if (!bytes)
    return createStringError(path + ": cannot make the archive: " + toString(bytes.takeError()));
  return writeFileAtomically(path, [&](raw_pwrite_stream &os) {
    os << (*bytes)->getBuffer();
    return Error::success();
  });
}

} // namespace snap
