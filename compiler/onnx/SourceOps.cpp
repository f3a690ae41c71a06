//===- SourceOps.cpp - Constants, ranges, masks from indices --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include <cmath>

using namespace mlir;

namespace snap {

static Value constant(Node &n) {
  if (n.hasAttr("sparse_value") || n.hasAttr("value_string") || n.hasAttr("value_strings"))
    return n.fail("sparse and string constants are not supported");
  if (n.hasAttr("value_int"))
    return n.scalar(double(n.intAttr("value_int", 0)), n.builder().getI64Type());
  if (n.hasAttr("value_float"))
    return n.scalar(n.floatAttr("value_float", 0), n.builder().getF32Type());
  if (n.hasAttr("value_ints"))
    return n.ints(n.intsAttr("value_ints"));
  if (n.hasAttr("value_floats")) {
    std::vector<double> values = n.floatsAttr("value_floats");
    Tensor tensor(ElementType::F32, {int64_t(values.size())});
    for (size_t i = 0; i < values.size(); ++i)
      tensor.set(i, values[i]);
    return n.constant(tensor);
  }
  std::optional<Tensor> value = n.tensorAttr("value");
  if (!value)
    return n.fail("it has no value");
  return n.tensor(*value, n.outputName(0));
}

static Value constantOfShape(Node &n) {
  std::optional<Dims> dims = n.intsInput(0, "shape");
  if (!dims)
    return Value();
  for (int64_t dim : *dims)
    if (dim < 0)
      return n.fail("its shape " + printDims(*dims) + " has a negative dimension");
  if (!n.hasAttr("value"))
    return n.splat(0, *dims, n.builder().getF32Type());
  std::optional<Tensor> value = n.tensorAttr("value");
  if (!value || value->elements() != 1)
    return n.fail("its value has " + Twine(value ? value->elements() : 0) + " elements; expected one");
  return n.splat(value->getDouble(0), *dims, mlirTypeOf(value->type(), n.builder().getContext()));
}

/// start, start + delta, … below limit.
static Value range(Node &n) {
  std::optional<Tensor> start = n.constantInput(0, "start"), limit = n.constantInput(1, "limit"),
                        delta = n.constantInput(2, "delta");
  if (!start || !limit || !delta)
    return Value();
  if (start->elements() != 1 || limit->elements() != 1 || delta->elements() != 1 || delta->getDouble(0) == 0)
    return n.fail("start, limit and delta must be scalars, and delta not 0");
  double steps = (limit->getDouble(0) - start->getDouble(0)) / delta->getDouble(0);
  int64_t count = std::max<int64_t>(0, std::ceil(steps));
  Type type = Node::element(n.in(0));
  Value index = n.iota({count}, 0, type);
  return n.add(n.mul(index, delta->getDouble(0)), start->getDouble(0));
}

/// Ones where column - row = k.
static Value eyeLike(Node &n) {
  Dims dims(Node::shape(n.in(0)));
  int64_t k = n.intAttr("k", 0);
  Type type = n.hasAttr("dtype") ? n.elementType(n.intAttr("dtype", 0)) : Node::element(n.in(0));
  if (!type)
    return Value();
  if (dims.size() != 2)
    return n.fail("its input is " + printDims(dims) + "; expected a matrix");
  Type i64 = n.builder().getI64Type();
  Value row = n.iota({dims[0], 1}, 0, i64), column = n.iota({1, dims[1]}, 1, i64);
  return n.convert(n.binary(BinaryFn::Equal, column, n.add(row, double(k))), type);
}

/// Keeps the upper or lower triangle: an expression of indices, so that a mask
/// is never held as bytes in the IR.
static Value trilu(Node &n) {
  Value x = n.in(0);
  bool upper = n.intAttr("upper", 1) != 0;
  double k = 0;
  if (n.has(1)) {
    std::optional<double> given = n.scalarInput(1, "k");
    if (!given)
      return Value();
    k = *given;
  }
  ArrayRef<int64_t> dims = Node::shape(x);
  if (dims.size() < 2)
    return n.fail("its input is " + printDims(dims) + "; expected matrices");
  int64_t rows = dims[dims.size() - 2], columns = dims.back();
  Type i64 = n.builder().getI64Type();
  Value row = n.iota({rows, 1}, 0, i64), column = n.iota({1, columns}, 1, i64);
  Value kept = n.binary(upper ? BinaryFn::GreaterEqual : BinaryFn::LessEqual, column, n.add(row, k));
  return n.select(kept, x, n.scalarLike(0, x));
}

/// values = [off, on]; negative indices count from the end, others give off.
static Value oneHot(Node &n) {
  std::optional<double> depth = n.scalarInput(1, "depth");
  if (!depth)
    return Value();
  Value indices = n.in(0), values = n.in(2);
  if (Node::rank(values) != 1 || Node::shape(values)[0] != 2)
    return n.fail("its values are " + printDims(Node::shape(values)) + "; expected two, off and on");
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", -1), Node::rank(indices) + 1);
  if (!axis || *depth < 1)
    return n.fail("its depth is " + Twine(int64_t(*depth)) + "; expected a positive number");
  Type i64 = n.builder().getI64Type();
  Dims dims(Node::shape(indices)), line(dims.size() + 1, 1);
  dims.insert(dims.begin() + *axis, 1);
  line[*axis] = int64_t(*depth);
  Value index = n.reshape(n.convert(indices, i64), dims);
  index = n.select(n.binary(BinaryFn::Less, index, 0.0), n.add(index, double(int64_t(*depth))), index);
  Value hot = n.binary(BinaryFn::Equal, index, n.iota(line, *axis, i64));
  return n.select(hot, n.reshape(n.slice(values, 0, 1, 1), {}), n.reshape(n.slice(values, 0, 0, 1), {}));
}

ArrayRef<OpRow> sourceOps() {
  static const OpRow rows[] = {
      {"Constant", 1, latest, 0, 0, constant}, {"ConstantOfShape", 9, latest, 1, 1, constantOfShape},
      {"EyeLike", 9, latest, 1, 1, eyeLike},   {"OneHot", 9, latest, 3, 3, oneHot},
      {"Range", 11, latest, 3, 3, range},      {"Trilu", 14, latest, 1, 2, trilu},
  };
  return rows;
}

} // namespace snap
