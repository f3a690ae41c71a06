//===- GraphImporter.h - Walks an ONNX graph --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_ONNX_GRAPHIMPORTER_H
#define SNAP_COMPILER_ONNX_GRAPHIMPORTER_H

#include "compiler/onnx/Node.h"
#include "compiler/onnx/OnnxImporter.h"
#include "compiler/onnx/OnnxProto.h"

namespace snap {

/// One import. Problems are collected, so that all are reported together.
class GraphImporter {
public:
  GraphImporter(onnx::ModelProto &model, llvm::StringRef modelDir, const ImportOptions &options, WeightStore &weights,
                mlir::MLIRContext *context);

  /// The function, in no module yet; null if there are errors().
  mlir::OwningOpRef<mlir::func::FuncOp> run();
  const std::vector<std::string> &errors() const { return problems; }

private:
  /// Names in view of a list of nodes: the graph's, or a function body's. A
  /// null value is one whose node failed.
  struct Scope {
    llvm::StringMap<mlir::Value> values;
    bool isGraph = false;
    const AttributeMap *attributes = nullptr;
    std::string prefix; // of node names
    int opset = 0;
  };
  using NodeList = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

  // Before anything is built.
  void checkModel();
  void checkNodes(const NodeList &nodes, int opset, const std::string &prefix, int depth);
  void checkExternalData();
  // Building.
  void bindInputs(Scope &graph);
  void importNodes(const NodeList &nodes, Scope &scope);
  void importNode(const onnx::NodeProto &proto, const std::string &name, Scope &scope);
  void inlineFunction(const onnx::NodeProto &proto, const onnx::FunctionProto &function, const std::string &name,
                      llvm::ArrayRef<mlir::Value> inputs, Scope &scope);
  void setResults(Scope &graph);
  void eraseUnused();
  /// The value of a name; fails with what is wrong with it.
  mlir::FailureOr<mlir::Value> lookup(llvm::StringRef name, Scope &scope, std::string &why);
  mlir::Value importInitializer(onnx::TensorProto &proto, std::string &why);

  void report(const llvm::Twine &message);
  void reportNode(const std::string &name, llvm::StringRef op, int opset, const llvm::Twine &message);
  const onnx::FunctionProto *functionOf(const onnx::NodeProto &proto) const;
  mlir::Location location(llvm::StringRef name);

  onnx::ModelProto &model;
  std::string modelDir;
  const ImportOptions &options;
  WeightStore &weights;
  EmitterState state;
  int opset = 0;
  mlir::OwningOpRef<mlir::func::FuncOp> function;
  llvm::StringMap<onnx::TensorProto *> initializers;
  llvm::StringMap<const onnx::FunctionProto *> functions; // "domain:name"
  std::vector<std::string> problems;
};

/// The opset of the default domain among `imports`; 0 if it is not there.
int defaultOpset(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto> &imports);

/// "/down/attn/MatMul", or "MatMul_17" for a node without a name.
std::string nodeName(const onnx::NodeProto &proto, int index);

/// Fills `input` from a graph input; the reason if it is not a tensor of known rank.
std::string describeInput(const onnx::ValueInfoProto &proto, ModelInput &input);

} // namespace snap

#endif // SNAP_COMPILER_ONNX_GRAPHIMPORTER_H
