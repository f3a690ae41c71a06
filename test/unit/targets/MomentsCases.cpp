//===- MomentsCases.cpp - Kernels that make or take moments ---------------===//
//
// Moments come from a convolution or a product and go to the group norm of what
// reads its output. Blocks of one pixel, of a whole image, of primes; channels
// that end inside a vector; means far from zero; norms that lost channels.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "KernelCases.h"

using namespace snap;

static const KernelRow makers[] = {
    {"conv2d.direct(1x9x7x5xf32, 1x3x3x5x16xf32) -> 1x9x7x11xf32, 1x3x2x11xf32 {channels=[11], dilations=[1,1], "
     "groups=[1], moments=[3,7], pads=[1,1,1,1], strides=[1,1]}",
     2e-6},
    {"conv2d.direct(2x8x13x16xf32, 3x3x3x16x32xf32, 70xf32) -> 2x8x13x70xf32, 2x104x2x70xf32 {channels=[70], "
     "dilations=[1,1], groups=[1], moments=[1,1], pads=[1,1,1,1], strides=[1,1]} epilogue silu(add(acc, in2))",
     2e-6},
    {"conv2d.direct(2x16x24x8xf32, 1x3x3x8x32xf32) -> 2x8x12x32xf32, 2x4x2x32xf32 {channels=[32], dilations=[1,1], "
     "groups=[1], moments=[4,6], pads=[1,1,1,1], strides=[2,2]} epilogue add(acc, 100.0:f32)",
     2e-6},
    {"conv2d.direct(1x9x9x8xf32, 1x3x3x4x16xf32) -> 1x5x5x6xf32, 1x1x2x6xf32 {channels=[6], dilations=[1,1], "
     "groups=[2], moments=[5,5], pads=[1,1,1,1], strides=[2,2]}",
     2e-6},
    {"conv2d.direct(2x30x32x40xf32, 5x3x3x40x16xf32, 2x30x32x80xf32) -> 2x30x32x80xf32, 2x6x2x80xf32 "
     "{channels=[80], dilations=[1,1], groups=[1], moments=[10,16], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, "
     "in2)",
     4e-6},
    {"conv2d.direct(1x5x7x12xf32, 2x3x3x12x16xf32) -> 1x10x14x32xf32, 1x5x2x32xf32 {channels=[32], dilations=[1,1], "
     "groups=[1], moments=[2,14], pads=[1,1,1,1], strides=[1,1], upsample=[2]}",
     4e-6},
    // Few channels.
    {"conv2d.direct(1x9x7x16xf32, 1x3x3x16x16xf32) -> 1x9x7x4xf32, 1x3x2x4xf32 {channels=[4], dilations=[1,1], "
     "groups=[1], moments=[3,7], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, 5.0:f32)",
     2e-6},
    // 1x1: rows of a product, unless blocks are several rows of part of the width.
    {"conv2d.direct(2x6x8x16xf32, 3x1x1x16x64xf32, 2x1x1x192xf32) -> 2x6x8x192xf32, 2x12x2x192xf32 {channels=[192], "
     "dilations=[1,1], groups=[1], moments=[1,4], pads=[0,0,0,0], strides=[1,1]} epilogue add(acc, in2)",
     4e-6},
    {"conv2d.direct(2x6x8x16xf32, 1x1x1x16x48xf32) -> 2x6x8x40xf32, 2x4x2x40xf32 {channels=[40], dilations=[1,1], "
     "groups=[1], moments=[3,4], pads=[0,0,0,0], strides=[1,1]}",
     4e-6},
    {"conv2d.winograd4(2x12x16x16xf32, 36x1x16x32xf32, 20xf32) -> 2x12x16x20xf32, 2x12x2x20xf32 {channels=[20], "
     "dilations=[1,1], groups=[1], moments=[4,4], pads=[1,1,1,1], strides=[1,1]} epilogue silu(add(acc, in2))",
     2e-5},
    {"conv2d.winograd4(1x48x75x12xf32, 36x1x12x48xf32) -> 1x48x75x36xf32, 1x10x2x36xf32 {channels=[36], "
     "dilations=[1,1], groups=[1], moments=[24,15], pads=[1,1,1,1], strides=[1,1]}",
     2e-5},
    {"conv2d.winograd4(3x21x49x8xf32, 36x2x8x16xf32, 3x1x1x32xf32) -> 3x21x49x32xf32, 3x1x2x32xf32 {channels=[32], "
     "dilations=[1,1], groups=[1], moments=[21,49], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     2e-5},
    {"conv2d.winograd4(1x64x64x24xf32, 36x2x24x16xf32, 1x64x64x32xf32) -> 1x64x64x32xf32, 1x16x2x32xf32 "
     "{channels=[32], dilations=[1,1], groups=[1], moments=[16,16], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, "
     "in2)",
     2e-5},
    {"conv2d.winograd4(1x16x16x192xf32, 36x3x192x16xf32) -> 1x16x16x40xf32, 1x1x2x40xf32 {channels=[40], "
     "dilations=[1,1], groups=[1], moments=[16,16], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, -30.0:f32)",
     2e-5},
    {"conv2d.winograd4(1x12x26x12xf32, 25x2x12x32xf32, 36xf32) -> 1x24x52x36xf32, 1x26x2x36xf32 {channels=[36], "
     "dilations=[1,1], groups=[1], moments=[12,4], pads=[1,1,1,1], strides=[1,1], upsample=[2]} epilogue silu(add(acc, "
     "in2))",
     2e-5},
    {"conv2d.winograd2(2x8x14x16xf32, 16x3x16x32xf32, 70xf32) -> 2x8x14x70xf32, 2x14x2x70xf32 {channels=[70], "
     "dilations=[1,1], groups=[1], moments=[8,1], pads=[1,1,1,1], strides=[1,1]} epilogue silu(add(acc, in2))",
     4e-6},
    {"conv2d.winograd2(1x1x1x3xf32, 16x1x3x16xf32) -> 1x1x1x2xf32, 1x1x2x2xf32 {channels=[2], dilations=[1,1], "
     "groups=[1], moments=[1,1], pads=[1,1,1,1], strides=[1,1]}",
     4e-6},
    {"matmul(7x33xf32, 2x33x16xf32) -> 7x19xf32, 1x2x19xf32 {columns=[19], moments=[7], packed=[1]}", 2e-6},
    {"matmul(2x77x48xf32, 3x48x32xf32, 80xf32, 2x77x80xf32) -> 2x77x80xf32, 2x7x2x80xf32 {columns=[80], moments=[11], "
     "packed=[1]} epilogue add(add(acc, in2), in3)",
     2e-6},
    {"matmul(1x64xf32, 3x64x48xf32) -> 1x130xf32, 1x2x130xf32 {columns=[130], moments=[1], packed=[1]} epilogue "
     "gelu(acc)",
     2e-6},
    {"matmul(2x3x12x40xf32, 5x40x64xf32, 160xf32, 160xf32, 2x3x12x160xf32) -> 2x3x12x160xf32, 2x3x3x2x160xf32 "
     "{columns=[160], gated=[1], moments=[4], packed=[1]} epilogue add(mul(add(acc, in2), gelu(add(gate, in3))), in4)",
     4e-6},
    {"matmul(512x312xf32, 3x312x16xf32, 40xf32) -> 512x40xf32, 4x2x40xf32 {columns=[40], moments=[128], packed=[1]} "
     "epilogue add(acc, in2)",
     4e-6},
    // Both at once, as in the middle of a ResNet block.
    {"conv2d.winograd4(2x12x8x24xf32, 36x1x24x32xf32, 24xf32, 24xf32, 20xf32, 2x3x2x24xf32) -> 2x12x8x20xf32, "
     "2x2x2x20xf32 {channels=[20], dilations=[1,1], groups=[1], moments=[12,4], norm=[6,2,3], norm_moments=[5], "
     "pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue silu(acc) epilogue add(acc, in4)",
     2e-5},
};

static const KernelRow takers[] = {
    {"group_norm(2x9x7x24xf32, 24xf32, 24xf32, 2x3x2x24xf32) -> 2x9x7x24xf32 {groups=[4], norm_moments=[3], "
     "epsilon=[1e-05]} epilogue silu(acc)",
     2e-6},
    {"group_norm(2x9x7x24xf32, 24xf32, 24xf32, 14x2x24xf32) -> 2x9x7x24xf32 {counted=[11], groups=[4], "
     "norm_moments=[3], epsilon=[1e-05]}",
     1e-5, 3.0, 0.5},
    {"group_norm(2x5x3x19xf32, 19xf32, 19xf32, 2x15x2x19xf32) -> 2x5x3x19xf32 {counted=[8], groups=[4], "
     "norm_moments=[3], sizes=[8,1,3,7], epsilon=[1e-05]} epilogue silu(acc)",
     1e-5, -20.0, 2.0},
    {"group_norm(3x12xf32, 12xf32, 12xf32, 3x1x2x12xf32) -> 3x12xf32 {groups=[3], norm_moments=[3], epsilon=[1e-05]}",
     5e-6},
    {"conv2d.winograd4(2x21x50x24xf32, 36x1x24x32xf32, 24xf32, 24xf32, 20xf32, 2x1x2x24xf32) -> 2x21x50x20xf32 "
     "{channels=[20], dilations=[1,1], groups=[1], norm=[6,2,3], norm_moments=[5], pads=[1,1,1,1], strides=[1,1], "
     "epsilon=[1e-05]} prologue silu(acc) epilogue add(acc, in4)",
     2e-5},
    {"conv2d.winograd4(2x21x50x32xf32, 36x1x80x32xf32, 80xf32, 80xf32, 2x21x50x48xf32, 20xf32, 2x7x2x32xf32, "
     "50x2x48xf32) -> 2x21x50x20xf32 {channels=[20], dilations=[1,1], groups=[1], joined=[4], norm=[8,2,3], "
     "norm_moments=[6,7], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue silu(acc) epilogue add(acc, in5)",
     2e-5, 1.0, 1.0},
    {"conv2d.winograd2(1x9x7x5xf32, 16x1x8x16xf32, 8xf32, 8xf32, 1x9x7x3xf32, 1x63x2x5xf32, 1x3x2x3xf32) -> "
     "1x9x7x11xf32 {channels=[11], dilations=[1,1], groups=[1], joined=[4], norm=[2,2,3], norm_moments=[5,6], "
     "pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]}",
     4e-6, 3.0, 1.0},
    {"conv2d.direct(1x5x6x8xf32, 1x3x2x8x16xf32, 8xf32, 8xf32, 1x6x2x8xf32) -> 1x7x18x11xf32 {channels=[11], "
     "dilations=[1,1], groups=[1], norm=[2,2,3], norm_moments=[4], pads=[0,0,1,1], strides=[2,1], upsample=[3], "
     "epsilon=[1e-05]}",
     4e-6, 3.0, 1.0},
    {"conv2d.direct(2x9x7x19xf32, 3x3x3x19x16xf32, 19xf32, 19xf32, 2x9x2x19xf32) -> 2x9x7x48xf32 {channels=[48], "
     "counted=[8], dilations=[1,1], groups=[1], norm=[4,2,3], norm_moments=[4], pads=[1,1,1,1], sizes=[8,1,3,7], "
     "strides=[1,1], epsilon=[1e-05]} prologue silu(acc)",
     4e-6, 3.0, 1.0},
    {"conv2d.direct(1x9x7x16xf32, 1x3x3x16x16xf32, 16xf32, 16xf32, 1x7x2x16xf32) -> 1x9x7x3xf32 {channels=[3], "
     "dilations=[1,1], groups=[1], norm=[4,2,3], norm_moments=[4], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} "
     "prologue silu(acc)",
     4e-6, 3.0, 1.0},
    {"matmul(2x150x24xf32, 2x24x64xf32, 24xf32, 24xf32, 2x25x2x24xf32) -> 2x150x70xf32 {columns=[70], counted=[11], "
     "norm=[4,2,3], norm_moments=[4], packed=[1], epsilon=[1e-06]}",
     4e-6, 3.0, 1.0},
    {"matmul(2x30x24xf32, 2x40x32xf32, 40xf32, 40xf32, 2x30x16xf32, 10x2x24xf32, 2x2x2x16xf32) -> 2x30x64xf32 "
     "{columns=[64], joined=[4], norm=[5,2,3], norm_moments=[5,6], packed=[1], epsilon=[1e-05]} prologue silu(acc)",
     4e-6, 1.0, 1.0},
};

std::vector<KernelCase> snap::momentsCases(bool half) {
  std::vector<KernelCase> cases;
  append(cases, makers);
  append(cases, takers);
  return half ? inHalf(cases) : cases;
}
