//===- KernelSupportTest.cpp - What compiled kernels call -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
// First: TestPlan.h declares the same functions, and the two must agree.
#include <HalideRuntime.h>

#include "TestPlan.h"

#include <cstring>
#include <gtest/gtest.h>
#include <vector>

//===----------------------------------------------------------------------===//
// The ABI
//===----------------------------------------------------------------------===//

static_assert(sizeof(snap_buffer) == sizeof(halide_buffer_t));
static_assert(offsetof(snap_buffer, device) == offsetof(halide_buffer_t, device));
static_assert(offsetof(snap_buffer, device_interface) == offsetof(halide_buffer_t, device_interface));
static_assert(offsetof(snap_buffer, host) == offsetof(halide_buffer_t, host));
static_assert(offsetof(snap_buffer, flags) == offsetof(halide_buffer_t, flags));
static_assert(offsetof(snap_buffer, type_code) == offsetof(halide_buffer_t, type));
static_assert(offsetof(snap_buffer, type_bits) == offsetof(halide_buffer_t, type) + offsetof(halide_type_t, bits));
static_assert(offsetof(snap_buffer, type_lanes) == offsetof(halide_buffer_t, type) + offsetof(halide_type_t, lanes));
static_assert(offsetof(snap_buffer, dimensions) == offsetof(halide_buffer_t, dimensions));
static_assert(offsetof(snap_buffer, dim) == offsetof(halide_buffer_t, dim));
static_assert(offsetof(snap_buffer, padding) == offsetof(halide_buffer_t, padding));
static_assert(sizeof(snap_dimension) == sizeof(halide_dimension_t) &&
              offsetof(snap_dimension, min) == offsetof(halide_dimension_t, min) &&
              offsetof(snap_dimension, extent) == offsetof(halide_dimension_t, extent) &&
              offsetof(snap_dimension, stride) == offsetof(halide_dimension_t, stride) &&
              offsetof(snap_dimension, flags) == offsetof(halide_dimension_t, flags));
static_assert(std::is_same_v<decltype(&halide_do_par_for), int (*)(void *, halide_task_t, int, int, uint8_t *)>);
static_assert(std::is_same_v<decltype(&halide_malloc), void *(*)(void *, size_t)>);
static_assert(std::is_same_v<decltype(&halide_free), void (*)(void *, void *)>);

//===----------------------------------------------------------------------===//
// Scratch
//===----------------------------------------------------------------------===//

namespace {

/// A worker without a pool, as tools make one.
struct Worker : snap_worker {
  explicit Worker(size_t bytes) : snap_worker() {
    scratch = static_cast<uint8_t *>(std::aligned_alloc(64, bytes));
    scratch_bytes = bytes;
  }
  ~Worker() { std::free(scratch); }

  /// A block, all of it written, as is what lies 8 bytes around it read.
  uint8_t *take(size_t bytes) {
    auto *block = static_cast<uint8_t *>(halide_malloc(this, bytes));
    if (block) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u);
      std::memset(block, 0xab, bytes);
    }
    return block;
  }
  bool isEmpty() const { return scratch_used == 0 && scratch_top == 0 && overflow_used == 0; }
};

} // namespace

TEST(Scratch, BlocksDoNotOverlapAndAllRoomIsUsed) {
  Worker worker(4 * 128);
  std::vector<uint8_t *> blocks;
  for (int i = 0; i < 4; ++i)
    blocks.push_back(worker.take(64 - i));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(blocks[i], worker.scratch + 128 * i + 64);
  EXPECT_EQ(worker.overflows, 0u);
  EXPECT_EQ(worker.scratch_peak, 512u);
  for (uint8_t *block : blocks)
    halide_free(&worker, block);
  EXPECT_TRUE(worker.isEmpty());
}

// Halide frees a producer as soon as its consumer is done, so not in the
// reverse of the order it allocated.
TEST(Scratch, RoomComesBackWhateverTheOrder) {
  Worker worker(8 * 128);
  uint8_t *outer = worker.take(64);
  for (int i = 0; i < 100; ++i) {
    uint8_t *a = worker.take(64), *b = worker.take(100), *c = worker.take(1);
    halide_free(&worker, a);
    halide_free(&worker, c);
    halide_free(&worker, b);
  }
  EXPECT_EQ(worker.overflows, 0u);
  EXPECT_EQ(worker.take(64), outer + 128);
  halide_free(&worker, outer);
  EXPECT_FALSE(worker.isEmpty());
  halide_free(&worker, outer + 128);
  EXPECT_TRUE(worker.isEmpty());
  EXPECT_EQ(worker.scratch_peak, 128u + 128 + 192 + 128);
}

TEST(Scratch, WhatDoesNotFitComesFromTheHeapAndIsCounted) {
  Worker worker(256);
  uint8_t *a = worker.take(64), *big = worker.take(1000), *b = worker.take(64), *c = worker.take(64);
  ASSERT_TRUE(a && big && b && c);
  EXPECT_EQ(worker.overflows, 2u);
  EXPECT_EQ(worker.scratch_peak, 256u + 64 + 1024 + 128);
  for (uint8_t *block : {a, c, big, b})
    halide_free(&worker, block);
  EXPECT_TRUE(worker.isEmpty());
}

TEST(Scratch, ImpossibleSizesAreNull) {
  Worker worker(256);
  EXPECT_EQ(halide_malloc(&worker, SIZE_MAX), nullptr);
  EXPECT_EQ(halide_malloc(&worker, SIZE_MAX - 63), nullptr);
  halide_free(&worker, nullptr);
  uint8_t *none = worker.take(0);
  EXPECT_NE(none, nullptr);
  halide_free(&worker, none);
  EXPECT_TRUE(worker.isEmpty());
}

//===----------------------------------------------------------------------===//
// Loops without a pool
//===----------------------------------------------------------------------===//

TEST(ParallelFor, WithoutAPoolRunsInOrderOnTheCaller) {
  Worker worker(64);
  std::vector<int> seen;
  auto body = [](void *, int item, uint8_t *closure) {
    reinterpret_cast<std::vector<int> *>(closure)->push_back(item);
    return item == 2 ? 77 : 0;
  };
  EXPECT_EQ(halide_do_par_for(&worker, body, -1, 3, reinterpret_cast<uint8_t *>(&seen)), 0);
  EXPECT_EQ(seen, (std::vector<int>{-1, 0, 1}));
  EXPECT_EQ(halide_do_par_for(&worker, body, 1, 5, reinterpret_cast<uint8_t *>(&seen)), 77);
  EXPECT_EQ(seen, (std::vector<int>{-1, 0, 1, 1, 2}));
}
