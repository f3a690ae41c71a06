//===- EmitReduce.cpp - Reductions, extremes and running sums -------------===//
//
// Floats: a simdgroup for each output, lanes going through the reduced elements
// side by side. Integers, which may have 64 bits and simd_sum has not, and lines
// whose order matters: a thread each.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitPointwise.h"

#include <algorithm>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

namespace {
/// The output's dimensions, and those that are reduced, of the input.
struct ReduceSpaces {
  IndexSpace rows, inner;
  size_t x; // the input's operand of `rows`
};
} // namespace

static ReduceSpaces spacesOf(const KernelKey &key) {
  const TensorSpec &x = key.inputs[0];
  List strides = stridesOf(x), outer = strides, extents, innerStrides;
  for (int64_t axis : key.ints.at("axes")) {
    outer[axis] = 0;
    extents.push_back(x.shape[axis]);
    innerStrides.push_back(strides[axis]);
  }
  ReduceSpaces spaces{IndexSpace(key.outputs[0].shape), IndexSpace(extents), 0};
  spaces.rows.add(key.outputs[0]);
  spaces.x = spaces.rows.add(outer);
  spaces.inner.add(innerStrides);
  return spaces;
}

/// The value before the first element, and what combines two.
static std::string startOf(const std::string &fn, bool floats) {
  if (fn == "prod")
    return floats ? "1.0f" : "1l";
  if (fn == "max" || fn == "min")
    return floats ? (fn == "max" ? "-INFINITY" : "INFINITY")
                  : (fn == "max" ? "long(0x8000000000000000ul)" : "0x7fffffffffffffffl");
  return floats ? "0.0f" : "0l";
}

static std::string combined(const std::string &fn, const std::string &a, const std::string &b, bool floats) {
  if (fn == "max" || fn == "min")
    return (floats ? "snap_" : "") + fn + "(" + a + ", " + b + ")";
  if (floats)
    return a + (fn == "prod" ? " * " : " + ") + b;
  return (fn == "prod" ? "snap_mul(" : "snap_add(") + a + ", " + b + ")";
}

static void writeLoop(MslWriter &w, const Emission &e, const ReduceSpaces &spaces, bool floats) {
  const TensorSpec &x = e.key.inputs[0];
  std::string step = floats ? "32" : "1", first = floats ? "lane" : "0";
  w.write(std::string(floats ? "float" : "long") + " acc = " + startOf(e.key.fn, floats) + ";");
  w.write("for (uint i = " + first + "; i < p.length; i += " + step + ") {");
  spaces.inner.writeCoordinates(w, "i", "d", "p.inner");
  std::string at = spaces.rows.offset(spaces.x, "c", "p.space") + " + " + spaces.inner.offset(0, "d", "p.inner");
  ExprLeaves leaves;
  leaves.acc = PointwiseEmitter::named(w, loaded("x[" + at + "]", x.type), "element");
  Value element = writeExpr(w, e.key.prologue, leaves, "r");
  w.write("acc = " + combined(e.key.fn, "acc", element.text, floats) + ";\n}");
}

/// The lanes' partial results as one.
static void writeSimdResult(MslWriter &w, const std::string &fn) {
  const char *name = fn == "max" ? "simd_max" : fn == "min" ? "simd_min" : fn == "prod" ? "simd_product" : "simd_sum";
  w.write(std::string("acc = ") + name + "(acc);");
}

