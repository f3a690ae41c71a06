//===- EmitWinograd.cpp - 3x3 convolutions with fewer multiplications -----===//
//
// F(m x m, 3 x 3) with a = m + 2 points a side (Lavin and Gray, "Fast Algorithms
// for Convolutional Neural Networks", section 4) in one dispatch. A threadgroup
// has a block of tiles and of output channels. The pixels under the block go to
// threadgroup memory once, normalised, 16 or 8 channels at a time. In steps of 8
// channels their points follow; each simdgroup multiplies the points it owns by weights
// straight from memory, which no other simdgroup of the threadgroup reads. The
// sums stay in registers and leave through threadgroup memory slice by slice.
//
// Both transforms are cut by rows of points, a simdgroup a row: a whole patch in
// registers beside the sums would spill them.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/WinogradMatrices.h"
#include "targets/metal/EmitGemm.h"
#include "targets/metal/EmitMoments.h"
#include "targets/metal/WinogradTiles.h"

#include <cmath>
#include <cstdio>
#include <cstring>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

namespace {
class WinogradEmitter {
public:
  explicit WinogradEmitter(Emission &e);
  bool run();
  std::optional<WinogradShape> prepareNorm();

private:
  WinogradProblem problem() const;
  bool makesMoments() const;
  void prepareMatrices();
  void prepareParams();
  void bind(FunctionBuilder &builder) const;

  void writeHead();
  void writeTile(const std::string &tile);
  void writePixels();
  void writeNormalised(const std::string &element, const std::string &channel, const std::string &to);
  void writePoints();
  void writeProducts();
  void writeWeights();
  void writeSlices();
  void writeOutputs();

  Emission &e;
  const KernelKey &key;
  WinogradMatrices f;
  int64_t channels, columns, tilesY, tilesX, joined, upsample;
  int64_t side, patch;             // points, and input pixels, along a side of a tile
  std::vector<double> left, right; // input: side x patch; output: tile x side
  std::string type;                // of the operands in threadgroup memory
  bool stagesWeights, vectors;
  int64_t affine = -1;              // factors and summands of channels: in scratch,
  std::optional<MomentTable> table; // or made of moments in threadgroup memory
  WinogradShape shape = {};
  WinogradParams params = {};
  IndexSpace space;
  EpilogueInputs inputs;
  MslWriter w;
  MslWriter::Words words;
};
} // namespace

WinogradEmitter::WinogradEmitter(Emission &e)
    : e(e), key(e.key), f(winogradMatrices(e.key)), channels(e.key.rootChannels()), columns(e.key.outputs[0].shape[3]),
      tilesY(ceilDiv(e.key.outputs[0].shape[1], f.tile)), tilesX(ceilDiv(e.key.outputs[0].shape[2], f.tile)),
      joined(e.key.getInt("joined", -1)), upsample(e.key.getInt("upsample", 1)), space(e.key.outputs[0].shape),
      inputs((space.add(e.key.outputs[0]), EpilogueInputs(e.key, space))) {
  const TensorSpec &x = key.inputs[0], &weights = key.inputs[1];
  bool half = x.type == ElementType::F16 && weights.type == ElementType::F16;
  type = half ? "half" : "float";
  // Matrices of 8x8 are loaded where they are if none reaches over the last channel or a panel's end.
  stagesWeights = channels % 8 != 0 || weights.shape.back() % 8 != 0 || storageType(weights.type) != type;
  vectors = hasVectors(x) && (joined < 0 || (hasVectors(key.inputs[joined]) && x.shape[3] % 4 == 0));
  prepareMatrices();
}

