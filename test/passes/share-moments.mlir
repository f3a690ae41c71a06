// RUN: snap-opt %s --share-moments="everywhere" | FileCheck %s

plan.weight @w : tensor<1x3x3x8x16xf32> {
  %0 = snap.weight "m:w" : tensor<1x3x3x8x16xf32>
  snap.yield %0 : tensor<1x3x3x8x16xf32>
}
plan.weight @m : tensor<1x8x16xf32> {
  %0 = snap.weight "m:m" : tensor<1x8x16xf32>
  snap.yield %0 : tensor<1x8x16xf32>
}
plan.weight @s : tensor<8xf32> {
  %0 = snap.weight "m:s" : tensor<8xf32>
  snap.yield %0 : tensor<8xf32>
}

// A row of the image is a block: 4 of 6 pixels. Both norms take the same moments.
// CHECK-LABEL: plan.program @shared
// CHECK: %[[Y:.*]] = plan.alloc : memref<1x4x6x8xf32>
// CHECK: %[[M:.*]] = plan.alloc : memref<1x4x2x8xf32>
// CHECK: plan.call "conv2d.direct(1x4x6x8xf32, 1x3x3x8x16xf32) -> 1x4x6x8xf32, 1x4x2x8xf32 {channels=[8], dilations=[1,1], groups=[1], moments=[1,6], pads=[1,1,1,1], strides=[1,1]}"
// CHECK-SAME: (%{{.*}}, %{{.*}}) -> (%[[Y]], %[[M]]) {block = "down.0"}
// CHECK: plan.call "group_norm(1x4x6x8xf32, 8xf32, 8xf32, 1x4x2x8xf32) -> 1x4x6x8xf32 {groups=[2], norm_moments=[3], epsilon=[1e-05]}"
// CHECK-SAME: (%[[Y]], %{{.*}}, %{{.*}}, %[[M]])
// CHECK: plan.call "matmul(1x24x8xf32, 1x8x16xf32, 8xf32, 8xf32, 1x4x2x8xf32) -> 1x24x8xf32 {columns=[8], norm=[2,2,3], norm_moments=[4], packed=[1], epsilon=[1e-05]}"
// CHECK-SAME: (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[M]])
plan.program @shared {
  %x = plan.input "x" : memref<1x4x6x8xf32>
  %w = plan.data @w : memref<1x3x3x8x16xf32>
  %m = plan.data @m : memref<1x8x16xf32>
  %s = plan.data @s : memref<8xf32>
  %y = plan.alloc : memref<1x4x6x8xf32>
  plan.call "conv2d.direct(1x4x6x8xf32, 1x3x3x8x16xf32) -> 1x4x6x8xf32 {channels=[8], dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}" (%x, %w) -> (%y) {block = "down.0"} : memref<1x4x6x8xf32>, memref<1x3x3x8x16xf32> -> memref<1x4x6x8xf32>
  %z = plan.alloc : memref<1x4x6x8xf32>
  plan.call "group_norm(1x4x6x8xf32, 8xf32, 8xf32) -> 1x4x6x8xf32 {groups=[2], epsilon=[1e-05]}" (%y, %s, %s) -> (%z) : memref<1x4x6x8xf32>, memref<8xf32>, memref<8xf32> -> memref<1x4x6x8xf32>
  %v = plan.view %y : memref<1x4x6x8xf32> -> memref<1x24x8xf32>
  %p = plan.alloc : memref<1x24x8xf32>
  plan.call "matmul(1x24x8xf32, 1x8x16xf32, 8xf32, 8xf32) -> 1x24x8xf32 {columns=[8], norm=[2,2,3], packed=[1], epsilon=[1e-05]}" (%v, %m, %s, %s) -> (%p) : memref<1x24x8xf32>, memref<1x8x16xf32>, memref<8xf32>, memref<8xf32> -> memref<1x24x8xf32>
  plan.output "z" %z : memref<1x4x6x8xf32>
  plan.output "p" %p : memref<1x24x8xf32>
}

