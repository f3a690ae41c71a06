//===- AttentionKernel.cpp - softmax(scale q k^T + mask) v ----------------===//
//
// A task owns a tile of queries of one head. It keeps, in scratch and queries
// innermost so that every vector is full whatever the head's size:
//
//   queries   [D, tile]    the tile, transposed and scaled
//   scores    [Sk, tile]   one strip, never the matrix
//   weights   [Sk, tile]   exp(scores - their maximum)
//   results   [E, tile]    the sums, one block of keys after another
//
// Both products are GEMMs whose panel is the transposed tile and whose rows are
// keys and columns of values as they lie in memory. Statistics are f32.
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
  int keyBlock;                           // keys added to the results at once
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
  // As many vectors of queries as keep both strips in L2 and waste little of
  // the last tile; more vectors a tile load fewer keys and values.
  int lanes = kernel.lanes();
  p.tile = lanes;
  auto padded = [&](int tile) { return roundUp(p.queries, tile); };
  for (int tile : {2 * lanes, 4 * lanes})
    if (int64_t(2) * tile * p.keys * 4 <= model.l2Bytes && 8 * padded(tile) <= 9 * padded(lanes))
      p.tile = tile;
  p.tile = static_cast<int>(kernel.key.getInt("tile_queries", p.tile));
  p.keyRows = static_cast<int>(tileRows(model, p.tile, p.keys));
  p.valueRows = static_cast<int>(tileRows(model, p.tile, p.width));
  p.keyBlock = static_cast<int>(blockOf(p.keys, 256));
  return p;
}

void snap::buildAttention(KernelBuilder &kernel) {
  const Plan p = plan(kernel);
  const int lanes = kernel.lanes();

  // The algorithm.
  Var c = kernel.vars[0], i = kernel.vars[1], b = kernel.vars[2];
  Var q("q"), t("t"), k("k"), d("d"), e("e"), h("h"), block("block");
  Func queries("queries"), keys("keys"), values("values"), dots("dots"), scores("scores"), most("most");
  Func weights("weights"), total("total"), part("part"), results("results");
  // Query q of tile t; a tile that overhangs the last query reads it again.
  HExpr query = min(t * p.tile + q, p.queries - 1);
  queries(q, d, t, h, b) =
      static_cast<float>(kernel.key.getFloat("scale", 1)) * cast<float>(kernel.loadRoot({h * p.depth + d, query, b}));
  keys(d, k, h, b) = cast<float>(kernel.load(1, {h * p.depth + d, k, b}));
  HExpr valueColumn = p.width % p.valueRows ? min(e, p.width - 1) : HExpr(e);
  values(e, k, h, b) = cast<float>(kernel.load(2, {h * p.width + valueColumn, k, b}));

  RDom rd(0, p.depth, "rd"), rk(0, p.keys, "rk"), rb(0, p.keyBlock, "rb");
  RDom blocks(0, p.keys / p.keyBlock, "blocks");
  dots(q, k, t, h, b) = 0.0f;
  dots(q, k, t, h, b) += queries(q, rd, t, h, b) * keys(rd, k, h, b);
  HExpr score = dots(q, k, t, h, b);
  int64_t mask = kernel.key.getInt("mask", -1);
  if (mask >= 0) {
    const HExpr at[] = {k, query, h, b};
    std::vector<HExpr> own;
    for (int dim = 0; dim < kernel.inRank(mask); ++dim)
      own.push_back(kernel.extent(mask, dim) == 1 ? HExpr(0) : at[dim]);
    score += cast<float>(kernel.load(mask, own));
  }
  // Finite throughout, for fast-math may drop an infinity it sees: keys that do
  // not count are kept out of the weights, and so is all of a query without keys.
  const float lowest = std::numeric_limits<float>::lowest();
  bool causal = kernel.key.getInt("causal", 0);
  HExpr counts = k <= query + (p.keys - p.queries);
  scores(q, k, t, h, b) = causal ? select(counts, score, lowest) : score;
  most(q, t, h, b) = lowest;
  most(q, t, h, b) = max(most(q, t, h, b), scores(q, rk, t, h, b));
  HExpr weight = fastExpNonPositive(scores(q, k, t, h, b) - most(q, t, h, b));
  weights(q, k, t, h, b) = causal ? select(counts, weight, 0.0f) : weight;
  total(q, t, h, b) = 0.0f;
  total(q, t, h, b) += weights(q, rk, t, h, b);
  HExpr key = block * p.keyBlock + rb;
  part(q, e, t, h, b, block) = 0.0f;
  part(q, e, t, h, b, block) += weights(q, key, t, h, b) * values(e, key, h, b);
  results(q, e, t, h, b) = 0.0f;
  results(q, e, t, h, b) += part(q, e, t, h, b, blocks);
  HExpr head = c / p.width, column = c % p.width, sum = total(i % p.tile, i / p.tile, head, b);
  kernel.storeOutput(select(sum > 0.0f, results(i % p.tile, column, i / p.tile, head, b) / sum, 0.0f));

  // The schedule.
  Var ho("ho"), eo("eo"), ei("ei"), io("io"), ko("ko"), ki("ki"), task("task");
  Func &out = kernel.output;
  out.split(c, ho, c, p.width, TailStrategy::RoundUp);
  out.split(c, eo, ei, static_cast<int>(vectorDivisor(p.width, lanes)), TailStrategy::RoundUp).vectorize(ei);
  out.split(i, io, i, p.tile, p.queries % p.tile ? TailStrategy::GuardWithIf : TailStrategy::RoundUp);
  out.reorder(ei, eo, i, io, ho, b).fuse(io, ho, task).fuse(task, b, task);
  if (KernelBuilder::worthParallel(kernel.key.macs() / 64))
    out.parallel(task);

  for (Func stage : {queries, scores, most, weights, total, results}) {
    stage.compute_at(out, task).bound(q, 0, p.tile).bound_extent(t, 1);
    stage.vectorize(q, lanes);
  }
  queries.reorder(d, q);
  most.update().reorder(q, rk).vectorize(q, lanes).unroll(q);
  total.update().reorder(q, rk).vectorize(q, lanes).unroll(q);
  weights.unroll(q);
  auto tail = [](int extent, int by) { return extent % by ? TailStrategy::ShiftInwards : TailStrategy::RoundUp; };
  scores.split(k, ko, ki, p.keyRows, tail(p.keys, p.keyRows)).reorder(q, ki, ko).unroll(q).unroll(ki);
  dots.compute_at(scores, ko).bound(q, 0, p.tile).bound_extent(k, p.keyRows);
  dots.vectorize(q, lanes).unroll(q).unroll(k);
  dots.update().reorder(q, k, rd).vectorize(q, lanes).unroll(q).unroll(k);

  // Register tiles may overhang the last column of values: it is read again.
  int width = static_cast<int>(roundUp(p.width, p.valueRows));
  results.bound_extent(e, width);
  results.update()
      .split(e, eo, ei, p.valueRows, TailStrategy::RoundUp)
      .reorder(q, ei, eo, blocks)
      .vectorize(q, lanes)
      .unroll(q)
      .unroll(ei);
  part.compute_at(results, eo).bound(q, 0, p.tile).bound_extent(e, p.valueRows);
  part.vectorize(q, lanes).unroll(q).unroll(e);
  part.update().reorder(q, e, rb).vectorize(q, lanes).unroll(q).unroll(e);
}
