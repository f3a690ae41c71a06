//===- Threads.h - Splits independent work over threads ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_THREADS_H
#define SNAP_DIALECTS_REFERENCE_THREADS_H

#include <cstdint>
#include <functional>

namespace snap::reference {

/// Calls `run(begin, end)` on ranges that cover [0, count), one range a thread
/// if `operations` (about a nanosecond each) are worth a thread. Items must not
/// depend on one another, so the split cannot change a result.
void parallelFor(int64_t count, double operations, const std::function<void(int64_t, int64_t)> &run);

} // namespace snap::reference

#endif // SNAP_DIALECTS_REFERENCE_THREADS_H
