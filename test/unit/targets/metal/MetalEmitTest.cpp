//===- MetalEmitTest.cpp - What emitted kernels promise, without running ---===//
//
// Limits of the GPU for every case and full-size shape, the same bytes for the
// same key, one function for many sizes, and every row of the tile tables used.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalCases.h"
#include "MetalLimits.h"

#include "targets/metal/TileCost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace snap;
using namespace snap::metal;
using testing::HasSubstr;

static MetalKernel emitted(const std::string &text) {
  std::string error;
  std::optional<MetalKernel> kernel = emitMetalKernel(keyOf(text), MetalModel(), error);
  EXPECT_TRUE(kernel) << error;
  return kernel ? *kernel : MetalKernel();
}

static std::vector<KernelKey> allKeys() {
  std::vector<KernelKey> keys;
  for (const auto &cases :
       {kernelCases(), kernelCasesF16(), metalCases(false), metalCases(true), momentsCases(false), momentsCases(true)})
    for (const KernelCase &kernelCase : cases)
      keys.push_back(kernelCase.key);
  return keys;
}

// Shapes of the full-size SnapFusion pipeline, too large to run here.
static const char *const fullSize[] = {
    "conv2d.direct(2x64x64x320xf16, 5x3x3x320x64xf16, 320xf16, 320xf16, 2x1x1x320xf16) -> 2x64x64x320xf16 "
    "{channels=[320], dilations=[1,1], groups=[1], norm=[32,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} "
    "prologue silu(acc) epilogue add(acc, in4)",
    "conv2d.direct(1x256x256x64xf16, 1x3x3x64x64xf16, 64xf16) -> 1x512x512x64xf16 {channels=[64], dilations=[1,1], "
    "groups=[1], pads=[1,1,1,1], strides=[1,1], upsample=[2]} epilogue add(acc, in2)",
    "matmul(2x1024x640xf16, 80x640x64xf16, 2560xf16, 2560xf16) -> 2x1024x2560xf16 {columns=[2560], gated=[1], "
    "packed=[1]} epilogue mul(add(acc, in2), gelu(add(gate, in3)))",
    "attention(2x4096x320xf16, 2x4096x320xf16, 2x4096x320xf16) -> 2x4096x320xf16 {causal=[0], heads=[8], "
    "scale=[0.15811388300841897]}",
    "attention(2x256x1280xf16, 2x77x1280xf16, 2x77x1280xf16) -> 2x256x1280xf16 {causal=[0], heads=[8], "
    "scale=[0.07905694150420949]}",
    "attention(1x4096x512xf16, 1x4096x512xf16, 1x4096x512xf16) -> 1x4096x512xf16 {causal=[0], heads=[1], "
    "scale=[0.04419417382415922]}",
};

TEST(MetalEmit, limitsOfTheGpuAreKept) {
  std::vector<KernelKey> keys = allKeys();
  for (const char *text : fullSize)
    keys.push_back(keyOf(text));
  size_t checked = 0;
  for (const KernelKey &key : keys) {
    std::string error;
    std::optional<MetalKernel> kernel = emitMetalKernel(key, MetalModel(), error);
    if (!kernel)
      continue;
    expectLimits(key, *kernel);
    checked += kernel->dispatches.size();
  }
  EXPECT_GT(checked, 400u);
}

TEST(MetalEmit, theSameKeyGivesTheSameBytes) {
  std::vector<MetalKernel> kernels[2];
  std::string sources[2];
  for (int run : {0, 1}) {
    std::vector<const MetalKernel *> pointers;
    for (const KernelKey &key : allKeys()) {
      std::string error;
      if (std::optional<MetalKernel> kernel = emitMetalKernel(key, MetalModel(), error))
        kernels[run].push_back(*kernel);
    }
    for (const MetalKernel &kernel : kernels[run])
      pointers.push_back(&kernel);
    if (run == 1) // whatever the order
      std::reverse(pointers.begin(), pointers.end());
    sources[run] = metalSource(pointers);
  }
  EXPECT_EQ(sources[0], sources[1]);
  for (size_t i = 0; i < kernels[0].size(); ++i)
    for (size_t d = 0; d < kernels[0][i].dispatches.size(); ++d)
      EXPECT_EQ(kernels[0][i].dispatches[d].constants, kernels[1][i].dispatches[d].constants);
}

