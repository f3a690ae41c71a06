//===- PoolingOps.cpp - Windows, pooling, global pooling ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;

namespace snap {

std::optional<Window> readWindow(Node &n, ArrayRef<int64_t> spatial, ArrayRef<int64_t> kernel) {
  size_t rank = spatial.size();
  if (rank < 1 || rank > 2) {
    n.fail("it works on " + Twine(rank) + " spatial dimensions; 1 and 2 are supported");
    return std::nullopt;
  }
  Dims ones(rank, 1), zeros(2 * rank, 0);
  Window w{n.intsAttr("kernel_shape", kernel), n.intsAttr("strides", ones), n.intsAttr("pads", zeros),
           n.intsAttr("dilations", ones)};
  std::string autoPad = n.stringAttr("auto_pad", "NOTSET");
  auto positive = [](int64_t value) { return value > 0; };
  if (w.kernel.size() != rank || w.strides.size() != rank || w.dilations.size() != rank || w.pads.size() != 2 * rank ||
      !llvm::all_of(w.kernel, positive) || !llvm::all_of(w.strides, positive) || !llvm::all_of(w.dilations, positive) ||
      llvm::any_of(w.pads, [](int64_t pad) { return pad < 0; })) {
    n.fail("kernel_shape, strides, dilations and pads need " + Twine(rank) +
           " sizes each (pads twice as many), "
           "all positive (pads not negative)");
    return std::nullopt;
  }
  if (!kernel.empty() && ArrayRef<int64_t>(w.kernel) != kernel) {
    n.fail("kernel_shape " + printDims(w.kernel) + " is not that of the filter, " + printDims(kernel));
    return std::nullopt;
  }
  if (autoPad == "VALID") {
    w.pads = zeros;
  } else if (autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER") {
    for (size_t d = 0; d < rank; ++d) {
      int64_t out = (spatial[d] + w.strides[d] - 1) / w.strides[d];
      int64_t extent = w.dilations[d] * (w.kernel[d] - 1) + 1;
      int64_t total = std::max<int64_t>(0, (out - 1) * w.strides[d] + extent - spatial[d]);
      int64_t less = total / 2, more = total - less;
      w.pads[d] = autoPad == "SAME_UPPER" ? less : more;
      w.pads[rank + d] = autoPad == "SAME_UPPER" ? more : less;
    }
  } else if (autoPad != "NOTSET" && !autoPad.empty()) {
    n.fail("auto_pad '" + autoPad + "' is not known");
    return std::nullopt;
  }
  for (size_t d = 0; d < rank; ++d)
    if (w.dilations[d] * (w.kernel[d] - 1) + 1 > spatial[d] + w.pads[d] + w.pads[rank + d]) {
      n.fail("its window of " + printDims(w.kernel) + " is larger than the padded input of " + printDims(spatial));
      return std::nullopt;
    }
  if (rank == 1) { // [L] as [1, L]
    w.kernel.insert(w.kernel.begin(), 1);
    w.strides.insert(w.strides.begin(), 1);
    w.dilations.insert(w.dilations.begin(), 1);
    w.pads = {0, w.pads[0], 0, w.pads[1]};
  }
  return w;
}

/// More padding at the bottom and right, so that the sizes ceil_mode asks for
/// come out of the usual formula. Windows that begin in that padding are left out.
static void applyCeilMode(Window &w, ArrayRef<int64_t> spatial) {
  for (int d = 0; d < 2; ++d) {
    int64_t extent = w.dilations[d] * (w.kernel[d] - 1) + 1;
    int64_t room = spatial[d] + w.pads[d] + w.pads[2 + d] - extent;
    int64_t steps = (room + w.strides[d] - 1) / w.strides[d];
    if (steps * w.strides[d] >= spatial[d] + w.pads[d])
      --steps;
    w.pads[2 + d] += std::max<int64_t>(0, steps * w.strides[d] - room);
  }
}

/// An input brought to [N, C, H, W], and the way back.
namespace {
struct Planes {
  Value x;
  bool line = false;

