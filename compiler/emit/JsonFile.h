//===- JsonFile.h - Configuration files, field by field ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_JSONFILE_H
#define SNAP_COMPILER_EMIT_JSONFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <string>

namespace snap {

/// "PATH: message".
llvm::Error fileError(llvm::StringRef path, const llvm::Twine &message);

/// The JSON object in a file. Errors name the file.
llvm::Expected<llvm::json::Object> readJsonObject(llvm::StringRef path);

/// Takes fields out of an object. An absent or null field gives the fallback; a
/// field that is not what it should be gives the fallback too, and the first
/// such is the error.
class JsonFields {
public:
  JsonFields(std::string path, llvm::json::Object object) : path(std::move(path)), object(std::move(object)) {}
  ~JsonFields() { llvm::consumeError(std::move(error)); }

  bool has(llvm::StringRef name) const;
  int64_t integer(llvm::StringRef name, int64_t fallback, int64_t least, int64_t most);
  /// A finite number, least <= number <= most.
  double number(llvm::StringRef name, double fallback, double least, double most);
  bool boolean(llvm::StringRef name, bool fallback);
  std::string string(llvm::StringRef name, llvm::StringRef fallback);
  /// The index of the string in `choices`.
  size_t choice(llvm::StringRef name, llvm::StringRef fallback, llvm::ArrayRef<llvm::StringRef> choices);
  /// Null when absent.
  const llvm::json::Array *array(llvm::StringRef name);

  /// Adds an error of the caller's about a field.
  void refuse(llvm::StringRef name, const llvm::Twine &message);
  llvm::Error takeError() { return std::move(error); }

private:
  const llvm::json::Value *find(llvm::StringRef name) const;

  std::string path;
  llvm::json::Object object;
  llvm::Error error = llvm::Error::success();
};

} // namespace snap

#endif // SNAP_COMPILER_EMIT_JSONFILE_H
