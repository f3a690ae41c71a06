//===- WeightZeros.cpp - Which slices of a weight are zero ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/WeightZeros.h"
#include "dialects/reference/Interpreter.h"
#include "passes/Matching.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <numeric>

using namespace mlir;

namespace snap {

/// Expressions that are no view of one weight are computed up to this size.
static constexpr int64_t mostEvaluated = 1 << 20; // elements

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

const std::optional<WeightView> &WeightZeros::view(Value weight) {
  if (auto it = views.find(weight); it != views.end())
    return it->second;
  Operation *op = weight.getDefiningOp();
  std::optional<WeightView> made = op ? makeView(op) : std::nullopt;
  return views[weight] = std::move(made);
}

static SmallVector<int64_t, 6> denseStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t, 6> strides(shape.size(), 1);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

std::optional<WeightView> WeightZeros::viewOf(std::optional<Tensor> tensor, ArrayRef<int64_t> shape) {
  if (tensor && tensor->type() != ElementType::F32 && tensor->type() != ElementType::F16)
    return std::nullopt;
  WeightView made;
  made.shape.assign(shape.begin(), shape.end());
  made.strides = denseStrides(made.shape);
  made.masked.resize(made.shape.size());
  made.tensor = std::move(tensor);
  return made;
}

std::optional<WeightView> WeightZeros::makeView(Operation *op) {
  RankedTensorType type = tensorType(op->getResult(0));
  if (auto weight = dyn_cast<WeightOp>(op)) {
    std::optional<Tensor> tensor = values ? values(weight.getName()) : std::nullopt;
    if (tensor && ArrayRef<int64_t>(tensor->shape()) != type.getShape())
      tensor.reset(); // packing the weights will say so
    return viewOf(std::move(tensor), type.getShape());
  }
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    auto elements = cast<DenseElementsAttr>(constant.getValue());
    if (!elements.isSplat())
      return viewOf(toTensor(constant.getValue()), type.getShape());
    // One element however large the constant.
    auto made = viewOf(toTensor(elements.resizeSplat(type.clone(ArrayRef<int64_t>{}))), {});
    if (!made)
      return std::nullopt;
    made->shape.assign(type.getShape().begin(), type.getShape().end());
    made->strides.assign(type.getRank(), 0);
    made->masked.resize(type.getRank());
    return made;
  }
  if (op->getNumOperands() > 0)
    if (std::optional<WeightView> from = view(op->getOperand(0))) {
      if (isa<ReshapeOp>(op)) {
        if (auto made = reshaped(*from, type.getShape()))
          return made;
      } else if (auto transpose = dyn_cast<TransposeOp>(op)) {
        WeightView made = *from;
        for (auto [d, p] : llvm::enumerate(transpose.getPermutation())) {
          made.shape[d] = from->shape[p];
          made.strides[d] = from->strides[p];
          made.masked[d] = from->masked[p];
        }
        return made;
      } else if (isa<BroadcastOp>(op) && llvm::all_of(from->masked, [](const BitVector &m) { return m.empty(); })) {
        WeightView made = *from;
        int64_t added = type.getRank() - int64_t(from->shape.size());
        made.shape.assign(type.getShape().begin(), type.getShape().end());
        made.strides.insert(made.strides.begin(), added, 0);
        made.masked.assign(made.shape.size(), BitVector());
        for (int64_t d = added; d < type.getRank(); ++d)
          if (from->shape[d - added] != made.shape[d])
            made.strides[d] = 0;
        return made;
      } else if (isa<CastOp>(op) && isa<FloatType>(type.getElementType())) {
        return from; // what was not zero may become it: then it is not noticed
      } else if (auto binary = dyn_cast<BinaryOp>(op); binary && binary.getFn() == BinaryFn::Mul) {
        if (auto made = masked(*from, binary.getRhs()))
          return made;
      }
    }
  std::optional<Tensor> tensor = evaluated(op->getResult(0));
  return tensor ? viewOf(std::move(tensor), type.getShape()) : std::nullopt;
}

/// Dimensions of 1 come and go; anything else needs a dense view without masks.
std::optional<WeightView> WeightZeros::reshaped(const WeightView &from, ArrayRef<int64_t> shape) {
  WeightView made = from;
  made.shape.assign(shape.begin(), shape.end());
  made.strides.assign(shape.size(), 0);
  made.masked.assign(shape.size(), BitVector());
  size_t d = 0;
  bool onlyOnes = true;
  for (size_t e = 0; e < shape.size(); ++e) {
    if (shape[e] == 1)
      continue;
    while (d < from.shape.size() && from.shape[d] == 1)
      ++d;
    if (d == from.shape.size() || from.shape[d] != shape[e]) {
      onlyOnes = false;
      break;
    }
    made.strides[e] = from.strides[d];
    made.masked[e] = from.masked[d++];
  }
  if (onlyOnes)
    return made;
  bool isDense = ArrayRef<int64_t>(from.strides) == ArrayRef<int64_t>(denseStrides(from.shape));
  if (!isDense || llvm::any_of(from.masked, [](const BitVector &mask) { return mask.any(); }))
    return std::nullopt;
  made.strides = denseStrides(shape);
  made.masked.assign(shape.size(), BitVector());
  return made;
}