// Two images of 15 points, merged in the product's 30 rows: a block of 2 would hold points of both, so 3.
// CHECK-LABEL: plan.program @merged
// CHECK: plan.call "matmul(30x8xf32, 1x8x16xf32) -> 30x8xf32, 10x2x8xf32 {columns=[8], moments=[3], packed=[1]}"
// CHECK: plan.call "group_norm(2x3x5x8xf32, 8xf32, 8xf32, 10x2x8xf32) -> 2x3x5x8xf32 {groups=[2], norm_moments=[3], epsilon=[1e-05]}"
plan.program @merged {
  %x = plan.input "x" : memref<30x8xf32>
  %m = plan.data @m : memref<1x8x16xf32>
  %s = plan.data @s : memref<8xf32>
  %y = plan.alloc : memref<30x8xf32>
  plan.call "matmul(30x8xf32, 1x8x16xf32) -> 30x8xf32 {columns=[8], packed=[1]}" (%x, %m) -> (%y) : memref<30x8xf32>, memref<1x8x16xf32> -> memref<30x8xf32>
  %v = plan.view %y : memref<30x8xf32> -> memref<2x3x5x8xf32>
  %z = plan.alloc : memref<2x3x5x8xf32>
  plan.call "group_norm(2x3x5x8xf32, 8xf32, 8xf32) -> 2x3x5x8xf32 {groups=[2], epsilon=[1e-05]}" (%v, %s, %s) -> (%z) : memref<2x3x5x8xf32>, memref<8xf32>, memref<8xf32> -> memref<2x3x5x8xf32>
  plan.output "z" %z : memref<2x3x5x8xf32>
}

// Joined inputs have moments of their own; one of an input of the program has none, so the norm reads both itself and
// nobody makes any.
// CHECK-LABEL: plan.program @joined
// CHECK: plan.call "matmul(4x2x8xf32, 1x8x16xf32) -> 4x2x8xf32, 4x1x2x8xf32 {columns=[8], moments=[2], packed=[1]}"
// CHECK-SAME: -> (%[[A:.*]], %[[MA:.*]]) :
// CHECK: plan.call "matmul(4x2x8xf32, 1x8x16xf32) -> 4x2x4xf32, 4x1x2x4xf32 {columns=[4], moments=[2], packed=[1]}"
// CHECK-SAME: -> (%[[B:.*]], %[[MB:.*]]) :
// CHECK: plan.call "matmul(4x2x8xf32, 1x12x16xf32, 12xf32, 12xf32, 4x2x4xf32, 4x1x2x8xf32, 4x1x2x4xf32) -> 4x2x8xf32 {columns=[8], joined=[4], norm=[2,2,3], norm_moments=[5,6], packed=[1], epsilon=[1e-05]}"
// CHECK-SAME: (%[[A]], %{{.*}}, %{{.*}}, %{{.*}}, %[[B]], %[[MA]], %[[MB]])
// CHECK: plan.call "matmul(4x2x8xf32, 1x8x16xf32) -> 4x2x4xf32 {columns=[4], packed=[1]}"
// CHECK: plan.call "matmul(4x2x8xf32, 1x12x16xf32, 12xf32, 12xf32, 4x2x4xf32) -> 4x2x8xf32 {columns=[8], joined=[4], norm=[2,2,3], packed=[1], epsilon=[1e-05]}"
plan.program @joined {
  %x = plan.input "x" : memref<4x2x8xf32>
  %n = plan.input "n" : memref<1x12x16xf32>
  %t = plan.input "t" : memref<12xf32>
  %m = plan.data @m : memref<1x8x16xf32>
  %a = plan.alloc : memref<4x2x8xf32>
  plan.call "matmul(4x2x8xf32, 1x8x16xf32) -> 4x2x8xf32 {columns=[8], packed=[1]}" (%x, %m) -> (%a) : memref<4x2x8xf32>, memref<1x8x16xf32> -> memref<4x2x8xf32>
  %b = plan.alloc : memref<4x2x4xf32>
  plan.call "matmul(4x2x8xf32, 1x8x16xf32) -> 4x2x4xf32 {columns=[4], packed=[1]}" (%x, %m) -> (%b) : memref<4x2x8xf32>, memref<1x8x16xf32> -> memref<4x2x4xf32>
  %y = plan.alloc : memref<4x2x8xf32>
  plan.call "matmul(4x2x8xf32, 1x12x16xf32, 12xf32, 12xf32, 4x2x4xf32) -> 4x2x8xf32 {columns=[8], joined=[4], norm=[2,2,3], packed=[1], epsilon=[1e-05]}" (%a, %n, %t, %t, %b) -> (%y) : memref<4x2x8xf32>, memref<1x12x16xf32>, memref<12xf32>, memref<12xf32>, memref<4x2x4xf32> -> memref<4x2x8xf32>
  %c = plan.alloc : memref<4x2x4xf32>
  plan.call "matmul(4x2x8xf32, 1x8x16xf32) -> 4x2x4xf32 {columns=[4], packed=[1]}" (%x, %m) -> (%c) : memref<4x2x8xf32>, memref<1x8x16xf32> -> memref<4x2x4xf32>
  %z = plan.alloc : memref<4x2x8xf32>
  plan.call "matmul(4x2x8xf32, 1x12x16xf32, 12xf32, 12xf32, 4x2x4xf32) -> 4x2x8xf32 {columns=[8], joined=[4], norm=[2,2,3], packed=[1], epsilon=[1e-05]}" (%x, %n, %t, %t, %c) -> (%z) : memref<4x2x8xf32>, memref<1x12x16xf32>, memref<12xf32>, memref<12xf32>, memref<4x2x4xf32> -> memref<4x2x8xf32>
  plan.output "y" %y : memref<4x2x8xf32>
  plan.output "z" %z : memref<4x2x8xf32>
}

