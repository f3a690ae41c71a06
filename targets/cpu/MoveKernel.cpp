//===- MoveKernel.cpp - Concat, slice, transpose and pad ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/Schedules.h"

#include <numeric>

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

static std::vector<HExpr> expressions(const std::vector<Var> &vars) { return {vars.begin(), vars.end()}; }

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

void snap::buildConcat(KernelBuilder &b) {
  int axis = b.outRank() - 1 - static_cast<int>(b.key.getInt("axis", 0));
  int pieces = static_cast<int>(b.key.getInt("pieces", static_cast<int64_t>(b.inputCount())));

  // One stage per piece, each with its own loops: no element asks where it is.
  b.beginOutput();
  int offset = 0;
  for (int piece = 0; piece < pieces; ++piece) {
    int extent = b.extent(piece, axis);
    RDom r(0, extent, "r" + std::to_string(piece));
    std::vector<HExpr> from = expressions(b.vars), to = from;
    from[axis] = r;
    to[axis] = r + offset;
    HExpr value = piece == 0 ? b.loadRoot(from) : b.load(piece, from);
    b.output(to) = b.toStorage(b.epilogue(value, HExpr(), to));

    std::vector<VarOrRVar> loops(b.vars.begin(), b.vars.end());
    loops[axis] = r;
    std::vector<int64_t> extents;
    for (int d = 0; d < b.outRank(); ++d)
      extents.push_back(b.extent(piece, d));
    Stage stage = b.output.update(piece);
    stage.reorder(loops);
    scheduleElements(stage, loops, extents, b.vectorWidth(extents[0]), 1);
    offset += extent;
  }
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

void snap::buildSlice(KernelBuilder &b) {
  const std::vector<int64_t> &starts = b.key.ints.at("starts"), &steps = b.key.ints.at("steps");
  std::vector<HExpr> at;
  for (int d = 0; d < b.outRank(); ++d) {
    size_t i = b.outRank() - 1 - d;
    at.push_back(static_cast<int>(starts[i]) + b.vars[d] * static_cast<int>(steps[i]));
  }
  b.storeOutput(b.loadRoot(at));
  scheduleOutput(b);
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

/// The output dimension along which the input's elements are next to each other.
static int contiguousDim(const KernelBuilder &b, const std::vector<int> &inDim) {
  const TensorSpec &in = b.key.inputs[0];
  int rank = b.outRank(), best = 0;
  int64_t smallest = 0;
  for (int d = 0; d < rank; ++d) {
    if (b.outExtent(d) == 1)
      continue;
    int64_t stride = 1;
    if (in.isDense())
      for (int i = 0; i < inDim[d]; ++i)
        stride *= b.extent(0, i);
    else
      stride = in.strides[rank - 1 - inDim[d]];
    if (smallest == 0 || stride < smallest) {
      smallest = stride;
      best = d;
    }
  }
  return best;
}

void snap::buildTranspose(KernelBuilder &b) {
  int rank = b.outRank();
  std::vector<int> inDim(rank);
  std::vector<HExpr> at(rank);
  for (int d = 0; d < rank; ++d) {
    inDim[d] = rank - 1 - static_cast<int>(b.key.ints.at("permutation")[rank - 1 - d]);
    at[inDim[d]] = b.vars[d];
  }
  b.storeOutput(b.loadRoot(at));
  int along = rank ? contiguousDim(b, inDim) : 0;
  if (along == 0) {
    scheduleOutput(b);
    return;
  }
  // Rows of the input are columns of the output: tiles of 16 x 16 use whole
  // cache lines on both sides. The shorter side comes first, so that few pages
  // are in use until the lines next to a tile's are.
  constexpr int tile = 16;
  Var x = b.vars[0], y = b.vars[along], xi("xi"), yi("yi");
  bool shortRows = b.outExtent(along) <= b.outExtent(0);
  std::vector<Var> outer = {shortRows ? y : x, shortRows ? x : y};
  for (int d = 1; d < rank; ++d)
    if (d != along)
      outer.push_back(b.vars[d]);
  std::vector<VarOrRVar> order = {xi, yi};
  order.insert(order.end(), outer.begin(), outer.end());
  b.output.split(x, x, xi, tile, TailStrategy::GuardWithIf)
      .split(y, y, yi, tile, TailStrategy::GuardWithIf)
      .reorder(order);
  if (!KernelBuilder::worthParallel(b.key.outputs[0].elements()))
    return;
  Var task = outer[1];
  for (size_t i = 2; i < outer.size(); ++i) {
    Var fused("fused" + std::to_string(i));
    b.output.fuse(task, outer[i], fused);
    task = fused;
  }
  b.output.parallel(task);
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

void snap::buildPad(KernelBuilder &b) {
  const std::vector<int64_t> &low = b.key.ints.at("low"), &high = b.key.ints.at("high");
  std::vector<HExpr> at;
  HExpr inside;
  for (int d = 0; d < b.outRank(); ++d) {
    size_t i = b.outRank() - 1 - d;
    if (low[i] == 0 && high[i] == 0) {
      at.push_back(b.vars[d]);
      continue;
    }
    int last = b.extent(0, d) - 1;
    HExpr from = b.vars[d] - static_cast<int>(low[i]);
    if (b.key.fn == "reflect") {
      from = abs(from);
      from = last - abs(last - cast<int>(from));
      at.push_back(clamp(cast<int>(from), 0, last));
      continue;
    }
    at.push_back(clamp(from, 0, last));
    if (b.key.fn == "constant") {
      HExpr here = from >= 0 && from <= last;
      inside = inside.defined() ? inside && here : here;
    }
  }
  HExpr value = b.loadRoot(at);
  if (inside.defined()) {
    double filler = b.key.getFloat("value", 0);
    HExpr constant = value.type().is_bool() ? HExpr(filler != 0) : Internal::make_const(value.type(), filler);
    value = select(inside, value, constant);
  }
  b.storeOutput(value);
  scheduleOutput(b);
}
