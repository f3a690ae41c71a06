//===- KernelCompilerTest.cpp - Objects, their cache, and errors ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelCompiler.h"
#include "targets/KernelCache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace snap;
namespace fs = std::filesystem;

static std::vector<KernelKey> parsed(std::initializer_list<const char *> texts) {
  std::vector<KernelKey> keys;
  for (const char *text : texts) {
    std::string error;
    keys.push_back(*KernelKey::parse(text, error));
  }
  return keys;
}

static TargetModel model(const char *target, const char *cpu = "") {
  std::string error;
  return *TargetModel::get(target, cpu, error);
}

// Parallel loops and scratch (the convolution) are what varied with history.
static const std::vector<KernelKey> &someKeys() {
  static const std::vector<KernelKey> keys =
      parsed({"matmul(64x96xf32, 6x96x16xf32, 96xf32) -> 64x96xf32 {columns=[96], packed=[1]} epilogue add(acc, in2)",
              "conv2d.direct(1x24x24x128xf32, 8x3x3x128x16xf32) -> 1x24x24x128xf32 "
              "{channels=[128], dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}",
              "matmul(256x320xf16, 20x320x16xf16) -> 256x320xf16 {columns=[320], packed=[1]} epilogue silu(acc)"});
  return keys;
}

namespace {
class KernelCompiler : public ::testing::Test {
protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / ("snap-kernels-" + std::to_string(getpid()));
    fs::remove_all(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  KernelObjects compile(const std::vector<KernelKey> &keys, const TargetModel &target, bool cached, unsigned jobs = 2) {
    KernelCompileOptions options;
    options.jobs = jobs;
    options.cacheDir = cached ? folder.string() : "";
    std::string error;
    std::optional<KernelObjects> objects = compileKernels(keys, target, options, error);
    EXPECT_TRUE(objects) << error;
    return objects.value_or(KernelObjects());
  }

  fs::path folder;
};
} // namespace

TEST_F(KernelCompiler, BytesDependOnTheKeyAlone) {
  const std::vector<KernelKey> &keys = someKeys();
  KernelObjects first = compile(keys, model("x86_64-linux"), false, 1);
  std::vector<KernelKey> reversed(keys.rbegin(), keys.rend());
  KernelObjects second = compile(reversed, model("x86_64-linux"), false, 2);
  ASSERT_EQ(first.objects.size(), keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(first.objects[i].symbol, keys[i].symbol());
    EXPECT_FALSE(first.objects[i].bytes.empty());
    EXPECT_TRUE(first.objects[i].bytes == second.objects[keys.size() - 1 - i].bytes) << keys[i].str();
  }
  // The convolution stages its input; the small product needs registers only.
  EXPECT_GT(first.objects[1].scratchBytes, 16 << 10);
  EXPECT_EQ(first.objects[0].scratchBytes, 0);
}

TEST_F(KernelCompiler, ASecondRunReadsTheCache) {
  const std::vector<KernelKey> &keys = someKeys();
  KernelObjects first = compile(keys, model("x86_64-linux"), true);
  EXPECT_EQ(first.cached, 0u);
  size_t calls = 0;
  KernelCompileOptions options;
  options.cacheDir = folder.string();
  options.program = "/does/not/exist"; // nothing is left to run it for
  options.progress = [&](size_t done, size_t total) {
    EXPECT_EQ(done, ++calls);
    EXPECT_EQ(total, keys.size());
  };
  std::string error;
  std::optional<KernelObjects> second = compileKernels(keys, model("x86_64-linux"), options, error);
  ASSERT_TRUE(second) << error;
  EXPECT_EQ(second->cached, keys.size());
  EXPECT_EQ(calls, keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_TRUE(first.objects[i].bytes == second->objects[i].bytes);
    EXPECT_EQ(first.objects[i].scratchBytes, second->objects[i].scratchBytes);
    EXPECT_EQ(first.objects[i].symbol, second->objects[i].symbol);
  }
  // Another processor is another kernel.
  EXPECT_EQ(compile({keys[0]}, model("x86_64-linux", "avx512"), true).cached, 0u);
}

TEST_F(KernelCompiler, DamagedEntriesAreCompiledAgain) {
  std::vector<KernelKey> keys = {someKeys()[0]};
  KernelObjects good = compile(keys, model("x86_64-linux"), true);
  fs::path entry = fs::directory_iterator(folder)->path();
  auto size = fs::file_size(entry);
  auto damage = [&](const char *what, auto change) {
    change();
    KernelObjects again = compile(keys, model("x86_64-linux"), true);
    EXPECT_EQ(again.cached, 0u) << what;
    EXPECT_TRUE(again.objects[0].bytes == good.objects[0].bytes) << what;
    EXPECT_EQ(compile(keys, model("x86_64-linux"), true).cached, 1u) << what << ": not mended";
  };
  damage("truncated", [&] { fs::resize_file(entry, size - 1); });
  damage("empty", [&] { fs::resize_file(entry, 0); });
  for (size_t at : {size_t(0), size_t(8), size_t(16), size_t(24), size_t(32), size_t(60), size_t(size - 1)})
    damage("flipped", [&] {
      std::fstream file(entry, std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(at));
      char byte = static_cast<char>(file.get() ^ 1);
      file.seekp(static_cast<std::streamoff>(at));
      file.put(byte);
    });
  // Nothing temporary stays.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST_F(KernelCompiler, AnUnusableCacheFolderIsNoError) {
  KernelCompileOptions options;
  options.cacheDir = "/proc/no/such/folder";
  std::string error;
  EXPECT_TRUE(compileKernels({someKeys()[0]}, model("x86_64-linux"), options, error)) << error;
}

TEST_F(KernelCompiler, ErrorsNameTheKey) {
  std::string error;
  KernelCompileOptions options;
  std::vector<KernelKey> bad = parsed({"matmul(4x5xf32, 1x6x16xf32) -> 4x16xf32 {columns=[16], packed=[1]}"});
  EXPECT_FALSE(compileKernels(bad, model("x86_64-linux"), options, error));
  EXPECT_NE(error.find("inner sizes 5 and 6 differ: matmul(4x5xf32"), std::string::npos) << error;
  options.program = "/does/not/exist";
  EXPECT_FALSE(compileKernels(someKeys(), model("x86_64-linux"), options, error));
  EXPECT_NE(error.find("cannot run the kernel compiler '/does/not/exist'"), std::string::npos) << error;
  options.program = "/bin/true"; // ends at once
  EXPECT_FALSE(compileKernels(someKeys(), model("x86_64-linux"), options, error));
  EXPECT_NE(error.find("stopped before its work was done (0 of 3 kernels)"), std::string::npos) << error;
}

// LC_BUILD_VERSION's platform of a Mach-O object, or -1.
static int machoPlatform(const std::string &bytes) {
  auto word = [&](size_t at) {
    uint32_t value = 0;
    if (at + 4 <= bytes.size())
      std::memcpy(&value, bytes.data() + at, 4);
    return value;
  };
  constexpr uint32_t magic64 = 0xfeedfacf, buildVersion = 0x32;
  if (word(0) != magic64)
    return -1;
  size_t at = 32; // after mach_header_64
  for (uint32_t i = 0, count = word(16); i < count; ++i, at += word(at + 4))
    if (word(at) == buildVersion)
      return static_cast<int>(word(at + 8));
  return -1;
}

TEST_F(KernelCompiler, ObjectsAreOfTheTargetsFormat) {
  constexpr int macos = 1, ios = 2;
  constexpr uint32_t cpuArm64 = 0x0100000c;
  std::vector<KernelKey> keys = {someKeys()[2]};
  for (auto [target, platform] : {std::pair("arm64-ios", ios), std::pair("arm64-macos", macos)}) {
    std::string bytes = compile(keys, model(target), false).objects[0].bytes;
    EXPECT_EQ(machoPlatform(bytes), platform) << target;
    uint32_t cpu = 0;
    std::memcpy(&cpu, bytes.data() + 4, 4);
    EXPECT_EQ(cpu, cpuArm64) << target;
  }
  constexpr int x86_64 = 62, aarch64 = 183;
  for (auto [target, machine] :
       {std::pair("x86_64-linux", x86_64), std::pair("arm64-linux", aarch64), std::pair("arm64-android", aarch64)}) {
    std::string bytes = compile(keys, model(target), false).objects[0].bytes;
    ASSERT_GT(bytes.size(), 20u);
    EXPECT_EQ(bytes.compare(0, 4, "\177ELF"), 0) << target;
    EXPECT_EQ(static_cast<unsigned char>(bytes[18]), machine) << target;
  }
}
