// RUN: snap-opt --choose-layouts --split-input-file %s | FileCheck %s

// A ResNet block's start: only the program's input and output are transposed.
// CHECK-LABEL: @resnet
// CHECK-DAG: %[[X:.*]] = snap.transpose %arg0 {permutation = array<i64: 0, 2, 3, 1>}
// CHECK: snap.group_norm %[[X]], %{{.*}} {epsilon = {{.*}}, groups = 2 : i64, layout = 1 : i32}
// CHECK-NEXT: snap.unary silu
// CHECK: snap.conv2d %{{.*}}, %{{.*}} {{.*}}layout = 1 : i32{{.*}} : (tensor<2x8x8x4xf32>, tensor<4x4x3x3xf32>) -> tensor<2x8x8x4xf32>
// The time embedding's row [2,4,1,1] is [2,1,1,4] by a reshape.
// CHECK: snap.reshape %arg1 : (tensor<2x4xf32>) -> tensor<2x1x1x4xf32>
// CHECK-NOT: snap.transpose
// CHECK: %[[SUM:.*]] = snap.binary add
// CHECK: %[[OUT:.*]] = snap.binary add %[[X]]
// CHECK-NEXT: snap.transpose %[[OUT]] {permutation = array<i64: 0, 3, 1, 2>}
// CHECK-NEXT: return
func.func @resnet(%x: tensor<2x4x8x8xf32>, %time: tensor<2x4xf32>) -> tensor<2x4x8x8xf32> {
  %s = snap.weight "s" : tensor<4xf32>
  %w = snap.weight "w" : tensor<4x4x3x3xf32>
  %0 = snap.group_norm %x, %s, %s {groups = 2 : i64, epsilon = 1.000000e-05 : f64} : (tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x8x8xf32>
  %1 = snap.unary silu %0 : (tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  %2 = snap.conv2d %1, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x4x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<2x4x8x8xf32>
  %3 = snap.reshape %time : (tensor<2x4xf32>) -> tensor<2x4x1x1xf32>
  %4 = snap.binary add %2, %3 : (tensor<2x4x8x8xf32>, tensor<2x4x1x1xf32>) -> tensor<2x4x8x8xf32>
  %5 = snap.binary add %x, %4 : (tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32>
  return %5 : tensor<2x4x8x8xf32>
}

// -----

// Into a transformer block and out of it: permute + reshape are one reshape.
// CHECK-LABEL: @tokens
// CHECK: %[[X:.*]] = snap.transpose %arg0
// CHECK: %[[C:.*]] = snap.conv2d %[[X]]
// CHECK-NEXT: %[[T:.*]] = snap.reshape %[[C]] : (tensor<2x4x4x8xf32>) -> tensor<2x16x8xf32>
// CHECK-NEXT: %[[S:.*]] = snap.softmax %[[T]]
// CHECK-NEXT: %[[I:.*]] = snap.reshape %[[S]] : (tensor<2x16x8xf32>) -> tensor<2x4x4x8xf32>
// CHECK-NEXT: %[[D:.*]] = snap.conv2d %[[I]]
// CHECK-NEXT: snap.transpose %[[D]]
// CHECK-NOT: snap.transpose
func.func @tokens(%x: tensor<2x8x4x4xf32>) -> tensor<2x8x4x4xf32> {
  %w = snap.weight "w" : tensor<8x8x1x1xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<2x8x4x4xf32>
  %1 = snap.transpose %0 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<2x8x4x4xf32>) -> tensor<2x4x4x8xf32>
  %2 = snap.reshape %1 : (tensor<2x4x4x8xf32>) -> tensor<2x16x8xf32>
  %3 = snap.softmax %2 {axis = 2 : i64} : (tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  %4 = snap.reshape %3 : (tensor<2x16x8xf32>) -> tensor<2x4x4x8xf32>
  %5 = snap.transpose %4 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<2x4x4x8xf32>) -> tensor<2x8x4x4xf32>
  %6 = snap.conv2d %5, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<2x8x4x4xf32>
  return %6 : tensor<2x8x4x4xf32>
}

// -----

// The decoder's attention flattens first: a group norm over [N,C,L], then [N,L,C].
// CHECK-LABEL: @flattened_norm
// CHECK: %[[X:.*]] = snap.transpose %arg0
// CHECK: snap.reshape %{{.*}} : (tensor<1x4x4x8xf32>) -> tensor<1x16x8xf32>
// CHECK-NEXT: snap.group_norm {{.*}}layout = 1 : i32
// CHECK-NEXT: return
func.func @flattened_norm(%x: tensor<1x8x4x4xf32>) -> tensor<1x16x8xf32> {
  %s = snap.weight "s" : tensor<8xf32>
  %p = snap.pool max %x {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %0 = snap.reshape %p : (tensor<1x8x4x4xf32>) -> tensor<1x8x16xf32>
  %1 = snap.group_norm %0, %s, %s {groups = 4 : i64, epsilon = 1.000000e-05 : f64} : (tensor<1x8x16xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x16xf32>
  %2 = snap.transpose %1 {permutation = array<i64: 0, 2, 1>} : (tensor<1x8x16xf32>) -> tensor<1x16x8xf32>
  return %2 : tensor<1x16x8xf32>
}

// -----

// Axes, starts, pads and scales follow the dimensions: channels are dimension 3 now.
// CHECK-LABEL: @attributes
// CHECK: %[[UP:.*]] = snap.upsample
// CHECK: snap.concat %{{.*}}, %{{.*}} {axis = 3 : i64} : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) -> tensor<1x4x4x4xf32>
// CHECK: snap.slice %{{.*}} {starts = array<i64: 0, 0, 1, 2>, steps = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x4xf32>) -> tensor<1x4x3x2xf32>
// CHECK: snap.pad constant %{{.*}} {high = array<i64: 0, 1, 2, 0>, low = array<i64: 0, 0, 0, 0>} : (tensor<1x4x3x2xf32>) -> tensor<1x5x5x2xf32>
// CHECK: snap.resize linear %{{.*}} {scales = array<f64: 1.000000e+00, 2.000000e+00, 1.000000e+00, 1.000000e+00>} : (tensor<1x5x5x2xf32>) -> tensor<1x10x5x2xf32>
// CHECK: snap.reduce mean %{{.*}} {axes = array<i64: 1, 2>} : (tensor<1x10x5x2xf32>) -> tensor<1x1x1x2xf32>
// CHECK-NOT: snap.transpose
// CHECK: return
func.func @attributes(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x1x1xf32> {
  %0 = snap.upsample %x {factor = 2 : i64} : (tensor<1x2x2x2xf32>) -> tensor<1x2x4x4xf32>
  %1 = snap.concat %0, %0 {axis = 1 : i64} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32>
  %2 = snap.slice %1 {starts = array<i64: 0, 2, 0, 1>, steps = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x4xf32>) -> tensor<1x2x4x3xf32>
  %3 = snap.pad constant %2 {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 0, 1, 2>} : (tensor<1x2x4x3xf32>) -> tensor<1x2x5x5xf32>
  %4 = snap.resize linear %3 {scales = array<f64: 1.0, 1.0, 2.0, 1.0>} : (tensor<1x2x5x5xf32>) -> tensor<1x2x10x5xf32>
  %5 = snap.reduce mean %4 {axes = array<i64: 2, 3>} : (tensor<1x2x10x5xf32>) -> tensor<1x2x1x1xf32>
  return %5 : tensor<1x2x1x1xf32>
}

// -----

// An activation that is not channels-last would have to be transposed: the
// transpose stays above the addition.
// CHECK-LABEL: @mixed
// CHECK: %[[P:.*]] = snap.upsample
// CHECK-NEXT: %[[T:.*]] = snap.transpose %[[P]]
// CHECK-NEXT: snap.binary add %[[T]], %arg1
func.func @mixed(%x: tensor<1x2x2x2xf32>, %y: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %0 = snap.upsample %x {factor = 2 : i64} : (tensor<1x2x2x2xf32>) -> tensor<1x2x4x4xf32>
  %1 = snap.binary add %0, %y : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// -----

// The end of the decoder's attention: [1,16,8] tokens back to an image, then
// the residual. The reshape goes below it, so that all becomes one kernel.
// CHECK-LABEL: @reshape_before_residual
// CHECK: %[[M:.*]] = snap.matmul
// CHECK-NEXT: %[[B:.*]] = snap.binary add %[[M]]
// CHECK-NEXT: %[[R:.*]] = snap.reshape %arg1 : (tensor<1x4x4x8xf32>) -> tensor<1x16x8xf32>
// CHECK-NEXT: %[[S:.*]] = snap.binary add %[[B]], %[[R]]
// CHECK-NEXT: snap.reshape %[[S]] : (tensor<1x16x8xf32>) -> tensor<1x4x4x8xf32>
// CHECK-NEXT: return
func.func @reshape_before_residual(%x: tensor<1x16x8xf32>, %residual: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
  %w = snap.weight "w" : tensor<8x8xf32>
  %b = snap.weight "b" : tensor<8xf32>
  %0 = snap.matmul %x, %w : (tensor<1x16x8xf32>, tensor<8x8xf32>) -> tensor<1x16x8xf32>
  %1 = snap.reshape %0 : (tensor<1x16x8xf32>) -> tensor<1x4x4x8xf32>
  %2 = snap.binary add %1, %b : (tensor<1x4x4x8xf32>, tensor<8xf32>) -> tensor<1x4x4x8xf32>
  %3 = snap.binary add %2, %residual : (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  return %3 : tensor<1x4x4x8xf32>
}
