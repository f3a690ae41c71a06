//===- MatmulKernel.cpp - Matrix products ---------------------------------===//
//
// out[…,m,n] = epilogue(sum over k of a[…,m,k] b[k,n]), b a packed weight
// [N/T,K,T] or an activation. A task owns a block of rows and a few panels of
// T columns. Within it, blocks of k keep the panel in L2; within those a tile
// of sums lives in registers. Blocks of k, where there are several, add into a
// block of f32 sums in scratch. Of a gated product a tile holds values and their
// gates, and half as many columns are stored.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/GemmBlocks.h"
#include "targets/cpu/GroupStatistics.h"
#include "targets/cpu/HalideSupport.h"
#include "targets/cpu/RowStatistics.h"

#include <algorithm>

using namespace snap;
using Halide::cast;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using HExpr = Halide::Expr;

namespace {
/// Sizes of one product; see the file header.
struct Plan {
  int64_t rows, columns, depth, batch;
  int64_t panel;      // T
  int64_t width;      // columns of the output a panel makes: T, or half of it
  int64_t tile;       // rows of a register tile
  int64_t rowBlock;   // rows of a task
  int64_t panels;     // panels of a task
  int64_t depthBlock; // k of a block
  bool prepareA;      // norm and prologue of a are computed once for all tasks
  bool stageA;        // copy a block of a to f32 scratch
  bool stageB;        // copy a panel of b to f32 scratch
};
} // namespace

static Plan plan(const KernelBuilder &kernel) {
  const TargetModel &model = kernel.model;
  bool packed = kernel.key.getInt("packed", 0);
  Plan p;
  p.columns = kernel.outExtent(0);
  p.rows = kernel.outExtent(1);
  p.depth = kernel.rootChannels();
  p.batch = kernel.key.outputs[0].elements() / (p.rows * p.columns);
  p.panel = packed ? kernel.extent(1, 0) : model.gemmTile(p.rows, p.columns).columns;
  p.tile = tileRows(model, p.panel, p.rows);
  p.width = kernel.key.getInt("gated", 0) ? p.panel / 2 : p.panel;
  int64_t panelCount = ceilDiv(p.columns, p.width), staged = std::max<int64_t>(1, 256 / p.panel);
  // Joined inputs alone are a copy, which is not worth scratch for all of a. Of a layer
  // norm's rows the statistics are taken as they are prepared.
  p.prepareA = kernel.key.ints.count("layer_norm") ||
               ((kernel.norm || !kernel.key.prologue.empty()) && !kernel.isJoined() && panelCount > staged);
  p.stageA = !p.prepareA && (kernel.inputType(0) != ElementType::F32 || kernel.hasPrologue());
  // Converting or gathering costs as much as a few rows' multiplications.
  p.stageB = !packed || (kernel.inputType(1) != ElementType::F32 && p.rows >= 4 * p.tile);
  // A panel's block takes at most a quarter of L2, a task's rows of a about half;
  // a register tile's rows of a, 256 deep, stay in L1 beside it (5 % with AVX-512,
  // up to 17 % with AVX2's narrow panels).
  p.depthBlock = blockOf(kernel.lineOf(), std::clamp<int64_t>(model.l2Bytes / 4 / (p.panel * 4), 64, 256));
  // A divisor: no group reaches past the last panel of the weight.
  p.panels = p.stageA ? divisorUpTo(panelCount, staged) : 1;
  int64_t limit = std::clamp<int64_t>(model.l2Bytes / 2 / (p.depthBlock * 4), 4 * p.tile, 256);
  p.rowBlock = evenBlock(p.rows, limit, p.tile);
  // Enough tasks to keep the threads even, before large ones.
  auto tasks = [&] { return p.batch * ceilDiv(p.rows, p.rowBlock) * panelCount / p.panels; };
  while (tasks() < 4 * model.threads && p.panels > 1)
    p.panels = divisorUpTo(panelCount, p.panels / 2);
  while (tasks() < 4 * model.threads && p.rowBlock > 4 * p.tile)
    p.rowBlock = evenBlock(p.rows, p.rowBlock / 2, p.tile);
  return p;
}

