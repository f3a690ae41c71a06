//===- ReduceKernel.cpp - Reductions, arg max and running sums ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/Schedules.h"

#include <algorithm>

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

/// Values worth a task of their own.
static constexpr int64_t partElements = 32768;

//===----------------------------------------------------------------------===//
// Reduce
//===----------------------------------------------------------------------===//

namespace {
/// Dimensions, innermost first, are kept or reduced. A large reduction to few
/// values is done in `parts`, equal pieces of the outermost reduced dimension.
struct Reduce {
  KernelBuilder &b;
  Combine how = Combine::Sum;
  Type type; // of the accumulator
  std::vector<bool> reduced;
  std::vector<int> reducedDims, keptDims;
  std::vector<Var> kept;
  int64_t outputs = 1, inputs = 1;
  int64_t parts = 1;
  Var part{"part"};

  explicit Reduce(KernelBuilder &builder);
  bool isWide() const { return reduced[0]; }
  HExpr value(const std::vector<HExpr> &points) const;
  std::vector<HExpr> keptAndPart(const HExpr &partIndex) const;
  Func wide();
  Func tall();
  HExpr finish(const HExpr &value) const;
  void build();
};
} // namespace

Reduce::Reduce(KernelBuilder &builder) : b(builder), reduced(b.outRank(), false) {
  const std::string &fn = b.key.fn;
  how = fn == "max" ? Combine::Max : fn == "min" ? Combine::Min : fn == "prod" ? Combine::Prod : Combine::Sum;
  for (int64_t axis : b.key.ints.at("axes"))
    reduced[b.outRank() - 1 - axis] = true;
  for (int d = 0; d < b.outRank(); ++d) {
    inputs *= b.extent(0, d);
    if (reduced[d]) {
      reducedDims.push_back(d);
    } else {
      keptDims.push_back(d);
      kept.push_back(b.vars[d]);
      outputs *= b.outExtent(d);
    }
  }
  std::vector<HExpr> origin(b.inRank(0), HExpr(0));
  type = b.loadRoot(origin).type();
  // Enough outputs make enough tasks by themselves.
  if (!reducedDims.empty() && inputs >= 2 * partElements && (outputs < 512 || (!isWide() && outputs < 4096)))
    parts = largestDivisor(b.extent(0, reducedDims.back()), std::min<int64_t>(64, inputs / partElements));
}

/// The input at kept variables and `points` of the reduced dimensions.
HExpr Reduce::value(const std::vector<HExpr> &points) const {
  std::vector<HExpr> at(b.inRank(0));
  for (size_t i = 0; i < reducedDims.size(); ++i)
    at[reducedDims[i]] = points[i];
  for (size_t i = 0; i < keptDims.size(); ++i)
    at[keptDims[i]] = kept[i];
  if (parts > 1) {
    int length = static_cast<int>(b.extent(0, reducedDims.back()) / parts);
    at[reducedDims.back()] = at[reducedDims.back()] + part * length;
  }
  return b.loadRoot(at);
}

std::vector<HExpr> Reduce::keptAndPart(const HExpr &partIndex) const {
  std::vector<HExpr> at(kept.begin(), kept.end());
  if (parts > 1)
    at.push_back(partIndex);
  return at;
}

/// The innermost dimension is reduced: lanes along it.
Func Reduce::wide() {
  std::vector<int64_t> extents;
  for (int d : reducedDims)
    extents.push_back(b.extent(0, d));
  extents.back() /= parts;
  std::vector<Var> rows = kept;
  if (parts > 1)
    rows.push_back(part);
  RowReduction reduction(b, how, type, extents[0], {extents.begin() + 1, extents.end()}, rows,
                         [&](const HExpr &i, std::vector<HExpr> outer) {
                           outer.insert(outer.begin(), i);
                           return value(outer);
                         });
  reduction.placeAtRoot(KernelBuilder::worthParallel(inputs));
  return reduction.result;
}

/// The innermost dimension is kept: lanes along it, in registers down the
/// reduced ones.
Func Reduce::tall() {
  std::vector<Range> ranges;
  for (int d : reducedDims)
    ranges.push_back({0, b.extent(0, d)});
  if (parts > 1)
    ranges.back().extent = static_cast<int>(b.extent(0, reducedDims.back()) / parts);
  RDom r(ranges, "r");
  std::vector<HExpr> points;
  for (size_t i = 0; i < ranges.size(); ++i)
    points.push_back(r[static_cast<int>(i)]);
  Func sums("sums"), result("tall");
  std::vector<Var> vars = kept;
  if (parts > 1)
    vars.push_back(part);
  std::vector<HExpr> at = keptAndPart(part);
  sums(at) = identityOf(how, type);
  sums(at) = combine(how, sums(at), value(points));
  result(vars) = sums(at);

  Var inner("inner");
  int width = type.is_bool() ? 1 : b.vectorWidth(b.outExtent(0));
  while (b.outExtent(0) % width)
    width /= 2;
  int vectors = static_cast<int>(largestDivisor(b.outExtent(0) / width, 4));
  Var x = kept[0];
  result.compute_root().split(x, x, inner, width * vectors).vectorize(inner, width).unroll(inner);
  sums.compute_at(result, x).vectorize(x, width).unroll(x);
  std::vector<VarOrRVar> order = {x};
  for (size_t i = 0; i < ranges.size(); ++i)
    order.push_back(r[static_cast<int>(i)]);
  sums.update().reorder(order).vectorize(x, width).unroll(x);
  if (KernelBuilder::worthParallel(inputs))
    result.parallel(vars.back());
  return result;
}

