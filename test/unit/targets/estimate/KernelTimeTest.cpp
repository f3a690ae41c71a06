//===- KernelTimeTest.cpp - The cost model of kernels on other machines ---===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/estimate/KernelTime.h"
#include "targets/TargetModel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace snap;

static KernelKey parsed(const std::string &text) {
  std::string error;
  std::optional<KernelKey> key = KernelKey::parse(text, error);
  EXPECT_TRUE(key) << text << ": " << error;
  EXPECT_EQ(key->verify(), "") << text;
  return *key;
}

/// rows x depth by a packed weight of depth x columns, in f16.
static KernelKey product(int64_t rows, int64_t columns, int64_t depth) {
  auto text = [](int64_t n) { return std::to_string(n); };
  return parsed("matmul(" + text(rows) + "x" + text(depth) + "xf16, " + text((columns + 15) / 16) + "x" + text(depth) +
                "x16xf16) -> " + text(rows) + "x" + text(columns) + "xf16 {columns=[" + text(columns) +
                "], packed=[1]}");
}

/// A direct 3x3 convolution of square images.
static KernelKey convolution(int64_t side, int64_t inputs, int64_t outputs, const std::string &type = "f16",
                             const std::string &ints = "strides=[1,1]", int64_t outSide = 0) {
  auto text = [](int64_t n) { return std::to_string(n); };
  auto image = [&](int64_t s, int64_t channels) {
    return "2x" + text(s) + "x" + text(s) + "x" + text(channels) + "x" + type;
  };
  return parsed("conv2d.direct(" + image(side, inputs) + ", " + text((outputs + 15) / 16) + "x3x3x" + text(inputs) +
                "x16x" + type + ") -> " + image(outSide ? outSide : side, outputs) + " {channels=[" + text(outputs) +
                "], dilations=[1,1], groups=[1], pads=[1,1,1,1], " + ints + "}");
}

static Processor gpu(const char *name) { return gpuOf(*findDevice(name)); }
static const Efficiency &typical(bool ofGpu = true) { return *findEfficiency("typical", ofGpu); }
static double seconds(const KernelKey &key, const Processor &p, Algorithm algorithm = Algorithm::Default) {
  return kernelTime(key, p, typical(p.isGpu), algorithm).seconds;
}

//===----------------------------------------------------------------------===//
// What the model was calibrated on
//===----------------------------------------------------------------------===//

/// GFLOPS of square products of f16 on an M1 Max of 32 cores, published with metal-flash-attention (README at 20f0d03).
struct PublishedProduct {
  int64_t size;
  double best, mps;
};
static const PublishedProduct publishedProducts[] = {
    {256, 3185, 2399},  {384, 5945, 4066},  {512, 7644, 5849},  {768, 8734, 5680},  {1024, 9353, 7336},
    {1280, 9109, 7102}, {1440, 9215, 6433}, {2048, 9618, 7729}, {3072, 9788, 7824}, {4096, 9778, 7771},
};

TEST(KernelTime, ProductsTakeWhatWasPublished) {
  const Efficiency *best = findEfficiency("best", true), *framework = findEfficiency("framework", true);
  double logs = 0;
  for (const PublishedProduct &row : publishedProducts) {
    double flop = 2 * std::pow(double(row.size), 3);
    auto gflops = [&](const Efficiency &efficiency) {
      // A product in a loop of products: operands are in the caches.
      KernelTime time = kernelTime(product(row.size, row.size, row.size), gpu("mac-m1-max"), efficiency);
      return flop / (time.multiplySeconds + time.launchSeconds) / 1e9;
    };
    SCOPED_TRACE(row.size);
    EXPECT_NEAR(gflops(*best) / row.best, 1, 0.1);
    // MPS is irregular: 768 is slower than 512, 1440 than 1280.
    EXPECT_NEAR(gflops(*framework) / row.mps, 1, 0.3);
    logs += std::log(gflops(*framework) / row.mps);
  }
  EXPECT_NEAR(std::exp(logs / std::size(publishedProducts)), 1, 0.05);
}

//===----------------------------------------------------------------------===//
// More of anything takes longer
//===----------------------------------------------------------------------===//

TEST(KernelTime, MoreWorkTakesNoLessTime) {
  for (const Processor &p : {gpu("iphone-14-pro"), gpu("mac-m1-ultra"), cpuOf(*findDevice("galaxy-s23"))}) {
    SCOPED_TRACE(p.about);
    double last[3] = {0, 0, 0};
    for (int64_t n : {8, 16, 40, 64, 100, 320, 1000, 2048, 5000}) {
      double now[3] = {seconds(product(n, 320, 320), p), seconds(product(320, n, 320), p),
                       seconds(product(320, 320, n), p)};
      for (int i = 0; i < 3; ++i) {
        EXPECT_GE(now[i], last[i]) << n << " in place " << i;
        last[i] = now[i];
      }
    }
  }
}