/// Element (n, k) of b as f32; columns past the last are those of the padding,
/// or of the last column where there is none.
static HExpr loadB(const KernelBuilder &kernel, const Plan &p, const HExpr &n, const HExpr &k,
                   const std::vector<HExpr> &batch) {
  int panel = static_cast<int>(p.panel);
  if (kernel.key.getInt("packed", 0))
    return cast<float>(kernel.load(1, {n % panel, k, n / panel}));
  HExpr column = p.columns % panel ? min(n, static_cast<int>(p.columns) - 1) : n;
  std::vector<HExpr> at = {column, k};
  if (kernel.key.getInt("transpose_b", 0))
    std::swap(at[0], at[1]);
  for (int dim = 2; dim < kernel.inRank(1); ++dim)
    at.push_back(kernel.extent(1, dim) == 1 ? HExpr(0) : batch[dim - 2]);
  return cast<float>(kernel.load(1, at));
}

/// Element (block * width + k, m) of a as f32.
static HExpr loadA(const KernelBuilder &kernel, const HExpr &k, const HExpr &block, int width, const HExpr &m,
                   const std::vector<HExpr> &batch) {
  std::vector<HExpr> at = {m};
  for (int dim = 2; dim < kernel.inRank(0); ++dim)
    at.push_back(kernel.extent(0, dim) == 1 ? HExpr(0) : batch[dim - 2]);
  return cast<float>(kernel.loadRoot(k, block, width, at));
}

