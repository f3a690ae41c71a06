//===- Move.cpp - Movement of elements, whatever their type ---------------===//
//
// Weights of gigabytes are packed through these, so they run at about the
// speed of memory: contiguous stretches are copied whole, and a transpose goes
// by blocks that stay in cache.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Broadcast.h"
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Runs.h"
#include "dialects/reference/Threads.h"

#include <algorithm>
#include <cstring>

using namespace snap;
using namespace snap::reference;

/// Calls `visit` with an unsigned integer of the element's size.
template <typename Visit> static void dispatchSize(ElementType type, Visit visit) {
  switch (byteSize(type)) {
  case 1:
    return visit(uint8_t());
  case 2:
    return visit(uint16_t());
  case 4:
    return visit(uint32_t());
  default:
    return visit(uint64_t());
  }
}

//===----------------------------------------------------------------------===//
// Strided views: transpose, broadcast, slice
//===----------------------------------------------------------------------===//

/// The dimension, other than the innermost, along which the source is
/// contiguous, if a blocked copy along it and the innermost one pays.
static int64_t contiguousDimension(const StridedWalk &walk) {
  const Shape &sizes = walk.sizes();
  const std::vector<int64_t> &strides = walk.stridesOf(0);
  for (size_t d = 0; d + 1 < sizes.size(); ++d)
    if (strides[d] == 1 && sizes[d] >= 4 && sizes.back() >= 4 && std::abs(strides.back()) > 1)
      return d;
  return -1;
}

template <typename T> static void copyRuns(const T *from, T *to, const StridedWalk &walk, int64_t begin, int64_t end) {
  int64_t length = walk.runLength(), step = walk.runStride(0);
  walk.forRuns(begin, end, [&](int64_t run, const int64_t *offsets) {
    const T *source = from + offsets[0];
    T *target = to + run * length;
    if (step == 1)
      std::memcpy(target, source, length * sizeof(T));
    else if (step == 0)
      std::fill_n(target, length, *source);
    else
      for (int64_t i = 0; i < length; ++i)
        target[i] = source[i * step];
  });
}

/// A plane of a transpose: to[i * toStep + j] = from[i + j * fromStep].
template <typename T>
static void copyPlane(const T *from, int64_t fromStep, T *to, int64_t toStep, int64_t rows, int64_t columns) {
  // 16 x 16 elements touch 16 lines of cache on either side.
  constexpr int64_t kBlock = 16;
  for (int64_t i = 0; i < rows; i += kBlock)
    for (int64_t j = 0; j < columns; j += kBlock)
      for (int64_t r = i; r < std::min(i + kBlock, rows); ++r)
        for (int64_t c = j; c < std::min(j + kBlock, columns); ++c)
          to[r * toStep + c] = from[r + c * fromStep];
}

/// The tensor of shape `shape` whose element (i...) is x's element `base` + sum(i * strides).
static Tensor copyView(const Tensor &x, int64_t base, const Shape &shape, const std::vector<int64_t> &strides) {
  Tensor result(x.type(), shape);
  StridedWalk walk(shape, {strides});
  int64_t elements = walk.elements();
  if (elements == 0)
    return result;
  dispatchSize(x.type(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = static_cast<const T *>(x.raw()) + base;
    T *to = static_cast<T *>(result.mutableRaw());
    int64_t plane = contiguousDimension(walk);
    if (plane < 0) {
      double cost = 0.5 * elements + 5.0 * walk.runs();
      if (walk.runs() == 1)
        copyRuns(from, to, walk, 0, 1);
      else
        parallelFor(walk.runs(), cost, [&](int64_t begin, int64_t end) { copyRuns(from, to, walk, begin, end); });
      return;
    }
    // The planes of dimensions `plane` and innermost; the others are walked outside.
    Shape outer = walk.sizes();
    const std::vector<int64_t> &fromSteps = walk.stridesOf(0);
    std::vector<int64_t> toSteps(outer.size(), 1);
    for (size_t d = outer.size(); d-- > 1;)
      toSteps[d - 1] = toSteps[d] * outer[d];
    int64_t rows = outer[plane], columns = outer.back(), fromStep = fromSteps.back(), toStep = toSteps[plane];
    outer[plane] = outer.back() = 1;
    StridedWalk planes(outer, {fromSteps, toSteps});
    std::vector<std::pair<int64_t, int64_t>> starts;
    planes.forRuns(0, planes.runs(), [&](int64_t, const int64_t *offsets) {
      for (int64_t i = 0; i < planes.runLength(); ++i)
        starts.emplace_back(offsets[0] + i * planes.runStride(0), offsets[1] + i * planes.runStride(1));
    });
    // One large plane is split by rows, many small ones by planes.
    bool byRows = starts.size() < 8;
    parallelFor(byRows ? rows : starts.size(), elements, [&](int64_t begin, int64_t end) {
      for (size_t p = byRows ? 0 : begin; p < (byRows ? starts.size() : size_t(end)); ++p) {
        int64_t first = byRows ? begin : 0, count = byRows ? end - begin : rows;
        copyPlane(from + starts[p].first + first, fromStep, to + starts[p].second + first * toStep, toStep, count,
                  columns);
      }
    });
  });
  return result;
}

Tensor reference::transpose(const Tensor &x, const std::vector<int64_t> &permutation) {
  Shape shape;
  std::vector<int64_t> strides, own = x.strides();
  for (int64_t axis : permutation) {
    shape.push_back(x.shape()[axis]);
    strides.push_back(own[axis]);
  }
  // Moving dimensions of one element moves nothing.
  std::vector<int64_t> moved;
  for (int64_t axis : permutation)
    if (x.shape()[axis] != 1)
      moved.push_back(axis);
  if (std::is_sorted(moved.begin(), moved.end()))
    return x.reshaped(shape);
  return copyView(x, 0, shape, strides);
}

