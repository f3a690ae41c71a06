//===- AttentionKernel.cpp - softmax(scale q k^T + mask) v ----------------===//
//
// A task owns a tile of queries of one head and goes through the keys in blocks, so
// that no strip of scores outgrows the caches. It keeps, in scratch and queries
// innermost so that every vector is full whatever the head's size:
//
//   queries   [D, tile]         the tile, transposed and scaled by scale * log2 e
//   scores    [block, tile]     of one block of keys
//   weights   [block, tile]     2^(scores - the block's maximum)
//   parts     [blocks, E, tile] each block's weights times its values
//
// In the end the parts are added up, each scaled by 2^(its maximum - that of all):
// FlashAttention's softmax (Dao et al., 2022) with the blocks side by side instead of
// one after another. Both products are GEMMs whose panel is the transposed tile and
// whose rows are keys and columns of values as they lie in memory. Statistics are f32.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/GemmBlocks.h"
#include "targets/cpu/HalideSupport.h"
#include "targets/cpu/ScalarFunctions.h"

#include <algorithm>
#include <limits>

using namespace snap;
using Halide::cast;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using HExpr = Halide::Expr;

namespace {
struct Plan {
  int queries, keys, heads, depth, width; // Sq, Sk, H, D, E
  int tile;                               // queries of a task
  int keyRows;                            // keys of a register tile of scores
  int valueRows;                          // columns of a register tile of results
  int keyBlock;                           // keys of a block
  bool pack;                              // keys and values first
  int lanes;                              // of keys and values that one vector holds, to multiply by lane; 1: none
  int blocks() const { return keys / keyBlock; }
};
} // namespace

static Plan plan(const KernelBuilder &kernel) {
  const TargetModel &model = kernel.model;
  Plan p;
  p.heads = static_cast<int>(kernel.key.getInt("heads", 1));
  p.queries = kernel.extent(0, 1);
  p.keys = kernel.extent(1, 1);
  p.depth = kernel.extent(0, 0) / p.heads;
  p.width = kernel.extent(2, 0) / p.heads;
  p.tile = static_cast<int>(kernel.key.getInt("tile_queries", kernel.lanes()));
  // arm64 multiplies by an element of a vector (GemmBlocks.h); values need whole vectors of columns.
  p.lanes = tileForm(model, false, p.tile, p.depth).depth;
  if (p.width % p.lanes)
    p.lanes = 1;
  const TileForm form = {p.lanes, false};
  p.keyRows = static_cast<int>(std::min<int64_t>(kernel.tuned("tile", tileRows(model, p.tile, p.keys, form)), p.keys));
  p.valueRows =
      static_cast<int>(std::min<int64_t>(kernel.tuned("tile", tileRows(model, p.tile, p.width, form)), p.width));
  if (p.lanes > 1)
    p.valueRows = static_cast<int>(divisorUpTo(p.width / p.lanes, std::max(1, p.valueRows / p.lanes))) * p.lanes;
  // Scores and weights of a block stay well inside L2; so do the parts of all blocks.
  auto strips = [&](int64_t block) { return 2 * block * p.tile * 4; };
  auto parts = [&](int64_t block) { return p.keys / block * p.width * p.tile * 4; };
  int64_t limit = 128;
  while (strips(2 * limit) <= model.l2Bytes / 4 && parts(limit) > model.l2Bytes / 4)
    limit *= 2;
  p.keyBlock = static_cast<int>(blockOf(p.keys, kernel.tuned("keys", limit)));
  auto wholeKiB = [&](size_t input) {
    const TensorSpec &tensor = kernel.key.inputs[input];
    int64_t row = tensor.isDense() ? tensor.shape[2] : tensor.strides[1];
    return row * byteSize(tensor.type) % 1024 == 0;
  };
  p.pack = kernel.schedule.get("pack", (wholeKiB(1) || wholeKiB(2)) && p.queries >= 16 * p.tile) != 0;
  return p;
}

