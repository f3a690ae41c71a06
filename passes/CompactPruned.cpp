//===- CompactPruned.cpp - Removes what pruning left dead -----------------===//
//
// First branches that only ever add zero, then channels. A channel goes when
// its whole class (ChannelClasses.h) is dead: zero, or never read.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/CompactPruned.h"
#include "passes/ChannelClasses.h"
#include "passes/ChannelLiveness.h"
#include "passes/Matching.h"
#include "passes/Passes.h"

#include <map>

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_COMPACTPRUNED
#include "passes/Passes.h.inc"

namespace {

/// The node's name in the graph, or the operation's.
std::string nodeName(Operation *op) {
  Location loc = op->getLoc();
  while (auto fused = dyn_cast<FusedLoc>(loc))
    loc = fused.getLocations().front();
  if (auto name = dyn_cast<NameLoc>(loc))
    if (StringRef node = name.getName().getValue().split(':').second; !node.empty())
      return node.str();
  return op->getName().stripDialect().str();
}

std::string programName(Block &block) { return cast<func::FuncOp>(block.getParentOp()).getSymName().str(); }

/// Elements of the weights that operations on activations read.
int64_t parameters(Block &block) {
  DenseSet<Value> constants = weightValues(block), seen;
  int64_t total = 0;
  for (Operation &op : block)
    if (op.getNumResults() && !constants.contains(op.getResult(0)))
      for (Value operand : op.getOperands())
        if (constants.contains(operand) && seen.insert(operand).second)
          total += tensorType(operand).getNumElements();
  return total;
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

/// x + 0 -> x, where 0 is an activation: what computes it goes.
void removeZeroBranches(Block &block, WeightZeros &weights, std::vector<CompactionReport::Block> &removed) {
  ChannelLiveness liveness(block, weights);
  for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
    auto sum = dyn_cast<BinaryOp>(op);
    if (!sum || (sum.getFn() != BinaryFn::Add && sum.getFn() != BinaryFn::Sub))
      continue;
    bool mayBeLeft = sum.getFn() == BinaryFn::Add;
    for (auto [zero, other] : {std::pair(sum.getRhs(), sum.getLhs()), std::pair(sum.getLhs(), sum.getRhs())}) {
      if ((zero == sum.getLhs() && !mayBeLeft) || other.getType() != sum.getType() || liveness.isWeight(zero) ||
          !zero.getDefiningOp() || !liveness.isZero(zero))
        continue;
      removed.push_back({programName(block), nodeName(zero.getDefiningOp())});
      sum.getResult().replaceAllUsesWith(other);
      sum.erase();
      break;
    }
  }
  eraseDeadOps(block);
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

class Selection {
public:
  Selection(Block &block, WeightZeros &weights) : block(block), liveness(block, weights), classes(block) {}

  /// True if there is anything to remove.
  bool run();
  KeptChannels kept() const;
  void report(CompactionReport &report, CompactionReport::Program &row) const;

private:
  using Id = ChannelClasses::Id;
  /// Why a dead channel stays; the first that applies is told.
  enum class Reason { Revived, Alive, Fixed, Heads, Last };
  struct Blocker {
    Reason reason;
    Operation *by;
  };

  void keep(Id id, Reason reason, Operation *by);
  bool isKept(Value value, int64_t dim, int64_t channel) const {
    return blockers.count(classes.find(value, dim, channel));
  }
  bool isAnyKept(Value value, int64_t dim) const;
  void keepLiveClasses();
  bool keepEqualHeads(AttentionOp attention);
  bool keepLastChannels();
  std::string text(const Blocker &blocker) const;

  Block &block;
  ChannelLiveness liveness;
  ChannelClasses classes;
  DenseMap<Id, Blocker> blockers; // of the classes that stay
};

void Selection::keep(Id id, Reason reason, Operation *by) {
  auto [it, inserted] = blockers.try_emplace(id, Blocker{reason, by});
  if (!inserted && reason < it->second.reason)
    it->second = {reason, by};
}

bool Selection::isAnyKept(Value value, int64_t dim) const {
  for (int64_t i = 0; i < tensorType(value).getDimSize(dim); ++i)
    if (isKept(value, dim, i))
      return true;
  return false;
}

bool Selection::run() {
  keepLiveClasses();
  // Each only ever keeps more, so this ends.
  for (bool again = true; again;) {
    again = false;
    for (auto attention : block.getOps<AttentionOp>())
      again |= !liveness.isWeight(attention.getResult()) && keepEqualHeads(attention);
    again |= keepLastChannels();
  }
  bool any = false;
  classes.forEach([&](Value value, int64_t dim, int64_t channels) {
    for (int64_t i = 0; i < channels && !any; ++i)
      any = !isKept(value, dim, i);
  });
  return any;
}

void Selection::keepLiveClasses() {
  classes.forEach([&](Value value, int64_t dim, int64_t channels) {
    Operation *def = value.getDefiningOp();
    BitVector live = liveness.live(value, dim), zeroInput;
    if (auto norm = dyn_cast_or_null<GroupNormOp>(def); norm && dim == channelDim(norm))
      zeroInput = liveness.zeros(norm.getInput(), dim);
    for (int64_t i = 0; i < channels; ++i) {
      Id id = classes.find(value, dim, i);
      if (live.test(i))
        keep(id, !zeroInput.empty() && zeroInput.test(i) ? Reason::Revived : Reason::Alive, def);
      else if (classes.isFixed(id))
        keep(id, Reason::Fixed, classes.fixedBy(id));
    }
  });
}

/// Heads go whole; those that stay keep as many channels each, of queries and
/// keys as of values. True if more is kept now.
bool Selection::keepEqualHeads(AttentionOp attention) {
  int64_t heads = attention.getHeads();
  // Queries and keys are one class, values and the result another.
  Value scored = liveness.isWeight(attention.getQuery()) ? attention.getKey() : attention.getQuery();
  SmallVector<Value, 2> sides{attention.getResult()};
  if (!liveness.isWeight(scored))
    sides.push_back(scored);
  int64_t maskRank = attention.getMask() ? tensorType(attention.getMask()).getRank() : 0;
  bool hasHeadMask = maskRank >= 3 && tensorType(attention.getMask()).getDimSize(maskRank - 3) > 1;
  SmallVector<bool> stays(heads, sides.size() == 1 || hasHeadMask);
  for (Value side : sides)
    for (int64_t width = tensorType(side).getDimSize(2) / heads, i = 0; i < width * heads; ++i)
      if (isKept(side, 2, i))
        stays[i / width] = true;

  bool more = false;
  for (Value side : sides) {
    int64_t width = tensorType(side).getDimSize(2) / heads;
    SmallVector<int64_t> counts(heads, 0);
    for (int64_t i = 0; i < width * heads; ++i)
      counts[i / width] += isKept(side, 2, i);
    int64_t most = std::max<int64_t>(1, *llvm::max_element(counts));
    for (int64_t i = 0; i < width * heads; ++i) {
      int64_t head = i / width;
      if (!stays[head] || counts[head] >= most || isKept(side, 2, i))
        continue;
      keep(classes.find(side, 2, i), Reason::Heads, attention);
      ++counts[head];
      more = true;
    }
  }
  return more;
}

/// A value may lose all its channels if every reader goes with it or can do
/// without it; else it keeps one. True if more is kept now.
bool Selection::keepLastChannels() {
  DenseSet<Value> gone;
  bool more = false;
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    if (op.getNumResults() != 1 || liveness.isWeight(op.getResult(0)))
      continue;
    Value value = op.getResult(0);
    for (int64_t d = 0; d < tensorType(value).getRank(); ++d) {
      if (tensorType(value).getDimSize(d) == 0 || isAnyKept(value, d))
        continue;
      bool canGo = llvm::all_of(value.getUses(), [&](OpOperand &use) {
        auto concat = dyn_cast<ConcatOp>(use.getOwner());
        return (concat && int64_t(concat.getAxis()) == d) ||
               (use.getOwner()->getNumResults() == 1 && gone.contains(use.getOwner()->getResult(0)));
      });
      if (canGo) {
        gone.insert(value);
        continue;
      }
      keep(classes.find(value, d, 0), Reason::Last, &op);
      more = true;
    }
  }
  return more;
}

KeptChannels Selection::kept() const {
  KeptChannels result;
  classes.forEach([&](Value value, int64_t dim, int64_t channels) {
    std::vector<int64_t> own;
    for (int64_t i = 0; i < channels; ++i)
      if (isKept(value, dim, i))
        own.push_back(i);
    if (int64_t(own.size()) < channels)
      result[{value, dim}] = std::move(own);
  });
  return result;
}

std::string Selection::text(const Blocker &blocker) const {
  std::string by = blocker.by ? nodeName(blocker.by) : "an input of the program";
  switch (blocker.reason) {
  case Reason::Revived:
    return "scale or shift of " + by + " bring back";
  case Reason::Alive:
    return "alive in " + by + ":";
  case Reason::Fixed:
    return blocker.by && isa<func::ReturnOp>(blocker.by) ? "a result of the program has" : by + " needs";
  case Reason::Heads:
    return "equal heads of " + by + " need";
  case Reason::Last:
    return "one is left of " + by + ":";
  }
  llvm_unreachable("every reason has a case");
}

/// A row per layer: an operation that makes channels from a weight.
void Selection::report(CompactionReport &report, CompactionReport::Program &row) const {
  for (Operation &op : block) {
    if (!isa<Conv2dOp, MatmulOp>(op) || liveness.isWeight(op.getResult(0)))
      continue;
    Value result = op.getResult(0);
    for (const ChannelLink &link : channelLinks(&op).links) {
      if (!liveness.isWeight(op.getOperand(link.operand)))
        continue;
      CompactionReport::Layer layer;
      layer.program = row.name;
      layer.name = nodeName(&op);
      layer.channels = link.count;
      BitVector live = liveness.live(result, link.resultDim);
      std::map<std::string, int64_t> reasons;
      for (int64_t i = 0; i < link.count; ++i) {
        if (live.test(i))
          continue;
        ++layer.dead;
        auto blocker = blockers.find(classes.find(result, link.resultDim, i));
        if (blocker == blockers.end())
          ++layer.removed;
        else
          ++reasons[text(blocker->second)];
      }
      for (const auto &[reason, count] : reasons)
        layer.kept += (layer.kept.empty() ? "" : ", ") + reason + " " + std::to_string(count);
      row.dead += layer.dead;
      row.removed += layer.removed;
      if (layer.dead)
        report.layers.push_back(std::move(layer));
    }
  }
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct CompactPruned : impl::CompactPrunedBase<CompactPruned> {
  using CompactPrunedBase::CompactPrunedBase;
  CompactPruned(const CompactPrunedOptions &options, WeightLookup values, CompactionReport *report)
      : CompactPrunedBase(options), values(std::move(values)), report(report) {}

  void runOnOperation() override {
    if (!masks.empty() && failed(applyMasks(getOperation(), masks)))
      return signalPassFailure();
    CompactionReport found;
    for (auto program : getOperation().getOps<func::FuncOp>())
      for (Block &block : program.getBody()) {
        WeightZeros weights(values);
        compact(block, weights, found);
      }
    if (report)
      *report = std::move(found);
  }

  static void compact(Block &block, WeightZeros &weights, CompactionReport &found) {
    CompactionReport::Program row;
    row.name = programName(block);
    row.parametersBefore = parameters(block);
    size_t blocks = found.blocks.size(), layers = found.layers.size();
    removeZeroBranches(block, weights, found.blocks);
    Selection selection(block, weights);
    bool any = selection.run();
    selection.report(found, row);
    if (any)
      removeChannels(block, selection.kept());
    row.parametersAfter = parameters(block);
    if (any || found.blocks.size() > blocks || found.layers.size() > layers)
      found.programs.push_back(std::move(row));
  }

  WeightLookup values;
  CompactionReport *report = nullptr;
};

} // namespace

std::unique_ptr<Pass> createCompactPruned(const CompactPrunedOptions &options, WeightLookup values,
                                          CompactionReport *report) {
  return std::make_unique<CompactPruned>(options, std::move(values), report);
}

} // namespace snap
