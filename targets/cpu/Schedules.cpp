//===- Schedules.cpp - Loop nests that many kernels share -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/Schedules.h"

#include <algorithm>

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

/// Work of one task, in copied elements: large beside the cost of starting it.
static constexpr int64_t taskElements = 16384;
/// Enough tasks for any phone's cores to share evenly.
static constexpr int64_t mostTasks = 64;

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t snap::largestDivisor(int64_t value, int64_t limit) {
  int64_t divisor = std::max<int64_t>(1, std::min(value, limit));
  while (value % divisor)
    --divisor;
  return divisor;
}

int snap::streamedVectors(const KernelBuilder &builder) { return builder.model.vectorRegisters >= 32 ? 8 : 4; }

//===----------------------------------------------------------------------===//
// Elements and rows
//===----------------------------------------------------------------------===//

/// A loop variable made by a schedule; a reduction variable where it comes from one.
static VarOrRVar derived(const char *name, bool reduction) {
  return reduction ? VarOrRVar(RVar(name)) : VarOrRVar(Var(name));
}

static VarOrRVar fuseAll(Stage &stage, const std::vector<VarOrRVar> &dims) {
  VarOrRVar fused = dims[0];
  for (size_t i = 1; i < dims.size(); ++i) {
    VarOrRVar next = derived(("fused" + std::to_string(i)).c_str(), fused.is_rvar || dims[i].is_rvar);
    stage.fuse(fused, dims[i], next);
    fused = next;
  }
  return fused;
}

/// Splits a loop so that about `tasks` of its pieces run in parallel.
static VarOrRVar shareLoop(Stage &stage, const VarOrRVar &loop, int64_t extent, int64_t tasks) {
  int64_t chunk = ceilDiv(extent, tasks);
  // Equal chunks need no guard; a little more work a task is fine.
  for (int64_t larger = chunk; larger <= 2 * chunk; ++larger)
    if (extent % larger == 0) {
      chunk = larger;
      break;
    }
  VarOrRVar task = derived("task", loop.is_rvar), inner = derived("part", loop.is_rvar);
  stage.split(loop, task, inner, static_cast<int>(chunk), TailStrategy::GuardWithIf);
  stage.parallel(task);
  return inner;
}

static void vectorizeLoop(Stage &stage, const VarOrRVar &loop, int width) {
  if (width <= 1)
    return;
  VarOrRVar lane = derived("lane", loop.is_rvar), rest = derived("vector", loop.is_rvar);
  stage.split(loop, rest, lane, width, TailStrategy::GuardWithIf).vectorize(lane);
}

void snap::scheduleElements(Stage stage, std::vector<VarOrRVar> dims, std::vector<int64_t> extents, int width,
                            int64_t weight) {
  if (dims.empty())
    return;
  int64_t inner = extents[0], rows = 1;
  for (size_t i = 1; i < extents.size(); ++i)
    rows *= extents[i];
  int64_t tasks = std::min(mostTasks, inner * rows * weight / taskElements);
  VarOrRVar innermost = dims[0];
  if (tasks < 2) {
    vectorizeLoop(stage, innermost, width);
    return;
  }
  std::vector<VarOrRVar> outer(dims.begin() + 1, dims.end());
  int64_t outerExtent = rows;
  if (rows < tasks && inner > 4 * width) {
    // Too few rows for all tasks: divide the rows too, into whole vectors.
    int64_t chunk = ceilDiv(ceilDiv(inner, ceilDiv(tasks, rows)), width) * width;
    VarOrRVar piece = derived("piece", innermost.is_rvar), within = derived("within", innermost.is_rvar);
    stage.split(innermost, piece, within, static_cast<int>(chunk), TailStrategy::GuardWithIf);
    outer.insert(outer.begin(), piece);
    outerExtent *= ceilDiv(inner, chunk);
    innermost = within;
    inner = chunk;
  }
  vectorizeLoop(stage, innermost, width);
  shareLoop(stage, fuseAll(stage, outer), outerExtent, std::min(tasks, outerExtent));
}

static std::vector<int64_t> outExtents(const KernelBuilder &builder) {
  std::vector<int64_t> extents;
  for (int d = 0; d < builder.outRank(); ++d)
    extents.push_back(builder.outExtent(d));
  return extents;
}

void snap::scheduleOutput(KernelBuilder &builder, int64_t weight) {
  if (builder.outRank() == 0)
    return;
  std::vector<VarOrRVar> dims(builder.vars.begin(), builder.vars.end());
  scheduleElements(builder.output, dims, outExtents(builder), builder.vectorWidth(builder.outExtent(0)), weight);
}