TEST(MetalEmit, sizesShareAFunction) {
  MetalKernel a = emitted("matmul(1024x320xf16, 10x320x64xf16, 640xf16) -> 1024x640xf16 {columns=[640], packed=[1]} "
                          "epilogue add(acc, in2)");
  MetalKernel b = emitted("matmul(512x640xf16, 20x640x64xf16, 1280xf16) -> 512x1280xf16 {columns=[1280], packed=[1]} "
                          "epilogue add(acc, in2)");
  MetalKernel c = emitted("matmul(512x640xf16, 20x640x64xf16) -> 512x1280xf16 {columns=[1280], packed=[1]}");
  EXPECT_EQ(a.functions[0].name, b.functions[0].name);
  EXPECT_EQ(a.functions[0].text, b.functions[0].text);
  EXPECT_NE(a.dispatches[0].constants, b.dispatches[0].constants);
  EXPECT_NE(b.functions[0].name, c.functions[0].name);
  EXPECT_THAT(a.functions[0].name, HasSubstr("gemm_f16_64x64x32_2x2_"));
  std::string source = metalSource({&a, &b, &c});
  EXPECT_EQ(source.find("kernel void " + a.functions[0].name), source.rfind("kernel void " + a.functions[0].name));
}

TEST(MetalEmit, everyTileIsTested) {
  std::string names;
  for (const KernelKey &key : allKeys()) {
    std::string error;
    if (std::optional<MetalKernel> kernel = emitMetalKernel(key, MetalModel(), error))
      for (const MetalFunction &function : kernel->functions)
        names += function.name + "\n";
  }
  auto expectTested = [&](const std::string &stem) { EXPECT_NE(names.find(stem), std::string::npos) << stem; };
  for (const char *type : {"f16", "f32"})
    for (std::string stem :
         {"gemm_T_8x64x32_1x4", "gemm_gated_T_8x32x32_1x4", "gemm_T_64x64x32_2x2", "gemm_gated_T_64x32x32_2x2",
          "gemm_T_64x32x32_2x2", "conv3x3_T_64x32x32_2x2", "gemm_T_32x32x32_2x2", "gemm_gated_T_32x32x32_2x2",
          "conv3x3_T_64x64x32_2x2", "conv3x3_T_32x32x32_2x2", "attention_T_d40_", "attention_T_d64_",
          "attention_T_d80_", "attention_T_d160_32x32x160", "attention_T_d512_32x32x128"})
      expectTested(stem.replace(stem.find("_T_") + 1, 1, type));
  // A Winograd kernel's name ends in images, rows and columns of tiles, channels, and simdgroups.
  for (const char *stem : {"x64_18_", "x32_9_", "x64_13_", "x32_7_", "x64_16_", "x32_8_"})
    expectTested(stem);
  // Moments are made and taken by the kernels themselves, and by dispatches of their own where blocks ask for it.
  for (const char *stem : {"block_moments_f16", "block_moments_f32", "combine_moments_f16", "combine_moments_f32"})
    expectTested(stem);
  for (const char *op : {"matmul", "conv2d.direct", "conv2d.winograd4"}) {
    auto apart = [&](const KernelKey &key) {
      std::string error;
      std::optional<MetalKernel> kernel = emitMetalKernel(key, MetalModel(), error);
      return key.str().find(op) != 0 || !key.ints.count("moments") || !key.ints.count("norm_moments") ||
             key.inputs[0].type != ElementType::F16 || !kernel || kernel->dispatches.size() > 1;
    };
    std::vector<KernelKey> keys = allKeys();
    EXPECT_FALSE(std::all_of(keys.begin(), keys.end(), apart)) << op;
  }
  // f32 takes twice the memory.
  expectTested("attention_f16_d80_64x32x80");
  expectTested("attention_f32_d80_32x32x80");
}