/// An image enlarged twice has each pixel in a patch twice, and nothing in the third row and column of points
/// (KernelKey.h): the transform is of the pixels that differ, to the points that are not zero.
void WinogradEmitter::prepareMatrices() {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < f.points; ++i)
    if (upsample == 1 || i != 2)
      rows.push_back(i);
  side = static_cast<int64_t>(rows.size());
  patch = upsample == 1 ? f.points : f.tile / 2 + 2;
  left.assign(side * patch, 0);
  right.assign(f.tile * side, 0);
  for (int64_t i = 0; i < side; ++i) {
    for (int64_t k = 0; k < f.points; ++k) // pads are 1: pixel k of the patch is number (k - 1) / 2 from its tile's
      left[i * patch + (upsample == 1 ? k : (k + 1) / 2)] += f.input[rows[i] * f.points + k];
    for (int64_t k = 0; k < f.tile; ++k)
      right[k * side + i] = f.output[k * f.points + rows[i]];
  }
}

WinogradProblem WinogradEmitter::problem() const {
  const List &out = key.outputs[0].shape;
  WinogradProblem problem = {};
  problem.tile = f.tile;
  problem.side = side;
  problem.patch = patch;
  problem.step = f.tile / upsample;
  problem.images = out[0];
  problem.tilesY = tilesY, problem.tilesX = tilesX;
  problem.columns = columns;
  problem.elementBytes = type == "half" ? 2 : 4;
  problem.stagesWeights = stagesWeights;
  problem.tableBytes = table ? table->bytes() : 0;
  problem.oneImage = table.has_value() || key.ints.count("moments");
  problem.threadgroupBytes = e.model.threadgroupBytes;
  return problem;
}

/// A block within an image makes its factors itself, if there is place for them.
std::optional<WinogradShape> WinogradEmitter::prepareNorm() {
  if (auto norm = key.ints.find("norm"); norm != key.ints.end()) {
    GroupStatistics s{norm->second[0], norm->second[1], norm->second[2], joined, nullptr};
    if (key.ints.count("norm_moments")) {
      table.emplace(key, s);
      if (std::optional<WinogradShape> found = winogradShape(problem()))
        return found;
      table.reset();
    }
    affine = emitGroupStatistics(e, s);
  }
  return winogradShape(problem());
}

/// Whether the blocks of moments are those of threadgroups.
bool WinogradEmitter::makesMoments() const {
  if (!key.ints.count("moments"))
    return false;
  const List &block = key.ints.at("moments");
  return block[0] == shape.y * f.tile && block[1] == shape.x * f.tile;
}

