//===- EmitAttention.cpp - Flash attention --------------------------------===//
//
// A threadgroup holds a block of queries and goes through the keys in blocks of
// 32: scores, running maximum and sum of each row (Dao et al., "FlashAttention",
// algorithm 1), weights times values into sums in registers. When a row's
// maximum grows, its sums shrink: they are multiplied from the left by a diagonal
// matrix, so that nothing depends on which lane holds which element.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/AttentionTiles.h"
#include "targets/metal/EmitGemm.h"

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

namespace {
class AttentionEmitter {
public:
  AttentionEmitter(Emission &e, const AttentionShape &shape);
  bool run();

private:
  void writeHead();
  void writeLoad(const char *tile, const char *rowStride, int64_t rows, int64_t slice, const char *base,
                 const char *first, const char *count, const char *column, int64_t width);
  void writeLoadQueries();
  void writeScores();
  void writeSoftmax();
  void writeWeighted();
  void writeDiagonal(const std::string &element);
  void writeResult();

  Emission &e;
  const KernelKey &key;
  AttentionShape shape;
  int64_t depth, valueDepth, heads, mask;
  bool wholeDepth; // the queries stay where they are
  std::string type;
  AttentionParams params = {};
  IndexSpace space;
  EpilogueInputs inputs;
  MslWriter w;
  MslWriter::Words words;
};
} // namespace

AttentionEmitter::AttentionEmitter(Emission &e, const AttentionShape &shape)
    : e(e), key(e.key), shape(shape), heads(e.key.getInt("heads", 1)), mask(e.key.getInt("mask", -1)),
      space(e.key.outputs[0].shape), inputs((space.add(e.key.outputs[0]), EpilogueInputs(e.key, space))) {
  depth = key.inputs[0].shape[2] / heads;
  valueDepth = key.inputs[2].shape[2] / heads;
  wholeDepth = shape.depthSlice >= depth;
  type = storageType(key.inputs[0].type);
  auto number = [&](const char *name, int64_t value) { words[name] = std::to_string(value); };
  number("QUERIES", shape.queries()), number("KEYS", AttentionShape::keys), number("THREADS", AttentionShape::threads);
  number("ROWS", shape.rows), number("DEPTH", depth), number("VALUES", valueDepth), number("CHUNK", shape.chunk);
  number("DSLICE", shape.depthSlice), number("VSLICE", shape.valueSlice);
  number("OPERAND", std::max(shape.depthSlice, shape.valueSlice) + attentionPadding);
  number("PAD", attentionPadding);
  number("MR", shape.rows / 8), number("MK", AttentionShape::keys / 8), number("MV", shape.chunk / 8);
  number("MD", shape.heldDepth), number("BYTES", attentionThreadgroupBytes(shape, byteSize(key.inputs[0].type)));
  words["SCORES"] = shape.heldDepth ? "qs" : "qs + QUERIES * Q_ROW"; // held queries leave their place
  words["T"] = type;
}

/// Positions, arrays, sums, and where this head's tensors begin.
void AttentionEmitter::writeHead() {
  w.write(R"(
    constexpr uint QUERIES = $QUERIES, KEYS = $KEYS, THREADS = $THREADS;
    constexpr uint DEPTH = $DEPTH, VALUES = $VALUES, CHUNK = $CHUNK, DSLICE = $DSLICE, VSLICE = $VSLICE;
    constexpr uint Q_ROW = DSLICE + $PAD, K_ROW = $OPERAND, W_ROW = KEYS + $PAD;
    threadgroup float4 memory[$BYTES / 16];
    threadgroup $T *ks = (threadgroup $T *)memory;
    threadgroup float *diagonals = (threadgroup float *)(ks + KEYS * K_ROW);
    threadgroup $T *qs = (threadgroup $T *)(diagonals + 4 * 64);
    threadgroup float *scores = (threadgroup float *)($SCORES);
    threadgroup $T *weights = (threadgroup $T *)(scores + QUERIES * KEYS);
    const uint query0 = group.x * QUERIES;
    const uint row0 = simd_index * $ROWS;
    const uint head = group.y;
    const uint image = group.z / p.chunks;
    const uint chunk0 = group.z % p.chunks * CHUNK;
    device const $T *q0 = q + int(image) * p.queryBatch + int(head * DEPTH);
    device const $T *k0 = k + int(image) * p.keyBatch + int(head * DEPTH);
    device const $T *v0 = v + int(image) * p.valueBatch + int(head * VALUES);
    threadgroup float *diagonal = diagonals + simd_index * 64;
    for (uint i = lane; i < 64; i += 32)
      diagonal[i] = 0.0f;
    simdgroup_float8x8 sums[$MR][$MV];
    SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
      SNAP_UNROLL for (uint j = 0; j < $MV; ++j)
        sums[i][j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
    // Of row r of the simdgroup in lane r. A finite least value: infinities may not survive fast math.
    const float least = -3.0e38f;
    float most = least;
    float total = 0.0f;)",
          words);
}

