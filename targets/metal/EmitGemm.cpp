//===- EmitGemm.cpp - Tiled matrix products -------------------------------===//
//
// A threadgroup computes a tile of the result: both operands' tiles go to
// threadgroup memory step by step of the depth, simdgroups multiply 8x8 matrices
// of them into f32, the sums go to the same memory, and every thread finishes
// some elements: epilogue and store. Loads clamp rows and columns beyond the
// result (their sums are never stored) and put zeros beyond the depth.
//
// Matrices are loaded and stored only as wholes, so nothing depends on which
// lane holds which element.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitGemm.h"
#include "targets/metal/EmitNorm.h"

#include <algorithm>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

bool metal::hasVectors(const TensorSpec &tensor) {
  List strides = stridesOf(tensor);
  if (strides.back() != 1 || tensor.shape.back() % 4 != 0)
    return false;
  return std::all_of(strides.begin(), strides.end() - 1, [](int64_t s) { return s % 4 == 0; });
}

static List outer(const List &values) { return List(values.begin(), values.end() - 1); }

GemmEmitter::GemmEmitter(Emission &e, int64_t depth, int64_t batches)
    : e(e), key(e.key), columns(e.key.outputs[0].shape.back()), depth(depth), batches(batches),
      joined(e.key.getInt("joined", -1)), gated(e.key.getInt("gated", 0) != 0), space(outer(e.key.outputs[0].shape)),
      batch(List{}) {
  int64_t rows = space.count() / batches;
  shape = gemmShape(rows, columns, batches, gated);
  params.rows = static_cast<uint>(rows);
  params.columns = static_cast<uint>(columns);
  params.depth = static_cast<uint>(depth);
  params.split = static_cast<uint>(key.inputs[0].shape.back());
  params.epsilon = static_cast<float>(key.getFloat("epsilon", 0));
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

size_t GemmEmitter::addOperand(List rowStrides, int64_t columnStride) {
  columnStrides.push_back(columnStride);
  return space.add(std::move(rowStrides));
}

void GemmEmitter::prepareResult() {
  inputs = inputsOf(key.epilogue);
  const TensorSpec &out = key.outputs[0];
  List strides = stridesAlong(out, out.shape);
  addOperand(outer(strides), strides.back());
  vectorOut = hasVectors(out);
  for (int32_t input : inputs) {
    strides = stridesAlong(key.inputs[input], out.shape);
    addOperand(outer(strides), strides.back());
  }
}

void GemmEmitter::prepareWeights() {
  const TensorSpec &b = key.inputs[1];
  bool packed = key.op == KernelOp::Conv2d || key.getInt("packed", 0);
  if (packed) { // [N/T, …, K, T]
    int64_t tile = b.shape.back(), width = gated ? tile / 2 : tile, panels = b.shape[0];
    params.panel = static_cast<uint>(width);
    params.padded = static_cast<uint>(panels * width);
    params.panelStep = static_cast<int>(depth * tile);
    params.columnStep = 1;
    params.depthStep = static_cast<int>(tile);
    vectorB = width % 4 == 0;
    return;
  }
  List strides = stridesOf(b);
  bool transposed = key.getInt("transpose_b", 0) != 0;
  int64_t depthStep = strides[strides.size() - (transposed ? 1 : 2)];
  int64_t columnStep = strides[strides.size() - (transposed ? 2 : 1)];
  params.panel = params.padded = static_cast<uint>(columns);
  params.columnStep = static_cast<int>(columnStep);
  params.depthStep = static_cast<int>(depthStep);
  vectorB = !transposed && hasVectors(b);
  // The batch's dimensions of the output, and b along them.
  List shape = key.outputs[0].shape, along;
  shape.resize(shape.size() - 2);
  TensorSpec outerB{b.type, List(b.shape.begin(), b.shape.end() - 2), List(strides.begin(), strides.end() - 2)};
  batch = IndexSpace(shape);
  batch.add(outerB.shape.empty() ? List(shape.size(), 0) : stridesAlong(outerB, shape));
  batch.merge();
}

void GemmEmitter::prepareNorm() {
  rowNorm = key.ints.count("layer_norm") != 0;
  auto norm = key.ints.find("norm");
  if (norm == key.ints.end())
    return;
  GroupStatistics s{norm->second[0], norm->second[1], norm->second[2], joined, nullptr};
  int64_t images = key.inputs[0].shape[0];
  // A tile within an image makes its factors itself, if there is place for them.
  if (key.ints.count("norm_moments") && (images == 1 || space.count() / images % shape.rows == 0)) {
    table.emplace(key, s);
    if (threadgroupBytes() <= e.model.threadgroupBytes)
      return;
    table.reset();
  }
  affine = emitGroupStatistics(e, s);
  List strides(space.extents.size(), 0);
  strides[0] = key.rootChannels() * 2;
  image = addOperand(strides, 0);
}

/// Whether moments are to be made by a dispatch of their own: their blocks are not whole rows of tiles.
bool GemmEmitter::prepareMoments() {
  if (!key.ints.count("moments"))
    return false;
  int64_t run = MomentBlocks(key).run();
  if (run == 0 || shape.rows % run != 0)
    return true;
  momentRows = run;
  return false;
}

bool GemmEmitter::run() {
  type = key.inputs[0].type == ElementType::F16 && key.inputs[1].type == ElementType::F16 ? "half" : "float";
  if (!isFloating(key.inputs[0].type) || !isFloating(key.inputs[1].type))
    return e.fail("operands are not floats");
  prepareResult();
  prepareRows();
  prepareWeights();
  prepareNorm();
  bool apart = prepareMoments();
  space.merge();
  if (!space.fits() || !batch.fits())
    return e.fail("more dimensions or operands than a space has");
  for (size_t k = 0; k < columnStrides.size(); ++k)
    params.columnStrides[k] = static_cast<int>(columnStrides[k]);
  params.space = space.params();
  params.batch = batch.params();

  MslWriter w;
  writeHead(w);
  if (table)
    table->write(w, "(row0 / m.rows)", shape.threads() / 32, "kept");
  if (rowNorm)
    writeRowStatistics(w);
  if (table || rowNorm)
    w.write("threadgroup_barrier(mem_flags::mem_threadgroup);");
  writeRowSetup(w);
  w.write("for (uint k0 = 0; k0 < p.depth; k0 += DEPTH) {");
  writeLoadA(w);
  writeLoadB(w);
  w.write(R"(
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint k = 0; k < DEPTH; k += 8) {
      simdgroup_matrix<$T, 8, 8> am[$MR], bm[$MC];
      SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
        simdgroup_load(am[i], as + (simdRow + i * 8) * A_ROW + k, A_ROW);
      SNAP_UNROLL for (uint j = 0; j < $MC; ++j)
        simdgroup_load(bm[j], bs + k * B_ROW + simdColumn + j * 8, B_ROW);
      SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
        SNAP_UNROLL for (uint j = 0; j < $MC; ++j)
          simdgroup_multiply_accumulate(sums[i][j], am[i], bm[j], sums[i][j]);)",
          {{"T", type}, {"MR", std::to_string(shape.matrixRows())}, {"MC", std::to_string(shape.matrixColumns())}});
  if (gated)
    w.write(R"(
      SNAP_UNROLL for (uint j = 0; j < $MC; ++j)
        simdgroup_load(bm[j], bs + (DEPTH + k) * B_ROW + simdColumn + j * 8, B_ROW);
      SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
        SNAP_UNROLL for (uint j = 0; j < $MC; ++j)
          simdgroup_multiply_accumulate(gates[i][j], am[i], bm[j], gates[i][j]);)",
            {{"MR", std::to_string(shape.matrixRows())}, {"MC", std::to_string(shape.matrixColumns())}});
  w.write("}\nthreadgroup_barrier(mem_flags::mem_threadgroup);\n}");
  writeResult(w);
  if (momentRows)
    writeMoments(w);

  FunctionBuilder f;
  bind(f);
  auto groups = [](int64_t size, int64_t tile) { return static_cast<uint32_t>(ceilDiv(size, tile)); };
  f.finish(e.kernel, stem() + "_" + typesOf(key) + "_" + shape.str(), w.text(), threadgroupBytes(),
           {groups(columns, shape.columns), groups(params.rows, shape.rows), static_cast<uint32_t>(batches)},
           {static_cast<uint32_t>(shape.threads()), 1, 1});
  if (apart)
    emitBlockMoments(e);
  return true;
}

