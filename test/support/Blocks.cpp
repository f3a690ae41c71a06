//===- Blocks.cpp - The blocks of text-to-image models --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/Blocks.h"

#include <cmath>

using namespace mlir;
using namespace snap;
using namespace snap::test;

//===----------------------------------------------------------------------===//
// Attention and feed-forward
//===----------------------------------------------------------------------===//

/// [B, S, H*D] -> [B, H, S, D], or [B*H, S, D] as older exporters write it.
static Value splitHeads(ProgramBuilder &p, Value x, int64_t heads, bool merged) {
  Shape s = shapeOf(x);
  int64_t d = s[2] / heads;
  Value split = p.transpose(p.reshape(x, {s[0], s[1], heads, d}), {0, 2, 1, 3});
  return merged ? p.reshape(split, {s[0] * heads, s[1], d}) : split;
}

static Value mergeHeads(ProgramBuilder &p, Value x, int64_t batch, int64_t heads) {
  Shape s = shapeOf(x);
  int64_t rows = s[s.size() - 2], d = s.back();
  Value split = s.size() == 3 ? p.reshape(x, {batch, heads, rows, d}) : x;
  return p.reshape(p.transpose(split, {0, 2, 1, 3}), {batch, rows, heads * d});
}

/// An additive mask made of positions: no query sees a later key.
static Value causalMask(ProgramBuilder &p, int64_t queries, int64_t keys) {
  auto positions = [&](int64_t axis) -> Value {
    return p.builder.create<IotaOp>(p.next(), p.type({queries, keys}, p.builder.getI64Type()), axis);
  };
  Value late = p.binary(BinaryFn::Greater, positions(1), positions(0));
  return p.builder.create<SelectOp>(p.next(), late, p.scalar(-10000), p.scalar(0));
}

Value test::attention(ProgramBuilder &p, Value x, Value context, int64_t heads, int64_t d, bool causal) {
  Shape s = shapeOf(x);
  int64_t keys = shapeOf(context)[1];
  bool bias = p.random.coin(), merged = !causal && p.random.coin();
  Value q = splitHeads(p, p.linear(x, heads * d, bias), heads, merged);
  Value k = splitHeads(p, p.linear(context, heads * d, bias), heads, merged);
  Value v = splitHeads(p, p.linear(context, heads * d, bias), heads, merged);
  double scale = 1 / std::sqrt(double(d));
  // The scale is on the scores, on q, or its root on both.
  int64_t where = p.random.between(0, 2);
  if (where)
    q = p.mul(q, where == 1 ? scale : std::sqrt(scale));
  Value kt = p.transpose(k, merged ? Shape{0, 2, 1} : Shape{0, 1, 3, 2});
  if (where == 2)
    kt = p.mul(kt, std::sqrt(scale));
  Value scores = p.matmul(q, kt);
  if (!where)
    scores = p.mul(scores, scale);
  if (causal || (!merged && p.random.oneIn(6)))
    scores = p.add(scores, causalMask(p, s[1], keys));
  else if (!merged && p.random.oneIn(5))
    scores = p.add(scores, p.argument({1, 1, s[1], keys}));
  Value weights = p.builder.create<SoftmaxOp>(p.next(), scores, shapeOf(scores).size() - 1);
  return mergeHeads(p, p.matmul(weights, v), s[0], heads);
}

Value test::feedForward(ProgramBuilder &p, Value x) {
  int64_t width = shapeOf(x).back(), inner = width * p.random.between(1, 3);
  if (p.random.coin())
    return p.linear(p.gelu(p.linear(x, inner)), width);
  // geglu: one product, split in a value and a gate.
  Value both = p.linear(x, 2 * inner);
  Shape starts(3, 0), sizes = shapeOf(both);
  sizes[2] = inner;
  Value value = p.slice(both, starts, sizes);
  starts[2] = inner;
  return p.linear(p.mul(value, p.gelu(p.slice(both, starts, sizes))), width);
}

Value test::transformerLayer(ProgramBuilder &p, Value x, Value context, int64_t heads, bool causal) {
  int64_t width = shapeOf(x)[2], d = width % heads ? 4 : width / heads;
  Value normal = p.layerNorm(x);
  x = p.add(p.linear(attention(p, normal, normal, heads, d, causal), width), x);
  if (context)
    x = p.add(p.linear(attention(p, p.layerNorm(x), context, heads, d), width), x);
  return p.add(feedForward(p, p.layerNorm(x)), x);
}

