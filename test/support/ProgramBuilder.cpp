//===- ProgramBuilder.cpp - Writes snap programs like an exporter ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/ProgramBuilder.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace snap;
using namespace snap::test;

static APFloat number(double value) { return APFloat(value); }

ProgramBuilder::ProgramBuilder(MLIRContext &context, uint64_t seed)
    : random(seed), builder(&context), module(ModuleOp::create(builder.getUnknownLoc())) {
  builder.setInsertionPointToEnd(module->getBody());
  function = builder.create<func::FuncOp>(builder.getUnknownLoc(), "main", builder.getFunctionType({}, {}));
  builder.setInsertionPointToEnd(function.addEntryBlock());
}

Location ProgramBuilder::next() {
  return NameLoc::get(builder.getStringAttr("random/model.onnx:/node_" + std::to_string(nodes++)));
}

RankedTensorType ProgramBuilder::type(ArrayRef<int64_t> shape, Type element) {
  return RankedTensorType::get(shape, element ? element : builder.getF32Type());
}

Value ProgramBuilder::argument(ArrayRef<int64_t> shape, Type element) {
  unsigned index = function.getNumArguments();
  auto name = builder.getDictionaryAttr(
      builder.getNamedAttr("snap.name", builder.getStringAttr("input_" + std::to_string(index))));
  function.insertArgument(index, type(shape, element), name, next());
  return function.getArgument(index);
}

