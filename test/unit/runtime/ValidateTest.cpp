//===- ValidateTest.cpp - Is this file a plan that can be run? ------------===//
//
// Each test breaks one thing and names the message it must lead to.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "TestPlan.h"

#include <cstring>
#include <gtest/gtest.h>
#include <limits>

using namespace snap::test;
namespace plan = snap::plan;

namespace {

void expectRefused(const std::vector<uint8_t> &bytes, snap_status status, const char *message) {
  OpenModel open(bytes);
  EXPECT_EQ(open.status, status) << open.error.message;
  EXPECT_EQ(open.error.status, status);
  EXPECT_NE(std::strstr(open.error.message, message), nullptr)
      << "message: " << open.error.message << "\nexpected: " << message;
}

/// Breaks the plan by `change` and expects a corrupt file.
template <typename Change> void expectCorrupt(Change change, const char *message) {
  TestPlan test;
  change(test.plan);
  expectRefused(test.bytes(), SNAP_ERROR_FORMAT, message);
}

template <typename T> std::vector<uint8_t> withHeader(size_t at, T value, bool sealed = true) {
  std::vector<uint8_t> file = TestPlan().bytes();
  std::memcpy(&file[at], &value, sizeof value);
  if (sealed && planBytes(file) <= file.size() - kPlanOffset)
    seal(file);
  return file;
}

constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();

} // namespace

//===----------------------------------------------------------------------===//
// The header
//===----------------------------------------------------------------------===//

TEST(Header, TheUnbrokenFileOpens) {
  OpenModel open(TestPlan().bytes());
  EXPECT_EQ(open.status, SNAP_OK) << open.error.message;
}

TEST(Header, EachFieldIsChecked) {
  std::vector<uint8_t> file = TestPlan().bytes();
  const uint64_t size = file.size();
  expectRefused(withHeader<char>(0, 'X'), SNAP_ERROR_FORMAT, "not a compiled pipeline");
  expectRefused(withHeader<uint32_t>(8, 2), SNAP_ERROR_VERSION, "format version 2, this runtime reads 1");
  expectRefused(withHeader<uint32_t>(12, 63), SNAP_ERROR_FORMAT, "header of 63 bytes");
  expectRefused(withHeader<uint32_t>(12, UINT32_MAX), SNAP_ERROR_FORMAT, "header of 4294967295 bytes");
  expectRefused(withHeader<uint32_t>(12, 128), SNAP_ERROR_FORMAT, "the plan");
  expectRefused(withHeader<uint64_t>(16, 63), SNAP_ERROR_FORMAT, "the plan");
  expectRefused(withHeader<uint64_t>(16, kHuge - 8), SNAP_ERROR_FORMAT, "is not inside the file");
  expectRefused(withHeader<uint64_t>(24, kHuge), SNAP_ERROR_FORMAT, "is not inside the file");
  expectRefused(withHeader<uint64_t>(24, size - 63), SNAP_ERROR_FORMAT, "is not inside the file");
  expectRefused(withHeader<uint64_t>(32, 0), SNAP_ERROR_FORMAT, "the weights");
  expectRefused(withHeader<uint64_t>(32, 16384 + 64), SNAP_ERROR_FORMAT, "at a multiple of 16384");
  expectRefused(withHeader<uint64_t>(32, kHuge - 16383), SNAP_ERROR_FORMAT, "the weights");
  expectRefused(withHeader<uint64_t>(40, size), SNAP_ERROR_FORMAT, "the weights");
  expectRefused(withHeader<uint64_t>(40, kHuge - 16383), SNAP_ERROR_FORMAT, "the weights");
  expectRefused(withHeader<uint64_t>(48, size + 1), SNAP_ERROR_FORMAT, "copy it again");
  expectRefused(withHeader<uint64_t>(56, 0, false), SNAP_ERROR_FORMAT, "the checksum does not match");
}

