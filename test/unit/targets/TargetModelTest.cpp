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
