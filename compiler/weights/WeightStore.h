//===- WeightStore.h - The bytes behind snap.weight -------------*- C++ -*-===//
//
// Finds a weight by name: raw bytes of a protobuf or a range of an external
// data file, mapped read-only.
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
#include <vector>

namespace snap {

class WeightStore {
public:
  /// The length of an external weight that its model does not say.
  static constexpr uint64_t wholeTensor = ~uint64_t(0);
  enum class Missing { Refuse, Allow };

  WeightStore();
  ~WeightStore();
  WeightStore(WeightStore &&);
  WeightStore &operator=(WeightStore &&);

  /// Registers a weight whose bytes are in memory (kept alive by the tensor's owner).
  void add(llvm::StringRef name, Tensor tensor);
  /// Registers bytes `offset` to `offset + length` of a file in the model's
  /// folder. The file is not touched before check() or get(), so that a model
  /// can be imported without its weights.
  void addExternal(llvm::StringRef name, ElementType type, std::vector<int64_t> shape, llvm::StringRef modelDir,
                   llvm::StringRef location, uint64_t offset, uint64_t length);
  bool contains(llvm::StringRef name) const;
  /// Checks every external weight (containment, links, size) without reading
  /// it; one error naming every offending file and tensor.
  llvm::Error check(Missing missing = Missing::Refuse) const;
  /// The weight's bytes, mapped, not copied (unless the offset is unaligned).
  /// May be called from several threads.
  llvm::Expected<Tensor> get(llvm::StringRef name) const;
  /// Bytes of all weights.
  uint64_t totalBytes() const;

private:
  struct Entry;
  struct Files;
  llvm::StringMap<std::shared_ptr<Entry>> entries;
  std::unique_ptr<Files> files;
};

} // namespace snap

#endif // SNAP_COMPILER_WEIGHTS_WEIGHTSTORE_H
