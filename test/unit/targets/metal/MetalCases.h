//===- MetalCases.h - Kernels that reach what is Metal's own ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_METAL_METALCASES_H
#define SNAP_TEST_UNIT_TARGETS_METAL_METALCASES_H

#include "test/unit/targets/KernelCases.h"

namespace snap {

/// Beside the cases of every target: each row of the tile tables, with and without tails, the head dimensions of the
/// pipelines we know, vectors and single elements, in f32 and f16 (the type of the text is f32).
std::vector<KernelCase> metalCases(bool half);

} // namespace snap

#endif // SNAP_TEST_UNIT_TARGETS_METAL_METALCASES_H