TEST(KernelTime, FasterDevicesTakeLess) {
  KernelKey key = convolution(64, 320, 320);
  const char *slowFirst[] = {"iphone-13-pro", "iphone-14-pro", "iphone-15-pro", "iphone-16-pro", "ipad-m1",
                             "ipad-m2",       "ipad-m4",       "mac-m1-pro",    "mac-m1-max",    "mac-m1-ultra"};
  for (size_t i = 1; i < std::size(slowFirst); ++i)
    EXPECT_LT(seconds(key, gpu(slowFirst[i])), seconds(key, gpu(slowFirst[i - 1]))) << slowFirst[i];
  EXPECT_LT(kernelTime(key, gpu("ipad-m1"), *findEfficiency("best", true)).seconds, seconds(key, gpu("ipad-m1")));
  EXPECT_GT(kernelTime(key, gpu("ipad-m1"), *findEfficiency("framework", true)).seconds, seconds(key, gpu("ipad-m1")));
}

TEST(KernelTime, MoreBytesTakeLonger) {
  Device slow = *findDevice("iphone-14-pro"), fast = slow;
  fast.gigabytesPerSecond *= 2;
  KernelKey key = product(8, 5120, 5120); // 52 MB of weights for eight rows
  KernelTime onSlow = kernelTime(key, gpuOf(slow), typical()), onFast = kernelTime(key, gpuOf(fast), typical());
  EXPECT_EQ(onSlow.bound, Bound::Memory);
  EXPECT_GT(onSlow.seconds, 1.5 * onFast.seconds);
  // As many multiplications with a weight of half the bytes.
  EXPECT_LT(seconds(product(16, 2560, 5120), gpuOf(slow)), onSlow.seconds);
}

//===----------------------------------------------------------------------===//
// Tails, cores, bounds
//===----------------------------------------------------------------------===//

TEST(KernelTime, TailsCostWholeBlocks) {
  Processor p = gpu("mac-m1-max");
  KernelTime whole = kernelTime(product(4096, 4096, 320), p, typical());
  KernelTime tail = kernelTime(product(4097, 4096, 320), p, typical());
  EXPECT_EQ(whole.macsDone, 4096.0 * 4096 * 320);
  EXPECT_GT(tail.macsDone, 4097.0 * 4096 * 320);
  EXPECT_GT(tail.multiplySeconds, whole.multiplySeconds);
  // Up to the next whole block nothing is added.
  EXPECT_EQ(kernelTime(product(4100, 4096, 320), p, typical()).multiplySeconds, tail.multiplySeconds);
  // A CPU's panels are 16 columns wide.
  Processor cpu = cpuOf(*findDevice("ipad-m2"));
  EXPECT_EQ(kernelTime(product(64, 17, 64), cpu, typical(false)).macsDone, 64.0 * 32 * 64);
}

TEST(KernelTime, FewThreadgroupsLeaveCoresIdle) {
  KernelKey small = product(64, 64, 4096), large = product(4096, 4096, 320);
  auto multiplySeconds = [](const KernelKey &key, const char *device) {
    return kernelTime(key, gpu(device), typical()).multiplySeconds;
  };
  // Twice the cores, of the same clock.
  EXPECT_EQ(multiplySeconds(small, "mac-m1-ultra"), multiplySeconds(small, "mac-m1-max"));
  EXPECT_NEAR(multiplySeconds(large, "mac-m1-max") / multiplySeconds(large, "mac-m1-ultra"), 2, 0.05);
}

TEST(KernelTime, SaysWhatBounds) {
  Processor p = gpu("iphone-14-pro");
  auto bound = [&](const KernelKey &key) { return kernelTime(key, p, typical()).bound; };
  EXPECT_EQ(bound(convolution(64, 320, 320)), Bound::Multiplications);
  EXPECT_EQ(bound(product(8, 5120, 5120)), Bound::Memory);
  EXPECT_EQ(bound(parsed("elementwise(64xf16) -> 64xf16 {} epilogue silu(in0)")), Bound::Launches);
  EXPECT_EQ(bound(parsed("elementwise(64x1000000xf16) -> 64x1000000xf16 {} epilogue silu(in0)")), Bound::Memory);
  KernelTime time = kernelTime(convolution(64, 320, 320), p, typical());
  EXPECT_NEAR(time.seconds,
              std::max({time.multiplySeconds, time.cacheSeconds, time.memorySeconds}) + time.launchSeconds, 1e-12);
}

