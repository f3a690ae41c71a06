//===- portable_math.h - The same last bit on every machine -----*- C++ -*-===//
//
// Logarithm, sine and cosine from additions and multiplications in a fixed
// order (compiled without fused multiply-adds), since those of libm differ
// between systems. Within 2 units in the last place.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_PORTABLE_MATH_H
#define SNAP_RUNTIME_PORTABLE_MATH_H

#include <stdint.h>

namespace snap::runtime {

/// The natural logarithm of a positive, normal number.
inline double naturalLog(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  int64_t exponent = static_cast<int64_t>(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffff) | 0x3ff0000000000000;
  double m; // in [1, 2), then in [sqrt(1/2), sqrt(2))
  __builtin_memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // log m = 2 artanh((m - 1) / (m + 1)) = 2 (s + s^3/3 + s^5/5 + …), |s| < 0.172
  double s = (m - 1.0) / (m + 1.0);
  double square = s * s;
  double sum = 0;
  for (int power = 21; power >= 1; power -= 2)
    sum = sum * square + 1.0 / power;
  return static_cast<double>(exponent) * 0.6931471805599453 + 2.0 * s * sum;
}

/// Sine and cosine of 2 pi turns, for turns in [0, 1].
inline void sineCosine(double turns, double &sine, double &cosine) {
  // The nearest quarter turn, and what is left: an angle within pi/4.
  int quarter = static_cast<int>(turns * 4.0 + 0.5); // not negative; NOLINT(bugprone-incorrect-roundings)
  double angle = (turns - quarter * 0.25) * 6.283185307179586;
  double square = angle * angle;
  double s = 0, c = 0;
  for (int n = 8; n >= 1; --n) {
    s = (s + 1.0) * (-square / ((2 * n) * (2 * n + 1)));
    c = (c + 1.0) * (-square / ((2 * n - 1) * (2 * n)));
  }
  s = angle * (s + 1.0);
  c = c + 1.0;
  switch (quarter & 3) {
  case 0:
    sine = s, cosine = c;
    break;
  case 1:
    sine = c, cosine = -s;
    break;
  case 2:
    sine = -s, cosine = -c;
    break;
  default:
    sine = -c, cosine = s;
    break;
  }
}

} // namespace snap::runtime

#endif // SNAP_RUNTIME_PORTABLE_MATH_H
