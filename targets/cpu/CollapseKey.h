//===- CollapseKey.h - The same kernel with fewer dimensions ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_COLLAPSEKEY_H
#define SNAP_TARGETS_CPU_COLLAPSEKEY_H

#include "targets/KernelKey.h"

namespace snap {

/// A key that does the same to the same bytes with neighbouring dimensions
/// joined wherever the op, every tensor's strides and every broadcast allow: an
/// elementwise kernel on dense tensors becomes one loop, a group norm becomes
/// [N,S,C]. A transpose comes back with the identity permutation and a strided
/// input, norms with 1-D scale and bias. Keys of conv2d, matmul, attention,
/// pool and resize come back as they are.
KernelKey collapseKey(const KernelKey &key);

} // namespace snap

#endif // SNAP_TARGETS_CPU_COLLAPSEKEY_H
