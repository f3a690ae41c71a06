//===- KernelCases.cpp - The kernels every target is tested with ----------===//
//
// One table per family. Shapes are small and awkward: extents of 1, primes,
// one more or less than a vector, several tiles and a rest.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "KernelCases.h"

#include <cstdio>
#include <cstdlib>

using namespace snap;

//===----------------------------------------------------------------------===//
// Convolution, matmul and attention
//===----------------------------------------------------------------------===//

static const KernelRow contractions[] = {
    {"conv2d.direct(1x9x7x5xf32, 1x3x3x5x16xf32) -> 1x9x7x11xf32 {channels=[11], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[1,1]}",
     2e-6},
    {"conv2d.direct(2x8x13x16xf32, 3x3x3x16x32xf32, 70xf32) -> 2x8x13x70xf32 {channels=[70], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue silu(add(acc, in2))",
     2e-6},
    {"conv2d.direct(1x10x11x8xf32, 1x3x3x8x32xf32) -> 1x5x6x32xf32 {channels=[32], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[2,2]}",
     2e-6},
    {"conv2d.direct(2x7x7x12xf32, 2x1x1x12x16xf32, 2x7x7x20xf32) -> 2x7x7x20xf32 {channels=[20], dilations=[1,1], "
     "groups=[1], pads=[0,0,0,0], strides=[1,1]} epilogue add(acc, in2)",
     2e-6},
    {"conv2d.direct(1x9x9x8xf32, 1x3x3x4x16xf32) -> 1x5x5x6xf32 {channels=[6], dilations=[1,1], groups=[2], "
     "pads=[1,1,1,1], strides=[2,2]}",
     2e-6},
    {"conv2d.direct(1x12x9x4xf32, 1x3x2x4x16xf32) -> 1x8x9x8xf32 {channels=[8], dilations=[2,1], groups=[1], "
     "pads=[0,1,0,0], strides=[1,1]}",
     2e-6},
    {"matmul(7x33xf32, 2x33x16xf32) -> 7x19xf32 {columns=[19], packed=[1]}", 2e-6},
    {"matmul(2x77x48xf32, 3x48x32xf32, 80xf32, 2x77x80xf32) -> 2x77x80xf32 {columns=[80], packed=[1]} epilogue "
     "add(add(acc, in2), in3)",
     2e-6},
    {"matmul(1x64xf32, 3x64x48xf32) -> 1x130xf32 {columns=[130], packed=[1]} epilogue gelu(acc)", 2e-6},
    {"matmul(7x33xf32, 3x33x16xf32) -> 7x19xf32 {columns=[19], gated=[1], packed=[1]} epilogue mul(acc, gelu(gate))",
     4e-6},
    {"matmul(2x13x40xf32, 5x40x64xf32, 160xf32, 160xf32, 2x13x160xf32) -> 2x13x160xf32 {columns=[160], gated=[1], "
     "packed=[1]} epilogue add(mul(add(acc, in2), gelu(add(gate, in3))), in4)",
     4e-6},
    {"matmul(1x9xf32, 3x9x48xf32) -> 1x50xf32 {columns=[50], gated=[1], packed=[1]} epilogue mul(silu(gate), acc)",
     4e-6},
    {"matmul(2x4x5x8xf32, 4x8x7xf32) -> 2x4x5x7xf32 {columns=[7], packed=[0]}", 2e-6},
    {"matmul(2x1x8x16xf32, 4x5x16xf32) -> 2x4x8x5xf32 {columns=[5], packed=[0], transpose_b=[1]}", 2e-6},

    {"attention(1x16x16xf32, 1x16x16xf32, 1x16x16xf32) -> 1x16x16xf32 {causal=[0], heads=[2], "
     "scale=[0.35355339059327373]}",
     5e-6},
    {"attention(2x19x80xf32, 2x77x80xf32, 2x77x80xf32) -> 2x19x80xf32 {causal=[0], heads=[2], "
     "scale=[0.15811388300841897]}",
     5e-6},
    {"attention(1x77x24xf32, 1x77x24xf32, 1x77x24xf32) -> 1x77x24xf32 {causal=[1], heads=[3], scale=[0.35]}", 5e-6},
    {"attention(2x19x48xf32[2736,144,1], 2x19x48xf32[2736,144,1], 2x19x48xf32[2736,144,1]) -> 2x19x48xf32 {causal=[0], "
     "heads=[3], scale=[0.25]}",
     5e-6},
    {"attention(2x19x80xf32[0,80,1], 2x77x80xf32, 2x77x80xf32) -> 2x19x80xf32 {causal=[0], heads=[2], " // one row for
                                                                                                        // two
     "scale=[0.15811388300841897]}",
     5e-6},
    {"attention(2x35x32xf32, 2x7x32xf32[560,80,1], 2x7x48xf32[560,80,1]) -> 2x35x48xf32 {causal=[0], heads=[2], "
     "scale=[0.25]}",
     5e-6},
    {"attention(1x9x32xf32, 1x13x32xf32, 1x13x32xf32, 1x1x9x13xf32) -> 1x9x32xf32 {causal=[0], heads=[2], mask=[3], "
     "scale=[0.25]}",
     5e-6},
};

//===----------------------------------------------------------------------===//
// The same large enough to be cut into blocks: of channels, of the inner
// dimension, of pixels, panels and keys, with the last of each cut short.
//===----------------------------------------------------------------------===//

