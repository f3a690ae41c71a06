//===- ChannelClasses.cpp - Channels that go or stay together -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/ChannelClasses.h"
#include "passes/Matching.h"

using namespace mlir;

namespace snap {

ChannelClasses::ChannelClasses(Block &block) : constants(weightValues(block)) {
  for (Value argument : block.getArguments()) {
    add(argument);
    for (int64_t d = 0; d < tensorType(argument).getRank(); ++d)
      fix(argument, d, nullptr);
  }
  for (Operation &op : block.without_terminator())
    for (Value result : op.getResults())
      if (!isWeight(result))
        add(result);
  for (Operation &op : block)
    if (op.getNumResults() == 0 || !isWeight(op.getResult(0)))
      link(&op);
}

void ChannelClasses::add(Value value) {
  values.push_back(value);
  SmallVector<Id, 4> &first = firsts[value];
  for (int64_t size : tensorType(value).getShape()) {
    first.push_back(Id(parents.size()));
    for (int64_t i = 0; i < size; ++i)
      parents.push_back(Id(parents.size()));
  }
}

ChannelClasses::Id ChannelClasses::root(Id id) const {
  while (parents[id] != id)
    id = parents[id] = parents[parents[id]];
  return id;
}

ChannelClasses::Id ChannelClasses::find(Value value, int64_t dim, int64_t channel) const {
  return root(firsts.find(value)->second[dim] + Id(channel));
}

void ChannelClasses::unite(Id a, Id b) {
  a = root(a);
  b = root(b);
  if (a == b)
    return;
  // The earlier one stays the root, so that classes do not depend on the order of links.
  if (b < a)
    std::swap(a, b);
  parents[b] = a;
  if (auto it = pins.find(b); it != pins.end()) {
    Operation *by = it->second;
    pins.erase(it);
    pins.try_emplace(a, by);
  }
}

void ChannelClasses::fix(Value value, int64_t dim, Operation *by) {
  for (int64_t i = 0; i < tensorType(value).getDimSize(dim); ++i)
    pins.try_emplace(find(value, dim, i), by);
}

void ChannelClasses::link(Operation *op) {
  ChannelLinks links = op->getNumResults() == 1 ? channelLinks(op) : ChannelLinks();
  // Groups that count different numbers of channels cannot lose any.
  if (auto norm = dyn_cast<GroupNormOp>(op); norm && !norm.getSizes().empty() && !norm.getCounted())
    links.links.clear();
  for (const ChannelLink &l : links.links)
    if (!isWeight(op->getOperand(l.operand)))
      for (int64_t i = 0; i < l.count; ++i)
        unite(find(op->getOperand(l.operand), l.operandDim, l.operandStart + i),
              find(op->getResult(0), l.resultDim, l.resultStart + i));
  for (const ChannelPair &pair : links.pairs) {
    Value a = op->getOperand(pair.a), b = op->getOperand(pair.b);
    if (isWeight(a) || isWeight(b))
      continue;
    for (int64_t i = 0; i < tensorType(a).getDimSize(pair.aDim); ++i)
      unite(find(a, pair.aDim, i), find(b, pair.bDim, i));
  }
  for (unsigned i = 0; i < op->getNumOperands(); ++i) {
    Value operand = op->getOperand(i);
    if (isWeight(operand))
      continue;
    for (int64_t d = 0; d < tensorType(operand).getRank(); ++d) {
      bool linked =
          llvm::any_of(links.links, [&](const ChannelLink &l) { return l.operand == i && l.operandDim == d; });
      bool paired = llvm::any_of(
          links.pairs, [&](const ChannelPair &p) { return (p.a == i && p.aDim == d) || (p.b == i && p.bDim == d); });
      if (!linked && !paired)
        fix(operand, d, op);
    }
  }
  for (Value result : op->getResults())
    for (int64_t d = 0; d < tensorType(result).getRank(); ++d)
      if (!links.hasResult(d))
        fix(result, d, op);
}

void ChannelClasses::forEach(llvm::function_ref<void(Value, int64_t, int64_t)> visit) const {
  for (Value value : values)
    for (auto [d, size] : llvm::enumerate(tensorType(value).getShape()))
      visit(value, int64_t(d), size);
}

} // namespace snap