TEST(KernelTime, StatisticsAreReadBeforeUnlessTheProducerLeftThem) {
  std::string shape = "conv2d.direct(2x64x64x320xf16, 20x3x3x320x16xf16, 320xf16, 320xf16) -> 2x64x64x320xf16 "
                      "{channels=[320], dilations=[1,1], groups=[1], norm=[32,2,3], pads=[1,1,1,1], strides=[1,1], "
                      "epsilon=[1e-05]}";
  KernelKey key = parsed(shape);
  EXPECT_EQ(workOf(key).statisticsBytes, 2.0 * 64 * 64 * 320 * 2);
  EXPECT_EQ(kernelTime(key, gpu("ipad-m2"), typical()).launches, 2);
  key.ints["norm_moments"] = {4};
  EXPECT_EQ(workOf(key).statisticsBytes, 0);
  EXPECT_EQ(kernelTime(key, gpu("ipad-m2"), typical()).launches, 1);
}

//===----------------------------------------------------------------------===//
// Algorithms
//===----------------------------------------------------------------------===//

TEST(KernelTime, WinogradMultipliesLess) {
  KernelKey key = convolution(64, 320, 320);
  Processor p = gpu("iphone-14-pro"), cpu = cpuOf(*findDevice("iphone-14-pro"));
  for (const Processor &processor : {p, cpu}) {
    SCOPED_TRACE(processor.about);
    auto part = [&](Algorithm algorithm) {
      return kernelTime(key, processor, typical(processor.isGpu), algorithm).macsDone / double(key.macs());
    };
    EXPECT_EQ(part(Algorithm::Direct), 1);
    // A quarter and four ninths, and the transforms.
    EXPECT_GT(part(Algorithm::Winograd4), 1.0 / 4);
    EXPECT_LT(part(Algorithm::Winograd4), 0.4);
    EXPECT_GT(part(Algorithm::Winograd2), 4.0 / 9);
    EXPECT_LT(part(Algorithm::Winograd2), 0.6);
    EXPECT_EQ(fastestAlgorithm(key, processor, typical(processor.isGpu)), Algorithm::Winograd4);
  }
  EXPECT_EQ(workOf(key, Algorithm::Winograd4).weightBytes, 4 * workOf(key).weightBytes);
  EXPECT_EQ(workOf(key, Algorithm::Winograd2).weightBytes * 9, 16 * workOf(key).weightBytes);
}

/// Millions of instructions that kernels of ours take on arm64, counted under qemu (docs/guide/arm64.md): those that multiply
/// and add, and all.
struct CountedKernel {
  KernelKey key;
  Algorithm algorithm;
  double multiplying, all;
};

TEST(KernelTime, CountsTheMultiplicationsOfKernelsOnArm) {
  auto conv = [](int64_t side, int64_t inputs, int64_t outputs, const char *type) {
    KernelKey key = convolution(side, inputs, outputs, type);
    key.inputs[0].shape[0] = key.outputs[0].shape[0] = 1;
    return key;
  };
  KernelKey linear = product(256, 2560, 640);
  const CountedKernel counted[] = {
      {conv(32, 320, 320, "f32"), Algorithm::Winograd4, 60.3, 75.1},
      {conv(32, 320, 320, "f16"), Algorithm::Winograd4, 28.0, 40.9},
      {conv(64, 256, 256, "f32"), Algorithm::Winograd4, 154.6, 197.1},
      {conv(64, 256, 256, "f16"), Algorithm::Winograd4, 71.9, 107.8},
      {linear, Algorithm::Default, 52.4, 64.0},
  };
  Processor cpu = cpuOf(*findDevice("galaxy-s23"));
  for (const CountedKernel &row : counted) {
    SCOPED_TRACE(row.key.str());
    // Of a Winograd kernel also what transforms do in their place.
    double lanes = 16.0 / double(byteSize(row.key.inputs[0].type));
    double vectors = kernelTime(row.key, cpu, typical(false), row.algorithm).macsDone / lanes / 1e6;
    EXPECT_GE(vectors, 0.99 * row.multiplying);
    EXPECT_LE(vectors, row.all);
  }
}

