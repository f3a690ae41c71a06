//===- noise.h - Seeded standard normal numbers -----------------*- C++ -*-===//
//
// Element i of the noise of a seed depends on the seed and i alone, and has the
// same bits on every target:
//
//   block i/4 = Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy
//   as 1, 2, 3", 2011) of counter {i/4 low, i/4 high, 0, 0} under the key {seed
//   low, seed high}: four 32-bit numbers a, b, c, d
//   elements 4k and 4k+1 = r cos t, r sin t with r = sqrt(-2 ln((a + 1/2) / 2^32)),
//   t = 2 pi b / 2^32 (Box and Muller 1958); 4k+2 and 4k+3 likewise from c, d
//
// in double precision, rounded to f32.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_NOISE_H
#define SNAP_RUNTIME_NOISE_H

#include <stdint.h>

namespace snap::runtime {

/// One block of the generator.
void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/// Elements 0 to count - 1.
void fillNoise(uint64_t seed, float *out, uint64_t count);

} // namespace snap::runtime

#endif // SNAP_RUNTIME_NOISE_H
