//===- MetalCases.cpp - Kernels that reach what is Metal's own ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalCases.h"

using namespace snap;

static const KernelRow rows[] = {
    // 64x64 tiles take 48 threadgroups: rows and columns with a rest, a depth with a rest, vectors.
    {"matmul(450x72xf32, 7x72x64xf32, 420xf32) -> 450x420xf32 {columns=[420], packed=[1]} epilogue add(acc, in2)",
     4e-6},
    // The same by single elements: nothing is a multiple of 4.
    {"matmul(450x35xf32, 60x35x7xf32) -> 450x419xf32 {columns=[419], packed=[1]} epilogue gelu(acc)", 4e-6},
    // No rest anywhere.
    {"matmul(512x64xf32, 6x64x64xf32) -> 512x384xf32 {columns=[384], packed=[1]}", 4e-6},
    // 64x32: few rows, so that 64x64 would give too few threadgroups.
    {"matmul(70x40xf32, 50x40x16xf32) -> 70x799xf32 {columns=[799], packed=[1]}", 4e-6},
    {"conv2d.direct(2x6x6x8xf32, 50x3x3x8x16xf32) -> 2x6x6x800xf32 {channels=[800], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[1,1]}",
     4e-6},
    // 64x32 gated.
    {"matmul(330x40xf32, 10x40x64xf32, 310xf32) -> 330x310xf32 {columns=[310], gated=[1], packed=[1]} epilogue "
     "mul(add(acc, in2), gelu(gate))",
     4e-6},
    // 8x32 gated, 8x64 with several rows.
    {"matmul(5x40xf32, 3x40x64xf32) -> 5x90xf32 {columns=[90], gated=[1], packed=[1]} epilogue mul(acc, silu(gate))",
     4e-6},
    {"matmul(8x96xf32, 2x96x64xf32, 8x100xf32) -> 8x100xf32 {columns=[100], packed=[1]} epilogue add(acc, in2)", 4e-6},
    // Activations: batches of 48, broadcast either way.
    {"matmul(3x16x9x20xf32, 1x16x20x24xf32) -> 3x16x9x24xf32 {columns=[24], packed=[0]}", 4e-6},
    {"matmul(1x5x9x20xf32, 2x5x24x20xf32) -> 2x5x9x24xf32 {columns=[24], packed=[0], transpose_b=[1]} epilogue "
     "mul(acc, 0.5:f32)",
     4e-6},
    {"matmul(2x3x12x16xf32, 16x20xf32) -> 2x3x12x20xf32 {columns=[20], packed=[0]}", 4e-6},
    // Convolutions on 64x64 tiles: 3x3 with norm, activation, time row and residual, as a ResNet block has it.
    {"conv2d.direct(2x24x23x16xf32, 3x3x3x16x64xf32, 16xf32, 16xf32, 2x1x1x192xf32) -> 2x24x23x192xf32 "
     "{channels=[192], dilations=[1,1], groups=[1], norm=[4,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} "
     "prologue silu(acc) epilogue add(acc, in4)",
     4e-6, 1.0, 1.0},
    {"conv2d.direct(1x40x40x8xf32, 2x3x3x8x64xf32, 128xf32, 1x40x40x128xf32) -> 1x40x40x128xf32 {channels=[128], "
     "dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(add(acc, in2), in3)",
     4e-6},
    {"conv2d.direct(1x14x15x8xf32, 2x3x3x8x64xf32, 96xf32) -> 1x28x30x96xf32 {channels=[96], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1], upsample=[2]} epilogue add(acc, in2)",
     4e-6},
    // Joined inputs whose border is inside a vector of four, and not.
    {"conv2d.direct(2x9x8x12xf32, 1x1x1x32x64xf32, 2x9x8x20xf32) -> 2x9x8x40xf32 {channels=[40], dilations=[1,1], "
     "groups=[1], joined=[2], pads=[0,0,0,0], strides=[1,1]}",
     4e-6},
    {"conv2d.direct(2x9x8x10xf32, 1x1x1x32x64xf32, 2x9x8x22xf32) -> 2x9x8x40xf32 {channels=[40], dilations=[1,1], "
     "groups=[1], joined=[2], pads=[0,0,0,0], strides=[1,1]}",
     4e-6},
    // Attention: head dimensions of SD and SnapFusion, self and cross with 77 keys; tails of queries and keys; a masked
    // row that sees nothing; width of values that is not a multiple of 8; one query.
    {"attention(1x70x80xf32, 1x70x80xf32, 1x70x80xf32) -> 1x70x80xf32 {causal=[0], heads=[2], scale=[0.158]}", 5e-6},
    {"attention(2x33x64xf32, 2x77x64xf32, 2x77x64xf32) -> 2x33x64xf32 {causal=[0], heads=[1], scale=[0.125]}", 5e-6},
    {"attention(1x65x160xf32, 1x65x160xf32, 1x65x160xf32) -> 1x65x160xf32 {causal=[0], heads=[2], scale=[0.112]}",
     5e-6},
    {"attention(1x40x320xf32, 1x77x320xf32, 1x77x320xf32) -> 1x40x320xf32 {causal=[0], heads=[2], scale=[0.079]}",
     5e-6},
    {"attention(1x77x128xf32, 1x77x128xf32, 1x77x128xf32) -> 1x77x128xf32 {causal=[1], heads=[2], scale=[0.125]}",
     5e-6},
    {"attention(1x9x24xf32, 1x5x24xf32, 1x5x24xf32) -> 1x9x24xf32 {causal=[1], heads=[2], scale=[0.3]}", 5e-6},
    {"attention(2x1x26xf32, 2x40x26xf32, 2x40x22xf32, 2x1x1x40xf32, 22xf32) -> 2x1x22xf32 {causal=[0], heads=[2], "
     "mask=[3], scale=[0.3]} epilogue add(acc, in4)",
     5e-6},
    // Rows that a threadgroup shares, and one that it does not.
    {"layer_norm(3x1500xf32, 1500xf32, 1500xf32) -> 3x1500xf32 {axes=[1], bias=[2], scale=[1], epsilon=[1e-05]}", 5e-6,
     50.0, 1.0},
    {"rms_norm(2x1025xf32, 1025xf32) -> 2x1025xf32 {axes=[1], scale=[1], epsilon=[1e-06]}", 4e-6},
    // Prologues where the CPU has them.
    {"attention(1x9x24xf32, 1x5x24xf32, 1x5x24xf32) -> 1x9x24xf32 {causal=[0], heads=[2], scale=[0.3]} prologue "
     "silu(acc)",
     5e-6},
    {"concat(2x8x4xf32, 2x8x6xf32) -> 2x8x10xf32 {axis=[2]} prologue silu(acc)", 1e-6},
    {"pool.average(1x7x9x5xf32) -> 1x4x5x5xf32 {dilations=[1,1], kernel=[3,3], pads=[1,1,1,1], strides=[2,2]} prologue "
     "silu(acc)",
     2e-6},
    {"resize.linear(1x5x7x16xf32) -> 1x10x14x16xf32 {coordinates=[0], rounding=[0], scales=[1.0,2.0,2.0,1.0]} prologue "
     "silu(acc)",
     2e-6},
    {"cum_sum(3x50xf32) -> 3x50xf32 {axis=[1], exclusive=[0], reverse=[1]} prologue silu(acc)", 4e-6},
    // Groups of a normalised and of a joined input.
    {"conv2d.direct(2x7x6x8xf32, 1x3x3x4x16xf32, 12xf32, 12xf32, 2x7x6x4xf32) -> 2x7x6x6xf32 {channels=[6], "
     "dilations=[1,1], groups=[3], joined=[4], norm=[3,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue "
     "silu(acc)",
     4e-6, 3.0, 1.0},
    // Rows normalised in the product: by vectors and not, far from zero, more columns than a tile, gated, and few rows.
    {"matmul(70x76xf32, 5x76x16xf32, 76xf32, 76xf32, 70xf32) -> 70x70xf32 {columns=[70], layer_norm=[2,3], packed=[1], "
     "epsilon=[1e-05]} epilogue add(acc, in4)",
     1e-5, 3.0, 1.0},
    {"matmul(2x33x35xf32, 2x35x32xf32) -> 2x33x33xf32 {columns=[33], layer_norm=[-1,-1], packed=[1], epsilon=[1e-05]}",
     1e-5, 0.5, 1.0},
    {"matmul(5x200xf32, 2x200x64xf32, 200xf32) -> 5x50xf32 {columns=[50], gated=[1], layer_norm=[2,-1], packed=[1], "
     "epsilon=[1e-05]} epilogue mul(acc, silu(gate))",
     1e-5, 3.0, 1.0},
    // Moments in the threadgroups of products: two blocks a tile, tiles that end before it, an image a tile; factors
    // made in it for images of whole tiles.
    {"matmul(2x96x24xf32, 2x24x32xf32, 24xf32, 24xf32, 2x3x2x24xf32) -> 2x96x50xf32, 2x6x2x50xf32 {columns=[50], "
     "moments=[16], norm=[4,2,3], norm_moments=[4], packed=[1], epsilon=[1e-06]}",
     1e-5, 3.0, 1.0},
    {"conv2d.direct(2x8x8x24xf32, 2x3x3x40x16xf32, 40xf32, 40xf32, 2x8x8x16xf32, 2x2x2x24xf32, 2x4x2x16xf32) -> "
     "2x8x8x20xf32, 2x2x2x20xf32 {channels=[20], dilations=[1,1], groups=[1], joined=[4], moments=[4,8], norm=[5,2,3], "
     "norm_moments=[5,6], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue silu(acc)",
     1e-5, 3.0, 1.0},
    {"matmul(1x30x19xf32, 2x19x32xf32, 19xf32, 19xf32, 1x5x2x19xf32) -> 1x30x33xf32 {columns=[33], norm=[1,2,3], "
     "norm_moments=[4], packed=[1], epsilon=[1e-06]}",
     1e-5, 1.0, 1.0},
    {"conv2d.winograd4(1x32x32x24xf32, 36x5x24x16xf32, 24xf32, 24xf32, 1x4x2x24xf32) -> 1x32x32x70xf32, 1x4x2x70xf32 "
     "{channels=[70], dilations=[1,1], groups=[1], moments=[16,16], norm=[4,2,3], norm_moments=[4], pads=[1,1,1,1], "
     "strides=[1,1], epsilon=[1e-05]} prologue silu(acc)",
     2e-5, 3.0, 1.0},
    // More elements than a threadgroup has threads, with a rest; six dimensions that do not join.
    {"elementwise(2x3x2x3x2x5xf32, 2x1x2x1x2x1xf32, 1x3x1x3x1x5xf32) -> 2x3x2x3x2x5xf32 {} epilogue "
     "add(mul(in0, in1), in2)",
     1e-6},
};

std::vector<KernelCase> snap::metalCases(bool half) {
  std::vector<KernelCase> cases;
  append(cases, rows);
  return half ? inHalf(cases) : cases;
}
