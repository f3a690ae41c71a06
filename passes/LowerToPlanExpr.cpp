//===- LowerToPlanExpr.cpp - Expressions of kernel keys -------------------===//
//
// Elementwise operations as an expression tree over a call's inputs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"
#include "passes/Matching.h"

#include "dialects/reference/Interpreter.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace snap {

Value outerValue(Value value) {
  while (auto argument = dyn_cast<BlockArgument>(value)) {
    auto fused = dyn_cast<FusedOp>(argument.getOwner()->getParentOp());
    if (!fused)
      break;
    value = fused.getInputs()[argument.getArgNumber()];
  }
  return value;
}

bool isElementwise(Operation *op) { return isa<UnaryOp, BinaryOp, SelectOp, CastOp>(op); }

TensorSpec specOf(ShapedType type) {
  TensorSpec spec;
  spec.type = elementTypeOf(type.getElementType());
  spec.shape.assign(type.getShape().begin(), type.getShape().end());
  return spec;
}

WeightValues::WeightValues(func::FuncOp func) {
  func.walk([&](Operation *op) {
    if (op->getNumResults() && llvm::all_of(op->getOperands(), [&](Value v) { return contains(v); }))
      values.insert(op->result_begin(), op->result_end());
  });
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

// Buffers in the arena begin on a cache line, and kernels may rely on it.
static constexpr int64_t bufferAlignment = 64;

/// The strides under which `slice` reads its operand, or nothing when it has
/// to be copied out.
static std::optional<TensorSpec> stridedSpec(SliceOp slice, int64_t &byteOffset) {
  auto source = cast<ShapedType>(slice.getOperand().getType());
  TensorSpec spec = specOf(cast<ShapedType>(slice.getType()));
  spec.strides.resize(spec.shape.size());
  int64_t stride = 1, offset = 0;
  for (int64_t i = source.getRank() - 1; i >= 0; --i) {
    int64_t step = slice.getSteps()[i];
    // Vector loads want neighbouring elements; a step in an outer dimension is free.
    if (step < 1 || (step != 1 && i == source.getRank() - 1 && spec.shape[i] > 1))
      return std::nullopt;
    spec.strides[i] = stride * step;
    offset += stride * slice.getStarts()[i];
    stride *= source.getDimSize(i);
  }
  byteOffset = offset * byteSize(spec.type);
  if (byteOffset % bufferAlignment)
    return std::nullopt;
  return spec;
}

/// The strides under which what `broadcast` repeats is read again and again: 0
/// along dimensions of one element. Nothing where vectors would have to be made of it.
static std::optional<TensorSpec> stridedSpec(BroadcastOp broadcast, int64_t &byteOffset) {
  auto source = cast<ShapedType>(broadcast.getOperand().getType());
  TensorSpec spec = specOf(cast<ShapedType>(broadcast.getType()));
  const int64_t rank = static_cast<int64_t>(spec.shape.size());
  if (source.getRank() != rank || rank < 2 || source.getDimSize(rank - 1) != spec.shape.back())
    return std::nullopt;
  spec.strides.resize(rank);
  int64_t stride = 1;
  for (int64_t i = rank - 1; i >= 0; --i) {
    spec.strides[i] = source.getDimSize(i) == spec.shape[i] ? stride : 0;
    stride *= source.getDimSize(i);
  }
  byteOffset = 0;
  return spec;
}

/// A slice that its reader sees with dimensions of one element more or less.
static std::optional<TensorSpec> stridedSpec(ReshapeOp reshape, int64_t &byteOffset) {
  auto slice = outerValue(reshape.getOperand()).getDefiningOp<SliceOp>();
  auto type = cast<ShapedType>(reshape.getType());
  if (!slice || !onlyMovesUnits(cast<ShapedType>(slice.getType()), type))
    return std::nullopt;
  std::optional<TensorSpec> sliced = stridedSpec(slice, byteOffset);
  if (!sliced)
    return std::nullopt;
  TensorSpec spec = specOf(type);
  spec.strides.resize(spec.shape.size());
  int64_t stride = 1;
  for (size_t i = spec.shape.size(), from = sliced->shape.size(); i-- > 0;) {
    if (spec.shape[i] != 1) {
      while (sliced->shape[--from] == 1) {
      }
      stride = sliced->strides[from];
    }
    spec.strides[i] = stride;
    stride *= spec.shape[i];
  }
  return spec;
}

void addInput(KernelCall &call, Value value, const WeightValues &weights) {
  value = outerValue(value);
  CallInput input{value, nullptr, std::nullopt};
  TensorSpec spec = specOf(cast<ShapedType>(value.getType()));
  Operation *def = weights.contains(value) ? nullptr : value.getDefiningOp();
  int64_t byteOffset = 0;
  std::optional<TensorSpec> strided;
  if (auto slice = dyn_cast_or_null<SliceOp>(def))
    strided = stridedSpec(slice, byteOffset);
  else if (auto broadcast = dyn_cast_or_null<BroadcastOp>(def))
    strided = stridedSpec(broadcast, byteOffset);
  else if (auto reshape = dyn_cast_or_null<ReshapeOp>(def)) {
    strided = stridedSpec(reshape, byteOffset);
    def = outerValue(reshape.getOperand()).getDefiningOp();
  }
  if (strided) {
    input.byteOffset = byteOffset;
    input.value = outerValue(def->getOperand(0));
    spec = *strided;
  }
  call.key.inputs.push_back(spec);
  call.inputs.push_back(input);
}

std::vector<int64_t> transposedStrides(ArrayRef<int64_t> source, ArrayRef<int64_t> permutation) {
  std::vector<int64_t> dense(source.size()), strides;
  int64_t stride = 1;
  for (size_t i = source.size(); i-- > 0; stride *= source[i])
    dense[i] = stride;
  for (int64_t dim : permutation)
    strides.push_back(dense[dim]);
  return strides;
}

bool isReadInPlace(TransposeOp op) {
  return op.getPermutation() == ArrayRef<int64_t>{0, 2, 3, 1} &&
         cast<ShapedType>(op.getType()).getShape().back() <= fewChannels;
}

void addImage(KernelCall &call, Value value, const WeightValues &weights) {
  auto transpose = outerValue(value).getDefiningOp<TransposeOp>();
  if (!transpose || weights.contains(value) || !isReadInPlace(transpose))
    return addInput(call, value, weights);
  TensorSpec spec = specOf(cast<ShapedType>(transpose.getType()));
  Value source = outerValue(transpose.getOperand());
  spec.strides = transposedStrides(cast<ShapedType>(source.getType()).getShape(), transpose.getPermutation());
  call.key.inputs.push_back(spec);
  call.inputs.push_back({source, nullptr, std::nullopt});
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

ExprBuilder::ExprBuilder(KernelCall &call, Operation *scope, Value accumulator, const WeightValues &weights)
    : call(call), scope(scope), accumulator(accumulator ? outerValue(accumulator) : Value()), weights(weights) {}

Expr ExprBuilder::build(Value value) {
  node(value);
  // A lone accumulator is what a kernel without an expression does.
  if (expr.nodes.size() == 1 && expr.nodes[0].kind == ExprNode::Kind::Accumulator)
    expr.nodes.clear();
  return std::move(expr);
}

int32_t ExprBuilder::append(ExprNode node) {
  expr.nodes.push_back(std::move(node));
  return static_cast<int32_t>(expr.nodes.size()) - 1;
}

/// A splat constant as a leaf; integers only where a double is exact.
static std::optional<ExprNode> constantLeaf(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : nullptr;
  if (!elements || !elements.isSplat())
    return std::nullopt;
  ExprNode node;
  node.kind = ExprNode::Kind::Constant;
  node.type = elementTypeOf(elements.getElementType());
  if (isa<FloatType>(elements.getElementType())) {
    node.constant = elements.getSplatValue<APFloat>().convertToDouble();
    return node;
  }
  APInt bits = elements.getSplatValue<APInt>();
  bool isSigned = node.type != ElementType::I1 && node.type != ElementType::U8;
  int64_t integer = isSigned ? bits.getSExtValue() : static_cast<int64_t>(bits.getZExtValue());
  if (integer > (int64_t(1) << 53) || integer < -(int64_t(1) << 53))
    return std::nullopt;
  node.constant = static_cast<double>(integer);
  return node;
}

int32_t ExprBuilder::node(Value value) {
  value = outerValue(value);
  auto known = nodes.find(value);
  if (known != nodes.end())
    return known->second;

  ExprNode made;
  Operation *def = value.getDefiningOp();
  bool inside = def && (def == scope || def->getParentOp() == scope);
  if (value == accumulator) {
    made.kind = ExprNode::Kind::Accumulator;
  } else if (std::optional<ExprNode> constant = constantLeaf(value)) {
    made = *constant;
  } else if (auto half = dyn_cast_or_null<SliceOp>(def); half && inside && half.getOperand() == accumulator) {
    made.kind = half.getStarts().back() == 0 ? ExprNode::Kind::Accumulator : ExprNode::Kind::Gate;
  } else if (auto broadcast = dyn_cast_or_null<BroadcastOp>(def)) {
    // Leaves are broadcast on load, and broadcasting twice is broadcasting once.
    return nodes[value] = node(broadcast.getOperand());
  } else if (inside && isElementwise(def) && !weights.contains(value)) {
    for (Value operand : def->getOperands())
      made.operands.push_back(node(operand));
    TypeSwitch<Operation *>(def)
        .Case([&](UnaryOp op) {
          made.kind = ExprNode::Kind::Unary;
          made.fn = stringifyUnaryFn(op.getFn()).str();
        })
        .Case([&](BinaryOp op) {
          made.kind = ExprNode::Kind::Binary;
          made.fn = stringifyBinaryFn(op.getFn()).str();
        })
        .Case([&](SelectOp) { made.kind = ExprNode::Kind::Select; })
        .Case([&](CastOp op) {
          made.kind = ExprNode::Kind::Cast;
          made.type = specOf(op.getType()).type;
        });
  } else {
    made.kind = ExprNode::Kind::Input;
    made.input = static_cast<int32_t>(call.inputs.size());
    addInput(call, value, weights);
  }
  return nodes[value] = append(std::move(made));
}

} // namespace snap
