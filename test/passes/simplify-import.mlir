// RUN: snap-opt --simplify-import --split-input-file %s | FileCheck %s

// A cast that loses nothing goes; f32 -> f16 -> f32 does not.
// CHECK-LABEL: @casts
// CHECK-NEXT: snap.cast %arg0 : (tensor<4xf16>) -> tensor<4xf32>
// CHECK-NEXT: snap.cast %arg1 : (tensor<4xf32>) -> tensor<4xf16>
// CHECK-NEXT: %[[BACK:.*]] = snap.cast %{{.*}} : (tensor<4xf16>) -> tensor<4xf32>
// CHECK-NEXT: return %arg0, %{{.*}}, %[[BACK]]
func.func @casts(%x: tensor<4xf16>, %y: tensor<4xf32>) -> (tensor<4xf16>, tensor<4xf32>, tensor<4xf32>) {
  %0 = snap.cast %x : (tensor<4xf16>) -> tensor<4xf32>
  %1 = snap.cast %0 : (tensor<4xf32>) -> tensor<4xf16>
  %2 = snap.cast %0 : (tensor<4xf32>) -> tensor<4xf32>
  %3 = snap.cast %y : (tensor<4xf32>) -> tensor<4xf16>
  %4 = snap.cast %3 : (tensor<4xf16>) -> tensor<4xf32>
  return %1, %2, %4 : tensor<4xf16>, tensor<4xf32>, tensor<4xf32>
}

// -----

