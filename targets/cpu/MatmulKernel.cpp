//===- MatmulKernel.cpp - Matrix products ---------------------------------===//
//
// out[…,m,n] = epilogue(sum over k of a[…,m,k] b[k,n]), b a packed weight
// [N/T,K,T] or an activation. A task owns a block of rows and a few panels of
// T columns. Within it, blocks of k keep the panel in L2; within those a tile
// of sums lives in registers. Blocks of k, where there are several, add into a
// block of f32 sums in scratch. On arm64 a tile holds a vector of each of its rows of
// a and multiplies by its lanes; where both are f16 it does so in f16, and blocks are
// short (GemmBlocks.h). Of a gated product a tile holds values and their
// gates, and half as many columns are stored.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/BlockMoments.h"
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
  TileForm form;
  bool prepareA;                // norm and prologue of a are computed once for all tasks
  bool stageA;                  // copy a block of a to f32 scratch
  bool stageB;                  // copy a panel of b to f32 scratch
  bool momentsOfBlocks = false; // rows of a task are those of a block of moments
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
  bool half = kernel.inputType(0) == ElementType::F16 && kernel.inputType(1) == ElementType::F16;
  p.form = tileForm(model, half && packed, p.panel, kernel.lineOf());
  // A panel's block takes at most a quarter of L2, a task's rows of a about half;
  // a register tile's rows of a, 256 deep, stay in L1 beside it (alone, 5 % with AVX-512,
  // up to 17 % with AVX2's narrow panels).
  p.depthBlock =
      blockOf(kernel.lineOf(), kernel.tuned("depth", std::clamp<int64_t>(model.l2Bytes / 4 / (p.panel * 4), 64, 256)));
  // On arm64 the panel's block stays in L1 and rows of a pass through it: sums cost 2 %
  // of the instructions with blocks of 160.
  if (p.form.depth > 1)
    p.depthBlock =
        blockOf(kernel.lineOf(), kernel.tuned("depth", std::max<int64_t>(model.l1Bytes * 7 / 8 / (p.panel * 4), 64)));
  if (p.form.half)
    p.depthBlock = p.form.depth * divisorUpTo(kernel.lineOf() / p.form.depth, halfDepth / p.form.depth);
  else if (p.depthBlock % p.form.depth)
    p.form = {};
  p.tile = std::min(kernel.tuned("tile", tileRows(model, p.panel, p.rows, p.form)), p.rows);
  p.width = kernel.key.getInt("gated", 0) ? p.panel / 2 : p.panel;
  int64_t panelCount = ceilDiv(p.columns, p.width), staged = std::max<int64_t>(1, 256 / p.panel);
  // Joined inputs alone are a copy, which is not worth scratch for all of a. Of a layer
  // norm's rows the statistics are taken as they are prepared.
  p.prepareA = kernel.key.ints.count("layer_norm") ||
               ((kernel.norm || !kernel.key.prologue.empty()) && !kernel.isJoined() && panelCount > staged);
  bool convertA = kernel.inputType(0) != ElementType::F32 && !p.form.half;
  bool convertB = kernel.inputType(1) != ElementType::F32 && !p.form.half;
  p.stageA = !p.prepareA && (convertA || kernel.hasPrologue());
  // Converting or gathering costs as much as a few rows' multiplications.
  p.stageB = !packed || (convertB && p.rows >= 4 * p.tile);
  // A divisor: no group reaches past the last panel of the weight.
  p.panels = divisorUpTo(panelCount, kernel.tuned("panels", p.stageA ? staged : 1));
  int64_t limit = kernel.tuned("rows", std::clamp<int64_t>(model.l2Bytes / 2 / (p.depthBlock * 4), 4 * p.tile, 256));
  auto block = p.form.depth > 1 ? frugalBlock : evenBlock;
  p.rowBlock = block(p.rows, limit, p.tile);
  // Enough tasks to keep the threads even, before large ones.
  auto tasks = [&] { return p.batch * ceilDiv(p.rows, p.rowBlock) * panelCount / p.panels; };
  while (!kernel.schedule.has("panels") && tasks() < 4 * model.threads && p.panels > 1)
    p.panels = divisorUpTo(panelCount, p.panels / 2);
  while (!kernel.schedule.has("rows") && tasks() < 4 * model.threads && p.rowBlock > 4 * p.tile)
    p.rowBlock = block(p.rows, p.rowBlock / 2, p.tile);
  if (int64_t rows = kernel.key.getInt("moments", 0); rows >= 4 * p.tile && rows <= 2 * limit) {
    p.rowBlock = rows;
    p.momentsOfBlocks = true;
  }
  return p;
}

/// Element (n, k) of b; columns past the last are those of the padding,
/// or of the last column where there is none.
static HExpr loadB(const KernelBuilder &kernel, const Plan &p, const HExpr &n, const HExpr &k,
                   const std::vector<HExpr> &batch) {
  int panel = static_cast<int>(p.panel);
  if (kernel.key.getInt("packed", 0))
    return kernel.load(1, {n % panel, k, n / panel});
  HExpr column = p.columns % panel ? min(n, static_cast<int>(p.columns) - 1) : n;
  std::vector<HExpr> at = {column, k};
  if (kernel.key.getInt("transpose_b", 0))
    std::swap(at[0], at[1]);
  for (int dim = 2; dim < kernel.inRank(1); ++dim)
    at.push_back(kernel.extent(1, dim) == 1 ? HExpr(0) : batch[dim - 2]);
  return kernel.load(1, at);
}

