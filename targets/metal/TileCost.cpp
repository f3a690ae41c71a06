//===- TileCost.cpp - What a kernel asks of a core of the GPU -------------===//
//
// Each phase of a threadgroup is a count of instructions of a simdgroup and of
// bytes. Counts of instructions are of the emitted text: an address and a load, a
// conversion and a store, and so on; they are good to some ten percent.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/TileCost.h"
#include "targets/WinogradMatrices.h"
#include "targets/cpu/CanonicalKey.h"
#include "targets/metal/AttentionTiles.h"
#include "targets/metal/Emit.h"
#include "targets/metal/GemmTiles.h"

#include <algorithm>

using namespace snap;
using namespace snap::metal;

namespace {
/// Between barriers, of a threadgroup.
struct Phase {
  double products = 0;     // of 8x8 matrices
  double instructions = 0; // of simdgroups, other ones
  double threadgroupBytes = 0, cacheBytes = 0;

  // An 8x8 product is 512 multiply-accumulates on 32 lanes.
  double alu() const { return (products * 16 + instructions) / 4; }
  double memory() const {
    return std::max(threadgroupBytes / MetalCore().threadgroupBytes, cacheBytes / MetalCore().cacheBytes);
  }
  double cycles() const { return std::max(alu(), memory()); }
  Phase &operator+=(const Phase &o) {
    products += o.products, instructions += o.instructions;
    threadgroupBytes += o.threadgroupBytes, cacheBytes += o.cacheBytes;
    return *this;
  }
};

// Instructions of a simdgroup. exp2 takes 4 cycles and a reciprocal 6.
constexpr double vectorCopy = 6, pixelOf = 10, normed = 3, silu = 13, matrixLoad = 2, storedElement = 10;
} // namespace

// Mesa's table for these GPUs (agx_register_allocate's occupancies), in 32-bit registers.
int64_t metal::residentThreads(int64_t registers) {
  static const struct {
    int64_t registers, threads;
  } table[] = {{52, 1024}, {56, 896}, {64, 832},  {68, 768},  {72, 704},
               {80, 640},  {92, 576}, {104, 512}, {116, 448}, {128, 384}};
  for (const auto &row : table)
    if (registers <= row.registers)
      return row.threads;
  return 0;
}

/// Instructions that make an element what the product reads.
static double transformOf(const KernelKey &key) {
  bool norm = key.ints.count("norm") || key.ints.count("layer_norm");
  return (norm ? normed : 0) + (key.prologue.empty() ? 0 : silu);
}

/// Sums what `count` threadgroups of these phases take. Where a core holds several, one's memory is behind another's
/// products; one alone waits at its barriers.
static void finish(TileCost &cost, const std::vector<Phase> &phases, double count) {
  Phase all;
  double apart = 0;
  for (const Phase &phase : phases) {
    all += phase;
    apart += phase.cycles();
  }
  cost.resident = std::min<int64_t>(residentThreads(cost.registers) / cost.threads,
                                    static_cast<int64_t>(MetalCore().memoryBytes) / cost.threadgroupBytes);
  cost.macs = all.products * 512 * count;
  cost.bytesPerMac = all.threadgroupBytes / (all.products * 512);
  cost.cycles = (cost.resident > 1 ? all.cycles() : apart) * count;
}

