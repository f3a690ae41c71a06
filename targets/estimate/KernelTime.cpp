//===- KernelTime.cpp - How long a kernel takes, by a model ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/estimate/KernelTime.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

using namespace snap;

//===----------------------------------------------------------------------===//
// Processors
//===----------------------------------------------------------------------===//

// 128 multiply-adds a core and cycle in f16 and f32; 32 bytes a cycle from the GPU's L2 into a core; the system cache twice
// as fast as memory (philipturner/metal-benchmarks, tables "Operations per Second" and "On-Chip Memory").
static constexpr double gpuMacsPerCycle = 128;
static constexpr double gpuBytesPerCycle = 32;
static constexpr double sharedCacheSpeedup = 2;

Processor snap::gpuOf(const Device &device) {
  Processor p;
  p.isGpu = true;
  p.cores = device.gpu.cores;
  double cycles = device.gpu.gigahertz * 1e9 * p.cores;
  p.f32Macs = p.f16Macs = cycles * gpuMacsPerCycle;
  p.coreCacheBytes = cycles * gpuBytesPerCycle;
  p.memoryBytes = device.gigabytesPerSecond * 1e9;
  p.sharedCacheBytes = p.memoryBytes * sharedCacheSpeedup;
  p.sharedCacheSize = device.sharedCacheMegabytes * (1 << 20);
  char text[64];
  std::snprintf(text, sizeof text, "%d GPU cores at %.3f GHz", device.gpu.cores, device.gpu.gigahertz);
  p.about = text;
  return p;
}

Processor snap::cpuOf(const Device &device, int threads) {
  Processor p;
  int left = threads > 0 ? threads : std::numeric_limits<int>::max();
  for (const CpuCluster &cluster : device.cpu) {
    int cores = std::min(left, cluster.cores);
    if (!cores)
      break;
    left -= cores;
    p.cores += cores;
    p.f32Macs += cores * cluster.gigahertz * 1e9 * cluster.core->f32Flops / 2;
    p.f16Macs += cores * cluster.gigahertz * 1e9 * cluster.core->f16Flops / 2;
    char text[64];
    std::snprintf(text, sizeof text, "%s%d x %s at %.2f GHz", p.about.empty() ? "" : ", ", cores, cluster.core->name,
                  cluster.gigahertz);
    p.about += text;
  }
  p.memoryBytes = device.gigabytesPerSecond * 1e9;
  p.sharedCacheBytes = p.memoryBytes * sharedCacheSpeedup;
  p.sharedCacheSize = device.sharedCacheMegabytes * (1 << 20);
  return p;
}

Processor snap::measuredCpu(double f32Flops, double bytesPerSecond, int threads, double sharedCacheSize) {
  Processor p;
  p.cores = threads;
  p.f32Macs = p.f16Macs = f32Flops / 2; // f16 is stored, and multiplied in f32
  p.memoryBytes = bytesPerSecond;
  p.sharedCacheBytes = bytesPerSecond * sharedCacheSpeedup;
  p.sharedCacheSize = sharedCacheSize;
  p.about = std::to_string(threads) + " threads of this machine";
  return p;
}

//===----------------------------------------------------------------------===//
// Shares of the peaks
//===----------------------------------------------------------------------===//

