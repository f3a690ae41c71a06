//===- GraphImporter.cpp - Walks an ONNX graph ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/GraphImporter.h"
#include "compiler/onnx/Initializers.h"

#include "compiler/onnx/OpTable.h"
#include "compiler/weights/ContainedFile.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"

#include <set>

using namespace mlir;

namespace snap {

/// A body that calls bodies deeper than this calls itself.
static constexpr int maxFunctionDepth = 32;

GraphImporter::GraphImporter(onnx::ModelProto &model, StringRef modelDir, const ImportOptions &options,
                             WeightStore &weights, MLIRContext *context)
    : model(model), modelDir(modelDir), options(options), weights(weights), state(context) {
  state.readWeight = [&weights](StringRef name) { return weights.get(name); };
  state.addWeight = [&weights, &options](StringRef name, Tensor tensor) {
    std::string full = options.function + ":" + name.str();
    weights.add(full, std::move(tensor));
    return full;
  };
}

void GraphImporter::report(const Twine &message) { problems.push_back(options.displayName + ": " + message.str()); }

void GraphImporter::reportNode(const std::string &name, StringRef op, int opset, const Twine &message) {
  report("node '" + name + "' (" + op + ", opset " + Twine(opset) + "): " + message);
}

Location GraphImporter::location(StringRef name) {
  return NameLoc::get(state.builder.getStringAttr(options.displayName + ":" + name));
}

OwningOpRef<func::FuncOp> GraphImporter::run() {
  checkModel();
  opset = defaultOpset(model.opset_import());
  if (problems.empty())
    checkNodes(model.graph().node(), opset, "", 0);
  checkExternalData();

  Scope graph;
  graph.isGraph = true;
  graph.opset = opset;
  function = func::FuncOp::create(location(options.function), options.function, state.builder.getFunctionType({}, {}));
  // What MLIR says about an operation becomes part of its node's message.
  ScopedDiagnosticHandler capture(state.builder.getContext(), [&](Diagnostic &diagnostic) {
    state.diagnostics += (state.diagnostics.empty() ? "" : "; ") + diagnostic.str();
    return success();
  });
  bindInputs(graph);
  if (!problems.empty())
    return nullptr;
  importNodes(model.graph().node(), graph);
  if (problems.empty())
    setResults(graph);
  if (!problems.empty())
    return nullptr;
  eraseUnused();
  state.diagnostics.clear();
  if (failed(verify(*function)))
    report("the imported function is not valid (a defect of the importer): " + state.diagnostics);
  return problems.empty() ? std::move(function) : nullptr;
}

//===----------------------------------------------------------------------===//
// Checks on the whole model
//===----------------------------------------------------------------------===//

int defaultOpset(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto> &imports) {
  for (const onnx::OperatorSetIdProto &import : imports)
    if (import.domain().empty() || import.domain() == "ai.onnx")
      return import.version();
  return 0;
}

std::string nodeName(const onnx::NodeProto &proto, int index) {
  return proto.name().empty() ? proto.op_type() + "_" + std::to_string(index) : proto.name();
}

static std::string functionKey(StringRef domain, StringRef name) { return (domain + ":" + name).str(); }

const onnx::FunctionProto *GraphImporter::functionOf(const onnx::NodeProto &proto) const {
  return functions.lookup(functionKey(proto.domain(), proto.op_type()));
}

void GraphImporter::checkModel() {
  const onnx::GraphProto &graph = model.graph();
  int version = defaultOpset(model.opset_import());
  if (version < oldestOpset)
    report("opset " + Twine(version) + " is not supported: convert the model with onnx.version_converter to opset " +
           Twine(oldestOpset) + " or newer");
  if (model.training_info_size() > 0)
    report("the model holds training information: export it for inference");
  if (graph.sparse_initializer_size() > 0)
    report("sparse initializer '" + graph.sparse_initializer(0).values().name() +
           "' is not supported: save it as a dense one");
  if (graph.quantization_annotation_size() > 0)
    report("quantized tensor '" + graph.quantization_annotation(0).tensor_name() +
           "' is not supported: use the model in float or float16");
  if (graph.output_size() == 0)
    report("the graph has no outputs");
  for (const onnx::FunctionProto &function : model.functions()) {
    // Fields newer than Debian's schema: default attributes and overloads.
    if (function.unknown_fields().field_count() > 0 && function.attribute_size() == 0) {
      for (int i = 0; i < function.unknown_fields().field_count(); ++i)
        if (int number = function.unknown_fields().field(i).number(); number == 11 || number == 13)
          report("function '" + function.name() +
                 "' has default attributes or overloads, which are not supported: "
                 "export the model with functions inlined (onnx.inliner.inline_local_functions)");
    }
    functions[functionKey(function.domain(), function.name())] = &function;
  }
  for (onnx::TensorProto &initializer : *model.mutable_graph()->mutable_initializer())
    if (!initializers.try_emplace(initializer.name(), &initializer).second)
      report("two initializers are named '" + initializer.name() + "'");
}

void GraphImporter::checkNodes(const NodeList &nodes, int opset, const std::string &prefix, int depth) {
  if (depth > maxFunctionDepth)
    return report("functions call each other more than " + Twine(maxFunctionDepth) + " deep near '" + prefix + "'");
  for (auto [index, proto] : llvm::enumerate(nodes)) {
    std::string name = prefix + nodeName(proto, index);
    if (const onnx::FunctionProto *function = functionOf(proto)) {
      int inner = defaultOpset(function->opset_import());
      checkNodes(function->node(), inner ? inner : opset, name + "/", depth + 1);
      if (problems.size() > 1000)
        return; // a body that calls itself several times
      continue;
    }
    if (!proto.domain().empty() && proto.domain() != "ai.onnx") {
      reportNode(name, proto.op_type(), opset,
                 "domain '" + proto.domain() + "' is not supported: export with operators of the default domain");
      continue;
    }
    std::string why;
    if (!findOp(proto.op_type(), opset, why))
      reportNode(name, proto.op_type(), opset, why);
  }
}

void GraphImporter::checkExternalData() {
  for (const onnx::TensorProto &proto : model.graph().initializer()) {
    if (!isExternal(proto))
      continue;
    // A path that leads elsewhere is refused even if no node reads it.
    for (const onnx::StringStringEntryProto &entry : proto.external_data())
      if (entry.key() == "location")
        if (std::string why = ContainedFile::whyNotContained(entry.value()); !why.empty())
          report("initializer '" + proto.name() + "': external data '" + entry.value() + "' " + why);
  }
}

//===----------------------------------------------------------------------===//
// Inputs and results
//===----------------------------------------------------------------------===//

std::string describeInput(const onnx::ValueInfoProto &proto, ModelInput &input) {
  input.name = proto.name();
  if (!proto.type().has_tensor_type())
    return "is not a tensor; export the model with plain tensors";
  const onnx::TypeProto::Tensor &type = proto.type().tensor_type();
  if (!type.has_shape())
    return "has no shape, not even a rank; export the model with shapes";
  for (auto [i, dim] : llvm::enumerate(type.shape().dim())) {
    input.dims.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
    std::string symbol = dim.has_dim_param() ? dim.dim_param() : "";
    if (!dim.has_dim_value() && symbol.empty())
      symbol = proto.name() + "." + std::to_string(i);
    input.symbols.push_back(symbol);
  }
  return "";
}

void GraphImporter::bindInputs(Scope &graph) {
  std::vector<std::string> unbound;
  std::map<std::string, std::string> whereUnbound;
  std::set<std::string> symbols;
  SmallVector<Type> types;
  SmallVector<Attribute> names;
  Block *block = function->addEntryBlock();
  state.builder.setInsertionPointToEnd(block);

  for (const onnx::ValueInfoProto &proto : model.graph().input()) {
    if (initializers.count(proto.name()))
      continue; // a constant with a default: the default it is
    ModelInput input;
    if (std::string why = describeInput(proto, input); !why.empty()) {
      report("input '" + proto.name() + "' " + why);
      continue;
    }
    int dataType = proto.type().tensor_type().elem_type();
    std::optional<ElementType> element = elementTypeOfOnnx(dataType);
    if (!element || dataType == onnx::TensorProto::DOUBLE) {
      report("input '" + proto.name() + "' has element type " + dataTypeName(dataType) +
             ", which is not supported; export the model in float or float16");
      continue;
    }
    SmallVector<int64_t> dims;
    for (auto [i, dim] : llvm::enumerate(input.dims)) {
      symbols.insert(input.symbols[i]);
      auto given = options.dims.find(input.symbols[i]);
      int64_t value = dim >= 0 ? dim : given != options.dims.end() ? given->second : -1;
      if (dim < 0 && given == options.dims.end()) {
        std::string &where = whereUnbound[input.symbols[i]];
        if (where.empty())
          unbound.push_back(input.symbols[i]);
        where += llvm::formatv("{0}dimension {1} of input '{2}'", where.empty() ? "" : ", ", i, proto.name());
      } else if (value <= 0) {
        report(llvm::formatv("dimension {0} of input '{1}' is {2}; expected a positive number", i, proto.name(), value)
                   .str());
      }
      dims.push_back(std::max<int64_t>(value, 1));
    }
    Type type = RankedTensorType::get(dims, mlirTypeOf(*element, state.builder.getContext()));
    types.push_back(type);
    names.push_back(state.builder.getStringAttr(proto.name()));
    graph.values[proto.name()] = block->addArgument(type, location(proto.name()));
  }

  if (!unbound.empty()) {
    std::string list, example;
    for (const std::string &symbol : unbound) {
      list += llvm::formatv("{0}'{1}' ({2})", list.empty() ? "" : "; ", symbol, whereUnbound[symbol]);
      example += " --dim " + symbol + "=N";
    }
    report(Twine(unbound.size() == 1 ? "a dimension is" : "dimensions are") + " not bound: " + list + "; give" +
           example);
  }
  for (const auto &[name, value] : options.dims)
    if (!symbols.count(name)) {
      std::string known;
      for (const std::string &symbol : symbols)
        if (!symbol.empty())
          known += (known.empty() ? "" : ", ") + symbol;
      report("--dim " + name + "=" + Twine(value) + " names no dimension of the model; it has " +
             (known.empty() ? "none that is symbolic" : known));
    }
  function->setFunctionType(state.builder.getFunctionType(types, {}));
  for (auto [i, name] : llvm::enumerate(names))
    function->setArgAttr(i, "snap.name", name);
}

void GraphImporter::setResults(Scope &graph) {
  SmallVector<Value> results;
  for (const onnx::ValueInfoProto &output : model.graph().output()) {
    std::string why;
    FailureOr<Value> value = lookup(output.name(), graph, why);
    if (failed(value) || !*value) {
      report("output '" + output.name() + "' " + (why.empty() ? "is not computed" : why));
      continue;
    }
    results.push_back(*value);
  }
  if (!problems.empty())
    return;
  state.builder.create<func::ReturnOp>(function->getLoc(), results);
  function->setFunctionType(
      state.builder.getFunctionType(function->getArgumentTypes(), TypeRange(ValueRange(results))));
  for (auto [i, output] : llvm::enumerate(model.graph().output()))
    function->setResultAttr(i, "snap.name", state.builder.getStringAttr(output.name()));
}

void GraphImporter::eraseUnused() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function->getBody().front())))
    if (op.use_empty() && !isa<func::ReturnOp>(op))
      op.erase();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

