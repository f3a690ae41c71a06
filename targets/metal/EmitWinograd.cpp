//===- EmitWinograd.cpp - 3x3 convolutions with fewer multiplications -----===//
//
// F(m x m, 3 x 3) with a = m + 2 points a side (Lavin and Gray, "Fast Algorithms
// for Convolutional Neural Networks", section 4) in three dispatches: tiles of
// the input to points, a matrix product for every point, points to the output
// with the epilogue. Points are stored in the input's type, products in f32.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/WinogradMatrices.h"
#include "targets/metal/EmitNorm.h"
#include "targets/metal/EmitPointwise.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iterator>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

namespace {
class WinogradEmitter {
public:
  explicit WinogradEmitter(Emission &e);
  bool run();

private:
  void emitInput();
  void writePatch(MslWriter &w);
  bool emitProducts();
  void emitOutput();

  Emission &e;
  const KernelKey &key;
  WinogradMatrices f;
  int64_t channels, columns, tilesY, tilesX, tiles, joined, upsample;
  List points; // of the a * a, those that are not always zero
  ElementType type;
  int64_t affine = -1, values = 0, products = 0; // byte offsets in the scratch
};
} // namespace

WinogradEmitter::WinogradEmitter(Emission &e)
    : e(e), key(e.key), f(winogradMatrices(e.key)), channels(e.key.rootChannels()), columns(e.key.outputs[0].shape[3]),
      tilesY(ceilDiv(e.key.outputs[0].shape[1], f.tile)), tilesX(ceilDiv(e.key.outputs[0].shape[2], f.tile)),
      tiles(e.key.outputs[0].shape[0] * tilesY * tilesX), joined(e.key.getInt("joined", -1)),
      upsample(e.key.getInt("upsample", 1)), type(e.key.inputs[0].type) {
  // An image enlarged twice leaves nothing in the third row and column of points (KernelKey.h).
  bool all = key.inputs[1].shape[0] == f.points * f.points;
  for (int64_t i = 0; i < f.points * f.points; ++i)
    if (all || (i / f.points != 2 && i % f.points != 2))
      points.push_back(i);
}

//===----------------------------------------------------------------------===//
// Transforms as text
//===----------------------------------------------------------------------===//

/// "0.2197265625f": coefficients have few binary digits, so all of their decimal ones are written.
static std::string literal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.16g", value);
  return std::string(text) + (std::strchr(text, '.') ? "f" : ".0f");
}

/// The sum over k of row[k] times name(k).
template <typename Name> static std::string combination(const double *row, int64_t count, Name name) {
  std::string text;
  for (int64_t k = 0; k < count; ++k) {
    double factor = row[k];
    if (factor == 0)
      continue;
    bool negative = factor < 0;
    text += text.empty() ? (negative ? "-" : "") : (negative ? " - " : " + ");
    if (factor != 1 && factor != -1)
      text += literal(std::abs(factor)) + " * ";
    text += name(k);
  }
  return text;
}

/// Declares to_i_j of left (rows x inner) * from * left^T, by way of half_i_j; `wanted` says which i, j are needed.
template <typename Wanted>
static void writeSandwich(MslWriter &w, const double *left, int64_t rows, int64_t inner, const std::string &from,
                          const std::string &to, Wanted wanted) {
  auto element = [](const std::string &name, int64_t i, int64_t j) {
    return name + "_" + std::to_string(i) + "_" + std::to_string(j);
  };
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < inner; ++j)
      w.write("const float " + element("half", i, j) + " = " +
              combination(left + i * inner, inner, [&](int64_t k) { return element(from, k, j); }) + ";");
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < rows; ++j)
      if (wanted(i, j))
        w.write("const float " + element(to, i, j) + " = " +
                combination(left + j * inner, inner, [&](int64_t k) { return element("half", i, k); }) + ";");
}

//===----------------------------------------------------------------------===//
// Input
//===----------------------------------------------------------------------===//

