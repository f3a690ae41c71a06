//===- Patterns.cpp - One block of a text-to-image model at a time --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/Programs.h"

#include "test/support/Blocks.h"

using namespace mlir;
using namespace snap;
using namespace snap::test;

OwningOpRef<ModuleOp> test::transformerBlock(ProgramBuilder &p) {
  // Slices of heads that are a cache line wide are read in place, others are not.
  int64_t heads = p.random.between(1, 3), d = p.random.coin() ? 32 : p.random.between(1, 3) * 4, width = heads * d;
  int64_t batch = p.random.between(1, 2), rows = p.random.between(3, 9);
  Value x = p.argument({batch, rows, width});
  Value context = p.random.coin() ? p.argument({batch, p.random.between(3, 7), 2 * p.random.between(2, 5)}) : Value();
  Value normal = p.layerNorm(x);
  Value attended = attention(p, normal, context ? context : normal, heads, d);
  x = p.add(p.linear(attended, width), x);
  return p.finish({p.add(feedForward(p, p.layerNorm(x)), x)});
}

static Value image(ProgramBuilder &p, int64_t batch, int64_t channels) {
  return p.argument({batch, channels, p.random.between(3, 7), p.random.between(3, 7)});
}

OwningOpRef<ModuleOp> test::resnet(ProgramBuilder &p) {
  int64_t batch = p.random.between(1, 2), channels = 4 * p.random.between(1, 3);
  Value x = image(p, batch, channels);
  Value time = p.random.oneIn(3) ? Value() : p.argument({batch, 6});
  int64_t outputs = p.random.coin() ? channels : 4 * p.random.between(1, 3);
  Value y = resnetBlock(p, x, outputs, time);
  if (p.random.coin())
    y = p.conv(y, outputs, 3, 2); // downsampling
  return p.finish({y});
}

OwningOpRef<ModuleOp> test::upsampleConv(ProgramBuilder &p) {
  int64_t channels = p.random.between(1, 9);
  Value y = p.conv(upsample(p, image(p, p.random.between(1, 2), channels)), p.random.between(1, 9), 3);
  if (p.random.coin())
    y = p.conv(p.silu(y), p.random.between(1, 4), 3);
  if (p.random.coin())
    y = picture(p, y);
  return p.finish({y});
}

OwningOpRef<ModuleOp> test::concatSkip(ProgramBuilder &p) {
  int64_t batch = p.random.between(1, 2), channels = 4 * p.random.between(1, 2);
  Value x = image(p, batch, channels);
  Value skip = p.silu(p.conv(x, 4 * p.random.between(1, 2), 3));
  Value deep = p.conv(p.silu(p.groupNorm(skip, 2)), 4 * p.random.between(1, 2), 3);
  Value joined = p.concat({deep, skip}, 1);
  return p.finish({resnetBlock(p, joined, channels, Value()), skip});
}
