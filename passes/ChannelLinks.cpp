//===- ChannelLinks.cpp - Which slices of tensors belong together ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/ChannelLinks.h"
#include "passes/Matching.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace snap {

const ChannelLink *ChannelLinks::find(unsigned operand, int64_t resultDim) const {
  for (const ChannelLink &link : links)
    if (link.operand == operand && link.resultDim == resultDim)
      return &link;
  return nullptr;
}

bool ChannelLinks::hasResult(int64_t resultDim) const {
  return llvm::any_of(links, [&](const ChannelLink &link) { return link.resultDim == resultDim; });
}

BitVector &ChannelSets::operator()(Value value, int64_t dim) {
  BitVector &set = sets[{value, dim}];
  if (set.empty())
    set.resize(tensorType(value).getDimSize(dim));
  return set;
}

const BitVector *ChannelSets::find(Value value, int64_t dim) const {
  auto it = sets.find({value, dim});
  return it == sets.end() ? nullptr : &it->second;
}

bool ChannelSets::test(Value value, int64_t dim, int64_t channel) const {
  const BitVector *set = find(value, dim);
  return set && set->test(channel);
}

DenseSet<Value> weightValues(Block &block) {
  DenseSet<Value> weights;
  for (Operation &op : block.without_terminator())
    if (llvm::all_of(op.getOperands(), [&](Value operand) { return weights.contains(operand); }))
      weights.insert(op.result_begin(), op.result_end());
  return weights;
}

//===----------------------------------------------------------------------===//
// One function per family of operations
//===----------------------------------------------------------------------===//

namespace {

struct Linker {
  Operation *op;
  ChannelLinks result{};

  RankedTensorType operand(unsigned i) const { return tensorType(op->getOperand(i)); }
  RankedTensorType type() const { return tensorType(op->getResult(0)); }

  void whole(unsigned i, int64_t operandDim, int64_t resultDim) {
    int64_t count = operand(i).getDimSize(operandDim);
    if (count == type().getDimSize(resultDim))
      result.links.push_back({i, operandDim, resultDim, 0, 0, count});
  }

  /// numpy's alignment at the right, for one operand.
  void aligned(unsigned i) {
    int64_t shift = type().getRank() - operand(i).getRank();
    for (int64_t d = 0; d < operand(i).getRank(); ++d)
      whole(i, d, d + shift);
  }

  void allAligned() {
    for (unsigned i = 0; i < op->getNumOperands(); ++i)
      aligned(i);
  }

  void transpose(TransposeOp transpose) {
    for (auto [d, from] : llvm::enumerate(transpose.getPermutation()))
      whole(0, from, d);
  }

  /// A dimension that a reshape keeps has as many elements before and after it.
  void reshape() {
    ArrayRef<int64_t> from = operand(0).getShape(), to = type().getShape();
    int64_t before = 1;
    for (int64_t d = 0; d < int64_t(from.size()); before *= from[d++]) {
      if (from[d] == 1)
        continue;
      int64_t product = 1, e = 0;
      while (e < int64_t(to.size()) && (product < before || to[e] == 1))
        product *= to[e++];
      if (e < int64_t(to.size()) && product == before)
        whole(0, d, e);
    }
  }

  void concat(ConcatOp concat) {
    int64_t axis = concat.getAxis(), start = 0;
    for (unsigned i = 0; i < op->getNumOperands(); ++i) {
      for (int64_t d = 0; d < type().getRank(); ++d)
        if (d != axis)
          whole(i, d, d);
      int64_t size = operand(i).getDimSize(axis);
      result.links.push_back({i, axis, axis, 0, start, size});
      start += size;
    }
  }

  // A strided slice of what is left after removals may not be strided.
  void slice(SliceOp slice) {
    for (int64_t d = 0; d < type().getRank(); ++d)
      if (slice.getSteps()[d] == 1)
        result.links.push_back({0, d, d, slice.getStarts()[d], 0, type().getDimSize(d)});
  }

  void pad(PadOp pad) {
    for (int64_t d = 0; d < type().getRank(); ++d)
      if (pad.getLow()[d] == 0 && pad.getHigh()[d] == 0)
        whole(0, d, d);
  }

  void resize(ResizeOp resize) {
    for (int64_t d = 0; d < type().getRank(); ++d)
      if (resize.getScales()[d] == 1)
        whole(0, d, d);
  }

  void reduce(ReduceOp reduce) {
    for (int64_t d = 0; d < type().getRank(); ++d)
      if (!llvm::is_contained(reduce.getAxes(), d))
        whole(0, d, d);
  }

  void conv2d(Conv2dOp conv) {
    if (conv.getGroups() != 1)
      return;
    whole(0, 0, 0);
    whole(1, 0, channelDim(conv));
    result.pairs.push_back({0, 1, channelDim(conv), 1});
  }

  void matmul(MatmulOp matmul) {
    int64_t a = operand(0).getRank(), b = operand(1).getRank(), r = type().getRank();
    for (int64_t d = 0; d < a - 2; ++d)
      whole(0, d, r - a + d);
    for (int64_t d = 0; d < b - 2; ++d)
      whole(1, d, r - b + d);
    int64_t left = matmul.getTransposeLhs(), right = matmul.getTransposeRhs();
    whole(0, a - 2 + left, r - 2);
    whole(1, b - 1 - right, r - 1);
    result.pairs.push_back({0, 1, a - 1 - left, b - 2 + right});
  }

  void groupNorm(GroupNormOp norm) {
    aligned(0);
    whole(1, 0, channelDim(norm));
    whole(2, 0, channelDim(norm));
  }

  void trailingNorm(int64_t axis) {
    for (int64_t d = 0; d < axis; ++d)
      whole(0, d, d);
  }

  void attention() {
    whole(0, 0, 0);
    whole(0, 1, 1);
    whole(1, 0, 0);
    whole(2, 0, 0);
    whole(2, 2, 2);
    result.pairs.push_back({0, 1, 2, 2});
  }

  // Everything but the rows and columns of pixels.
  template <typename Op> void image(Op imageOp) {
    whole(0, 0, 0);
    whole(0, channelDim(imageOp), channelDim(imageOp));
  }
};

} // namespace

ChannelLinks channelLinks(Operation *op) {
  Linker linker{op};
  llvm::TypeSwitch<Operation *>(op)
      .Case<UnaryOp, BinaryOp, SelectOp, CastOp, BroadcastOp>([&](auto) { linker.allAligned(); })
      .Case([&](TransposeOp transpose) { linker.transpose(transpose); })
      .Case([&](ReshapeOp) { linker.reshape(); })
      .Case([&](ConcatOp concat) { linker.concat(concat); })
      .Case([&](SliceOp slice) { linker.slice(slice); })
      .Case([&](PadOp pad) { linker.pad(pad); })
      .Case([&](ResizeOp resize) { linker.resize(resize); })
      .Case([&](ReduceOp reduce) { linker.reduce(reduce); })
      .Case([&](Conv2dOp conv) { linker.conv2d(conv); })
      .Case([&](MatmulOp matmul) { linker.matmul(matmul); })
      .Case([&](GroupNormOp norm) { linker.groupNorm(norm); })
      .Case<LayerNormOp, RmsNormOp>([&](auto norm) { linker.trailingNorm(norm.getAxis()); })
      .Case([&](AttentionOp) { linker.attention(); })
      .Case<UpsampleOp, PoolOp>([&](auto image) { linker.image(image); });
  return std::move(linker.result);
}

} // namespace snap
