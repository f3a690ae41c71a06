//===- WeightStore.h - The bytes behind snap.weight -------------*- C++ -*-===//
//
// Finds a weight by name: raw bytes of a protobuf or a range of an external
// data file, both mapped read-only.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_WEIGHTS_WEIGHTSTORE_H
#define SNAP_COMPILER_WEIGHTS_WEIGHTSTORE_H

#include "dialects/reference/Tensor.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace snap {

class WeightStore {
public:
  /// Registers a weight whose bytes are in memory (kept alive by the tensor's owner).
  void add(llvm::StringRef name, Tensor tensor);
  /// Registers a weight in an external data file. The file is opened and its
  /// containment, links and size are checked on first use, or now if it exists;
  /// a missing file is an error only when the bytes are asked for (get).
  void addExternal(llvm::StringRef name, ElementType type, std::vector<int64_t> shape, llvm::StringRef modelDir,
                   llvm::StringRef location, uint64_t offset, uint64_t length);
  bool contains(llvm::StringRef name) const;
  /// Checks every external weight (containment, links, size) without reading
  /// it; one error naming every offending file and tensor.
  llvm::Error check() const;
  /// The weight's bytes, mapped, not copied (unless the offset is unaligned).
  llvm::Expected<Tensor> get(llvm::StringRef name) const;
  uint64_t totalBytes() const;

private:
  struct Entry;
  llvm::StringMap<std::shared_ptr<Entry>> entries;
};

} // namespace snap

#endif // SNAP_COMPILER_WEIGHTS_WEIGHTSTORE_H