void GemmEmitter::bind(FunctionBuilder &f) const {
  f.output("out", key);
  f.input("a", key, 0);
  f.input("b", key, 1);
  if (joined >= 0)
    f.input("joined", key, joined);
  for (int32_t input : inputs)
    f.input("e" + std::to_string(input), key, input);
  if (affine >= 0)
    f.scratch("affine", "float", affine, key.inputs[0].shape[0] * key.rootChannels() * 8, false);
  if (table)
    table->bind(f);
  if (rowNorm) {
    const List &vectors = key.ints.at("layer_norm");
    for (size_t i : {0, 1})
      if (vectors[i] >= 0)
        f.input(i == 0 ? "scale" : "bias", key, vectors[i]);
  }
  if (momentRows)
    f.output("blockMoments", key, 1);
  f.params("GemmParams", params);
}

//===----------------------------------------------------------------------===//
// The frame
//===----------------------------------------------------------------------===//

void GemmEmitter::writeHead(MslWriter &w) {
  MslWriter::Words words = {{"ROWS", std::to_string(shape.rows)},          {"COLUMNS", std::to_string(shape.columns)},
                            {"DEPTH", std::to_string(shape.depth)},        {"THREADS", std::to_string(shape.threads())},
                            {"PAD", std::to_string(gemmPadding)},          {"MR", std::to_string(shape.matrixRows())},
                            {"MC", std::to_string(shape.matrixColumns())}, {"SC", std::to_string(shape.simdColumns)},
                            {"BYTES", std::to_string(threadgroupBytes())}, {"T", type}};
  w.write(R"(
    constexpr uint ROWS = $ROWS, COLUMNS = $COLUMNS, DEPTH = $DEPTH, THREADS = $THREADS;
    constexpr uint A_ROW = DEPTH + $PAD, B_ROW = COLUMNS + $PAD;
    threadgroup float4 memory[$BYTES / 16];
    threadgroup $T *as = (threadgroup $T *)memory;
    threadgroup $T *bs = as + ROWS * A_ROW;
    const uint row0 = group.y * ROWS;
    const uint column0 = group.x * COLUMNS;
    const uint simdRow = simd_index / $SC * $MR * 8;
    const uint simdColumn = simd_index % $SC * $MC * 8;
    simdgroup_float8x8 sums[$MR][$MC];)",
          words);
  if (keptBytes())
    w.write("threadgroup float *kept = (threadgroup float *)(bs + " + std::string(gated ? "2 * " : "") +
            "DEPTH * B_ROW);");
  if (gated)
    w.write("simdgroup_float8x8 gates[$MR][$MC];", words);
  w.write("SNAP_UNROLL for (uint i = 0; i < $MR; ++i)\nSNAP_UNROLL for (uint j = 0; j < $MC; ++j)\n"
          "sums[i][j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);",
          words);
  if (gated)
    w.write("SNAP_UNROLL for (uint i = 0; i < $MR; ++i)\nSNAP_UNROLL for (uint j = 0; j < $MC; ++j)\n"
            "gates[i][j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);",
            words);
}

