//===- GemmBlocks.cpp - Tile and block sizes of GEMM-like kernels ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/GemmBlocks.h"

#include <algorithm>

using namespace snap;

TileForm snap::tileForm(const TargetModel &model, bool half, int64_t columns, int64_t depth) {
  TileForm form;
  if (model.arch != Arch::Arm64)
    return form;
  half = half && model.hasF16Arithmetic;
  auto lanes = static_cast<int>(model.lanes(half ? 2 : 4));
  if (columns % lanes || depth % lanes) // what is not whole vectors is computed as f32, element by element
    return form;
  return {lanes, half};
}

int64_t snap::tileRows(const TargetModel &model, int64_t columns, int64_t extent, TileForm form) {
  int64_t vectors = std::max<int64_t>(1, columns / model.lanes(form.half ? 2 : 4));
  // Besides the sums: a row of the panel, one broadcast element. More than 12
  // rows save no more loads.
  int64_t most = std::clamp<int64_t>((model.vectorRegisters - 1 - vectors) / vectors, 1, 12);
  // Or a vector of each row of A, and room to load two of the panel, each multiplied by
  // all rows before the next (6 x 16 of f32: 32 registers); by-element FMLA of f16 reads
  // only v0-v15. Two levels of sums take twice the registers, and two vectors of each row.
  if (form.depth > 1)
    most = std::clamp<int64_t>((model.vectorRegisters - 2 * form.sums) / (form.sums * (vectors + 1)), 1, 8);
  most = std::min(most, extent);
  int64_t best = most;
  double bestCost = 0;
  for (int64_t rows = most; rows >= 1 && rows * vectors >= 8; --rows) {
    // A tile costs its multiplications plus the loads of the panel's row and of
    // one element a row, two a cycle as the multiplications.
    double loads = 0.25 * (vectors + rows);
    if (form.depth > 1) // pairs of the panel's vectors, and one of each row for several steps
      loads = 0.5 * vectors + 1.0 * rows / form.depth;
    double cost = static_cast<double>(ceilDiv(extent, rows)) * (rows * vectors + loads);
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

int64_t snap::frugalBlock(int64_t extent, int64_t limit, int64_t tile) {
  int64_t best = evenBlock(extent, limit, tile);
  auto computed = [&](int64_t block) { return ceilDiv(extent, block) * roundUp(block, tile); };
  for (int64_t count = ceilDiv(extent, best); extent >= count * limit / 2; ++count) {
    int64_t block = evenBlock(extent, ceilDiv(extent, count), tile);
    if (computed(block) < computed(best))
      best = block;
  }
  return best;
}

int64_t snap::vectorDivisor(int64_t extent, int64_t limit) {
  int64_t width = 1;
  while (width * 2 <= limit && extent % (width * 2) == 0)
    width *= 2;
  return width;
}
