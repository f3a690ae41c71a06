//===- MetalTestPlan.h - TestPlan with a GPU --------------------*- C++ -*-===//
//
// The plan of TestPlan.h whose three kernels are also Metal functions, in files
// beside each other as snapc writes them, and the fake device that runs them.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_RUNTIME_METAL_METALTESTPLAN_H
#define SNAP_TEST_RUNTIME_METAL_METALTESTPLAN_H

#include "PlanOracle.h"
#include "test/unit/runtime/TestPlan.h"

#include <gtest/gtest.h>

namespace snap::test {

/// "multiply" goes through scratch, in three dispatches.
const MetalProgram &testMetal();

/// TestPlan with the Metal table that snapc writes.
struct MetalTestPlan : TestPlan {
  MetalTestPlan();
};

/// testLibrary() with runtime/metal.
const snap_library &metalLibrary();

/// A fresh device, and test.snap with test.metal in a folder of their own. At its end nothing may be alive, and nothing
/// may have been a problem.
class MetalTest : public testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

  void writePlan(const TestPlan &plan);
  void writeSnap(const std::vector<uint8_t> &bytes);
  std::string file(const char *name) const { return folder + "/" + name; }
  /// The functions as snapc writes them, for this build id.
  static std::string source(const std::string &buildId = kBuildId);

  /// snap_open with these options; `model` is closed with the test.
  snap_status open(snap_options options = {});
  snap_status open(snap_device device);
  void close();
  snap_model_info info() const;

  std::string folder;
  snap_model *model = nullptr;
  snap_error error = {};

private:
  std::unique_ptr<fake::PlanOracle> oracle;
  std::vector<uint8_t> data;
};

} // namespace snap::test

#endif // SNAP_TEST_RUNTIME_METAL_METALTESTPLAN_H
