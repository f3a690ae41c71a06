//===- GemmBlocks.cpp - Tile and block sizes of GEMM-like kernels ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/GemmBlocks.h"

#include <algorithm>

using namespace snap;

int64_t snap::tileRows(const TargetModel &model, int64_t columns, int64_t extent) {
  int64_t vectors = std::max<int64_t>(1, columns / model.lanes(4));
  // Besides the sums: a row of the panel, one broadcast element. More than 12
  // rows save no more loads.
  int64_t most = std::clamp<int64_t>((model.vectorRegisters - 1 - vectors) / vectors, 1, 12);
  most = std::min(most, extent);
  int64_t best = most;
  double bestCost = 0;
  for (int64_t rows = most; rows >= 1 && rows * vectors >= 8; --rows) {
    // A tile costs its multiplications plus the loads of the panel's row and of
    // one element a row, two a cycle as the multiplications.
    double cost = static_cast<double>(ceilDiv(extent, rows)) * (rows * vectors + 0.25 * (vectors + rows));
    if (bestCost == 0 || cost < bestCost) {
      best = rows;
      bestCost = cost;
    }
  }
  return best;
}

int64_t snap::blockOf(int64_t extent, int64_t limit) {
  if (extent <= limit)
    return extent;
  for (int64_t block = limit; block >= std::max<int64_t>(limit / 4, 1); --block)
    if (extent % block == 0)
      return block;
  return extent;
}

int64_t snap::divisorUpTo(int64_t extent, int64_t limit) {
  int64_t divisor = std::max<int64_t>(1, std::min(limit, extent));
  while (extent % divisor)
    --divisor;
  return divisor;
}

int64_t snap::evenBlock(int64_t extent, int64_t limit, int64_t tile) {
  int64_t blocks = ceilDiv(extent, std::max(limit, tile));
  if (blocks <= 1)
    return extent;
  return std::min(roundUp(ceilDiv(extent, blocks), tile), extent);
}

int64_t snap::vectorDivisor(int64_t extent, int64_t limit) {
  int64_t width = 1;
  while (width * 2 <= limit && extent % (width * 2) == 0)
    width *= 2;
  return width;
}
