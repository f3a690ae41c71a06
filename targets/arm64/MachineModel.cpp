//===- MachineModel.cpp - arm64 processors --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/MachineModel.h"

using namespace snap;

const std::vector<Machine> &arm64::machines() {
  // 24 accumulators of 32 registers: Cortex-X and Apple cores have 4 FMLA pipes
  // of 4 cycles, so at least 16 must be in flight. "armv8.0" is every 64-bit
  // Arm; the others have f16 arithmetic.
  static const std::vector<GemmTile> tiles = {{6, 16}};
  static const std::vector<Machine> table = {
      {"armv8.0", 16, 32, false, 32 << 10, 256 << 10, tiles},
      {"armv8.2", 16, 32, true, 64 << 10, 512 << 10, tiles},
      {"apple-a14", 16, 32, true, 128 << 10, 4 << 20, tiles},
      {"apple-m1", 16, 32, true, 128 << 10, 4 << 20, tiles},
  };
  return table;
}

std::string arm64::hostCpu() {
#if defined(__aarch64__)
  return "armv8.0";
#endif
  return "";
}
