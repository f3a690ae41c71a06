//===- AtomicFile.cpp - Files that appear whole or not at all -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/AtomicFile.h"

#include "llvm/Support/FileSystem.h"

using namespace llvm;

namespace snap {

Error writeFileAtomically(StringRef path, function_ref<Error(raw_pwrite_stream &)> write) {
  // TempFile registers itself for removal on signals.
  Expected<sys::fs::TempFile> temp =
      sys::fs::TempFile::create(path + ".%%%%%%.part", sys::fs::all_read | sys::fs::all_write);
  if (!temp)
    return createStringError(path + ": cannot write: " + toString(temp.takeError()));
  auto fail = [&](Error error) {
    consumeError(temp->discard());
    return error;
  };
  {
    raw_fd_ostream os(temp->FD, /*shouldClose=*/false);
    if (Error error = write(os)) {
      os.clear_error();
      return fail(std::move(error));
    }
    os.flush();
    if (os.has_error()) {
      std::string message = os.error().message();
      os.clear_error();
      return fail(createStringError(path + ": cannot write: " + message));
    }
  }
  if (Error error = temp->keep(path))
    return fail(createStringError(path + ": cannot rename the finished file: " + toString(std::move(error))));
  return Error::success();
}

} // namespace snap
