//===- WinogradKernel.cpp - Winograd F(4,3) and F(2,3) convolution --------===//
//
// A 3x3 convolution as products on 36 points: tiles of 4x4 outputs from 6x6
// inputs need 36 multiplications instead of 144 (Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks", 2015); F(2,3) makes 2x2 outputs
// on 16 points instead of 36 multiplications. The weight comes transformed,
// [36,O/T,C,T] or [16,O/T,C,T], point (row, column) at 6 * row + column.
//
//   transformed [36, tiles, C]   B^T d B of each tile's 6x6 inputs
//   products    [36, tiles, T]   36 GEMMs over C
//   output                       A^T m A, the epilogue, the store
//
// An input of F(4,3) enlarged twice by nearest neighbour (`upsample`) repeats
// itself: a tile's six rows are four of the source, a b b c c d, and the third row of
// B^T takes b - b and c - c. So 25 points are left, transformed from 4x4.
//
// On arm64 the products are by-element multiplications, as in MatmulKernel.cpp. f16 is
// also transformed, multiplied and added up in f16 there, the sums at two levels
// (GemmBlocks.h), and transformed back in f32. What is enlarged is not: its points make
// ten times as much of each rounding.
//
// Norm and prologue are computed once for each pixel a block of tiles reads, a
// few channels at a time, since tiles read each pixel more than twice.
//
// Many tiles: a task owns a block of them, which bounds scratch, and goes
// through all output channels. Few tiles, and so more weight than image: all
// tiles are transformed first, and a task owns panels of output channels, so
// that each weight is read once. Moments of the output are taken of such a block, or of
// an image's panels (BlockMoments.h).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/ConvCost.h"
#include "targets/cpu/BlockMoments.h"
#include "targets/cpu/GemmBlocks.h"
#include "targets/cpu/GroupStatistics.h"
#include "targets/cpu/HalideSupport.h"
#include "targets/cpu/WinogradTransforms.h"

#include <algorithm>

using namespace snap;
using Halide::cast;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;
using HExpr = Halide::Expr;

namespace {
struct Plan {
  int channels, outputs, batch, panel;
  int width, height;              // of the input
  int tilesX, tilesY;             // of the output
  int blockX, blockY, blockBatch; // tiles of a block
  int panels;                     // panels of a group
  int line;                       // channels transformed at a time
  int run = 0, runLines = 1;      // f16: channels added up at the first level, lines at the second
  int rows;                       // tiles of a register tile
  TileForm form;
  bool byOutputs;               // few tiles: tasks are groups of panels
  bool momentsOfBlocks = false; // a block of tiles, or all of an image's, is one of moments
  int block() const { return blockX * blockY * blockBatch; }
};

/// Products of a register tile, added up over the channels.
struct Sums {
  Func vectors{"vectors"}; // transformed inputs, for multiplication by element
  Func products{"prod"};   // added up over all channels, in f16 over a run
  Func sums{"sums"};       // in f16 over runs, else the same
};
} // namespace

