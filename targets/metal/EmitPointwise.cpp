//===- EmitPointwise.cpp - A thread for each element of the output --------===//
//
// Elementwise trees and the ops that only move elements. Each op says where its
// element comes from; coordinates, epilogue and store are the same for all.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitPointwise.h"

#include <numeric>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

static constexpr uint32_t threads = 256;

PointwiseEmitter::PointwiseEmitter(Emission &e)
    : e(e), space(e.key.outputs[0].shape), inputs((space.add(e.key.outputs[0]), EpilogueInputs(e.key, space))) {}

bool PointwiseEmitter::finish(const std::string &stem, const std::function<Value(MslWriter &w)> &root) {
  if (!space.fits())
    return e.fail("a space of " + std::to_string(space.extents.size()) + " dimensions and " +
                  std::to_string(space.strides.size()) + " operands, at most " + std::to_string(SNAP_SPACE_RANK) +
                  " and " + std::to_string(SNAP_SPACE_OPERANDS));
  const TensorSpec &out = e.key.outputs[0];
  params.count = static_cast<uint>(space.count());
  params.space = space.params();
  f.output("out", e.key);
  inputs.bind(f);
  f.params("PointwiseParams", params);

  MslWriter w;
  w.write("const uint index = group.x * 256 + thread_index;\nif (index >= p.count)\n  return;");
  space.writeCoordinates(w, "index", "c", "p.space");
  ExprLeaves leaves = inputs.leaves(space, "c", "p.space");
  leaves.acc = root(w);
  Value result = writeExpr(w, e.key.epilogue, leaves, "v");
  w.write("out[" + space.offset(0, "c", "p.space") + "] = " + stored(result, out.type) + ";");
  auto groups = static_cast<uint32_t>(ceilDiv(space.count(), threads));
  f.finish(e.kernel, stem + "_" + typesOf(e.key), w.text(), 0, {groups, 1, 1}, {threads, 1, 1});
  return true;
}

Value PointwiseEmitter::named(MslWriter &w, const Value &value, const std::string &name) {
  w.write(std::string("const ") + (isFloating(value.type) ? "float " : "long ") + name + " = " + value.text + ";");
  return {name, value.type};
}

Value PointwiseEmitter::withPrologue(MslWriter &w, const Value &value, const std::string &prefix) const {
  ExprLeaves leaves;
  leaves.acc = value;
  return writeExpr(w, e.key.prologue, leaves, prefix);
}

//===----------------------------------------------------------------------===//
// Elements of one strided view
//===----------------------------------------------------------------------===//

/// Where a transpose's or a slice's element comes from: strides along the output, and the first element.
static List viewOf(const KernelKey &key, int64_t &base) {
  List own = stridesOf(key.inputs[0]), strides(own.size());
  base = 0;
  for (size_t d = 0; d < own.size(); ++d) {
    if (key.op == KernelOp::Transpose) {
      strides[d] = own[key.ints.at("permutation")[d]];
      continue;
    }
    strides[d] = own[d] * key.ints.at("steps")[d];
    base += own[d] * key.ints.at("starts")[d];
  }
  return strides;
}

bool metal::emitElementwise(Emission &e) {
  PointwiseEmitter emitter(e);
  IndexSpace &space = emitter.space;
  bool moves = e.key.op != KernelOp::Elementwise;
  size_t x = 0;
  if (moves) {
    int64_t base;
    List view = viewOf(e.key, base);
    x = space.add(view, base);
    emitter.f.input("x", e.key, 0);
  }
  space.merge();
  return emitter.finish(toString(e.key.op), [&](MslWriter &w) {
    if (!moves)
      return Value();
    Value element = loaded("x[" + space.offset(x, "c", "p.space") + "]", e.key.inputs[0].type);
    return emitter.withPrologue(w, emitter.named(w, element, "acc"), "r");
  });
}

//===----------------------------------------------------------------------===//
// Concat, Pad, Gather
//===----------------------------------------------------------------------===//

bool metal::emitConcat(Emission &e) {
  PointwiseEmitter emitter(e);
  auto pieces = static_cast<size_t>(e.key.getInt("pieces", static_cast<int64_t>(e.key.inputs.size())));
  int64_t axis = e.key.getInt("axis", 0), end = 0;
  std::vector<size_t> operands;
  if (pieces > 16)
    return e.fail(std::to_string(pieces) + " pieces, at most 16");
  for (size_t i = 0; i < pieces; ++i) {
    const TensorSpec &piece = e.key.inputs[i];
    List strides = stridesAlong(piece, piece.shape);
    operands.push_back(emitter.space.add(strides, -end * strides[axis]));
    end += piece.shape[axis];
    emitter.params.root[i] = static_cast<int>(end);
    emitter.f.input("x" + std::to_string(i), e.key, i);
  }
  return emitter.finish("concat" + std::to_string(pieces), [&](MslWriter &w) {
    ElementType type = e.key.inputs[0].type;
    w.write(std::string(isFloating(type) ? "float" : "long") + " acc;");
    for (size_t i = 0; i < pieces; ++i) {
      std::string number = std::to_string(i), head = i ? "else " : "";
      if (i + 1 < pieces)
        head += "if (int(c" + std::to_string(axis) + ") < p.root[" + number + "])";
      w.write(head + " {");
      Value element = loaded("x" + number + "[" + emitter.space.offset(operands[i], "c", "p.space") + "]", type);
      w.write("acc = " + (i == 0 ? emitter.withPrologue(w, element, "r") : element).text + ";\n}");
    }
    return Value{"acc", isFloating(type) ? ElementType::F32 : type};
  });
}

