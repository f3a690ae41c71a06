//===- MetalFullSizeTest.cpp - What the full-size pipeline becomes ---------===//
//
// The plan that snapc makes of SnapFusion's graphs, which needs no weights, with
// the moments that Metal asks for: dispatches of a step, limits of the GPU and
// slices of every dispatch, and the whole source through clang.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalLimits.h"
#include "PipelineCalls.h"

#include "targets/metal/TileCost.h"
#include "targets/metal/shim/ShimLibrary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>

using namespace snap;
using namespace snap::metal;

static std::vector<ProgramCall> calls() {
  static const std::vector<ProgramCall> plan = pipelineCalls(SNAP_FULL_SIZE, "f16");
  return plan;
}

static MetalKernel emitted(const KernelKey &key) {
  std::string error;
  std::optional<MetalKernel> kernel = emitMetalKernel(key, MetalModel(), error);
  EXPECT_TRUE(kernel) << error << "\n" << key.str();
  return kernel ? *kernel : MetalKernel();
}

TEST(MetalFullSize, aStepTakesAtMost230Dispatches) {
  std::map<std::string, size_t> kernels, dispatches, statistics;
  std::map<std::string, int64_t> scratch;
  for (const ProgramCall &call : calls()) {
    MetalKernel kernel = emitted(call.key);
    ++kernels[call.program];
    dispatches[call.program] += kernel.dispatches.size();
    scratch[call.program] = std::max(scratch[call.program], kernel.scratchBytes);
    for (const MetalDispatch &dispatch : kernel.dispatches)
      statistics[call.program] += dispatch.function.find("group_statistics") == 0;
  }
  for (const auto &[program, count] : dispatches)
    std::printf("%s: %zu kernels, %zu dispatches, %zu of them statistics, %lld bytes of scratch\n", program.c_str(),
                kernels[program], count, statistics[program], static_cast<long long>(scratch[program]));
  EXPECT_GE(kernels["step"], 180u);
  EXPECT_LE(dispatches["step"], 230u);
  // Nothing but factors and summands of channels.
  for (const auto &[program, bytes] : scratch)
    EXPECT_LE(bytes, 64 << 10) << program;
}

TEST(MetalFullSize, everyDispatchKeepsTheLimits) {
  for (const ProgramCall &call : calls())
    expectLimits(call.key, emitted(call.key));
}

TEST(MetalFullSize, registersAreEnoughForEveryTile) {
  size_t counted = 0;
  for (const ProgramCall &call : calls()) {
    std::optional<TileCost> cost = tileCost(call.key, MetalModel());
    if (!cost)
      continue;
    SCOPED_TRACE(call.key.str());
    ++counted;
    EXPECT_GE(cost->resident, 1) << cost->registers << " registers of " << cost->threads << " threads";
    EXPECT_GT(cost->aluShare(), 0.05);
    EXPECT_LT(cost->aluShare(), 1.0);
    EXPECT_GE(cost->macs, static_cast<double>(call.key.macs()) * 25 / 144); // F(4,3) of an enlarged image, the least
  }
  EXPECT_GT(counted, 400u);
}

// Text encoder, UNet and decoder, in one file as an app gets it; the shim's compiler treats warnings as errors.
TEST(MetalFullSize, theSourceCompilesWithoutWarnings) {
  std::vector<MetalKernel> kernels;
  std::vector<const MetalKernel *> pointers;
  for (const ProgramCall &call : calls())
    kernels.push_back(emitted(call.key));
  for (const MetalKernel &kernel : kernels)
    pointers.push_back(&kernel);
  std::string error, source = metalSource(pointers);
  size_t functions = 0;
  for (size_t at = 0; (at = source.find("kernel void ", at)) != std::string::npos; ++at)
    ++functions;
  std::printf("%zu functions, %zu bytes of source\n", functions, source.size());
  EXPECT_GT(functions, 30u);
  EXPECT_NE(shim::ShimLibrary::compile(source, {SNAP_SHIM_CACHE, {"-D__METAL_VERSION__=310"}}, error), nullptr)
      << error;
}