// (((x * 1) + 0) / 1) - 0 = x
// CHECK-LABEL: @neutral
// CHECK-NEXT: return %arg0
func.func @neutral(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %one = snap.constant dense<1.0> : tensor<f32>
  %zero = snap.constant dense<0.0> : tensor<1x3xf32>
  %0 = snap.binary mul %x, %one : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %1 = snap.binary add %zero, %0 : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = snap.binary div %1, %one : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %3 = snap.binary sub %2, %zero : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

// -----

// x * 1 is not x where the 1 makes it larger.
// CHECK-LABEL: @neutral_but_broadcasting
// CHECK: snap.binary mul
func.func @neutral_but_broadcasting(%x: tensor<3xf32>) -> tensor<2x3xf32> {
  %one = snap.constant dense<1.0> : tensor<2x1xf32>
  %0 = snap.binary mul %x, %one : (tensor<3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @powers
// CHECK-DAG: snap.unary square %arg0
// CHECK-DAG: snap.unary sqrt %arg0
// CHECK-DAG: snap.unary rsqrt %arg0
// CHECK-NOT: snap.binary
func.func @powers(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %two = snap.constant dense<2.0> : tensor<f32>
  %half = snap.constant dense<0.5> : tensor<f32>
  %one = snap.constant dense<1.0> : tensor<f32>
  %0 = snap.binary pow %x, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = snap.binary pow %x, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = snap.binary div %one, %1 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = snap.binary mul %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Dividing by 8 is multiplying by 0.125 exactly; dividing by 3 is nothing else.
// CHECK-LABEL: @divisions
// CHECK-DAG: snap.binary mul %arg0
// CHECK-DAG: snap.binary div %arg0
// CHECK-DAG: dense<1.250000e-01>
func.func @divisions(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %eight = snap.constant dense<8.0> : tensor<f32>
  %three = snap.constant dense<3.0> : tensor<f32>
  %0 = snap.binary div %x, %eight : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = snap.binary div %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// [2,8,4,5] -> [16,4,5] -> [16,5,4] -> [2,8,5,4] is one transpose.
// CHECK-LABEL: @one_transpose
// CHECK-NEXT: snap.transpose %arg0 {permutation = array<i64: 0, 1, 3, 2>}
// CHECK-NEXT: return
func.func @one_transpose(%x: tensor<2x8x4x5xf32>) -> tensor<2x8x5x4xf32> {
  %0 = snap.reshape %x : (tensor<2x8x4x5xf32>) -> tensor<16x4x5xf32>
  %1 = snap.transpose %0 {permutation = array<i64: 0, 2, 1>} : (tensor<16x4x5xf32>) -> tensor<16x5x4xf32>
  %2 = snap.reshape %1 : (tensor<16x5x4xf32>) -> tensor<2x8x5x4xf32>
  return %2 : tensor<2x8x5x4xf32>
}

// -----

// Heads split and merged again: nothing.
// CHECK-LABEL: @split_and_merge
// CHECK-NEXT: return %arg0
func.func @split_and_merge(%x: tensor<2x7x12xf32>) -> tensor<2x7x12xf32> {
  %0 = snap.reshape %x : (tensor<2x7x12xf32>) -> tensor<2x7x3x4xf32>
  %1 = snap.transpose %0 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x7x3x4xf32>) -> tensor<2x3x7x4xf32>
  %2 = snap.transpose %1 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x3x7x4xf32>) -> tensor<2x7x3x4xf32>
  %3 = snap.reshape %2 : (tensor<2x7x3x4xf32>) -> tensor<2x7x12xf32>
  return %3 : tensor<2x7x12xf32>
}

// -----

// A transpose of dimensions of 1 is a reshape.
// CHECK-LABEL: @units
// CHECK-NEXT: snap.reshape %arg0 : (tensor<2x5xf32>) -> tensor<2x1x1x5xf32>
// CHECK-NEXT: return
func.func @units(%x: tensor<2x5xf32>) -> tensor<2x1x1x5xf32> {
  %0 = snap.reshape %x : (tensor<2x5xf32>) -> tensor<2x5x1x1xf32>
  %1 = snap.transpose %0 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<2x5x1x1xf32>) -> tensor<2x1x1x5xf32>
  return %1 : tensor<2x1x1x5xf32>
}

// -----

// 6 elements as 2x3, transposed, cut across as 2x3 again: the factors cannot
// say that (3x2 row-major cut at 3), so both steps stay.
// CHECK-LABEL: @cut_across
// CHECK-NEXT: snap.transpose
// CHECK-NEXT: snap.reshape
// CHECK-NEXT: snap.transpose
func.func @cut_across(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %0 = snap.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = snap.reshape %0 : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %2 = snap.transpose %1 {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// -----

// The first transpose has another reader, so the reshape stays behind it.
// CHECK-LABEL: @shared_transpose
// CHECK: %[[T:.*]] = snap.transpose %arg0
// CHECK-NEXT: %[[R:.*]] = snap.reshape %[[T]]
// CHECK-NEXT: return %[[T]], %[[R]]
func.func @shared_transpose(%x: tensor<1x6x4xf32>) -> (tensor<1x4x6xf32>, tensor<4x6x1xf32>) {
  %0 = snap.transpose %x {permutation = array<i64: 0, 2, 1>} : (tensor<1x6x4xf32>) -> tensor<1x4x6xf32>
  %1 = snap.reshape %0 : (tensor<1x4x6xf32>) -> tensor<4x6x1xf32>
  return %0, %1 : tensor<1x4x6xf32>, tensor<4x6x1xf32>
}

// -----

// Halves of a concat, swapped: as the sinusoid of the timestep is exported.
// CHECK-LABEL: @swapped_halves
// CHECK-NEXT: snap.concat %arg1, %arg0
func.func @swapped_halves(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> tensor<2x8xf32> {
  %0 = snap.concat %a, %b {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x8xf32>
  %1 = snap.slice %0 {starts = array<i64: 0, 4>, steps = array<i64: 1, 1>} : (tensor<2x8xf32>) -> tensor<2x4xf32>
  %2 = snap.slice %0 {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<2x8xf32>) -> tensor<2x4xf32>
  %3 = snap.concat %1, %2 {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x8xf32>
  return %3 : tensor<2x8xf32>
}

// -----

// CHECK-LABEL: @broadcast_feeding_binary
// CHECK-NEXT: snap.binary add %arg0, %arg1 : (tensor<2x3xf32>, tensor<3xf32>)
func.func @broadcast_feeding_binary(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
  %0 = snap.broadcast %y : (tensor<3xf32>) -> tensor<2x3xf32>
  %1 = snap.binary add %x, %0 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----

// Small constants fold through the reference evaluators: 80 / 8 + 1 = 11.
// CHECK-LABEL: @small_constants
// CHECK-NEXT: %[[C:.*]] = snap.constant dense<11> : tensor<1xi64>
// CHECK-NEXT: return %[[C]]
func.func @small_constants() -> tensor<1xi64> {
  %0 = snap.constant dense<80> : tensor<1xi64>
  %1 = snap.constant dense<8> : tensor<1xi64>
  %2 = snap.constant dense<1> : tensor<1xi64>
  %3 = snap.binary div %0, %1 : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %4 = snap.binary add %3, %2 : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  return %4 : tensor<1xi64>
}

// -----

// The same weight read twice, and the same product of it.
// CHECK-LABEL: @duplicates
// CHECK-COUNT-1: snap.weight
// CHECK-COUNT-1: snap.matmul
// CHECK-NOT: snap.matmul
func.func @duplicates(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %w = snap.weight "w" : tensor<4x4xf32>
  %0 = snap.matmul %x, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %v = snap.weight "w" : tensor<4x4xf32>
  %1 = snap.matmul %x, %v : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  return %0, %1 : tensor<2x4xf32>, tensor<2x4xf32>
}