  static std::optional<Planes> of(Node &n) {
    Value x = n.in(0);
    if (Node::rank(x) < 3 || Node::rank(x) > 4) {
      n.fail("its input is " + printDims(Node::shape(x)) +
             "; expected 1 or 2 spatial dimensions after batch and "
             "channels");
      return std::nullopt;
    }
    Planes p{x, Node::rank(x) == 3};
    if (p.line) {
      ArrayRef<int64_t> s = Node::shape(x);
      p.x = n.reshape(x, {s[0], s[1], 1, s[2]});
    }
    return p;
  }
  ArrayRef<int64_t> spatial() const { return Node::shape(x).drop_front(2); }
  Value back(Node &n, Value y) const {
    if (!y || !line)
      return y;
    ArrayRef<int64_t> s = Node::shape(y);
    return n.reshape(y, {s[0], s[1], s[3]});
  }
};
} // namespace

static Value pool(Node &n, PoolFn fn, Value x, const Window &w) {
  if (!x)
    return x;
  return n.infer<PoolOp>(fn, x, ArrayRef<int64_t>(w.kernel), ArrayRef<int64_t>(w.strides), ArrayRef<int64_t>(w.pads),
                         ArrayRef<int64_t>(w.dilations));
}

static std::optional<Window> poolWindow(Node &n, const Planes &planes) {
  bool ceil = n.intAttr("ceil_mode", 0) != 0;
  if (!n.hasAttr("kernel_shape")) {
    n.fail("it has no kernel_shape");
    return std::nullopt;
  }
  std::optional<Window> w = readWindow(n, Node::shape(n.in(0)).drop_front(2), {});
  if (w && ceil)
    applyCeilMode(*w, planes.spatial());
  return w;
}

static Value maxPool(Node &n) {
  n.ignoreAttr("storage_order"); // of the indices
  if (n.wants(1))
    return n.fail("its indices (result 1) are not supported");
  std::optional<Planes> planes = Planes::of(n);
  std::optional<Window> w = planes ? poolWindow(n, *planes) : std::nullopt;
  if (!w)
    return Value();
  Type type = Node::element(planes->x);
  Type pooled = Node::isFloat(planes->x) ? type : n.builder().getF32Type();
  Value y = pool(n, PoolFn::Max, n.convert(planes->x, pooled), *w);
  return planes->back(n, n.convert(y, type));
}

/// Zeros all around, as part of the input.
static Value padPlanes(Node &n, Value x, ArrayRef<int64_t> pads) {
  return n.pad(x, {0, 0, pads[0], pads[1]}, {0, 0, pads[2], pads[3]});
}

static Value averagePool(Node &n) {
  bool countPadding = n.intAttr("count_include_pad", 0) != 0;
  std::optional<Planes> planes = Planes::of(n);
  if (!planes)
    return Value();
  std::optional<Window> w = poolWindow(n, *planes);
  if (!w)
    return Value();
  Value x = planes->x;
  if (countPadding) {
    // The padding that the model gives counts, what ceil_mode adds does not:
    // so the former becomes part of the input.
    std::optional<Window> given = readWindow(n, Node::shape(n.in(0)).drop_front(2), {});
    x = padPlanes(n, x, given->pads);
    for (int i = 0; i < 4; ++i)
      w->pads[i] -= given->pads[i];
  }
  return planes->back(n, pool(n, PoolFn::Average, x, *w));
}

/// (sum |x|^p)^(1/p) of windows: the average times the window's size.
static Value lpPool(Node &n) {
  double p = double(n.intAttr("p", 2));
  std::optional<Planes> planes = Planes::of(n);
  std::optional<Window> w = planes ? poolWindow(n, *planes) : std::nullopt;
  if (!w)
    return Value();
  Value powers = n.binary(BinaryFn::Pow, n.unary(UnaryFn::Abs, planes->x), p);
  Value average = pool(n, PoolFn::AveragePadded, powers, *w);
  Value sum = n.mul(average, double(w->kernel[0] * w->kernel[1]));
  return planes->back(n, n.binary(BinaryFn::Pow, sum, 1.0 / p));
}

/// The axes after batch and channels.
static std::optional<Dims> spatialAxes(Node &n) {
  if (Node::rank(n.in(0)) < 3) {
    n.fail("its input is " + printDims(Node::shape(n.in(0))) + "; expected batch, channels and spatial dimensions");
    return std::nullopt;
  }
  auto axes = llvm::seq<int64_t>(2, Node::rank(n.in(0)));
  return Dims(axes.begin(), axes.end());
}

template <ReduceFn fn> static Value globalPool(Node &n) {
  std::optional<Dims> axes = spatialAxes(n);
  return axes ? n.reduce(fn, n.in(0), *axes) : Value();
}

static Value globalLpPool(Node &n) {
  double p = double(n.intAttr("p", 2));
  std::optional<Dims> axes = spatialAxes(n);
  if (!axes)
    return Value();
  Value sum = n.sum(n.binary(BinaryFn::Pow, n.unary(UnaryFn::Abs, n.in(0)), p), *axes);
  return n.binary(BinaryFn::Pow, sum, 1.0 / p);
}

ArrayRef<OpRow> poolingOps() {
  static const OpRow rows[] = {
      {"AveragePool", 7, latest, 1, 1, averagePool},
      {"GlobalAveragePool", 1, latest, 1, 1, globalPool<ReduceFn::Mean>},
      {"GlobalLpPool", 2, latest, 1, 1, globalLpPool},
      {"GlobalMaxPool", 1, latest, 1, 1, globalPool<ReduceFn::Max>},
      {"LpPool", 2, latest, 1, 1, lpPool},
      {"MaxPool", 1, latest, 1, 1, maxPool},
  };
  return rows;
}

} // namespace snap
