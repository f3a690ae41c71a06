//===- ShimTest.cpp - The shim catches what it says it catches ------------===//
//
// One kernel for each class of defect, with the message it must give; and right
// kernels, which must pass in every order of lanes with the same bytes.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/shim/ShimLibrary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace snap::shim;
using testing::HasSubstr;

// Line 4 of every source is the first of `body`.
static std::string kernelOf(const std::string &body, const std::string &arrays = "") {
  return "#include <metal_stdlib>\n#include <metal_simdgroup_matrix>\nusing namespace metal;\n" + body;
}

static std::unique_ptr<ShimLibrary> compiled(const std::string &source) {
  std::string error;
  std::unique_ptr<ShimLibrary> library = ShimLibrary::compile(source, {SNAP_SHIM_CACHE, {}}, error);
  EXPECT_NE(library, nullptr) << error;
  return library;
}

static const LaneOrder orders[] = {LaneOrder::Forward, LaneOrder::Reverse, LaneOrder::Strided};

namespace {
/// A kernel of `threads` threads on 256 floats, the second buffer writable.
struct Launch {
  std::vector<float> in = std::vector<float>(256), out = std::vector<float>(256);
  uint32_t groups = 1, threads = 64;
  Launch() {
    for (size_t i = 0; i < in.size(); ++i)
      in[i] = static_cast<float>(i % 17) - 3;
  }
  std::string run(const std::string &source, LaneOrder order = LaneOrder::Forward) {
    std::unique_ptr<ShimLibrary> library = compiled(source);
    if (!library)
      return "did not compile";
    return library->run("k", {groups, 1, 1}, {threads, 1, 1},
                        {{in.data(), in.size() * 4, 4, false}, {out.data(), out.size() * 4, 4, true}}, order);
  }
};
} // namespace

#define SIGNATURE                                                                                                      \
  "kernel void k(device const float *in [[buffer(0)]], device float *out [[buffer(1)]],\n"                             \
  "              uint t [[thread_index_in_threadgroup]], uint g [[threadgroup_position_in_grid]],\n"                   \
  "              uint lane [[thread_index_in_simdgroup]], uint sg [[simdgroup_index_in_threadgroup]]) {\n"

/// Runs a defective body in every order; each message must hold `expected` and lane and line.
static void expectFault(const std::string &body, const std::string &expected, uint32_t groups = 1) {
  for (LaneOrder order : orders) {
    Launch launch;
    launch.groups = groups;
    std::string message = launch.run(kernelOf(SIGNATURE + body + "}\n"), order);
    EXPECT_THAT(message, HasSubstr(expected));
    EXPECT_THAT(message, HasSubstr("kernel k: "));
    EXPECT_THAT(message, HasSubstr("simdgroup"));
    EXPECT_THAT(message, testing::Not(HasSubstr("unknown line")));
  }
}

//===----------------------------------------------------------------------===//
// Divergence
//===----------------------------------------------------------------------===//

TEST(ShimDivergence, aBarrierThatSomeThreadsSkip) {
  expectFault(
      "  if (t != 7)\n    threadgroup_barrier(mem_flags::mem_threadgroup);\n  out[t] = in[t] + g + lane + sg;\n",
      "divergence: ");
  Launch launch;
  EXPECT_THAT(launch.run(kernelOf(SIGNATURE "  if (t != 7)\n    threadgroup_barrier(mem_flags::mem_threadgroup);\n"
                                            "  out[t] = in[t] + g + lane + sg;\n}\n")),
              HasSubstr("is at threadgroup_barrier, line 8, thread 7 (lane 7 of simdgroup 0), threadgroup 0,0,0 has "
                        "ended"));
}

TEST(ShimDivergence, twoBarriersInTheTwoBranches) {
  expectFault("  if (sg == 0)\n    threadgroup_barrier(mem_flags::mem_threadgroup);\n  else\n"
              "    threadgroup_barrier(mem_flags::mem_threadgroup);\n  out[t] = in[t] + g + lane;\n",
              "threadgroup_barrier, line 10");
}

TEST(ShimDivergence, aReductionThatALaneSkips) {
  expectFault("  float x = in[t];\n  if (lane < 31)\n    x = simd_sum(x);\n  out[t] = x + g + sg;\n",
              "is at simd_sum, line 9");
}

TEST(ShimDivergence, differentCollectives) {
  expectFault("  float x = in[t];\n  x = lane < 3 ? simd_sum(x) : simd_max(x);\n  out[t] = x + g + sg;\n", "simd_max");
}