static Plan plan(const KernelBuilder &kernel, const WinogradTransforms &transforms) {
  Plan p;
  p.channels = kernel.rootChannels();
  p.width = kernel.extent(0, 1);
  p.height = kernel.extent(0, 2);
  p.outputs = kernel.outExtent(0);
  p.batch = kernel.outExtent(3);
  p.panel = kernel.extent(1, 0);
  p.tilesX = static_cast<int>(ceilDiv(kernel.outExtent(1), transforms.tile));
  p.tilesY = static_cast<int>(ceilDiv(kernel.outExtent(2), transforms.tile));
  WinogradChoice choice;
  choice.tiles = kernel.schedule.get("tiles", 0);
  if (kernel.schedule.has("by_outputs"))
    choice.byOutputs = kernel.schedule.get("by_outputs", 0) != 0;
  WinogradBlock block =
      winogradBlock({transforms.tile, transforms.upsample}, p.tilesX, p.tilesY, p.batch, p.channels, choice);
  p.blockX = static_cast<int>(block.x);
  p.blockY = static_cast<int>(block.y);
  p.blockBatch = static_cast<int>(block.images);
  p.byOutputs = block.byOutputs;
  if (auto moments = kernel.key.ints.find("moments"); moments != kernel.key.ints.end()) {
    // Blocks of tiles that are those of the moments, unless that takes much scratch.
    auto tiles = [&](int64_t pixels) { return static_cast<int>(ceilDiv(pixels, transforms.tile)); };
    const std::vector<int64_t> &pixels = moments->second;
    bool whole[2] = {pixels[0] == kernel.outExtent(2), pixels[1] == kernel.outExtent(1)};
    bool inTiles = (whole[0] || pixels[0] % transforms.tile == 0) && (whole[1] || pixels[1] % transforms.tile == 0);
    int count = tiles(pixels[0]) * tiles(pixels[1]);
    p.momentsOfBlocks = inTiles && (p.byOutputs ? whole[0] && whole[1] : count >= 8 && count <= 2 * block.tiles());
    if (p.momentsOfBlocks && !p.byOutputs) {
      p.blockX = tiles(pixels[1]);
      p.blockY = tiles(pixels[0]);
      p.blockBatch = 1;
    }
  }
  int64_t panelCount = ceilDiv(p.outputs, p.panel);
  p.panels = static_cast<int>(divisorUpTo(panelCount, kernel.tuned("panels", std::max<int64_t>(1, 64 / p.panel))));
  if (p.byOutputs && !kernel.schedule.has("panels"))
    while (p.panels > 1 && panelCount / p.panels < 4 * kernel.model.threads)
      p.panels = static_cast<int>(divisorUpTo(panelCount, p.panels / 2));
  // With a prologue a cache line of channels, so that what is prepared stays near.
  p.line = p.channels;
  if (kernel.hasPrologue())
    p.line = static_cast<int>(vectorDivisor(kernel.lineOf(), std::max(32, kernel.lanes())));
  bool half =
      kernel.inputType(0) == ElementType::F16 && kernel.inputType(1) == ElementType::F16 && !transforms.upsample;
  p.form = tileForm(kernel.model, half, p.panel, kernel.lineOf());
  if (p.form.half) {
    p.form.sums = 2;
    p.run = static_cast<int>(vectorDivisor(p.line, halfRun));
    if (!kernel.hasPrologue())
      p.line = p.run;
    p.runLines = static_cast<int>(divisorUpTo(p.channels / p.line, std::max<int64_t>(1, halfSum / p.line)));
  } else if (p.line % p.form.depth) {
    p.form = {};
  }
  p.rows = static_cast<int>(
      std::min<int64_t>(kernel.tuned("tile", tileRows(kernel.model, p.panel, p.block(), p.form)), p.block()));
  return p;
}

