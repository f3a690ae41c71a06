// RUN: snap-opt --recover-ops --split-input-file %s | FileCheck %s

// CHECK-LABEL: @silu
// CHECK-NEXT: snap.unary silu %arg0
// CHECK-NEXT: return
func.func @silu(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = snap.unary sigmoid %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = snap.binary mul %x, %0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// -----

// A gate of something else is not silu.
// CHECK-LABEL: @other_gate
// CHECK: snap.unary sigmoid
// CHECK-NEXT: snap.binary mul
func.func @other_gate(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = snap.unary sigmoid %y : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = snap.binary mul %x, %0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// -----

// CLIP: x sigmoid(1.702 x).
// CHECK-LABEL: @gelu_quick
// CHECK-NEXT: snap.unary gelu_quick %arg0
// CHECK-NEXT: return
func.func @gelu_quick(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = snap.constant dense<1.702> : tensor<f32>
  %0 = snap.binary mul %x, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = snap.unary sigmoid %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = snap.binary mul %x, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// The opset 17 exporter: x (1 + erf(x / sqrt 2)) 0.5.
// CHECK-LABEL: @gelu_erf
// CHECK-NEXT: snap.unary gelu %arg0
// CHECK-NEXT: return
func.func @gelu_erf(%x: tensor<4xf32>) -> tensor<4xf32> {
  %root2 = snap.constant dense<1.41421354> : tensor<f32>
  %one = snap.constant dense<1.0> : tensor<f32>
  %half = snap.constant dense<0.5> : tensor<f32>
  %0 = snap.binary div %x, %root2 : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = snap.unary erf %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = snap.binary add %1, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = snap.binary mul %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = snap.binary mul %3, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// Another order: (0.5 x) (1 + erf(0.7071 x)), as a gate of another half (GEGLU).
// CHECK-LABEL: @geglu
// CHECK-NEXT: %[[G:.*]] = snap.unary gelu %arg0
// CHECK-NEXT: snap.binary mul %arg1, %[[G]]
// CHECK-NEXT: return
func.func @geglu(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = snap.constant dense<0.707106769> : tensor<f32>
  %one = snap.constant dense<1.0> : tensor<f32>
  %half = snap.constant dense<0.5> : tensor<f32>
  %0 = snap.binary mul %x, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = snap.unary erf %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = snap.binary add %one, %1 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = snap.binary mul %half, %x : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = snap.binary mul %3, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %5 = snap.binary mul %y, %4 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %5 : tensor<4xf32>
}

// -----

// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
// CHECK-LABEL: @gelu_tanh
// CHECK-NEXT: snap.unary gelu_tanh %arg0
// CHECK-NEXT: return
func.func @gelu_tanh(%x: tensor<4xf32>) -> tensor<4xf32> {
  %three = snap.constant dense<3.0> : tensor<f32>
  %a = snap.constant dense<0.044715> : tensor<f32>
  %b = snap.constant dense<0.797884583> : tensor<f32>
  %one = snap.constant dense<1.0> : tensor<f32>
  %half = snap.constant dense<0.5> : tensor<f32>
  %0 = snap.binary pow %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = snap.binary mul %0, %a : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = snap.binary add %x, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = snap.binary mul %2, %b : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = snap.unary tanh %3 : (tensor<4xf32>) -> tensor<4xf32>
  %5 = snap.binary add %4, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %6 = snap.binary mul %x, %5 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %7 = snap.binary mul %6, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %7 : tensor<4xf32>
}

// -----

// 8 channels in 4 groups: [2,8,3,3] -> [2,4,18], instance norm, back, * w + b.
// CHECK-LABEL: @group_norm
// CHECK-DAG: %[[W:.*]] = snap.reshape %{{.*}} : (tensor<8x1x1xf32>) -> tensor<8xf32>
// CHECK: snap.group_norm %arg0, %[[W]], %{{.*}} {epsilon = 1.000000e-05 : f64, groups = 4 : i64}
// CHECK-NEXT: return
func.func @group_norm(%x: tensor<2x8x3x3xf32>) -> tensor<2x8x3x3xf32> {
  %ones = snap.constant dense<1.0> : tensor<4xf32>
  %zeros = snap.constant dense<0.0> : tensor<4xf32>
  %w = snap.weight "w" : tensor<8x1x1xf32>
  %b = snap.weight "b" : tensor<8x1x1xf32>
  %0 = snap.reshape %x : (tensor<2x8x3x3xf32>) -> tensor<2x4x18xf32>
  %1 = snap.group_norm %0, %ones, %zeros {groups = 4 : i64, epsilon = 1.000000e-05 : f64} : (tensor<2x4x18xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x18xf32>
  %2 = snap.reshape %1 : (tensor<2x4x18xf32>) -> tensor<2x8x3x3xf32>
  %3 = snap.binary mul %2, %w : (tensor<2x8x3x3xf32>, tensor<8x1x1xf32>) -> tensor<2x8x3x3xf32>
  %4 = snap.binary add %3, %b : (tensor<2x8x3x3xf32>, tensor<8x1x1xf32>) -> tensor<2x8x3x3xf32>
  return %4 : tensor<2x8x3x3xf32>
}

// -----

// A scale per group that is a weight is repeated for each channel of the group.
// CHECK-LABEL: @group_norm_scaled_groups
// CHECK: snap.broadcast %{{.*}} : (tensor<4x1xf32>) -> tensor<4x2xf32>
// CHECK: snap.group_norm %arg0
func.func @group_norm_scaled_groups(%x: tensor<2x8x9xf32>) -> tensor<2x8x9xf32> {
  %s = snap.weight "s" : tensor<4xf32>
  %zeros = snap.constant dense<0.0> : tensor<4xf32>
  %0 = snap.reshape %x : (tensor<2x8x9xf32>) -> tensor<2x4x18xf32>
  %1 = snap.group_norm %0, %s, %zeros {groups = 4 : i64, epsilon = 1.000000e-05 : f64} : (tensor<2x4x18xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x18xf32>
  %2 = snap.reshape %1 : (tensor<2x4x18xf32>) -> tensor<2x8x9xf32>
  return %2 : tensor<2x8x9xf32>
}

// -----

// (x - mean) / sqrt(mean((x - mean)^2) + 1e-5) * w + b
// CHECK-LABEL: @layer_norm
// CHECK-DAG: %[[W:.*]] = snap.weight "w"
// CHECK-DAG: %[[B:.*]] = snap.weight "b"
// CHECK: snap.layer_norm %arg0, %[[W]], %[[B]] {axis = 2 : i64
// CHECK-NEXT: return
func.func @layer_norm(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %eps = snap.constant dense<1.000000e-05> : tensor<f32>
  %w = snap.weight "w" : tensor<8xf32>
  %b = snap.weight "b" : tensor<8xf32>
  %0 = snap.reduce mean %x {axes = array<i64: 2>} : (tensor<2x3x8xf32>) -> tensor<2x3x1xf32>
  %1 = snap.binary sub %x, %0 : (tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
  %2 = snap.unary square %1 : (tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %3 = snap.reduce mean %2 {axes = array<i64: 2>} : (tensor<2x3x8xf32>) -> tensor<2x3x1xf32>
  %4 = snap.binary add %3, %eps : (tensor<2x3x1xf32>, tensor<f32>) -> tensor<2x3x1xf32>
  %5 = snap.unary sqrt %4 : (tensor<2x3x1xf32>) -> tensor<2x3x1xf32>
  %6 = snap.binary div %1, %5 : (tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32>
  %7 = snap.binary mul %6, %w : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
  %8 = snap.binary add %7, %b : (tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32>
  return %8 : tensor<2x3x8xf32>
}

// -----

// The same with rsqrt; the mean is of another axis than the variance's: no layer norm.
// CHECK-LABEL: @not_layer_norm
// CHECK-NOT: snap.layer_norm
func.func @not_layer_norm(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %eps = snap.constant dense<1.000000e-05> : tensor<f32>
  %0 = snap.reduce mean %x {axes = array<i64: 0>} : (tensor<8x8xf32>) -> tensor<1x8xf32>
  %1 = snap.binary sub %x, %0 : (tensor<8x8xf32>, tensor<1x8xf32>) -> tensor<8x8xf32>
  %2 = snap.unary square %1 : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %3 = snap.reduce mean %2 {axes = array<i64: 1>} : (tensor<8x8xf32>) -> tensor<8x1xf32>
  %4 = snap.binary add %3, %eps : (tensor<8x1xf32>, tensor<f32>) -> tensor<8x1xf32>
  %5 = snap.unary rsqrt %4 : (tensor<8x1xf32>) -> tensor<8x1xf32>
  %6 = snap.binary mul %1, %5 : (tensor<8x8xf32>, tensor<8x1xf32>) -> tensor<8x8xf32>
  return %6 : tensor<8x8xf32>
}

// -----

// x rsqrt(mean(x^2) + 1e-6) w
// CHECK-LABEL: @rms_norm
// CHECK: snap.rms_norm %arg0
// CHECK-NEXT: return
func.func @rms_norm(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %eps = snap.constant dense<1.000000e-06> : tensor<f32>
  %w = snap.weight "w" : tensor<8xf32>
  %0 = snap.unary square %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = snap.reduce mean %0 {axes = array<i64: 1>} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %2 = snap.binary add %1, %eps : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %3 = snap.unary rsqrt %2 : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %4 = snap.binary mul %x, %3 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  %5 = snap.binary mul %w, %4 : (tensor<8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %5 : tensor<4x8xf32>
}

// -----

// Nearest, asymmetric, floor, factor 2; at a factor of 1.5 it stays a resize.
// CHECK-LABEL: @upsample
// CHECK: snap.upsample %arg0 {factor = 2 : i64}
// CHECK: snap.resize nearest %arg0
func.func @upsample(%x: tensor<1x3x4x4xf32>) -> (tensor<1x3x8x8xf32>, tensor<1x3x6x6xf32>) {
  %0 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 3 : i32, rounding = 2 : i32} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  %1 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 1.5, 1.5>, coordinates = 3 : i32, rounding = 2 : i32} : (tensor<1x3x4x4xf32>) -> tensor<1x3x6x6xf32>
  return %0, %1 : tensor<1x3x8x8xf32>, tensor<1x3x6x6xf32>
}