Value test::spatialTransformer(ProgramBuilder &p, Value x, Value context, int64_t heads) {
  Shape s = shapeOf(x);
  int64_t pixels = s[2] * s[3];
  bool byConv = p.random.coin(); // the projections are 1x1 convolutions of the image or products of the tokens
  Value h = p.groupNorm(x, s[1] % 4 ? 1 : 2);
  if (byConv)
    h = p.conv(h, s[1], 1);
  // Through nhwc, or straight from [batch, channels, pixels].
  Value tokens = p.random.coin() ? p.reshape(p.transpose(h, {0, 2, 3, 1}), {s[0], pixels, s[1]})
                                 : p.transpose(p.reshape(h, {s[0], s[1], pixels}), {0, 2, 1});
  if (!byConv)
    tokens = p.linear(tokens, s[1]);
  tokens = transformerLayer(p, tokens, context, heads);
  if (!byConv)
    tokens = p.linear(tokens, s[1]);
  h = p.transpose(p.reshape(tokens, {s[0], s[2], s[3], s[1]}), {0, 3, 1, 2});
  return p.add(byConv ? p.conv(h, s[1], 1) : h, x);
}

//===----------------------------------------------------------------------===//
// ResNet block, upsampling
//===----------------------------------------------------------------------===//

Value test::resnetBlock(ProgramBuilder &p, Value x, int64_t outputs, Value time) {
  Shape s = shapeOf(x);
  Value h = p.conv(p.silu(p.groupNorm(x, s[1] % 4 ? 1 : 4)), outputs, 3);
  if (time) {
    Value row = p.linear(p.silu(time), outputs);
    h = p.add(h, p.reshape(row, {s[0], outputs, 1, 1}));
  }
  h = p.conv(p.silu(p.groupNorm(h, outputs % 4 ? 1 : 2)), outputs, 3);
  Value shortcut = outputs == s[1] ? x : p.conv(x, outputs, 1);
  return p.random.coin() ? p.add(shortcut, h) : p.add(h, shortcut);
}

Value test::upsample(ProgramBuilder &p, Value x) {
  Shape s = shapeOf(x);
  Location loc = p.next();
  switch (p.random.between(0, 2)) {
  case 0:
    return p.builder.create<UpsampleOp>(loc, x, 2);
  case 1:
    return p.builder.create<ResizeOp>(loc, p.type({s[0], s[1], 2 * s[2], 2 * s[3]}), ResizeMode::Nearest, x,
                                      SmallVector<double>{1, 1, 2, 2}, Coordinates::Asymmetric, Rounding::Floor,
                                      APFloat(-0.75));
  default: {
    Value split = p.reshape(x, {s[0], s[1], s[2], 1, s[3], 1});
    Value repeated = p.builder.create<BroadcastOp>(loc, p.type({s[0], s[1], s[2], 2, s[3], 2}), split);
    return p.reshape(repeated, {s[0], s[1], 2 * s[2], 2 * s[3]});
  }
  }
}

Value test::picture(ProgramBuilder &p, Value x) {
  // Decoders halve values of [-1, 1]. A convolution of random weights gives values of deviation 1 about a bias of up to
  // 1.7: halved, some pictures were black but for a few values near 0, which cancellation against the 0.5 left without
  // digits in f16. Of a quarter, every bias is a grey between 0.07 and 0.93, and the tails are still clamped.
  x = p.add(p.mul(x, 0.25), p.scalar(0.5));
  return p.binary(BinaryFn::Min, p.binary(BinaryFn::Max, x, p.scalar(0)), p.scalar(1));
}

Value test::timeEmbedding(ProgramBuilder &p, Value timestep, int64_t batch, int64_t width) {
  int64_t half = width / 2;
  SmallVector<float> rates;
  for (int64_t i = 0; i < half; ++i)
    rates.push_back(std::exp(-9.0 * i / half));
  Value frequencies =
      p.builder.create<ConstantOp>(p.next(), DenseElementsAttr::get(p.type({1, half}), ArrayRef<float>(rates)));
  Value steps = p.builder.create<BroadcastOp>(p.next(), p.type({batch}), timestep);
  Value angles = p.mul(p.reshape(steps, {batch, 1}), frequencies);
  Value waves = p.concat({p.unary(UnaryFn::Cos, angles), p.unary(UnaryFn::Sin, angles)}, 1);
  return p.linear(p.silu(p.linear(waves, width)), width);
}
