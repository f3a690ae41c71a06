// RUN: snap-opt --recover-ops --split-input-file %s | FileCheck %s

// Cross-attention, 2 heads of 4, q and k each scaled by sqrt(0.25).
// CHECK-LABEL: @cross
// CHECK-NEXT: snap.attention %arg0, %arg1, %arg2 {heads = 2 : i64, scale = 2.500000e-01 : f64}
// CHECK-NEXT: return
func.func @cross(%q: tensor<2x6x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>) -> tensor<2x6x8xf32> {
  %s = snap.constant dense<0.5> : tensor<f32>
  %0 = snap.reshape %q : (tensor<2x6x8xf32>) -> tensor<2x6x2x4xf32>
  %1 = snap.transpose %0 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x6x2x4xf32>) -> tensor<2x2x6x4xf32>
  %2 = snap.reshape %k : (tensor<2x5x8xf32>) -> tensor<2x5x2x4xf32>
  %3 = snap.transpose %2 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<2x5x2x4xf32>) -> tensor<2x2x4x5xf32>
  %4 = snap.reshape %v : (tensor<2x5x8xf32>) -> tensor<2x5x2x4xf32>
  %5 = snap.transpose %4 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x5x2x4xf32>) -> tensor<2x2x5x4xf32>
  %6 = snap.binary mul %1, %s : (tensor<2x2x6x4xf32>, tensor<f32>) -> tensor<2x2x6x4xf32>
  %7 = snap.binary mul %3, %s : (tensor<2x2x4x5xf32>, tensor<f32>) -> tensor<2x2x4x5xf32>
  %8 = snap.matmul %6, %7 : (tensor<2x2x6x4xf32>, tensor<2x2x4x5xf32>) -> tensor<2x2x6x5xf32>
  %9 = snap.softmax %8 {axis = 3 : i64} : (tensor<2x2x6x5xf32>) -> tensor<2x2x6x5xf32>
  %10 = snap.matmul %9, %5 : (tensor<2x2x6x5xf32>, tensor<2x2x5x4xf32>) -> tensor<2x2x6x4xf32>
  %11 = snap.transpose %10 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x2x6x4xf32>) -> tensor<2x6x2x4xf32>
  %12 = snap.reshape %11 : (tensor<2x6x2x4xf32>) -> tensor<2x6x8xf32>
  return %12 : tensor<2x6x8xf32>
}

// -----

// Batch and heads in one dimension (older models), scores divided, one prompt
// mask for all heads, and the guard against queries without keys.
// CHECK-LABEL: @merged_batch_masked_guarded
// CHECK: snap.attention %arg0, %arg0, %arg0, %arg1 {heads = 2 : i64, scale = 5.000000e-01 : f64}
// CHECK-NEXT: return
func.func @merged_batch_masked_guarded(%x: tensor<3x6x8xf32>, %mask: tensor<6x6xf32>) -> tensor<3x6x8xf32> {
  %two = snap.constant dense<2.0> : tensor<f32>
  %zero = snap.constant dense<0.0> : tensor<f32>
  %0 = snap.reshape %x : (tensor<3x6x8xf32>) -> tensor<3x6x2x4xf32>
  %1 = snap.transpose %0 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<3x6x2x4xf32>) -> tensor<3x2x6x4xf32>
  %2 = snap.reshape %1 : (tensor<3x2x6x4xf32>) -> tensor<6x6x4xf32>
  %3 = snap.matmul %2, %2 {transposeRhs = true} : (tensor<6x6x4xf32>, tensor<6x6x4xf32>) -> tensor<6x6x6xf32>
  %4 = snap.binary div %3, %two : (tensor<6x6x6xf32>, tensor<f32>) -> tensor<6x6x6xf32>
  %5 = snap.binary add %4, %mask : (tensor<6x6x6xf32>, tensor<6x6xf32>) -> tensor<6x6x6xf32>
  %6 = snap.softmax %5 {axis = 2 : i64} : (tensor<6x6x6xf32>) -> tensor<6x6x6xf32>
  %7 = snap.unary is_nan %6 : (tensor<6x6x6xf32>) -> tensor<6x6x6xi1>
  %8 = snap.select %7, %zero, %6 : (tensor<6x6x6xi1>, tensor<f32>, tensor<6x6x6xf32>) -> tensor<6x6x6xf32>
  %9 = snap.matmul %8, %2 : (tensor<6x6x6xf32>, tensor<6x6x4xf32>) -> tensor<6x6x4xf32>
  %10 = snap.reshape %9 : (tensor<6x6x4xf32>) -> tensor<3x2x6x4xf32>
  %11 = snap.transpose %10 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<3x2x6x4xf32>) -> tensor<3x6x2x4xf32>
  %12 = snap.reshape %11 : (tensor<3x6x2x4xf32>) -> tensor<3x6x8xf32>
  return %12 : tensor<3x6x8xf32>
}