void snap::buildAttention(KernelBuilder &kernel) {
  const Plan p = plan(kernel);
  const int lanes = kernel.lanes();

  // The algorithm. Query q of tile t; a tile that overhangs the last query reads it again.
  Var c = kernel.vars[0], i = kernel.vars[1], b = kernel.vars[2];
  Var q("q"), t("t"), k("k"), d("d"), e("e"), h("h"), block("block");
  Func queries("queries"), keys("keys"), values("values"), dots("dots"), scores("scores"), most("most");
  Func weights("weights"), total("total"), tile("tile"), part("part"), parts("parts");
  Func keyVectors("key_vectors"), valueVectors("value_vectors"), highest("highest"), scale("scale"), sum("sum"),
      results("results");
  HExpr query = min(t * p.tile + q, p.queries - 1), key = block * p.keyBlock + k;
  // Scores are in units of log 2, so that weights are powers of two. Not where a mask is
  // added: its numbers may be the largest there are, and what it takes out has to weigh
  // exactly 0, or a query without keys would have some after all.
  const int64_t mask = kernel.key.getInt("mask", -1);
  const float log2e = 1.44269504088896341f, lowest = std::numeric_limits<float>::lowest();
  const float unit = mask >= 0 ? 1.0f : log2e;
  auto power = [&](const HExpr &difference) {
    return mask >= 0 ? fastExpNonPositive(difference) : fastExp2NonPositive(difference);
  };
  queries(q, d, t, h, b) = static_cast<float>(kernel.key.getFloat("scale", 1)) * unit *
                           cast<float>(kernel.loadRoot({h * p.depth + d, query, b}));
  keys(d, k, h, b) = cast<float>(kernel.load(1, {h * p.depth + d, k, b}));
  HExpr valueColumn = p.width % p.valueRows ? min(e, p.width - 1) : HExpr(e);
  values(e, k, h, b) = cast<float>(kernel.load(2, {h * p.width + valueColumn, k, b}));

  RDom rd(0, p.depth, "rd"), rk(0, p.keyBlock, "rk"), blocks(0, p.blocks(), "blocks");
  dots(q, k, block, t, h, b) = 0.0f;
  keyVectors(d, k, block, h, b) = keys(d, key, h, b);
  dots(q, k, block, t, h, b) += queries(q, rd, t, h, b) * keyVectors(rd, k, block, h, b);
  HExpr score = dots(q, k, block, t, h, b);
  if (mask >= 0) {
    const HExpr at[] = {key, query, h, b};
    std::vector<HExpr> own;
    for (int dim = 0; dim < kernel.inRank(mask); ++dim)
      own.push_back(kernel.extent(mask, dim) == 1 ? HExpr(0) : at[dim]);
    score += cast<float>(kernel.load(mask, own));
  }
  // Finite throughout, for fast-math may drop an infinity it sees: keys that do
  // not count are kept out of the weights, and so is all of a query without keys.
  bool causal = kernel.key.getInt("causal", 0);
  HExpr counts = key <= query + (p.keys - p.queries);
  scores(q, k, block, t, h, b) = causal ? select(counts, score, lowest) : score;
  most(q, block, t, h, b) = lowest;
  most(q, block, t, h, b) = max(most(q, block, t, h, b), scores(q, rk, block, t, h, b));
  HExpr weight = power(scores(q, k, block, t, h, b) - most(q, block, t, h, b));
  weights(q, k, block, t, h, b) = causal ? select(counts, weight, 0.0f) : weight;
  total(q, block, t, h, b) = 0.0f;
  total(q, block, t, h, b) += weights(q, rk, block, t, h, b);
  valueVectors(e, k, block, h, b) = values(e, key, h, b);
  tile(q, e, block, t, h, b) = 0.0f;
  tile(q, e, block, t, h, b) += weights(q, rk, block, t, h, b) * valueVectors(e, rk, block, h, b);
  part(q, e, block, t, h, b) = tile(q, e, block, t, h, b);
  const int width = static_cast<int>(roundUp(p.width, p.valueRows)); // register tiles may overhang the last column
  if (p.blocks() == 1) {
    results(q, e, t, h, b) = part(q, e, 0, t, h, b);
    sum(q, t, h, b) = total(q, 0, t, h, b);
  } else {
    // What leaves a block leaves it through one function, so that one loop over the
    // blocks makes all of it: columns `width` and `width` + 1 are the statistics.
    parts(q, e, block, t, h, b) = select(e < width, part(q, min(e, width - 1), block, t, h, b), e == width,
                                         total(q, block, t, h, b), most(q, block, t, h, b));
    highest(q, t, h, b) = lowest;
    highest(q, t, h, b) = max(highest(q, t, h, b), parts(q, width + 1, blocks, t, h, b));
    scale(q, block, t, h, b) = power(parts(q, width + 1, block, t, h, b) - highest(q, t, h, b));
    sum(q, t, h, b) = 0.0f;
    sum(q, t, h, b) += scale(q, blocks, t, h, b) * parts(q, width, blocks, t, h, b);
    results(q, e, t, h, b) = 0.0f;
    results(q, e, t, h, b) += scale(q, blocks, t, h, b) * parts(q, e, blocks, t, h, b);
  }
  HExpr head = c / p.width, column = c % p.width, whole = sum(i % p.tile, i / p.tile, head, b);
  kernel.storeOutput(select(whole > 0.0f, results(i % p.tile, column, i / p.tile, head, b) / whole, 0.0f));

  // The schedule.
  Var ho("ho"), eo("eo"), ei("ei"), io("io"), ko("ko"), ki("ki"), task("task");
  Func &out = kernel.output;
  out.split(c, ho, c, p.width, TailStrategy::RoundUp);
  out.split(c, eo, ei, static_cast<int>(vectorDivisor(p.width, lanes)), TailStrategy::RoundUp).vectorize(ei);
  out.split(i, io, i, p.tile, p.queries % p.tile ? TailStrategy::GuardWithIf : TailStrategy::RoundUp);
  out.reorder(ei, eo, i, io, ho, b).fuse(io, ho, task).fuse(task, b, task);
  if (KernelBuilder::worthParallel(kernel.key.macs() / 64))
    out.parallel(task);

  Halide::LoopLevel perTask(out, task), perBlock = perTask;
  auto place = [&](Func stage, const Halide::LoopLevel &level) {
    stage.compute_at(level).bound(q, 0, p.tile).bound_extent(t, 1).vectorize(q, lanes);
  };
  place(queries, perTask);
  queries.reorder(d, q);
  if (p.blocks() > 1) {
    place(parts, perTask);
    parts.bound(e, 0, width + 2).bound(block, 0, p.blocks()).reorder(q, e, block);
    perBlock = Halide::LoopLevel(parts, block);
    for (Func stage : {highest, scale, sum, results})
      place(stage, perTask);
    highest.update().reorder(q, blocks).vectorize(q, lanes).unroll(q);
    sum.update().reorder(q, blocks).vectorize(q, lanes).unroll(q);
    results.update().reorder(q, blocks, e).vectorize(q, lanes).unroll(q);
  }
  // Rows whole KiB apart share few sets of L1, and every task would fetch them again:
  // for many tasks keys and values of a head are packed once.
  auto pack = [&](Func stage, const Var &inner, int extent) {
    stage.compute_root().bound(inner, 0, extent).bound(k, 0, p.keys).vectorize(inner, kernel.vectorWidth(extent));
    stage.fuse(h, b, task);
    stage.parallel(task);
  };
  if (p.pack) {
    pack(keys, d, p.depth);
    pack(values, e, width);
  }
  for (Func stage : {scores, most, weights, total, part}) {
    place(stage, perBlock);
    stage.bound_extent(block, 1);
  }
  most.update().reorder(q, rk).vectorize(q, lanes).unroll(q);
  total.update().reorder(q, rk).vectorize(q, lanes).unroll(q);
  weights.unroll(q);
  auto tail = [](int extent, int by) { return extent % by ? TailStrategy::ShiftInwards : TailStrategy::RoundUp; };
  scores.bound_extent(k, p.keyBlock).split(k, ko, ki, p.keyRows, tail(p.keyBlock, p.keyRows));
  scores.reorder(q, ki, ko).unroll(q).unroll(ki);
  dots.compute_at(scores, ko).bound(q, 0, p.tile).bound_extent(k, p.keyRows).bound_extent(block, 1);
  dots.vectorize(q, lanes).unroll(q).unroll(k);
  const int steps = static_cast<int>(vectorDivisor(p.keyBlock, p.lanes > 1 ? 4 : 2));
  if (p.lanes > 1) {
    Halide::RVar ro("ro"), ri("ri");
    dots.update().split(rd, ro, ri, p.lanes).reorder(k, q, ri, ro).vectorize(q, lanes).unroll(q).unroll(k).unroll(ri);
    keyVectors.compute_at(dots, ro).bound_extent(d, p.lanes).bound_extent(k, p.keyRows).bound_extent(block, 1);
    keyVectors.bound_extent(h, 1).bound_extent(b, 1).vectorize(d, p.lanes).unroll(k);
    valueVectors.compute_at(tile, rk).bound_extent(e, p.valueRows).bound_extent(k, steps).bound_extent(block, 1);
    valueVectors.bound_extent(h, 1).bound_extent(b, 1).vectorize(e, p.lanes).unroll(e).unroll(k);
  } else {
    dots.update().reorder(q, k, rd).vectorize(q, lanes).unroll(q).unroll(k);
    if (p.depth % 2 == 0)
      dots.update().unroll(rd, 2);
  }
  part.bound(e, 0, width).split(e, eo, ei, p.valueRows, TailStrategy::RoundUp).reorder(q, ei, eo).unroll(q).unroll(ei);
  tile.compute_at(part, eo).bound(q, 0, p.tile).bound_extent(e, p.valueRows).bound_extent(block, 1);
  tile.vectorize(q, lanes).unroll(q).unroll(e);
  tile.update().reorder(q, e, rk).vectorize(q, lanes).unroll(q).unroll(e);
  if (steps > 1)
    tile.update().unroll(rk, steps);
}
