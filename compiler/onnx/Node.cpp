//===- Node.cpp - One ONNX node, as the op tables see it ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/Node.h"
#include "compiler/onnx/Initializers.h"

using namespace mlir;

namespace snap {

Node::Node(EmitterState &state, Location loc, const onnx::NodeProto &proto, int opset, const AttributeMap *outer,
           ArrayRef<Value> inputs)
    : Emitter(state, loc), proto(proto), version(opset), outer(outer), operands(inputs) {}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

std::optional<Tensor> Node::constantInput(int i, StringRef what) {
  std::optional<Tensor> tensor = constantValue(in(i));
  if (!tensor)
    fail("its " + what + " (input " + Twine(i) + ") must be known at compile time; export the model with constant " +
         what);
  return tensor;
}

std::optional<Dims> Node::intsInput(int i, StringRef what) {
  std::optional<Tensor> tensor = constantInput(i, what);
  if (!tensor)
    return std::nullopt;
  Dims values;
  for (int64_t k = 0; k < tensor->elements(); ++k)
    values.push_back(tensor->getInt(k));
  return values;
}

std::optional<double> Node::scalarInput(int i, StringRef what) {
  std::optional<Tensor> tensor = constantInput(i, what);
  if (!tensor)
    return std::nullopt;
  if (tensor->elements() != 1) {
    fail("its " + what + " (input " + Twine(i) + ") has " + Twine(tensor->elements()) + " elements; expected one");
    return std::nullopt;
  }
  return tensor->getDouble(0);
}

std::optional<Dims> Node::intsAttrOrInput(StringRef attr, int i, ArrayRef<int64_t> fallback) {
  if (hasAttr(attr))
    return intsAttr(attr);
  if (has(i))
    return intsInput(i, attr);
  return Dims(fallback);
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const onnx::AttributeProto *Node::find(StringRef name) {
  read.insert(name);
  for (const onnx::AttributeProto &attr : proto.attribute()) {
    if (attr.name() != name)
      continue;
    // Inside a function body an attribute may stand for one of the caller's.
    if (attr.ref_attr_name().empty())
      return &attr;
    auto given = outer ? outer->find(attr.ref_attr_name()) : AttributeMap::const_iterator();
    return outer && given != outer->end() ? given->second : nullptr;
  }
  return nullptr;
}

std::string Node::unreadAttributes() const {
  std::string names;
  for (const onnx::AttributeProto &attr : proto.attribute())
    if (!read.contains(attr.name()))
      names += (names.empty() ? "" : ", ") + attr.name();
  return names;
}

bool Node::hasAttr(StringRef name) { return find(name); }

int64_t Node::intAttr(StringRef name, int64_t fallback) {
  const onnx::AttributeProto *attr = find(name);
  return attr ? attr->i() : fallback;
}

double Node::floatAttr(StringRef name, double fallback) {
  const onnx::AttributeProto *attr = find(name);
  return attr ? attr->f() : fallback;
}

std::string Node::stringAttr(StringRef name, StringRef fallback) {
  const onnx::AttributeProto *attr = find(name);
  return attr ? attr->s() : fallback.str();
}

Dims Node::intsAttr(StringRef name, ArrayRef<int64_t> fallback) {
  const onnx::AttributeProto *attr = find(name);
  return attr ? Dims(attr->ints().begin(), attr->ints().end()) : Dims(fallback);
}

std::vector<double> Node::floatsAttr(StringRef name) {
  const onnx::AttributeProto *attr = find(name);
  return attr ? std::vector<double>(attr->floats().begin(), attr->floats().end()) : std::vector<double>();
}

std::optional<Tensor> Node::tensorAttr(StringRef name) {
  const onnx::AttributeProto *attr = find(name);
  if (!attr || !attr->has_t())
    return std::nullopt;
  onnx::TensorProto copy = attr->t();
  if (isExternal(copy)) {
    fail("its attribute '" + name + "' is external data; make it an initializer");
    return std::nullopt;
  }
  llvm::Expected<Tensor> tensor = tensorOf(copy);
  if (!tensor) {
    fail("its attribute '" + name + "' " + toString(tensor.takeError()));
    return std::nullopt;
  }
  return *tensor;
}

Type Node::elementType(int64_t dataType) {
  std::optional<ElementType> type = elementTypeOfOnnx(dataType);
  if (!type) {
    fail("element type " + dataTypeName(dataType) + " is not supported");
    return Type();
  }
  return mlirTypeOf(*type, builder().getContext());
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

int Node::outputs() const { return proto.output_size(); }
StringRef Node::outputName(int i) const { return i < proto.output_size() ? StringRef(proto.output(i)) : StringRef(); }
bool Node::wants(int i) const { return i < proto.output_size() && !proto.output(i).empty(); }

void Node::setResult(int i, Value value) {
  if (int(results.size()) <= i)
    results.resize(i + 1);
  results[i] = value;
}

} // namespace snap