// By hand: 2x2 simdgroups of 4x4 matrices load 8 for 16 products. Of 64x64 outputs and 512 of the depth, f16 operands
// are written (64 + 64) * 512 * 2 bytes, read 64 steps * 4 simdgroups * 8 matrices * 128 bytes, and sums 64 * 64 * 8.
TEST(MetalEmit, aTilesCostIsCounted) {
  std::optional<TileCost> cost = tileCost(keyOf("matmul(512x512xf16, 8x512x64xf16) -> 512x512xf16 {columns=[512], "
                                                "packed=[1]}"),
                                          MetalModel());
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->tile, "gemm_f16_64x64x32_2x2");
  EXPECT_EQ(cost->multipliesPerLoad, 2);
  EXPECT_EQ(cost->threadgroupBytes, 64 * 64 * 4);
  EXPECT_EQ(cost->threads, 128);
  EXPECT_EQ(cost->macs, 512. * 512 * 512);
  EXPECT_NEAR(cost->bytesPerMac, (131072. + 262144 + 32768) / (64 * 64 * 512), 1e-9);
  // An f32 tile of twice the operands' bytes takes as many products.
  std::optional<TileCost> wide = tileCost(keyOf("matmul(512x512xf32, 8x512x64xf32) -> 512x512xf32 {columns=[512], "
                                                "packed=[1]}"),
                                          MetalModel());
  ASSERT_TRUE(wide);
  EXPECT_GT(wide->bytesPerMac, 1.8 * cost->bytesPerMac);
  EXPECT_EQ(wide->macs, cost->macs);
  EXPECT_EQ(residentThreads(52), 1024);
  EXPECT_EQ(residentThreads(53), 896);
  EXPECT_EQ(residentThreads(129), 0);
  EXPECT_FALSE(tileCost(keyOf("elementwise(4xf32) -> 4xf32 {} epilogue silu(in0)"), MetalModel()));
}

// Blocks are what a threadgroup computes, and nothing where that does not divide the image.
TEST(MetalEmit, momentsAreOfThreadgroupsBlocks) {
  auto block = [](const std::string &text, int64_t points) { return momentsBlock(keyOf(text), points, MetalModel()); };
  using List = std::vector<int64_t>;
  auto conv = [](const std::string &op, const std::string &weights, int64_t height, int64_t width) {
    std::string image = "x" + std::to_string(height) + "x" + std::to_string(width);
    return op + "(2" + image + "x64xf16, " + weights + "xf16) -> 2" + image + "x640xf16 {channels=[640], " +
           "dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}";
  };
  EXPECT_EQ(block(conv("conv2d.winograd4", "36x10x64x64", 32, 32), 1024), (List{16, 16}));
  EXPECT_EQ(block(conv("conv2d.winograd4", "36x10x64x64", 24, 32), 768), (List{8, 32}));
  EXPECT_EQ(block(conv("conv2d.winograd4", "36x10x64x64", 31, 31), 961), List{});
  EXPECT_EQ(block(conv("conv2d.direct", "10x3x3x64x64", 16, 16), 256), (List{4, 16}));
  EXPECT_EQ(block(conv("conv2d.direct", "10x3x3x64x64", 4, 128), 512), (List{1, 64}));
  EXPECT_EQ(block(conv("conv2d.direct", "10x3x3x64x64", 31, 31), 961), List{});
  std::string product = "matmul(2048x64xf16, 10x64x64xf16) -> 2048x640xf16 {columns=[640], packed=[1]}";
  EXPECT_EQ(block(product, 1024), List{64});
  EXPECT_EQ(block(product, 32), List{32});
  EXPECT_EQ(block(product, 8), List{});
}

TEST(MetalEmit, refusalsSayWhy) {
  std::string error;
  EXPECT_FALSE(emitMetalKernel(keyOf("attention(1x4x8xf32, 1x4x8xf16, 1x4x8xf16) -> 1x4x8xf32 {causal=[0], heads=[1], "
                                     "scale=[1.0]}"),
                               MetalModel(), error));
  EXPECT_EQ(error, "attention on metal: queries, keys and values of different types");
  EXPECT_FALSE(emitMetalKernel(KernelKey(), MetalModel(), error));
  EXPECT_EQ(error, "elementwise: has 0 outputs, expected 1");
  MetalModel small;
  small.threadgroupBytes = 8 << 10;
  EXPECT_FALSE(
      emitMetalKernel(keyOf("matmul(64x64xf32, 1x64x64xf32) -> 64x64xf32 {columns=[64], packed=[1]}"), small, error));
  EXPECT_THAT(error, HasSubstr("bytes of threadgroup memory, the GPU has 8192"));
}
