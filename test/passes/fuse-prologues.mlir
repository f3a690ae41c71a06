// RUN: snap-opt --fuse-prologues --split-input-file %s | FileCheck %s

// A norm and its activation stand before the convolution that alone reads them.
// CHECK-LABEL: @norm_into_conv
// CHECK-DAG: %[[S:.*]] = snap.weight "s"
// CHECK-DAG: %[[T:.*]] = snap.weight "t"
// CHECK-DAG: %[[W:.*]] = snap.weight "w"
// CHECK: %[[F:.*]] = snap.fused(%arg0, %[[S]], %[[T]], %[[W]], %arg1)
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<2x8x8x4xf32>, {{.*}}, %[[R:.*]]: tensor<2x8x8x6xf32>):
// CHECK-NEXT: %[[N:.*]] = snap.group_norm %[[X]]
// CHECK-NEXT: %[[A:.*]] = snap.unary silu %[[N]]
// CHECK-NEXT: %[[C:.*]] = snap.conv2d %[[A]]
// CHECK-NEXT: %[[O:.*]] = snap.binary add %[[C]], %[[R]]
// CHECK-NEXT: snap.yield %[[O]]
// CHECK: return %[[F]]
func.func @norm_into_conv(%x: tensor<2x8x8x4xf32>, %residual: tensor<2x8x8x6xf32>) -> tensor<2x8x8x6xf32> {
  %s = snap.weight "s" : tensor<4xf32>
  %t = snap.weight "t" : tensor<4xf32>
  %w = snap.weight "w" : tensor<6x4x3x3xf32>
  %0 = snap.fused(%x, %s, %t) {
  ^bb0(%a: tensor<2x8x8x4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>):
    %2 = snap.group_norm %a, %b, %c {epsilon = 1.0e-05 : f64, groups = 2 : i64, layout = 1 : i32} : (tensor<2x8x8x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x8x8x4xf32>
    %3 = snap.unary silu %2 : (tensor<2x8x8x4xf32>) -> tensor<2x8x8x4xf32>
    snap.yield %3 : tensor<2x8x8x4xf32>
  } : (tensor<2x8x8x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x8x8x4xf32>
  %1 = snap.fused(%0, %w, %residual) {
  ^bb0(%a: tensor<2x8x8x4xf32>, %b: tensor<6x4x3x3xf32>, %c: tensor<2x8x8x6xf32>):
    %2 = snap.conv2d %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x8x8x4xf32>, tensor<6x4x3x3xf32>) -> tensor<2x8x8x6xf32>
    %3 = snap.binary add %2, %c : (tensor<2x8x8x6xf32>, tensor<2x8x8x6xf32>) -> tensor<2x8x8x6xf32>
    snap.yield %3 : tensor<2x8x8x6xf32>
  } : (tensor<2x8x8x4xf32>, tensor<6x4x3x3xf32>, tensor<2x8x8x6xf32>) -> tensor<2x8x8x6xf32>
  return %1 : tensor<2x8x8x6xf32>
}

// -----

// Neither is in a group yet: they become one.
// CHECK-LABEL: @upsample_into_conv
// CHECK: snap.fused(%arg0, %{{.*}})
// CHECK: %[[U:.*]] = snap.upsample
// CHECK-NEXT: snap.conv2d %[[U]]
// CHECK-NEXT: snap.yield
func.func @upsample_into_conv(%x: tensor<1x5x6x4xf32>) -> tensor<1x10x12x8xf32> {
  %w = snap.weight "w" : tensor<8x4x3x3xf32>
  %0 = snap.upsample %x {factor = 2 : i64, layout = 1 : i32} : (tensor<1x5x6x4xf32>) -> tensor<1x10x12x4xf32>
  %1 = snap.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x10x12x4xf32>, tensor<8x4x3x3xf32>) -> tensor<1x10x12x8xf32>
  return %1 : tensor<1x10x12x8xf32>
}

// -----

