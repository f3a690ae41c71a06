//===- Patterns.cpp - Building blocks of text-to-image models -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/ProgramBuilder.h"
#include "test/support/RandomProgram.h"
#include "test/support/Soup.h"

#include "dialects/plan/Plan.h"

#include <cmath>

using namespace mlir;
using namespace snap;
using namespace snap::test;

//===----------------------------------------------------------------------===//
// Transformer block
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

/// An additive mask: an argument, or the causal one made of positions.
static Value scoreMask(ProgramBuilder &p, int64_t queries, int64_t keys) {
  if (p.random.coin())
    return p.argument({1, 1, queries, keys});
  auto positions = [&](int64_t axis) -> Value {
    return p.builder.create<IotaOp>(p.next(), p.type({queries, keys}, p.builder.getI64Type()), axis);
  };
  Value late = p.binary(BinaryFn::Greater, positions(1), positions(0));
  return p.builder.create<SelectOp>(p.next(), late, p.scalar(-10000), p.scalar(0));
}

static Value attention(ProgramBuilder &p, Value x, Value context, int64_t heads, int64_t d) {
  Shape s = shapeOf(x);
  int64_t keys = shapeOf(context)[1];
  bool bias = p.random.coin(), merged = p.random.coin();
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
  if (!merged && p.random.oneIn(3))
    scores = p.add(scores, scoreMask(p, s[1], keys));
  Value weights = p.builder.create<SoftmaxOp>(p.next(), scores, shapeOf(scores).size() - 1);
  return mergeHeads(p, p.matmul(weights, v), s[0], heads);
}

static Value feedForward(ProgramBuilder &p, Value x) {
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

static OwningOpRef<ModuleOp> transformerBlock(ProgramBuilder &p) {
  int64_t heads = p.random.between(1, 3), d = p.random.between(1, 3) * 4, width = heads * d;
  int64_t batch = p.random.between(1, 2), rows = p.random.between(3, 9);
  Value x = p.argument({batch, rows, width});
  Value context = p.random.coin() ? p.argument({batch, p.random.between(3, 7), 2 * p.random.between(2, 5)}) : Value();
  Value normal = p.layerNorm(x);
  Value attended = attention(p, normal, context ? context : normal, heads, d);
  x = p.add(p.linear(attended, width), x);
  return p.finish({p.add(feedForward(p, p.layerNorm(x)), x)});
}

//===----------------------------------------------------------------------===//
// ResNet block, upsampling, skip
//===----------------------------------------------------------------------===//

static Value resnetBlock(ProgramBuilder &p, Value x, int64_t outputs, Value time) {
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

static Value image(ProgramBuilder &p, int64_t batch, int64_t channels) {
  return p.argument({batch, channels, p.random.between(3, 7), p.random.between(3, 7)});
}

static OwningOpRef<ModuleOp> resnet(ProgramBuilder &p) {
  int64_t batch = p.random.between(1, 2), channels = 4 * p.random.between(1, 3);
  Value x = image(p, batch, channels);
  Value time = p.random.oneIn(3) ? Value() : p.argument({batch, 6});
  int64_t outputs = p.random.coin() ? channels : 4 * p.random.between(1, 3);
  Value y = resnetBlock(p, x, outputs, time);
  if (p.random.coin())
    y = p.conv(y, outputs, 3, 2); // downsampling
  return p.finish({y});
}

static Value upsample(ProgramBuilder &p, Value x) {
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

static OwningOpRef<ModuleOp> upsampleConv(ProgramBuilder &p) {
  int64_t channels = p.random.between(1, 9);
  Value y = p.conv(upsample(p, image(p, p.random.between(1, 2), channels)), p.random.between(1, 9), 3);
  if (p.random.coin())
    y = p.conv(p.silu(y), p.random.between(1, 4), 3);
  // A decoder's last step: clamp to [0, 1].
  if (p.random.coin())
    y = p.binary(BinaryFn::Min, p.binary(BinaryFn::Max, p.add(p.mul(y, 0.5), p.scalar(0.5)), p.scalar(0)), p.scalar(1));
  return p.finish({y});
}

static OwningOpRef<ModuleOp> concatSkip(ProgramBuilder &p) {
  int64_t batch = p.random.between(1, 2), channels = 4 * p.random.between(1, 2);
  Value x = image(p, batch, channels);
  Value skip = p.silu(p.conv(x, 4 * p.random.between(1, 2), 3));
  Value deep = p.conv(p.silu(p.groupNorm(skip, 2)), 4 * p.random.between(1, 2), 3);
  Value joined = p.concat({deep, skip}, 1);
  return p.finish({resnetBlock(p, joined, channels, Value()), skip});
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

void test::loadDialects(MLIRContext &context) {
  context.loadDialect<func::FuncDialect, SnapDialect, plan::PlanDialect>();
}

OwningOpRef<ModuleOp> test::randomProgram(MLIRContext &context, ProgramKind kind, uint64_t seed) {
  ProgramBuilder p(context, seed);
  switch (kind) {
  case ProgramKind::Soup:
    return soup(p);
  case ProgramKind::TransformerBlock:
    return transformerBlock(p);
  case ProgramKind::ResnetBlock:
    return resnet(p);
  case ProgramKind::UpsampleConv:
    return upsampleConv(p);
  case ProgramKind::ConcatSkip:
    return concatSkip(p);
  }
  llvm_unreachable("every kind has a case");
}

OwningOpRef<ModuleOp> test::randomProgram(MLIRContext &context, uint64_t seed) {
  // Half of the programs are soups.
  return randomProgram(context, seed % 2 ? ProgramKind::Soup : ProgramKind(1 + seed / 2 % (kProgramKinds - 1)), seed);
}
