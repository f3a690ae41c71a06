//===- Gemm.h - The matrix product under matmul, conv and attention -------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_GEMM_H
#define SNAP_DIALECTS_REFERENCE_GEMM_H

#include <cstdint>
#include <vector>

namespace snap::reference {

/// A [K, N] matrix in panels of 16 columns, zero-padded.
struct PackedMatrix {
  int64_t k = 0, n = 0;
  std::vector<float> panels; // [ceil(N/16), K, 16]
};

/// Packs b, whose element (i, j) is at b[i * strideK + j * strideN].
PackedMatrix packMatrix(const float *b, int64_t k, int64_t n, int64_t strideK, int64_t strideN);

/// c[M, N] (row stride ldc) = a[M, K] (row stride lda) times b. Sums run over k
/// in order, in f32 within blocks of 256, whatever M and N.
void multiply(const float *a, int64_t lda, int64_t m, const PackedMatrix &b, float *c, int64_t ldc);

} // namespace snap::reference

#endif // SNAP_DIALECTS_REFERENCE_GEMM_H