// A product with a weight takes a norm too.
// CHECK-LABEL: @norm_into_matmul
// CHECK: snap.fused
// CHECK: snap.group_norm
// CHECK-NEXT: snap.matmul
func.func @norm_into_matmul(%x: tensor<2x64x4xf32>) -> tensor<2x64x6xf32> {
  %s = snap.weight "s" : tensor<4xf32>
  %w = snap.weight "w" : tensor<4x6xf32>
  %0 = snap.group_norm %x, %s, %s {epsilon = 1.0e-05 : f64, groups = 2 : i64, layout = 1 : i32} : (tensor<2x64x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x64x4xf32>
  %1 = snap.matmul %0, %w : (tensor<2x64x4xf32>, tensor<4x6xf32>) -> tensor<2x64x6xf32>
  return %1 : tensor<2x64x6xf32>
}

// -----

// The layer norm of its rows too.
// CHECK-LABEL: @layer_norm_into_matmul
// CHECK: snap.fused(%arg0, %{{.*}}, %{{.*}})
// CHECK: %[[N:.*]] = snap.layer_norm
// CHECK-NEXT: %[[P:.*]] = snap.matmul %[[N]]
// CHECK-NEXT: snap.binary add %[[P]]
// CHECK-NOT: snap.layer_norm
func.func @layer_norm_into_matmul(%x: tensor<2x64x4xf32>) -> tensor<2x64x6xf32> {
  %s = snap.weight "s" : tensor<4xf32>
  %w = snap.weight "w" : tensor<4x6xf32>
  %b = snap.weight "b" : tensor<6xf32>
  %0 = snap.layer_norm %x, %s, %s {axis = 2 : i64, epsilon = 1.0e-05 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x64x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x64x4xf32>
  %1 = snap.fused(%0, %w, %b) {
  ^bb0(%a: tensor<2x64x4xf32>, %c: tensor<4x6xf32>, %d: tensor<6xf32>):
    %2 = snap.matmul %a, %c : (tensor<2x64x4xf32>, tensor<4x6xf32>) -> tensor<2x64x6xf32>
    %3 = snap.binary add %2, %d : (tensor<2x64x6xf32>, tensor<6xf32>) -> tensor<2x64x6xf32>
    snap.yield %3 : tensor<2x64x6xf32>
  } : (tensor<2x64x4xf32>, tensor<4x6xf32>, tensor<6xf32>) -> tensor<2x64x6xf32>
  return %1 : tensor<2x64x6xf32>
}

// -----

// A product reads the norm of whole rows, a convolution none.
// CHECK-LABEL: @other_layer_norms
// CHECK-NOT: snap.fused
func.func @other_layer_norms(%x: tensor<2x64x4xf32>, %y: tensor<2x8x8x4xf32>) -> (tensor<2x64x6xf32>, tensor<2x8x8x6xf32>) {
  %s = snap.weight "s" : tensor<64x4xf32>
  %t = snap.weight "t" : tensor<4xf32>
  %w = snap.weight "w" : tensor<4x6xf32>
  %f = snap.weight "f" : tensor<6x4x1x1xf32>
  %0 = snap.layer_norm %x, %s, %s {axis = 1 : i64, epsilon = 1.0e-05 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x64x4xf32>, tensor<64x4xf32>, tensor<64x4xf32>) -> tensor<2x64x4xf32>
  %1 = snap.matmul %0, %w : (tensor<2x64x4xf32>, tensor<4x6xf32>) -> tensor<2x64x6xf32>
  %2 = snap.layer_norm %y, %t, %t {axis = 3 : i64, epsilon = 1.0e-05 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x8x8x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x8x8x4xf32>
  %3 = snap.conv2d %2, %f {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x8x8x4xf32>, tensor<6x4x1x1xf32>) -> tensor<2x8x8x6xf32>
  return %1, %3 : tensor<2x64x6xf32>, tensor<2x8x8x6xf32>
}

// -----

// Two kernels read the norm: it is computed once and stored.
// CHECK-LABEL: @read_twice
// CHECK-NOT: snap.fused
func.func @read_twice(%x: tensor<2x64x4xf32>) -> (tensor<2x64x6xf32>, tensor<2x64x6xf32>) {
  %s = snap.weight "s" : tensor<4xf32>
  %w = snap.weight "w" : tensor<4x6xf32>
  %v = snap.weight "v" : tensor<4x6xf32>
  %0 = snap.group_norm %x, %s, %s {epsilon = 1.0e-05 : f64, groups = 2 : i64, layout = 1 : i32} : (tensor<2x64x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x64x4xf32>
  %1 = snap.matmul %0, %w : (tensor<2x64x4xf32>, tensor<4x6xf32>) -> tensor<2x64x6xf32>
  %2 = snap.matmul %0, %v : (tensor<2x64x4xf32>, tensor<4x6xf32>) -> tensor<2x64x6xf32>
  return %1, %2 : tensor<2x64x6xf32>, tensor<2x64x6xf32>
}

// -----

// What is added to the norm is read from memory: no function of the norm alone.
// CHECK-LABEL: @norm_plus_residual
// CHECK: snap.fused
// CHECK-NEXT: ^bb0
// CHECK-NEXT: snap.group_norm
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.yield
// CHECK: snap.matmul
func.func @norm_plus_residual(%x: tensor<2x64x4xf32>) -> tensor<2x64x6xf32> {
  %s = snap.weight "s" : tensor<4xf32>
  %w = snap.weight "w" : tensor<4x6xf32>
  %0 = snap.fused(%x, %s) {
  ^bb0(%a: tensor<2x64x4xf32>, %b: tensor<4xf32>):
    %2 = snap.group_norm %a, %b, %b {epsilon = 1.0e-05 : f64, groups = 2 : i64, layout = 1 : i32} : (tensor<2x64x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x64x4xf32>
    %3 = snap.binary add %2, %a : (tensor<2x64x4xf32>, tensor<2x64x4xf32>) -> tensor<2x64x4xf32>
    snap.yield %3 : tensor<2x64x4xf32>
  } : (tensor<2x64x4xf32>, tensor<4xf32>) -> tensor<2x64x4xf32>
  %1 = snap.matmul %0, %w : (tensor<2x64x4xf32>, tensor<4x6xf32>) -> tensor<2x64x6xf32>
  return %1 : tensor<2x64x6xf32>
}

// -----

// A product of two activations has no packed weight, and its kernel no norm.
// CHECK-LABEL: @norm_into_product_of_activations
// CHECK-NOT: snap.fused
func.func @norm_into_product_of_activations(%x: tensor<2x64x4xf32>, %y: tensor<2x4x6xf32>) -> tensor<2x64x6xf32> {
  %s = snap.weight "s" : tensor<4xf32>
  %0 = snap.group_norm %x, %s, %s {epsilon = 1.0e-05 : f64, groups = 2 : i64, layout = 1 : i32} : (tensor<2x64x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x64x4xf32>
  %1 = snap.matmul %0, %y : (tensor<2x64x4xf32>, tensor<2x4x6xf32>) -> tensor<2x64x6xf32>
  return %1 : tensor<2x64x6xf32>
}

// -----

// A skip's two halves are joined on load, once for the norm and convolution and once for the shortcut.
// CHECK-LABEL: @joined_channels
// CHECK-NOT: snap.concat %arg
// CHECK: snap.fused(%arg0, %arg1, {{.*}})
// CHECK: %[[A:.*]] = snap.concat
// CHECK-NEXT: %[[B:.*]] = snap.group_norm %[[A]]
// CHECK-NEXT: snap.conv2d %[[B]]
// CHECK: snap.fused(%arg0, %arg1, {{.*}})
// CHECK: %[[C:.*]] = snap.concat
// CHECK-NEXT: snap.conv2d %[[C]]
func.func @joined_channels(%x: tensor<2x8x8x4xf32>, %y: tensor<2x8x8x8xf32>) -> (tensor<2x8x8x6xf32>, tensor<2x8x8x6xf32>) {
  %s = snap.weight "s" : tensor<12xf32>
  %w = snap.weight "w" : tensor<6x12x3x3xf32>
  %v = snap.weight "v" : tensor<6x12x1x1xf32>
  %0 = snap.concat %x, %y {axis = 3 : i64} : (tensor<2x8x8x4xf32>, tensor<2x8x8x8xf32>) -> tensor<2x8x8x12xf32>
  %1 = snap.group_norm %0, %s, %s {epsilon = 1.0e-05 : f64, groups = 2 : i64, layout = 1 : i32} : (tensor<2x8x8x12xf32>, tensor<12xf32>, tensor<12xf32>) -> tensor<2x8x8x12xf32>
  %2 = snap.conv2d %1, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x8x8x12xf32>, tensor<6x12x3x3xf32>) -> tensor<2x8x8x6xf32>
  %3 = snap.conv2d %0, %v {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x8x8x12xf32>, tensor<6x12x1x1xf32>) -> tensor<2x8x8x6xf32>
  return %2, %3 : tensor<2x8x8x6xf32>, tensor<2x8x8x6xf32>
}

// -----

// One of the readers stores what it reads: the halves are joined in memory, for all.
// CHECK-LABEL: @joined_for_another
// CHECK: snap.concat %arg0, %arg1
// CHECK-NOT: snap.concat
func.func @joined_for_another(%x: tensor<2x8x4xf32>, %y: tensor<2x8x8xf32>) -> (tensor<2x8x6xf32>, tensor<2x8x12xf32>) {
  %w = snap.weight "w" : tensor<12x6xf32>
  %0 = snap.concat %x, %y {axis = 2 : i64} : (tensor<2x8x4xf32>, tensor<2x8x8xf32>) -> tensor<2x8x12xf32>
  %1 = snap.matmul %0, %w : (tensor<2x8x12xf32>, tensor<12x6xf32>) -> tensor<2x8x6xf32>
  %2 = snap.unary silu %0 : (tensor<2x8x12xf32>) -> tensor<2x8x12xf32>
  return %1, %2 : tensor<2x8x6xf32>, tensor<2x8x12xf32>
}
