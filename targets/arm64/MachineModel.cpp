//===- MachineModel.cpp - arm64 processors --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/MachineModel.h"

using namespace snap;

const std::vector<Machine> &arm64::machines() {
  // 16 columns, that is 4 vectors of f32 or 2 of f16; GemmBlocks.cpp chooses the rows
  // (at most 6 and 8): 24 or 16 accumulators, a vector of each row of A, two of the
  // panel. Cortex-X and Apple cores have 4 FMLA pipes of 4 cycles, so at least 16 must
  // be in flight; Cortex-A715 has 2.
  static const std::vector<GemmTile> tiles = {{6, 16}};
  // Vectors are 128 bits wide on all of them; those that have SVE2 have it at 128 bits, which
  // adds nothing here. L2 is a core's share where cores have one together. What names no
  // source is from memory.
  static const std::vector<Machine> table = {
      // Every 64-bit Arm.
      {"armv8.0", 16, 32, false, 32 << 10, 256 << 10, tiles},
      // Phones of 2018 on have f16 arithmetic (FEAT_FP16). Two names of one thing.
      {"generic", 16, 32, true, 64 << 10, 512 << 10, tiles},
      {"armv8.2", 16, 32, true, 64 << 10, 512 << 10, tiles},
      // Performance cores: 4 vector pipes, 128 KiB of L1D (dougallj.github.io/applecpu, Firestorm).
      // L2 of a cluster: 8 MiB for 2 cores (A14), 12 MiB for 4 (M1), 16 MiB for 2 (A16).
      {"apple-a14", 16, 32, true, 128 << 10, 4 << 20, tiles},
      {"apple-a16", 16, 32, true, 128 << 10, 8 << 20, tiles},
      {"apple-m1", 16, 32, true, 128 << 10, 4 << 20, tiles},
      // 4 pipes; L1D 64 KiB, L2 512 or 1,024 KiB (en.wikipedia.org/wiki/ARM_Cortex-X3), the larger in phones.
      {"cortex-x3", 16, 32, true, 64 << 10, 1 << 20, tiles},
      // 2 pipes; L1D 32 or 64 KiB, L2 128 to 512 KiB, the larger in phones.
      {"cortex-a715", 16, 32, true, 64 << 10, 512 << 10, tiles},
      // 4 pipes (LLVM's AArch64SchedNeoverseV2.td, after Arm's Software Optimization Guide); L1D 64 KiB, L2
      // 1 MiB a core in NVIDIA Grace (chipsandcheese.com, Hot Chips 2023: Arm's Neoverse V2).
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
