//===- UniformPruning.cpp - Which channels to take away by L1 norm --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/UniformPruning.h"
#include "passes/ChannelClasses.h"
#include "passes/ChannelLiveness.h"
#include "passes/Matching.h"

#include "llvm/ADT/MapVector.h"

#include <cmath>

using namespace mlir;

namespace snap {
namespace {

using Id = ChannelClasses::Id;

/// Fewer channels are a bottleneck on purpose, as a latent's four are.
constexpr int64_t narrowestPruned = 16;

/// An axis of a weight as a layer reads it: the class of each of its indices, or none.
struct Binding {
  static constexpr Id none = -1;
  std::string weight;
  int64_t axis;
  std::vector<Id> ids;
  Operation *layer; // whose channels these are, for filters; else null
};

class Planner {
public:
  Planner(Block &block, double keep, const WeightLookup &values)
      : block(block), keep(keep), values(values), classes(block) {}
  std::string run(PruningPlan &plan);

private:
  void bind(Operation *op);
  void trace(Value weight, int64_t dim, std::vector<Id> ids, Operation *layer);
  void coupleSharedWeights();
  void weigh();
  void choose();
  void evenOut();
  bool evenOut(Value value, int64_t dim, ArrayRef<int64_t> starts);
  std::string fill(PruningPlan &plan) const;
  bool isRemoved(Value value, int64_t dim, int64_t channel) const {
    return removed.contains(classes.find(value, dim, channel));
  }