/// One element of the patch, with norm and prologue, 0 where it is padding.
void WinogradEmitter::writePatch(MslWriter &w) {
  w.write(
      "float patch[$a][$a];\nSNAP_UNROLL for (int i = 0; i < $a; ++i)\nSNAP_UNROLL for (int j = 0; j < $a; ++j) {\n"
      "const int y = int(ty) * $m - p.root[3] + i;\nconst int x = int(tx) * $m - p.root[4] + j;\n"
      "patch[i][j] = 0.0f;\nif (y >= 0 && y < p.root[5] && x >= 0 && x < p.root[6]) {\n"
      "const int py = y$by;\nconst int px = x$by;",
      {{"a", std::to_string(f.points)}, {"m", std::to_string(f.tile)}, {"by", upsample == 1 ? "" : " / p.root[7]"}});
  std::string load =
      loaded("in[int(n) * p.root[8] + py * p.root[9] + px * p.root[10] + int(c) * p.root[11]]", type).text;
  if (joined >= 0)
    load =
        "int(c) < p.root[16] ? " + load + " : " +
        loaded("joined[int(n) * p.root[12] + py * p.root[13] + px * p.root[14] + (int(c) - p.root[16]) * p.root[15]]",
               type)
            .text;
  w.write("const float element = " + load + ";");
  ExprLeaves leaves;
  leaves.acc = {"element", ElementType::F32};
  if (affine >= 0) {
    w.write("const float normed = element * factor + summand;");
    leaves.acc.text = "normed";
  }
  w.write("patch[i][j] = " + writeExpr(w, key.prologue, leaves, "r").text + ";\n}\n}");
}

void WinogradEmitter::emitInput() {
  const List &x = key.inputs[0].shape, &pads = key.ints.at("pads");
  PointwiseParams params = {};
  params.count = static_cast<uint>(tiles * channels);
  List numbers = {channels, tilesX, tilesY, pads[0], pads[1], upsample * x[1], upsample * x[2], upsample};
  for (int64_t input : {int64_t(0), joined}) {
    List strides = input >= 0 ? stridesOf(key.inputs[input]) : List(4, 0);
    numbers.insert(numbers.end(), strides.begin(), strides.end());
  }
  numbers.push_back(x[3]);
  for (size_t i = 0; i < numbers.size(); ++i)
    params.root[i] = static_cast<int>(numbers[i]);

  FunctionBuilder builder;
  builder.scratch("values", storageType(type), values,
                  static_cast<int64_t>(points.size()) * tiles * channels * byteSize(type), true);
  builder.input("in", key, 0);
  if (joined >= 0)
    builder.input("joined", key, joined);
  if (affine >= 0)
    builder.scratch("affine", "float", affine, x[0] * channels * 8, false);
  builder.params("PointwiseParams", params);

  MslWriter w;
  w.write(R"(
    const uint index = group.x * 256 + thread_index;
    if (index >= p.count)
      return;
    const uint tile = index / uint(p.root[0]);
    const uint c = index - tile * uint(p.root[0]);
    const uint line = tile / uint(p.root[1]);
    const uint tx = tile - line * uint(p.root[1]);
    const uint n = line / uint(p.root[2]);
    const uint ty = line - n * uint(p.root[2]);)");
  if (affine >= 0)
    w.write("const float factor = affine[(n * uint(p.root[0]) + c) * 2];\n"
            "const float summand = affine[(n * uint(p.root[0]) + c) * 2 + 1];");
  writePatch(w);
  for (int64_t i = 0; i < f.points * f.points; ++i)
    w.write("const float d_" + std::to_string(i / f.points) + "_" + std::to_string(i % f.points) + " = patch[" +
            std::to_string(i / f.points) + "][" + std::to_string(i % f.points) + "];");
  auto wanted = [&](int64_t i, int64_t j) {
    return static_cast<int64_t>(points.size()) == f.points * f.points || (i != 2 && j != 2);
  };
  writeSandwich(w, f.input, f.points, f.points, "d", "v", wanted);
  for (size_t point = 0; point < points.size(); ++point)
    w.write("values[" + std::to_string(point) + " * p.count + index] = " + storageType(type) + "(v_" +
            std::to_string(points[point] / f.points) + "_" + std::to_string(points[point] % f.points) + ");");
  builder.finish(e.kernel, "winograd" + std::to_string(f.tile) + "_input_" + toString(type), w.text(), 0,
                 {static_cast<uint32_t>(ceilDiv(tiles * channels, 256)), 1, 1}, {256, 1, 1});
}

//===----------------------------------------------------------------------===//
// Products and output
//===----------------------------------------------------------------------===//

/// A batch of packed products, of the scratch instead of a key's tensors.
bool WinogradEmitter::emitProducts() {
  const TensorSpec &w = key.inputs[1];
  auto count = static_cast<int64_t>(points.size());
  KernelKey product;
  product.op = KernelOp::Matmul;
  product.inputs = {{type, {count, tiles, channels}, {}}, {w.type, {count * w.shape[1], w.shape[2], w.shape[3]}, {}}};
  product.outputs = {{ElementType::F32, {count, tiles, columns}, {}}};
  product.ints = {{"packed", {1}}, {"columns", {columns}}, {"points", {count}}};
  Emission sub{product, e.model, {}, ""};
  if (!emitMatmul(sub))
    return e.fail(sub.error);
  for (MetalDispatch &dispatch : sub.kernel.dispatches)
    for (MetalBinding &binding : dispatch.bindings) {
      if (binding.kind == MetalBinding::Output)
        binding.byteOffset = products, binding.kind = MetalBinding::Scratch;
      else if (binding.kind == MetalBinding::Input && binding.index == 0)
        binding.byteOffset = values, binding.kind = MetalBinding::Scratch;
    }
  e.kernel.functions.insert(e.kernel.functions.end(), sub.kernel.functions.begin(), sub.kernel.functions.end());
  e.kernel.dispatches.insert(e.kernel.dispatches.end(), sub.kernel.dispatches.begin(), sub.kernel.dispatches.end());
  return true;
}

