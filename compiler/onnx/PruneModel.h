//===- PruneModel.h - A model with smaller weights --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_ONNX_PRUNEMODEL_H
#define SNAP_COMPILER_ONNX_PRUNEMODEL_H

#include "compiler/onnx/OnnxProto.h"
#include "compiler/weights/WeightStore.h"

#include "llvm/Support/raw_ostream.h"

#include <map>
#include <string>
#include <vector>

namespace snap {

/// The indices of an initializer that stay, by axis.
using KeptSlices = std::map<int64_t, std::vector<int64_t>>;

/// A model file's graph with parts of its initializers left out; everything
/// else is as in the file, but for inferred shapes, which are dropped.
class PrunedModel {
public:
  /// `kept` by initializer. External weights are looked up in `weights` under
  /// `prefix` + name, and their new place is `dataName`, a file beside the model.
  static llvm::Expected<PrunedModel> make(llvm::StringRef path, const std::map<std::string, KeptSlices> &kept,
                                          const WeightStore &weights, llvm::StringRef prefix, llvm::StringRef dataName);

  bool hasData() const { return !external.empty(); }
  /// The bytes of the data file.
  llvm::Error writeData(llvm::raw_ostream &os) const;
  llvm::Error writeModel(llvm::raw_ostream &os) const;
  int64_t elementsBefore() const { return before; }
  int64_t elementsAfter() const { return after; }

private:
  struct External {
    std::string weight;
    KeptSlices kept;
    uint64_t offset;
  };
  std::unique_ptr<onnx::ModelProto> model;
  const WeightStore *weights = nullptr;
  std::vector<External> external;
  int64_t before = 0, after = 0; // elements of all float initializers
};

} // namespace snap

#endif // SNAP_COMPILER_ONNX_PRUNEMODEL_H
