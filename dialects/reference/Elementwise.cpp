//===- Elementwise.cpp - unary, binary, select and cast -------------------===//
//
// Runs of up to 512 elements go through buffers in cache: load (widening),
// compute, store (rounding once). The few functions whose f32 result is the
// same computed in f32 as in double have loops that vectorise.
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
#include <cstring>

using namespace snap;
using namespace snap::reference;

static constexpr int64_t kBuffer = 512;

/// Calls visit(outputOffset, operandOffsets, count) for stretches of at most
/// kBuffer elements that cover the walk, split over threads. `cost` is
/// nanoseconds an element.
template <typename Visit> static void forStretches(const StridedWalk &walk, size_t operands, double cost, Visit visit) {
  int64_t length = walk.runLength();
  auto run = [&](int64_t run, const int64_t *offsets, int64_t begin, int64_t end) {
    std::vector<int64_t> at(operands);
    for (int64_t i = begin; i < end; i += kBuffer) {
      for (size_t o = 0; o < operands; ++o)
        at[o] = offsets[o] + i * walk.runStride(o);
      visit(run * length + i, at.data(), std::min(kBuffer, end - i));
    }
  };
  double total = cost * walk.elements();
  if (walk.runs() == 1) {
    std::vector<int64_t> zeros(operands, 0);
    parallelFor(length, total, [&](int64_t begin, int64_t end) { run(0, zeros.data(), begin, end); });
    return;
  }
  parallelFor(walk.runs(), total, [&](int64_t begin, int64_t end) {
    walk.forRuns(begin, end, [&](int64_t r, const int64_t *offsets) { run(r, offsets, 0, length); });
  });
}

//===----------------------------------------------------------------------===//
// Unary
//===----------------------------------------------------------------------===//

Tensor reference::unary(const std::string &fn, const Tensor &x) {
  const UnaryFunction &function = unaryFunction(fn);
  Tensor result(function.isTest ? ElementType::I1 : x.type(), x.shape());
  result.mutableRaw();
  bool floats = isFloat(x.type());
  assert((floats ? !!function.onFloat : !!function.onInt) && "function is for this element type");
  parallelFor(x.elements(), 10.0 * x.elements(), [&](int64_t begin, int64_t end) {
    double doubles[kBuffer];
    int64_t ints[kBuffer];
    for (int64_t at = begin; at < end; at += kBuffer) {
      int64_t count = std::min(kBuffer, end - at);
      if (floats) {
        loadRun(x, at, 1, count, doubles);
        for (int64_t i = 0; i < count; ++i)
          doubles[i] = function.onFloat(doubles[i]);
        storeRun(doubles, count, result, at);
      } else {
        loadRun(x, at, 1, count, ints);
        for (int64_t i = 0; i < count; ++i)
          ints[i] = function.onInt(ints[i]);
        storeRun(ints, count, result, at);
      }
    }
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Binary
//===----------------------------------------------------------------------===//

using FloatLoop = void (*)(const float *a, const float *b, float *out, int64_t count);

// The double result of + - * / of two floats, rounded to f32, is the f32 result.
static FloatLoop exactFloatLoop(const std::string &fn) {
#define LOOP(name, expression)                                                                                         \
  if (fn == name)                                                                                                      \
    return [](const float *a, const float *b, float *out, int64_t count) {                                             \
      for (int64_t i = 0; i < count; ++i)                                                                              \
        out[i] = expression;                                                                                           \
    };
  LOOP("add", a[i] + b[i])
  LOOP("sub", a[i] - b[i])
  LOOP("mul", a[i] * b[i])
  LOOP("div", a[i] / b[i])
#undef LOOP
  return nullptr;
}

Tensor reference::binary(const std::string &fn, const Tensor &lhs, const Tensor &rhs) {
  assert(lhs.type() == rhs.type() && "element types are equal");
  const BinaryFunction &function = binaryFunction(fn);
  Shape shape = broadcastShape(lhs.shape(), rhs.shape());
  Tensor result(function.isTest ? ElementType::I1 : lhs.type(), shape);
  result.mutableRaw();
  StridedWalk walk(shape, {broadcastStrides(lhs.shape(), shape), broadcastStrides(rhs.shape(), shape)});
  FloatLoop exact = lhs.type() == ElementType::F32 ? exactFloatLoop(fn) : nullptr;
  bool floats = isFloat(lhs.type());
  assert((floats ? !!function.onFloat : !!function.onInt) && "function is for this element type");

  // `zero` only names the type that is computed in.
  auto run = [&](auto zero, int64_t to, const int64_t *from, int64_t count, auto compute) {
    decltype(zero) a[kBuffer], b[kBuffer], out[kBuffer];
    loadRun(lhs, from[0], walk.runStride(0), count, a);
    loadRun(rhs, from[1], walk.runStride(1), count, b);
    compute(a, b, out, count);
    storeRun(out, count, result, to);
  };
  auto eachOf = [](auto call) {
    return [call](auto *a, auto *b, auto *out, int64_t n) {
      for (int64_t i = 0; i < n; ++i)
        out[i] = call(a[i], b[i]);
    };
  };
  forStretches(walk, 2, exact ? 0.5 : 5, [&](int64_t to, const int64_t *from, int64_t count) {
    if (exact)
      run(0.0f, to, from, count, exact);
    else if (floats)
      run(0.0, to, from, count, eachOf(function.onFloat));
    else
      run(int64_t(0), to, from, count, eachOf(function.onInt));
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Select and cast
//===----------------------------------------------------------------------===//

Tensor reference::select(const Tensor &condition, const Tensor &onTrue, const Tensor &onFalse) {
  assert(onTrue.type() == onFalse.type() && "element types are equal");
  Shape shape = broadcastShape(condition.shape(), broadcastShape(onTrue.shape(), onFalse.shape()));
  Tensor result(onTrue.type(), shape);
  char *out = static_cast<char *>(result.mutableRaw());
  const uint8_t *test = static_cast<const uint8_t *>(condition.raw());
  const char *yes = static_cast<const char *>(onTrue.raw()), *no = static_cast<const char *>(onFalse.raw());
  int64_t size = byteSize(onTrue.type());
  StridedWalk walk(shape, {broadcastStrides(condition.shape(), shape), broadcastStrides(onTrue.shape(), shape),
                           broadcastStrides(onFalse.shape(), shape)});
  forStretches(walk, 3, 2, [&](int64_t to, const int64_t *from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      bool picked = test[from[0] + i * walk.runStride(0)];
      int64_t at = picked ? from[1] + i * walk.runStride(1) : from[2] + i * walk.runStride(2);
      std::memcpy(out + (to + i) * size, (picked ? yes : no) + at * size, size);
    }
  });
  return result;
}

Tensor reference::cast(const Tensor &x, ElementType type) {
  if (type == x.type())
    return x;
  Tensor result(type, x.shape());
  result.mutableRaw();
  parallelFor(x.elements(), 0.5 * x.elements(), [&](int64_t begin, int64_t end) {
    float floats[kBuffer];
    int64_t ints[kBuffer];
    for (int64_t at = begin; at < end; at += kBuffer) {
      int64_t count = std::min(kBuffer, end - at);
      if (isFloat(x.type())) {
        loadRun(x, at, 1, count, floats);
        storeRun(floats, count, result, at);
      } else {
        loadRun(x, at, 1, count, ints);
        storeRun(ints, count, result, at);
      }
    }
  });
  return result;
}
