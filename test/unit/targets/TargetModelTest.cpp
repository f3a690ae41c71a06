//===- TargetModelTest.cpp - Targets by name and their tiles --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/TargetModel.h"

#include <gtest/gtest.h>

using namespace snap;

TEST(TargetModel, EveryNameGivesAModel) {
  for (const std::string &target : TargetModel::targets()) {
    std::string error;
    ASSERT_FALSE(TargetModel::cpus(target).empty());
    for (const std::string &cpu : TargetModel::cpus(target)) {
      std::optional<TargetModel> model = TargetModel::get(target, cpu, error);
      ASSERT_TRUE(model) << error;
      EXPECT_EQ(model->target, target);
      EXPECT_EQ(model->cpu, cpu);
    }
    EXPECT_TRUE(TargetModel::get(target, "", error)) << error;
  }
}

TEST(TargetModel, UnknownNamesListTheKnownOnes) {
  std::string error;
  EXPECT_FALSE(TargetModel::get("riscv64-linux", "", error));
  EXPECT_NE(error.find("'riscv64-linux'; expected host or one of x86_64-linux, arm64-linux"), std::string::npos);
  EXPECT_FALSE(TargetModel::get("arm64-ios", "avx2", error));
  EXPECT_NE(error.find("unknown cpu 'avx2' for target 'arm64-ios'"), std::string::npos);
}

// Every Arm but the baseline multiplies in f16, 8 lanes of 16 bytes, and names of one thing agree.
TEST(TargetModel, ArmProcessors) {
  std::string error;
  for (const char *cpu : {"generic", "apple-a16", "cortex-x3", "cortex-a715", "neoverse-v2"})
    for (const char *target : {"arm64-linux", "arm64-android", "arm64-ios", "arm64-macos"}) {
      std::optional<TargetModel> model = TargetModel::get(target, cpu, error);
      ASSERT_TRUE(model) << error;
      EXPECT_TRUE(model->hasF16Arithmetic) << cpu;
      EXPECT_EQ(model->lanes(2), 8) << cpu;
      EXPECT_EQ(model->vectorRegisters, 32) << cpu;
      // Packed weights are the same on all: a library may be linked with any.
      EXPECT_EQ(model->gemmTile(4096, 320).columns, 16) << cpu;
      EXPECT_GE(model->l2Bytes, 4 * model->l1Bytes) << cpu;
    }
  EXPECT_FALSE(TargetModel::get("arm64-linux", "armv8.0", error)->hasF16Arithmetic);
  TargetModel generic = *TargetModel::get("arm64-linux", "generic", error);
  TargetModel named = *TargetModel::get("arm64-linux", "armv8.2", error);
  EXPECT_EQ(generic.l1Bytes, named.l1Bytes);
  EXPECT_EQ(generic.l2Bytes, named.l2Bytes);
}

// Accumulators, one row of the panel and a broadcast element fit the registers.
TEST(TargetModel, TilesFitTheRegisters) {
  for (const std::string &target : TargetModel::targets())
    for (const std::string &cpu : TargetModel::cpus(target)) {
      std::string error;
      TargetModel model = *TargetModel::get(target, cpu, error);
      for (int64_t columns : {1, 3, 4, 16, 40, 64, 77, 128, 320, 512, 640, 768, 1280, 10240}) {
        GemmTile tile = model.gemmTile(4096, columns);
        ASSERT_EQ(tile.columns % model.lanes(4), 0);
        int64_t vectors = tile.columns / model.lanes(4);
        EXPECT_LE(tile.rows * vectors + vectors + 1, model.vectorRegisters) << cpu << " " << columns;
        // Padding never costs more than a vector's worth of a narrow output.
        EXPECT_LT((columns + tile.columns - 1) / tile.columns * tile.columns - columns, 16) << cpu << " " << columns;
        EXPECT_EQ(model.gemmTile(2, columns).rows, 2);
        EXPECT_EQ(model.gemmTile(2, columns).columns, tile.columns);
      }
    }
}