const std::vector<Efficiency> &snap::efficiencies() {
  // GPU. best: HGEMM and attention of metal-flash-attention on an M1 Max (93 and 86 %; the launch from its small products).
  // typical: simdgroup_matrix in a plain kernel (102.5 of 128 a cycle, metal-benchmarks), attention less in proportion.
  // framework: MPS's HGEMM on that M1 Max, the mean over ten sizes. Nobody has published figures of implicit GEMM, taken to be
  // as good as a product, nor of Winograd in one dispatch: its shares are guesses. So are 80 % of bandwidth.
  // CPU. Shares that this compiler's kernels reach on x86-64 in a UNet step (docs/guide/kernels.md).
  static const char *neverRun =
      "no kernel of ours has run on such a GPU; published runs of frameworks took 0.87 to 1.4 times "
      "what this model says of them";
  static const char *onX86 =
      "on x86-64 our programs took 0.95 to 1.09 times what this model says of them; on arm64 none was timed";
  static const std::vector<Efficiency> table = {
      // clang-format off
      //                                                                                          GPU    prod. conv. Win.  att.  bytes launch fused
      {"typical", "plain simdgroup_matrix kernels, fused as this compiler does", neverRun,        true,  0.80, 0.80, 0.70, 0.74, 0.80, 6e-6, true},
      {"best", "kernels as good as the best published ones, fused", neverRun,                     true,  0.93, 0.93, 0.80, 0.86, 0.85, 6e-6, true},
      {"framework", "a framework that runs node by node on MPS", neverRun,                        true,  0.70, 0.70, 0.70, 0.70, 0.80, 10e-6, false},
      {"typical", "this compiler's kernels as measured on x86-64", onX86,                         false, 0.83, 0.78, 0.70, 0.72, 0.80, 5e-6, true},
      // clang-format on
  };
  return table;
}

const Efficiency *snap::findEfficiency(const std::string &name, bool ofGpu) {
  for (const Efficiency &efficiency : efficiencies())
    if (efficiency.ofGpu == ofGpu && name == efficiency.name)
      return &efficiency;
  return nullptr;
}

const char *snap::toString(Bound bound) {
  switch (bound) {
  case Bound::Multiplications:
    return "ALU";
  case Bound::Caches:
    return "cache";
  case Bound::Memory:
    return "memory";
  case Bound::Launches:
    break;
  }
  return "launch";
}

//===----------------------------------------------------------------------===//
// Multiplications on a GPU
//===----------------------------------------------------------------------===//

static double ceilDiv(double a, double b) { return std::ceil(a / b); }

namespace {
/// Multiplications of a kernel: padded to whole blocks, seconds at full efficiency, bytes into the cores.
struct Multiplied {
  double macs = 0, seconds = 0, cacheBytes = 0;
};

/// What a threadgroup computes.
struct Block {
  int64_t rows, columns, simdgroups;
};
} // namespace

// Simdgroups that keep a core's ALUs busy where each has many independent sums: 8 reach 78 %, 24 all of it with few
// (metal-benchmarks, "ALU Bottlenecks"); 12 make the model agree with HGEMM's figures for small sizes.
static constexpr double busySimdgroups = 12;

/// `groups` threadgroups of `macs` each: cores take whole ones, and too few leave ALUs idle.
static double gpuSeconds(double groups, double macs, double simdgroups, const Processor &p) {
  double onCore = std::max(ceilDiv(groups, p.cores), busySimdgroups / simdgroups);
  return onCore * macs * p.cores / p.macs(ElementType::F16);
}

static Multiplied gpuProduct(const ProductShape &s, double elementBytes, const Processor &p) {
  // Blocks of public kernels and of ours; the last is for a few rows.
  static const Block blocks[] = {{64, 64, 4}, {64, 32, 4}, {48, 48, 4}, {32, 32, 4}, {8, 64, 4}};
  Multiplied best;
  for (const Block &block : blocks) {
    if (block.rows == 8 && s.rows > 8)
      continue;
    double groups = ceilDiv(double(s.rows), double(block.rows)) * ceilDiv(double(s.columns), double(block.columns)) *
                    double(s.batches);
    double depth = ceilDiv(double(s.depth), 8) * 8; // matrices are 8x8
    double macs = double(block.rows * block.columns) * depth;
    Multiplied one = {groups * macs, gpuSeconds(groups, macs, double(block.simdgroups), p),
                      groups * double(block.rows + block.columns) * depth * elementBytes};
    auto bound = [&](const Multiplied &m) { return std::max(m.seconds, m.cacheBytes / p.coreCacheBytes); };
    if (!best.macs || bound(one) < bound(best))
      best = one;
  }
  return best;
}

