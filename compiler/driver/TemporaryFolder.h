//===- TemporaryFolder.h - A folder that lives as long as a command -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_TEMPORARYFOLDER_H
#define SNAP_COMPILER_DRIVER_TEMPORARYFOLDER_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <string>

namespace snap {

/// Removed with all in it when this object dies.
class TemporaryFolder {
public:
  TemporaryFolder() = default;
  TemporaryFolder(const TemporaryFolder &) = delete;
  ~TemporaryFolder() {
    if (!folder.empty())
      (void)llvm::sys::fs::remove_directories(folder); // what stays is in the system's folder for such things
  }
  llvm::Error create() {
    if (std::error_code error = llvm::sys::fs::createUniqueDirectory("snapc", folder))
      return llvm::createStringError("cannot make a temporary folder: " + error.message());
    return llvm::Error::success();
  }
  std::string path() const { return std::string(folder); }

private:
  llvm::SmallString<128> folder;
};

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_TEMPORARYFOLDER_H