// A simdgroup a row, in one pass about the mean of its first elements. That is at most sqrt(n / f) deviations from the mean
// of all n if it is of f of them, so the subtraction at the end loses few digits however far from zero a row is.
static const char *const rowStatistics = R"(
for (uint r = simd_index; r < ROWS; r += THREADS / 32) {
  const uint g = min(row0 + r, p.rows - 1);
  $coordinates
  device const $T *from = a + $start;
  uint i = lane * $W;
  float shift = 0.0f;
  if (i < p.depth)
    shift = $sum;
  shift = simd_sum(shift) / float(min(p.depth, 32u * $W));
  float mean = 0.0f;
  float squares = 0.0f;
  for (; i < p.depth; i += 32 * $W) {
    const $F x = $load - shift;
    mean += $rest;
    squares += $square;
  }
  mean = simd_sum(mean) / float(p.depth);
  squares = simd_sum(squares) / float(p.depth) - mean * mean;
  if (lane == 0) {
    kept[r * 2] = shift + mean;
    kept[r * 2 + 1] = precise::rsqrt(max(squares, 0.0f) + p.epsilon);
  }
}
)";

/// {mean, 1 / deviation} of each row of the tile.
void GemmEmitter::writeRowStatistics(MslWriter &w) const {
  bool wide = readsVectors();
  MslWriter coordinates;
  space.writeCoordinates(coordinates, "g", "q", "p.space");
  std::string storage = storageType(key.inputs[0].type), ones = "float4(1.0f)";
  std::string load = wide ? "float4(*(device const " + storage + "4 *)(from + i))"
                          : "float(from[int(i)" + std::string(params.strideDepth == 1 ? "" : " * p.strideDepth") + "])";
  w.write(rowStatistics, {{"coordinates", coordinates.text()},
                          {"T", storage},
                          {"start", rowStart()},
                          {"W", wide ? "4" : "1"},
                          {"F", wide ? "float4" : "float"},
                          {"load", load},
                          {"sum", wide ? "dot(" + load + ", " + ones + ")" : load},
                          {"square", wide ? "dot(x, x)" : "x * x"},
                          {"rest", wide ? "dot(x, " + ones + ")" : "x"}});
}

