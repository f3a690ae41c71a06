//===- ShimRuntime.h - The parts of the running shim ------------*- C++ -*-===//
//
// Linked into every compiled library, hidden there, so that two libraries in a
// process share nothing: Scheduler.cpp runs the lanes, Memory.cpp watches what
// they touch.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_SHIM_SHIMRUNTIME_H
#define SNAP_TARGETS_METAL_SHIM_SHIMRUNTIME_H

#include "targets/metal/shim/ShimAbi.h"

#include <string>

namespace snap::shim {

constexpr uint32_t simdWidth = 32, maxThreads = 1024, maxSimdgroups = maxThreads / simdWidth;

/// Where the lane that runs stands.
struct LaneView {
  uint32_t index;
  uint32_t simdgroup;
  const unsigned char *stackBegin, *stackEnd;
};
extern LaneView currentLane;

/// Stops the launch with a message about the current lane; does not return.
[[noreturn]] void fail(const std::string &message);
/// "thread 37 (lane 5 of simdgroup 1), threadgroup 0,0,0"
std::string describeLane(uint32_t index);

// Memory.cpp, told by the scheduler.

/// Names the kernel and its buffers; returns what is wrong with its threadgroup memory, or nothing.
std::string beginLaunch(const ShimLaunch &launch, const char *kernel);
/// A new threadgroup: its memory is undefined again.
void beginThreadgroup();
/// After a barrier that orders the named memory among all threads.
void passBarrier(bool deviceMemory, bool threadgroupMemory);
/// After a barrier that orders all memory within one simdgroup.
void passSimdgroupBarrier(uint32_t simdgroup);

} // namespace snap::shim

#endif // SNAP_TARGETS_METAL_SHIM_SHIMRUNTIME_H
