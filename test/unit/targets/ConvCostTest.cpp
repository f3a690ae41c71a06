//===- ConvCostTest.cpp - Which algorithm a convolution deserves ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/ConvCost.h"

#include <gtest/gtest.h>

using namespace snap;

static TargetModel modelOf(const char *target, const char *cpu) {
  std::string error;
  return *TargetModel::get(target, cpu, error);
}

static bool pays(const TargetModel &model, ConvShape shape, int64_t tile = 4) {
  return winogradPays(directCost(shape, model), winogradCost(shape, tile, model), model);
}

TEST(ConvCost, WinogradPaysOnLargeImagesWithManyChannels) {
  for (const TargetModel &model : {modelOf("x86_64-linux", "avx2"), modelOf("x86_64-linux", "avx512"),
                                   modelOf("arm64-ios", "apple-a14"), modelOf("arm64-android", "armv8.2")}) {
    SCOPED_TRACE(model.cpu);
    EXPECT_TRUE(pays(model, {2, 64, 64, 320, 320, 9, false}));
    EXPECT_TRUE(pays(model, {1, 512, 512, 64, 64, 9, false}));
    EXPECT_TRUE(pays(model, {2, 32, 32, 1920, 640, 9, false}));
    EXPECT_TRUE(pays(model, {1, 32, 32, 640, 640, 9, false}));
    EXPECT_TRUE(pays(model, {1, 512, 512, 128, 128, 9, true}));
    // More weight than image: where memory is dear F(2,3) at most.
    bool isServer = model.arch == Arch::X86_64;
    EXPECT_EQ(pays(model, {2, 16, 16, 1280, 1280, 9, false}), isServer);
    EXPECT_TRUE(pays(model, {2, 16, 16, 1280, 1280, 9, false}, 2));
    EXPECT_EQ(pays(model, {2, 8, 8, 1280, 1280, 9, false}, 2), isServer);
    EXPECT_FALSE(pays(model, {2, 8, 8, 1280, 1280, 9, false}));
    EXPECT_FALSE(pays(model, {2, 64, 64, 320, 4, 9, false})); // mostly transforms
    EXPECT_FALSE(pays(model, {2, 64, 64, 4, 320, 9, false}));
    EXPECT_FALSE(pays(model, {500, 1, 1, 320, 320, 9, false})); // mostly padding
  }
}

TEST(ConvCost, CountsWhatAnEnlargedImageSaves) {
  TargetModel model = modelOf("x86_64-linux", "avx512");
  ConvShape shape = {1, 512, 512, 128, 128, 9, false}, enlarged = shape;
  enlarged.enlarged = true;
  ConvCost whole = winogradCost(shape, 4, model), part = winogradCost(enlarged, 4, model);
  EXPECT_EQ(part.weightBytes * 36, whole.weightBytes * 25);
  EXPECT_LT(part.cycles, whole.cycles);
  EXPECT_LT(part.scratchBytes, whole.scratchBytes);
  EXPECT_EQ(directCost(enlarged, model).weightBytes, directCost(shape, model).weightBytes);
}

// Twice the lanes and half the bytes, by either algorithm.
TEST(ConvCost, HalfTakesHalf) {
  TargetModel model = modelOf("arm64-linux", "generic");
  ConvShape shape = {2, 64, 64, 320, 320, 9, false}, half = shape;
  half.half = true;
  EXPECT_EQ(2 * directCost(half, model).cycles, directCost(shape, model).cycles);
  EXPECT_EQ(2 * directCost(half, model).weightBytes, directCost(shape, model).weightBytes);
  ConvCost f16 = winogradCost(half, 2, model), f32 = winogradCost(shape, 2, model);
  EXPECT_EQ(2 * f16.weightBytes, f32.weightBytes);
  EXPECT_LT(f16.scratchBytes, f32.scratchBytes); // sums stay f32
  EXPECT_TRUE(pays(model, half, 2));
}

TEST(ConvCost, BlocksCoverEveryTile) {
  for (int64_t tiles : {1, 3, 16, 17, 100})
    for (int64_t inputs : {3, 64, 2560}) {
      WinogradBlock block = winogradBlock({tiles % 2 ? 2 : 4, false}, tiles, tiles, 2, inputs);
      EXPECT_GE(block.x, 1);
      EXPECT_GE(block.y, 1);
      EXPECT_LE(block.x, tiles);
      EXPECT_LE(block.y, tiles);
      if (block.byOutputs)
        EXPECT_EQ(block.tiles(), tiles * tiles * 2);
      else
        EXPECT_LE(block.tiles(), 64);
    }
}