static void gemmCost(const KernelKey &key, TileCost &cost, double count) {
  const std::vector<int64_t> &out = key.outputs[0].shape, &w = key.inputs[1].shape;
  bool gated = key.getInt("gated", 0) != 0, conv = key.op == KernelOp::Conv2d;
  double taps = conv ? static_cast<double>(w[1] * w[2]) : 1;
  double depth = static_cast<double>(key.rootChannels()) * taps;
  GemmShape s = gemmShape(key.outputs[0].elements() / out.back(), out.back(), 1, gated);
  double bytes = static_cast<double>(byteSize(key.inputs[0].type)), products = gated ? 2 : 1;
  double mr = static_cast<double>(s.matrixRows()), mc = static_cast<double>(s.matrixColumns()) * products;
  double simdgroups = static_cast<double>(s.threads()) / 32, rows = static_cast<double>(s.rows);
  double columns = static_cast<double>(s.columns) * products, steps = depth / 8;

  Phase load, multiply, store;
  load.instructions =
      depth * (rows * (vectorCopy + (conv ? pixelOf : 0) + 4 * transformOf(key)) + columns * vectorCopy) / 128;
  load.threadgroupBytes = load.cacheBytes = depth * (rows + columns) * bytes;
  if (key.ints.count("layer_norm")) { // a pass over the rows
    load.instructions += depth * rows * 10 / 128;
    load.cacheBytes += depth * rows * bytes;
  }
  multiply.products = steps * simdgroups * mr * mc;
  multiply.instructions = steps * simdgroups * (mr + mc) * matrixLoad;
  multiply.threadgroupBytes = steps * simdgroups * (mr + mc) * 64 * bytes;
  store.instructions = rows * columns * storedElement / 32;
  store.threadgroupBytes = rows * columns * 8;
  cost.multipliesPerLoad = mr * mc / (mr + mc);
  // Sums, operands, what a thread knows of its rows, and twenty for everything else.
  double perRow = conv ? 3 : 1, held = rows * static_cast<double>(s.depth) / 4 / static_cast<double>(s.threads());
  cost.registers =
      static_cast<int64_t>(2 * mr * mc + (mr + mc / products) * bytes / 2 + perRow * std::max(1.0, held) + 20);
  finish(cost, {load, multiply, store}, count);
}

static void winogradCost(const KernelKey &key, const WinogradShape &s, TileCost &cost, double count) {
  WinogradMatrices f = winogradMatrices(key);
  bool enlarged = key.getInt("upsample", 1) > 1;
  double bytes = static_cast<double>(byteSize(key.inputs[0].type)), tiles = static_cast<double>(s.tiles());
  double channels = static_cast<double>(key.rootChannels()), columns = static_cast<double>(s.columns);
  double points = static_cast<double>(s.points), pixels = static_cast<double>(s.pixels());
  double mr = tiles / 8, mc = columns / 8, side = static_cast<double>(f.points) - (enlarged ? 1 : 0);
  auto nonzero = [](const double *m, int64_t n) { return static_cast<double>(n - std::count(m, m + n, 0.0)); };
  double in = nonzero(f.input, f.points * f.points), out = nonzero(f.output, f.tile * f.points);
  double patch = enlarged ? static_cast<double>(f.tile / 2 + 2) : static_cast<double>(f.points);

  Phase stage, transform, multiply, store;
  stage.instructions = channels * pixels * (vectorCopy + pixelOf + 4 * transformOf(key)) / 128;
  stage.threadgroupBytes = stage.cacheBytes = channels * pixels * bytes;
  // Loads and products down the columns, products along the rows, stores.
  double units = tiles * channels;
  transform.instructions = units * (in * patch * 2 + in * side + side * side * 2 + side * 15) / 32;
  transform.threadgroupBytes = units * bytes * (in * patch + side * side);
  multiply.products = channels / 8 * points * mr * mc;
  multiply.instructions = channels / 8 * points * (mr + mc) * matrixLoad;
  multiply.threadgroupBytes = channels / 8 * points * mr * 64 * bytes;
  multiply.cacheBytes = channels * points * columns * bytes;
  double tile = static_cast<double>(f.tile), results = tiles * columns;
  store.instructions = results * (out * side * 2 + out * tile + tile * tile * storedElement) / 32;
  store.threadgroupBytes = results * 4 * (points + out * side);
  cost.multipliesPerLoad = mr * mc / (mr + mc);
  double each = static_cast<double>(s.pointsEach());
  double sums = 2 * each * mr * mc, transforming = patch + 6, multiplying = (mr + 1) * bytes / 2;
  cost.registers = static_cast<int64_t>(sums + std::max(transforming, multiplying) + 14);
  finish(cost, {stage, transform, multiply, store}, count);
}

