//===- Networks.cpp - Whole text-to-image models, a few elements wide -----===//
//
// The graphs of a pipeline with every kind of connection between blocks that
// the real ones have: residual streams, skips kept for the way up, a time
// embedding and a context that every block reads.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/Programs.h"

#include "test/support/Blocks.h"

using namespace mlir;
using namespace snap;
using namespace snap::test;

OwningOpRef<ModuleOp> test::textEncoder(ProgramBuilder &p) {
  int64_t heads = p.random.between(1, 3), width = heads * (p.random.coin() ? 32 : 4), batch = p.random.between(1, 2);
  int64_t rows = p.random.between(3, 8), words = p.random.between(8, 11);
  Value ids = p.argument({batch, rows}, p.builder.getI64Type());
  Value x = p.builder.create<GatherOp>(p.next(), p.weight({words, width}), ids, 0);
  x = p.add(x, p.weight({1, rows, width}));
  for (int64_t layers = p.random.between(1, 3); layers > 0; --layers)
    x = transformerLayer(p, x, Value(), heads, /*causal=*/true);
  return p.finish({p.layerNorm(x)});
}

//===----------------------------------------------------------------------===//
// UNet
//===----------------------------------------------------------------------===//

namespace {

/// What every block of a UNet reads.
struct Conditions {
  Value time, context;
  int64_t heads;
};

} // namespace

static Value unetBlock(ProgramBuilder &p, Value x, int64_t outputs, const Conditions &conditions) {
  x = resnetBlock(p, x, outputs, conditions.time);
  return p.random.coin() ? spatialTransformer(p, x, conditions.context, conditions.heads) : x;
}

static Value takeSkip(ProgramBuilder &p, Value x, SmallVector<Value> &skips) {
  return p.concat({x, skips.pop_back_val()}, 1);
}

OwningOpRef<ModuleOp> test::unet(ProgramBuilder &p) {
  int64_t batch = p.random.between(1, 2), latents = p.random.between(2, 4);
  int64_t height = 2 * p.random.between(1, 3), width = 2 * p.random.between(2, 3);
  int64_t wide = 4 * p.random.between(1, 2);
  // Time rows that are a cache line wide are projected together, others are not.
  int64_t deep = p.random.oneIn(3) ? 32 : 4 * p.random.between(1, 3);
  Value sample = p.argument({batch, latents, height, width}), timestep = p.argument({1});
  Value context = p.argument({batch, p.random.between(3, 6), 6});
  Conditions conditions{timeEmbedding(p, timestep, batch, 8), context, p.random.coin() ? 2 : 1};

  Value x = p.conv(sample, wide, 3);
  SmallVector<Value> skips{x};
  int64_t blocks = p.random.between(1, 2);
  for (int64_t i = 0; i < blocks; ++i)
    skips.push_back(x = unetBlock(p, x, wide, conditions));
  skips.push_back(x = p.conv(x, wide, 3, 2));
  skips.push_back(x = unetBlock(p, x, deep, conditions));

  x = resnetBlock(p, x, deep, conditions.time);
  x = spatialTransformer(p, x, context, conditions.heads);

  for (int64_t i = 0; i < 2; ++i)
    x = unetBlock(p, takeSkip(p, x, skips), deep, conditions);
  x = p.conv(upsample(p, x), deep, 3);
  for (int64_t i = 0; i <= blocks; ++i)
    x = unetBlock(p, takeSkip(p, x, skips), wide, conditions);
  return p.finish({p.conv(p.silu(p.groupNorm(x, 2)), latents, 3)});
}

//===----------------------------------------------------------------------===//
// Image decoder
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> test::decoder(ProgramBuilder &p) {
  int64_t batch = p.random.between(1, 2), channels = 4 * p.random.between(1, 3);
  Value latents = p.argument({batch, p.random.between(2, 4), p.random.between(2, 4), p.random.between(2, 4)});
  Value x = p.conv(p.mul(latents, 0.5), shapeOf(latents)[1], 1);
  x = resnetBlock(p, p.conv(x, channels, 3), channels, Value());
  if (p.random.coin())
    x = spatialTransformer(p, x, Value(), 1);
  x = resnetBlock(p, x, channels, Value());
  for (int64_t doublings = p.random.between(1, 2); doublings > 0; --doublings) {
    int64_t outputs = p.random.coin() ? channels : 4;
    x = p.conv(upsample(p, resnetBlock(p, x, outputs, Value())), outputs, 3);
    channels = outputs;
  }
  return p.finish({picture(p, p.conv(p.silu(p.groupNorm(x, 2)), 3, 3))});
}