void snap::buildMatmul(KernelBuilder &kernel) {
  normalizeInput(kernel);
  std::vector<Var> rows(kernel.vars.begin() + 1, kernel.vars.end());
  std::shared_ptr<RowStatistics> layerNorm = normalizeRows(kernel, rows);
  const Plan p = plan(kernel);
  const int lanes = static_cast<int>(vectorDivisor(p.panel, kernel.lanes()));
  const int tile = static_cast<int>(p.tile), panel = static_cast<int>(p.panel);
  const int depthBlock = static_cast<int>(p.depthBlock), rowBlock = static_cast<int>(p.rowBlock);
  const int columns = static_cast<int>(p.columns), panelWidth = static_cast<int>(p.width);
  const int group = static_cast<int>(p.panels) * panelWidth;
  const bool blocked = p.depthBlock < p.depth;

  // The algorithm. `prod` is one block of k, `sum` all of them.
  Var n = kernel.vars[0], m = kernel.vars[1], k("k"), block("block");
  std::vector<Var> batchVars(kernel.vars.begin() + 2, kernel.vars.end());
  std::vector<HExpr> batch(batchVars.begin(), batchVars.end());
  auto with = [&](std::vector<HExpr> first) {
    first.insert(first.end(), batch.begin(), batch.end());
    return first;
  };
  auto vars = [&](std::vector<Var> first) {
    first.insert(first.end(), batchVars.begin(), batchVars.end());
    return first;
  };
  Func preparedA("prepared_a"), stagedA("staged_a"), stagedB("staged_b"), prod("prod"), sum("sum");
  RDom r(0, depthBlock, "r");
  // Tiles that overhang the last row read that row again.
  bool overhang = blocked && p.rows % tile;
  HExpr row = overhang ? min(m, static_cast<int>(p.rows) - 1) : HExpr(m);
  if (p.prepareA)
    preparedA(vars({k, m})) = loadA(kernel, k, 0, depthBlock, m, batch);
  if (p.stageA)
    stagedA(vars({k, block, m})) = loadA(kernel, k, block, depthBlock, row, batch);
  if (p.stageB)
    stagedB(vars({n, k})) = loadB(kernel, p, n, k, batch);
  HExpr depth = block * depthBlock + r;
  HExpr a = p.prepareA ? preparedA(with({depth, row}))
            : p.stageA ? stagedA(with({r, block, m}))
                       : loadA(kernel, r, block, depthBlock, row, batch);
  HExpr b = p.stageB ? stagedB(with({n, depth})) : loadB(kernel, p, n, depth, batch);
  prod(vars({n, m, block})) = 0.0f;
  prod(vars({n, m, block})) += b * a;
  RDom blocks(0, static_cast<int>(p.depth / p.depthBlock), "blocks");
  if (blocked) {
    sum(vars({n, m})) = 0.0f;
    sum(vars({n, m})) += prod(with({n, m, blocks}));
  }
  auto product = [&](const HExpr &column) { return blocked ? sum(with({column, m})) : prod(with({column, m, 0})); };
  if (panelWidth == panel) {
    kernel.storeOutput(product(n));
  } else {
    HExpr value = n / panelWidth * panel + n % panelWidth;
    kernel.storeOutput(product(value), product(value + panelWidth));
  }

  // The schedule. Stores are whole vectors of real columns: the widest that
  // divides them.
  const int width = static_cast<int>(vectorDivisor(columns, vectorDivisor(panelWidth, lanes)));
  auto tail = [](int64_t extent, int64_t by, TailStrategy strategy) {
    return extent % by ? strategy : TailStrategy::RoundUp;
  };
  Var nv("nv"), ni("ni"), ng("ng"), no("no"), mb("mb"), mr("mr"), mo("mo"), mi("mi"), task("task");
  Func &out = kernel.output;
  out.split(n, nv, ni, width, TailStrategy::RoundUp).vectorize(ni);
  out.split(nv, ng, nv, group / width, tail(columns, group, TailStrategy::GuardWithIf));
  out.split(nv, no, nv, panelWidth / width, TailStrategy::RoundUp).unroll(nv);
  out.split(m, mb, mr, rowBlock, tail(p.rows, rowBlock, TailStrategy::ShiftInwards));
  out.split(mr, mo, mi, tile, tail(rowBlock, tile, TailStrategy::ShiftInwards)).unroll(mi);
  std::vector<Halide::VarOrRVar> order = {ni, nv, mi, mo, no, ng, mb};
  order.insert(order.end(), batchVars.begin(), batchVars.end());
  out.reorder(order);
  out.fuse(ng, mb, task);
  for (const Var &dim : batchVars)
    out.fuse(task, dim, task);
  if (KernelBuilder::worthParallel(p.batch * p.rows * p.columns * std::max<int64_t>(1, p.depth / 64)))
    out.parallel(task);

  if (blocked) {
    sum.compute_at(out, task)
        .bound_extent(n, group / panelWidth * panel)
        .bound_extent(m, static_cast<int>(roundUp(rowBlock, tile)));
    sum.vectorize(n, lanes);
    sum.update()
        .split(n, no, ni, panel, TailStrategy::RoundUp)
        .split(m, mo, mi, tile, TailStrategy::RoundUp)
        .reorder(ni, mi, mo, no, blocks)
        .vectorize(ni, lanes)
        .unroll(ni)
        .unroll(mi);
    prod.compute_at(sum, mo);
  } else {
    prod.compute_at(out, mo);
  }
  prod.bound_extent(n, panel).bound_extent(m, tile);
  prod.vectorize(n, lanes).unroll(n).unroll(m);
  prod.update().reorder(n, m, r).vectorize(n, lanes).unroll(n).unroll(m);
  if (depthBlock % 2 == 0)
    prod.update().unroll(r, 2);
  if (p.prepareA) {
    preparedA.compute_root().bound(k, 0, static_cast<int>(p.depth)).bound(m, 0, static_cast<int>(p.rows));
    for (size_t i = 0; i < batchVars.size(); ++i)
      preparedA.bound(batchVars[i], 0, kernel.outExtent(static_cast<int>(i) + 2));
    preparedA.vectorize(k, static_cast<int>(vectorDivisor(p.depth, kernel.lanes())))
        .split(m, mb, m, 16, TailStrategy::GuardWithIf);
    for (const Var &dim : batchVars)
      preparedA.fuse(mb, dim, mb);
    if (layerNorm)
      layerNorm->place(Halide::LoopLevel(preparedA, m));
    if (KernelBuilder::worthParallel(p.batch * p.rows * p.depth))
      preparedA.parallel(mb);
  }
  if (p.stageA) {
    if (blocked)
      stagedA.compute_at(sum, blocks);
    else
      stagedA.compute_at(out, task);
    stagedA.vectorize(k, kernel.vectorWidth(depthBlock), TailStrategy::GuardWithIf);
  }
  if (p.stageB) {
    if (blocked)
      stagedB.compute_at(sum, no);
    else
      stagedB.compute_at(out, no);
    stagedB.bound_extent(n, panel).vectorize(n, lanes);
  }
}
