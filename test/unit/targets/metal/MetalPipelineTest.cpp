//===- MetalPipelineTest.cpp - Every kernel of the nano pipeline ----------===//
//
// The keys that the passes make of a whole pipeline, moments made and taken,
// through the shim against the reference.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalHarness.h"
#include "PipelineCalls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

using namespace snap;

/// The keys of the pipeline's plan, each once, in order.
static std::set<std::string> keysOf(const std::string &precision) {
  std::set<std::string> keys;
  for (const ProgramCall &call : pipelineCalls(SNAP_NANO, precision))
    keys.insert(call.key.str());
  return keys;
}

/// What f32 accumulation in another order costs, relative to the largest element: the passes' sums are up to some
/// thousand products long, as those of the cases with this tolerance are.
static constexpr double tolerance = 1e-5;

static void checkPart(const char *precision, size_t part, size_t parts) {
  std::vector<KernelCase> cases;
  size_t i = 0;
  std::set<std::string> keys = keysOf(precision);
  EXPECT_GT(keys.size(), 150u);
  auto makes = [](const std::string &key) { return key.find(" moments=") != std::string::npos; };
  EXPECT_GT(std::count_if(keys.begin(), keys.end(), makes), 20);
  for (const std::string &text : keys)
    if (i++ % parts == part)
      cases.push_back({keyOf(text), tolerance, 0, 1, 1000, false});
  checkCases(cases);
}

// In parts, for two processes to share.
TEST(MetalNano, f16First) { checkPart("f16", 0, 2); }
TEST(MetalNano, f16Second) { checkPart("f16", 1, 2); }