/// In one dispatch: a threadgroup transforms its tiles of the input for every block of output channels.
static Multiplied gpuWinograd(const WinogradShape &s, double elementBytes, const Processor &p) {
  // Sums of all points stay in registers: a simdgroup has a point of F(2,3) or two of F(4,3), of half as many columns twice
  // as many (targets/metal/WinogradTiles.cpp).
  bool wide = s.outputs > 32;
  int64_t pointsEach = (s.tile == 4 ? 2 : 1) * (wide ? 1 : 2);
  double tiles = s.tile == 4 ? 16 : 32, columns = wide ? 64 : 32;
  double simdgroups = ceilDiv(double(s.points), double(pointsEach));
  auto points = double(s.points);
  WinogradTransform t = winogradTransform(s.tile);
  double groups = ceilDiv(double(s.tiles), tiles) * ceilDiv(double(s.outputs), columns);
  double inputs = ceilDiv(double(s.inputs), 8) * 8;
  double macs = tiles * (points * inputs * columns + (t.inputArithmetic + t.inputMoves) * inputs +
                         (t.outputArithmetic + t.outputMoves) * columns);
  double pixels = tiles * double((s.tile + 2) * (s.tile + 2));
  return {groups * macs, gpuSeconds(groups, macs, simdgroups, p),
          groups * (points * columns + pixels) * inputs * elementBytes};
}

static Multiplied gpuAttention(const AttentionWork &a, double elementBytes, const Processor &p) {
  constexpr double queries = 32, keys = 32, simdgroups = 4;
  // Besides the two products a score takes a maximum, a subtraction, an exponential and a sum: 5 operations
  // (metal-flash-attention counts the same).
  constexpr double softmax = 5;
  double groups = double(a.batchHeads) * ceilDiv(double(a.queries), queries);
  double columns = ceilDiv(double(a.keys), keys) * keys;
  double depth = (ceilDiv(double(a.depth), 8) + ceilDiv(double(a.valueDepth), 8)) * 8;
  double macs = queries * columns * (depth + softmax);
  return {groups * macs, gpuSeconds(groups, macs, simdgroups, p), groups * columns * depth * elementBytes};
}

/// Two batched products, the softmax between them a pass of its own.
static Multiplied gpuUnfusedAttention(const AttentionWork &a, double elementBytes, const Processor &p) {
  Multiplied scores = gpuProduct({a.batchHeads, a.queries, a.keys, a.depth}, elementBytes, p);
  Multiplied values = gpuProduct({a.batchHeads, a.queries, a.valueDepth, a.keys}, elementBytes, p);
  return {scores.macs + values.macs, scores.seconds + values.seconds, scores.cacheBytes + values.cacheBytes};
}

//===----------------------------------------------------------------------===//
// Multiplications on a CPU
//===----------------------------------------------------------------------===//

// Panels of weights are so wide (TargetModel.h), zeros at the end of the last.
static constexpr double panelColumns = 16;

