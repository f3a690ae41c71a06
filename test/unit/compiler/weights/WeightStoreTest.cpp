//===- WeightStoreTest.cpp - Weights in memory and in files ---------------===//
//
// What external data may be is tested through models in
// test/import/bad_input_test.py; here, what the store itself promises.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/weights/WeightStore.h"
#include "compiler/weights/ContainedFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace snap;

namespace {

/// A folder with weights.bin holding 0, 1, 2, … as f32, after one odd byte in "odd.bin".
class WeightStoreTest : public testing::Test {
protected:
  void SetUp() override {
    llvm::SmallString<128> path;
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("snap-weights", path));
    folder = path.str().str();
    write("weights.bin", 0);
    write("odd.bin", 1);
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  void write(const std::string &name, int before) {
    std::error_code error;
    llvm::raw_fd_ostream out(folder + "/" + name, error);
    out << std::string(before, '?');
    for (int i = 0; i < 64; ++i) {
      float value = i;
      out.write(reinterpret_cast<const char *>(&value), sizeof(value));
    }
  }
  std::string errorOf(llvm::Error error) { return toString(std::move(error)); }

  std::string folder;
  WeightStore store;
};

TEST_F(WeightStoreTest, ReadsARangeWithoutCopyingIt) {
  store.addExternal("w", ElementType::F32, {2, 3}, folder, "weights.bin", 16, 24);
  store.addExternal("again", ElementType::F32, {2, 3}, folder, "weights.bin", 16, WeightStore::wholeTensor);
  llvm::Expected<Tensor> first = store.get("w"), second = store.get("again");
  ASSERT_TRUE(bool(first)) << errorOf(first.takeError());
  ASSERT_TRUE(bool(second)) << errorOf(second.takeError());
  EXPECT_EQ(first->getDouble(0), 4);
  EXPECT_EQ(first->getDouble(5), 9);
  EXPECT_EQ(first->raw(), second->raw()) << "one mapping of one file";
}

TEST_F(WeightStoreTest, CopiesWhatIsNotAligned) {
  store.addExternal("w", ElementType::F32, {4}, folder, "odd.bin", 1 + 8, 16);
  llvm::Expected<Tensor> tensor = store.get("w");
  ASSERT_TRUE(bool(tensor)) << errorOf(tensor.takeError());
  EXPECT_EQ(tensor->getDouble(0), 2);
  EXPECT_EQ(tensor->getDouble(3), 5);
}

TEST_F(WeightStoreTest, TensorsOutliveTheStore) {
  Tensor kept;
  {
    WeightStore scoped;
    scoped.addExternal("w", ElementType::F32, {64}, folder, "weights.bin", 0, 256);
    kept = llvm::cantFail(scoped.get("w"));
  }
  EXPECT_EQ(kept.getDouble(63), 63);
}

TEST_F(WeightStoreTest, AMissingFileMattersOnlyWhenAskedFor) {
  store.addExternal("a", ElementType::F32, {4}, folder, "gone.bin", 0, 16);
  store.addExternal("b", ElementType::F32, {4}, folder, "gone.bin", 16, 16);
  EXPECT_EQ(errorOf(store.check(WeightStore::Missing::Allow)), "");
  std::string text = errorOf(store.check());
  EXPECT_NE(text.find("external data 'gone.bin' is not in '" + folder + "'"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << "one message for one file: " << text;
  EXPECT_NE(errorOf(store.get("a").takeError()).find("weight 'a' cannot be read"), std::string::npos);
}

TEST_F(WeightStoreTest, CheckNamesEveryWeightThatDoesNotFit) {
  store.addExternal("short", ElementType::F32, {65}, folder, "weights.bin", 0, 260);
  store.addExternal("late", ElementType::F32, {1}, folder, "weights.bin", 254, 4);
  store.addExternal("fits", ElementType::F32, {1}, folder, "weights.bin", 252, 4);
  std::string text = errorOf(store.check());
  EXPECT_NE(text.find("'short'"), std::string::npos) << text;
  EXPECT_NE(text.find("'late'"), std::string::npos) << text;
  EXPECT_EQ(text.find("'fits'"), std::string::npos) << text;
}

TEST_F(WeightStoreTest, RangesThatOverflowAreRefused) {
  store.addExternal("offset", ElementType::F32, {2}, folder, "weights.bin", ~uint64_t(0) - 3, 8);
  store.addExternal("shape", ElementType::F32, {int64_t(1) << 40, int64_t(1) << 40}, folder, "weights.bin", 0, 8);
  EXPECT_NE(errorOf(store.get("offset").takeError()).find("begins at byte"), std::string::npos);
  EXPECT_NE(errorOf(store.get("shape").takeError()).find("more than 2^64 bytes"), std::string::npos);
}

TEST_F(WeightStoreTest, KeepsTensorsInMemory) {
  Tensor tensor(ElementType::I64, {2});
  tensor.setInt(1, 42);
  store.add("t", tensor);
  EXPECT_TRUE(store.contains("t"));
  EXPECT_FALSE(store.contains("u"));
  EXPECT_EQ(llvm::cantFail(store.get("t")).getInt(1), 42);
  EXPECT_EQ(errorOf(store.get("u").takeError()), "no weight is named 'u'");
  EXPECT_EQ(store.totalBytes(), 16u);
}

TEST_F(WeightStoreTest, PathsAreJudgedByTheirTextFirst) {
  for (const char *good : {"weights.bin", "a/b.bin", "./weights.bin", "a..b", "..."})
    EXPECT_EQ(ContainedFile::whyNotContained(good), "") << good;
  for (const char *bad : {"", "/etc/passwd", "..", "../w", "a/../../w", "a/..", "C:\\w", "a/", "."})
    EXPECT_NE(ContainedFile::whyNotContained(bad), "") << bad;
}

} // namespace