// -----

// One head, as the decoder's: no heads split at all.
// CHECK-LABEL: @single_head
// CHECK-NEXT: snap.attention %arg0, %arg0, %arg0 {heads = 1 : i64, scale = 1.000000e+00 : f64}
// CHECK-NEXT: return
func.func @single_head(%x: tensor<1x6x8xf32>) -> tensor<1x6x8xf32> {
  %0 = snap.transpose %x {permutation = array<i64: 0, 2, 1>} : (tensor<1x6x8xf32>) -> tensor<1x8x6xf32>
  %1 = snap.matmul %x, %0 : (tensor<1x6x8xf32>, tensor<1x8x6xf32>) -> tensor<1x6x6xf32>
  %2 = snap.softmax %1 {axis = 2 : i64} : (tensor<1x6x6xf32>) -> tensor<1x6x6xf32>
  %3 = snap.matmul %2, %x : (tensor<1x6x6xf32>, tensor<1x6x8xf32>) -> tensor<1x6x8xf32>
  return %3 : tensor<1x6x8xf32>
}

// -----

// -inf above the diagonal of a 4 x 4 mask made by the exporter's trilu.
// CHECK-LABEL: @causal
// CHECK: snap.attention %arg0, %arg0, %arg0 {causal = true, heads = 1 : i64, scale = 1.000000e+00 : f64}
// CHECK-NEXT: return
func.func @causal(%x: tensor<1x4x8xf32>) -> tensor<1x4x8xf32> {
  %one = snap.constant dense<1.0> : tensor<4x4xf32>
  %zero = snap.constant dense<0.0> : tensor<f32>
  %inf = snap.constant dense<0xFF800000> : tensor<f32>
  %i = snap.iota {axis = 0 : i64} : tensor<4x4xi64>
  %j = snap.iota {axis = 1 : i64} : tensor<4x4xi64>
  %lower = snap.binary greater_equal %i, %j : (tensor<4x4xi64>, tensor<4x4xi64>) -> tensor<4x4xi1>
  %trilu = snap.select %lower, %one, %zero : (tensor<4x4xi1>, tensor<4x4xf32>, tensor<f32>) -> tensor<4x4xf32>
  %outside = snap.binary equal %trilu, %zero : (tensor<4x4xf32>, tensor<f32>) -> tensor<4x4xi1>
  %mask = snap.select %outside, %inf, %zero : (tensor<4x4xi1>, tensor<f32>, tensor<f32>) -> tensor<4x4xf32>
  %1 = snap.matmul %x, %x {transposeRhs = true} : (tensor<1x4x8xf32>, tensor<1x4x8xf32>) -> tensor<1x4x4xf32>
  %2 = snap.binary add %1, %mask : (tensor<1x4x4xf32>, tensor<4x4xf32>) -> tensor<1x4x4xf32>
  %3 = snap.softmax %2 {axis = 2 : i64} : (tensor<1x4x4xf32>) -> tensor<1x4x4xf32>
  %4 = snap.matmul %3, %x : (tensor<1x4x4xf32>, tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  return %4 : tensor<1x4x8xf32>
}

// -----

// A boolean mask that replaces scores becomes an additive one.
// CHECK-LABEL: @boolean_mask
// CHECK: %[[M:.*]] = snap.select %arg1
// CHECK: snap.attention %arg0, %arg0, %arg0, %{{.*}} {heads = 1 : i64
func.func @boolean_mask(%x: tensor<2x4x8xf32>, %m: tensor<2x4x4xi1>) -> tensor<2x4x8xf32> {
  %inf = snap.constant dense<0xFF800000> : tensor<f32>
  %1 = snap.matmul %x, %x {transposeRhs = true} : (tensor<2x4x8xf32>, tensor<2x4x8xf32>) -> tensor<2x4x4xf32>
  %2 = snap.select %m, %inf, %1 : (tensor<2x4x4xi1>, tensor<f32>, tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %3 = snap.softmax %2 {axis = 2 : i64} : (tensor<2x4x4xf32>) -> tensor<2x4x4xf32>
  %4 = snap.matmul %3, %x : (tensor<2x4x4xf32>, tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  return %4 : tensor<2x4x8xf32>
}

// -----

// Heads that come from outside in an order of their own would need a transpose: stays.
// CHECK-LABEL: @heads_first
// CHECK-NOT: snap.attention
func.func @heads_first(%q: tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32> {
  %1 = snap.matmul %q, %q {transposeRhs = true} : (tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>) -> tensor<2x3x4x4xf32>
  %2 = snap.softmax %1 {axis = 3 : i64} : (tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32>
  %3 = snap.matmul %2, %q : (tensor<2x3x4x4xf32>, tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  return %3 : tensor<2x3x4x8xf32>
}