static const KernelRow blocks[] = {
    {"conv2d.direct(1x9x8x8xf32, 4x3x3x2x3xf32) -> 1x9x8x12xf32 {channels=[12], dilations=[1,1], groups=[4], "
     "pads=[1,1,1,1], strides=[1,1]}",
     2e-6},
    {"matmul(9x20xf32, 3x20x6xf32) -> 9x16xf32 {columns=[16], packed=[1]}", 2e-6},
    // Whole vectors of the inner dimension, several blocks of f16 sums, tiles cut short.
    {"matmul(77x312xf32, 3x312x16xf32, 40xf32) -> 77x40xf32 {columns=[40], packed=[1]} epilogue add(acc, in2)", 4e-6},
    {"matmul(1x160xf32, 2x160x16xf32) -> 1x32xf32 {columns=[32], packed=[1]}", 4e-6},
    {"matmul(2x11x176xf32, 3x176x16xf32, 176xf32, 176xf32, 2x11x24xf32) -> 2x11x24xf32 {columns=[24], gated=[1], "
     "norm=[11,2,3], packed=[1], epsilon=[1e-05]} prologue silu(acc) epilogue add(mul(acc, gelu(gate)), in4)",
     1e-5},
    {"conv2d.direct(1x13x11x48xf32, 2x3x3x48x16xf32, 1x13x11x24xf32) -> 1x13x11x24xf32 {channels=[24], "
     "dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     4e-6},
    {"conv2d.direct(1x13x11x40xf32, 3x3x3x40x16xf32) -> 1x7x6x48xf32 {channels=[48], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[2,2]} prologue silu(acc)",
     4e-6},
    {"conv2d.winograd2(2x11x9x136xf32, 16x3x136x16xf32, 48xf32) -> 2x11x9x48xf32 {channels=[48], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     4e-6},
    {"conv2d.winograd2(1x30x34x24xf32, 16x2x24x16xf32) -> 1x30x34x20xf32 {channels=[20], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[1,1]} prologue silu(acc)",
     4e-6},
    {"conv2d.direct(1x5x70x128xf32, 2x3x3x128x16xf32, 20xf32) -> 1x5x70x20xf32 {channels=[20], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     4e-6},
    {"conv2d.direct(2x12x11x96xf32, 2x3x3x96x48xf32) -> 2x6x5x96xf32 {channels=[96], dilations=[1,1], groups=[1], "
     "pads=[0,0,1,1], strides=[2,2]}",
     4e-6},
    {"conv2d.direct(1x40x9x72xf32, 5x1x3x72x16xf32) -> 1x40x9x80xf32 {channels=[80], dilations=[1,1], groups=[1], "
     "pads=[0,1,0,1], strides=[1,1]} prologue silu(acc)",
     4e-6},
    {"conv2d.direct(1x19x13x40xf32, 3x3x3x1x16xf32) -> 1x19x13x40xf32 {channels=[40], dilations=[1,1], groups=[40], "
     "pads=[1,1,1,1], strides=[1,1]}",
     2e-6},
    {"conv2d.direct(2x6x8x160xf32, 3x1x1x160x64xf32, 2x1x1x192xf32) -> 2x3x4x192xf32 {channels=[192], dilations=[1,1], "
     "groups=[1], pads=[0,0,0,0], strides=[2,2]} epilogue add(acc, in2)",
     4e-6},
    {"conv2d.direct(2x6x8x160xf32, 3x1x1x160x64xf32, 2x1x1x192xf32) -> 2x6x8x192xf32 {channels=[192], dilations=[1,1], "
     "groups=[1], pads=[0,0,0,0], strides=[1,1]} epilogue add(acc, in2)",
     4e-6},
    {"conv2d.winograd4(2x9x7x16xf32, 36x1x16x32xf32, 20xf32) -> 2x9x7x20xf32 {channels=[20], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue silu(add(acc, in2))",
     2e-5},
    {"conv2d.winograd4(1x49x75x12xf32, 36x1x12x48xf32) -> 1x48x75x36xf32 {channels=[36], dilations=[1,1], groups=[1], "
     "pads=[0,2,1,0], strides=[1,1]}",
     2e-5},
    {"conv2d.winograd4(3x21x50x8xf32, 36x2x8x16xf32, 3x1x1x32xf32) -> 3x21x50x32xf32 {channels=[32], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     2e-5},
    // Several sums of f16, runs of 16 and of 8, blocks and tiles cut short.
    {"conv2d.winograd4(2x10x13x192xf32, 36x3x192x16xf32) -> 2x10x13x40xf32 {channels=[40], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]}",
     2e-5},
    {"conv2d.winograd4(1x50x71x200xf32, 36x1x200x16xf32, 16xf32) -> 1x50x71x16xf32 {channels=[16], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     2e-5},
    {"conv2d.winograd4(1x5x3x7xf32, 36x1x7x16xf32) -> 1x3x1x5xf32 {channels=[5], dilations=[1,1], groups=[1], "
     "pads=[0,0,0,0], strides=[1,1]} prologue silu(acc)",
     2e-5},
    {"conv2d.winograd4(2x21x50x24xf32, 36x1x24x32xf32, 24xf32, 24xf32, 20xf32) -> 2x21x50x20xf32 {channels=[20], "
     "dilations=[1,1], groups=[1], norm=[6,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue silu(acc) "
     "epilogue add(acc, in4)",
     2e-5},
    {"conv2d.winograd4(2x9x7x40xf32, 36x3x40x16xf32, 40xf32, 40xf32) -> 2x9x7x48xf32 {channels=[48], dilations=[1,1], "
     "groups=[1], norm=[5,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]}",
     2e-5, 1.0, 1.0},
    {"conv2d.winograd4(1x11x26x12xf32, 25x2x12x32xf32, 36xf32) -> 1x22x52x36xf32 {channels=[36], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1], upsample=[2]} epilogue silu(add(acc, in2))",
     2e-5},
    {"conv2d.winograd4(3x23x31x8xf32, 25x2x8x16xf32) -> 3x46x62x32xf32 {channels=[32], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[1,1], upsample=[2]} prologue silu(acc)",
     2e-5},
    {"conv2d.direct(2x5x7x12xf32, 2x3x3x12x16xf32) -> 2x10x14x32xf32 {channels=[32], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[1,1], upsample=[2]}",
     4e-6},
    {"conv2d.direct(1x5x6x8xf32, 1x3x2x8x16xf32, 8xf32, 8xf32) -> 1x7x18x11xf32 {channels=[11], dilations=[1,1], "
     "groups=[1], norm=[2,2,3], pads=[0,0,1,1], strides=[2,1], upsample=[3], epsilon=[1e-05]}",
     4e-6, 3.0, 1.0},
    {"conv2d.direct(2x19x13x72xf32, 5x3x3x72x16xf32, 72xf32, 72xf32, 2x1x1x80xf32) -> 2x19x13x80xf32 {channels=[80], "
     "dilations=[1,1], groups=[1], norm=[8,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue silu(acc) "
     "epilogue add(acc, in4)",
     4e-6, 3.0, 1.0},
    {"matmul(2x150x48xf32, 2x48x64xf32, 48xf32, 48xf32, 70xf32) -> 2x150x70xf32 {columns=[70], norm=[12,2,3], "
     "packed=[1], epsilon=[1e-06]} epilogue add(acc, in4)",
     4e-6, 10.0, 1.0},
    {"matmul(1x6x7x20xf32, 3x20x16xf32, 20xf32, 20xf32) -> 1x6x7x48xf32 {columns=[48], norm=[4,3,2], packed=[1], "
     "epsilon=[1e-05]} prologue silu(acc)",
     4e-6},
    // To a few channels: vectors go along the input's.
    {"conv2d.direct(2x19x21x64xf32, 1x3x3x64x16xf32, 64xf32, 64xf32, 1x1x1x3xf32) -> 2x19x21x3xf32[1197,21,1,399] "
     "{channels=[3], dilations=[1,1], groups=[1], norm=[8,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} "
     "prologue silu(acc) epilogue add(acc, in4)",
     4e-6, 3.0, 1.0},
    {"conv2d.direct(1x13x1x16xf32, 1x3x3x16x16xf32) -> 1x13x1x4xf32 {channels=[4], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[1,1]}",
     2e-6},
    {"conv2d.direct(1x11x70x48xf32, 1x3x2x48x16xf32, 1x6x34x1xf32) -> 1x6x34x1xf32 {channels=[1], dilations=[1,3], "
     "groups=[1], pads=[1,1,1,0], strides=[2,2]} epilogue add(acc, in2)",
     2e-6},
    {"conv2d.direct(1x5x7x32xf32, 1x3x3x48x16xf32, 48xf32, 48xf32, 1x5x7x16xf32) -> 1x10x14x2xf32 {channels=[2], "
     "dilations=[1,1], groups=[1], joined=[4], norm=[4,2,3], pads=[1,1,1,1], strides=[1,1], upsample=[2], "
     "epsilon=[1e-05]}",
     4e-6},
    {"conv2d.direct(1x4x67x16xf32, 1x1x1x16x16xf32) -> 1x4x67x3xf32 {channels=[3], dilations=[1,1], groups=[1], "
     "pads=[0,0,0,0], strides=[1,1]}",
     2e-6},
    // Norms that lost channels: unequal groups, channels counted as zeros.
    {"conv2d.direct(2x9x7x19xf32, 3x3x3x19x16xf32, 19xf32, 19xf32) -> 2x9x7x48xf32 {channels=[48], counted=[8], "
     "dilations=[1,1], groups=[1], norm=[4,2,3], pads=[1,1,1,1], sizes=[8,1,3,7], strides=[1,1], epsilon=[1e-05]} "
     "prologue silu(acc)",
     4e-6, 3.0, 1.0},
    {"matmul(2x150x24xf32, 2x24x64xf32, 24xf32, 24xf32) -> 2x150x70xf32 {columns=[70], counted=[11], norm=[4,2,3], "
     "packed=[1], epsilon=[1e-06]}",
     4e-6, 3.0, 1.0},
    {"conv2d.winograd4(2x21x50x32xf32, 36x1x80x32xf32, 80xf32, 80xf32, 2x21x50x48xf32, 20xf32) -> 2x21x50x20xf32 "
     "{channels=[20], dilations=[1,1], groups=[1], joined=[4], norm=[8,2,3], pads=[1,1,1,1], strides=[1,1], "
     "epsilon=[1e-05]} prologue silu(acc) epilogue add(acc, in5)",
     2e-5},
    {"conv2d.winograd4(2x9x13x32xf32, 36x1x80x32xf32, 80xf32, 80xf32, 2x9x13x48xf32[0,624,48,1], 20xf32) -> "
     "2x9x13x20xf32 "
     "{channels=[20], dilations=[1,1], groups=[1], joined=[4], norm=[8,2,3], pads=[1,1,1,1], strides=[1,1], "
     "epsilon=[1e-05]} prologue silu(acc) epilogue add(acc, in5)",
     2e-5},
    {"conv2d.winograd2(1x9x7x5xf32, 16x1x5x16xf32) -> 1x9x7x11xf32 {channels=[11], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[1,1]}",
     4e-6},
    {"conv2d.winograd2(2x8x13x16xf32, 16x3x16x32xf32, 70xf32) -> 2x8x13x70xf32 {channels=[70], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue silu(add(acc, in2))",
     4e-6},
    {"conv2d.winograd2(1x12x9x4xf32, 16x1x4x16xf32) -> 1x11x9x8xf32 {channels=[8], dilations=[1,1], groups=[1], "
     "pads=[0,2,1,0], strides=[1,1]}",
     4e-6},
    {"conv2d.winograd2(1x1x1x3xf32, 16x1x3x16xf32) -> 1x1x1x2xf32 {channels=[2], dilations=[1,1], groups=[1], "
     "pads=[1,1,1,1], strides=[1,1]}",
     4e-6},
    {"conv2d.winograd2(2x21x50x32xf32, 16x1x80x32xf32, 80xf32, 80xf32, 2x21x50x48xf32, 20xf32) -> 2x21x50x20xf32 "
     "{channels=[20], dilations=[1,1], groups=[1], joined=[4], norm=[8,2,3], pads=[1,1,1,1], strides=[1,1], "
     "epsilon=[1e-05]} prologue silu(acc) epilogue add(acc, in5)",
     4e-6, 1.0, 1.0},
    {"conv2d.winograd2(2x6x7x352xf32, 16x1x352x16xf32, 352xf32, 352xf32) -> 2x6x7x11xf32 {channels=[11], "
     "dilations=[1,1], "
     "groups=[1], norm=[11,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue silu(acc)",
     4e-6},
    {"conv2d.winograd4(2x5x9x352xf32, 36x1x352x16xf32, 352xf32, 352xf32) -> 2x5x9x11xf32 {channels=[11], "
     "dilations=[1,1], "
     "groups=[1], norm=[11,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue silu(acc)",
     2e-5},
    {"conv2d.winograd4(1x7x6x330xf32, 36x1x335x16xf32, 1x7x6x5xf32) -> 1x7x6x16xf32 {channels=[16], dilations=[1,1], "
     "groups=[1], joined=[2], pads=[1,1,1,1], strides=[1,1]}",
     2e-5},
    {"conv2d.winograd4(1x9x7x5xf32, 36x1x8x16xf32, 1x9x7x3xf32) -> 1x9x7x11xf32 {channels=[11], dilations=[1,1], "
     "groups=[1], joined=[2], pads=[1,1,1,1], strides=[1,1]}",
     2e-5},
    {"conv2d.direct(2x9x8x64xf32, 5x3x3x96x16xf32, 96xf32, 96xf32, 2x9x8x32xf32) -> 2x9x8x80xf32 {channels=[80], "
     "dilations=[1,1], groups=[1], joined=[4], norm=[6,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} prologue "
     "silu(acc)",
     4e-6, 3.0, 1.0},
    {"conv2d.direct(2x6x5x7xf32[0,35,7,1], 1x3x3x10x16xf32, 2x6x5x3xf32) -> 2x6x5x4xf32 {channels=[4], "
     "dilations=[1,1], "
     "groups=[1], joined=[2], pads=[1,1,1,1], strides=[1,1]}",
     4e-6},
    {"conv2d.direct(1x6x5x7xf32, 1x3x3x10x16xf32, 1x6x5x3xf32) -> 1x6x5x4xf32 {channels=[4], dilations=[1,1], "
     "groups=[1], joined=[2], pads=[1,1,1,1], strides=[1,1]}",
     4e-6},
    {"matmul(150x640xf32, 2x960x64xf32, 150x320xf32, 70xf32) -> 150x70xf32 {columns=[70], joined=[2], packed=[1]} "
     "epilogue add(acc, in3)",
     1e-5},
    {"matmul(2x30x24xf32, 2x40x32xf32, 40xf32, 40xf32, 2x30x16xf32[0,16,1]) -> 2x30x64xf32 {columns=[64], joined=[4], "
     "norm=[5,2,3], packed=[1], epsilon=[1e-05]} prologue silu(acc)",
     4e-6, 1.0, 1.0},
    {"matmul(2x30x24xf32, 2x40x32xf32, 40xf32, 40xf32, 2x30x16xf32) -> 2x30x64xf32 {columns=[64], joined=[4], "
     "norm=[5,2,3], packed=[1], epsilon=[1e-05]} prologue silu(acc)",
     4e-6, 1.0, 1.0},
    // Time rows that are slices of one product.
    {"conv2d.direct(2x6x5x16xf32, 2x3x3x16x32xf32, 2x1x1x64xf32[160,64,64,1]) -> 2x6x5x64xf32 {channels=[64], "
     "dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     4e-6},
    {"conv2d.winograd4(2x9x7x16xf32, 36x1x16x32xf32, 2x1x1x20xf32[96,20,20,1]) -> 2x9x7x20xf32 {channels=[20], "
     "dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     2e-5},
    // nchw images seen as nhwc, read and written.
    {"conv2d.direct(2x9x7x4xf32[252,7,1,63], 3x3x3x4x16xf32, 40xf32) -> 2x9x7x40xf32 {channels=[40], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue add(acc, in2)",
     4e-6},
    {"conv2d.direct(2x19x23x40xf32, 1x3x3x40x16xf32, 40xf32, 40xf32, 3xf32) -> 2x19x23x3xf32[1311,23,1,437] "
     "{channels=[3], dilations=[1,1], groups=[1], norm=[8,2,3], pads=[1,1,1,1], strides=[1,1], epsilon=[1e-05]} "
     "prologue silu(acc) epilogue add(acc, in4)",
     4e-6},
    {"conv2d.direct(1x13x70x72xf32, 1x3x3x72x16xf32) -> 1x13x70x4xf32[3640,70,1,910] {channels=[4], dilations=[1,1], "
     "groups=[1], pads=[1,1,1,1], strides=[1,1]}",
     4e-6},
    {"conv2d.direct(1x11x5x3xf32[165,5,1,55], 1x3x3x3x16xf32) -> 1x6x3x7xf32[126,3,1,18] {channels=[7], "
     "dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[2,2]} prologue silu(acc)",
     4e-6},
    {"conv2d.winograd4(1x9x7x5xf32[315,7,1,63], 36x1x5x16xf32) -> 1x9x7x3xf32[189,7,1,63] {channels=[3], "
     "dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}",
     2e-5},
    {"matmul(61x4xf32[1,61], 1x4x16xf32, 4xf32) -> 61x4xf32[1,61] {columns=[4], packed=[1]} epilogue add(acc, in2)",
     4e-6},
    {"matmul(2x35x4xf32[140,1,35], 1x4x16xf32) -> 2x35x16xf32[560,1,35] {columns=[16], packed=[1]} prologue silu(acc)",
     4e-6},
    // Layer norms of rows: all vectors and none, rows that join and rows that do not, means far from zero.
    {"matmul(2x77x48xf32, 3x48x32xf32, 48xf32, 48xf32, 80xf32) -> 2x77x80xf32 {columns=[80], layer_norm=[2,3], "
     "packed=[1], epsilon=[1e-05]} epilogue add(acc, in4)",
     5e-6, 50.0, 1.0},
    {"matmul(2x19x40xf32[1600,80,1], 2x40x48xf32, 40xf32, 2x1x70xf32) -> 2x19x70xf32 {columns=[70], "
     "layer_norm=[2,-1], packed=[1], epsilon=[1e-05]} prologue silu(acc) epilogue add(acc, in3)",
     4e-6},
    {"matmul(1x9xf32, 3x9x48xf32) -> 1x50xf32 {columns=[50], gated=[1], layer_norm=[-1,-1], packed=[1], "
     "epsilon=[1e-06]} epilogue mul(silu(gate), acc)",
     4e-6},
    {"matmul(37x33xf32, 2x33x16xf32, 33xf32) -> 37x19xf32 {columns=[19], layer_norm=[-1,2], packed=[1], "
     "epsilon=[1e-05]}",
     4e-6},
    {"matmul(61x1536xf32, 5x1536x32xf32, 1536xf32, 1536xf32, 70xf32) -> 61x70xf32 {columns=[70], gated=[1], "
     "layer_norm=[3,2], packed=[1], epsilon=[1e-05]} epilogue mul(add(acc, in4), gelu(gate))",
     2e-5, -3.0, 0.5},
    {"matmul(19x2560xf32, 2x2560x64xf32, 19x70xf32) -> 19x70xf32 {columns=[70], packed=[1]} epilogue add(acc, in2)",
     1e-5},
    {"matmul(130x1536xf32, 3x1536x16xf32) -> 130x48xf32 {columns=[48], packed=[1]}", 1e-5},
    {"matmul(64x40xf32, 12x40x16xf32) -> 64x192xf32 {columns=[192], packed=[1]} prologue silu(acc)", 4e-6},
    {"matmul(2x77x48xf32, 6x48x16xf32, 2x1x96xf32) -> 2x77x96xf32 {columns=[96], packed=[1]} epilogue "
     "gelu_quick(mul(acc, in2))",
     4e-6},
    {"matmul(67x2560xf32, 3x2560x64xf32, 70xf32) -> 67x70xf32 {columns=[70], gated=[1], packed=[1]} epilogue "
     "mul(add(acc, in2), gelu(gate))",
     2e-5},
    {"matmul(130x40xf32, 24x40x16xf32) -> 130x192xf32 {columns=[192], gated=[1], packed=[1]} prologue silu(acc) "
     "epilogue mul(acc, sigmoid(gate))",
     4e-6},
    {"matmul(3x33x600xf32, 3x45x600xf32) -> 3x33x45xf32 {columns=[45], packed=[0], transpose_b=[1]}", 1e-5},
    {"attention(1x70x160xf32, 1x300x160xf32, 1x300x70xf32) -> 1x70x70xf32 {causal=[1], heads=[1], "
     "scale=[0.07905694150420949]}",
     5e-6},
    // Blocks without a key that counts; a mask over several blocks; keys and values packed.
    {"attention(1x300x24xf32, 1x300x24xf32, 1x300x24xf32) -> 1x300x24xf32 {causal=[1], heads=[3], scale=[0.35]}", 5e-6},
    {"attention(2x19x48xf32[2736,144,1], 2x192x48xf32, 2x192x48xf32, 1x1x19x192xf32) -> 2x19x48xf32 {causal=[0], "
     "heads=[3], mask=[3], tile_queries=[32], scale=[0.25]}",
     5e-6},
    {"attention(1x259x256xf32, 1x130x256xf32, 1x130x256xf32) -> 1x259x256xf32 {causal=[0], heads=[2], "
     "tile_queries=[16], scale=[0.08838834764831845]}",
     5e-6},
    {"attention(1x33x512xf32, 1x258x512xf32, 1x258x512xf32) -> 1x33x512xf32 {causal=[0], heads=[1], "
     "scale=[0.04419417382415922]}",
     5e-6},
};

//===----------------------------------------------------------------------===//
// Norms and softmax. Means far from zero: the variance must survive.
//===----------------------------------------------------------------------===//

static const KernelRow norms[] = {
    {"group_norm(2x8x8x32xf32, 32xf32, 32xf32) -> 2x8x8x32xf32 {groups=[4], epsilon=[1e-05]} epilogue silu(acc)", 2e-6},
    {"group_norm(1x37x5x80xf32, 80xf32, 80xf32) -> 1x37x5x80xf32 {groups=[8], epsilon=[1e-05]}", 1e-5, 100.0, 0.5},
    {"group_norm(2x300x96xf32, 96xf32, 96xf32, 2x1x96xf32) -> 2x300x96xf32 {groups=[32], epsilon=[1e-06]} epilogue "
     "silu(add(acc, in3))",
     1e-5, -40.0, 3.0},
    {"group_norm(1x3x5x6xf32, 6xf32, 6xf32) -> 1x3x5x6xf32 {groups=[6], epsilon=[1e-05]}", 2e-6},
    {"group_norm(3x12xf32, 12xf32, 12xf32) -> 3x12xf32 {groups=[3], epsilon=[1e-05]}", 5e-6},
    {"group_norm(1x5x7x20xf32[1400,280,40,1], 20xf32, 20xf32) -> 1x5x7x20xf32 {groups=[5], epsilon=[1e-05]} prologue "
     "silu(acc)",
     2e-6},
    {"group_norm(1x67x17x32xf32, 32xf32, 32xf32, 1x67x17x32xf32) -> 1x67x17x32xf32 {groups=[32], epsilon=[1e-05]} "
     "epilogue add(acc, in3)",
     2e-6},
    {"group_norm(2x9x7x24xf32, 24xf32, 24xf32) -> 2x9x7x24xf32 {counted=[11], groups=[4], epsilon=[1e-05]}", 5e-6, 3.0,
     0.5},
    {"group_norm(2x5x3x19xf32, 19xf32, 19xf32) -> 2x5x3x19xf32 {counted=[8], groups=[4], sizes=[8,1,3,7], "
     "epsilon=[1e-05]} epilogue silu(acc)",
     5e-6, -20.0, 2.0},
    {"group_norm(1x40x48xf32, 48xf32, 48xf32) -> 1x40x48xf32 {groups=[3], sizes=[7,29,12], epsilon=[1e-06]}", 1e-5},
    {"layer_norm(2x77x48xf32, 48xf32, 48xf32) -> 2x77x48xf32 {axes=[1], bias=[2], scale=[1], epsilon=[1e-05]}", 5e-6,
     50.0, 1.0},
    {"layer_norm(5x37xf32, 37xf32) -> 5x37xf32 {axes=[1], scale=[1], epsilon=[1e-05]} epilogue gelu(acc)", 2e-6},
    {"layer_norm(3x4x6xf32, 4x6xf32, 4x6xf32, 6xf32) -> 3x4x6xf32 {axes=[2], bias=[2], scale=[1], epsilon=[1e-05]} "
     "epilogue mul(acc, in3)",
     2e-6},
    {"layer_norm(4x5x6xf32) -> 4x5x6xf32 {axes=[3], epsilon=[1e-05]}", 2e-6},
    {"layer_norm(2x640x40xf32, 40xf32, 40xf32, 2x640x40xf32) -> 2x640x40xf32 {axes=[1], bias=[2], scale=[1], "
     "epsilon=[1e-05]} epilogue add(acc, in3)",
     2e-6},
    {"rms_norm(3x9x40xf32, 40xf32) -> 3x9x40xf32 {axes=[1], scale=[1], epsilon=[1e-06]}", 2e-6},
    {"rms_norm(6x1xf32, 1xf32) -> 6x1xf32 {axes=[1], scale=[1], epsilon=[1e-06]}", 2e-6},
    {"softmax(2x3x77xf32) -> 2x3x77xf32 {}", 2e-6, 0, 4.0},
    {"softmax(5x1xf32) -> 5x1xf32 {}", 2e-6},
    {"softmax(3xf32) -> 3xf32 {} epilogue mul(acc, 2.0:f32)", 2e-6},
    {"softmax(40x1030xf32) -> 40x1030xf32 {}", 2e-6, 60.0, 10.0},
};

//===----------------------------------------------------------------------===//
// Elementwise: shapes, broadcasts and types. Functions have a test of their own.
//===----------------------------------------------------------------------===//

static const KernelRow elementwise[] = {
    {"elementwise(2x4xf32, 4xf32) -> 2x4xf32 {} epilogue add(in0, in1)", 1e-7},
    {"elementwise(3x5x7xf32, 5x1xf32) -> 3x5x7xf32 {} epilogue mul(in0, in1)", 1e-7},
    {"elementwise(2x5x3x32xf32, 2x1x1x32xf32, f32) -> 2x5x3x32xf32 {} epilogue mul(add(in0, in1), in2)", 1e-6},
    {"elementwise(2x1x3x1x5xf32, 4x1x2x5xf32) -> 2x4x3x2x5xf32 {} epilogue sub(in0, in1)", 1e-7},
    {"elementwise(4099xf32, 4099xf32) -> 4099xf32 {} epilogue div(in0, add(abs(in1), 1.0:f32))", 1e-6},
    {"elementwise(2x33x40x30xf32, 2x33x40x30xf32, 30xf32) -> 2x33x40x30xf32 {} epilogue mul(silu(add(in0, in2)), in1)",
     1e-6},
    {"elementwise(1x50000xf32, 50000xf32) -> 1x50000xf32 {} epilogue max(in0, in1)", 0},
    {"elementwise(4x6xf32[12,2]) -> 4x6xf32[10,1] {} epilogue add(in0, 1.0:f32)", 1e-7},
    {"elementwise(3x64xf32[128,1]) -> 3x64xf32 {} epilogue relu(in0)", 0},
    {"elementwise() -> 3x5xf32 {} epilogue 1.5:f32", 0},
    {"elementwise(f32) -> f32 {} epilogue neg(in0)", 0},
    {"elementwise(9xf32) -> 9xf32 {} epilogue {in0; sigmoid(%0); mul(%0, %1)}", 1e-6},
    {"elementwise(13xi64, 13xi64) -> 13xi64 {} epilogue add(mul(in0, in1), 7:i64)", 0, 0, 1, 1000},
    {"elementwise(13xi32, i32) -> 13xi32 {} epilogue div(in0, max(in1, 1:i32))", 0, 0, 1, 50},
    {"elementwise(3x9xi64, 9xi64) -> 3x9xi1 {} epilogue less_equal(in0, in1)", 0, 0, 1, 5},
    {"elementwise(3x9xi1, 9xi1) -> 3x9xi1 {} epilogue or(not(in0), in1)", 0},
    {"elementwise(4x17xi1, 17xf32, 4x1xf32) -> 4x17xf32 {} epilogue select(in0, in1, in2)", 0},
    {"elementwise(17xf32) -> 17xi64 {} epilogue cast<i64>(mul(in0, 10.0:f32))", 0},
    {"elementwise(17xi64) -> 17xf32 {} epilogue cast<f32>(in0)", 0, 0, 1, 100000},
    {"elementwise(17xi32, 17xf32) -> 17xi1 {} epilogue and(cast<i1>(in0), greater(in1, 0.0:f32))", 0, 0, 1, 2},
    {"elementwise(21xu8) -> 21xf32 {} epilogue mul(cast<f32>(in0), 0.00392156862745098:f32)", 1e-7, 0, 1, 256},
    {"elementwise(21xf32) -> 21xu8 {} epilogue cast<u8>(min(max(mul(in0, 100.0:f32), 0.0:f32), 255.0:f32))", 0},
    {"elementwise(21xi8) -> 21xi32 {} epilogue sub(cast<i32>(in0), 3:i32)", 0, 0, 1, 100},
    {"elementwise(30xf32) -> 30xf16 {} epilogue cast<f16>(in0)", 0},
    {"elementwise(30xf16) -> 30xf32 {} epilogue cast<f32>(in0)", 0},
};

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

static const KernelRow reductions[] = {
    {"reduce.mean(2x8x4xf32) -> 2x1x4xf32 {axes=[1]}", 1e-6},
    {"reduce.sum(5x37xf32) -> 5x1xf32 {axes=[1]}", 1e-6},
    {"reduce.sum(300x400xf32) -> 1x1xf32 {axes=[0,1]}", 1e-5, 1.0}, // else the sum cancels, its error does not
    {"reduce.mean(2x700x48xf32) -> 2x1x48xf32 {axes=[1]}", 1e-5},
    {"reduce.max(3x4x5x6xf32) -> 3x1x5x1xf32 {axes=[1,3]}", 0},
    {"reduce.min(3x4x5x6xf32) -> 1x4x1x6xf32 {axes=[0,2]}", 0},
    {"reduce.prod(4x3xf32) -> 4x1xf32 {axes=[1]} epilogue neg(acc)", 1e-6},
    {"reduce.mean(2x64x64x9xf32) -> 2x1x1x9xf32 {axes=[1,2]} epilogue sqrt(add(abs(acc), 1.0:f32))", 1e-5},
    {"reduce.sum(7x5xf32) -> 7x5xf32 {axes=[]}", 0},
    {"reduce.sum(6x33xi64) -> 6x1xi64 {axes=[1]}", 0, 0, 1, 1000},
    {"reduce.max(9x16xi32) -> 1x16xi32 {axes=[0]}", 0, 0, 1, 1000},
    {"reduce.max(3x7xi1) -> 3x1xi1 {axes=[1]}", 0},
    {"reduce.sum(4x100xf32) -> 4x1xf32 {axes=[1]} prologue square(acc) epilogue sqrt(acc)", 1e-6},
    {"arg_reduce.max(2x77xi64) -> 2x1xi64 {axis=[1], select_last=[0]}", 0, 0, 1, 20},
    {"arg_reduce.max(2x77xi64) -> 2x1xi64 {axis=[1], select_last=[1]}", 0, 0, 1, 20},
    {"arg_reduce.min(3x11x19xf32) -> 3x1x19xi64 {axis=[1], select_last=[0]}", 0},
    {"cum_sum(3x50xf32) -> 3x50xf32 {axis=[1], exclusive=[0], reverse=[0]}", 2e-6},
    {"cum_sum(7x20xf32) -> 7x20xf32 {axis=[0], exclusive=[1], reverse=[1]}", 2e-6},
    {"cum_sum(2x9x3xi64) -> 2x9x3xi64 {axis=[1], exclusive=[1], reverse=[0]}", 0, 0, 1, 100},
};

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

static const KernelRow movement[] = {
    {"gather(50x33xf32, 2x7xi64) -> 2x7x33xf32 {axis=[0]}", 0, 0, 1, 60},
    {"gather(4x9x5xf32, 3xi32) -> 4x3x5xf32 {axis=[1]}", 0, 0, 1, 9},
    {"gather(4x9xf32, i64) -> 4xf32 {axis=[1]}", 0, 0, 1, 9},
    {"gather(40xi64, 5xi64) -> 5xi64 {axis=[0]}", 0, 0, 1, 40},
    {"gather(77x64xf32, 77xi64, 77x64xf32) -> 77x64xf32 {axis=[0]} epilogue add(acc, in2)", 1e-7, 0, 1, 77},
    {"concat(2x8x4xf32, 2x8x6xf32) -> 2x8x10xf32 {axis=[2]}", 0},
    {"concat(2x3x5xf32, 2x1x5xf32, 2x4x5xf32) -> 2x8x5xf32 {axis=[1]}", 0},
    {"concat(3x7xi64, 1x7xi64) -> 4x7xi64 {axis=[0]}", 0, 0, 1, 1000},
    {"concat(2x16x16x40xf32, 2x16x16x24xf32, 64xf32) -> 2x16x16x64xf32 {axis=[3], pieces=[2]} epilogue silu(add(acc, "
     "in2))",
     1e-6},
    {"concat(1x1xi1, 1x2xi1) -> 1x3xi1 {axis=[1]}", 0},
    {"concat(2x5x3xf32[30,6,1], 2x5x3xf32) -> 2x5x6xf32[60,12,1] {axis=[2]}", 0},
    {"slice(2x8x10xf32) -> 2x8x4xf32 {starts=[0,7,6], steps=[1,-1,1]}", 0},
    {"slice(6x9x5xf32) -> 2x9x5xf32 {starts=[3,0,0], steps=[1,1,1]} epilogue gelu(acc)", 1e-6},
    {"slice(30xi64) -> 7xi64 {starts=[2], steps=[4]}", 0, 0, 1, 1000},
    {"slice(3x40xf32) -> 3x20xf32 {starts=[0,20], steps=[1,1]}", 0},
    {"transpose(2x3x5xf32) -> 5x2x3xf32[6,3,1] {permutation=[2,0,1]}", 0},
    {"transpose(1x40x65x33xf32) -> 1x65x33x40xf32 {permutation=[0,2,3,1]}", 0},
    {"transpose(2x7x9x16xf32) -> 2x16x7x9xf32 {permutation=[0,3,1,2]}", 0},
    {"transpose(2x7x3x8xf32) -> 2x3x7x8xf32 {permutation=[0,2,1,3]}", 0},
    {"transpose(5x6xi64) -> 6x5xi64 {permutation=[1,0]}", 0, 0, 1, 1000},
    {"transpose(3x50x70xf32, 50xf32) -> 3x70x50xf32 {permutation=[0,2,1]} epilogue add(acc, in1)", 1e-7},
    {"pad.constant(2x5x6x8xf32) -> 2x6x7x8xf32 {high=[0,1,1,0], low=[0,0,0,0], value=[0.0]}", 0},
    {"pad.constant(3x5xi64) -> 4x9xi64 {high=[1,1], low=[0,3], value=[-3.0]}", 0, 0, 1, 1000},
    {"pad.reflect(2x3xf32) -> 4x4xf32 {high=[1,1], low=[1,0]}", 0},
    {"pad.edge(1x7x9x5xf32) -> 1x9x12x5xf32 {high=[0,1,2,0], low=[0,1,1,0]} epilogue relu(acc)", 0},
};

//===----------------------------------------------------------------------===//
// Resampling and pooling
//===----------------------------------------------------------------------===//

static const KernelRow sampling[] = {
    {"resize.nearest(1x8x8x4xf32) -> 1x16x16x4xf32 {coordinates=[3], rounding=[2], scales=[1.0,2.0,2.0,1.0]}", 0},
    {"resize.nearest(2x5x7x19xf32) -> 2x8x5x19xf32 {coordinates=[0], rounding=[0], "
     "scales=[1.0,1.6,0.7142857142857143,1.0]}",
     0},
    {"resize.nearest(1x6x6x3xf32) -> 1x9x4x3xf32 {coordinates=[2], rounding=[1], scales=[1.0,1.5,0.6666666666666666,"
     "1.0]}",
     0},
    {"resize.linear(1x5x7x16xf32) -> 1x10x14x16xf32 {coordinates=[0], rounding=[0], scales=[1.0,2.0,2.0,1.0]}", 1e-6},
    {"resize.linear(2x9x4x3xf32) -> 2x4x7x3xf32 {coordinates=[2], rounding=[0], scales=[1.0,0.4444444444444444,1.75,"
     "1.0]} epilogue relu(acc)",
     1e-6},
    {"resize.linear(1x3x6x6xf32) -> 1x3x1x9xf32 {coordinates=[1], rounding=[0], scales=[1.0,1.0,0.16666666666666666,"
     "1.5]}",
     1e-6},
    {"resize.cubic(1x6x5x8xf32) -> 1x12x8x8xf32 {coordinates=[0], rounding=[0], cubic_a=[-0.75], scales=[1.0,2.0,1.6,"
     "1.0]}",
     1e-6},
    {"resize.cubic(2x3x8xf32) -> 2x3x13xf32 {coordinates=[4], rounding=[0], cubic_a=[-0.5], scales=[1.0,1.0,1.65]}",
     1e-6},
    {"pool.max(1x8x9x5xf32) -> 1x4x4x5xf32 {dilations=[1,1], kernel=[2,2], pads=[0,0,0,0], strides=[2,2]}", 0},
    {"pool.max(2x7x7x16xf32) -> 2x4x4x16xf32 {dilations=[1,1], kernel=[3,3], pads=[1,1,1,1], strides=[2,2]}", 0},
    {"pool.average(1x7x6x19xf32) -> 1x7x6x19xf32 {dilations=[1,1], kernel=[3,3], pads=[1,1,1,1], strides=[1,1]}", 1e-6},
    {"pool.average_padded(1x7x6x3xf32) -> 1x4x3x3xf32 {dilations=[1,1], kernel=[3,2], pads=[1,0,1,0], strides=[2,2]} "
     "epilogue relu(acc)",
     1e-6},
    {"pool.average(1x9x8x24xf32) -> 1x5x8x24xf32 {dilations=[2,1], kernel=[3,1], pads=[0,0,0,0], strides=[1,1]}", 1e-6},
    {"pool.average(2x16x16x33xf32) -> 2x1x1x33xf32 {dilations=[1,1], kernel=[16,16], pads=[0,0,0,0], strides=[1,1]}",
     2e-6},
};

//===----------------------------------------------------------------------===//
// Tables to cases
//===----------------------------------------------------------------------===//

KernelKey snap::keyOf(const std::string &text) {
  std::string error;
  std::optional<KernelKey> key = KernelKey::parse(text, error);
  if (key)
    error = key->verify();
  if (!error.empty()) {
    std::fprintf(stderr, "%s\n  in %s\n", error.c_str(), text.c_str());
    std::abort();
  }
  return *key;
}

std::vector<KernelCase> snap::kernelCases() {
  std::vector<KernelCase> cases;
  append(cases, contractions);
  append(cases, blocks);
  append(cases, norms);
  append(cases, elementwise);
  append(cases, reductions);
  append(cases, movement);
  append(cases, sampling);
  return cases;
}

std::vector<KernelCase> snap::inHalf(const std::vector<KernelCase> &cases) {
  std::vector<KernelCase> halves;
  for (KernelCase kernelCase : cases) {
    bool changed = false;
    auto toHalf = [&](TensorSpec &tensor) {
      changed |= tensor.type == ElementType::F32;
      tensor.type = tensor.type == ElementType::F32 ? ElementType::F16 : tensor.type;
    };
    KernelKey &key = kernelCase.key;
    for (TensorSpec &tensor : key.inputs)
      toHalf(tensor);
    toHalf(key.outputs[0]);
    if (auto moments = key.ints.find("norm_moments"); moments != key.ints.end()) // f32 whatever the storage
      for (int64_t input : moments->second)
        key.inputs[input].type = ElementType::F32;
    if (changed)
      halves.push_back(kernelCase);
  }
  return halves;
}

std::vector<KernelCase> snap::kernelCasesF16() { return inHalf(kernelCases()); }
