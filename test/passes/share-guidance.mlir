// RUN: snap-opt %s --split-input-file --share-guidance="from=step sample=x prompt=c" | FileCheck %s

// The convolution of the latents is the same for both rows; the prompt's row
// repeats it as numpy does.
// CHECK-LABEL: func.func @step(
// CHECK-SAME: %[[X:arg[0-9]+]]: tensor<1x4x8x8xf32> {snap.name = "x"}
// CHECK-SAME: %[[C:arg[0-9]+]]: tensor<2x16x1x1xf32> {snap.name = "c"}
// CHECK: %[[W:.*]] = snap.weight
// CHECK-NEXT: %[[CONV:.*]] = snap.conv2d %[[X]], %[[W]] {{.*}} -> tensor<1x16x8x8xf32>
// CHECK-NEXT: %[[SUM:.*]] = snap.binary add %[[CONV]], %[[C]] : (tensor<1x16x8x8xf32>, tensor<2x16x1x1xf32>) -> tensor<2x16x8x8xf32>
// CHECK-NEXT: return %[[SUM]]
func.func @step(%x: tensor<2x4x8x8xf32> {snap.name = "x"}, %c: tensor<2x16x1x1xf32> {snap.name = "c"}) -> (tensor<2x16x8x8xf32> {snap.name = "y"}) {
  %w = snap.weight "w" : tensor<16x4x3x3xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x4x8x8xf32>, tensor<16x4x3x3xf32>) -> tensor<2x16x8x8xf32>
  %1 = snap.binary add %0, %c : (tensor<2x16x8x8xf32>, tensor<2x16x1x1xf32>) -> tensor<2x16x8x8xf32>
  return %1 : tensor<2x16x8x8xf32>
}

// -----

// The timestep's repetition is shared too; queries are broadcast where they meet the prompt's keys.
// CHECK-LABEL: func.func @step(
// CHECK-SAME: %[[X:arg[0-9]+]]: tensor<1x8x4xf32> {snap.name = "x"}, %[[T:arg[0-9]+]]: tensor<1xf32> {snap.name = "t"}, %[[K:arg[0-9]+]]: tensor<2x7x4xf32>
// CHECK-NEXT: %[[B:.*]] = snap.broadcast %[[T]] : (tensor<1xf32>) -> tensor<1xf32>
// CHECK-NEXT: %[[R:.*]] = snap.reshape %[[B]] : (tensor<1xf32>) -> tensor<1x1x1xf32>
// CHECK-NEXT: %[[SUM:.*]] = snap.binary add %[[X]], %[[R]] : {{.*}} -> tensor<1x8x4xf32>
// CHECK-NEXT: %[[Q:.*]] = snap.broadcast %[[SUM]] : (tensor<1x8x4xf32>) -> tensor<2x8x4xf32>
// CHECK-NEXT: %[[A:.*]] = snap.attention %[[Q]], %[[K]], %[[K]]
// CHECK-NEXT: snap.binary add %[[SUM]], %[[A]] : (tensor<1x8x4xf32>, tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
func.func @step(%x: tensor<2x8x4xf32> {snap.name = "x"}, %t: tensor<1xf32> {snap.name = "t"}, %c: tensor<2x7x4xf32> {snap.name = "c"}) -> (tensor<2x8x4xf32> {snap.name = "y"}) {
  %0 = snap.broadcast %t : (tensor<1xf32>) -> tensor<2xf32>
  %1 = snap.reshape %0 : (tensor<2xf32>) -> tensor<2x1x1xf32>
  %2 = snap.binary add %x, %1 : (tensor<2x8x4xf32>, tensor<2x1x1xf32>) -> tensor<2x8x4xf32>
  %3 = snap.attention %2, %c, %c {heads = 1 : i64, scale = 0.5 : f64} : (tensor<2x8x4xf32>, tensor<2x7x4xf32>, tensor<2x7x4xf32>) -> tensor<2x8x4xf32>
  %4 = snap.binary add %2, %3 : (tensor<2x8x4xf32>, tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  return %4 : tensor<2x8x4xf32>
}

// -----

// What mixes rows is left for the pair: here they are summed.
// CHECK-LABEL: func.func @step(
// CHECK: %[[PAIR:.*]] = snap.broadcast %{{.*}} : (tensor<1x4xf32>) -> tensor<2x4xf32>
// CHECK: snap.reduce sum %[[PAIR]] {axes = array<i64: 0>} : (tensor<2x4xf32>) -> tensor<1x4xf32>
func.func @step(%x: tensor<2x4xf32> {snap.name = "x"}, %c: tensor<2x4xf32> {snap.name = "c"}) -> (tensor<2x4xf32> {snap.name = "y"}) {
  %0 = snap.unary silu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = snap.reduce sum %0 {axes = array<i64: 0>} : (tensor<2x4xf32>) -> tensor<1x4xf32>
  %2 = snap.binary add %1, %c : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}
