//===- CompactPrunedRewrite.cpp - Takes channels out of a program ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/ChannelLiveness.h"
#include "passes/CompactPruned.h"
#include "passes/Matching.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace snap {

/// No constant of the IR is larger.
static constexpr size_t largestConstant = 1024;

void eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// `channels` of a weight along `dim`: a slice where they follow each other at
/// equal steps, else a gather.
static Value takeChannels(OpBuilder &builder, Location loc, Value weight, int64_t dim, ArrayRef<int64_t> channels) {
  RankedTensorType type = tensorType(weight);
  int64_t count = channels.size();
  if (count == type.getDimSize(dim))
    return weight;
  int64_t step = count > 1 ? channels[1] - channels[0] : 1;
  bool strided = true;
  for (int64_t i = 1; i < count; ++i)
    strided &= channels[i] - channels[i - 1] == step;
  if (strided) {
    SmallVector<int64_t> starts(type.getRank(), 0), steps(type.getRank(), 1), shape(type.getShape());
    starts[dim] = channels[0];
    steps[dim] = step;
    shape[dim] = count;
    return builder.create<SliceOp>(loc, type.clone(shape), weight, starts, steps);
  }
  SmallVector<Value> pieces;
  for (; !channels.empty(); channels = channels.drop_front(std::min(channels.size(), largestConstant))) {
    ArrayRef<int64_t> some = channels.take_front(largestConstant);
    auto indices = RankedTensorType::get({int64_t(some.size())}, builder.getI64Type());
    Value index = builder.create<ConstantOp>(loc, DenseElementsAttr::get(indices, some));
    pieces.push_back(builder.create<GatherOp>(loc, weight, index, dim));
  }
  return pieces.size() == 1 ? pieces.front() : builder.create<ConcatOp>(loc, pieces, dim).getResult();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

namespace {

class Rewriter {
public:
  Rewriter(Block &block, const KeptChannels &kept) : block(block), kept(kept), constants(weightValues(block)) {}
  void run();

private:
  /// The kept channels of an activation's dimension as the program was; null: all.
  const std::vector<int64_t> *keptOf(Value value, int64_t dim) const {
    auto it = kept.find({value, dim});
    return it == kept.end() ? nullptr : &it->second;
  }
  bool isGone(Value value) const {
    for (int64_t d = 0; d < int64_t(shapes.lookup(value).size()); ++d)
      if (const std::vector<int64_t> *channels = keptOf(value, d); channels && channels->empty())
        return true;
    return false;
  }
  void rewrite(Operation *op, const ChannelLinks &links);
  void takeOfWeights(Operation *op, const ChannelLinks &links);
  void update(GroupNormOp norm);
  void update(AttentionOp attention);
  void update(SliceOp slice, const ChannelLinks &links);
  void update(ConcatOp concat, const ChannelLinks &links);

  Block &block;
  const KeptChannels &kept;
  DenseSet<Value> constants;
  DenseMap<Value, SmallVector<int64_t>> shapes; // of activations, as they were
};

} // namespace

void Rewriter::run() {
  struct Affected {
    Operation *op;
    ChannelLinks links;
  };
  std::vector<Affected> affected;
  DenseSet<Value> changed;
  for (auto &[key, channels] : kept)
    changed.insert(key.first);
  for (Operation &op : block.without_terminator()) {
    if (op.getNumResults() != 1 || constants.contains(op.getResult(0)))
      continue;
    shapes[op.getResult(0)] = SmallVector<int64_t>(tensorType(op.getResult(0)).getShape());
    if (changed.contains(op.getResult(0)) ||
        llvm::any_of(op.getOperands(), [&](Value operand) { return changed.contains(operand); }))
      affected.push_back({&op, channelLinks(&op)});
  }
  SmallVector<Operation *> gone;
  for (Affected &one : affected)
    if (isGone(one.op->getResult(0)))
      gone.push_back(one.op);
    else
      rewrite(one.op, one.links);
  for (Operation *op : llvm::reverse(gone)) {
    assert(op->use_empty() && "what reads it is gone too, or dropped it");
    op->erase();
  }
  eraseDeadOps(block);
}

void Rewriter::rewrite(Operation *op, const ChannelLinks &links) {
  takeOfWeights(op, links);
  llvm::TypeSwitch<Operation *>(op)
      .Case<GroupNormOp, AttentionOp>([&](auto known) { update(known); })
      .Case<SliceOp, ConcatOp>([&](auto known) { update(known, links); });
  RankedTensorType type = tensorType(op->getResult(0));
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (const std::vector<int64_t> *channels = keptOf(op->getResult(0), d))
      shape[d] = channels->size();
  op->getResult(0).setType(type.clone(shape));
}

/// Weights follow the result's channels they are linked to, and those of the
/// activation they are multiplied with.
void Rewriter::takeOfWeights(Operation *op, const ChannelLinks &links) {
  OpBuilder builder(op);
  auto take = [&](unsigned operand, int64_t dim, ArrayRef<int64_t> channels) {
    Value taken = takeChannels(builder, op->getLoc(), op->getOperand(operand), dim, channels);
    constants.insert(taken);
    op->setOperand(operand, taken);
  };
  for (const ChannelLink &link : links.links) {
    const std::vector<int64_t> *channels = keptOf(op->getResult(0), link.resultDim);
    if (!channels || !constants.contains(op->getOperand(link.operand)))
      continue;
    std::vector<int64_t> own;
    for (int64_t channel : *channels)
      if (channel >= link.resultStart && channel < link.resultStart + link.count)
        own.push_back(channel - link.resultStart + link.operandStart);
    if (!own.empty()) // else a concat drops it
      take(link.operand, link.operandDim, own);
  }
  for (const ChannelPair &pair : links.pairs)
    for (auto [weight, dim, other, otherDim] :
         {std::tuple(pair.a, pair.aDim, pair.b, pair.bDim), std::tuple(pair.b, pair.bDim, pair.a, pair.aDim)})
      if (const std::vector<int64_t> *channels = keptOf(op->getOperand(other), otherDim))
        if (constants.contains(op->getOperand(weight)))
          take(weight, dim, *channels);
}

/// Groups keep their place; what is gone of them goes on counting. Groups that
/// are gone whole, and groups that lost nothing, need no attribute.
void Rewriter::update(GroupNormOp norm) {
  const std::vector<int64_t> *channels = keptOf(norm.getResult(), channelDim(norm));
  if (!channels)
    return;
  SmallVector<int64_t> starts;
  int64_t groups = norm.getGroups(), all = shapes.lookup(norm.getResult())[channelDim(norm)];
  for (int64_t group = 0, at = 0; group < groups; ++group) {
    starts.push_back(at);
    at += norm.getSizes().empty() ? all / groups : norm.getSizes()[group];
  }
  SmallVector<int64_t> sizes(groups, 0);
  for (int64_t channel : *channels)
    ++sizes[std::distance(starts.begin(), llvm::upper_bound(starts, channel)) - 1];
  llvm::erase(sizes, 0);
  int64_t counted = norm.getCounted() ? int64_t(norm.getCounted()) : all / groups;
  bool equal = llvm::all_equal(sizes);
  norm.setGroups(sizes.size());
  norm.setCounted(equal && sizes.front() == counted ? 0 : counted);
  norm.setSizes(equal ? ArrayRef<int64_t>() : ArrayRef<int64_t>(sizes));
}

/// Heads are gone whole or not at all.
void Rewriter::update(AttentionOp attention) {
  const std::vector<int64_t> *channels = keptOf(attention.getResult(), 2);
  if (!channels)
    return;
  int64_t heads = attention.getHeads(), width = shapes.lookup(attention.getResult())[2] / heads;
  llvm::BitVector left(heads);
  for (int64_t channel : *channels)
    left.set(channel / width);
  attention.setHeads(left.count());
}

void Rewriter::update(SliceOp slice, const ChannelLinks &links) {
  SmallVector<int64_t> starts(slice.getStarts());
  for (const ChannelLink &link : links.links)
    if (const std::vector<int64_t> *channels = keptOf(slice.getOperand(), link.operandDim))
      starts[link.operandDim] = llvm::lower_bound(*channels, link.operandStart) - channels->begin();
  slice.setStarts(starts);
}

/// Pieces without channels are dropped.
void Rewriter::update(ConcatOp concat, const ChannelLinks &links) {
  const std::vector<int64_t> *channels = keptOf(concat.getResult(), concat.getAxis());
  if (!channels)
    return;
  SmallVector<Value> pieces;
  for (auto [i, piece] : llvm::enumerate(concat.getOperands())) {
    const ChannelLink *link = links.find(i, concat.getAxis());
    auto first = llvm::lower_bound(*channels, link->resultStart);
    if (first != channels->end() && *first < link->resultStart + link->count)
      pieces.push_back(piece);
  }
  concat.getOperandsMutable().assign(pieces);
}

void removeChannels(Block &block, const KeptChannels &kept) { Rewriter(block, kept).run(); }

} // namespace snap