void WinogradEmitter::prepareParams() {
  const List &x = key.inputs[0].shape, &out = key.outputs[0].shape, &pads = key.ints.at("pads");
  params.images = static_cast<uint>(out[0]);
  params.channels = static_cast<uint>(channels);
  params.columns = static_cast<uint>(columns);
  params.panels = static_cast<uint>(key.inputs[1].shape[1]);
  params.split = static_cast<uint>(x[3]);
  params.blocksY = static_cast<uint>(ceilDiv(tilesY, shape.y));
  params.blocksX = static_cast<uint>(ceilDiv(tilesX, shape.x));
  params.height = static_cast<int>(x[1]), params.width = static_cast<int>(x[2]);
  params.outHeight = static_cast<uint>(out[1]), params.outWidth = static_cast<uint>(out[2]);
  params.top = -static_cast<int>(pads[0]), params.left = -static_cast<int>(pads[1]);
  auto set = [](const TensorSpec &tensor, int &image, int &line, int &pixel, int &channel) {
    List strides = stridesOf(tensor);
    image = static_cast<int>(strides[0]), line = static_cast<int>(strides[1]);
    pixel = static_cast<int>(strides[2]), channel = static_cast<int>(strides[3]);
  };
  set(key.inputs[0], params.image, params.line, params.pixel, params.channel);
  if (joined >= 0)
    set(key.inputs[joined], params.joinedImage, params.joinedLine, params.joinedPixel, params.joinedChannel);
  params.space = space.params();

  auto number = [&](const char *name, int64_t value) { words[name] = std::to_string(value); };
  number("IMAGES", shape.images), number("TY", shape.y), number("TX", shape.x), number("TILES", shape.tiles());
  number("PY", shape.regionY), number("PX", shape.regionX), number("PIXELS", shape.pixels());
  number("COLUMNS", shape.columns), number("SIMDS", shape.simdgroups), number("THREADS", shape.threads());
  number("POINTS", shape.points), number("EACH", shape.pointsEach()), number("SLICE", shape.slice);
  number("STEP", f.tile / upsample), number("M", f.tile), number("SIDE", side), number("PATCH", patch);
  number("KC", WinogradShape::channels), number("XC", shape.pixelChannels), number("PANEL", key.inputs[1].shape[3]);
  number("MR", shape.tiles() / 8), number("MC", shape.columns / 8), number("BYTES", shape.bytes(problem()));
  words["T"] = type;
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

/// h[j] = row `row` of `matrix` times column j of what element(k) names, for each j below `inner`. The branch is the
/// simdgroup's.
template <typename Name>
static void writeRows(MslWriter &w, const std::vector<double> &matrix, int64_t rows, int64_t length,
                      const std::string &inner, Name element) {
  for (int64_t i = 0; i < rows; ++i)
    w.write((i == 0         ? "if (row == 0)\n"
             : i + 1 < rows ? "else if (row == " + std::to_string(i) + ")\n"
                            : std::string("else\n")) +
            "SNAP_UNROLL for (uint j = 0; j < " + inner +
            "; ++j)\nh[j] = " + combination(matrix.data() + i * length, length, element) + ";");
}

//===----------------------------------------------------------------------===//
// Input
//===----------------------------------------------------------------------===//

void WinogradEmitter::writeHead() {
  w.write(R"(
    constexpr uint SIMDS = $SIMDS, THREADS = $THREADS, COLUMNS = $COLUMNS, TILES = $TILES;
    constexpr uint PY = $PY, PX = $PX, PIXELS = $PIXELS, XC = $XC, KC = $KC, SLICE = $SLICE;
    threadgroup float4 memory[$BYTES / 16];
    threadgroup $T *xs = (threadgroup $T *)memory;
    threadgroup $T *vs = xs + PIXELS * XC;)",
          words);
  if (stagesWeights)
    w.write("threadgroup $T *ws = vs + $POINTS * TILES * KC + simd_index * 64;", words);
  if (table)
    w.write("threadgroup float *kept = (threadgroup float *)memory + $KEPT;",
            {{"KEPT", std::to_string(shape.operandBytes(problem()) / 4)}});
  w.write(R"(
    const uint column0 = group.y * COLUMNS;
    const uint blockLine = group.x / p.blocksX;
    const uint blockX = group.x - blockLine * p.blocksX;
    const uint blockImage = blockLine / p.blocksY;
    const uint blockY = blockLine - blockImage * p.blocksY;
    const uint image0 = blockImage * $IMAGES;
    const uint tileY0 = blockY * $TY;
    const uint tileX0 = blockX * $TX;
    simdgroup_float8x8 sums[$EACH][$MR][$MC];
    SNAP_UNROLL for (uint q = 0; q < $EACH; ++q)
      SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
        SNAP_UNROLL for (uint j = 0; j < $MC; ++j)
          sums[q][i][j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);)",
          words);
}

/// Declares tn, ty, tx of tile `tile` of the block.
void WinogradEmitter::writeTile(const std::string &tile) {
  words["tile"] = tile;
  w.write("const uint tx = $tile % $TX;\nconst uint ty = $tile / $TX % $TY;\nconst uint tn = $tile / ($TX * $TY);",
          words);
}

/// Norm and prologue of `element`, of channel `channel` in image n.
void WinogradEmitter::writeNormalised(const std::string &element, const std::string &channel, const std::string &to) {
  ExprLeaves leaves;
  leaves.acc = {element, ElementType::F32};
  if (affine >= 0)
    w.write("device const float *norm = affine + (int(n * p.channels) + int(" + channel + ")) * 2;");
  if (table)
    w.write("threadgroup const float *norm = kept + int(" + channel + ") * 2;");
  if (affine >= 0 || table) {
    w.write("const float normed = " + element + " * norm[0] + norm[1];");
    leaves.acc.text = "normed";
  }
  w.write(to + " = " + writeExpr(w, key.prologue, leaves, "r").text + ";");
}

