//===- CanonicalKey.h - Fewer shapes for kernels to serve -------*- C++ -*-===//
//
// Equal work under fewer forms: what a kernel sees may have fewer dimensions
// than the key that named it. Buffers are the same, for kernels read only where
// they begin.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_CANONICALKEY_H
#define SNAP_TARGETS_CPU_CANONICALKEY_H

#include "targets/KernelKey.h"

namespace snap {

/// 1x1 convolutions become matmuls; the rows of matmuls by a packed weight are
/// merged into one dimension as far as strides and broadcasts allow.
KernelKey canonicalKey(KernelKey key);

/// Joins neighbouring dimensions of the output, and of all `inputs` with it,
/// where every tensor runs through both in one stride or is broadcast along
/// both. The innermost `keep` dimensions stay.
void mergeDimensions(KernelKey &key, const std::vector<size_t> &inputs, size_t keep);

} // namespace snap

#endif // SNAP_TARGETS_CPU_CANONICALKEY_H
