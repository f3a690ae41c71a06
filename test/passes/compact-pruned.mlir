// RUN: snap-opt %s --pass-pipeline='builtin.module(compact-pruned)' | FileCheck %s

// Channel 1 of three is zero: filters lose it where it is made and where it is read.
// CHECK-LABEL: @zero_filter
// CHECK: %[[W1:.*]] = snap.slice %{{.*}} {starts = array<i64: 0, 0, 0, 0>, steps = array<i64: 2, 1, 1, 1>} : (tensor<3x1x1x1xf32>) -> tensor<2x1x1x1xf32>
// CHECK: %[[H:.*]] = snap.conv2d %{{.*}}, %[[W1]] {{.*}} -> tensor<1x2x8x8xf32>
// CHECK: %[[B:.*]] = snap.slice %{{.*}} {starts = array<i64: 0, 0, 0>, steps = array<i64: 2, 1, 1>} : (tensor<3x1x1xf32>) -> tensor<2x1x1xf32>
// CHECK: snap.binary add %[[H]], %[[B]]
// CHECK: snap.unary silu {{.*}} tensor<1x2x8x8xf32>
// CHECK: %[[W2:.*]] = snap.slice %{{.*}} {starts = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 2, 1, 1>} : (tensor<4x3x1x1xf32>) -> tensor<4x2x1x1xf32>
// CHECK: snap.conv2d %{{.*}}, %[[W2]] {{.*}} -> tensor<1x4x8x8xf32>
func.func @zero_filter(%x: tensor<1x1x8x8xf32>) -> tensor<1x4x8x8xf32> {
  %w1 = snap.constant dense<[[[[1.0]]], [[[0.0]]], [[[2.0]]]]> : tensor<3x1x1x1xf32>
  %b1 = snap.constant dense<[[[1.0]], [[-0.0]], [[2.0]]]> : tensor<3x1x1xf32>
  %w2 = snap.weight "w2" : tensor<4x3x1x1xf32>
  %0 = snap.conv2d %x, %w1 {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x1x8x8xf32>, tensor<3x1x1x1xf32>) -> tensor<1x3x8x8xf32>
  %1 = snap.binary add %0, %b1 : (tensor<1x3x8x8xf32>, tensor<3x1x1xf32>) -> tensor<1x3x8x8xf32>
  %2 = snap.unary silu %1 : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32>
  %3 = snap.conv2d %2, %w2 {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  return %3 : tensor<1x4x8x8xf32>
}

// A bias makes the channel alive; so does a function that is not zero at zero.
// CHECK-LABEL: @bias_is_alive
// CHECK: snap.unary silu {{.*}} tensor<2x3xf32>
func.func @bias_is_alive(%x: tensor<2x2xf32>) -> tensor<2x4xf32> {
  %w1 = snap.constant dense<[[1.0, 0.0, 3.0], [4.0, 0.0, 6.0]]> : tensor<2x3xf32>
  %b1 = snap.constant dense<[1.0, 0.5, 2.0]> : tensor<3xf32>
  %w2 = snap.weight "w2" : tensor<3x4xf32>
  %0 = snap.matmul %x, %w1 : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = snap.binary add %0, %b1 : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %2 = snap.unary silu %1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = snap.matmul %2, %w2 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %3 : tensor<2x4xf32>
}

// CHECK-LABEL: @cosine_of_zero
// CHECK: snap.unary cos {{.*}} tensor<2x3xf32>
func.func @cosine_of_zero(%x: tensor<2x2xf32>) -> tensor<2x4xf32> {
  %w1 = snap.constant dense<[[1.0, 0.0, 3.0], [4.0, 0.0, 6.0]]> : tensor<2x3xf32>
  %w2 = snap.weight "w2" : tensor<3x4xf32>
  %0 = snap.matmul %x, %w1 : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = snap.unary cos %0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = snap.matmul %1, %w2 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// Not zero, but row 2 of the matrix that reads it is.
// CHECK-LABEL: @read_by_nobody
// CHECK: snap.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: snap.matmul {{.*}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
func.func @read_by_nobody(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w1 = snap.weight "w1" : tensor<2x3xf32>
  %w2 = snap.constant dense<[[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]> : tensor<3x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = snap.matmul %0, %w2 : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

// Channels 0 and 3 are zero here; the stream carries channel 0 from elsewhere.
// CHECK-LABEL: @residual_stream
// CHECK: snap.matmul {{.*}} -> tensor<2x3xf32>
// CHECK: snap.matmul {{.*}} -> tensor<2x3xf32>
// CHECK: snap.binary add {{.*}} -> tensor<2x3xf32>
func.func @residual_stream(%x: tensor<2x1xf32>) -> tensor<2x2xf32> {
  %w1 = snap.constant dense<[[1.0, 2.0, 3.0, 0.0]]> : tensor<1x4xf32>
  %w2 = snap.constant dense<[[0.0, 2.0, 3.0, 0.0]]> : tensor<1x4xf32>
  %w3 = snap.weight "w3" : tensor<4x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<2x1xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  %1 = snap.matmul %x, %w2 : (tensor<2x1xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  %2 = snap.binary add %0, %1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %3 = snap.matmul %2, %w3 : (tensor<2x4xf32>, tensor<4x2xf32>) -> tensor<2x2xf32>
  return %3 : tensor<2x2xf32>
}

// A branch that only adds zero goes with all that computes it.
// CHECK-LABEL: @zero_branch
// CHECK-NOT: snap.conv2d
// CHECK: return %arg0
func.func @zero_branch(%x: tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32> {
  %s = snap.weight "s" : tensor<2xf32>
  %w1 = snap.weight "w1" : tensor<4x2x3x3xf32>
  %w2 = snap.constant dense<0.0> : tensor<2x4x1x1xf32>
  %0 = snap.group_norm %x, %s, %s {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32>
  %1 = snap.conv2d %0, %w1 {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x2x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x8x8xf32>
  %2 = snap.conv2d %1, %w2 {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<2x4x1x1xf32>) -> tensor<1x2x8x8xf32>
  %3 = snap.binary add %x, %2 : (tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32>
  return %3 : tensor<1x2x8x8xf32>
}

// Zeros 1, 3, 5 and 7 of 8: each group of 4 keeps 2 and goes on counting 4.
// CHECK-LABEL: @equal_groups
// CHECK: snap.group_norm {{.*}}counted = 4 : i64{{.*}}groups = 2 : i64{{.*}} -> tensor<3x4xf32>
// CHECK-NOT: sizes
func.func @equal_groups(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w1 = snap.constant dense<[[1.0, 0.0, 3.0, 0.0, 5.0, 0.0, 7.0, 0.0]]> : tensor<1x8xf32>
  %s = snap.constant dense<[1.0, 0.0, 3.0, 0.0, 5.0, 0.0, 7.0, 0.0]> : tensor<8xf32>
  %w2 = snap.weight "w2" : tensor<8x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<3x1xf32>, tensor<1x8xf32>) -> tensor<3x8xf32>
  %1 = snap.group_norm %0, %s, %s {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<3x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<3x8xf32>
  %2 = snap.matmul %1, %w2 : (tensor<3x8xf32>, tensor<8x2xf32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// Of three groups of 3 the first keeps 1, the second nothing, the third 2.
// CHECK-LABEL: @unequal_groups
// CHECK: %[[INDEX:.*]] = snap.constant dense<[1, 6, 8]> : tensor<3xi64>
// CHECK: snap.gather %{{.*}}, %[[INDEX]] {axis = 1 : i64} : (tensor<1x9xf32>, tensor<3xi64>) -> tensor<1x3xf32>
// CHECK: snap.group_norm {{.*}}counted = 3 : i64{{.*}}groups = 2 : i64{{.*}}sizes = array<i64: 1, 2>
func.func @unequal_groups(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w1 = snap.constant dense<[[0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 7.0, 0.0, 9.0]]> : tensor<1x9xf32>
  %s = snap.constant dense<[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 7.0, 0.0, 8.0]> : tensor<9xf32>
  %w2 = snap.weight "w2" : tensor<9x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<3x1xf32>, tensor<1x9xf32>) -> tensor<3x9xf32>
  %1 = snap.group_norm %0, %s, %s {groups = 3 : i64, epsilon = 1.0e-5 : f64} : (tensor<3x9xf32>, tensor<9xf32>, tensor<9xf32>) -> tensor<3x9xf32>
  %2 = snap.matmul %1, %w2 : (tensor<3x9xf32>, tensor<9x2xf32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// A group that goes whole leaves a norm of fewer groups; nothing counts what is gone.
// CHECK-LABEL: @whole_group
// CHECK: snap.group_norm {{.*}} {epsilon = 1.000000e-05 : f64, groups = 1 : i64} {{.*}} -> tensor<3x2xf32>
func.func @whole_group(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w1 = snap.constant dense<[[1.0, 2.0, 0.0, 0.0]]> : tensor<1x4xf32>
  %s = snap.constant dense<[1.0, 2.0, 0.0, 0.0]> : tensor<4xf32>
  %w2 = snap.weight "w2" : tensor<4x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<3x1xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
  %1 = snap.group_norm %0, %s, %s {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %2 = snap.matmul %1, %w2 : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// The norm's shift brings channel 1 back to life: it stays.
// CHECK-LABEL: @revived
// CHECK: snap.group_norm {{.*}} -> tensor<3x4xf32>
func.func @revived(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w1 = snap.constant dense<[[1.0, 0.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %s = snap.constant dense<[1.0, 0.0, 1.0, 1.0]> : tensor<4xf32>
  %b = snap.constant dense<[1.0, 0.5, 1.0, 1.0]> : tensor<4xf32>
  %w2 = snap.weight "w2" : tensor<4x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<3x1xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
  %1 = snap.group_norm %0, %s, %b {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %2 = snap.matmul %1, %w2 : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// A layer norm needs every channel of a row.
// CHECK-LABEL: @layer_norm
// CHECK: snap.layer_norm {{.*}} -> tensor<3x4xf32>
func.func @layer_norm(%x: tensor<3x1xf32>) -> tensor<3x2xf32> {
  %w1 = snap.constant dense<[[1.0, 0.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %s = snap.constant dense<[1.0, 0.0, 1.0, 1.0]> : tensor<4xf32>
  %w2 = snap.weight "w2" : tensor<4x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<3x1xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
  %1 = snap.layer_norm %0, %s, %s {axis = 1 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %2 = snap.matmul %1, %w2 : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// The skip's piece is zero whole and is dropped; the other loses a channel.
// CHECK-LABEL: @skip
// CHECK: snap.concat %{{[^,]*}} {axis = 1 : i64} : (tensor<2x2xf32>) -> tensor<2x2xf32>
// CHECK: snap.matmul {{.*}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
func.func @skip(%x: tensor<2x1xf32>) -> tensor<2x2xf32> {
  %w1 = snap.constant dense<[[1.0, 0.0, 3.0]]> : tensor<1x3xf32>
  %w2 = snap.constant dense<0.0> : tensor<1x2xf32>
  %w3 = snap.weight "w3" : tensor<5x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<2x1xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  %1 = snap.matmul %x, %w2 : (tensor<2x1xf32>, tensor<1x2xf32>) -> tensor<2x2xf32>
  %2 = snap.concat %0, %1 {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x2xf32>) -> tensor<2x5xf32>
  %3 = snap.matmul %2, %w3 : (tensor<2x5xf32>, tensor<5x2xf32>) -> tensor<2x2xf32>
  return %3 : tensor<2x2xf32>
}

// A gated product: channel 1 of the gate is zero, so both halves lose it.
// CHECK-LABEL: @gate
// CHECK: snap.matmul {{.*}} -> tensor<2x4xf32>
// CHECK: snap.slice %{{.*}} {starts = array<i64: 0, 0>, {{.*}} : (tensor<2x4xf32>) -> tensor<2x2xf32>
// CHECK: snap.slice %{{.*}} {starts = array<i64: 0, 2>, {{.*}} : (tensor<2x4xf32>) -> tensor<2x2xf32>
func.func @gate(%x: tensor<2x1xf32>) -> tensor<2x2xf32> {
  %w1 = snap.constant dense<[[1.0, 2.0, 3.0, 4.0, 0.0, 6.0]]> : tensor<1x6xf32>
  %w2 = snap.weight "w2" : tensor<3x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<2x1xf32>, tensor<1x6xf32>) -> tensor<2x6xf32>
  %1 = snap.slice %0 {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<2x6xf32>) -> tensor<2x3xf32>
  %2 = snap.slice %0 {starts = array<i64: 0, 3>, steps = array<i64: 1, 1>} : (tensor<2x6xf32>) -> tensor<2x3xf32>
  %3 = snap.unary gelu %2 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %4 = snap.binary mul %1, %3 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %5 = snap.matmul %4, %w2 : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %5 : tensor<2x2xf32>
}

// Queries lose channel 1 of head 0 and channel 2 of head 1, which keys have but
// never matter; of the values only head 0 has a dead channel, and it stays.
// CHECK-LABEL: @attention
// CHECK-DAG: snap.attention %{{.*}} {heads = 2 : i64, scale = 1.000000e+00 : f64} : (tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<1x3x6xf32>) -> tensor<1x3x6xf32>
func.func @attention(%x: tensor<1x3x1xf32>) -> tensor<1x3x2xf32> {
  %wq = snap.constant dense<[[1.0, 0.0, 3.0, 4.0, 5.0, 0.0]]> : tensor<1x6xf32>
  %wk = snap.weight "k" : tensor<1x6xf32>
  %wv = snap.constant dense<[[1.0, 0.0, 3.0, 4.0, 5.0, 6.0]]> : tensor<1x6xf32>
  %wo = snap.weight "o" : tensor<6x2xf32>
  %q = snap.matmul %x, %wq : (tensor<1x3x1xf32>, tensor<1x6xf32>) -> tensor<1x3x6xf32>
  %k = snap.matmul %x, %wk : (tensor<1x3x1xf32>, tensor<1x6xf32>) -> tensor<1x3x6xf32>
  %v = snap.matmul %x, %wv : (tensor<1x3x1xf32>, tensor<1x6xf32>) -> tensor<1x3x6xf32>
  %0 = snap.attention %q, %k, %v {heads = 2 : i64, scale = 1.0 : f64} : (tensor<1x3x6xf32>, tensor<1x3x6xf32>, tensor<1x3x6xf32>) -> tensor<1x3x6xf32>
  %1 = snap.matmul %0, %wo : (tensor<1x3x6xf32>, tensor<6x2xf32>) -> tensor<1x3x2xf32>
  return %1 : tensor<1x3x2xf32>
}

// Without the values of its weights a program stays as it is.
// CHECK-LABEL: @unknown
// CHECK: snap.matmul {{.*}} -> tensor<2x3xf32>
func.func @unknown(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w1 = snap.weight "w1" : tensor<2x3xf32>
  %w2 = snap.weight "w2" : tensor<3x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = snap.matmul %0, %w2 : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
