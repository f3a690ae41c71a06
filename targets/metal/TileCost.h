//===- TileCost.h - What a kernel asks of a core of the GPU -----*- C++ -*-===//
//
// Counted from the tile, not measured: instructions, and bytes of threadgroup
// memory and of the GPU's cache, against what public measurements say a core of
// the Apple7 and Apple8 families does in a cycle (docs/guide/metal.md).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_TILECOST_H
#define SNAP_TARGETS_METAL_TILECOST_H

#include "targets/metal/MetalKernel.h"

namespace snap::metal {

/// A core: four pipelines of 32 lanes.
struct MetalCore {
  double macs = 128;             // multiply-accumulates a cycle, in f32 and f16
  double threadgroupBytes = 64;  // moved a cycle
  double cacheBytes = 32;        // from the cache that cores share, a cycle
  double memoryBytes = 60 << 10; // threadgroup memory of all threadgroups it holds
};

struct TileCost {
  std::string tile;         // of the function's name
  double multipliesPerLoad; // of 8x8 matrices, wherever they are loaded from
  double bytesPerMac;       // of threadgroup memory, written and read
  int64_t registers;        // of 32 bits, a lane
  int64_t threadgroupBytes, threads;
  int64_t resident; // threadgroups that a core holds; 0: the registers are too many for one
  double macs;      // that run, those beyond the edges of the result among them
  double cycles;    // of one core, for all threadgroups
  double aluShare() const { return macs / MetalCore().macs / cycles; }
};

/// Of a product, a convolution without groups, or attention.
std::optional<TileCost> tileCost(const KernelKey &key, const MetalModel &model);

/// Threads of a core for which there are registers; 0 beyond 128.
int64_t residentThreads(int64_t registers);

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_TILECOST_H
