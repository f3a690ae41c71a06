//===- BlockMoments.h - Moments of blocks of a kernel's output --*- C++ -*-===//
//
// What the group norm of the next kernel needs of this one's output
// (`moments`, targets/KernelKey.h).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_BLOCKMOMENTS_H
#define SNAP_TARGETS_CPU_BLOCKMOMENTS_H

#include "targets/cpu/HalideSupport.h"

namespace snap {

/// Defines `builder.moments` as a stage of its own that reads the whole output, once
/// that is stored: right for any block, and no faster than a norm that reads its input.
void takeMoments(KernelBuilder &builder);

} // namespace snap

#endif // SNAP_TARGETS_CPU_BLOCKMOMENTS_H
