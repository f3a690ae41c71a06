//===- MomentsBlock.h - Which kernels make moments of blocks ----*- C++ -*-===//
//
// Whether a kernel should make the moments that the norm of the next one needs,
// and of which blocks: what it computes at once, so that they cost no pass over
// memory.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_MOMENTSBLOCK_H
#define SNAP_TARGETS_MOMENTSBLOCK_H

#include "targets/KernelKey.h"
#include "targets/TargetModel.h"

#include <vector>

namespace snap {

/// The `moments` of a convolution or a product with packed weights on this CPU; empty
/// where they would save nothing. `points`: of an image of the output, pixels or rows; no
/// block holds points of two images.
std::vector<int64_t> momentsBlock(const KernelKey &key, int64_t points, const TargetModel &target);

} // namespace snap

#endif // SNAP_TARGETS_MOMENTSBLOCK_H