  Block &block;
  const double keep;
  const WeightLookup &values;
  ChannelClasses classes;
  std::vector<Binding> bindings;
  llvm::MapVector<Id, double> importance; // of classes that may go
  DenseSet<Id> removed;
};

} // namespace

std::string Planner::run(PruningPlan &plan) {
  for (Operation &op : block.without_terminator())
    if (op.getNumResults() == 1 && !classes.isWeight(op.getResult(0)))
      bind(&op);
  coupleSharedWeights();
  weigh();
  choose();
  evenOut();
  return fill(plan);
}

//===----------------------------------------------------------------------===//
// Weights and classes
//===----------------------------------------------------------------------===//

void Planner::bind(Operation *op) {
  ChannelLinks links = channelLinks(op);
  Value result = op->getResult(0);
  bool isLayer = isa<Conv2dOp, MatmulOp>(op);
  for (const ChannelLink &link : links.links) {
    Value operand = op->getOperand(link.operand);
    if (!classes.isWeight(operand))
      continue;
    std::vector<Id> ids(tensorType(operand).getDimSize(link.operandDim), Binding::none);
    for (int64_t i = 0; i < link.count; ++i)
      ids[link.operandStart + i] = classes.find(result, link.resultDim, link.resultStart + i);
    trace(operand, link.operandDim, std::move(ids), isLayer ? op : nullptr);
  }
  for (const ChannelPair &pair : links.pairs)
    for (auto [weight, dim, other, otherDim] :
         {std::tuple(pair.a, pair.aDim, pair.b, pair.bDim), std::tuple(pair.b, pair.bDim, pair.a, pair.aDim)}) {
      Value operand = op->getOperand(weight), factor = op->getOperand(other);
      if (!classes.isWeight(operand) || classes.isWeight(factor))
        continue;
      std::vector<Id> ids(tensorType(operand).getDimSize(dim), Binding::none);
      for (size_t i = 0; i < ids.size(); ++i)
        ids[i] = classes.find(factor, otherDim, int64_t(i));
      trace(operand, dim, std::move(ids), nullptr);
    }
}

/// Down to the weights of an expression, through what keeps the dimension.
void Planner::trace(Value weight, int64_t dim, std::vector<Id> ids, Operation *layer) {
  Operation *op = weight.getDefiningOp();
  if (ids.size() == 1)
    return;
  if (auto leaf = dyn_cast<WeightOp>(op)) {
    bindings.push_back({leaf.getName().str(), dim, std::move(ids), layer});
    return;
  }
  for (const ChannelLink &link : channelLinks(op).links) {
    if (link.resultDim != dim)
      continue;
    std::vector<Id> inner(tensorType(op->getOperand(link.operand)).getDimSize(link.operandDim), Binding::none);
    for (int64_t i = 0; i < link.count; ++i)
      inner[link.operandStart + i] = ids[link.resultStart + i];
    trace(op->getOperand(link.operand), link.operandDim, std::move(inner), layer);
  }
}

/// Layers that read the same weight lose the same channels of it, unless its
/// channels are all the same anyway (fresh scales of 1, shared by exporters).
void Planner::coupleSharedWeights() {
  std::map<std::pair<std::string, int64_t>, const Binding *> first;
  for (const Binding &binding : bindings) {
    auto [it, isFirst] = first.try_emplace({binding.weight, binding.axis}, &binding);
    if (isFirst)
      continue;
    std::optional<Tensor> tensor = values(binding.weight);
    bool constant = tensor && tensor->elements() == int64_t(binding.ids.size());
    for (int64_t i = 1; constant && i < tensor->elements(); ++i)
      constant = tensor->getDouble(i) == tensor->getDouble(0);
    if (constant)
      continue;
    for (auto [a, b] : llvm::zip_equal(it->second->ids, binding.ids))
      if (a != Binding::none && b != Binding::none)
        classes.unite(a, b);
  }
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

/// The sum of magnitudes of each index along an axis.
static std::vector<double> magnitudes(const Tensor &tensor, int64_t axis) {
  std::vector<double> sums(tensor.shape()[axis], 0);
  int64_t stride = tensor.strides()[axis], size = tensor.shape()[axis];
  const float *values = tensor.type() == ElementType::F32 ? tensor.data<float>() : nullptr;
  for (int64_t begin = 0, channel = 0; begin < tensor.elements(); begin += stride, channel = (channel + 1) % size) {
    double sum = 0;
    for (int64_t i = begin; i < begin + stride; ++i)
      sum += std::fabs(values ? double(values[i]) : tensor.getDouble(i));
    sums[channel] += sum;
  }
  return sums;
}

void Planner::weigh() {
  DenseSet<Id> narrow;
  for (const Binding &binding : bindings) {
    if (!binding.layer)
      continue;
    if (int64_t(binding.ids.size()) < narrowestPruned)
      for (Id id : binding.ids)
        if (id != Binding::none)
          narrow.insert(classes.root(id));
    std::optional<Tensor> tensor = values(binding.weight);
    std::vector<double> sums(binding.ids.size(), 0);
    if (tensor)
      sums = magnitudes(*tensor, binding.axis);
    for (auto [id, sum] : llvm::zip_equal(binding.ids, sums))
      if (id != Binding::none && !classes.isFixed(id))
        importance[classes.root(id)] += sum;
  }
  importance.remove_if([&](const auto &entry) { return narrow.contains(entry.first); });
}

/// Of the channels that live in the same dimensions and the same groups, the
/// heaviest stay.
void Planner::choose() {
  DenseMap<Id, uint64_t> places; // a hash of where a class occurs
  uint64_t dimension = 0;
  classes.forEach([&](Value value, int64_t dim, int64_t channels) {
    ++dimension;
    SmallVector<int64_t> starts{0};
    if (auto norm = value.getDefiningOp<GroupNormOp>(); norm && dim == channelDim(norm))
      starts = groupStarts(norm);
    for (int64_t i = 0; i < channels; ++i) {
      uint64_t group = llvm::upper_bound(starts, i) - starts.begin();
      uint64_t &place = places[classes.find(value, dim, i)];
      // Mixing as in SplitMix64 (Steele, Lea, Flood 2014).
      place = (place ^ (dimension * 0x9e3779b97f4a7c15 + group)) * 0xbf58476d1ce4e5b9;
      place ^= place >> 29;
    }
  });
  llvm::MapVector<uint64_t, std::vector<Id>> peers;
  for (auto &[id, weight] : importance)
    if (!classes.isFixed(id))
      peers[places[id]].push_back(id);
  for (auto &[place, ids] : peers) {
    std::sort(ids.begin(), ids.end(), [&](Id a, Id b) {
      double x = importance[a], y = importance[b];
      return x != y ? x > y : a < b;
    });
    size_t stay = std::max<size_t>(1, std::lround(double(ids.size()) * keep));
    removed.insert(ids.begin() + std::min(stay, ids.size()), ids.end());
  }
}

/// Groups and heads keep as many channels as the one that keeps most.
void Planner::evenOut() {
  for (bool again = true; again;) {
    again = false;
    for (Operation &op : block.without_terminator()) {
      if (op.getNumResults() != 1 || classes.isWeight(op.getResult(0)))
        continue;
      if (auto norm = dyn_cast<GroupNormOp>(op))
        again |= evenOut(norm.getResult(), channelDim(norm), groupStarts(norm));
      if (auto attention = dyn_cast<AttentionOp>(op))
        for (Value side :
             std::initializer_list<Value>{attention.getQuery(), attention.getKey(), attention.getResult()}) {
          SmallVector<int64_t> starts;
          for (int64_t head = 0; head <= int64_t(attention.getHeads()); ++head)
            starts.push_back(head * tensorType(side).getDimSize(2) / int64_t(attention.getHeads()));
          again |= !classes.isWeight(side) && evenOut(side, 2, starts);
        }
    }
  }
}

bool Planner::evenOut(Value value, int64_t dim, ArrayRef<int64_t> starts) {
  SmallVector<int64_t> left;
  for (auto [begin, end] : llvm::zip(starts, starts.drop_front())) {
    left.push_back(0);
    for (int64_t i = begin; i < end; ++i)
      left.back() += !isRemoved(value, dim, i);
  }
  int64_t most = *llvm::max_element(left);
  bool more = false;
  for (size_t group = 0; group < left.size(); ++group)
    for (; left[group] < most; ++left[group]) {
      Id heaviest = Binding::none;
      for (int64_t i = starts[group]; i < starts[group + 1]; ++i) {
        Id id = classes.find(value, dim, i);
        if (removed.contains(id) && (heaviest == Binding::none || importance[id] > importance[heaviest]))
          heaviest = id;
      }
      if (heaviest == Binding::none)
        break; // a smaller group
      removed.erase(heaviest);
      more = true;
    }
  return more;
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

static std::string nodeName(Operation *op) {
  auto name = dyn_cast<NameLoc>(op->getLoc());
  return name ? name.getName().getValue().split(':').second.str() : op->getName().stripDialect().str();
}

std::string Planner::fill(PruningPlan &plan) const {
  for (const Binding &binding : bindings) {
    std::vector<int64_t> stay;
    int64_t fixed = 0;
    for (auto [i, id] : llvm::enumerate(binding.ids)) {
      if (id == Binding::none || !removed.contains(classes.root(id)))
        stay.push_back(int64_t(i));
      fixed += id == Binding::none || classes.isFixed(id);
    }
    if (binding.layer) {
      PruningPlan::Layer layer;
      layer.name = nodeName(binding.layer);
      layer.channels = int64_t(binding.ids.size());
      layer.left = int64_t(stay.size());
      if (layer.channels < narrowestPruned && !fixed)
        layer.why = "fewer than " + std::to_string(narrowestPruned) + " stay all";
      else if (fixed)
        layer.why = "an input, a result or another operation needs " + std::to_string(fixed) + " where they are";
      else if (double(layer.left) > double(layer.channels) * keep + 1)
        layer.why = "its groups are too small to keep that part of each";
      plan.layers.push_back(std::move(layer));
    }
    auto &axes = plan.kept[binding.weight];
    auto [it, inserted] = axes.try_emplace(binding.axis, stay);
    if (!inserted && it->second.size() != stay.size())
      return "weight '" + binding.weight + "' is read by layers that keep " + std::to_string(it->second.size()) +
             " and " + std::to_string(stay.size()) + " of its channels; save the model with a copy for each";
  }
  return "";
}

std::string planUniformPruning(Block &block, double keep, const WeightLookup &values, PruningPlan &plan) {
  return Planner(block, keep, values).run(plan);
}

} // namespace snap
