// What operations are when they do nothing, and chains of movement.
// RUN: snap-opt --canonicalize %s | FileCheck %s

// CHECK-LABEL: @identities
// CHECK-NEXT: return %arg0, %arg0, %arg0, %arg0
func.func @identities(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = snap.reshape %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = snap.transpose %x {permutation = array<i64: 0, 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = snap.broadcast %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = snap.slice %x {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// A slice of the operand's shape that runs backwards reverses it.
// CHECK-LABEL: @reversal
// CHECK-NEXT: snap.slice
func.func @reversal(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = snap.slice %x {starts = array<i64: 2>, steps = array<i64: -1>} : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// CHECK-LABEL: @reshape_chain
// CHECK-NEXT: %[[R:.*]] = snap.reshape %arg0 : (tensor<2x3x4xf32>) -> tensor<24xf32>
// CHECK-NEXT: return %[[R]], %arg0
func.func @reshape_chain(%x: tensor<2x3x4xf32>) -> (tensor<24xf32>, tensor<2x3x4xf32>) {
  %0 = snap.reshape %x : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
  %1 = snap.reshape %0 : (tensor<6x4xf32>) -> tensor<24xf32>
  %2 = snap.reshape %1 : (tensor<24xf32>) -> tensor<2x3x4xf32>
  return %1, %2 : tensor<24xf32>, tensor<2x3x4xf32>
}

// x[i, j, k] -> a[k, i, j] = x[i, j, k] -> b[j, k, i] = a[k, i, j]: b[j, k, i] = x[i, j, k].
// CHECK-LABEL: @transpose_chain
// CHECK-NEXT: %[[T:.*]] = snap.transpose %arg0 {permutation = array<i64: 1, 2, 0>} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
// CHECK-NEXT: return %[[T]], %arg0
func.func @transpose_chain(%x: tensor<2x3x4xf32>) -> (tensor<3x4x2xf32>, tensor<2x3x4xf32>) {
  %0 = snap.transpose %x {permutation = array<i64: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  %1 = snap.transpose %0 {permutation = array<i64: 2, 0, 1>} : (tensor<4x2x3xf32>) -> tensor<3x4x2xf32>
  %2 = snap.transpose %1 {permutation = array<i64: 2, 0, 1>} : (tensor<3x4x2xf32>) -> tensor<2x3x4xf32>
  return %1, %2 : tensor<3x4x2xf32>, tensor<2x3x4xf32>
}

// CHECK-LABEL: @constants
// CHECK-DAG: snap.constant dense<{{\[\[}}1, 2], [3, 4]]> : tensor<2x2xi64>
// CHECK-DAG: snap.constant dense<5.000000e-01> : tensor<3x4xf32>
// CHECK-DAG: snap.constant dense<5.000000e-01> : tensor<4x2xf32>
// CHECK-NOT: snap.{{reshape|broadcast|slice|transpose}}
func.func @constants() -> (tensor<2x2xi64>, tensor<3x4xf32>, tensor<4x2xf32>) {
  %0 = snap.constant dense<[1, 2, 3, 4]> : tensor<4xi64>
  %1 = snap.reshape %0 : (tensor<4xi64>) -> tensor<2x2xi64>
  %2 = snap.constant dense<0.5> : tensor<f32>
  %3 = snap.broadcast %2 : (tensor<f32>) -> tensor<3x4xf32>
  %4 = snap.slice %3 {starts = array<i64: 2, 0>, steps = array<i64: -1, 1>} : (tensor<3x4xf32>) -> tensor<2x4xf32>
  %5 = snap.transpose %4 {permutation = array<i64: 1, 0>} : (tensor<2x4xf32>) -> tensor<4x2xf32>
  return %1, %3, %5 : tensor<2x2xi64>, tensor<3x4xf32>, tensor<4x2xf32>
}
