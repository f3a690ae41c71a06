//===- noise.cpp - Seeded standard normal numbers -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/noise.h"

#include "runtime/portable_math.h"

using namespace snap::runtime;

void snap::runtime::philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; ++round) {
    uint64_t product0 = uint64_t(0xd2511f53) * x0;
    uint64_t product1 = uint64_t(0xcd9e8d57) * x2;
    x0 = static_cast<uint32_t>(product1 >> 32) ^ x1 ^ k0;
    x1 = static_cast<uint32_t>(product1);
    x2 = static_cast<uint32_t>(product0 >> 32) ^ x3 ^ k1;
    x3 = static_cast<uint32_t>(product0);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

void snap::runtime::fillNoise(uint64_t seed, float *out, uint64_t count) {
  constexpr double unit = 1.0 / 4294967296.0;
  const uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  for (uint64_t block = 0; block * 4 < count; ++block) {
    const uint32_t counter[4] = {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), 0, 0};
    uint32_t bits[4];
    philox(counter, key, bits);
    for (uint64_t pair = 0; pair < 2; ++pair) {
      double radius = __builtin_sqrt(-2.0 * naturalLog((bits[2 * pair] + 0.5) * unit));
      double sine, cosine;
      sineCosine(bits[2 * pair + 1] * unit, sine, cosine);
      uint64_t at = block * 4 + pair * 2;
      if (at < count)
        out[at] = static_cast<float>(radius * cosine);
      if (at + 1 < count)
        out[at + 1] = static_cast<float>(radius * sine);
    }
  }
}
