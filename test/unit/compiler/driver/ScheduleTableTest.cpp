//===- ScheduleTableTest.cpp - Measured schedules on disk -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/ScheduleTable.h"

#include "compiler/driver/TemporaryFolder.h"

#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace snap;

static TargetModel targetOf(const char *name, const std::string &cpu = "") {
  std::string error;
  std::optional<TargetModel> model = TargetModel::get(name, cpu, error);
  EXPECT_TRUE(model) << error;
  return *model;
}

static KernelKey keyOf(const std::string &text) {
  std::string error;
  std::optional<KernelKey> key = KernelKey::parse(text, error);
  EXPECT_TRUE(key) << error;
  return *key;
}

static std::string message(llvm::Error error) { return error ? llvm::toString(std::move(error)) : "no error"; }

namespace {
class ScheduleTableTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(message(folder.create()), "no error");
    path = folder.path() + "/some.schedules";
  }
  void write(llvm::StringRef text) {
    std::error_code error;
    llvm::raw_fd_ostream(path, error) << text;
    ASSERT_FALSE(error);
  }

  TemporaryFolder folder;
  std::string path;
  const TargetModel target = targetOf("x86_64-linux", "avx2");
  const KernelKey small = keyOf("matmul(16x32xf32, 2x32x16xf32) -> 16x32xf32 {columns=[32], packed=[1]}");
  const KernelKey large = keyOf("matmul(64x32xf32, 2x32x16xf32) -> 64x32xf32 {columns=[32], packed=[1]}");
};
} // namespace

TEST_F(ScheduleTableTest, isReadBack) {
  ScheduleTable table, second;
  KernelSchedule schedule;
  schedule.set("depth", 16);
  table.set(large, schedule);
  table.set(small, KernelSchedule());
  ASSERT_EQ(message(table.write(path, target)), "no error");
  ASSERT_EQ(message(second.read(path, target)), "no error");
  EXPECT_EQ(second.size(), 2u);
  ASSERT_TRUE(second.find(large));
  EXPECT_EQ(second.find(large)->str(), "depth=16");
  ASSERT_TRUE(second.find(small));
  EXPECT_TRUE(second.find(small)->isOwn());
  EXPECT_FALSE(second.find(keyOf("matmul(3x32xf32, 2x32x16xf32) -> 3x32xf32 {columns=[32], packed=[1]}")));
  EXPECT_EQ(message(second.read(folder.path() + "/absent", target)), "no error");
}

// A schedule of its own first.
TEST_F(ScheduleTableTest, servesTheSameKernelWithMoments) {
  const KernelKey moments =
      keyOf("matmul(64x32xf32, 2x32x16xf32) -> 64x32xf32, 2x2x32xf32 {columns=[32], moments=[32], packed=[1]}");
  ScheduleTable table;
  EXPECT_FALSE(table.find(moments));
  KernelSchedule plain, own;
  plain.set("depth", 16);
  own.set("rows", 32);
  table.set(large, plain);
  ASSERT_TRUE(table.find(moments));
  EXPECT_EQ(table.find(moments)->str(), "depth=16");
  table.set(moments, own);
  EXPECT_EQ(table.find(moments)->str(), "rows=32");
  EXPECT_EQ(table.find(large)->str(), "depth=16");
}

TEST_F(ScheduleTableTest, saysWhatIsWrongWithAFile) {
  ScheduleTable table;
  write("depth=16 | " + small.str() + "\n");
  EXPECT_EQ(message(table.read(path, target)), path + ": line 1 is '" + ("depth=16 | " + small.str()).substr(0, 80) +
                                                   "', expected '# snapc schedules of x86_64-linux avx2'");
  const std::string head = "# snapc schedules of x86_64-linux avx2\n\n# a remark\n";
  write(head + "depth | " + small.str() + "\n");
  EXPECT_EQ(message(table.read(path, target)), path + ": line 4: expected NAME=SIZE of every name once, got 'depth'");
  write(head + "own | matmul(\n");
  EXPECT_EQ(message(table.read(path, target)).find(path + ": line 4: kernel key: "), 0u);
  write("# snapc schedules of x86_64-linux avx512\n");
  EXPECT_NE(message(table.read(path, target)), "no error");
  EXPECT_EQ(table.size(), 0u);
}

// Reading one that does not parse would end the process.
TEST_F(ScheduleTableTest, whatShipsParses) {
  for (const std::string &name : TargetModel::targets())
    for (const std::string &cpu : TargetModel::cpus(name))
      ScheduleTable::shipped(targetOf(name.c_str(), cpu));
}