void WinogradEmitter::emitOutput() {
  const TensorSpec &out = key.outputs[0];
  IndexSpace space(out.shape);
  space.add(out);
  EpilogueInputs inputs(key, space);
  PointwiseParams params = {};
  params.count = static_cast<uint>(tiles * columns);
  const int64_t numbers[] = {columns, tilesX, tilesY, out.shape[1], out.shape[2]};
  for (size_t i = 0; i < std::size(numbers); ++i)
    params.root[i] = static_cast<int>(numbers[i]);
  params.space = space.params();
  FunctionBuilder builder;
  builder.output("out", key);
  builder.scratch("products", "float", products, static_cast<int64_t>(points.size()) * tiles * columns * 4, false);
  inputs.bind(builder);
  builder.params("PointwiseParams", params);

  MslWriter w;
  w.write(R"(
    const uint index = group.x * 256 + thread_index;
    if (index >= p.count)
      return;
    const uint tile = index / uint(p.root[0]);
    const uint c3 = index - tile * uint(p.root[0]);
    const uint line = tile / uint(p.root[1]);
    const uint tx = tile - line * uint(p.root[1]);
    const uint c0 = line / uint(p.root[2]);
    const uint ty = line - c0 * uint(p.root[2]);)");
  for (int64_t i = 0; i < f.points * f.points; ++i) {
    auto at = std::find(points.begin(), points.end(), i);
    std::string value = at == points.end() ? std::string("0.0f")
                                           : "products[" + std::to_string(at - points.begin()) + " * p.count + index]";
    w.write("const float m_" + std::to_string(i / f.points) + "_" + std::to_string(i % f.points) + " = " + value + ";");
  }
  writeSandwich(w, f.output, f.tile, f.points, "m", "s", [](int64_t, int64_t) { return true; });
  std::string list;
  for (int64_t i = 0; i < f.tile * f.tile; ++i)
    list += (i ? ", s_" : "s_") + std::to_string(i / f.tile) + "_" + std::to_string(i % f.tile);
  w.write("const float results[$n] = {$list};\nSNAP_UNROLL for (uint i = 0; i < $n; ++i) {\n"
          "const uint c1 = ty * $m + i / $m;\nconst uint c2 = tx * $m + i % $m;\n"
          "if (c1 >= uint(p.root[3]) || c2 >= uint(p.root[4]))\n  continue;\nconst float acc = results[i];",
          {{"n", std::to_string(f.tile * f.tile)}, {"m", std::to_string(f.tile)}, {"list", list}});
  ExprLeaves leaves = inputs.leaves(space, "c", "p.space");
  leaves.acc = {"acc", ElementType::F32};
  Value value = writeExpr(w, key.epilogue, leaves, "e_");
  w.write("out[" + space.offset(0, "c", "p.space") + "] = " + stored(value, out.type) + ";\n}");
  builder.finish(e.kernel, "winograd" + std::to_string(f.tile) + "_output_" + toString(out.type), w.text(), 0,
                 {static_cast<uint32_t>(ceilDiv(tiles * columns, 256)), 1, 1}, {256, 1, 1});
}

bool WinogradEmitter::run() {
  auto count = static_cast<int64_t>(points.size());
  if (count * tiles * std::max(channels, columns) >= int64_t(1) << 31)
    return e.fail("2^31 points or more");
  if (auto norm = key.ints.find("norm"); norm != key.ints.end())
    affine = emitGroupStatistics(e, {norm->second[0], norm->second[1], norm->second[2], joined, nullptr});
  values = e.scratch(count * tiles * channels, byteSize(type));
  products = e.scratch(count * tiles * columns, 4);
  emitInput();
  if (!emitProducts())
    return false;
  emitOutput();
  return true;
}

bool metal::emitWinograd(Emission &e) {
  if (!isFloating(e.key.inputs[0].type) || !e.key.inputs[1].isDense())
    return e.fail("integers, or strided weights");
  return WinogradEmitter(e).run();
}
