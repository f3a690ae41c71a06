//===- Emitter.cpp - Writes snap operations, folding small constants ------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/Emitter.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/STLExtras.h"

#include <cstring>
#include <numeric>

using namespace mlir;

namespace snap {

/// Constants with more elements are not evaluated: an operation that reads one
/// stays an expression.
static constexpr int64_t largestFoldedOperand = 1 << 16;

std::string printDims(ArrayRef<int64_t> dims) {
  std::string text;
  for (int64_t dim : dims)
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text.empty() ? "a scalar" : text;
}

static int64_t elementsOf(ArrayRef<int64_t> dims) {
  return std::accumulate(dims.begin(), dims.end(), int64_t(1), std::multiplies<int64_t>());
}

Value Emitter::fail(const Twine &why) {
  if (problem.empty())
    problem = why.str();
  return Value();
}

Value Emitter::failWithDiagnostics() {
  return fail(state.diagnostics.empty() ? "its operands do not fit together" : state.diagnostics);
}

ArrayRef<int64_t> Emitter::shape(Value value) {
  return value ? cast<RankedTensorType>(value.getType()).getShape() : ArrayRef<int64_t>();
}

Type Emitter::element(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

std::optional<int64_t> Emitter::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) {
    fail("axis " + Twine(axis) + " is outside a tensor of rank " + Twine(rank));
    return std::nullopt;
  }
  return axis < 0 ? axis + rank : axis;
}