/// Which elements of the operands' tiles a thread loads: four columns of some rows.
void GemmEmitter::writeRowSetup(MslWriter &w) {
  int64_t each = std::max<int64_t>(1, shape.rows * shape.depth / 4 / shape.threads());
  w.write("constexpr uint A_ROWS = $each, A_STEP = THREADS / (DEPTH / 4);\n"
          "const uint aRow = thread_index / (DEPTH / 4);\nconst uint aDepth = thread_index % (DEPTH / 4) * 4;",
          {{"each", std::to_string(each)}});
  w.write(rowArrays());
  if (affine >= 0)
    w.write("int rowAffine[A_ROWS];");
  if (rowNorm)
    w.write("float2 rowMoments[A_ROWS];");
  w.write("for (uint j = 0; j < A_ROWS; ++j) {\n"
          "const uint g = group.z * p.rows + min(row0 + aRow + j * A_STEP, p.rows - 1);");
  space.writeCoordinates(w, "g", "q", "p.space");
  writeRow(w);
  if (affine >= 0)
    w.write("rowAffine[j] = " + space.offset(image, "q", "p.space") + ";");
  if (rowNorm)
    w.write("const uint r = min(aRow + j * A_STEP, ROWS - 1);\nrowMoments[j] = float2(kept[r * 2], kept[r * 2 + 1]);");
  w.write("}");

  w.write("constexpr uint B_STEP = THREADS / (COLUMNS / 4);\nconst uint bDepth = thread_index / (COLUMNS / 4);\n"
          "const uint bColumn = thread_index % (COLUMNS / 4) * 4;");
  if (!batch.extents.empty())
    batch.writeCoordinates(w, "group.z", "z", "p.batch");
  std::string base = batch.strides.empty() ? "0" : batch.offset(0, "z", "p.batch");
  std::string at = base + " + int($n / p.panel) * p.panelStep + int($n % p.panel) * p.columnStep;";
  if (vectorB)
    w.write("const uint n = min(column0 + bColumn, p.padded - 4);\nconst int bAt = " + at, {{"n", "n"}});
  else
    w.write("int bAt[4];\nfor (uint u = 0; u < 4; ++u) {\nconst uint n = min(column0 + bColumn + u, p.padded - 1);\n"
            "bAt[u] = " +
                at + "\n}",
            {{"n", "n"}});
}

//===----------------------------------------------------------------------===//
// The result
//===----------------------------------------------------------------------===//

std::string GemmEmitter::column(size_t operand) const {
  if (columnStrides[operand] == 0)
    return "";
  return columnStrides[operand] == 1 ? " + int(column)"
                                     : " + int(column) * p.columnStrides[" + std::to_string(operand) + "]";
}

void GemmEmitter::writeResult(MslWriter &w) const {
  MslWriter::Words words = {{"MR", std::to_string(shape.matrixRows())},
                            {"MC", std::to_string(shape.matrixColumns())},
                            {"O4", std::string(storageType(key.outputs[0].type)) + "4"}};
  w.write("threadgroup float *results = (threadgroup float *)memory;");
  for (const char *which : {"sums", "gates"})
    if (which[0] == 's' || gated)
      w.write(
          "SNAP_UNROLL for (uint i = 0; i < $MR; ++i)\nSNAP_UNROLL for (uint j = 0; j < $MC; ++j)\n"
          "simdgroup_store($which[i][j], results + ($base simdRow + i * 8) * COLUMNS + simdColumn + j * 8, COLUMNS);",
          {{"MR", words["MR"]}, {"MC", words["MC"]}, {"which", which}, {"base", which[0] == 's' ? "" : "ROWS +"}});
  w.write(R"(
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint i = thread_index; i < ROWS * COLUMNS / 4; i += THREADS) {
      const uint r = i / (COLUMNS / 4);
      const uint first = i % (COLUMNS / 4) * 4;
      if (row0 + r >= p.rows || column0 + first >= p.columns)
        continue;
      const uint g = group.z * p.rows + row0 + r;)");
  space.writeCoordinates(w, "g", "q", "p.space");
  if (vectorOut)
    w.write("$O4 result;", words);
  w.write("for (uint u = 0; u < 4; ++u) {\nconst uint column = column0 + first + u;");
  if (!vectorOut)
    w.write("if (column >= p.columns)\n  break;");
  w.write("const float acc = results[r * COLUMNS + first + u];");
  if (gated)
    w.write("const float gate = results[(ROWS + r) * COLUMNS + first + u];");
  ExprLeaves leaves;
  leaves.acc = {"acc", ElementType::F32};
  leaves.gate = {"gate", ElementType::F32};
  leaves.input = [&](int32_t input) {
    size_t operand = 1 + (std::find(inputs.begin(), inputs.end(), input) - inputs.begin());
    return loaded("e" + std::to_string(input) + "[" + space.offset(operand, "q", "p.space") + column(operand) + "]",
                  key.inputs[input].type);
  };
  Value value = writeExpr(w, key.epilogue, leaves, "v");
  std::string element = stored(value, key.outputs[0].type), row = space.offset(0, "q", "p.space");
  // Moments are of what is stored.
  std::string kept = momentRows ? "results[r * COLUMNS + first + u] = float(" + element + ");\n" : "";
  if (vectorOut)
    w.write(kept + "result[u] = " + element + ";\n}\n*(device $O4 *)(out + " + row +
                " + int(column0 + first)) = result;\n}",
            words);
  else
    w.write(kept + "out[" + row + column(0) + "] = " + element + ";\n}\n}");
}