TEST(ShimDivergence, aMatrixThatALaneDoesNotLoad) {
  expectFault("  simdgroup_float8x8 m = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);\n  if (lane != 5)\n"
              "    simdgroup_load(m, in, 8);\n  simdgroup_store(m, out + 64 * sg, 8);\n  out[t + 128] = g + t;\n",
              "load or store different matrices");
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

TEST(ShimMemory, beyondABuffer) {
  expectFault("  out[t] = in[t + 193] + g + lane + sg;\n",
              "out of bounds: read of 4 bytes at line 7 by thread 63 (lane 31 of simdgroup 1), threadgroup 0,0,0, 0 "
              "bytes beyond the end of buffer 0");
  expectFault("  out[t * 5] = in[t] + g + lane + sg;\n", "out of bounds: write of 4 bytes at line 7");
}

TEST(ShimMemory, beforeABuffer) {
  expectFault("  device const float *p = in - 1;\n  out[t] = p[t] + g + lane + sg;\n", "4 bytes before buffer 0");
}

TEST(ShimMemory, beyondAnArrayOfTheThreadgroup) {
  // The other array follows in memory; its bytes are not the first one's.
  expectFault("  threadgroup float As[64];\n  threadgroup float Bs[64];\n  As[t] = in[t];\n  Bs[t] = in[t + g];\n"
              "  threadgroup_barrier(mem_flags::mem_threadgroup);\n  out[t] = As[t + 1] + Bs[63 - t] + lane + sg;\n",
              "0 bytes beyond the end of threadgroup array 'As'");
}

TEST(ShimMemory, aWriteToAnInput) {
  expectFault("  ((device float *)in)[t] = out[t] + g + lane + sg;\n", "write to read-only buffer 0 at line 7");
}

TEST(ShimMemory, readBeforeItIsWritten) {
  expectFault("  threadgroup float As[64];\n  if (g == 0)\n    As[t] = in[t];\n"
              "  threadgroup_barrier(mem_flags::mem_threadgroup);\n  out[g * 64 + t] = As[63 - t] + lane + sg;\n",
              "uninitialised: threadgroup array 'As' read", 2);
}

TEST(ShimMemory, moreThreadgroupMemoryThanThereIs) {
  Launch launch;
  EXPECT_EQ(launch.run(kernelOf(SIGNATURE "  threadgroup float As[4000];\n  threadgroup float Bs[4193];\n"
                                          "  As[t] = in[t];\n  Bs[t * 2] = in[t];\n"
                                          "  threadgroup_barrier(mem_flags::mem_threadgroup);\n"
                                          "  out[t] = As[63 - t] + Bs[2 * (63 - t)] + g + lane + sg;\n}\n")),
            "kernel k: 32772 bytes of threadgroup memory, at most 32768 are allowed");
}

//===----------------------------------------------------------------------===//
// Races
//===----------------------------------------------------------------------===//

TEST(ShimRace, aMissingBarrier) {
  expectFault("  threadgroup float As[64];\n  As[t] = in[t];\n  threadgroup_barrier(mem_flags::mem_threadgroup);\n"
              "  As[t] = in[t + 1];\n  out[t] = As[63 - t] + g + lane + sg;\n",
              "race: ");
  expectFault("  threadgroup float As[64];\n  As[t] = in[t];\n  out[t] = As[63 - t] + g + lane + sg;\n",
              "not yet written in this threadgroup");
}

TEST(ShimRace, aMissingBarrierAtTheEndOfALoop) {
  expectFault(
      "  threadgroup float As[64];\n  float sum = 0;\n  for (uint i = 0; i < 3; ++i) {\n    As[t] = in[t + i];\n"
      "    threadgroup_barrier(mem_flags::mem_threadgroup);\n    sum += As[63 - t];\n  }\n"
      "  out[t] = sum + g + lane + sg;\n",
      "race: read of threadgroup array 'As'");
}

TEST(ShimRace, aBarrierForTheOtherMemory) {
  expectFault("  out[t] = in[t];\n  threadgroup_barrier(mem_flags::mem_threadgroup);\n"
              "  out[64 + t] = out[63 - t] + g + lane + sg;\n",
              "race: read of buffer 1");
}

TEST(ShimRace, aBarrierOfTheSimdgroupOnly) {
  expectFault("  threadgroup float As[64];\n  As[t] = in[t];\n  threadgroup_barrier(mem_flags::mem_threadgroup);\n"
              "  As[t] = in[t + 1];\n  simdgroup_barrier(mem_flags::mem_threadgroup);\n  out[t] = As[63 - t] + g + "
              "lane + sg;\n",
              "race: ");
}

TEST(ShimRace, betweenThreadgroups) {
  expectFault("  out[t] = in[t] + g + lane + sg;\n", "without a barrier after another threadgroup", 2);
  expectFault("  out[g * 64 + t] = in[t] + lane + sg;\n  out[192 + t] = g == 2 ? out[t] : 0.0f;\n",
              "without a barrier after another threadgroup", 3);
}

//===----------------------------------------------------------------------===//
// Source
//===----------------------------------------------------------------------===//

/// What the compiler, or the shim's reading of its tree, says of a source.
static std::string refusal(const std::string &source) {
  std::string error;
  std::unique_ptr<ShimLibrary> library = ShimLibrary::compile(source, {SNAP_SHIM_CACHE, {}}, error);
  return library ? "accepted" : error;
}

TEST(ShimSource, addressSpacesAreChecked) {
  EXPECT_THAT(refusal(kernelOf("kernel void k(device float *a [[buffer(0)]]) {\n  threadgroup float As[4];\n"
                               "  device float *p = As;\n  p[0] = a[0];\n}\n")),
              HasSubstr("cannot initialize a variable of type '__global float"));
  EXPECT_THAT(refusal(kernelOf("float first(float *p) { return p[0]; }\n"
                               "kernel void k(device float *a [[buffer(0)]]) { a[1] = first(a); }\n")),
              HasSubstr("line 4: 'p' of type '__generic float *__private' has no address space"));
  EXPECT_THAT(refusal(kernelOf("kernel void k(device float *a [[buffer(0)]]) {\n  float *p = a;\n  if (a[1] > 0) {\n"
                               "    p[0] = 1;\n  }\n}\n")),
              HasSubstr("a pointer has no address space"));
  EXPECT_THAT(refusal(kernelOf("kernel void k(constant float *a [[buffer(0)]]) { a[0] = 1; }\n")), HasSubstr("error"));
}

TEST(ShimSource, typesAreMetals) {
  EXPECT_THAT(refusal(kernelOf("kernel void k(device float *a [[buffer(0)]]) { a[0] = max(a[0], 2); }\n")),
              HasSubstr("ambiguous"));
  EXPECT_THAT(refusal(kernelOf("kernel void k(device float *a [[buffer(0)]]) { double d = a[0]; a[1] = (float)d; }\n")),
              HasSubstr("double"));
  EXPECT_THAT(refusal(kernelOf("kernel void k(device float *a [[buffer(0)]]) { float4 v = float4(a[0], a[1]);"
                               " a[0] = v.x; }\n")),
              HasSubstr("as many components as the vector"));
  EXPECT_THAT(refusal(kernelOf("kernel void k(device half *a [[buffer(0)]]) { simdgroup_float8x8 m;"
                               " simdgroup_load(m, a, 8); simdgroup_store(m, a, 8); }\n")),
              HasSubstr("no matching function"));
}

TEST(ShimSource, parametersNeedAnAttribute) {
  EXPECT_THAT(refusal(kernelOf("kernel void k(device float *a [[buffer(0)]], uint t) { a[t] = 1; }\n")),
              HasSubstr("parameter 't' has no attribute that the shim knows"));
  EXPECT_THAT(refusal(kernelOf("kernel void k(device float *a [[buffer(0)]], device float *b [[buffer(0)]]) "
                               "{ a[0] = b[0]; }\n")),
              HasSubstr("parameter 'b' is at buffer 0 beside 'a'"));
  EXPECT_THAT(refusal(kernelOf("kernel void k(device float *a [[buffer(0)]], float t [[thread_index_in_simdgroup]]) "
                               "{ a[0] = t; }\n")),
              HasSubstr("has type 'float', which its attribute cannot have"));
}

TEST(ShimSource, bindingsAreChecked) {
  std::unique_ptr<ShimLibrary> library =
      compiled(kernelOf("kernel void k(device float *a [[buffer(2)]]) { a[0] = 1; }\n"));
  ASSERT_NE(library, nullptr);
  float x = 0;
  EXPECT_EQ(library->run("k", {1, 1, 1}, {32, 1, 1}, {{&x, 4, 4, true}}), "kernel k: nothing is bound at buffer 2");
  EXPECT_EQ(library->run("q", {1, 1, 1}, {32, 1, 1}, {}), "kernel q: is not in the library");
  EXPECT_EQ(library->run("k", {1, 1, 1}, {40, 1, 1}, {{}, {}, {&x, 4, 4, true}}),
            "kernel k: a threadgroup of 40 threads, expected a multiple of 32 up to 1024");
}

//===----------------------------------------------------------------------===//
// Right kernels
//===----------------------------------------------------------------------===//

/// Runs in the three orders; the bytes must not differ.
static std::vector<float> sameInAllOrders(const std::string &source, uint32_t groups = 1) {
  std::vector<float> first;
  for (LaneOrder order : orders) {
    Launch launch;
    launch.groups = groups;
    EXPECT_EQ(launch.run(source, order), "");
    if (first.empty())
      first = launch.out;
    EXPECT_EQ(launch.out, first);
  }
  return first;
}

TEST(ShimRun, aReductionOverTheThreadgroup) {
  std::vector<float> out = sameInAllOrders(
      kernelOf(SIGNATURE
               "  threadgroup float sums[2];\n  float sum = simd_sum(in[g * 64 + t]);\n"
               "  if (lane == 0)\n    sums[sg] = sum;\n"
               "  threadgroup_barrier(mem_flags::mem_threadgroup);\n  out[g * 64 + t] = sums[0] + sums[1];\n}\n"),
      4);
  Launch launch;
  for (uint32_t g = 0; g < 4; ++g) {
    float sum = 0;
    for (uint32_t i = 0; i < 64; ++i)
      sum += launch.in[g * 64 + i];
    EXPECT_EQ(out[g * 64 + 17], sum);
  }
}

TEST(ShimRun, shufflesAndOrderWithinASimdgroup) {
  std::vector<float> out = sameInAllOrders(kernelOf(
      SIGNATURE
      "  threadgroup float As[64];\n  As[t] = in[t];\n  simdgroup_barrier(mem_flags::mem_threadgroup);\n"
      "  float mirrored = As[sg * 32 + 31 - lane];\n  out[t] = mirrored;\n"
      "  out[64 + t] = simd_shuffle_xor(in[t], 5);\n  out[128 + t] = simd_shuffle_down(in[t], ushort(lane < 31));\n"
      "  out[192 + t] = simd_broadcast(in[t], 9) + simd_max(in[t]) + g;\n}\n"));
  Launch launch;
  for (uint32_t t = 0; t < 64; ++t) {
    EXPECT_EQ(out[t], launch.in[t / 32 * 32 + 31 - t % 32]);
    EXPECT_EQ(out[64 + t], launch.in[t ^ 5]);
    EXPECT_EQ(out[128 + t], launch.in[t % 32 < 31 ? t + 1 : t]);
    EXPECT_EQ(out[192 + t], launch.in[t / 32 * 32 + 9] + 13);
  }
}

TEST(ShimRun, productsOfMatrices) {
  // out = in * in^T + 2 I by 8x8 blocks of a 16x16 matrix, two simdgroups a block row each; half and float operands.
  std::vector<float> out = sameInAllOrders(kernelOf(
      SIGNATURE "  threadgroup half As[256];\n  for (uint i = t; i < 256; i += 64)\n    As[i] = half(in[i]);\n"
                "  threadgroup_barrier(mem_flags::mem_threadgroup);\n  for (uint c = 0; c < 2; ++c) {\n"
                "    simdgroup_float8x8 sum = simdgroup_float8x8(sg == c ? 2.0f + 0.0f * (t + lane + g) : 0.0f);\n"
                "    for (uint k = 0; k < 2; ++k) {\n      simdgroup_half8x8 a;\n      simdgroup_float8x8 b;\n"
                "      simdgroup_load(a, As + sg * 128 + k * 8, 16);\n"
                "      simdgroup_load(b, in + c * 128 + k * 8, 16, 0, true);\n"
                "      simdgroup_multiply_accumulate(sum, a, b, sum);\n    }\n"
                "    simdgroup_store(sum, out + sg * 128 + c * 8, 16);\n  }\n}\n"));
  Launch launch;
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) {
      float sum = i == j ? 2 : 0;
      for (int k = 0; k < 16; ++k)
        sum += launch.in[i * 16 + k] * launch.in[j * 16 + k];
      EXPECT_EQ(out[i * 16 + j], sum) << i << "," << j;
    }
}

TEST(ShimRun, halfIsRoundedAtEveryStep) {
  std::vector<float> out =
      sameInAllOrders(kernelOf(SIGNATURE "  half big = half(in[3] * 0.0f + 2048.0f);\n  out[t] = float(big + 1.0h + "
                                         "1.0h) + 0.0f * (g + lane + sg);\n}\n"));
  EXPECT_EQ(out[0], 2048);
}