std::optional<Dims> Emitter::normalizeAxes(ArrayRef<int64_t> axes, int64_t rank) {
  Dims result;
  for (int64_t axis : axes) {
    std::optional<int64_t> normal = normalizeAxis(axis, rank);
    if (!normal)
      return std::nullopt;
    result.push_back(*normal);
  }
  llvm::sort(result);
  if (std::adjacent_find(result.begin(), result.end()) != result.end()) {
    fail("an axis is given twice");
    return std::nullopt;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Sources and folding
//===----------------------------------------------------------------------===//

Value Emitter::constant(const Tensor &tensor) {
  DenseElementsAttr value = toAttribute(tensor, state.builder.getContext());
  Value &known = state.constants[value];
  if (!known)
    known = state.builder.create<ConstantOp>(loc, value.getType(), value);
  return known;
}

/// Whether every element has the first one's bytes; stops at the first other.
static bool isSplat(const Tensor &tensor) {
  int64_t size = byteSize(tensor.type());
  const char *bytes = static_cast<const char *>(tensor.raw());
  for (int64_t i = size; i < tensor.bytes(); i += size)
    if (std::memcmp(bytes, bytes + i, size) != 0)
      return false;
  return tensor.elements() > 0;
}

Value Emitter::tensor(const Tensor &value, StringRef name) {
  if (value.elements() <= smallConstant)
    return constant(value);
  Type type = mlirTypeOf(value.type(), state.builder.getContext());
  if (isSplat(value)) {
    Tensor one(value.type(), {});
    std::memcpy(one.mutableRaw(), value.raw(), byteSize(value.type()));
    return broadcast(constant(one), value.shape());
  }
  return make<WeightOp>(tensorType(value.shape(), type), state.addWeight(name, value));
}

Value Emitter::ints(ArrayRef<int64_t> values) {
  Tensor tensor(ElementType::I64, {int64_t(values.size())});
  for (auto [i, value] : llvm::enumerate(values))
    tensor.setInt(i, value);
  return constant(tensor);
}

Value Emitter::scalar(double value, Type type) { return splat(value, {}, type); }

Value Emitter::splat(double value, ArrayRef<int64_t> dims, Type type) {
  // A splat attribute holds one element, whatever the shape.
  Tensor one(elementTypeOf(type), {});
  one.set(0, value);
  DenseElementsAttr scalar = toAttribute(one, state.builder.getContext());
  if (dims.empty())
    return constant(one);
  DenseElementsAttr attr = DenseElementsAttr::get(tensorType(dims, type), scalar.getSplatValue<Attribute>());
  Value &known = state.constants[attr];
  if (!known)
    known = state.builder.create<ConstantOp>(loc, attr.getType(), attr);
  return known;
}

Value Emitter::iota(ArrayRef<int64_t> dims, int64_t axis, Type type) {
  return make<IotaOp>(tensorType(dims, type), axis);
}

std::optional<Tensor> Emitter::constantValue(Value value) {
  if (!value)
    return std::nullopt;
  if (auto op = value.getDefiningOp<ConstantOp>())
    return toTensor(op.getValue());
  if (auto op = value.getDefiningOp<WeightOp>())
    if (elementsOf(shape(value)) <= smallConstant) {
      llvm::Expected<Tensor> tensor = state.readWeight(op.getName());
      if (tensor)
        return *tensor;
      fail("needs the values of " + toString(tensor.takeError()));
    }
  return std::nullopt;
}

Value Emitter::finish(Operation *op) {
  Value result = op->getResult(0);
  if (isa<WeightOp>(op))
    return result;
  SmallVector<ElementsAttr> operands;
  bool allSplat = true;
  for (Value operand : op->getOperands()) {
    auto constant = operand.getDefiningOp<ConstantOp>();
    if (!constant || constant.getValue().getNumElements() > largestFoldedOperand)
      return result;
    operands.push_back(constant.getValue());
    allSplat &= operands.back().isSplat();
  }
  // Splats may give a large splat; anything else must stay small.
  int64_t elements = elementsOf(shape(result));
  bool small = elements <= smallConstant;
  if (!small && (!allSplat || operands.empty() || elements > largestFoldedOperand))
    return result;

  SmallVector<Tensor> inputs;
  for (ElementsAttr operand : operands)
    inputs.push_back(toTensor(operand));
  SmallVector<Tensor> outputs;
  state.diagnostics.clear();
  if (failed(evaluate(op, inputs, outputs))) {
    op->erase();
    return failWithDiagnostics();
  }
  DenseElementsAttr value = toAttribute(outputs[0], state.builder.getContext());
  if (!small && !value.isSplat())
    return result;
  op->erase();
  return constant(outputs[0]);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

Value Emitter::unary(UnaryFn fn, Value x) { return x ? infer<UnaryOp>(fn, x) : x; }

static bool canBroadcast(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    int64_t x = a[a.size() - 1 - i], y = b[b.size() - 1 - i];
    if (x != y && x != 1 && y != 1)
      return false;
  }
  return true;
}

Value Emitter::binary(BinaryFn fn, Value a, Value b) {
  if (!a || !b)
    return Value();
  if (!canBroadcast(shape(a), shape(b)))
    return fail("cannot broadcast " + printDims(shape(a)) + " with " + printDims(shape(b)));
  if (element(a) != element(b))
    return fail(Twine("its operands have element types ") + toString(elementTypeOf(element(a))) + " and " +
                toString(elementTypeOf(element(b))) + "; expected one type");
  return infer<BinaryOp>(fn, a, b);
}

Value Emitter::select(Value condition, Value onTrue, Value onFalse) {
  if (!condition || !onTrue || !onFalse)
    return Value();
  if (!isBool(condition))
    return fail("its condition is not of type bool");
  if (element(onTrue) != element(onFalse))
    return fail(Twine("its branches have element types ") + toString(elementTypeOf(element(onTrue))) + " and " +
                toString(elementTypeOf(element(onFalse))) + "; expected one type");
  if (!canBroadcast(shape(onTrue), shape(onFalse)) || !canBroadcast(shape(condition), shape(onTrue)) ||
      !canBroadcast(shape(condition), shape(onFalse)))
    return fail("cannot broadcast " + printDims(shape(condition)) + ", " + printDims(shape(onTrue)) + " and " +
                printDims(shape(onFalse)));
  return infer<SelectOp>(condition, onTrue, onFalse);
}

Value Emitter::convert(Value x, Type type) {
  if (!x || element(x) == type)
    return x;
  return make<CastOp>(tensorType(shape(x), type), x);
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

Value Emitter::reshape(Value x, ArrayRef<int64_t> dims) {
  if (!x || shape(x) == dims)
    return x;
  if (elementsOf(shape(x)) != elementsOf(dims))
    return fail("cannot reshape " + printDims(shape(x)) + " to " + printDims(dims) + ": " +
                Twine(elementsOf(shape(x))) + " elements are not " + Twine(elementsOf(dims)));
  return make<ReshapeOp>(tensorType(dims, element(x)), x);
}

Value Emitter::transpose(Value x, ArrayRef<int64_t> permutation) {
  if (!x)
    return x;
  Dims sorted(permutation);
  llvm::sort(sorted);
  for (auto [i, axis] : llvm::enumerate(sorted))
    if (axis != int64_t(i) || int64_t(sorted.size()) != rank(x))
      return fail("its permutation does not name each of " + Twine(rank(x)) + " dimensions once");
  if (ArrayRef<int64_t>(sorted) == permutation)
    return x;
  return infer<TransposeOp>(x, permutation);
}

Value Emitter::broadcast(Value x, ArrayRef<int64_t> dims) {
  if (!x || shape(x) == dims)
    return x;
  if (rank(x) > int64_t(dims.size()) || !canBroadcast(shape(x), dims))
    return fail("cannot broadcast " + printDims(shape(x)) + " to " + printDims(dims));
  return make<BroadcastOp>(tensorType(dims, element(x)), x);
}

Value Emitter::concat(ArrayRef<Value> pieces, int64_t axis) {
  // Empty pieces (shape arithmetic has them) add nothing.
  SmallVector<Value> filled;
  for (Value piece : pieces) {
    if (!piece)
      return Value();
    if (element(piece) != element(pieces[0]) || rank(piece) != rank(pieces[0]))
      return fail("its operands have different ranks or element types");
    for (int64_t d = 0; d < rank(piece); ++d)
      if (d != axis && shape(piece)[d] != shape(pieces[0])[d])
        return fail("cannot concatenate " + printDims(shape(pieces[0])) + " and " + printDims(shape(piece)) +
                    " along axis " + Twine(axis));
    if (shape(piece)[axis] != 0)
      filled.push_back(piece);
  }
  if (filled.size() < 2)
    return filled.empty() ? pieces[0] : filled[0];
  return infer<ConcatOp>(ValueRange(filled), axis);
}

Value Emitter::slice(Value x, ArrayRef<int64_t> starts, ArrayRef<int64_t> steps, ArrayRef<int64_t> sizes) {
  if (!x || (shape(x) == sizes && llvm::all_of(steps, [](int64_t step) { return step == 1; })))
    return x;
  return make<SliceOp>(tensorType(sizes, element(x)), x, starts, steps);
}

Value Emitter::slice(Value x, int64_t axis, int64_t start, int64_t size) {
  if (!x)
    return x;
  Dims starts(rank(x), 0), steps(rank(x), 1), sizes(shape(x));
  starts[axis] = start;
  sizes[axis] = size;
  return slice(x, starts, steps, sizes);
}

Value Emitter::pad(Value x, ArrayRef<int64_t> low, ArrayRef<int64_t> high, PadMode mode, double value) {
  if (!x)
    return x;
  Dims cutStarts(rank(x), 0), steps(rank(x), 1), sizes(shape(x)), addLow(low), addHigh(high);
  for (int64_t d = 0; d < rank(x); ++d) {
    cutStarts[d] = std::max<int64_t>(0, -low[d]);
    sizes[d] -= cutStarts[d] + std::max<int64_t>(0, -high[d]);
    if (sizes[d] < 0)
      return fail("padding cuts more than dimension " + Twine(d) + " of " + printDims(shape(x)) + " has");
    addLow[d] = std::max<int64_t>(0, low[d]);
    addHigh[d] = std::max<int64_t>(0, high[d]);
    // Reflection never leaves the tensor; an edge needs an element.
    int64_t limit = mode == PadMode::Reflect ? sizes[d] - 1 : sizes[d] > 0 ? addLow[d] + addHigh[d] : 0;
    if (mode != PadMode::Constant && std::max(addLow[d], addHigh[d]) > limit)
      return fail("cannot pad dimension " + Twine(d) + " of " + printDims(sizes) + " by " + Twine(addLow[d]) + " and " +
                  Twine(addHigh[d]) + " from its own elements");
  }
  x = slice(x, cutStarts, steps, sizes);
  auto isZero = [](int64_t amount) { return amount == 0; };
  if (llvm::all_of(addLow, isZero) && llvm::all_of(addHigh, isZero))
    return x;
  return infer<PadOp>(mode, x, ArrayRef<int64_t>(addLow), ArrayRef<int64_t>(addHigh), llvm::APFloat(value));
}

//===----------------------------------------------------------------------===//
// Reductions and products
//===----------------------------------------------------------------------===//

Value Emitter::reduce(ReduceFn fn, Value x, ArrayRef<int64_t> axes) {
  if (!x || axes.empty())
    return x;
  for (int64_t axis : axes)
    if (shape(x)[axis] == 0 && fn != ReduceFn::Sum && fn != ReduceFn::Prod)
      return fail("cannot reduce axis " + Twine(axis) + " of " + printDims(shape(x)) + ": it is empty");
  return infer<ReduceOp>(fn, x, axes);
}

Value Emitter::matmul(Value a, Value b) {
  if (!a || !b)
    return Value();
  ArrayRef<int64_t> sa = shape(a), sb = shape(b);
  if (!isFloat(a) || element(a) != element(b))
    return fail("its operands have element types " + Twine(toString(elementTypeOf(element(a)))) + " and " +
                toString(elementTypeOf(element(b))) + "; expected two of float or two of float16");
  if (sa.size() < 2 || sb.size() < 2)
    return fail("cannot multiply " + printDims(sa) + " by " + printDims(sb) + ": a matrix has two dimensions");
  if (sa.back() != sb[sb.size() - 2])
    return fail("cannot multiply " + printDims(sa) + " by " + printDims(sb) + ": inner sizes " + Twine(sa.back()) +
                " and " + Twine(sb[sb.size() - 2]) + " differ");
  if (!canBroadcast(sa.drop_back(2), sb.drop_back(2)))
    return fail("cannot multiply " + printDims(sa) + " by " + printDims(sb) + ": their batches do not broadcast");
  return infer<MatmulOp>(a, b);
}

} // namespace snap
