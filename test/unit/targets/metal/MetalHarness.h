//===- MetalHarness.h - Runs emitted kernels on the shim --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_METAL_METALHARNESS_H
#define SNAP_TEST_UNIT_TARGETS_METAL_METALHARNESS_H

#include "test/unit/targets/KernelHarness.h"

#include "targets/metal/MetalKernel.h"
#include "targets/metal/shim/ShimLibrary.h"

namespace snap {

/// Dispatches a kernel's functions one after the other on inputs of its key. What the shim says comes as the fault.
/// The output lies over input `inPlace`, if that is one.
KernelOutcome runMetal(const shim::ShimLibrary &library, const metal::MetalKernel &kernel, const KernelRun &run,
                       shim::LaneOrder order, int64_t inPlace = -1);

/// One library of these kernels' functions; null with `error` set if clang refuses the source.
std::unique_ptr<shim::ShimLibrary> compiled(const std::vector<const metal::MetalKernel *> &kernels, std::string &error);

/// Emits, compiles and runs the cases, on random inputs and in place where the arena may have them so, and expects what
/// the reference computes.
void checkCases(const std::vector<KernelCase> &cases);

} // namespace snap

#endif // SNAP_TEST_UNIT_TARGETS_METAL_METALHARNESS_H
