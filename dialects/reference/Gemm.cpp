//===- Gemm.cpp - The matrix product under matmul, conv and attention -----===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Gemm.h"

#include <algorithm>

using namespace snap;
using namespace snap::reference;

// Wider vectors only change how many columns go at once, never the order of a
// sum; without fused multiply-add the bits are the same everywhere.
#if defined(__x86_64__)
#define SNAP_WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define SNAP_WIDE_VECTORS
#endif

static constexpr int64_t kColumns = 16, kRows = 4;
/// Blocks of the sum: a block's panel stays in cache, and the error of a long sum grows with its blocks.
static constexpr int64_t kBlock = 256;

PackedMatrix reference::packMatrix(const float *b, int64_t k, int64_t n, int64_t strideK, int64_t strideN) {
  int64_t panels = (n + kColumns - 1) / kColumns;
  PackedMatrix packed{k, n, std::vector<float>(panels * k * kColumns)};
  for (int64_t p = 0; p < panels; ++p) {
    float *to = packed.panels.data() + p * k * kColumns;
    int64_t columns = std::min(kColumns, n - p * kColumns);
    const float *from = b + p * kColumns * strideN;
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < columns; ++j)
        to[i * kColumns + j] = from[i * strideK + j * strideN];
  }
  return packed;
}

/// c[ROWS, 16] (+)= a[ROWS, k] panel[k, 16].
template <int ROWS>
static inline __attribute__((always_inline)) void tile(const float *a, int64_t lda, const float *__restrict panel,
                                                       int64_t k, float *__restrict sums) {
  float acc[ROWS][kColumns] = {};
  for (int64_t i = 0; i < k; ++i)
    for (int r = 0; r < ROWS; ++r)
      for (int j = 0; j < kColumns; ++j)
        acc[r][j] += a[r * lda + i] * panel[i * kColumns + j];
  for (int r = 0; r < ROWS; ++r)
    for (int j = 0; j < kColumns; ++j)
      sums[r * kColumns + j] = acc[r][j];
}

SNAP_WIDE_VECTORS
static void tile4(const float *a, int64_t lda, const float *panel, int64_t k, float *sums) {
  tile<kRows>(a, lda, panel, k, sums);
}

SNAP_WIDE_VECTORS
static void tile1(const float *a, int64_t lda, const float *panel, int64_t k, float *sums) {
  tile<1>(a, lda, panel, k, sums);
}

void reference::multiply(const float *a, int64_t lda, int64_t m, const PackedMatrix &b, float *c, int64_t ldc) {
  for (int64_t row = 0; row < m; ++row)
    std::fill_n(c + row * ldc, b.n, 0.0f);
  for (int64_t first = 0; first < b.k; first += kBlock) {
    int64_t k = std::min(kBlock, b.k - first);
    for (int64_t column = 0; column < b.n; column += kColumns) {
      const float *panel = b.panels.data() + column * b.k + first * kColumns;
      int64_t columns = std::min(kColumns, b.n - column);
      for (int64_t row = 0; row < m;) {
        float sums[kRows * kColumns];
        int64_t rows = m - row >= kRows ? kRows : 1;
        (rows == kRows ? tile4 : tile1)(a + row * lda + first, lda, panel, k, sums);
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t j = 0; j < columns; ++j)
            c[(row + r) * ldc + column + j] += sums[r * kColumns + j];
        row += rows;
      }
    }
  }
}
