//===- half.h - f16 in memory -----------------------------------*- C++ -*-===//
//
// In integers: a compiler's own conversions call functions that not every
// target's libraries have.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_HALF_H
#define SNAP_RUNTIME_HALF_H

#include <stdint.h>

namespace snap::runtime {

inline float halfToFloat(uint16_t half) {
  uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  uint32_t exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
  uint32_t bits;
  if (exponent == 0) { // zero and subnormals: fraction * 2^-24, exact
    float value = static_cast<float>(fraction) * 5.9604644775390625e-08f;
    return sign ? -value : value;
  }
  if (exponent == 31)
    bits = sign | 0x7f800000 | fraction << 13;
  else
    bits = sign | (exponent + 112) << 23 | fraction << 13;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

/// To nearest, ties to even; what is too large becomes infinite.
inline uint16_t floatToHalf(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return static_cast<uint16_t>(sign | 0x7e00); // not a number
  if (magnitude >= 0x477ff000)                   // 65520 and up
    return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x38800000) { // below 2^-14: a multiple of 2^-24
    float scaled;
    __builtin_memcpy(&scaled, &magnitude, sizeof scaled);
    scaled = scaled * 16777216.0f + 8388608.0f; // the addition rounds
    __builtin_memcpy(&bits, &scaled, sizeof bits);
    return static_cast<uint16_t>(sign | (bits & 0x7ff));
  }
  uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | (rounded - 0x38000000) >> 13);
}

} // namespace snap::runtime

#endif // SNAP_RUNTIME_HALF_H
