//===- Shapes.cpp - Shape rules of the snap dialect -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/snap/Shapes.h"

#include <algorithm>

using namespace snap;

std::string snap::shapeText(llvm::ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

std::optional<llvm::SmallVector<int64_t>> snap::broadcastShapes(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b) {
  size_t rank = std::max(a.size(), b.size());
  llvm::SmallVector<int64_t> result(rank, 1);
  for (size_t i = 0; i < rank; ++i) {
    int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1)
      return std::nullopt;
    result[rank - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

bool snap::broadcastsTo(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to) {
  auto both = broadcastShapes(from, to);
  return both && llvm::ArrayRef<int64_t>(*both) == to;
}

int64_t snap::windowOutputs(int64_t size, int64_t padLow, int64_t padHigh, int64_t kernel, int64_t stride,
                            int64_t dilation) {
  int64_t span = size + padLow + padHigh - dilation * (kernel - 1) - 1;
  return span < 0 ? 0 : span / stride + 1;
}
