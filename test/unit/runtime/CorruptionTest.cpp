//===- CorruptionTest.cpp - Damaged plans under a right checksum ----------===//
//
// The checksum catches accidents; these tests step past it. Whatever a plan
// says, opening and running it ends with a status, and no kernel is given a
// byte outside the arena and the weights (AddressSanitizer watches the arena).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "TestPlan.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace snap::test;

namespace {

/// Reads the first byte of each argument and writes the last argument's.
int probe(void **args) {
  unsigned sum = 0;
  int last = 1;
  for (int i = 1; args[i]; ++i) {
    sum += *static_cast<snap_buffer *>(args[i])->host;
    last = i;
  }
  *static_cast<snap_buffer *>(args[last])->host = uint8_t(sum);
  return 0;
}

const snap_library &probeLibrary() {
  static const snap_kernel_fn kernels[] = {probe, probe, probe};
  static const snap_library library = {SNAP_KERNEL_ABI_VERSION, 3, "probe", kBuildId, kernels, nullptr};
  return library;
}

struct Counts {
  int opened = 0, refused = 0;
};

/// Opens the file, and when that works, runs all of it and writes every input
/// and reads every output whole.
void tryFile(const std::vector<uint8_t> &file, Counts &counts) {
  TestAllocator allocator;
  allocator.limit = 16 << 20; // a damaged arena size may be anything
  snap_options options = {};
  options.threads = 1;
  allocator.install(options);
  OpenModel open(file, options, probeLibrary());
  if (open.status != SNAP_OK) {
    ++counts.refused;
    EXPECT_NE(open.error.message[0], 0);
    EXPECT_EQ(allocator.live(), 0u);
    return;
  }
  ++counts.opened;
  snap_model_info info = {};
  info.size = sizeof info;
  snap_get_model_info(open.model, &info);
  EXPECT_EQ(std::strlen(info.build_id), 32u);
  for (uint32_t i = 0; i < snap_program_count(open.model); ++i) {
    snap_program *program = snap_program_at(open.model, i);
    uint32_t inputs = 0, outputs = 0;
    const snap_tensor *input = snap_program_inputs(program, &inputs);
    const snap_tensor *output = snap_program_outputs(program, &outputs);
    for (uint32_t t = 0; t < inputs; ++t)
      std::memset(input[t].data, 1, input[t].bytes);
    snap_error error = {};
    EXPECT_EQ(snap_run(open.model, program, nullptr, &error), SNAP_OK) << error.message;
    std::vector<uint8_t> copy;
    for (uint32_t t = 0; t < outputs; ++t)
      copy.assign(static_cast<uint8_t *>(output[t].data), static_cast<uint8_t *>(output[t].data) + output[t].bytes);
  }
}

} // namespace

TEST(Corruption, EveryByteOfThePlanWithSomeOtherValue) {
  std::vector<uint8_t> file = TestPlan().bytes();
  std::mt19937 random(1);
  Counts counts;
  for (int round = 0; round < 3; ++round)
    for (size_t at = kPlanOffset; at < kPlanOffset + planBytes(file); ++at) {
      std::vector<uint8_t> broken = file;
      broken[at] = uint8_t(broken[at] + 1 + random() % 255);
      seal(broken);
      tryFile(broken, counts);
    }
  // Both happen: names and numbers may change, structure may not.
  EXPECT_GT(counts.refused, 1000);
  EXPECT_GT(counts.opened, 500);
}

TEST(Corruption, ExtremeBytesEverywhere) {
  std::vector<uint8_t> file = TestPlan().bytes();
  Counts counts;
  for (uint8_t value : {0x00, 0x01, 0x7f, 0x80, 0xff})
    for (size_t at = kPlanOffset; at < kPlanOffset + planBytes(file); ++at) {
      std::vector<uint8_t> broken = file;
      broken[at] = value;
      seal(broken);
      tryFile(broken, counts);
    }
  EXPECT_GT(counts.refused, 1000);
}

// Unaligned and overlapping offsets: every 32-bit word, at every alignment.
TEST(Corruption, ExtremeWordsAtEveryOffset) {
  std::vector<uint8_t> file = TestPlan().bytes();
  Counts counts;
  for (uint32_t value : {0u, 3u, 0x7fffffffu, 0x80000000u, 0xfffffffcu})
    for (size_t at = kPlanOffset; at + 4 <= kPlanOffset + planBytes(file); ++at) {
      std::vector<uint8_t> broken = file;
      std::memcpy(&broken[at], &value, sizeof value);
      seal(broken);
      tryFile(broken, counts);
    }
  EXPECT_GT(counts.refused, 1000);
}

TEST(Corruption, ManyBytesAtOnce) {
  std::vector<uint8_t> file = TestPlan().bytes();
  std::mt19937 random(2);
  Counts counts;
  for (int i = 0; i < 2000; ++i) {
    std::vector<uint8_t> broken = file;
    for (unsigned n = 2 + random() % 20; n; --n)
      broken[kPlanOffset + random() % planBytes(file)] = uint8_t(random());
    seal(broken);
    tryFile(broken, counts);
  }
  EXPECT_GT(counts.refused, 1000);
}

// A plan that is only noise, after the identifier.
TEST(Corruption, Noise) {
  std::vector<uint8_t> file = TestPlan().bytes();
  std::mt19937 random(3);
  Counts counts;
  for (int i = 0; i < 500; ++i) {
    std::vector<uint8_t> broken = file;
    for (size_t at = 0; at < planBytes(file); ++at)
      if (at < 4 || at >= 8)
        broken[kPlanOffset + at] = uint8_t(random() % (i % 2 ? 256 : 16));
    broken[kPlanOffset + 2] = broken[kPlanOffset + 3] = 0;
    seal(broken);
    tryFile(broken, counts);
  }
  EXPECT_EQ(counts.opened, 0);
}
