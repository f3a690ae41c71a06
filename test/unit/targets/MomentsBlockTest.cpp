//===- MomentsBlockTest.cpp - Blocks that kernels make moments of ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/MomentsBlock.h"

#include <gtest/gtest.h>

using namespace snap;
using Block = std::vector<int64_t>;

static Block blockOf(const std::string &text, int64_t points) {
  std::string error;
  std::optional<KernelKey> key = KernelKey::parse(text, error);
  EXPECT_TRUE(key) << error;
  std::optional<TargetModel> target = TargetModel::get("x86_64-linux", "avx2", error);
  return key && key->verify().empty() ? momentsBlock(*key, points, *target) : Block{-1};
}

static std::string winograd(int64_t batch, int64_t height, int64_t width, int64_t channels) {
  std::string image = std::to_string(batch) + "x" + std::to_string(height) + "x" + std::to_string(width) + "x",
              depth = std::to_string(channels);
  return "conv2d.winograd4(" + image + depth + "xf32, 36x2x" + depth + "x16xf32) -> " + image +
         "32xf32 {channels=[32], dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}";
}

TEST(MomentsBlock, OfWinogradIsABlockOfTiles) {
  EXPECT_EQ(blockOf(winograd(1, 512, 512, 64), 512 * 512), (Block{16, 64}));
  EXPECT_EQ(blockOf(winograd(1, 512, 512, 512), 512 * 512), (Block{16, 64}));
  // With 1,920 channels at most 32 tiles are a block; 24 in a row are two of 12.
  EXPECT_EQ(blockOf(winograd(1, 160, 96, 1920), 160 * 96), (Block{8, 48}));
  // Few tiles: tasks are panels, and a block is the image.
  EXPECT_EQ(blockOf(winograd(2, 32, 32, 640), 32 * 32), (Block{32, 32}));
  EXPECT_EQ(blockOf(winograd(2, 9, 7, 64), 63), (Block{9, 7}));
}

TEST(MomentsBlock, IsEmptyWhereNoneDivides) {
  EXPECT_EQ(blockOf(winograd(1, 510, 510, 64), 510 * 510), Block()); // not whole tiles
  EXPECT_EQ(blockOf(winograd(1, 428, 428, 64), 428 * 428), Block()); // 107 tiles, a prime
}

TEST(MomentsBlock, OfAProductHoldsRowsOfOneImage) {
  const std::string columns = "x8xf32, 1x8x16xf32) -> ", attributes = "x8xf32 {columns=[8], packed=[1]}";
  EXPECT_EQ(blockOf("matmul(4096" + columns + "4096" + attributes, 4096), (Block{256}));
  EXPECT_EQ(blockOf("matmul(2048" + columns + "2048" + attributes, 64), (Block{64}));
  EXPECT_EQ(blockOf("matmul(600" + columns + "600" + attributes, 300), (Block{150}));
  EXPECT_EQ(blockOf("matmul(202" + columns + "202" + attributes, 101), (Block{101}));
  EXPECT_EQ(blockOf("matmul(514" + columns + "514" + attributes, 257), Block()); // a prime above 256
}

TEST(MomentsBlock, OfADirectConvolutionHasATasksPixels) {
  const std::string attributes = " {channels=[8], dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}";
  EXPECT_EQ(blockOf("conv2d.direct(1x64x64x4xf32, 1x3x3x4x16xf32) -> 1x64x64x8xf32" + attributes, 4096),
            (Block{4, 64}));
  EXPECT_EQ(blockOf("conv2d.direct(1x30x100x4xf32, 1x3x3x4x16xf32) -> 1x30x100x8xf32" + attributes, 3000),
            (Block{5, 50}));
  EXPECT_EQ(blockOf("conv2d.direct(1x5x3x4xf32, 1x3x3x4x16xf32) -> 1x5x3x8xf32" + attributes, 15), Block());
}
