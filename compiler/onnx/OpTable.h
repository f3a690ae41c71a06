//===- OpTable.h - Which ONNX operators are imported, and how ---*- C++ -*-===//
//
// One row per operator and range of opsets, in the files of the families. One
// more operator is one more row (and one more case in test/import).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_ONNX_OPTABLE_H
#define SNAP_COMPILER_ONNX_OPTABLE_H

#include "compiler/onnx/Node.h"

#include <limits>

namespace snap {

struct OpRow {
  const char *name;
  /// Opsets [since, until] in which the operator means what `import` does.
  int since, until;
  /// Inputs that must be there, and the most there may be.
  int minInputs, maxInputs;
  /// Returns result 0 (null after n.fail()); further ones by n.setResult().
  mlir::Value (*import)(Node &n);
};

constexpr int latest = std::numeric_limits<int>::max();
constexpr int variadic = std::numeric_limits<int>::max();
/// Older opsets have another rule of broadcasting and train by default.
constexpr int oldestOpset = 7;

// The families.
llvm::ArrayRef<OpRow> elementwiseOps();
llvm::ArrayRef<OpRow> activationOps();
llvm::ArrayRef<OpRow> reductionOps();
llvm::ArrayRef<OpRow> poolingOps();
llvm::ArrayRef<OpRow> normalizationOps();
llvm::ArrayRef<OpRow> convMatmulOps();
llvm::ArrayRef<OpRow> shapeOps();
llvm::ArrayRef<OpRow> sourceOps();
llvm::ArrayRef<OpRow> movementOps();
llvm::ArrayRef<OpRow> indexingOps();
llvm::ArrayRef<OpRow> resizeOps();
llvm::ArrayRef<OpRow> attentionOps();

/// The row of an operator of the default domain at an opset, or null with the
/// reason and what to do ("control flow is not supported: …").
const OpRow *findOp(llvm::StringRef name, int opset, std::string &why);

/// Windows of convolution and pooling over the last two of four dimensions.
/// Operators on three dimensions are brought to four by a 1 before the last.
struct Window {
  Dims kernel, strides, pads, dilations; // pads: top, left, bottom, right
};
/// Reads kernel_shape (or takes `kernel`), strides, pads, dilations and
/// auto_pad for an input of `spatial` sizes; fails beyond two dimensions.
std::optional<Window> readWindow(Node &n, llvm::ArrayRef<int64_t> spatial, llvm::ArrayRef<int64_t> kernel);

} // namespace snap

#endif // SNAP_COMPILER_ONNX_OPTABLE_H