void snap::buildWinograd(KernelBuilder &kernel) {
  normalizeInput(kernel);
  const WinogradTransforms transforms = winogradTransforms(kernel.key);
  const Plan p = plan(kernel, transforms);
  const int reach = transforms.reach, step = transforms.step, points = transforms.points(), side = transforms.tile;
  const bool half = p.form.half;
  const Halide::Type type = Halide::Float(half ? 16 : 32); // of transformed inputs and their products
  const int lanes = static_cast<int>(vectorDivisor(p.panel, kernel.model.lanes(type.bytes())));
  const int group = p.panels * p.panel;
  const std::vector<int64_t> &pads = kernel.key.ints.at("pads"); // top, left

  // The algorithm.
  Var o = kernel.vars[0], x = kernel.vars[1], y = kernel.vars[2], b = kernel.vars[3];
  Var ci("ci"), cl("cl"), tx("tx"), ty("ty"), row("row"), column("column"), point("point"), tile("tile");
  Var bx("bx"), by("by"), bb("bb"), run("run"), sum("sum");
  Func rows("rows"), transformed("transformed"), products("products"), columns("columns"), results("results");
  Func prepared("prepared");
  // `x` and `y` count from the top left of the padding. Where something is
  // prepared, most of it lies inside, and loops over that test nothing.
  auto padded = [&](const HExpr &x, const HExpr &y, const HExpr &b) {
    auto mostly = [&](const HExpr &value) { return kernel.hasPrologue() ? likely(value) : value; };
    HExpr atX = x - static_cast<int>(pads[1]), atY = y - static_cast<int>(pads[0]);
    HExpr inside = atX >= 0 && atX < p.width && atY >= 0 && atY < p.height;
    HExpr value =
        kernel.loadRoot(ci, cl, p.line, {clamp(mostly(atX), 0, p.width - 1), clamp(mostly(atY), 0, p.height - 1), b});
    return select(inside, mostly(cast(type, value)), Halide::Internal::make_zero(type));
  };
  if (kernel.hasPrologue())
    prepared(ci, cl, x, y, b) = padded(x, y, b);
  auto input = [&](const HExpr &x, const HExpr &y, const HExpr &b) {
    return kernel.hasPrologue() ? HExpr(prepared(ci, cl, x, y, b)) : padded(x, y, b);
  };
  {
    // Tile `tile` of block (bx, by, bb), row-major.
    HExpr tileX = bx * p.blockX + tile % p.blockX, tileY = by * p.blockY + tile / p.blockX % p.blockY;
    HExpr image = bb * p.blockBatch + tile / (p.blockX * p.blockY);
    std::vector<HExpr> values;
    for (int i = 0; i < reach; ++i)
      values.push_back(input(tileX * step + column, tileY * step + i, image));
    rows(ci, cl, column, tile, bx, by, bb) = Halide::Tuple(transforms.transformInput(values));
  }
  {
    std::vector<HExpr> values;
    for (int i = 0; i < points; ++i) {
      std::vector<HExpr> row;
      for (int j = 0; j < reach; ++j)
        row.push_back(HExpr(rows(ci, cl, j, tile, bx, by, bb)[i]));
      for (const HExpr &value : transforms.transformInput(row))
        values.push_back(value);
    }
    transformed(ci, tile, bx, by, bb, cl, point) = mux(point, values);
  }
  // A register tile that overhangs the block reads its last tile again.
  HExpr at = p.block() % p.rows ? min(tile, p.block() - 1) : HExpr(tile);
  auto transformedAt = [&](const HExpr &channel, const HExpr &line) {
    return transformed(channel, at, bx, by, bb, line, point);
  };
  // In f16 the products of one run of a line's channels are added up, then of `runLines` lines
  // of runs; else all of a line's and of all lines.
  const int lineCount = p.channels / p.line, runs = half ? p.line / p.run : 1,
            sumCount = half ? lineCount / p.runLines : 1;
  RDom k({{0, half ? p.run : p.line}, {0, half ? 1 : lineCount}}, "k"), inner({{0, runs}, {0, p.runLines}}, "inner");
  auto sumUp = [&]() {
    Sums s;
    HExpr line = half ? HExpr(cl) : HExpr(k.y), channel = half ? run * p.run + k.x : HExpr(k.x);
    HExpr value = transformedAt(channel, line);
    if (p.form.depth > 1) {
      s.vectors(ci, tile, bx, by, bb, point, cl) = transformedAt(ci, cl);
      value = s.vectors(channel, tile, bx, by, bb, point, line);
    }
    s.products(o, tile, bx, by, bb, point, run, cl) = Halide::Internal::make_zero(type);
    s.products(o, tile, bx, by, bb, point, run, cl) +=
        cast(type, kernel.load(1, {o % p.panel, line * p.line + channel, o / p.panel, point})) * value;
    if (half) {
      // Strict, lest LLVM make one chain of additions of both levels.
      s.sums(o, tile, bx, by, bb, point, sum) = Halide::Internal::make_zero(type);
      s.sums(o, tile, bx, by, bb, point, sum) =
          strict_float(s.sums(o, tile, bx, by, bb, point, sum) +
                       s.products(o, tile, bx, by, bb, point, inner.x, sum * p.runLines + inner.y));
    } else {
      s.sums(o, tile, bx, by, bb, point, sum) = s.products(o, tile, bx, by, bb, point, 0, 0);
    }
    return s;
  };
  // The first sum is assigned, others of f16 are added in f32.
  Sums first = sumUp(), others;
  RDom outer(1, std::max(1, sumCount - 1), "outer");
  products(o, tile, bx, by, bb, point) = cast<float>(first.sums(o, tile, bx, by, bb, point, 0));
  if (sumCount > 1) {
    others = sumUp();
    products(o, tile, bx, by, bb, point) += cast<float>(others.sums(o, tile, bx, by, bb, point, outer));
  }
  HExpr place = (b % p.blockBatch * p.blockY + ty % p.blockY) * p.blockX + tx % p.blockX;
  {
    std::vector<HExpr> values;
    for (int i = 0; i < points; ++i)
      values.push_back(products(o, place, tx / p.blockX, ty / p.blockY, b / p.blockBatch, i * points + column));
    columns(o, column, tx, ty, b) = Halide::Tuple(transforms.transformOutput(values));
  }
  {
    std::vector<HExpr> pixels;
    for (int i = 0; i < side; ++i) {
      std::vector<HExpr> values;
      for (int j = 0; j < points; ++j)
        values.push_back(HExpr(columns(o, j, tx, ty, b)[i]));
      for (const HExpr &value : transforms.transformOutput(values))
        pixels.push_back(value);
    }
    results(o, x, y, tx, ty, b) = mux(y * side + x, pixels);
  }
  kernel.storeOutput(results(o, x % side, y % side, x / side, y / side, b));

  // The schedule.
  const int width = static_cast<int>(vectorDivisor(p.outputs, lanes));
  auto guard = [](int64_t extent, int64_t by) {
    return extent % by ? TailStrategy::GuardWithIf : TailStrategy::RoundUp;
  };
  Var ov("ov"), oi("oi"), og("og"), oo("oo"), xi("xi"), yi("yi"), xb("xb"), yb("yb"), bo("bo"), bi("bi"), task("task");
  Var to("to"), ti("ti"), co("co");
  Func &out = kernel.output;
  out.split(o, ov, oi, width, TailStrategy::RoundUp).vectorize(oi);
  out.split(x, x, xi, side, guard(kernel.outExtent(1), side)).unroll(xi);
  out.split(y, y, yi, side, guard(kernel.outExtent(2), side)).unroll(yi);
  std::optional<BlockMoments> moments;
  Halide::LoopLevel blockLevel(out, task), groupLevel(out, p.byOutputs ? task : og);
  if (p.momentsOfBlocks) {
    using Loops = BlockMoments::Loops;
    moments.emplace(kernel);
    moments->placeAround(group, p.byOutputs ? Loops::BlocksInChannels : Loops::ChannelsInBlocks);
    blockLevel = moments->blockLevel();
    groupLevel = moments->channelLevel();
    out.reorder(oi, xi, yi, ov, x, y, b).compute_at(groupLevel);
  } else {
    out.split(ov, og, ov, group / width, guard(p.outputs, group));
    out.split(x, xb, x, p.blockX, guard(p.tilesX, p.blockX));
    out.split(y, yb, y, p.blockY, guard(p.tilesY, p.blockY));
    out.split(b, bo, bi, p.blockBatch, TailStrategy::RoundUp);
    if (p.byOutputs)
      out.reorder(oi, xi, yi, ov, x, y, bi, xb, yb, bo, og).fuse(bo, og, task).parallel(task);
    else
      out.reorder(oi, xi, yi, ov, x, y, bi, og, xb, yb, bo).fuse(xb, yb, task).fuse(task, bo, task).parallel(task);
  }
  if (p.byOutputs) {
    transformed.compute_root();
    const int share = static_cast<int>(vectorDivisor(p.channels, 64));
    if (p.line < p.channels)
      transformed.reorder(point, ci, tile, bx, by, bb, cl).parallel(cl);
    else
      transformed.split(ci, co, ci, share, TailStrategy::RoundUp).reorder(point, ci, tile, bx, by, bb, co).parallel(co);
  } else {
    transformed.compute_at(blockLevel).reorder(point, ci, tile, bx, by, bb, cl);
  }
  products.compute_at(groupLevel);
  columns.compute_at(out, ov).vectorize(o, width).bound(column, 0, points).unroll(column);
  columns.bound_extent(o, width).bound_extent(tx, 1).bound_extent(ty, 1);
  transformed.bound(point, 0, points * points).unroll(point);
  transformed.bound(tile, 0, p.block()).bound_extent(bx, 1).bound_extent(by, 1).bound_extent(bb, 1);
  transformed.bound(ci, 0, p.line).bound(cl, 0, p.channels / p.line);
  // Lines of few channels are stored faster side by side, tile after tile. Of many
  // channels the products would then jump a page every line, where no prefetcher
  // follows: 960 to 2,560 channels take half as long with a tile's channels together.
  // In f16 a block of one point stays in L2, and a register tile's runs lie side by side.
  if (p.channels > 320 && !half)
    transformed.reorder_storage(ci, cl, tile, bx, by, bb, point);
  const int inputWidth = static_cast<int>(vectorDivisor(p.line, kernel.model.lanes(type.bytes())));
  Var cv("cv");
  transformed.split(ci, ci, cv, inputWidth, TailStrategy::RoundUp).vectorize(cv).reorder(point, cv, ci);
  rows.compute_at(transformed, ci);
  if (kernel.hasPrologue()) {
    prepared.compute_at(transformed, cl).vectorize(ci, inputWidth).bound_extent(ci, p.line).bound_extent(cl, 1);
    prepared.bound_extent(x, step * (p.blockX - 1) + reach).bound_extent(y, step * (p.blockY - 1) + reach);
    prepared.bound_extent(b, p.blockBatch);
  }
  rows.vectorize(ci, inputWidth).bound_extent(cl, 1).bound_extent(tile, 1).bound(column, 0, reach).unroll(column);
  products.bound_extent(o, group)
      .bound(point, 0, points * points)
      .bound(tile, 0, static_cast<int>(roundUp(p.block(), p.rows)));
  if (half) // A tile's together: the output transform reads all points, at a power of two's distance else.
    products.reorder_storage(o, point, tile, bx, by, bb);
  products.bound_extent(bx, 1).bound_extent(by, 1).bound_extent(bb, 1);
  auto tiled = [&](Halide::Stage stage) {
    return stage.split(o, oo, oi, p.panel, TailStrategy::RoundUp).split(tile, to, ti, p.rows, TailStrategy::RoundUp);
  };
  auto scheduleSums = [&](Sums &s, Halide::LoopLevel at) {
    if (half) {
      s.sums.compute_at(at).bound_extent(o, p.panel).bound_extent(tile, p.rows);
      s.sums.vectorize(o, lanes).unroll(o).unroll(tile);
      s.sums.update().reorder(o, tile, inner.x, inner.y).vectorize(o, lanes).unroll(o).unroll(tile);
      at = Halide::LoopLevel(s.sums, inner.x);
    }
    Func &prod = s.products;
    prod.compute_at(at).bound_extent(o, p.panel).bound_extent(tile, p.rows);
    prod.vectorize(o, lanes).unroll(o).unroll(tile);
    prod.update().vectorize(o, lanes);
    if (p.form.depth > 1) {
      Halide::RVar kp("kp"), ko("ko"), ki("ki");
      const int steps = half ? p.run / p.form.depth : p.line / p.form.depth % 2 == 0 ? 2 : 1;
      prod.update()
          .split(k.x, ko, ki, p.form.depth)
          .split(ko, kp, ko, steps)
          .reorder(tile, o, ki, ko, kp, k.y)
          .unroll(ki)
          .unroll(ko);
      s.vectors.compute_at(prod, ko).bound_extent(ci, p.form.depth).bound_extent(tile, p.rows);
      s.vectors.vectorize(ci, p.form.depth).unroll(tile);
    } else {
      prod.update().reorder(o, tile, k.x, k.y);
      if (p.line % 2 == 0)
        prod.update().unroll(k.x, 2);
    }
    prod.update().unroll(o).unroll(tile);
  };
  tiled(products).reorder(oi, ti, to, bx, by, bb, oo, point).vectorize(oi, lanes).unroll(oi).unroll(ti);
  scheduleSums(first, {products, to});
  if (sumCount > 1) {
    tiled(products.update())
        .reorder({oi, ti, outer, to, bx, by, bb, oo, point})
        .vectorize(oi, lanes)
        .unroll(oi)
        .unroll(ti);
    scheduleSums(others, {products, outer});
  }
}