/// The pixels under the block, as the product reads them; 0 outside the image, in images and channels that do not exist.
void WinogradEmitter::writePixels() {
  w.write(R"(
    for (uint i = thread_index; i < PIXELS * XC / 4; i += THREADS) {
      const uint c = x0 + i % (XC / 4) * 4;
      const uint pixel = i / (XC / 4);
      const uint line = pixel / PX;
      const uint n = image0 + line / PY;
      const int y = int(tileY0 * $STEP + line % PY) + p.top;
      const int x = int(tileX0 * $STEP + pixel % PX) + p.left;
      float4 v = float4(0.0f);
      if (n < p.images && c < p.channels && y >= 0 && y < p.height && x >= 0 && x < p.width) {)",
          words);
  bool transforms = affine >= 0 || table || !key.prologue.empty();
  auto element = [&](bool other, const std::string &channel) {
    std::string which = other ? "joined" : "";
    return (other ? "joined + int(n) * p.joinedImage + y * p.joinedLine + x * p.joinedPixel + int(" + channel +
                        " - p.split)" + (params.joinedChannel == 1 ? "" : " * p.joinedChannel")
                  : "a + int(n) * p.image + y * p.line + x * p.pixel + int(" + channel + ")" +
                        (params.channel == 1 ? "" : " * p.channel"));
  };
  auto load = [&](const std::string &channel, const std::string &vector) {
    std::string cast = "*(device const " + std::string(storageType(key.inputs[0].type)) + vector + " *)(";
    std::string wide = "float" + vector + "(", own = wide + cast + element(false, channel) + "))";
    return joined < 0 ? own : channel + " < p.split ? " + own + " : " + wide + cast + element(true, channel) + "))";
  };
  if (vectors)
    w.write("v = " + load("c", "4") + ";");
  if (transforms || !vectors) {
    w.write("for (uint u = 0; u < 4; ++u) {");
    if (channels % 4 != 0)
      w.write("if (c + u >= p.channels)\n  break;");
    if (!vectors)
      w.write("v[u] = " + load("(c + u)", "") + ";");
    writeNormalised("v[u]", "(c + u)", "v[u]");
    w.write("}");
  }
  w.write("}\n*(threadgroup $T4 *)(xs + pixel * XC + i % (XC / 4) * 4) = $T4(v);\n}", {{"T4", type + "4"}});
}

/// A simdgroup has a row of points of some tiles, a lane one channel of one: registers are the sums'.
void WinogradEmitter::writePoints() {
  w.write(R"(
    for (uint unit = simd_index; unit < $SIDE * (TILES * KC / 32); unit += SIMDS) {
      const uint row = unit % $SIDE;
      const uint item = unit / $SIDE * 32 + lane;
      const uint tile = item / KC;)",
          words);
  writeTile("tile");
  w.write(R"(
      threadgroup const $T *from = xs + ((tn * PY + ty * $STEP) * PX + tx * $STEP) * XC + (c0 - x0) + item % KC;
      float h[$PATCH];)",
          words);
  writeRows(w, left, side, patch, std::to_string(patch),
            [&](int64_t k) { return "float(from[(" + std::to_string(k) + " * PX + j) * XC])"; });
  w.write("threadgroup $T *to = vs + (row * $SIDE * TILES + tile) * KC + item % KC;", words);
  for (int64_t j = 0; j < side; ++j)
    w.write("to[$j * TILES * KC] = $T($sum);",
            {{"T", type}, {"j", std::to_string(j)}, {"sum", combination(left.data() + j * patch, patch, [](int64_t k) {
                                                       return "h[" + std::to_string(k) + "]";
                                                     })}});
  w.write("}");
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Declares bm, the weights of point `point`, 8 channels from c0 by 8 columns from column0 + j * 8.
void WinogradEmitter::writeWeights() {
  w.write("simdgroup_matrix<$T, 8, 8> bm;", words);
  if (!stagesWeights) { // columns beyond the last panel are any others': nobody stores their sums
    w.write(R"(
      const uint n = min(column0 + j * 8, p.panels * $PANEL - 8);
      simdgroup_load(bm, b + ((point * p.panels + n / $PANEL) * p.channels + c0) * $PANEL + n % $PANEL, $PANEL);)",
            words);
    return;
  }
  w.write(R"(
    simdgroup_barrier(mem_flags::mem_threadgroup);
    for (uint i = lane; i < 64; i += 32) {
      const uint c = c0 + i / 8;
      const uint n = column0 + j * 8 + i % 8;
      ws[i] = c < p.channels && n < p.panels * $PANEL
                  ? $T(b[((point * p.panels + n / $PANEL) * p.channels + c) * $PANEL + n % $PANEL])
                  : $T(0);
    }
    simdgroup_barrier(mem_flags::mem_threadgroup);
    simdgroup_load(bm, ws, 8);)",
          words);
}