Tensor reference::broadcast(const Tensor &x, const Shape &shape) {
  return copyView(x, 0, shape, broadcastStrides(x.shape(), shape));
}

Tensor reference::slice(const Tensor &x, const std::vector<int64_t> &starts, const std::vector<int64_t> &steps,
                        const Shape &sizes) {
  if (sizes == x.shape() && std::all_of(steps.begin(), steps.end(), [](int64_t step) { return step == 1; }))
    return x;
  std::vector<int64_t> strides = x.strides();
  int64_t base = 0;
  for (size_t d = 0; d < strides.size(); ++d) {
    base += starts[d] * strides[d];
    strides[d] *= steps[d];
  }
  return copyView(x, base, sizes, strides);
}

//===----------------------------------------------------------------------===//
// Concat and pad
//===----------------------------------------------------------------------===//

Tensor reference::concat(const std::vector<Tensor> &pieces, int64_t axis) {
  Shape shape = pieces.front().shape();
  shape[axis] = 0;
  for (const Tensor &piece : pieces)
    shape[axis] += piece.shape()[axis];
  Tensor result(pieces.front().type(), shape);
  int64_t outer = 1, row = byteSize(result.type());
  for (int64_t d = 0; d < axis; ++d)
    outer *= shape[d];
  for (size_t d = axis; d < shape.size(); ++d)
    row *= shape[d];
  char *to = static_cast<char *>(result.mutableRaw());
  for (const Tensor &piece : pieces) {
    int64_t part = outer ? piece.bytes() / outer : 0;
    for (int64_t o = 0; o < outer && part; ++o)
      std::memcpy(to + o * row, static_cast<const char *>(piece.raw()) + o * part, part);
    to += part;
  }
  return result;
}

/// Where each element of a padded dimension comes from; -1 is the pad value.
static std::vector<int64_t> paddedIndices(const std::string &mode, int64_t size, int64_t low, int64_t high) {
  std::vector<int64_t> result;
  for (int64_t i = -low; i < size + high; ++i) {
    if (i >= 0 && i < size)
      result.push_back(i);
    else if (mode == "constant")
      result.push_back(-1);
    else if (mode == "edge")
      result.push_back(i < 0 ? 0 : size - 1);
    else
      result.push_back(i < 0 ? -i : 2 * (size - 1) - i);
  }
  return result;
}

Tensor reference::pad(const std::string &mode, const Tensor &x, const std::vector<int64_t> &low,
                      const std::vector<int64_t> &high, double value) {
  int64_t rank = x.rank();
  Shape shape = x.shape();
  std::vector<std::vector<int64_t>> sources;
  bool padded = false;
  for (int64_t d = 0; d < rank; ++d) {
    padded |= low[d] || high[d];
    shape[d] += low[d] + high[d];
    sources.push_back(paddedIndices(mode, x.shape()[d], low[d], high[d]));
  }
  if (!padded)
    return x;
  Tensor result(x.type(), shape);
  if (mode == "constant" && value != 0) {
    Tensor one(x.type(), {});
    one.set(0, value);
    result = broadcast(one, shape);
  }
  if (result.elements() == 0)
    return result;
  std::vector<int64_t> strides = x.strides();
  dispatchSize(x.type(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = static_cast<const T *>(x.raw());
    T *to = static_cast<T *>(result.mutableRaw());
    int64_t inner = shape.back(), rows = result.elements() / inner, size = x.shape().back();
    for (int64_t row = 0; row < rows; ++row, to += inner) {
      int64_t offset = 0, rest = row;
      for (int64_t d = rank - 1; d-- > 0 && offset >= 0; rest /= shape[d]) {
        int64_t source = sources[d][rest % shape[d]];
        offset = source < 0 ? -1 : offset + source * strides[d];
      }
      if (offset < 0)
        continue;
      if (size)
        std::memcpy(to + low.back(), from + offset, size * sizeof(T));
      for (int64_t i = 0; i < inner; ++i) {
        if (i == low.back())
          i += size;
        if (i < inner && sources.back()[i] >= 0)
          to[i] = from[offset + sources.back()[i]];
      }
    }
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Gather and iota
//===----------------------------------------------------------------------===//

Tensor reference::gather(const Tensor &x, const Tensor &indices, int64_t axis) {
  Shape shape(x.shape().begin(), x.shape().begin() + axis);
  int64_t outer = 1, inner = byteSize(x.type()), size = x.shape()[axis], count = indices.elements();
  for (int64_t s : shape)
    outer *= s;
  shape.insert(shape.end(), indices.shape().begin(), indices.shape().end());
  for (int64_t d = axis + 1; d < x.rank(); ++d) {
    shape.push_back(x.shape()[d]);
    inner *= x.shape()[d];
  }
  Tensor result(x.type(), shape);
  const char *from = static_cast<const char *>(x.raw());
  char *to = static_cast<char *>(result.mutableRaw());
  std::vector<int64_t> at(count);
  loadRun(indices, 0, 1, count, at.data());
  for (int64_t &index : at)
    index = std::clamp<int64_t>(index < 0 ? index + size : index, 0, size - 1);
  if (inner == 0)
    return result;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to + (o * count + i) * inner, from + (o * size + at[i]) * inner, inner);
  return result;
}

Tensor reference::iota(ElementType type, const Shape &shape, int64_t axis) {
  Tensor line(type, {shape[axis]});
  for (int64_t i = 0; i < shape[axis]; ++i)
    line.setInt(i, i);
  Shape column(shape.size() - axis, 1);
  column[0] = shape[axis];
  return broadcast(line.reshaped(column), shape);
}