OwningOpRef<ModuleOp> ProgramBuilder::finish(ArrayRef<Value> results) {
  builder.create<func::ReturnOp>(next(), results);
  function.setFunctionType(builder.getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
  for (size_t i = 0; i < results.size(); ++i)
    function.setResultAttr(i, "snap.name", builder.getStringAttr("output_" + std::to_string(i)));
  assert(succeeded(verify(*module)) && "random programs verify");
  return std::move(module);
}

Value ProgramBuilder::weight(ArrayRef<int64_t> shape) {
  return builder.create<WeightOp>(next(), type(shape), "random:weight_" + std::to_string(weights++));
}

Value ProgramBuilder::scalar(double value) {
  return builder.create<ConstantOp>(next(), DenseElementsAttr::get(type({}), float(value)));
}

Value ProgramBuilder::integers(ArrayRef<int64_t> values) {
  auto shape = type({int64_t(values.size())}, builder.getI64Type());
  return builder.create<ConstantOp>(next(), DenseElementsAttr::get(shape, values));
}

Value ProgramBuilder::unary(UnaryFn fn, Value x) { return builder.create<UnaryOp>(next(), fn, x); }
Value ProgramBuilder::binary(BinaryFn fn, Value a, Value b) { return builder.create<BinaryOp>(next(), fn, a, b); }
Value ProgramBuilder::reduce(ReduceFn fn, Value x, ArrayRef<int64_t> axes) {
  return builder.create<ReduceOp>(next(), fn, x, axes);
}
Value ProgramBuilder::reshape(Value x, ArrayRef<int64_t> shape) {
  return builder.create<ReshapeOp>(next(), type(shape, getElementTypeOrSelf(x)), x);
}
Value ProgramBuilder::transpose(Value x, ArrayRef<int64_t> permutation) {
  return builder.create<TransposeOp>(next(), x, permutation);
}
Value ProgramBuilder::matmul(Value a, Value b) { return builder.create<MatmulOp>(next(), a, b); }
Value ProgramBuilder::concat(ArrayRef<Value> pieces, int64_t axis) {
  return builder.create<ConcatOp>(next(), pieces, axis);
}
Value ProgramBuilder::slice(Value x, ArrayRef<int64_t> starts, ArrayRef<int64_t> sizes) {
  return builder.create<SliceOp>(next(), type(sizes, getElementTypeOrSelf(x)), x, starts, Shape(starts.size(), 1));
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value ProgramBuilder::pruned(Value weight, int64_t axis) {
  Shape shape(shapeOf(weight).size(), 1);
  shape[axis] = shapeOf(weight)[axis];
  std::vector<float> mask(shape[axis], 0);
  bool isWhole = random.oneIn(4);
  for (float &channel : mask)
    channel = isWhole || random.coin() ? 0 : 1;
  return mul(weight, builder.create<ConstantOp>(next(), DenseElementsAttr::get(type(shape), ArrayRef<float>(mask))));
}

Value ProgramBuilder::linear(Value x, int64_t outputs, bool bias) {
  int64_t inputs = shapeOf(x).back();
  // PyTorch keeps [out, in]; exporters transpose the weight or the product reads it so.
  Value w = random.coin() ? weight({inputs, outputs}) : transpose(weight({outputs, inputs}), {1, 0});
  bool isPruned = random.oneIn(6);
  Value y = matmul(x, isPruned ? pruned(w, 1) : w);
  if (!bias || isPruned)
    return y;
  return random.coin() ? add(weight({outputs}), y) : add(y, weight({outputs}));
}

Value ProgramBuilder::conv(Value x, int64_t outputs, int64_t kernel, int64_t stride, int64_t groups) {
  int64_t pad = kernel / 2;
  Value filter = weight({outputs, shapeOf(x)[1] / groups, kernel, kernel});
  bool isPruned = random.oneIn(6);
  Value y = builder.create<Conv2dOp>(next(), x, isPruned ? pruned(filter, 0) : filter, Shape{stride, stride},
                                     Shape(4, pad), Shape{1, 1}, groups, Layout::NCHW, ConvAlgorithmAttr());
  if (isPruned || random.oneIn(8))
    return y;
  return add(y, random.coin() ? weight({1, outputs, 1, 1}) : reshape(weight({outputs}), {1, outputs, 1, 1}));
}

Value ProgramBuilder::layerNorm(Value x) {
  int64_t width = shapeOf(x).back(), axis = shapeOf(x).size() - 1;
  Value scale = weight({width}), bias = weight({width});
  if (random.coin())
    return builder.create<LayerNormOp>(next(), x, scale, bias, axis, number(1e-5));
  Value centred = binary(BinaryFn::Sub, x, reduce(ReduceFn::Mean, x, axis));
  Value squares = random.coin() ? binary(BinaryFn::Pow, centred, scalar(2)) : mul(centred, centred);
  Value deviation = unary(UnaryFn::Sqrt, add(reduce(ReduceFn::Mean, squares, axis), scalar(1e-5)));
  return add(mul(binary(BinaryFn::Div, centred, deviation), scale), bias);
}

Value ProgramBuilder::groupNorm(Value x, int64_t groups) {
  Shape shape = shapeOf(x);
  int64_t channels = shape[1];
  if (random.coin())
    return builder.create<GroupNormOp>(next(), x, weight({channels}), weight({channels}), groups, number(1e-5));
  // Instance norm over [N, groups, rest] with unit scale, then the scale and bias of each channel.
  Value ones = builder.create<ConstantOp>(next(), DenseElementsAttr::get(type({groups}), 1.0f));
  Value zeros = builder.create<ConstantOp>(next(), DenseElementsAttr::get(type({groups}), 0.0f));
  Value rows = reshape(x, {shape[0], groups, channels / groups * shape[2] * shape[3]});
  Value normal = builder.create<GroupNormOp>(next(), rows, ones, zeros, groups, number(1e-5));
  Value scale = random.coin() ? weight({1, channels, 1, 1}) : reshape(weight({channels}), {channels, 1, 1});
  return add(mul(reshape(normal, shape), scale), weight({channels, 1, 1}));
}

Value ProgramBuilder::silu(Value x) {
  if (random.oneIn(3))
    return unary(UnaryFn::Silu, x);
  Value gate = unary(UnaryFn::Sigmoid, x);
  return random.coin() ? mul(x, gate) : mul(gate, x);
}

Value ProgramBuilder::gelu(Value x) {
  switch (random.between(0, 3)) {
  case 0: // 0.5 x (1 + erf(x / sqrt 2)), the factor first or last
  case 1: {
    Value erf = unary(UnaryFn::Erf, random.coin() ? binary(BinaryFn::Div, x, scalar(1.4142135381698608))
                                                  : mul(x, 0.70710678118654752));
    Value gate = add(erf, scalar(1));
    return random.coin() ? mul(mul(x, gate), 0.5) : mul(mul(x, 0.5), gate);
  }
  case 2: { // tanh form
    Value cube = mul(mul(x, x), x);
    Value inner = mul(add(x, mul(cube, 0.044715)), 0.79788456);
    return mul(mul(x, 0.5), add(unary(UnaryFn::Tanh, inner), scalar(1)));
  }
  default: // x sigmoid(1.702 x)
    return mul(x, unary(UnaryFn::Sigmoid, mul(x, 1.702)));
  }
}