void WinogradEmitter::writeProducts() {
  // The last simdgroup may have fewer points: it multiplies the last one again, and does not store it.
  bool even = shape.pointsEach() * shape.simdgroups == shape.points;
  words["point"] = even ? "simd_index * $EACH + q" : "min(simd_index * $EACH + q, $POINTS - 1u)";
  words["point"] = expand(words["point"], words);
  w.write(R"(
    SNAP_UNROLL for (uint q = 0; q < $EACH; ++q) {
      const uint point = $point;
      simdgroup_matrix<$T, 8, 8> am[$MR];
      SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
        simdgroup_load(am[i], vs + (point * TILES + i * 8) * KC, KC);
      SNAP_UNROLL for (uint j = 0; j < $MC; ++j) {)",
          words);
  writeWeights();
  w.write(R"(
        SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
          simdgroup_multiply_accumulate(sums[q][i][j], am[i], bm, sums[q][i][j]);
      }
    })",
          words);
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

/// All points of 8 tiles by SLICE columns at a time, through the memory the operands were in.
void WinogradEmitter::writeSlices() {
  bool even = shape.pointsEach() * shape.simdgroups == shape.points;
  words["stored"] = even ? "" : " && simd_index * " + words["EACH"] + " + q < " + words["POINTS"];
  w.write(R"(
    threadgroup float *products = (threadgroup float *)memory;
    for (uint pass = 0; pass < $MR * (COLUMNS / SLICE); ++pass) {
      const uint tiles8 = pass / (COLUMNS / SLICE);
      const uint slice = pass % (COLUMNS / SLICE);
      SNAP_UNROLL for (uint q = 0; q < $EACH; ++q)
        SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
          SNAP_UNROLL for (uint j = 0; j < $MC; ++j)
            if (i == tiles8 && j / (SLICE / 8) == slice$stored)
              simdgroup_store(sums[q][i][j],
                              products + (simd_index * $EACH + q) * 8 * SLICE + j % (SLICE / 8) * 8, SLICE);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      for (uint unit = simd_index; unit < $M * (8 * SLICE / 32); unit += SIMDS) {
        const uint row = unit % $M;
        const uint item = unit / $M * 32 + lane;)",
          words);
  writeOutputs();
  w.write("}\nthreadgroup_barrier(mem_flags::mem_threadgroup);\n}");
}

/// Row `row` of a tile's outputs of one channel: a lane's.
void WinogradEmitter::writeOutputs() {
  w.write("threadgroup const float *from = products + item;\nfloat h[$SIDE];", words);
  writeRows(w, right, f.tile, side, std::to_string(side), [&](int64_t k) {
    return "from[(" + std::to_string(k) + " * " + std::to_string(side) + " + j) * 8 * SLICE]";
  });
  w.write("float results[$M];", words);
  for (int64_t j = 0; j < f.tile; ++j)
    w.write("results[" + std::to_string(j) + "] = " +
            combination(right.data() + j * side, side, [](int64_t k) { return "h[" + std::to_string(k) + "]"; }) + ";");
  writeTile("(tiles8 * 8 + item / SLICE)");
  w.write(R"(
    const uint c0 = image0 + tn;
    const uint c1 = (tileY0 + ty) * $M + row;
    const uint c3 = column0 + slice * SLICE + item % SLICE;
    if (c0 < p.images && c1 < p.outHeight && c3 < p.columns) {
      SNAP_UNROLL for (uint j = 0; j < $M; ++j) {
        const uint c2 = (tileX0 + tx) * $M + j;
        if (c2 < p.outWidth) {
          const float acc = results[j];)",
          words);
  ExprLeaves leaves = inputs.leaves(space, "c", "p.space");
  leaves.acc = {"acc", ElementType::F32};
  Value value = writeExpr(w, key.epilogue, leaves, "e_");
  w.write("out[" + space.offset(0, "c", "p.space") + "] = " + stored(value, key.outputs[0].type) + ";\n}\n}\n}");
}

void WinogradEmitter::bind(FunctionBuilder &builder) const {
  builder.output("out", key);
  builder.input("a", key, 0);
  builder.input("b", key, 1);
  if (joined >= 0)
    builder.input("joined", key, joined);
  inputs.bind(builder);
  if (affine >= 0)
    builder.scratch("affine", "float", affine, key.inputs[0].shape[0] * channels * 8, false);
  if (table)
    table->bind(builder);
  if (makesMoments()) {
    builder.output("blockMoments", key, 1);
    builder.params("BlockParams", MomentBlocks(key).params(), "q");
  }
  builder.params("WinogradParams", params);
}

bool WinogradEmitter::run() {
  if (!space.fits())
    return e.fail("more operands than a space has");
  std::optional<WinogradShape> found = prepareNorm();
  if (!found)
    return e.fail("no block of tiles fits the threadgroup memory");
  shape = *found;
  prepareParams();

  writeHead();
  if (table) {
    table->write(w, "image0", shape.simdgroups, "kept");
    w.write("threadgroup_barrier(mem_flags::mem_threadgroup);");
  }
  w.write("for (uint x0 = 0; x0 < p.channels; x0 += XC) {");
  writePixels();
  w.write("for (uint c0 = x0; c0 < min(x0 + XC, p.channels); c0 += KC) {\n"
          "threadgroup_barrier(mem_flags::mem_threadgroup);");
  writePoints();
  w.write("threadgroup_barrier(mem_flags::mem_threadgroup);");
  writeProducts();
  w.write("}\n}\nthreadgroup_barrier(mem_flags::mem_threadgroup);");
  writeSlices();
  if (makesMoments()) {
    w.write("threadgroup_barrier(mem_flags::mem_device);\nfor (uint part = 0; part < COLUMNS; part += 32) {");
    writeBlockMoments(w, "group.x", "column0 + part", shape.simdgroups, "products", "q");
    w.write("}");
  }

  FunctionBuilder builder;
  bind(builder);
  std::string stem =
      "winograd" + std::to_string(f.tile) + (upsample == 1 ? "_" : "_enlarged_") + typesOf(key) + "_" + shape.str();
  builder.finish(e.kernel, stem, w.text(), shape.bytes(problem()),
                 {static_cast<uint32_t>(ceilDiv(params.images, shape.images) * params.blocksY * params.blocksX),
                  static_cast<uint32_t>(ceilDiv(columns, shape.columns)), 1},
                 {static_cast<uint32_t>(shape.threads()), 1, 1});
  if (key.ints.count("moments") && !makesMoments())
    emitBlockMoments(e);
  return true;
}

std::optional<WinogradShape> metal::winogradShape(const KernelKey &key, const MetalModel &model) {
  Emission e{key, model, {}, ""};
  return WinogradEmitter(e).prepareNorm();
}

bool metal::emitWinograd(Emission &e) {
  if (!isFloating(e.key.inputs[0].type) || !isFloating(e.key.inputs[1].type) || !e.key.inputs[1].isDense())
    return e.fail("integers, or strided weights");
  return WinogradEmitter(e).run();
}
