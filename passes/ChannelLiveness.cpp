//===- ChannelLiveness.cpp - Which channels are zero or never read --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/ChannelLiveness.h"
#include "dialects/reference/Evaluators.h"
#include "passes/Matching.h"

using namespace mlir;

namespace snap {

SmallVector<int64_t> groupStarts(GroupNormOp norm) {
  int64_t groups = norm.getGroups(), channels = tensorType(norm.getScale()).getDimSize(0);
  SmallVector<int64_t> starts{0};
  for (int64_t group = 0; group < groups; ++group)
    starts.push_back(starts.back() + (norm.getSizes().empty() ? channels / groups : norm.getSizes()[group]));
  return starts;
}

ChannelLiveness::ChannelLiveness(Block &block, WeightZeros &weights)
    : weights(weights), constants(weightValues(block)) {
  for (Operation &op : block.without_terminator())
    if (op.getNumResults() == 1 && !isWeight(op.getResult(0)))
      findZeros(&op);
  for (Value result : block.getTerminator()->getOperands())
    for (int64_t d = 0; d < tensorType(result).getRank(); ++d)
      needed(result, d).set();
  for (Operation &op : llvm::reverse(block.without_terminator()))
    if (op.getNumResults() == 1 && !isWeight(op.getResult(0)))
      findNeeded(&op);
}

BitVector ChannelLiveness::zeros(Value value, int64_t dim) const {
  if (isWeight(value))
    return weights.zeroChannels(value, dim);
  const BitVector *set = zero.find(value, dim);
  return set ? *set : BitVector(tensorType(value).getDimSize(dim));
}

bool ChannelLiveness::isZero(Value value) const {
  if (isWeight(value))
    return weights.isZero(value);
  // Zero along one dimension is zero along all: see findZeros.
  const BitVector *set = tensorType(value).getRank() ? zero.find(value, 0) : nullptr;
  return set && set->all();
}

BitVector ChannelLiveness::live(Value value, int64_t dim) const {
  const BitVector *read = needed.find(value, dim);
  BitVector result = read ? *read : BitVector(tensorType(value).getDimSize(dim));
  if (const BitVector *zeros = zero.find(value, dim))
    result.reset(*zeros);
  return result;
}

//===----------------------------------------------------------------------===//
// Forwards: zeros
//===----------------------------------------------------------------------===//

static bool keepsZero(UnaryFn fn) {
  Tensor x(ElementType::F32, {1});
  return reference::unary(stringifyUnaryFn(fn).str(), x).getDouble(0) == 0;
}

namespace {
enum class ZeroRule { Never, AllOperands, AnyOperand, Contraction, Norm };
} // namespace

/// When a channel of the result is zero.
static ZeroRule zeroRule(Operation *op) {
  if (!isa<FloatType>(tensorType(op->getResult(0)).getElementType()))
    return ZeroRule::Never;
  if (auto unary = dyn_cast<UnaryOp>(op))
    return keepsZero(unary.getFn()) ? ZeroRule::AllOperands : ZeroRule::Never;
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    switch (binary.getFn()) {
    case BinaryFn::Mul:
      return ZeroRule::AnyOperand;
    case BinaryFn::Add:
    case BinaryFn::Sub:
    case BinaryFn::Max:
    case BinaryFn::Min:
      return ZeroRule::AllOperands;
    default:
      return ZeroRule::Never;
    }
  }
  if (auto pad = dyn_cast<PadOp>(op))
    return pad.getMode() != PadMode::Constant || pad.getValue().isZero() ? ZeroRule::AllOperands : ZeroRule::Never;
  if (isa<ReshapeOp, TransposeOp, BroadcastOp, ConcatOp, SliceOp, UpsampleOp, PoolOp, ReduceOp, ResizeOp>(op))
    return ZeroRule::AllOperands;
  if (auto cast = dyn_cast<CastOp>(op))
    return isa<FloatType>(tensorType(cast.getOperand()).getElementType()) ? ZeroRule::AllOperands : ZeroRule::Never;
  if (isa<Conv2dOp, MatmulOp>(op))
    return ZeroRule::Contraction;
  if (isa<AttentionOp, GroupNormOp>(op))
    return ZeroRule::Norm;
  return ZeroRule::Never;
}

void ChannelLiveness::findZeros(Operation *op) {
  if (zeroRule(op) == ZeroRule::Never)
    return;
  ChannelLinks links = channelLinks(op);
  Value result = op->getResult(0);
  int64_t rank = tensorType(result).getRank();
  bool all = false;
  for (int64_t d = 0; d < rank; ++d) {
    BitVector zeros = zerosOfResult(op, links, d);
    if (zeros.none())
      continue;
    all |= zeros.all();
    zero(result, d) = std::move(zeros);
  }
  for (int64_t d = 0; all && d < rank; ++d)
    zero(result, d).set();
}

BitVector ChannelLiveness::zerosOfResult(Operation *op, const ChannelLinks &links, int64_t dim) const {
  ZeroRule rule = zeroRule(op);
  if (rule == ZeroRule::Contraction)
    return zerosOfContraction(op, links, dim);
  BitVector result(tensorType(op->getResult(0)).getDimSize(dim));
  if (rule == ZeroRule::Norm) {
    auto norm = dyn_cast<GroupNormOp>(op);
    if (norm && dim == channelDim(norm))
      return silenced(norm);
    if (isa<AttentionOp>(op) && dim == 2) // a mean of zeros
      return zerosOfOperand(op, links, 2, dim);
    return result;
  }
  if (auto concat = dyn_cast<ConcatOp>(op); concat && int64_t(concat.getAxis()) == dim) {
    for (unsigned i = 0; i < op->getNumOperands(); ++i)
      result |= zerosOfOperand(op, links, i, dim);
    return result;
  }
  // The condition of a select decides nothing about zeros; selects are never asked.
  for (unsigned i = 0; i < op->getNumOperands(); ++i) {
    BitVector zeros = zerosOfOperand(op, links, i, dim);
    if (i == 0)
      result = zeros;
    else if (rule == ZeroRule::AnyOperand)
      result |= zeros;
    else
      result &= zeros;
  }
  return result;
}