Value GraphImporter::importInitializer(onnx::TensorProto &proto, std::string &why) {
  std::string name = options.function + ":" + proto.name();
  auto fail = [&](llvm::Error error) {
    why = "(an initializer) " + toString(std::move(error));
    return Value();
  };
  Emitter emit(state, location(proto.name()));
  if (!isExternal(proto)) {
    llvm::Expected<Tensor> tensor = tensorOf(proto);
    if (!tensor)
      return fail(tensor.takeError());
    bool isFloat = tensor->type() == ElementType::F32 || tensor->type() == ElementType::F16;
    if (options.nameAllWeights && isFloat && tensor->elements() > 1) {
      Type element = mlirTypeOf(tensor->type(), state.builder.getContext());
      RankedTensorType type = Emitter::tensorType(tensor->shape(), element);
      return emit.make<WeightOp>(type, state.addWeight(proto.name(), std::move(*tensor)));
    }
    Value value = emit.tensor(*tensor, proto.name());
    why = emit.error();
    return value;
  }
  auto type = typeOf(proto);
  if (!type)
    return fail(type.takeError());
  llvm::Expected<ExternalData> data = externalDataOf(proto);
  if (!data)
    return fail(data.takeError());
  weights.addExternal(name, type->first, type->second, modelDir, data->location, data->offset, data->length);
  return emit.make<WeightOp>(Emitter::tensorType(type->second, mlirTypeOf(type->first, state.builder.getContext())),
                             name);
}

