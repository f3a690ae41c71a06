//===- Random.h - Numbers from a seed ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_RANDOM_H
#define SNAP_TEST_SUPPORT_RANDOM_H

#include <cassert>
#include <cstdint>

namespace snap::test {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine, which std's distributions are not.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Between low and high, both included.
  int64_t between(int64_t low, int64_t high) {
    assert(low <= high && "a range");
    return low + int64_t(next() % uint64_t(high - low + 1));
  }
  /// True once in n.
  bool oneIn(int64_t n) { return between(1, n) == 1; }
  bool coin() { return oneIn(2); }
  /// In [-1, 1).
  double unit() { return double(next() >> 11) * 0x1p-52 - 1; }
  /// One of the elements of a container.
  template <typename Container> const auto &pick(const Container &from) {
    return *(from.begin() + between(0, int64_t(from.size()) - 1));
  }

private:
  uint64_t state;
};

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_RANDOM_H