// None: a part of what was written, one row read for two, a kernel that makes no moments.
// CHECK-LABEL: plan.program @kept
// CHECK-NOT: moments
// CHECK: plan.output
plan.program @kept {
  %x = plan.input "x" : memref<32x8xf32>
  %m = plan.data @m : memref<1x8x16xf32>
  %s = plan.data @s : memref<8xf32>
  %y = plan.alloc : memref<32x8xf32>
  plan.call "matmul(32x8xf32, 1x8x16xf32) -> 32x8xf32 {columns=[8], packed=[1]}" (%x, %m) -> (%y) : memref<32x8xf32>, memref<1x8x16xf32> -> memref<32x8xf32>
  %v = plan.view %y : memref<32x8xf32> -> memref<1x16x8xf32>
  %a = plan.alloc : memref<1x16x8xf32>
  plan.call "group_norm(1x16x8xf32, 8xf32, 8xf32) -> 1x16x8xf32 {groups=[2], epsilon=[1e-05]}" (%v, %s, %s) -> (%a) : memref<1x16x8xf32>, memref<8xf32>, memref<8xf32> -> memref<1x16x8xf32>
  %b = plan.alloc : memref<2x32x8xf32>
  plan.call "group_norm(2x32x8xf32[0,8,1], 8xf32, 8xf32) -> 2x32x8xf32 {groups=[2], epsilon=[1e-05]}" (%y, %s, %s) -> (%b) : memref<32x8xf32>, memref<8xf32>, memref<8xf32> -> memref<2x32x8xf32>
  %c = plan.alloc : memref<2x32x8xf32>
  plan.call "group_norm(2x32x8xf32, 8xf32, 8xf32) -> 2x32x8xf32 {groups=[2], epsilon=[1e-05]}" (%b, %s, %s) -> (%c) : memref<2x32x8xf32>, memref<8xf32>, memref<8xf32> -> memref<2x32x8xf32>
  plan.output "a" %a : memref<1x16x8xf32>
  plan.output "c" %c : memref<2x32x8xf32>
}