/// `rows` rows of `slice` columns from `column` on; rows beyond `count` are the last one's, columns beyond `width` zeros.
void AttentionEmitter::writeLoad(const char *tile, const char *rowStride, int64_t rows, int64_t slice, const char *base,
                                 const char *first, const char *count, const char *column, int64_t width) {
  size_t input = base[0] == 'q' ? 0 : base[0] == 'k' ? 1 : 2;
  bool vectors = hasVectors(key.inputs[input]) && width % 4 == 0;
  MslWriter::Words own = {{"tile", tile},
                          {"stride", rowStride},
                          {"rows", std::to_string(rows)},
                          {"vectors", std::to_string(slice / 4)},
                          {"base", base},
                          {"name", std::string(input == 0   ? "query"
                                               : input == 1 ? "key"
                                                            : "value")},
                          {"first", first},
                          {"count", count},
                          {"column", column},
                          {"width", std::to_string(width)},
                          {"row", input == 0 ? "Q_ROW" : "K_ROW"},
                          {"T", type}};
  w.write(R"(
    for (uint i = thread_index; i < $rows * $vectors; i += THREADS) {
      const uint r = i / $vectors;
      const uint c = i % $vectors * 4;
      device const $T *from = $base + int(min($first + r, $count - 1)) * p.$stride;
      const uint column = $column + c;)",
          own);
  if (input == 0 && !key.prologue.empty()) {
    w.write(
        "for (uint u = 0; u < 4; ++u) {\nconst float element = column + u < $width ? float(from[column + u]) : 0.0f;",
        own);
    ExprLeaves leaves;
    leaves.acc = {"element", ElementType::F32};
    own["value"] = writeExpr(w, key.prologue, leaves, "r").text;
    w.write("$tile[r * $row + c + u] = column + u < $width ? $T($value) : $T(0);\n}\n}", own);
  } else if (vectors)
    w.write("*(threadgroup $T4 *)($tile + r * $row + c) = column < $width ? *(device const $T4 *)(from + column) : "
            "$T4(0);\n}",
            {{"T4", type + "4"}, {"tile", tile}, {"row", own["row"]}, {"width", own["width"]}});
  else
    w.write("for (uint u = 0; u < 4; ++u)\n"
            "  $tile[r * $row + c + u] = column + u < $width ? from[column + u] : $T(0);\n}",
            own);
}

void AttentionEmitter::writeLoadQueries() {
  writeLoad("qs", "queryRow", shape.queries(), shape.depthSlice, "q0", "query0", "p.queries", wholeDepth ? "0" : "d0",
            depth);
}

/// The block's scores, queries by keys, to threadgroup memory.
void AttentionEmitter::writeScores() {
  w.write(R"(
    simdgroup_float8x8 products[$MR][$MK];
    SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
      SNAP_UNROLL for (uint j = 0; j < $MK; ++j)
        products[i][j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);)",
          words);
  w.write("for (uint d0 = 0; d0 < DEPTH; d0 += DSLICE) {");
  if (!wholeDepth)
    writeLoadQueries();
  writeLoad("ks", "keyRow", AttentionShape::keys, shape.depthSlice, "k0", "key0", "p.keys", "d0", depth);
  if (shape.heldDepth)
    w.write(R"(
      threadgroup_barrier(mem_flags::mem_threadgroup);
      SNAP_UNROLL for (uint d = 0; d < $MD; ++d)
        SNAP_UNROLL for (uint j = 0; j < $MK; ++j) {
          simdgroup_matrix<$T, 8, 8> km;
          simdgroup_load(km, ks + j * 8 * K_ROW + d * 8, K_ROW, 0, true);
          SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
            simdgroup_multiply_accumulate(products[i][j], held[i][d], km, products[i][j]);
        })",
            words);
  else
    w.write(R"(
      threadgroup_barrier(mem_flags::mem_threadgroup);
      for (uint d = 0; d < DSLICE && d0 + d < DEPTH; d += 8) {
        simdgroup_matrix<$T, 8, 8> qm[$MR], km;
        SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
          simdgroup_load(qm[i], qs + (row0 + i * 8) * Q_ROW + d, Q_ROW);
        SNAP_UNROLL for (uint j = 0; j < $MK; ++j) {
          simdgroup_load(km, ks + j * 8 * K_ROW + d, K_ROW, 0, true);
          SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
            simdgroup_multiply_accumulate(products[i][j], qm[i], km, products[i][j]);
        }
      })",
            words);
  w.write(R"(
      threadgroup_barrier(mem_flags::mem_threadgroup);
    }
    SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
      SNAP_UNROLL for (uint j = 0; j < $MK; ++j)
        simdgroup_store(products[i][j], scores + (row0 + i * 8) * KEYS + j * 8, KEYS);
    simdgroup_barrier(mem_flags::mem_threadgroup);)",
          words);
}