FailureOr<Value> GraphImporter::lookup(StringRef name, Scope &scope, std::string &why) {
  if (name.empty())
    return Value();
  auto known = scope.values.find(name);
  if (known != scope.values.end()) {
    if (known->second)
      return known->second;
    return failure(); // reported where it failed
  }
  auto initializer = scope.isGraph ? initializers.find(name) : initializers.end();
  if (initializer == initializers.end()) {
    why = "'" + name.str() + "' is computed by no earlier node, and is neither an input nor an initializer";
    return failure();
  }
  std::string problem;
  Value value = importInitializer(*initializer->second, problem);
  scope.values[name] = value;
  if (value)
    return value;
  why = "'" + name.str() + "' " + problem;
  return failure();
}

void GraphImporter::importNodes(const NodeList &nodes, Scope &scope) {
  for (auto [index, proto] : llvm::enumerate(nodes))
    importNode(proto, scope.prefix + nodeName(proto, index), scope);
}

void GraphImporter::importNode(const onnx::NodeProto &proto, const std::string &name, Scope &scope) {
  // Names stay null, and their readers are skipped in silence, until all is well.
  for (const std::string &output : proto.output())
    if (!output.empty() && !scope.values.try_emplace(output, Value()).second)
      return reportNode(name, proto.op_type(), scope.opset, "its result '" + output + "' is already defined");

  SmallVector<Value> inputs;
  for (const std::string &input : proto.input()) {
    std::string why;
    FailureOr<Value> value = lookup(input, scope, why);
    if (failed(value)) {
      if (!why.empty())
        reportNode(name, proto.op_type(), scope.opset, "input " + why);
      return;
    }
    inputs.push_back(*value);
  }
  while (!inputs.empty() && !inputs.back())
    inputs.pop_back();

  if (const onnx::FunctionProto *body = functionOf(proto))
    return inlineFunction(proto, *body, name, inputs, scope);

  std::string why;
  const OpRow *row = findOp(proto.op_type(), scope.opset, why);
  int required = row->minInputs;
  for (int i = 0; i < required; ++i)
    if (i >= int(inputs.size()) || !inputs[i])
      return reportNode(name, proto.op_type(), scope.opset,
                        "input " + Twine(i) + " is missing; expected at least " + Twine(required));
  if (int(inputs.size()) > row->maxInputs)
    return reportNode(name, proto.op_type(), scope.opset,
                      "it has " + Twine(inputs.size()) + " inputs; expected at most " + Twine(row->maxInputs));

  Node node(state, location(name), proto, scope.opset, scope.attributes, inputs);
  Value first = row->import(node);
  if (first)
    node.setResult(0, first);
  if (std::string unread = node.unreadAttributes(); first && !unread.empty())
    node.fail("attribute " + unread + " is not known; is the model's opset right?");
  if (node.hasFailed())
    return reportNode(name, proto.op_type(), scope.opset, node.error());
  for (int i = 0; i < proto.output_size(); ++i) {
    if (!node.wants(i))
      continue;
    if (!node.result(i))
      return reportNode(name, proto.op_type(), scope.opset, "its result " + Twine(i) + " is not supported");
    scope.values[proto.output(i)] = node.result(i);
  }
}