TEST(KernelTime, KnowsWhatAnAlgorithmCanCompute) {
  for (Algorithm algorithm : {Algorithm::Winograd2, Algorithm::Winograd4}) {
    EXPECT_TRUE(canCompute(convolution(64, 320, 320), algorithm));
    EXPECT_FALSE(canCompute(convolution(64, 320, 320, "f16", "strides=[2,2]", 32), algorithm));
    EXPECT_FALSE(canCompute(convolution(32, 320, 320, "f16", "strides=[1,1], upsample=[2]", 64), algorithm));
    EXPECT_EQ(canCompute(convolution(32, 320, 320, "f32", "strides=[1,1], upsample=[2]", 64), algorithm),
              algorithm == Algorithm::Winograd4);
    EXPECT_FALSE(canCompute(product(8, 8, 8), algorithm));
  }
  KernelKey strided = convolution(64, 320, 320, "f16", "strides=[2,2]", 32);
  EXPECT_EQ(fastestAlgorithm(strided, gpu("ipad-m2"), typical()), Algorithm::Direct);
  EXPECT_EQ(fastestAlgorithm(product(64, 64, 64), gpu("ipad-m2"), typical()), Algorithm::Default);
}

TEST(KernelTime, DirectAgainFromWeightsOfWinograd) {
  KernelKey winograd = parsed("conv2d.winograd4(2x64x64x320xf16, 36x20x320x16xf16) -> 2x64x64x320xf16 {channels=[320], "
                              "dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}");
  KernelKey direct = convolution(64, 320, 320);
  Processor p = gpu("iphone-16-pro");
  EXPECT_EQ(seconds(winograd, p, Algorithm::Direct), seconds(direct, p));
  EXPECT_EQ(seconds(winograd, p), seconds(direct, p, Algorithm::Winograd4));
}

TEST(KernelTime, AttentionWithoutFusionMovesItsScores) {
  KernelKey key = parsed("attention(2x4096x320xf16, 2x4096x320xf16, 2x4096x320xf16) -> 2x4096x320xf16 {causal=[0], "
                         "heads=[8], mask=[-1], scale=[0.15]}");
  Processor p = gpu("iphone-13-pro");
  KernelTime fused = kernelTime(key, p, typical());
  KernelTime apart = kernelTime(key, p, *findEfficiency("framework", true));
  EXPECT_EQ(fused.bound, Bound::Multiplications);
  // 16 heads of 4096 x 4096 scores, written and read, twice.
  EXPECT_NEAR(apart.memoryBytes - fused.memoryBytes, 4 * 16 * 4096.0 * 4096 * 2, 1e8);
  EXPECT_GT(apart.seconds, 1.5 * fused.seconds);
}

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

TEST(Device, RatesAreThoseOfTheSources) {
  EXPECT_NEAR(2 * gpu("iphone-14-pro").f16Macs / 1e12, 1.789, 1e-3);
  EXPECT_NEAR(2 * gpu("ipad-m2").f32Macs / 1e12, 3.579, 1e-3);
  EXPECT_NEAR(2 * gpu("mac-m1-max").f16Macs / 1e12, 10.617, 1e-3);
  EXPECT_NEAR(2 * gpu("mac-m1-ultra").f16Macs / 1e12, 21.233, 1e-3);
  // X3 at 64 a cycle, two A715 and two A710 at 32.
  EXPECT_NEAR(2 * cpuOf(*findDevice("galaxy-s23")).f16Macs / 1e9, 3.36 * 64 + 4 * 2.8 * 32, 1e-6);
  EXPECT_NEAR(2 * cpuOf(*findDevice("galaxy-s23"), 2).f32Macs / 1e9, 3.36 * 32 + 2.8 * 16, 1e-6);
  EXPECT_EQ(cpuOf(*findDevice("galaxy-s23"), 2).about, "1 x Cortex-X3 at 3.36 GHz, 1 x Cortex-A715 at 2.80 GHz");
}

TEST(Device, EveryOneCanBeCompiledFor) {
  std::vector<std::string> names;
  for (const Device &device : devices()) {
    SCOPED_TRACE(device.name);
    EXPECT_EQ(findDevice(device.name), &device) << "two of one name";
    EXPECT_FALSE(device.cpu.empty());
    EXPECT_GT(device.gigabytesPerSecond, 0);
    EXPECT_GT(device.sharedCacheMegabytes, 0);
    std::string error;
    EXPECT_TRUE(TargetModel::get(device.target, device.cpuModel, error)) << error;
  }
  EXPECT_EQ(findDevice("iphone-3"), nullptr);
  for (const char *name : {"iphone-14-pro", "iphone-15-pro", "iphone-16-pro", "ipad-m2", "ipad-m4"})
    EXPECT_TRUE(findDevice(name)) << name;
}
