//===- MetalPipelineTest.cpp - Every kernel of the nano pipeline ----------===//
//
// The keys that the passes make of a whole pipeline, from the plan snapc writes,
// through the shim against the reference.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalHarness.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

using namespace snap;

/// The keys of a pipeline's plan, each once, in order.
static std::set<std::string> keysOf(const std::string &precision) {
  std::filesystem::path plan = std::filesystem::temp_directory_path() / ("snap-metal-plan-" + std::to_string(getpid()));
  std::string command =
      std::string(SNAP_SNAPC " compile " SNAP_NANO " --target arm64-ios --emit plan --quiet --precision ") + precision +
      " -o " + plan.string();
  std::set<std::string> keys;
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream in(plan);
  const std::string call = "plan.call \"";
  for (std::string line; std::getline(in, line);)
    if (size_t begin = line.find(call); begin != std::string::npos)
      keys.insert(line.substr(begin + call.size(), line.find('"', begin + call.size()) - begin - call.size()));
  std::filesystem::remove(plan);
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
  for (const std::string &text : keys)
    if (i++ % parts == part)
      cases.push_back({keyOf(text), tolerance, 0, 1, 1000, false});
  checkCases(cases);
}

// In parts, for two processes to share.
TEST(MetalNano, f16First) { checkPart("f16", 0, 2); }
TEST(MetalNano, f16Second) { checkPart("f16", 1, 2); }
