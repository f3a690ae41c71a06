//===- MachineModel.cpp - x86-64 processors -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/MachineModel.h"

using namespace snap;

const std::vector<Machine> &x86_64::machines() {
  // AVX-512: 24 accumulators of 32 registers hide 2 FMA ports x 4 cycles three
  // times over; 48 columns waste less than 64 where N is not a multiple of 64.
  // AVX2: 12 of 16 registers.
  static const std::vector<Machine> table = {
      {"avx512", 64, 32, false, 32 << 10, 1 << 20, {{6, 64}, {8, 48}, {12, 32}, {14, 16}}},
      {"avx2", 32, 16, false, 32 << 10, 512 << 10, {{6, 16}}},
  };
  return table;
}

std::string x86_64::hostCpu() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd"))
    return "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return "avx2";
#endif
  return "";
}
