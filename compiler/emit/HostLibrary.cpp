//===- HostLibrary.cpp - libNAME.a as a shared object ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/HostLibrary.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;

namespace snap {

/// A linker and the arguments that make it a linker of shared objects.
static Expected<std::vector<std::string>> findLinker() {
  for (StringRef name : {"ld.lld-19", "ld.lld", "ld"})
    if (auto path = sys::findProgramByName(name))
      return std::vector<std::string>{*path};
  for (StringRef name : {"cc", "clang-19", "clang", "gcc"})
    if (auto path = sys::findProgramByName(name))
      return std::vector<std::string>{*path, "-nostdlib"};
  return createStringError("to run on this machine a linker is needed (ld.lld, ld or cc) and none is in PATH; "
                           "install lld");
}

Expected<std::string> linkHostLibrary(StringRef archive) {
  SmallString<256> shared(archive);
  sys::path::replace_extension(shared, ".so");
  sys::fs::file_status from, to;
  if (std::error_code error = sys::fs::status(archive, from))
    return createStringError(archive + ": " + error.message());
  if (!sys::fs::status(shared, to) && to.getLastModificationTime() >= from.getLastModificationTime())
    return std::string(shared);

  Expected<std::vector<std::string>> linker = findLinker();
  if (!linker)
    return linker.takeError();
  // The linker writes beside the final name; a rename makes it appear whole.
  SmallString<256> temporary, log;
  if (std::error_code error = sys::fs::createUniqueFile(shared + ".%%%%%%.part", temporary))
    return createStringError(shared + ": cannot write: " + error.message());
  FileRemover removeTemporary(temporary);
  if (std::error_code error = sys::fs::createTemporaryFile("snapc-link", "log", log))
    return createStringError("cannot make a temporary file: " + error.message());
  FileRemover removeLog(log);

  std::vector<std::string> command = *linker;
  for (StringRef argument : {"-shared", "-o"})
    command.push_back(argument.str());
  command.push_back(std::string(temporary));
  bool driver = command[1] == "-nostdlib";
  StringRef wholePrefix = driver ? "-Wl," : "";
  command.push_back((wholePrefix + "--whole-archive").str());
  command.push_back(archive.str());
  command.push_back((wholePrefix + "--no-whole-archive").str());
  // What the runtime and kernels call is in libc, libm and libpthread, which
  // the program that loads this object has; a bare linker does not know where
  // they are.
  SmallVector<StringRef> arguments(command.begin(), command.end());
  std::string message;
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log), StringRef(log)};
  int status = sys::ExecuteAndWait(command.front(), arguments, std::nullopt, redirects, 0, 0, &message);
  if (status != 0) {
    if (auto buffer = MemoryBuffer::getFile(log))
      message += (*buffer)->getBuffer().str();
    return createStringError(archive + ": cannot link for this machine (was it compiled with --target host?):\n" +
                             message);
  }
  if (std::error_code error = sys::fs::rename(temporary, shared))
    return createStringError(shared + ": cannot write: " + error.message());
  removeTemporary.releaseFile();
  return std::string(shared);
}

} // namespace snap