void GraphImporter::inlineFunction(const onnx::NodeProto &proto, const onnx::FunctionProto &body,
                                   const std::string &name, ArrayRef<Value> inputs, Scope &scope) {
  AttributeMap attributes;
  for (const onnx::AttributeProto &attr : proto.attribute()) {
    if (attr.ref_attr_name().empty())
      attributes[attr.name()] = &attr;
    else if (scope.attributes && scope.attributes->count(attr.ref_attr_name()))
      attributes[attr.name()] = scope.attributes->lookup(attr.ref_attr_name());
  }
  if (int(inputs.size()) > body.input_size())
    return reportNode(name, proto.op_type(), scope.opset,
                      "it has " + Twine(inputs.size()) + " inputs; its function has " + Twine(body.input_size()));
  Scope inner;
  inner.attributes = &attributes;
  inner.prefix = name + "/";
  inner.opset = defaultOpset(body.opset_import());
  if (inner.opset == 0)
    inner.opset = scope.opset;
  SmallVector<std::string> absent;
  for (int i = 0; i < body.input_size(); ++i)
    if (i < int(inputs.size()) && inputs[i])
      inner.values[body.input(i)] = inputs[i];
    else
      return reportNode(name, proto.op_type(), scope.opset,
                        "input " + Twine(i) +
                            " of its function is absent, which is not supported: inline functions "
                            "with onnx.inliner.inline_local_functions");
  size_t before = problems.size();
  importNodes(body.node(), inner);
  if (problems.size() != before)
    return;
  for (int i = 0; i < std::min(proto.output_size(), body.output_size()); ++i) {
    if (proto.output(i).empty())
      continue;
    Value value = inner.values.lookup(body.output(i));
    if (!value)
      return reportNode(name, proto.op_type(), scope.opset,
                        "its function does not compute its result '" + body.output(i) + "'");
    scope.values[proto.output(i)] = value;
  }
}

} // namespace snap
