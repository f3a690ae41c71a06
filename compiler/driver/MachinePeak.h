//===- MachinePeak.h - How fast this machine is, measured now ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_MACHINEPEAK_H
#define SNAP_COMPILER_DRIVER_MACHINEPEAK_H

#include <cstdint>

namespace snap {

/// The roof over every kernel: what `threads` threads reach together in f32
/// multiply-adds on registers, and in reading memory.
struct MachinePeak {
  double flops = 0, bytesPerSecond = 0;

  bool isKnown() const { return flops > 0; }
  /// The part of the time that this much work would need at the peak, by whichever
  /// limit is nearer (Williams, Waterman and Patterson, "Roofline", 2009).
  /// Above 1 where an algorithm multiplies less than `macs` or data is in caches.
  double share(uint64_t macs, uint64_t bytes, double seconds) const;
};

/// Takes about a third of a second. Uses the widest vectors of this machine;
/// where there are none that we know, the result is not isKnown().
MachinePeak measureMachinePeak(unsigned threads);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_MACHINEPEAK_H
