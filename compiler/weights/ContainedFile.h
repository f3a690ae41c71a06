//===- ContainedFile.h - Files that may not lead out of a folder -*- C++ -*-===//
//
// Maps a file named by a model (ONNX external data) without following the name
// out of the model's folder.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_WEIGHTS_CONTAINEDFILE_H
#define SNAP_COMPILER_WEIGHTS_CONTAINEDFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <string>

namespace snap {

/// A whole file, mapped read-only for as long as the object lives.
class ContainedFile {
public:
  /// What stops `location` from being a path below a folder ("is an absolute
  /// path"), judged by its text alone; empty if nothing does.
  static std::string whyNotContained(llvm::StringRef location);

  /// Maps `folder`/`location`. Refuses absolute paths, "..", symbolic links
  /// anywhere below the folder, files with several hard links, and what is not
  /// a regular file. A missing file is an error too: see isMissing().
  static llvm::Expected<std::shared_ptr<const ContainedFile>> open(llvm::StringRef folder, llvm::StringRef location);

  ~ContainedFile();
  ContainedFile(const ContainedFile &) = delete;
  ContainedFile &operator=(const ContainedFile &) = delete;

  const char *data() const { return bytes; }
  uint64_t size() const { return length; }

private:
  ContainedFile() = default;
  const char *bytes = nullptr;
  uint64_t length = 0;
};

/// The error of open() for a file that is not there; passes run without weights.
class MissingFileError : public llvm::ErrorInfo<MissingFileError> {
public:
  static char ID;
  explicit MissingFileError(std::string message) : text(std::move(message)) {}
  void log(llvm::raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override {
    return std::make_error_code(std::errc::no_such_file_or_directory);
  }

private:
  std::string text;
};

} // namespace snap

#endif // SNAP_COMPILER_WEIGHTS_CONTAINEDFILE_H
