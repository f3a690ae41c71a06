//===- KernelScheduleTest.cpp - Schedules as text, and which are measured -===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelSchedule.h"

#include <gtest/gtest.h>

#include <set>

using namespace snap;

TEST(KernelSchedule, textIsReadBack) {
  KernelSchedule schedule;
  EXPECT_EQ(schedule.str(), "own");
  schedule.set("rows", 96);
  schedule.set("depth", 128);
  EXPECT_EQ(schedule.str(), "depth=128 rows=96");
  std::string error;
  for (const KernelSchedule &one : {schedule, KernelSchedule()}) {
    std::optional<KernelSchedule> read = KernelSchedule::parse(one.str(), error);
    ASSERT_TRUE(read) << error;
    EXPECT_EQ(*read, one);
  }
  EXPECT_EQ(schedule.get("depth", 7), 128);
  EXPECT_EQ(schedule.get("panels", 7), 7);
}

TEST(KernelSchedule, refusesWhatIsNoSchedule) {
  std::pair<const char *, const char *> cases[] = {
      {"", "expected 'own' or NAME=SIZE"},
      {"depth", "expected NAME=SIZE of every name once, got 'depth'"},
      {"depth=", "expected NAME=SIZE of every name once, got 'depth='"},
      {"=3", "expected NAME=SIZE of every name once, got '=3'"},
      {"depth=-3", "expected NAME=SIZE of every name once, got 'depth=-3'"},
      {"depth=99999999999999999999", "expected NAME=SIZE of every name once, got 'depth=99999999999999999999'"},
      {"depth=3 depth=4", "expected NAME=SIZE of every name once, got 'depth=4'"},
  };
  for (auto [text, message] : cases) {
    std::string error;
    EXPECT_FALSE(KernelSchedule::parse(text, error)) << text;
    EXPECT_EQ(error, message);
  }
}

TEST(KernelSchedule, candidatesAreDistinctAndOfOneSize) {
  std::string error;
  std::optional<TargetModel> model = TargetModel::get("x86_64-linux", "avx512", error);
  ASSERT_TRUE(model) << error;
  const char *keys[] = {
      "matmul(16x32xf32, 1x32x64xf32) -> 16x64xf32 {columns=[64], packed=[1]}",
      "conv2d.direct(1x8x8x16xf32, 1x3x3x16x64xf32) -> 1x8x8x64xf32 {channels=[64], dilations=[1,1], groups=[1], "
      "pads=[1,1,1,1], strides=[1,1]}",
      "conv2d.winograd4(1x8x8x16xf32, 36x1x16x64xf32) -> 1x8x8x64xf32 {channels=[64], dilations=[1,1], groups=[1], "
      "pads=[1,1,1,1], strides=[1,1]}",
      "attention(1x16x16xf32, 1x16x16xf32, 1x16x16xf32) -> 1x16x16xf32 {causal=[0], heads=[2], scale=[0.35]}",
  };
  for (const char *text : keys) {
    std::optional<KernelKey> key = KernelKey::parse(text, error);
    ASSERT_TRUE(key) << error;
    std::set<std::string> seen;
    for (const KernelSchedule &candidate : candidateSchedules(*key, *model)) {
      EXPECT_EQ(candidate.values().size(), 1u);
      EXPECT_TRUE(seen.insert(candidate.str()).second) << candidate.str();
    }
    EXPECT_GE(seen.size(), 5u) << text;
  }
  // Sizes past the extent are the whole of it: one of them is enough.
  std::optional<KernelKey> product =
      KernelKey::parse("matmul(100x128xf32, 2x128x64xf32) -> 100x128xf32 {columns=[128], "
                       "packed=[1]}",
                       error);
  ASSERT_TRUE(product) << error;
  std::string all;
  for (const KernelSchedule &candidate : candidateSchedules(*product, *model))
    all += candidate.str() + " ";
  EXPECT_EQ(all, "depth=64 depth=128 rows=32 rows=64 rows=96 rows=128 panels=2 tile=4 tile=5 tile=6 ");
  std::optional<KernelKey> key = KernelKey::parse("softmax(2x3xf32) -> 2x3xf32 {}", error);
  ASSERT_TRUE(key) << error;
  EXPECT_TRUE(candidateSchedules(*key, *model).empty());
}