static double cpuMacs(const KernelWork &work) {
  const ProductShape &s = work.product;
  const WinogradShape &w = work.winograd;
  const AttentionWork &a = work.attention;
  switch (work.kind) {
  case WorkKind::Product:
  case WorkKind::Convolution:
    return s.macs() / double(s.columns) * ceilDiv(double(s.columns), panelColumns) * panelColumns;
  case WorkKind::Winograd: {
    // Vector operations, each in the place of a multiplication, and twice that for loads and stores (ConvCost.cpp).
    WinogradTransform t = winogradTransform(w.tile);
    double outputs = ceilDiv(double(w.outputs), panelColumns) * panelColumns;
    return double(w.tiles) * (double(w.points) * double(w.inputs) * outputs +
                              3 * (t.inputArithmetic * double(w.inputs) + t.outputArithmetic * outputs));
  }
  case WorkKind::Attention:
    return double(a.batchHeads) * double(a.queries) * double(a.keys) * double(a.depth + a.valueDepth);
  case WorkKind::Other:
    break;
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// A kernel
//===----------------------------------------------------------------------===//

static Multiplied multiplied(const KernelWork &work, const Processor &p, const Efficiency &efficiency) {
  double elementBytes = double(byteSize(work.type));
  if (!p.isGpu) {
    double macs = cpuMacs(work);
    return {macs, macs / p.macs(work.type), 0};
  }
  switch (work.kind) {
  case WorkKind::Product:
  case WorkKind::Convolution:
    return gpuProduct(work.product, elementBytes, p);
  case WorkKind::Winograd:
    return gpuWinograd(work.winograd, elementBytes, p);
  case WorkKind::Attention:
    return efficiency.fused ? gpuAttention(work.attention, elementBytes, p)
                            : gpuUnfusedAttention(work.attention, elementBytes, p);
  case WorkKind::Other:
    break;
  }
  return {};
}

static double shareOf(const Efficiency &efficiency, WorkKind kind) {
  switch (kind) {
  case WorkKind::Convolution:
    return efficiency.convolution;
  case WorkKind::Winograd:
    return efficiency.winograd;
  case WorkKind::Attention:
    return efficiency.attention;
  default:
    return efficiency.product;
  }
}

KernelTime snap::kernelTime(const KernelKey &key, const Processor &p, const Efficiency &efficiency,
                            Algorithm algorithm) {
  KernelWork work = workOf(key, algorithm);
  KernelTime time;
  Multiplied m = multiplied(work, p, efficiency);
  time.macsDone = m.macs;
  time.multiplySeconds = m.seconds / shareOf(efficiency, work.kind);
  time.cacheSeconds = p.coreCacheBytes ? m.cacheBytes / (p.coreCacheBytes * efficiency.bytes) : 0;

  // Weights come from memory every time: those of a whole model fit no cache. Of activations the kernel before has left
  // what fits half of the shared cache.
  double fromCache = 0;
  time.memoryBytes = work.weightBytes;
  auto move = [&](double tensor, double bytes) {
    (tensor <= p.sharedCacheSize / 2 ? fromCache : time.memoryBytes) += bytes;
  };
  for (double bytes : work.activations)
    move(bytes, bytes);
  move(work.statisticsBytes, work.statisticsBytes);
  time.launches = 1 + (work.statisticsBytes > 0);
  if (!efficiency.fused)
    for (double bytes : work.unfusedPasses) {
      move(bytes / 2, bytes);
      ++time.launches;
    }
  double memory = time.memoryBytes / p.memoryBytes, cache = fromCache / p.sharedCacheBytes;
  time.memorySeconds = (memory + cache) / efficiency.bytes;
  time.launchSeconds = time.launches * efficiency.launchSeconds;

  double busiest = std::max({time.multiplySeconds, time.cacheSeconds, time.memorySeconds});
  time.seconds = busiest + time.launchSeconds;
  // Passes of their own do not overlap with multiplications.
  if (!efficiency.fused)
    time.seconds = time.multiplySeconds + time.memorySeconds + time.launchSeconds;
  if (time.launchSeconds > busiest)
    time.bound = Bound::Launches;
  else if (busiest == time.multiplySeconds)
    time.bound = Bound::Multiplications;
  else
    time.bound = busiest == time.memorySeconds ? Bound::Memory : Bound::Caches;
  return time;
}

Algorithm snap::fastestAlgorithm(const KernelKey &key, const Processor &p, const Efficiency &efficiency) {
  if (key.op != KernelOp::Conv2d)
    return Algorithm::Default;
  Algorithm fastest = Algorithm::Direct;
  for (Algorithm algorithm : {Algorithm::Winograd2, Algorithm::Winograd4})
    if (canCompute(key, algorithm) &&
        kernelTime(key, p, efficiency, algorithm).seconds < kernelTime(key, p, efficiency, fastest).seconds)
      fastest = algorithm;
  return fastest;
}
