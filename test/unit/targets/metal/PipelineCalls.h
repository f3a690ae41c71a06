//===- PipelineCalls.h - Kernel calls of a pipeline -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_METAL_PIPELINECALLS_H
#define SNAP_TEST_UNIT_TARGETS_METAL_PIPELINECALLS_H

#include "targets/KernelKey.h"

#include <string>
#include <vector>

namespace snap {

struct ProgramCall {
  std::string program; // "step"
  KernelKey key;
};

/// What snapc plans of the graphs in a folder, which need no weights, in "f16" or "f32", with moments of Metal's blocks;
/// stops the program where it fails.
std::vector<ProgramCall> pipelineCalls(const std::string &folder, const std::string &precision);

} // namespace snap

#endif // SNAP_TEST_UNIT_TARGETS_METAL_PIPELINECALLS_H