LoopLevel snap::scheduleRows(KernelBuilder &builder, int64_t weight) {
  Stage stage = builder.output;
  std::vector<int64_t> extents = outExtents(builder);
  vectorizeLoop(stage, builder.vars[0], builder.vectorWidth(extents[0]));
  if (extents.size() == 1)
    return LoopLevel(builder.output, Var::outermost());
  int64_t rows = 1;
  for (size_t i = 1; i < extents.size(); ++i)
    rows *= extents[i];
  VarOrRVar row = fuseAll(stage, std::vector<VarOrRVar>(builder.vars.begin() + 1, builder.vars.end()));
  int64_t tasks = std::min({mostTasks, rows, extents[0] * rows * weight / taskElements});
  if (tasks >= 2)
    row = shareLoop(stage, row, rows, tasks);
  return LoopLevel(builder.output, row);
}

//===----------------------------------------------------------------------===//
// Reductions of rows
//===----------------------------------------------------------------------===//

HExpr snap::identityOf(Combine combine, Type type) {
  switch (combine) {
  case Combine::Sum:
    return Internal::make_const(type, 0);
  case Combine::Prod:
    return Internal::make_const(type, 1);
  case Combine::Max: // kernels are compiled as if there were no infinities
    return type.min();
  case Combine::Min:
    return type.max();
  }
  return HExpr();
}

HExpr snap::combine(Combine combine, const HExpr &a, const HExpr &b) {
  // On truth values sum and max are "any", product and min are "all".
  bool isBool = a.type().is_bool();
  switch (combine) {
  case Combine::Sum:
    return isBool ? a || b : a + b;
  case Combine::Prod:
    return isBool ? a && b : a * b;
  case Combine::Max:
    return isBool ? a || b : max(a, b);
  case Combine::Min:
    return isBool ? a && b : min(a, b);
  }
  return HExpr();
}

static std::vector<HExpr> expressions(const std::vector<Var> &vars) { return {vars.begin(), vars.end()}; }

RowReduction::RowReduction(const KernelBuilder &builder, Combine how, Type type, int64_t extent,
                           std::vector<int64_t> outer, std::vector<Var> rows, const Value &value)
    : result("reduced"), lanes("lanes"), folded("folded"), lane("lane"), rows(rows) {
  HExpr identity = identityOf(how, type);
  std::vector<HExpr> at = expressions(rows);
  auto with = [&](HExpr first) {
    std::vector<HExpr> args = {std::move(first)};
    args.insert(args.end(), at.begin(), at.end());
    return args;
  };
  auto domain = [&](int64_t first) {
    std::vector<Range> ranges = {{0, static_cast<int>(first)}};
    for (int64_t further : outer)
      ranges.push_back({0, static_cast<int>(further)});
    return RDom(ranges);
  };
  auto outerOf = [&](const RDom &dom) {
    std::vector<HExpr> further;
    for (size_t i = 0; i < outer.size(); ++i)
      further.push_back(dom[static_cast<int>(i) + 1]);
    return further;
  };

  // Bits of truth values are not worth vectors.
  width = type.is_bool() ? 1 : builder.vectorWidth(extent);
  vectors = width > 1;
  int64_t whole = vectors ? extent / width : 0, done = whole * width;
  result(at) = identity;
  if (vectors) {
    // Independent accumulators hide the latency of the addition.
    unrolled = static_cast<int>(largestDivisor(whole, 4));
    int stride = width * unrolled;
    std::vector<Var> laneVars = {lane};
    laneVars.insert(laneVars.end(), rows.begin(), rows.end());
    lanes(laneVars) = identity;
    steps = domain(whole / unrolled);
    lanes(laneVars) = combine(how, lanes(laneVars), value(steps[0] * stride + lane, outerOf(steps)));
    HExpr sum = lanes(with(lane));
    for (int u = 1; u < unrolled; ++u)
      sum = combine(how, sum, lanes(with(lane + u * width)));
    folded(laneVars) = sum;
    fold = RDom(0, width);
    result(at) = combine(how, result(at), folded(with(fold)));
  }
  if (done < extent) {
    RDom rest = domain(extent - done);
    result(at) = combine(how, result(at), value(rest[0] + static_cast<int>(done), outerOf(rest)));
  }
}

void RowReduction::scheduleInside() {
  if (!vectors)
    return;
  LoopLevel inside = rows.empty() ? LoopLevel(result, Var::outermost()) : LoopLevel(result, rows[0]);
  folded.compute_at(inside).vectorize(lane, width);
  lanes.compute_at(inside).vectorize(lane, width).unroll(lane);
  std::vector<VarOrRVar> order = {lane};
  for (int i = 0; i < steps.dimensions(); ++i)
    order.push_back(steps[i]);
  lanes.update().reorder(order).vectorize(lane, width).unroll(lane);
  result.update(0).atomic(true).vectorize(fold);
}

void RowReduction::place(const LoopLevel &level) {
  result.compute_at(level);
  scheduleInside();
}

void RowReduction::placeAtRoot(bool parallel) {
  result.compute_root();
  scheduleInside();
  if (parallel && !rows.empty())
    for (int i = 0; i < result.num_update_definitions(); ++i)
      result.update(i).parallel(rows.back());
}
