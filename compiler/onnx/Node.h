//===- Node.h - One ONNX node, as the op tables see it ----------*- C++ -*-===//
//
// Inputs, attributes and results of a node, with checked access: an attribute
// that nothing reads is an error, so none is ignored by oversight.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_ONNX_NODE_H
#define SNAP_COMPILER_ONNX_NODE_H

#include "compiler/onnx/Emitter.h"

#include "llvm/ADT/StringSet.h"

namespace onnx {
class AttributeProto;
class NodeProto;
class TensorProto;
} // namespace onnx

namespace snap {

/// Attributes that the node of a model-local function gave its body.
using AttributeMap = llvm::StringMap<const onnx::AttributeProto *>;

class Node : public Emitter {
public:
  Node(EmitterState &state, mlir::Location loc, const onnx::NodeProto &proto, int opset, const AttributeMap *outer,
       llvm::ArrayRef<mlir::Value> inputs);

  int opset() const { return version; }

  // Inputs. An optional input that is absent is null.
  int inputs() const { return operands.size(); }
  bool has(int i) const { return i < inputs() && operands[i]; }
  mlir::Value in(int i) const { return has(i) ? operands[i] : mlir::Value(); }
  llvm::ArrayRef<mlir::Value> allInputs() const { return operands; }
  /// The values of an input that must be known at compile time; fails if not.
  std::optional<Tensor> constantInput(int i, llvm::StringRef what);
  std::optional<Dims> intsInput(int i, llvm::StringRef what);
  std::optional<double> scalarInput(int i, llvm::StringRef what);
  /// Integers that are an attribute before some opset and input `i` since.
  /// `fallback` where there is neither.
  std::optional<Dims> intsAttrOrInput(llvm::StringRef attr, int i, llvm::ArrayRef<int64_t> fallback);

  // Attributes.
  bool hasAttr(llvm::StringRef name);
  int64_t intAttr(llvm::StringRef name, int64_t fallback);
  double floatAttr(llvm::StringRef name, double fallback);
  std::string stringAttr(llvm::StringRef name, llvm::StringRef fallback);
  Dims intsAttr(llvm::StringRef name, llvm::ArrayRef<int64_t> fallback = {});
  std::vector<double> floatsAttr(llvm::StringRef name);
  std::optional<Tensor> tensorAttr(llvm::StringRef name);
  /// Says that an attribute does not matter here.
  void ignoreAttr(llvm::StringRef name) { (void)find(name); }
  /// The attributes that nothing has read ("axis, mode"); empty if none.
  std::string unreadAttributes() const;
  /// An ONNX element type number as a type; fails for those without one.
  mlir::Type elementType(int64_t dataType);

  // Results. What an op's row returns is result 0.
  int outputs() const;
  /// What the graph calls result i.
  llvm::StringRef outputName(int i) const;
  /// Whether the graph names result i.
  bool wants(int i) const;
  void setResult(int i, mlir::Value value);
  mlir::Value result(int i) const { return i < int(results.size()) ? results[i] : mlir::Value(); }

private:
  const onnx::AttributeProto *find(llvm::StringRef name);

  const onnx::NodeProto &proto;
  int version;
  const AttributeMap *outer;
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<mlir::Value> results;
  llvm::StringSet<> read;
};

} // namespace snap

#endif // SNAP_COMPILER_ONNX_NODE_H
