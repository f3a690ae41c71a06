//===- Prelude.h - What every Metal source begins with ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_PRELUDE_H
#define SNAP_TARGETS_METAL_PRELUDE_H

#include <string>

namespace snap::metal {

/// Includes, KernelParams.h and the functions that emitted text calls.
std::string prelude();

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_PRELUDE_H