/// The coordinate in the input of a padded dimension: s<d>, in range unless the mode is constant.
static void writePaddedCoordinate(MslWriter &w, const std::string &mode, size_t d) {
  MslWriter::Words words = {{"d", std::to_string(d)}, {"n", std::to_string(SNAP_SPACE_RANK + d)}};
  w.write("int s$d = int(c$d) - p.root[$d];", words);
  if (mode == "constant")
    w.write("inside = inside && s$d >= 0 && s$d < p.root[$n];", words);
  else if (mode == "edge")
    w.write("s$d = clamp(s$d, 0, p.root[$n] - 1);", words);
  else
    w.write("s$d = s$d < 0 ? -s$d : s$d;\ns$d = s$d >= p.root[$n] ? 2 * (p.root[$n] - 1) - s$d : s$d;", words);
}

bool metal::emitPad(Emission &e) {
  PointwiseEmitter emitter(e);
  const TensorSpec &x = e.key.inputs[0];
  size_t operand = emitter.space.add(stridesAlong(x, x.shape));
  const List &low = e.key.ints.at("low"), &high = e.key.ints.at("high");
  for (size_t d = 0; d < x.shape.size() && d < SNAP_SPACE_RANK; ++d) {
    emitter.params.root[d] = static_cast<int>(low[d]);
    emitter.params.root[SNAP_SPACE_RANK + d] = static_cast<int>(x.shape[d]);
  }
  emitter.f.input("x", e.key, 0);
  return emitter.finish("pad_" + e.key.fn, [&](MslWriter &w) {
    bool isConstant = e.key.fn == "constant";
    if (isConstant)
      w.write("bool inside = true;");
    for (size_t d = 0; d < x.shape.size(); ++d)
      if (low[d] || high[d])
        writePaddedCoordinate(w, e.key.fn, d);
      else
        w.write("const uint s$d = c$d;", {{"d", std::to_string(d)}});
    bool floats = isFloating(x.type);
    w.write(std::string(floats ? "float" : "long") + " acc = " +
            (floats ? floatLiteral(e.key.getFloat("value", 0))
                    : std::to_string(static_cast<int64_t>(e.key.getFloat("value", 0))) + "l") +
            ";");
    std::string load = "acc = " + loaded("x[" + emitter.space.offset(operand, "s", "p.space") + "]", x.type).text + ";";
    if (!isConstant) {
      w.write(load);
      return emitter.withPrologue(w, {"acc", floats ? ElementType::F32 : x.type}, "r");
    }
    // The prologue is of what was loaded: padding comes after it.
    w.write("if (inside) {\n" + load);
    Value value = emitter.withPrologue(w, {"acc", floats ? ElementType::F32 : x.type}, "r");
    w.write((value.text == "acc" ? "" : "acc = " + value.text + ";\n") + "}");
    return Value{"acc", value.type};
  });
}

bool metal::emitGather(Emission &e) {
  PointwiseEmitter emitter(e);
  const TensorSpec &table = e.key.inputs[0], &indices = e.key.inputs[1];
  auto axis = static_cast<size_t>(e.key.getInt("axis", 0));
  List tableStrides = stridesOf(table), indexStrides = stridesOf(indices), along = tableStrides;
  size_t rank = emitter.space.extents.size(), picked = indices.shape.size();
  along.erase(along.begin() + axis);
  along.insert(along.begin() + axis, picked, 0);
  List indexAlong(rank, 0);
  std::copy(indexStrides.begin(), indexStrides.end(), indexAlong.begin() + axis);
  size_t tableOperand = emitter.space.add(along), indexOperand = emitter.space.add(indexAlong);
  emitter.space.merge();
  emitter.params.root[0] = static_cast<int>(table.shape[axis]);
  emitter.params.root[1] = static_cast<int>(tableStrides[axis]);
  emitter.f.input("table", e.key, 0);
  emitter.f.input("indices", e.key, 1);
  return emitter.finish("gather", [&](MslWriter &w) {
    w.write("long row = long(indices[$at]);\nrow = row < 0 ? row + p.root[0] : row;\n"
            "row = clamp(row, 0l, long(p.root[0] - 1));",
            {{"at", emitter.space.offset(indexOperand, "c", "p.space")}});
    std::string at = emitter.space.offset(tableOperand, "c", "p.space") + " + int(row) * p.root[1]";
    return emitter.withPrologue(w, emitter.named(w, loaded("table[" + at + "]", table.type), "acc"), "r");
  });
}