/// The result's channels whose part of that operand is zero.
BitVector ChannelLiveness::zerosOfOperand(Operation *op, const ChannelLinks &links, unsigned operand,
                                          int64_t dim) const {
  Value value = op->getOperand(operand);
  BitVector result(tensorType(op->getResult(0)).getDimSize(dim));
  const ChannelLink *link = links.find(operand, dim);
  if (!link) {
    if (isZero(value))
      result.set();
    return result;
  }
  BitVector zeros = this->zeros(value, link->operandDim);
  for (int64_t i = 0; i < link->count; ++i)
    if (zeros.test(link->operandStart + i))
      result.set(link->resultStart + i);
  return result;
}

/// Channels of a product: of a zero row or column, or of one that is zero
/// wherever the other factor is not.
BitVector ChannelLiveness::zerosOfContraction(Operation *op, const ChannelLinks &links, int64_t dim) const {
  BitVector result(tensorType(op->getResult(0)).getDimSize(dim));
  for (const ChannelPair &pair : links.pairs)
    for (auto [operand, summed, other, otherSummed] :
         {std::tuple(pair.a, pair.aDim, pair.b, pair.bDim), std::tuple(pair.b, pair.bDim, pair.a, pair.aDim)}) {
      const ChannelLink *link = links.find(operand, dim);
      if (!link)
        continue;
      Value value = op->getOperand(operand), factor = op->getOperand(other);
      if (isWeight(value)) {
        BitVector there = zeros(factor, otherSummed).flip();
        result |= weights.zeroChannels(value, link->operandDim, summed, &there);
      } else {
        result |= zeros(value, link->operandDim);
      }
    }
  if (links.pairs.empty() && isZero(op->getOperand(0)))
    result.set();
  return result;
}

BitVector ChannelLiveness::silenced(GroupNormOp norm) const {
  BitVector result = zeros(norm.getScale(), 0);
  return result &= zeros(norm.getBias(), 0);
}

//===----------------------------------------------------------------------===//
// Backwards: what is read
//===----------------------------------------------------------------------===//

void ChannelLiveness::findNeeded(Operation *op) {
  Value result = op->getResult(0);
  for (int64_t d = 0; d < tensorType(result).getRank(); ++d)
    if (tensorType(result).getDimSize(d) > 0 && live(result, d).none())
      return; // zero, or read by nobody
  ChannelLinks links = channelLinks(op);
  for (unsigned i = 0; i < op->getNumOperands(); ++i) {
    Value operand = op->getOperand(i);
    if (isWeight(operand))
      continue;
    for (int64_t d = 0; d < tensorType(operand).getRank(); ++d) {
      BitVector &read = needed(operand, d);
      bool linked = false;
      for (const ChannelLink &link : links.links) {
        if (link.operand != i || link.operandDim != d)
          continue;
        linked = true;
        BitVector live = this->live(result, link.resultDim);
        if (auto norm = dyn_cast<GroupNormOp>(op); norm && i == 0 && d == channelDim(norm))
          live = neededByStatistics(norm);
        for (int64_t k = 0; k < link.count; ++k)
          if (live.test(link.resultStart + k))
            read.set(link.operandStart + k);
      }
      for (const ChannelPair &pair : links.pairs) {
        if ((pair.a != i || pair.aDim != d) && (pair.b != i || pair.bDim != d))
          continue;
        linked = true;
        read |= neededOfPair(op, links, i, pair);
      }
      if (!linked)
        read.set();
    }
  }
}

/// A summed channel of an operand matters where the other factor is not zero
/// for a live channel of the result.
BitVector ChannelLiveness::neededOfPair(Operation *op, const ChannelLinks &links, unsigned operand,
                                        const ChannelPair &pair) const {
  unsigned other = operand == pair.a ? pair.b : pair.a;
  int64_t dim = operand == pair.a ? pair.bDim : pair.aDim;
  Value factor = op->getOperand(other), result = op->getResult(0);
  if (!isWeight(factor))
    return zeros(factor, dim).flip();
  // The filter's or matrix's dimension that becomes channels of the result.
  for (const ChannelLink &link : links.links)
    if (link.operand == other && link.count == tensorType(result).getDimSize(link.resultDim) && link.count > 1) {
      BitVector live = this->live(result, link.resultDim);
      return weights.zeroChannels(factor, dim, link.operandDim, &live).flip();
    }
  return weights.zeroChannels(factor, dim).flip();
}

/// Every channel of a group with a live channel.
BitVector ChannelLiveness::neededByStatistics(GroupNormOp norm) const {
  BitVector live = this->live(norm.getResult(), channelDim(norm));
  SmallVector<int64_t> starts = groupStarts(norm);
  for (auto [begin, end] : llvm::zip(starts, ArrayRef(starts).drop_front()))
    if (live.find_first_in(begin, end) != -1)
      live.set(begin, end);
  return live;
}

} // namespace snap
