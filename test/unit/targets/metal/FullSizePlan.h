//===- FullSizePlan.h - Kernel calls of the full-size pipeline --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_METAL_FULLSIZEPLAN_H
#define SNAP_TEST_UNIT_TARGETS_METAL_FULLSIZEPLAN_H

#include "targets/KernelKey.h"

#include <string>
#include <vector>

namespace snap {

struct ProgramCall {
  std::string program; // "step"
  KernelKey key;
};

/// What snapc plans of models/snapfusion in f16, with moments of Metal's blocks; stops the program where it fails.
std::vector<ProgramCall> fullSizeCalls();

} // namespace snap

#endif // SNAP_TEST_UNIT_TARGETS_METAL_FULLSIZEPLAN_H