/// Multiplies the sums of matrix row i by the diagonal of `element`, which lane r has of row r.
void AttentionEmitter::writeDiagonal(const std::string &element) {
  w.write("if (lane / 8 == i)\n  diagonal[lane % 8 * 9] = " + element + ";");
  w.write(R"(
    simdgroup_barrier(mem_flags::mem_threadgroup);
    simdgroup_float8x8 factor;
    simdgroup_load(factor, diagonal, 8);
    SNAP_UNROLL for (uint j = 0; j < $MV; ++j)
      simdgroup_multiply(sums[i][j], factor, sums[i][j]);
    simdgroup_barrier(mem_flags::mem_threadgroup);)",
          words);
}

/// Scores to weights, a row at a time, a lane a key.
void AttentionEmitter::writeSoftmax() {
  w.write(R"(
    const uint key = key0 + lane;
    float shrink = 1.0f;
    bool grew = false;
    for (uint r = 0; r < $ROWS; ++r) {
      const uint query = query0 + row0 + r;
      float score = scores[(row0 + r) * KEYS + lane] * p.scale;)",
          words);
  if (mask >= 0)
    w.write("score += " +
            loaded("mask[int(image) * p.maskBatch + int(head) * p.maskHead + int(min(query, p.queries - 1)) * "
                   "p.maskQuery + int(min(key, p.keys - 1)) * p.maskKey]",
                   key.inputs[mask].type)
                .text +
            ";");
  std::string seen = "key < p.keys";
  if (key.getInt("causal", 0))
    seen += " && int(key) <= int(query) + p.causalShift";
  w.write("const bool seen = " + seen + " && score > least;");
  w.write(R"(
      const float before = simd_broadcast(most, ushort(r));
      const float now = max(before, simd_max(seen ? score : least));
      const $T weight = $T(seen ? exp(score - now) : 0.0f);
      weights[(row0 + r) * W_ROW + lane] = weight;
      const float sum = simd_sum(float(weight));
      const float by = exp(before - now);
      grew = grew || now > before;
      if (lane == r) {
        most = now;
        total = total * by + sum;
        shrink = by;
      }
    }
    if (grew) {
      SNAP_UNROLL for (uint i = 0; i < $MR; ++i) {)",
          words);
  writeDiagonal("shrink");
  w.write("}\n}");
}

/// Weights times values, added to the sums.
void AttentionEmitter::writeWeighted() {
  w.write("SNAP_UNROLL for (uint e0 = 0; e0 < CHUNK; e0 += VSLICE) {");
  writeLoad("ks", "valueRow", AttentionShape::keys, shape.valueSlice, "v0", "key0", "p.keys", "chunk0 + e0",
            valueDepth);
  w.write(R"(
      threadgroup_barrier(mem_flags::mem_threadgroup);
      for (uint n = 0; n < KEYS; n += 8) {
        simdgroup_matrix<$T, 8, 8> wm[$MR], vm;
        SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
          simdgroup_load(wm[i], weights + (row0 + i * 8) * W_ROW + n, W_ROW);
        SNAP_UNROLL for (uint c = 0; c < VSLICE && e0 + c < CHUNK; c += 8) {
          simdgroup_load(vm, ks + n * K_ROW + c, K_ROW);
          SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
            simdgroup_multiply_accumulate(sums[i][(e0 + c) / 8], wm[i], vm, sums[i][(e0 + c) / 8]);
        }
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
    })",
          words);
}

