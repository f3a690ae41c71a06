//===- MachineModel.cpp - arm64 processors --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/MachineModel.h"

using namespace snap;

const std::vector<Machine> &arm64::machines() {
  // 16 columns, that is 4 vectors of f32 or 2 of f16; GemmBlocks.cpp chooses the rows
  // (5 and 8): 20 or 16 accumulators, a vector of each row of A, two of the panel.
  // Cortex-X and Apple cores have 4 FMLA pipes of 4 cycles, so at least 16 must be
  // in flight; Cortex-A715 has 2.
  static const std::vector<GemmTile> tiles = {{6, 16}};
  // Vectors are 128 bits wide on all of them: those with SVE2 have it at 128 bits too
  // (Cortex-X3, -A715 and Neoverse V2 technical reference manuals), which adds nothing here.
  // L2 is a core's share where cores have one together.
  static const std::vector<Machine> table = {
      // Every 64-bit Arm.
      {"armv8.0", 16, 32, false, 32 << 10, 256 << 10, tiles},
      // Phones of 2018 on have f16 arithmetic (FEAT_FP16). Two names of one thing.
      {"generic", 16, 32, true, 64 << 10, 512 << 10, tiles},
      {"armv8.2", 16, 32, true, 64 << 10, 512 << 10, tiles},
      // Performance cores: 4 vector pipes (dougallj.github.io/applecpu, Firestorm: FMLA on
      // u11-u14), L1D 128 KiB; L2 of a cluster 8 MiB for 2 cores (A14), 12 MiB for 4 (M1) and
      // 16 MiB for 2 (A16), as hw.perflevel0.l1dcachesize and .l2cachesize report.
      {"apple-a14", 16, 32, true, 128 << 10, 4 << 20, tiles},
      {"apple-a16", 16, 32, true, 128 << 10, 8 << 20, tiles},
      {"apple-m1", 16, 32, true, 128 << 10, 4 << 20, tiles},
      // 4 pipes (V0-V3; Arm Cortex-X3 Core Software Optimization Guide, section 2.1); L1D 64 KiB,
      // L2 512 KiB or 1 MiB (its TRM, section 2.1); phones have 1 MiB.
      {"cortex-x3", 16, 32, true, 64 << 10, 1 << 20, tiles},
      // 2 pipes (V0, V1; its Software Optimization Guide); L1D 32 or 64 KiB, L2 128 to 512 KiB (TRM):
      // as phones have it.
      {"cortex-a715", 16, 32, true, 64 << 10, 512 << 10, tiles},
      // 4 pipes (V0-V3; its Software Optimization Guide); L1D 64 KiB, L2 1 or 2 MiB (TRM).
      {"neoverse-v2", 16, 32, true, 64 << 10, 1 << 20, tiles},
  };
  return table;
}

std::string arm64::hostCpu() {
#if defined(__aarch64__)
  return "armv8.0";
#endif
  return "";
}
