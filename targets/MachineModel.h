//===- MachineModel.h - One table of processors per architecture -*- C++
//-*-===//
//
// What targets/x86_64 and targets/arm64 each define for TargetModel.cpp.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_MACHINEMODEL_H
#define SNAP_TARGETS_MACHINEMODEL_H

#include "targets/TargetModel.h"

namespace snap {

/// A processor as --cpu names it, and the register tiles its GEMM-like kernels
/// use, widest first. Rows x columns accumulators, one row of the packed panel
/// and a broadcast element must fit the vector registers.
struct Machine {
  const char *cpu;
  int64_t vectorBytes;
  int64_t vectorRegisters;
  bool hasF16Arithmetic;
  int64_t l1Bytes;
  int64_t l2Bytes;
  std::vector<GemmTile> tiles;
};

namespace x86_64 {
const std::vector<Machine> &machines();
/// The name of this machine's entry; empty if it lacks what we need.
std::string hostCpu();
} // namespace x86_64

namespace arm64 {
const std::vector<Machine> &machines();
std::string hostCpu();
} // namespace arm64

} // namespace snap

#endif // SNAP_TARGETS_MACHINEMODEL_H