// Every bit of the header matters, and so does every bit of the plan.
TEST(Header, EveryFlippedBitIsSeen) {
  std::vector<uint8_t> file = TestPlan().bytes();
  for (size_t bit = 0; bit < 8 * kPlanOffset; ++bit) {
    std::vector<uint8_t> broken = file;
    broken[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_NE(OpenModel(broken).status, SNAP_OK) << "bit " << bit;
  }
  for (size_t at = kPlanOffset; at < kPlanOffset + planBytes(file); at += 13) {
    std::vector<uint8_t> broken = file;
    broken[at] ^= 0x10;
    expectRefused(broken, SNAP_ERROR_FORMAT, "the checksum does not match");
  }
}

TEST(Header, EveryCutIsSeen) {
  std::vector<uint8_t> file = TestPlan().bytes();
  expectRefused({}, SNAP_ERROR_FORMAT, "expected a header of 64 bytes, the file has 0");
  for (size_t size : {size_t(1), size_t(8), size_t(63), size_t(64), size_t(65), size_t(1000), size_t(16384),
                      file.size() - 4096, file.size() - 1})
    EXPECT_EQ(OpenModel(std::vector<uint8_t>(file.begin(), file.begin() + long(size))).status, SNAP_ERROR_FORMAT)
        << size;
  file.push_back(0);
  expectRefused(file, SNAP_ERROR_FORMAT, "copy it again");
}

// A later format may add to the header; its first 64 bytes stay as they are.
TEST(Header, MayGrow) {
  std::vector<uint8_t> file = TestPlan().bytes();
  uint64_t bytes = planBytes(file);
  ASSERT_LT(kPlanOffset + 64 + bytes, 16384u);
  std::memmove(&file[kPlanOffset + 64], &file[kPlanOffset], bytes);
  uint32_t header = 128;
  uint64_t offset = 128;
  std::memcpy(&file[12], &header, 4);
  std::memcpy(&file[16], &offset, 8);
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < 56; ++i)
    hash = (hash ^ file[i]) * 0x100000001b3u;
  for (size_t i = offset; i < offset + bytes; ++i)
    hash = (hash ^ file[i]) * 0x100000001b3u;
  std::memcpy(&file[56], &hash, 8);
  OpenModel open(file);
  ASSERT_EQ(open.status, SNAP_OK) << open.error.message;
  expectMainRuns(open.model);
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

TEST(PlanCheck, Identity) {
  expectCorrupt([](plan::PlanT &p) { p.build_id = "0123"; }, "the build id '0123' is not 32 digits");
  TestPlan other;
  other.plan.build_id[31] = '0';
  expectRefused(other.bytes(), SNAP_ERROR_MISMATCH, "use the .snap and the .a of one compilation");
}

TEST(PlanCheck, TheFlatBufferItself) {
  TestPlan test;
  std::vector<uint8_t> file = test.bytes();
  file[kPlanOffset + 4] = 'X';
  seal(file);
  expectRefused(file, SNAP_ERROR_FORMAT, "the identifier SNAP");
  for (uint32_t root : {0u, 1u, 0x7fffffffu, 0xffffffffu}) {
    file = test.bytes();
    std::memcpy(&file[kPlanOffset], &root, 4);
    seal(file);
    EXPECT_EQ(OpenModel(file).status, SNAP_ERROR_FORMAT) << root;
  }
}

TEST(PlanCheck, Kernels) {
  TestPlan fewer;
  fewer.plan.kernels.pop_back();
  expectRefused(fewer.bytes(), SNAP_ERROR_MISMATCH, "2 kernels, but the library has 3");
  expectCorrupt([](plan::PlanT &p) { p.programs[0]->calls[0]->kernel = 3; }, "call 0 is of kernel 3 of 3");
}

TEST(PlanCheck, Programs) {
  expectCorrupt([](plan::PlanT &p) { p.programs.clear(); }, "the plan holds no program");
  expectCorrupt([](plan::PlanT &p) { p.programs[0]->name = ""; }, "a program has no name");
  expectCorrupt([](plan::PlanT &p) { p.programs[1]->name = "main"; }, "two programs are named 'main'");
  expectCorrupt([](plan::PlanT &p) { p.programs[0]->arena += 1; }, "is not a multiple of 64");
  expectCorrupt([](plan::PlanT &p) { p.programs[0]->scratch = 255; }, "call 0 needs more scratch");
}

TEST(PlanCheck, Tensors) {
  auto input = [](plan::PlanT &p) -> plan::TensorT & { return *p.programs[0]->inputs[0]; };
  expectCorrupt([&](plan::PlanT &p) { input(p).type = plan::ElementType(7); }, "input 'x' has element type 7");
  expectCorrupt([&](plan::PlanT &p) { input(p).shape[0] = -16; }, "input 'x' has dimension -16");
  expectCorrupt([&](plan::PlanT &p) { input(p).shape[0] = 0; }, "input 'x' has dimension 0");
  expectCorrupt([&](plan::PlanT &p) { input(p).shape = {INT64_MAX, INT64_MAX}; }, "input 'x' has dimension");
  // 2^62 * 4 bytes: the product of the extents fits, the bytes wrap to 0.
  expectCorrupt([&](plan::PlanT &p) { input(p).shape = {int64_t(1) << 62}; }, "input 'x' has dimension");
  expectCorrupt([&](plan::PlanT &p) { input(p).bytes = 4095; }, "takes 4096 bytes by its shape, but 4095 are given");
  expectCorrupt([&](plan::PlanT &p) { input(p).offset = 2; }, "does not fit its arena");
  expectCorrupt([&](plan::PlanT &p) { input(p).offset = 8256 - 4092; }, "does not fit its arena");
  expectCorrupt([&](plan::PlanT &p) { input(p).offset = kHuge - 3; }, "does not fit its arena");
  expectCorrupt([](plan::PlanT &p) { p.programs[0]->outputs[0]->offset = 8256; }, "output 'z' (64 bytes at 8256)");
}

TEST(PlanCheck, Arguments) {
  auto arg = [](plan::PlanT &p, int i) -> plan::SliceT & { return *p.programs[0]->calls[0]->args[i]; };
  expectCorrupt([](plan::PlanT &p) { p.programs[0]->calls[1]->args.clear(); }, "call 1 has no arguments");
  expectCorrupt([](plan::PlanT &p) { p.kernels[0]->outputs = 0; }, "call 0 writes 0 of its 3 arguments");
  expectCorrupt([](plan::PlanT &p) { p.kernels[0]->outputs = 4; }, "call 0 writes 4 of its 3 arguments");
  expectCorrupt([](plan::PlanT &p) { p.kernels[0]->outputs = 2; }, "argument 1 is in the wrong place"); // a weight
  expectCorrupt([&](plan::PlanT &p) { arg(p, 0).space = plan::Space(3); }, "argument 0 is in the wrong place");
  expectCorrupt([&](plan::PlanT &p) { arg(p, 2).space = plan::Space::Data; }, "argument 2 is in the wrong place");
  expectCorrupt([&](plan::PlanT &p) { arg(p, 0).bytes = 0; }, "is not inside the arena of 8256 bytes");
  expectCorrupt([&](plan::PlanT &p) { arg(p, 0).offset = 8256 - 4095; }, "is not inside the arena");
  expectCorrupt([&](plan::PlanT &p) { arg(p, 0).offset = kHuge; }, "is not inside the arena");
  expectCorrupt([&](plan::PlanT &p) { arg(p, 0).bytes = kHuge; }, "is not inside the arena");
  expectCorrupt([&](plan::PlanT &p) { arg(p, 1).offset = 101; }, "is not inside the weights of 4196 bytes");
  expectCorrupt([&](plan::PlanT &p) { arg(p, 1).bytes = kHuge - 50, arg(p, 1).offset = 100; }, "is not inside");
}

TEST(PlanCheck, State) {
  auto arg = [](plan::PlanT &p, int i) -> plan::SliceT & { return *p.programs[0]->calls[0]->args[i]; };
  expectCorrupt([](plan::PlanT &p) { p.state = 100; }, "its state of 100 bytes is not a multiple of 64");
  for (int i : {0, 2}) {
    expectCorrupt([&](plan::PlanT &p) { arg(p, i).space = plan::Space::State; }, "is not inside the state of 0 bytes");
    expectCorrupt(
        [&](plan::PlanT &p) {
          p.state = 4096;
          arg(p, i).space = plan::Space::State;
          arg(p, i).offset = 64;
        },
        "(4096 bytes at 64) is not inside the state of 4096 bytes");
    expectCorrupt(
        [&](plan::PlanT &p) {
          p.state = 4096;
          arg(p, i).space = plan::Space::State;
          arg(p, i).offset = kHuge - 63;
        },
        "is not inside the state");
  }
  TestPlan huge;
  huge.plan.state = kHuge - 63;
  expectRefused(huge.bytes(), SNAP_ERROR_MEMORY, "no memory for an arena");
}

TEST(PlanCheck, Pipeline) {
  auto scheduler = [](plan::PlanT &p) -> plan::SchedulerT & { return *p.pipeline->scheduler; };
  expectCorrupt([](plan::PlanT &p) { p.pipeline->scheduler.reset(); }, "the pipeline has no scheduler");
  expectCorrupt([&](plan::PlanT &p) { scheduler(p).beta_schedule = plan::BetaSchedule(3); }, "none that is known");
  expectCorrupt([&](plan::PlanT &p) { scheduler(p).spacing = plan::Spacing(3); }, "none that is known");
  expectCorrupt([&](plan::PlanT &p) { scheduler(p).prediction = plan::Prediction(255); }, "none that is known");
  expectCorrupt([&](plan::PlanT &p) { scheduler(p).trained_betas.pop_back(); }, "2 trained betas for 3 steps");
  expectCorrupt(
      [&](plan::PlanT &p) {
        scheduler(p).trained_betas.clear();
        scheduler(p).train_steps = 0;
      },
      "0 training steps");
  for (double number : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    expectCorrupt([&](plan::PlanT &p) { p.pipeline->scaling_factor = number; }, "infinite or not a number");
    expectCorrupt([&](plan::PlanT &p) { scheduler(p).beta_end = number; }, "infinite or not a number");
    expectCorrupt([&](plan::PlanT &p) { scheduler(p).trained_betas[1] = number; }, "infinite or not a number");
  }
  expectCorrupt([](plan::PlanT &p) { p.pipeline->width = 0; }, "the pipeline's picture is 0x96");
  expectCorrupt([](plan::PlanT &p) { p.pipeline->height = UINT32_MAX; }, "128x4294967295");
  expectCorrupt([](plan::PlanT &p) { p.pipeline->latent_channels = 0; }, "0 latent channels");
  expectCorrupt([](plan::PlanT &p) { p.pipeline->max_tokens = 1 << 20; }, "1048576 tokens");
  expectCorrupt([](plan::PlanT &p) { p.pipeline->tokenizer_bytes = 101; }, "the tokenizer (101 bytes at 4096)");
  expectCorrupt([](plan::PlanT &p) { p.pipeline->tokenizer_offset = kHuge; }, "the tokenizer");
}

TEST(PlanCheck, NamesFromTheFileDoNotReachATerminalRaw) {
  expectCorrupt(
      [](plan::PlanT &p) {
        p.programs[0]->name = "a\x1b[2Jb";
        p.programs[0]->arena += 1;
      },
      "program 'a?[2Jb'");
}