/// A weight times a value per channel: zero where that is.
std::optional<WeightView> WeightZeros::masked(const WeightView &from, Value mask) {
  int64_t rank = from.shape.size();
  for (int64_t d = 0; d < rank; ++d) {
    if (!isVectorAlong(mask, rank, d, from.shape[d]))
      continue;
    BitVector zeros = zeroChannels(mask, d - (rank - tensorType(mask).getRank()));
    WeightView made = from;
    made.masked[d].resize(from.shape[d]);
    made.masked[d] |= zeros;
    return made;
  }
  return std::nullopt;
}

std::optional<Tensor> WeightZeros::evaluated(Value weight) {
  Operation *op = weight.getDefiningOp();
  if (!op || tensorType(weight).getNumElements() > mostEvaluated)
    return std::nullopt;
  if (auto leaf = dyn_cast<WeightOp>(op)) {
    std::optional<Tensor> tensor = values ? values(leaf.getName()) : std::nullopt;
    if (tensor && ArrayRef<int64_t>(tensor->shape()) == tensorType(weight).getShape())
      return tensor;
    return std::nullopt;
  }
  SmallVector<Tensor> inputs, results;
  for (Value operand : op->getOperands()) {
    std::optional<Tensor> input = evaluated(operand);
    if (!input)
      return std::nullopt;
    inputs.push_back(std::move(*input));
  }
  if (isa<FusedOp>(op) || failed(evaluate(op, inputs, results)))
    return std::nullopt;
  return results.front();
}

//===----------------------------------------------------------------------===//
// Looking for an element that is not zero
//===----------------------------------------------------------------------===//

namespace {
struct Walk {
  int64_t size, stride;
  const BitVector *kept; // null: all
};
} // namespace

template <typename Bits> static bool anyNonzero(const Bits *at, ArrayRef<Walk> dims) {
  constexpr Bits magnitude = Bits(~Bits(0)) >> 1; // all but the sign: -0 is zero
  if (dims.empty())
    return *at & magnitude;
  const Walk &dim = dims.front();
  if (dims.size() == 1 && dim.stride == 1 && !dim.kept) {
    constexpr int64_t block = 64; // the compiler makes vectors of this
    for (int64_t i = 0; i < dim.size; i += block) {
      Bits any = 0;
      for (int64_t j = i, end = std::min(i + block, dim.size); j < end; ++j)
        any |= at[j];
      if (any & magnitude)
        return true;
    }
    return false;
  }
  for (int64_t i = 0; i < dim.size; ++i)
    if ((!dim.kept || dim.kept->test(i)) && anyNonzero(at + i * dim.stride, dims.drop_front()))
      return true;
  return false;
}

BitVector WeightZeros::zeroChannels(Value weight, int64_t dim, int64_t otherDim, const BitVector *others) {
  BitVector zeros(tensorType(weight).getDimSize(dim));
  const std::optional<WeightView> &known = view(weight);
  if (!known)
    return zeros;
  SmallVector<BitVector, 6> kept(known->shape.size());
  SmallVector<Walk, 6> dims;
  for (int64_t d = 0; d < int64_t(known->shape.size()); ++d) {
    if (d == dim || (known->shape[d] == 1 && d != otherDim && known->masked[d].empty()))
      continue;
    if (!known->masked[d].empty()) {
      kept[d] = known->masked[d];
      kept[d].flip();
    }
    if (d == otherDim && others) {
      kept[d].resize(known->shape[d], true);
      kept[d] &= *others;
    }
    bool all = kept[d].empty() || kept[d].all();
    if (!all || known->strides[d] != 0)
      dims.push_back({known->shape[d], known->strides[d], all ? nullptr : &kept[d]});
  }
  llvm::sort(dims, [](const Walk &a, const Walk &b) { return a.stride > b.stride; });
  for (int64_t i = 0; i < known->shape[dim]; ++i) {
    int64_t at = known->offset + i * known->strides[dim];
    bool nonzero = !known->tensor ? llvm::all_of(dims, [](const Walk &walk) { return !walk.kept || walk.kept->any(); })
                   : known->tensor->type() == ElementType::F32 ? anyNonzero(known->tensor->data<uint32_t>() + at, dims)
                                                               : anyNonzero(known->tensor->data<uint16_t>() + at, dims);
    if (!nonzero || (!known->masked[dim].empty() && known->masked[dim].test(i)))
      zeros.set(i);
  }
  return zeros;
}

bool WeightZeros::isZero(Value weight) {
  RankedTensorType type = tensorType(weight);
  if (type.getRank() == 0) {
    const std::optional<WeightView> &known = view(weight);
    return known && known->tensor && known->tensor->getDouble(known->offset) == 0;
  }
  // The longest dimension, so that the first channel says no at once.
  int64_t dim = std::distance(type.getShape().begin(), llvm::max_element(type.getShape()));
  return type.getDimSize(dim) > 0 && zeroChannels(weight, dim).all();
}

} // namespace snap
