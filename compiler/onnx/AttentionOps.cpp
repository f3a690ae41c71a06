//===- AttentionOps.cpp - Attention and rotary embedding ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include <cmath>

using namespace mlir;

namespace snap {

/// [B,H,S,D] as [B,S,H*D]; three dimensions are so already.
static Value joinHeads(Node &n, Value x) {
  if (Node::rank(x) != 4)
    return x;
  Dims s(Node::shape(x));
  return n.reshape(n.transpose(x, {0, 2, 1, 3}), {s[0], s[2], s[1] * s[3]});
}

/// Every key and value head serves `times` query heads.
static Value repeatHeads(Node &n, Value x, int64_t heads, int64_t times) {
  if (!x || times == 1)
    return x;
  Dims s(Node::shape(x));
  int64_t depth = s[2] / heads;
  Value apart = n.reshape(x, {s[0], s[1], heads, 1, depth});
  return n.reshape(n.broadcast(apart, {s[0], s[1], heads, times, depth}), {s[0], s[1], heads * times * depth});
}

/// An additive mask: what is false becomes minus infinity.
static Value additive(Node &n, Value mask, Type type) {
  if (!Node::isBool(mask))
    return n.convert(mask, type);
  return n.select(mask, n.scalar(0, type), n.scalar(-std::numeric_limits<double>::infinity(), type));
}

static Value attention(Node &n) {
  double scale = n.floatAttr("scale", 0);
  int64_t qHeads = n.intAttr("q_num_heads", 0), kvHeads = n.intAttr("kv_num_heads", 0);
  bool causal = n.intAttr("is_causal", 0) != 0;
  n.ignoreAttr("softmax_precision"); // f32 whatever it says
  n.ignoreAttr("qk_matmul_output_mode");
  if (n.floatAttr("softcap", 0) != 0)
    return n.fail("softcap is not supported");
  if (n.has(4) || n.has(5) || n.has(6) || n.wants(1) || n.wants(2) || n.wants(3))
    return n.fail("past and present keys and values, and the product of queries and keys, are not supported");
  Value q = n.in(0), k = n.in(1), v = n.in(2);
  int64_t rank = Node::rank(q);
  if ((rank != 3 && rank != 4) || Node::rank(k) != rank || Node::rank(v) != rank || !Node::isFloat(q))
    return n.fail("its query is " + printDims(Node::shape(q)) + "; expected 3 or 4 dimensions, as key and value");
  if (rank == 4) {
    qHeads = Node::shape(q)[1];
    kvHeads = Node::shape(k)[1];
  }
  q = joinHeads(n, q);
  k = joinHeads(n, k);
  v = joinHeads(n, v);
  if (qHeads <= 0 || kvHeads <= 0 || qHeads % kvHeads != 0 || Node::shape(q)[2] % qHeads != 0 ||
      Node::shape(k)[2] % kvHeads != 0 || Node::shape(v)[2] % kvHeads != 0)
    return n.fail("its " + Twine(qHeads) + " query heads and " + Twine(kvHeads) + " key heads do not fit " +
                  printDims(Node::shape(q)) + " and " + printDims(Node::shape(k)));
  int64_t headSize = Node::shape(q)[2] / qHeads;
  if (scale == 0)
    scale = 1 / std::sqrt(double(headSize));
  k = repeatHeads(n, k, kvHeads, qHeads / kvHeads);
  v = repeatHeads(n, v, kvHeads, qHeads / kvHeads);
  if (n.hasFailed())
    return Value();

  Type type = Node::element(q);
  int64_t queries = Node::shape(q)[1], keys = Node::shape(k)[1];
  Value mask = n.has(3) ? additive(n, n.in(3), type) : Value();
  if (causal && queries != keys) {
    // ONNX aligns the triangle at the top left, snap at the bottom right.
    Type i64 = n.builder().getI64Type();
    Value seen = n.binary(BinaryFn::LessEqual, n.iota({1, keys}, 1, i64), n.iota({queries, 1}, 0, i64));
    Value triangle = additive(n, seen, type);
    mask = mask ? n.add(mask, triangle) : triangle;
    causal = false;
  }
  if (n.hasFailed())
    return Value();
  Value y = n.infer<AttentionOp>(q, k, v, mask, qHeads, llvm::APFloat(scale), causal);
  if (rank == 3 || !y)
    return y;
  Dims s(Node::shape(y));
  return n.transpose(n.reshape(y, {s[0], s[1], qHeads, s[2] / qHeads}), {0, 2, 1, 3});
}

/// Pairs of the first `dim` columns of every head turned by their position's angle.
static Value rotaryEmbedding(Node &n) {
  bool interleaved = n.intAttr("interleaved", 0) != 0;
  int64_t heads = n.intAttr("num_heads", 0), partial = n.intAttr("rotary_embedding_dim", 0);
  Value x = n.in(0), cosines = n.in(1), sines = n.in(2);
  Dims given(Node::shape(x));
  if (given.size() == 3 && heads > 0 && given[2] % heads == 0)
    x = n.reshape(x, {given[0], given[1], heads, given[2] / heads});
  else if (given.size() == 4)
    x = n.transpose(x, {0, 2, 1, 3});
  else
    return n.fail("its input is " + printDims(given) + " for " + Twine(heads) +
                  " heads; expected 3 dimensions and num_heads, or 4");
  Dims s(Node::shape(x)); // B, S, H, D
  int64_t dim = partial > 0 ? partial : s[3], half = dim / 2;
  if (dim > s[3] || dim % 2 != 0)
    return n.fail("it turns " + Twine(dim) + " of " + Twine(s[3]) + " columns; expected an even number of them");
  if (n.has(3)) { // positions [B,S] pick rows
    cosines = n.infer<GatherOp>(cosines, n.in(3), 0);
    sines = n.infer<GatherOp>(sines, n.in(3), 0);
  }
  cosines = n.reshape(n.broadcast(cosines, {s[0], s[1], half}), {s[0], s[1], 1, half});
  sines = n.reshape(n.broadcast(sines, {s[0], s[1], half}), {s[0], s[1], 1, half});
  Value turned = n.slice(x, 3, 0, dim);
  auto part = [&](int64_t which) {
    if (!interleaved)
      return n.slice(turned, 3, which * half, half);
    Value pairs = n.reshape(turned, {s[0], s[1], s[2], half, 2});
    return n.reshape(n.slice(pairs, 4, which, 1), {s[0], s[1], s[2], half});
  };
  Value a = part(0), b = part(1);
  Value first = n.sub(n.mul(a, cosines), n.mul(b, sines)), second = n.add(n.mul(a, sines), n.mul(b, cosines));
  Value joined;
  if (interleaved) {
    Dims apart{s[0], s[1], s[2], half, 1};
    joined = n.reshape(n.concat({n.reshape(first, apart), n.reshape(second, apart)}, 4), {s[0], s[1], s[2], dim});
  } else {
    joined = n.concat({first, second}, 3);
  }
  if (dim < s[3])
    joined = n.concat({joined, n.slice(x, 3, dim, s[3] - dim)}, 3);
  return given.size() == 3 ? n.reshape(joined, given) : n.transpose(joined, {0, 2, 1, 3});
}

ArrayRef<OpRow> attentionOps() {
  static const OpRow rows[] = {
      {"Attention", 23, latest, 3, 7, attention},
      {"RotaryEmbedding", 23, latest, 3, 4, rotaryEmbedding},
  };
  return rows;
}

} // namespace snap