static void attentionCost(const KernelKey &key, const MetalModel &model, TileCost &cost, double count) {
  int64_t heads = key.getInt("heads", 1), depth = key.inputs[0].shape[2] / heads,
          width = key.inputs[2].shape[2] / heads;
  int64_t elementBytes = byteSize(key.inputs[0].type);
  AttentionShape s = *attentionShape(key.inputs[0].shape[1], depth, width, elementBytes, model.threadgroupBytes);
  double bytes = static_cast<double>(elementBytes), simdgroups = AttentionShape::simdgroups,
         mk = AttentionShape::keys / 8.0;
  double mr = static_cast<double>(s.rows) / 8, mv = static_cast<double>(s.chunk) / 8,
         md = static_cast<double>((depth + 7) / 8);
  double blocks = static_cast<double>((key.inputs[1].shape[1] + 31) / 32), rows = static_cast<double>(s.rows);
  double queries = static_cast<double>(s.queries());

  Phase scores, softmax, weighted;
  double loaded = static_cast<double>(AttentionShape::keys) * 8;
  scores.products = blocks * simdgroups * md * mr * mk;
  double queryLoads = s.heldDepth ? 0 : mr; // of a step, beside the keys'
  scores.instructions = blocks * (simdgroups * md * (queryLoads + mk) * matrixLoad + loaded * md * vectorCopy / 128);
  scores.threadgroupBytes =
      blocks * (simdgroups * md * (queryLoads + mk) * 64 * bytes + loaded * md * bytes + queries * 128);
  scores.cacheBytes = blocks * loaded * md * bytes;
  // A row a time, a lane a key: two exponentials and two reductions of five steps.
  softmax.instructions = blocks * simdgroups * rows * 40;
  softmax.threadgroupBytes = blocks * queries * 32 * (4 + bytes);
  weighted.products = blocks * simdgroups * mk * mr * mv;
  weighted.instructions = blocks * (simdgroups * mk * (mr + mv) * matrixLoad + loaded * mv * vectorCopy / 128);
  weighted.threadgroupBytes = blocks * (simdgroups * mk * (mr + mv) * 64 * bytes + loaded * mv * bytes);
  weighted.cacheBytes = blocks * loaded * mv * bytes;
  cost.multipliesPerLoad = (md * mr * mk + mk * mr * mv) / (md * (queryLoads + mk) + mk * (mr + mv));
  double operands = (s.heldDepth ? mr * md + 1 : mr + 1) * bytes / 2; // an 8x8 matrix is two elements a lane
  cost.registers = static_cast<int64_t>(2 * mr * mv + 2 * mr * mk + operands + 20);
  finish(cost, {scores, softmax, weighted}, count);
}

std::optional<TileCost> metal::tileCost(const KernelKey &key, const MetalModel &model) {
  std::string error;
  std::optional<MetalKernel> kernel = emitMetalKernel(key, model, error);
  KernelKey canonical = canonicalKey(key);
  bool product =
      canonical.op == KernelOp::Matmul || (canonical.op == KernelOp::Conv2d && canonical.getInt("groups", 1) == 1);
  if (!kernel || (!product && canonical.op != KernelOp::Attention))
    return std::nullopt;
  // The largest of the kernel's dispatches: others make statistics or moments.
  size_t main = 0;
  for (size_t i = 0; i < kernel->functions.size(); ++i)
    if (kernel->functions[i].threadgroupBytes > kernel->functions[main].threadgroupBytes)
      main = i;
  const MetalDispatch &dispatch = kernel->dispatches[main];
  TileCost cost = {};
  cost.tile = dispatch.function.substr(0, dispatch.function.rfind('_'));
  cost.threadgroupBytes = kernel->functions[main].threadgroupBytes;
  cost.threads = dispatch.threads[0];
  double count = static_cast<double>(dispatch.groups[0]) * dispatch.groups[1] * dispatch.groups[2];
  if (canonical.op == KernelOp::Attention)
    attentionCost(canonical, model, cost, count);
  else if (canonical.op == KernelOp::Conv2d && canonical.algorithm != Algorithm::Direct)
    winogradCost(canonical, *winogradShape(canonical, model), cost, count);
  else
    gemmCost(canonical, cost, count);
  return cost;
}