/// A thread a column of a block, of the results in threadgroup memory.
void GemmEmitter::writeMoments(MslWriter &w) const {
  w.write(R"(
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint i = thread_index; i < ROWS / $N * COLUMNS; i += THREADS) {
      const uint row = row0 + i / COLUMNS * $N;
      const uint column = column0 + i % COLUMNS;
      if (row >= p.rows || column >= p.columns)
        continue;
      threadgroup const float *from = results + i / COLUMNS * $N * COLUMNS + i % COLUMNS;
      float mean = 0.0f;
      for (uint r = 0; r < $N; ++r)
        mean += from[r * COLUMNS];
      mean = mean / $N.0f;
      float squares = 0.0f;
      for (uint r = 0; r < $N; ++r)
        squares += (from[r * COLUMNS] - mean) * (from[r * COLUMNS] - mean);
      blockMoments[row / $N * 2 * p.columns + column] = mean;
      blockMoments[(row / $N * 2 + 1) * p.columns + column] = squares;
    })",
          {{"N", std::to_string(momentRows)}});
}

//===----------------------------------------------------------------------===//
// Matmul
//===----------------------------------------------------------------------===//

namespace {
class MatmulEmitter : public GemmEmitter {
public:
  using GemmEmitter::GemmEmitter;

protected:
  void prepareRows() override {
    auto add = [&](const TensorSpec &tensor, int &depthStride) {
      // Without its columns, which are the product's depth; along the batch it may be broadcast.
      List strides = stridesOf(tensor);
      depthStride = static_cast<int>(strides.back());
      TensorSpec rows{tensor.type, outer(tensor.shape), outer(strides)};
      return addOperand(stridesAlong(rows, space.extents), 0);
    };
    a = add(key.inputs[0], params.strideDepth);
    if (joined >= 0)
      other = add(key.inputs[joined], params.joinedDepth);
  }
  std::string rowArrays() const override {
    return joined < 0 ? "int rowAt[A_ROWS];" : "int rowAt[A_ROWS], rowJoined[A_ROWS];";
  }
  void writeRow(MslWriter &w) override {
    w.write("rowAt[j] = " + space.offset(a, "q", "p.space") + ";");
    if (joined >= 0)
      w.write("rowJoined[j] = " + space.offset(other, "q", "p.space") + ";");
  }
  std::string rowStart() const override { return space.offset(a, "q", "p.space"); }
  void writeDepth(MslWriter &w) const override { w.write("const uint c = k;"); }
  std::string elementAt(bool inJoined) const override {
    if (inJoined)
      return "rowJoined[j] + int(c - p.split)" + std::string(params.joinedDepth == 1 ? "" : " * p.joinedDepth");
    return "rowAt[j] + int(c)" + std::string(params.strideDepth == 1 ? "" : " * p.strideDepth");
  }
  bool readsVectors() const override {
    return hasVectors(key.inputs[0]) && (joined < 0 || hasVectors(key.inputs[joined])) && joinedVectors();
  }
  std::string stem() const override { return gated ? "gemm_gated" : "gemm"; }

private:
  size_t a = 0, other = 0;
};
} // namespace

bool metal::emitMatmul(Emission &e) {
  const List &out = e.key.outputs[0].shape;
  bool packed = e.key.getInt("packed", 0) != 0;
  int64_t batches = 1;
  for (size_t d = 0; !packed && d + 2 < out.size(); ++d)
    batches *= out[d];
  return MatmulEmitter(e, e.key.rootChannels(), batches).run();
}
