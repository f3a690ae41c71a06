//===- DeviceReport.h - What the tests' device did, as JSON -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_METAL_DEVICEREPORT_H
#define SNAP_TEST_SUPPORT_METAL_DEVICEREPORT_H

#include "PlanOracle.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace snap::fake {

/// Prints a line; the exit status of a program: 1 when the device found fault, or objects are left.
inline int reportDevice(const PlanOracle &oracle) {
  llvm::json::Array said;
  for (const std::string &problem : problems())
    said.push_back(problem);
  bool good = said.empty() && liveObjects() == 0;
  llvm::json::Object dispatches;
  for (const auto &[program, count] : oracle.dispatches())
    dispatches[program] = static_cast<int64_t>(count);
  llvm::outs() << llvm::json::Value(llvm::json::Object{{"problems", std::move(said)},
                                                       {"live_objects", static_cast<int64_t>(liveObjects())},
                                                       {"command_buffers", device().commandBuffers},
                                                       {"dispatches", static_cast<int64_t>(device().dispatches)},
                                                       {"compiled_pipelines", device().compiledPipelines},
                                                       {"dispatches_of", std::move(dispatches)}})
               << '\n';
  return good ? 0 : 1;
}

} // namespace snap::fake

#endif // SNAP_TEST_SUPPORT_METAL_DEVICEREPORT_H
