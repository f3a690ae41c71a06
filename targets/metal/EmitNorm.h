//===- EmitNorm.h - Statistics that other kernels apply ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_EMITNORM_H
#define SNAP_TARGETS_METAL_EMITNORM_H

#include "targets/metal/Emit.h"

namespace snap::metal {

/// A GroupNorm of input 0 (with what is joined to it), by the numbers of inputs.
struct GroupStatistics {
  int64_t groups, scale, bias;
  int64_t joined = -1;
  const Expr *prologue = nullptr; // applied before the norm
};

/// Adds a dispatch that writes {factor, summand} in f32 for every image and channel; returns the scratch's byte offset.
int64_t emitGroupStatistics(Emission &e, const GroupStatistics &s);

/// First channels of the groups, and the end, as bytes.
std::string groupBounds(const KernelKey &key, int64_t groups, int64_t channels);

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_EMITNORM_H
