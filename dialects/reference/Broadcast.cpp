//===- Broadcast.cpp - numpy's broadcasting as strides --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Broadcast.h"

#include <algorithm>

namespace snap::reference {

Shape broadcastShape(const Shape &a, const Shape &b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    assert((x == y || x == 1 || y == 1) && "shapes broadcast");
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

std::vector<int64_t> broadcastStrides(const Shape &from, const Shape &to) {
  assert(from.size() <= to.size() && "broadcasting adds dimensions");
  std::vector<int64_t> result(to.size(), 0);
  int64_t stride = 1;
  for (size_t i = 0; i < from.size(); ++i) {
    size_t d = to.size() - 1 - i;
    int64_t size = from[from.size() - 1 - i];
    assert((size == to[d] || size == 1) && "shapes broadcast");
    result[d] = size == 1 ? 0 : stride;
    stride *= size;
  }
  return result;
}

std::vector<int64_t> broadcastOffsets(const Shape &from, const Shape &to) {
  StridedWalk walk(to, {broadcastStrides(from, to)});
  std::vector<int64_t> result;
  result.reserve(walk.elements());
  walk.forRuns(0, walk.runs(), [&](int64_t, const int64_t *offsets) {
    for (int64_t i = 0; i < walk.runLength(); ++i)
      result.push_back(offsets[0] + i * walk.runStride(0));
  });
  return result;
}

StridedWalk::StridedWalk(Shape full, std::vector<std::vector<int64_t>> operandStrides)
    : strides(operandStrides.size()) {
  // Outer to inner: dimension d joins the one before it if every operand steps over d without a gap.
  for (size_t d = 0; d < full.size(); ++d) {
    if (full[d] == 1)
      continue;
    bool joins = !shape.empty();
    for (size_t o = 0; o < strides.size() && joins; ++o)
      joins = strides[o].back() == operandStrides[o][d] * full[d];
    if (joins) {
      shape.back() *= full[d];
      for (size_t o = 0; o < strides.size(); ++o)
        strides[o].back() = operandStrides[o][d];
      continue;
    }
    shape.push_back(full[d]);
    for (size_t o = 0; o < strides.size(); ++o)
      strides[o].push_back(operandStrides[o][d]);
  }
  if (shape.empty()) {
    shape.push_back(1);
    for (auto &operand : strides)
      operand.push_back(0);
  }
}

int64_t StridedWalk::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

void StridedWalk::forRuns(int64_t begin, int64_t end,
                          const std::function<void(int64_t, const int64_t *)> &visit) const {
  size_t outer = shape.size() - 1, operands = strides.size();
  std::vector<int64_t> index(outer), offsets(operands, 0);
  int64_t rest = begin;
  for (size_t d = outer; d-- > 0; rest /= shape[d]) {
    index[d] = rest % shape[d];
    for (size_t o = 0; o < operands; ++o)
      offsets[o] += index[d] * strides[o][d];
  }
  for (int64_t run = begin; run < end; ++run) {
    visit(run, offsets.data());
    for (size_t d = outer; d-- > 0;) {
      for (size_t o = 0; o < operands; ++o)
        offsets[o] += strides[o][d];
      if (++index[d] < shape[d])
        break;
      index[d] = 0;
      for (size_t o = 0; o < operands; ++o)
        offsets[o] -= shape[d] * strides[o][d];
    }
  }
}

} // namespace snap::reference
