// RUN: snap-opt --convert-precision --split-input-file %s | FileCheck %s
// RUN: snap-opt "--pass-pipeline=builtin.module(func.func(convert-precision{precision=f32}))" --split-input-file %s | FileCheck %s --check-prefix=F32

// Inputs and outputs stay f32; the weight's cast is part of its expression.
// CHECK-LABEL: func.func @linear(%arg0: tensor<2x4xf32>) -> tensor<2x8xf32>
// CHECK-DAG: %[[X:.*]] = snap.cast %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf16>
// CHECK-DAG: %[[W:.*]] = snap.cast %{{.*}} : (tensor<4x8xf32>) -> tensor<4x8xf16>
// CHECK: %[[Y:.*]] = snap.matmul %[[X]], %[[W]] : (tensor<2x4xf16>, tensor<4x8xf16>) -> tensor<2x8xf16>
// CHECK: %[[Z:.*]] = snap.unary silu %[[Y]]
// CHECK: %[[OUT:.*]] = snap.cast %[[Z]] : (tensor<2x8xf16>) -> tensor<2x8xf32>
// CHECK: return %[[OUT]]
// F32-LABEL: @linear
// F32-NOT: f16
// F32-LABEL: @weight_expression
func.func @linear(%x: tensor<2x4xf32>) -> tensor<2x8xf32> {
  %w = snap.weight "w" : tensor<4x8xf32>
  %0 = snap.matmul %x, %w : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  %1 = snap.unary silu %0 : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return %1 : tensor<2x8xf32>
}

// -----

// Scaled weights are scaled in f32 and cast once.
// CHECK-LABEL: @weight_expression
// CHECK: snap.binary mul %{{.*}} : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32>
// CHECK-NEXT: snap.cast %{{.*}} : (tensor<4x8xf32>) -> tensor<4x8xf16>
func.func @weight_expression(%x: tensor<2x4xf32>) -> tensor<2x8xf32> {
  %w = snap.weight "w" : tensor<4x8xf32>
  %c = snap.constant dense<0.5> : tensor<f32>
  %v = snap.binary mul %w, %c : (tensor<4x8xf32>, tensor<f32>) -> tensor<4x8xf32>
  %0 = snap.matmul %x, %v : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

// A mask of -1e9 is -65504 in f16; -inf stays -inf.
// CHECK-LABEL: @constants
// CHECK-DAG: snap.constant dense<[0.000000e+00, -6.550400e+04, 0xFC00]> : tensor<3xf16>
// CHECK: snap.binary add %{{.*}} : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
func.func @constants(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %m = snap.constant dense<[0.0, -1.0e9, 0xFF800000]> : tensor<3xf32>
  %0 = snap.binary add %x, %m : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// A mask that is a weight is clamped by its expression.
// CHECK-LABEL: @mask_weight
// CHECK: %[[M:.*]] = snap.weight "mask"
// CHECK: %[[INF:.*]] = snap.unary is_inf %[[M]]
// CHECK: snap.binary max %[[M]]
// CHECK: snap.binary min
// CHECK: %[[C:.*]] = snap.select %[[INF]], %[[M]]
// CHECK: %[[H:.*]] = snap.cast %[[C]] : (tensor<4x4xf32>) -> tensor<4x4xf16>
// CHECK: snap.attention %{{.*}}, %[[H]] {
func.func @mask_weight(%x: tensor<1x4x8xf32>) -> tensor<1x4x8xf32> {
  %m = snap.weight "mask" : tensor<4x4xf32>
  %0 = snap.attention %x, %x, %x, %m {heads = 2 : i64, scale = 5.000000e-01 : f64} : (tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<4x4xf32>) -> tensor<1x4x8xf32>
  return %0 : tensor<1x4x8xf32>
}

// -----

// What leads to a sine stays f32, back to a matmul.
// CHECK-LABEL: @sinusoid
// CHECK: snap.cast %arg0 : (tensor<2x1xi64>) -> tensor<2x1xf32>
// CHECK: snap.binary mul %{{.*}} -> tensor<2x4xf32>
// CHECK: %[[S:.*]] = snap.unary sin %{{.*}} -> tensor<2x4xf32>
// CHECK: snap.cast %[[S]] : (tensor<2x4xf32>) -> tensor<2x4xf16>
// CHECK: snap.matmul %{{.*}} -> tensor<2x8xf16>
func.func @sinusoid(%t: tensor<2x1xi64>) -> tensor<2x8xf32> {
  %f = snap.weight "frequencies" : tensor<1x4xf32>
  %w = snap.weight "w" : tensor<4x8xf32>
  %0 = snap.cast %t : (tensor<2x1xi64>) -> tensor<2x1xf32>
  %1 = snap.binary mul %0, %f : (tensor<2x1xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  %2 = snap.unary sin %1 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %3 = snap.matmul %2, %w : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  return %3 : tensor<2x8xf32>
}

// -----

// Integers and what is already f16 are left alone.
// CHECK-LABEL: @integers
// CHECK-NEXT: snap.binary add %arg0, %arg0 : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64>
// CHECK-NEXT: snap.unary relu %arg1 : (tensor<4xf16>) -> tensor<4xf16>
// CHECK-NEXT: return
func.func @integers(%x: tensor<4xi64>, %y: tensor<4xf16>) -> (tensor<4xi64>, tensor<4xf16>) {
  %0 = snap.binary add %x, %x : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64>
  %1 = snap.unary relu %y : (tensor<4xf16>) -> tensor<4xf16>
  return %0, %1 : tensor<4xi64>, tensor<4xf16>
}

// What programs hand on is stored as f16 too; inputs and outputs keep their types.
// CHECK-LABEL: func.func @leaves_state
// CHECK-SAME: %{{.*}}: tensor<2x4xf32> {snap.name = "x"}) -> (tensor<2x4xf16> {snap.state = "s.0"}, tensor<2x4xf16> {snap.state = "s.1"}, tensor<2x4xf32> {snap.name = "y"})
func.func @leaves_state(%x: tensor<2x4xf32> {snap.name = "x"}) -> (tensor<2x4xf32> {snap.state = "s.0"}, tensor<2x4xf32> {snap.state = "s.1"}, tensor<2x4xf32> {snap.name = "y"}) {
  %0 = snap.softmax %x {axis = 1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0, %x, %0 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// CHECK-LABEL: func.func @takes_state
// CHECK-SAME: %[[S:.*]]: tensor<2x4xf16> {snap.state = "s.0"}
// CHECK-NEXT: snap.softmax %[[S]] {{.*}} -> tensor<2x4xf16>
func.func @takes_state(%s: tensor<2x4xf32> {snap.state = "s.0"}) -> (tensor<2x4xf32> {snap.name = "y"}) {
  %0 = snap.softmax %s {axis = 1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
