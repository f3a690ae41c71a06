//===- Reduce.cpp - Reductions, running sums and softmax ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Broadcast.h"
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Runs.h"
#include "dialects/reference/Scalar.h"
#include "dialects/reference/Threads.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace snap;
using namespace snap::reference;

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

/// Combines in row-major order of the operand, in `Sum` (double or int64_t).
template <typename Sum>
static std::vector<Sum> combine(const Tensor &x, const Shape &reduced, bool takesFirst, Sum start,
                                Sum (*step)(Sum, Sum)) {
  int64_t outputs = 1;
  for (int64_t size : reduced)
    outputs *= size;
  std::vector<Sum> sums(outputs, start);
  std::vector<char> seen(takesFirst ? outputs : 0);
  StridedWalk walk(x.shape(), {broadcastStrides(reduced, x.shape())});
  std::vector<Sum> run(walk.runLength());
  walk.forRuns(0, walk.runs(), [&](int64_t r, const int64_t *offsets) {
    loadRun(x, r * walk.runLength(), 1, walk.runLength(), run.data());
    for (int64_t i = 0; i < walk.runLength(); ++i) {
      int64_t at = offsets[0] + i * walk.runStride(0);
      if (takesFirst && !seen[at]) {
        sums[at] = run[i];
        seen[at] = true;
      } else {
        sums[at] = step(sums[at], run[i]);
      }
    }
  });
  return sums;
}

Tensor reference::reduce(const std::string &fn, const Tensor &x, const std::vector<int64_t> &axes) {
  Shape shape = x.shape();
  int64_t count = 1;
  for (int64_t axis : axes) {
    count *= shape[axis];
    shape[axis] = 1;
  }
  Tensor result(x.type(), shape);
  bool isMean = fn == "mean", isExtremum = fn == "max" || fn == "min";
  const BinaryFunction &step = binaryFunction(isExtremum ? fn : fn == "prod" ? "mul" : "add");
  int64_t start = fn == "prod" ? 1 : 0;
  if (isFloat(x.type())) {
    auto sums = combine<double>(x, shape, isExtremum, start, step.onFloat);
    for (double &sum : sums)
      sum = isMean ? sum / count : sum;
    storeRun(sums.data(), sums.size(), result, 0);
  } else {
    auto sums = combine<int64_t>(x, shape, isExtremum, start, step.onInt);
    for (int64_t &sum : sums)
      sum = isMean ? sum / count : sum;
    storeRun(sums.data(), sums.size(), result, 0);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Along one axis: the tensor as [outer, size, inner]
//===----------------------------------------------------------------------===//

namespace {
struct AxisView {
  AxisView(const Shape &shape, int64_t axis) : size(shape[axis]) {
    for (int64_t d = 0; d < axis; ++d)
      outer *= shape[d];
    for (size_t d = axis + 1; d < shape.size(); ++d)
      inner *= shape[d];
  }
  /// Calls visit(first, line) for every line along the axis: `first` is its first element, `line` its number.
  template <typename Visit> void forLines(Visit visit) const {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        visit(o * size * inner + i, o * inner + i);
  }
  int64_t outer = 1, size, inner = 1;
};
} // namespace

template <typename T>
static void findExtremes(const Tensor &x, const AxisView &view, bool wantsMax, bool selectLast, int64_t *out) {
  std::vector<T> line(view.size);
  view.forLines([&](int64_t first, int64_t number) {
    loadRun(x, first, view.inner, view.size, line.data());
    int64_t best = 0;
    for (int64_t i = 1; i < view.size; ++i) {
      bool better = wantsMax ? line[i] > line[best] : line[i] < line[best];
      if (better || (selectLast && line[i] == line[best]))
        best = i;
    }
    out[number] = best;
  });
}

Tensor reference::argReduce(const std::string &fn, const Tensor &x, int64_t axis, bool selectLast) {
  Shape shape = x.shape();
  AxisView view(shape, axis);
  shape[axis] = 1;
  Tensor result(ElementType::I64, shape);
  auto find = isFloat(x.type()) ? findExtremes<double> : findExtremes<int64_t>;
  find(x, view, fn == "max", selectLast, result.mutableData<int64_t>());
  return result;
}

/// Lines are read and written whole; a strided line goes through a buffer.
template <typename T> static void storeLine(const std::vector<T> &line, Tensor &x, int64_t first, int64_t stride) {
  if (stride == 1) {
    storeRun(line.data(), line.size(), x, first);
    return;
  }
  for (size_t i = 0; i < line.size(); ++i)
    storeRun(&line[i], 1, x, first + i * stride);
}

template <typename T>
static void sumLines(const Tensor &x, const AxisView &view, bool exclusive, bool reverse, Tensor &result) {
  std::vector<T> line(view.size);
  view.forLines([&](int64_t first, int64_t) {
    loadRun(x, first, view.inner, view.size, line.data());
    T sum = 0;
    for (int64_t i = 0; i < view.size; ++i) {
      T &element = line[reverse ? view.size - 1 - i : i];
      T before = sum;
      sum += element;
      element = exclusive ? before : sum;
    }
    storeLine(line, result, first, view.inner);
  });
}

Tensor reference::cumSum(const Tensor &x, int64_t axis, bool exclusive, bool reverse) {
  Tensor result(x.type(), x.shape());
  AxisView view(x.shape(), axis);
  if (isFloat(x.type()))
    sumLines<double>(x, view, exclusive, reverse, result);
  else
    sumLines<int64_t>(x, view, exclusive, reverse, result);
  return result;
}

Tensor reference::softmax(const Tensor &x, int64_t axis) {
  Tensor result(x.type(), x.shape());
  AxisView view(x.shape(), axis);
  std::vector<double> line(view.size);
  view.forLines([&](int64_t first, int64_t) {
    loadRun(x, first, view.inner, view.size, line.data());
    double largest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (double element : line)
      largest = std::max(largest, element);
    for (double &element : line)
      sum += element = std::exp(element - largest);
    for (double &element : line)
      element /= sum;
    storeLine(line, result, first, view.inner);
  });
  return result;
}
