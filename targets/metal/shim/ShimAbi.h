//===- ShimAbi.h - What a compiled shim library is asked to do --*- C++ -*-===//
//
// The host (ShimLibrary.cpp) fills a ShimLaunch and calls the library's one
// entry, `mslRun`; kernels are found by name in a table that a generated
// launcher defines.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_SHIM_SHIMABI_H
#define SNAP_TARGETS_METAL_SHIM_SHIMABI_H

#include <cstddef>
#include <cstdint>

namespace snap::shim {

/// Positions as Metal's attributes give them.
struct ThreadIds {
  uint32_t gridPosition[3]; // thread_position_in_grid
  uint32_t group[3];
  uint32_t position[3]; // in the threadgroup
  uint32_t index;       // in the threadgroup
  uint32_t lane, simdgroup;
  uint32_t threads[3]; // per threadgroup
  uint32_t groups[3];  // per grid
};

/// Device memory at an index of the argument table; between buffers lies memory
/// that nobody may touch.
struct ShimBuffer {
  unsigned char *data;
  size_t bytes;
  uint32_t elementBytes; // the smallest access; 1, 2 or 4
  bool writable;
};

/// The order in which lanes of a threadgroup run between two meetings.
enum class LaneOrder : int32_t { Forward, Reverse, Strided };

struct ShimLaunch {
  const char *kernel;
  const ShimBuffer *buffers;
  int32_t bufferCount;
  uint32_t groups[3];
  uint32_t threads[3];
  LaneOrder order;
  size_t threadgroupLimit; // bytes of threadgroup memory a kernel may declare
  char *message;           // what went wrong; empty if nothing did
  size_t messageBytes;
};

/// A row of the generated table.
struct ShimKernel {
  const char *name;
  uint32_t buffers; // bit i: it has a parameter at buffer index i
  void (*call)(const ShimBuffer *buffers, const ThreadIds &ids);
};

/// Defined by the generated launcher.
extern const ShimKernel kernels[];
extern const int32_t kernelCount;

using ShimRun = void (*)(const ShimLaunch *launch);

} // namespace snap::shim

#endif // SNAP_TARGETS_METAL_SHIM_SHIMABI_H