/// From the combined value to the root's result.
HExpr Reduce::finish(const HExpr &value) const {
  if (b.key.fn != "mean")
    return value;
  int64_t count = inputs / outputs;
  if (type.is_float())
    return value * Internal::make_const(type, 1.0 / static_cast<double>(count));
  return div_round_to_zero(value, Internal::make_const(type, count));
}

void Reduce::build() {
  if (reducedDims.empty()) {
    b.storeOutput(b.loadRoot(std::vector<HExpr>(b.vars.begin(), b.vars.end())));
    scheduleOutput(b);
    return;
  }
  Func partial = isWide() ? wide() : tall();
  if (parts == 1) {
    b.storeOutput(finish(partial(keptAndPart(0))));
    scheduleOutput(b);
    return;
  }
  Func total("total");
  std::vector<HExpr> at(kept.begin(), kept.end());
  RDom p(0, static_cast<int>(parts), "p");
  total(at) = identityOf(how, type);
  total(at) = combine(how, total(at), partial(keptAndPart(p)));
  total.compute_root();
  b.storeOutput(finish(total(at)));
  scheduleOutput(b);
}

void snap::buildReduce(KernelBuilder &builder) { Reduce(builder).build(); }

//===----------------------------------------------------------------------===//
// Arg max and arg min
//===----------------------------------------------------------------------===//

void snap::buildArgReduce(KernelBuilder &b) {
  int axis = b.outRank() - 1 - static_cast<int>(b.key.getInt("axis", 0));
  int extent = b.extent(0, axis);
  bool isMax = b.key.fn == "max", last = b.key.getInt("select_last", 0) != 0;
  std::vector<Var> kept = b.vars;
  kept.erase(kept.begin() + axis);
  std::vector<HExpr> keptAt(kept.begin(), kept.end());
  auto load = [&](const HExpr &i) {
    std::vector<HExpr> at = keptAt;
    at.insert(at.begin() + axis, i);
    HExpr value = b.loadRoot(at);
    return value.type().is_bool() ? cast<uint8_t>(value) : value;
  };

  Func best("best");
  best(keptAt) = Tuple(load(0), HExpr(0));
  if (extent > 1) {
    RDom r(1, extent - 1, "r");
    HExpr value = load(r), held = best(keptAt)[0];
    HExpr better = isMax ? (last ? value >= held : value > held) : (last ? value <= held : value < held);
    best(keptAt) = Tuple(select(better, value, held), select(better, r, best(keptAt)[1]));
    if (axis > 0) {
      std::vector<VarOrRVar> order(kept.begin(), kept.end());
      order.push_back(r);
      best.update().reorder(order).vectorize(kept[0], b.vectorWidth(b.outExtent(0)), TailStrategy::GuardWithIf);
    }
  }
  best.compute_root();
  b.storeOutput(cast<int64_t>(best(keptAt)[1]));
  scheduleOutput(b);
}

//===----------------------------------------------------------------------===//
// Running sums
//===----------------------------------------------------------------------===//

void snap::buildCumSum(KernelBuilder &b) {
  int axis = b.outRank() - 1 - static_cast<int>(b.key.getInt("axis", 0));
  int extent = b.extent(0, axis);
  bool exclusive = b.key.getInt("exclusive", 0) != 0, reverse = b.key.getInt("reverse", 0) != 0;
  std::vector<HExpr> at(b.vars.begin(), b.vars.end());
  auto with = [&](const HExpr &i) {
    std::vector<HExpr> moved = at;
    moved[axis] = i;
    return moved;
  };
  // Step i of the scan reads this element.
  auto step = [&](const HExpr &i) { return b.loadRoot(with(reverse ? extent - 1 - i : i)); };

  Func scan("scan");
  HExpr start = step(0);
  scan(at) = exclusive ? Internal::make_const(start.type(), 0) : start;
  if (extent > 1) {
    RDom r(1, extent - 1, "r");
    scan(with(r)) = scan(with(r - 1)) + step(exclusive ? HExpr(r - 1) : HExpr(r));
    std::vector<VarOrRVar> order(b.vars.begin(), b.vars.end());
    order[axis] = r;
    if (axis > 0)
      scan.update().reorder(order).vectorize(b.vars[0], b.vectorWidth(b.outExtent(0)), TailStrategy::GuardWithIf);
    else
      scan.update().reorder(order);
  }
  scan.compute_root();
  HExpr position = at[axis];
  b.storeOutput(scan(with(reverse ? extent - 1 - position : position)));
  scheduleOutput(b);
}