bool metal::emitReduce(Emission &e) {
  bool floats = isFloating(e.key.inputs[0].type);
  ReduceSpaces spaces = spacesOf(e.key);
  EpilogueInputs inputs(e.key, spaces.rows);
  spaces.rows.merge();
  spaces.inner.merge();
  if (!spaces.rows.fits() || !spaces.inner.fits())
    return e.fail("more dimensions or operands than a space has");
  RowParams params = {};
  params.rows = static_cast<uint>(spaces.rows.count());
  params.length = static_cast<uint>(spaces.inner.count());
  params.space = spaces.rows.params();
  params.inner = spaces.inner.params();
  FunctionBuilder f;
  f.output("out", e.key);
  f.input("x", e.key, 0);
  inputs.bind(f);
  f.params("RowParams", params);

  MslWriter w;
  // Eight simdgroups, or 256 threads, a threadgroup.
  w.write(floats ? "const uint row = group.x * 8 + simd_index;" : "const uint row = group.x * 256 + thread_index;");
  w.write("if (row >= p.rows)\n  return;");
  spaces.rows.writeCoordinates(w, "row", "c", "p.space");
  writeLoop(w, e, spaces, floats);
  if (floats)
    writeSimdResult(w, e.key.fn);
  if (e.key.fn == "mean")
    w.write(floats ? "acc = acc / float(p.length);" : "acc = acc / long(p.length);");
  ExprLeaves leaves = inputs.leaves(spaces.rows, "c", "p.space");
  leaves.acc = {"acc", floats ? ElementType::F32 : e.key.inputs[0].type};
  Value result = writeExpr(w, e.key.epilogue, leaves, "v");
  w.write(std::string(floats ? "if (lane == 0)\n  " : "") + "out[" + spaces.rows.offset(0, "c", "p.space") +
          "] = " + stored(result, e.key.outputs[0].type) + ";");
  auto groups = static_cast<uint32_t>(ceilDiv(params.rows, floats ? 8 : 256));
  f.finish(e.kernel, "reduce_" + e.key.fn + "_" + typesOf(e.key), w.text(), 0, {groups, 1, 1}, {256, 1, 1});
  return true;
}

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

/// The number of the first, or last, largest or least element.
static const char *const extreme = R"(
$type best = 0;
int acc = 0;
for (int i = 0; i < p.root[0]; ++i) {
  $prologue
  const $type next = $element;
  if (i == 0 || next $better best) {
    best = next;
    acc = i;
  }
}
)";

/// Every element by itself is the sum of those before it: lines are short, and rarely run.
static const char *const runningSum = R"(
$type acc = $zero;
for (int i = $begin; i < $end; ++i) {
  $prologue
  acc = $sum;
}
)";

bool metal::emitLine(Emission &e) {
  PointwiseEmitter emitter(e);
  const TensorSpec &x = e.key.inputs[0];
  auto axis = static_cast<size_t>(e.key.getInt("axis", 0));
  List strides = stridesOf(x), outer = strides;
  outer[axis] = 0;
  size_t operand = emitter.space.add(outer);
  emitter.params.root[0] = static_cast<int>(x.shape[axis]);
  emitter.params.root[1] = static_cast<int>(strides[axis]);
  emitter.f.input("x", e.key, 0);
  bool isSum = e.key.op == KernelOp::CumSum;
  return emitter.finish(toString(e.key.op), [&](MslWriter &w) {
    MslWriter prologue;
    Value element = emitter.withPrologue(
        prologue, loaded("x[" + emitter.space.offset(operand, "c", "p.space") + " + i * p.root[1]]", x.type), "r");
    bool floats = isFloating(element.type);
    MslWriter::Words words = {
        {"type", floats ? "float" : "long"}, {"prologue", prologue.text()}, {"element", element.text}};
    if (!isSum) {
      bool last = e.key.getInt("select_last", 0) != 0;
      words["better"] = std::string(e.key.fn == "max" ? ">" : "<") + (last ? "=" : "");
      w.write(extreme, words);
      return Value{"long(acc)", ElementType::I64};
    }
    bool exclusive = e.key.getInt("exclusive", 0) != 0, reverse = e.key.getInt("reverse", 0) != 0;
    std::string at = "int(c" + std::to_string(axis) + ")";
    words["begin"] = reverse ? at + (exclusive ? " + 1" : "") : "0";
    words["end"] = reverse ? "p.root[0]" : at + (exclusive ? "" : " + 1");
    words["zero"] = floats ? "0.0f" : "0l";
    words["sum"] = combined("sum", "acc", words["element"], floats);
    w.write(runningSum, words);
    return Value{"acc", element.type};
  });
}