/// Sums by each row's total, 32 columns at a time through the simdgroup's part of the scores.
void AttentionEmitter::writeResult() {
  w.write("const float inverse = total > 0.0f ? 1.0f / total : 0.0f;\nSNAP_UNROLL for (uint i = 0; i < $MR; ++i) {",
          words);
  writeDiagonal("inverse");
  w.write(R"(
    }
    SNAP_UNROLL for (uint e0 = 0; e0 < CHUNK; e0 += 32) {
      SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
        SNAP_UNROLL for (uint c = 0; c < 32 && e0 + c < CHUNK; c += 8)
          simdgroup_store(sums[i][(e0 + c) / 8], scores + (row0 + i * 8) * KEYS + c, KEYS);
      simdgroup_barrier(mem_flags::mem_threadgroup);
      const uint column = chunk0 + e0 + lane;
      for (uint r = 0; r < $ROWS; ++r) {
        const uint c1 = query0 + row0 + r;
        if (c1 >= p.queries || column >= VALUES || e0 + lane >= CHUNK)
          continue;
        const uint c0 = image;
        const uint c2 = head * VALUES + column;
        const float acc = scores[(row0 + r) * KEYS + lane];)",
          words);
  ExprLeaves leaves = inputs.leaves(space, "c", "p.space");
  leaves.acc = {"acc", ElementType::F32};
  Value value = writeExpr(w, key.epilogue, leaves, "v");
  w.write("out[" + space.offset(0, "c", "p.space") + "] = " + stored(value, key.outputs[0].type) +
          ";\n}\nsimdgroup_barrier(mem_flags::mem_threadgroup);\n}");
}

bool AttentionEmitter::run() {
  auto strides = [&](size_t input, int &image, int &row) {
    List s = stridesOf(key.inputs[input]);
    image = static_cast<int>(s[0]), row = static_cast<int>(s[1]);
    return s[2] == 1;
  };
  if (!strides(0, params.queryBatch, params.queryRow) || !strides(1, params.keyBatch, params.keyRow) ||
      !strides(2, params.valueBatch, params.valueRow))
    return e.fail("rows whose elements are not neighbours");
  const List &q = key.inputs[0].shape, &k = key.inputs[1].shape;
  if (mask >= 0) {
    List s = stridesAlong(key.inputs[mask], {q[0], heads, q[1], k[1]});
    params.maskBatch = static_cast<int>(s[0]), params.maskHead = static_cast<int>(s[1]);
    params.maskQuery = static_cast<int>(s[2]), params.maskKey = static_cast<int>(s[3]);
  }
  int64_t chunks = ceilDiv(valueDepth, shape.chunk);
  params.queries = static_cast<uint>(q[1]);
  params.keys = static_cast<uint>(k[1]);
  params.chunks = static_cast<uint>(chunks);
  params.causalShift = static_cast<int>(k[1] - q[1]);
  params.scale = static_cast<float>(key.getFloat("scale", 1));
  params.space = space.params();

  FunctionBuilder f;
  f.output("out", key);
  f.input("q", key, 0);
  f.input("k", key, 1);
  f.input("v", key, 2);
  if (mask >= 0)
    f.input("mask", key, mask);
  inputs.bind(f);
  f.params("AttentionParams", params);

  writeHead();
  if (wholeDepth)
    writeLoadQueries(); // without registers for them, the barrier after the first keys is theirs too
  if (shape.heldDepth)
    w.write(R"(
      threadgroup_barrier(mem_flags::mem_threadgroup);
      simdgroup_matrix<$T, 8, 8> held[$MR][$MD];
      SNAP_UNROLL for (uint i = 0; i < $MR; ++i)
        SNAP_UNROLL for (uint d = 0; d < $MD; ++d)
          simdgroup_load(held[i][d], qs + (row0 + i * 8) * Q_ROW + d * 8, Q_ROW);)",
            words);
  w.write("for (uint key0 = 0; key0 < p.keys; key0 += KEYS) {");
  writeScores();
  writeSoftmax();
  writeWeighted();
  w.write("}");
  writeResult();
  f.finish(e.kernel, "attention_" + typesOf(key) + "_d" + std::to_string(depth) + "_" + shape.str(), w.text(),
           attentionThreadgroupBytes(shape, byteSize(key.inputs[0].type)),
           {static_cast<uint32_t>(ceilDiv(q[1], shape.queries())), static_cast<uint32_t>(heads),
            static_cast<uint32_t>(q[0] * chunks)},
           {static_cast<uint32_t>(AttentionShape::threads), 1, 1});
  return true;
}

bool metal::emitAttention(Emission &e) {
  const KernelKey &key = e.key;
  ElementType type = key.inputs[0].type;
  if (!isFloating(type) || key.inputs[1].type != type || key.inputs[2].type != type)
    return e.fail("queries, keys and values of different types");
  int64_t heads = key.getInt("heads", 1);
  std::optional<AttentionShape> shape =
      attentionShape(key.inputs[0].shape[1], key.inputs[0].shape[2] / heads, key.inputs[2].shape[2] / heads,
                     byteSize(type), e.model.threadgroupBytes);
  if (!shape)
    return e.fail("no tile fits the threadgroup memory");
  return AttentionEmitter(e, *shape).run();
}