/// Element (block * width + k, m) of a.
static HExpr loadA(const KernelBuilder &kernel, const HExpr &k, const HExpr &block, int width, const HExpr &m,
                   const std::vector<HExpr> &batch) {
  std::vector<HExpr> at = {m};
  for (int dim = 2; dim < kernel.inRank(0); ++dim)
    at.push_back(kernel.extent(0, dim) == 1 ? HExpr(0) : batch[dim - 2]);
  return kernel.loadRoot(k, block, width, at);
}

void snap::buildMatmul(KernelBuilder &kernel) {
  normalizeInput(kernel);
  std::vector<Var> rows(kernel.vars.begin() + 1, kernel.vars.end());
  std::shared_ptr<RowStatistics> layerNorm = normalizeRows(kernel, rows);
  const Plan p = plan(kernel);
  const Halide::Type type = Halide::Float(p.form.half ? 16 : 32); // of a tile's products
  const int lanes = static_cast<int>(vectorDivisor(p.panel, kernel.model.lanes(type.bytes())));
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
  Func preparedA("prepared_a"), stagedA("staged_a"), vectorsA("vectors_a"), stagedB("staged_b"), prod("prod"),
      sum("sum");
  RDom r(0, depthBlock, "r");
  // Tiles that overhang the last row read that row again.
  bool overhang = blocked && p.rows % tile;
  HExpr row = overhang ? min(m, static_cast<int>(p.rows) - 1) : HExpr(m);
  if (p.prepareA)
    preparedA(vars({k, m})) = cast(type, loadA(kernel, k, 0, depthBlock, m, batch));
  if (p.stageA)
    stagedA(vars({k, block, m})) = cast(type, loadA(kernel, k, block, depthBlock, row, batch));
  if (p.stageB)
    stagedB(vars({n, k})) = cast(type, loadB(kernel, p, n, k, batch));
  HExpr depth = block * depthBlock + r;
  auto elementOfA = [&](const HExpr &k) {
    return p.prepareA ? HExpr(preparedA(with({block * depthBlock + k, row})))
           : p.stageA ? HExpr(stagedA(with({k, block, m})))
                      : cast(type, loadA(kernel, k, block, depthBlock, row, batch));
  };
  HExpr a = elementOfA(r);
  if (p.form.depth > 1) {
    vectorsA(vars({k, block, m})) = elementOfA(k);
    a = vectorsA(with({r, block, m}));
  }
  HExpr b = p.stageB ? HExpr(stagedB(with({n, depth}))) : cast(type, loadB(kernel, p, n, depth, batch));
  prod(vars({n, m, block})) = Halide::Internal::make_zero(type);
  prod(vars({n, m, block})) += b * a;
  RDom blocks(0, static_cast<int>(p.depth / p.depthBlock), "blocks");
  if (blocked) {
    sum(vars({n, m})) = 0.0f;
    sum(vars({n, m})) += cast<float>(prod(with({n, m, blocks})));
  }
  auto product = [&](const HExpr &column) {
    return blocked ? HExpr(sum(with({column, m}))) : cast<float>(prod(with({column, m, 0})));
  };
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
  Halide::LoopLevel taskLevel(out, task);
  if (p.momentsOfBlocks) {
    BlockMoments moments(kernel);
    moments.placeAround(group, BlockMoments::Loops::Together);
    taskLevel = moments.blockLevel();
    out.split(nv, no, nv, panelWidth / width, tail(columns, panelWidth, TailStrategy::GuardWithIf)).unroll(nv);
    out.split(m, mo, mi, tile, tail(rowBlock, tile, TailStrategy::ShiftInwards)).unroll(mi);
    out.reorder(ni, nv, mi, mo, no).compute_at(taskLevel);
  } else {
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
  }

  if (blocked) {
    sum.compute_at(taskLevel)
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
  prod.update().vectorize(n, lanes);
  if (p.form.depth > 1) {
    Halide::RVar rp("rp"), ro("ro"), ri("ri");
    const int steps = !p.form.half && depthBlock / p.form.depth % 2 == 0 ? 2 : 1; // f16 fills the registers as it is
    prod.update()
        .split(r, ro, ri, p.form.depth)
        .split(ro, rp, ro, steps)
        .reorder(m, n, ri, ro, rp)
        .unroll(ri)
        .unroll(ro);
    vectorsA.compute_at(prod, ro).bound_extent(k, p.form.depth).bound_extent(block, 1).bound_extent(m, tile);
    vectorsA.vectorize(k, p.form.depth).unroll(m);
  } else {
    prod.update().reorder(n, m, r);
    if (depthBlock % 2 == 0)
      prod.update().unroll(r, 2);
  }
  prod.update().unroll(n).unroll(m);
  if (p.prepareA) {
    preparedA.compute_root().bound(k, 0, static_cast<int>(p.depth)).bound(m, 0, static_cast<int>(p.rows));
    for (size_t i = 0; i < batchVars.size(); ++i)
      preparedA.bound(batchVars[i], 0, kernel.outExtent(static_cast<int>(i) + 2));
    preparedA.vectorize(k, static_cast<int>(vectorDivisor(p.depth, kernel.model.lanes(type.bytes()))))
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
      stagedA.compute_at(taskLevel);
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
