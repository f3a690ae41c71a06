// Every operation parses, verifies and prints as it was written.
// RUN: snap-opt %s | snap-opt | FileCheck %s
// RUN: snap-opt --mlir-print-op-generic %s | snap-opt | FileCheck %s

// CHECK-LABEL: func.func @sources
func.func @sources() {
  // CHECK: snap.weight "unet:conv_in.weight" : tensor<320x4x3x3xf32>
  %0 = snap.weight "unet:conv_in.weight" : tensor<320x4x3x3xf32>
  // CHECK: snap.constant dense<[1, 2]> : tensor<2xi64>
  %1 = snap.constant dense<[1, 2]> : tensor<2xi64>
  // A splat may be of any size.
  // CHECK: snap.constant dense<-6.550400e+04> : tensor<77x77xf16>
  %2 = snap.constant dense<-65504.0> : tensor<77x77xf16>
  // CHECK: snap.constant dense<[true, false]> : tensor<2xi1>
  %3 = snap.constant dense<[true, false]> : tensor<2xi1>
  // CHECK: snap.constant dense<[7, 255]> : tensor<2xui8>
  %4 = snap.constant dense<[7, 255]> : tensor<2xui8>
  // CHECK: snap.iota {axis = 1 : i64} : tensor<3x4xi32>
  %5 = snap.iota {axis = 1 : i64} : tensor<3x4xi32>
  return
}

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%x: tensor<2x8x4xf32>, %b: tensor<4xf32>, %i: tensor<5xi32>, %c: tensor<2x1x1xi1>) {
  // CHECK: snap.unary silu %{{.*}} : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %0 = snap.unary silu %x : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  // CHECK: snap.unary is_nan %{{.*}} : (tensor<4xf32>) -> tensor<4xi1>
  %1 = snap.unary is_nan %b : (tensor<4xf32>) -> tensor<4xi1>
  // CHECK: snap.unary not %{{.*}} : (tensor<4xi1>) -> tensor<4xi1>
  %2 = snap.unary not %1 : (tensor<4xi1>) -> tensor<4xi1>
  // CHECK: snap.unary bit_not %{{.*}} : (tensor<5xi32>) -> tensor<5xi32>
  %3 = snap.unary bit_not %i : (tensor<5xi32>) -> tensor<5xi32>
  // CHECK: snap.binary add %{{.*}}, %{{.*}} : (tensor<2x8x4xf32>, tensor<4xf32>) -> tensor<2x8x4xf32>
  %4 = snap.binary add %x, %b : (tensor<2x8x4xf32>, tensor<4xf32>) -> tensor<2x8x4xf32>
  // CHECK: snap.binary less_equal %{{.*}}, %{{.*}} : (tensor<5xi32>, tensor<5xi32>) -> tensor<5xi1>
  %5 = snap.binary less_equal %i, %i : (tensor<5xi32>, tensor<5xi32>) -> tensor<5xi1>
  // CHECK: snap.select %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x1x1xi1>, tensor<2x8x4xf32>, tensor<4xf32>) -> tensor<2x8x4xf32>
  %6 = snap.select %c, %x, %b : (tensor<2x1x1xi1>, tensor<2x8x4xf32>, tensor<4xf32>) -> tensor<2x8x4xf32>
  // CHECK: snap.cast %{{.*}} : (tensor<4xf32>) -> tensor<4xf16>
  %7 = snap.cast %b : (tensor<4xf32>) -> tensor<4xf16>
  return
}

// CHECK-LABEL: func.func @reductions
func.func @reductions(%x: tensor<2x8x4xf32>) {
  // CHECK: snap.reduce mean %{{.*}} {axes = array<i64: 0, 2>} : (tensor<2x8x4xf32>) -> tensor<1x8x1xf32>
  %0 = snap.reduce mean %x {axes = array<i64: 0, 2>} : (tensor<2x8x4xf32>) -> tensor<1x8x1xf32>
  // CHECK: snap.arg_reduce max %{{.*}} {axis = 1 : i64, selectLast = true} : (tensor<2x8x4xf32>) -> tensor<2x1x4xi64>
  %1 = snap.arg_reduce max %x {axis = 1 : i64, selectLast = true} : (tensor<2x8x4xf32>) -> tensor<2x1x4xi64>
  // CHECK: snap.cumsum %{{.*}} {axis = 2 : i64, exclusive = true, reverse = true} : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %2 = snap.cumsum %x {axis = 2 : i64, exclusive = true, reverse = true} : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  // CHECK: snap.softmax %{{.*}} {axis = 2 : i64} : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %3 = snap.softmax %x {axis = 2 : i64} : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  return
}

// CHECK-LABEL: func.func @contractions
func.func @contractions(%a: tensor<3x2x8x4xf32>, %b: tensor<4x6xf32>, %bt: tensor<6x4xf32>, %x: tensor<1x4x9x7xf32>, %w: tensor<6x2x3x3xf32>, %y: tensor<1x9x7x4xf32>) {
  // Batch dimensions broadcast.
  // CHECK: snap.matmul %{{.*}}, %{{.*}} : (tensor<3x2x8x4xf32>, tensor<4x6xf32>) -> tensor<3x2x8x6xf32>
  %0 = snap.matmul %a, %b : (tensor<3x2x8x4xf32>, tensor<4x6xf32>) -> tensor<3x2x8x6xf32>
  // CHECK: snap.matmul %{{.*}}, %{{.*}} {transposeRhs = true} : (tensor<3x2x8x4xf32>, tensor<6x4xf32>) -> tensor<3x2x8x6xf32>
  %1 = snap.matmul %a, %bt {transposeRhs = true} : (tensor<3x2x8x4xf32>, tensor<6x4xf32>) -> tensor<3x2x8x6xf32>
  // CHECK: snap.matmul %{{.*}}, %{{.*}} {transposeLhs = true} : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<6x6xf32>
  %2 = snap.matmul %b, %b {transposeLhs = true} : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<6x6xf32>
  // Rows: (9 + 1 + 1 - 2) / 2 + 1 = 5; columns: (7 + 0 + 2 - 2 * 2 - 1) / 1 + 1 = 5.
  // CHECK: snap.conv2d %{{.*}}, %{{.*}} {dilations = array<i64: 1, 2>, groups = 2 : i64, pads = array<i64: 1, 0, 1, 2>, strides = array<i64: 2, 1>} : (tensor<1x4x9x7xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x5x5xf32>
  %3 = snap.conv2d %x, %w {strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 1, 2>, dilations = array<i64: 1, 2>, groups = 2 : i64} : (tensor<1x4x9x7xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x5x5xf32>
  // CHECK: layout = 1 : i32{{.*}} : (tensor<1x9x7x4xf32>, tensor<6x2x3x3xf32>) -> tensor<1x5x5x6xf32>
  %4 = snap.conv2d %y, %w {strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 1, 2>, dilations = array<i64: 1, 2>, groups = 2 : i64, layout = 1 : i32} : (tensor<1x9x7x4xf32>, tensor<6x2x3x3xf32>) -> tensor<1x5x5x6xf32>
  // CHECK: snap.pool average_padded %{{.*}} {{.*}} : (tensor<1x4x9x7xf32>) -> tensor<1x4x4x3xf32>
  %5 = snap.pool average_padded %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x4x9x7xf32>) -> tensor<1x4x4x3xf32>
  return
}

// CHECK-LABEL: func.func @norms
func.func @norms(%x: tensor<2x8x3x3xf32>, %c: tensor<8xf32>, %rows: tensor<5x8xf32>) {
  // CHECK: snap.group_norm %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 1.000000e-05 : f64, groups = 4 : i64} : (tensor<2x8x3x3xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8x3x3xf32>
  %0 = snap.group_norm %x, %c, %c {groups = 4 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x8x3x3xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8x3x3xf32>
  // Channels last, any rank.
  // CHECK: snap.group_norm {{.*}}layout = 1 : i32{{.*}} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %1 = snap.group_norm %rows, %c, %c {groups = 4 : i64, epsilon = 1.0e-5 : f64, layout = 1 : i32} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  // CHECK: snap.group_norm {{.*}}counted = 4 : i64{{.*}}sizes = array<i64: 4, 3, 1>
  %counted = snap.group_norm %rows, %c, %c {groups = 3 : i64, epsilon = 1.0e-5 : f64, layout = 1 : i32, sizes = array<i64: 4, 3, 1>, counted = 4 : i64} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  // Scale and bias, scale alone, bias alone, neither.
  // CHECK: operandSegmentSizes = array<i32: 1, 1, 1>
  %2 = snap.layer_norm %rows, %c, %c {axis = 1 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  // CHECK: operandSegmentSizes = array<i32: 1, 1, 0>
  %3 = snap.layer_norm %rows, %c {axis = 1 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<5x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  // CHECK: operandSegmentSizes = array<i32: 1, 0, 1>
  %4 = snap.layer_norm %rows, %c {axis = 1 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 0, 1>} : (tensor<5x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  // CHECK: operandSegmentSizes = array<i32: 1, 0, 0>
  %5 = snap.layer_norm %rows {axis = 0 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<5x8xf32>) -> tensor<5x8xf32>
  // CHECK: snap.rms_norm %{{.*}}, %{{.*}} {axis = 1 : i64, epsilon = 2.500000e-01 : f64} : (tensor<5x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %6 = snap.rms_norm %rows, %c {axis = 1 : i64, epsilon = 0.25 : f64} : (tensor<5x8xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  return
}

// Values may be of another width than queries and keys.
// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<2x9x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x12xf32>, %mask: tensor<1x4x1x5xf32>) {
  // CHECK: snap.attention %{{.*}}, %{{.*}}, %{{.*}} {causal = true, heads = 4 : i64, scale = 5.000000e-01 : f64} : (tensor<2x9x8xf32>, tensor<2x5x8xf32>, tensor<2x5x12xf32>) -> tensor<2x9x12xf32>
  %0 = snap.attention %q, %k, %v {heads = 4 : i64, scale = 0.5 : f64, causal = true} : (tensor<2x9x8xf32>, tensor<2x5x8xf32>, tensor<2x5x12xf32>) -> tensor<2x9x12xf32>
  // CHECK: snap.attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {heads = 4 : i64, scale = 5.000000e-01 : f64} : (tensor<2x9x8xf32>, tensor<2x5x8xf32>, tensor<2x5x12xf32>, tensor<1x4x1x5xf32>) -> tensor<2x9x12xf32>
  %1 = snap.attention %q, %k, %v, %mask {heads = 4 : i64, scale = 0.5 : f64} : (tensor<2x9x8xf32>, tensor<2x5x8xf32>, tensor<2x5x12xf32>, tensor<1x4x1x5xf32>) -> tensor<2x9x12xf32>
  return
}

// CHECK-LABEL: func.func @movement
func.func @movement(%x: tensor<2x6x4xf32>, %i: tensor<3x2xi64>, %image: tensor<1x2x3x4xf32>) {
  // CHECK: snap.reshape %{{.*}} : (tensor<2x6x4xf32>) -> tensor<12x4xf32>
  %0 = snap.reshape %x : (tensor<2x6x4xf32>) -> tensor<12x4xf32>
  // CHECK: snap.transpose %{{.*}} {permutation = array<i64: 2, 0, 1>} : (tensor<2x6x4xf32>) -> tensor<4x2x6xf32>
  %1 = snap.transpose %x {permutation = array<i64: 2, 0, 1>} : (tensor<2x6x4xf32>) -> tensor<4x2x6xf32>
  // CHECK: snap.broadcast %{{.*}} : (tensor<2x6x4xf32>) -> tensor<3x2x6x4xf32>
  %2 = snap.broadcast %x : (tensor<2x6x4xf32>) -> tensor<3x2x6x4xf32>
  // CHECK: snap.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<2x6x4xf32>, tensor<2x6x4xf32>) -> tensor<2x12x4xf32>
  %3 = snap.concat %x, %x {axis = 1 : i64} : (tensor<2x6x4xf32>, tensor<2x6x4xf32>) -> tensor<2x12x4xf32>
  // CHECK: snap.slice %{{.*}} {starts = array<i64: 1, 5, 0>, steps = array<i64: 1, -2, 3>} : (tensor<2x6x4xf32>) -> tensor<1x3x2xf32>
  %4 = snap.slice %x {starts = array<i64: 1, 5, 0>, steps = array<i64: 1, -2, 3>} : (tensor<2x6x4xf32>) -> tensor<1x3x2xf32>
  // CHECK: snap.pad constant %{{.*}} {high = array<i64: 0, 1, 0>, low = array<i64: 0, 0, 2>, value = 5.000000e-01 : f64} : (tensor<2x6x4xf32>) -> tensor<2x7x6xf32>
  %5 = snap.pad constant %x {low = array<i64: 0, 0, 2>, high = array<i64: 0, 1, 0>, value = 0.5 : f64} : (tensor<2x6x4xf32>) -> tensor<2x7x6xf32>
  // CHECK: snap.pad reflect
  %6 = snap.pad reflect %x {low = array<i64: 1, 5, 3>, high = array<i64: 0, 0, 0>} : (tensor<2x6x4xf32>) -> tensor<3x11x7xf32>
  // CHECK: snap.pad edge
  %7 = snap.pad edge %x {low = array<i64: 9, 0, 0>, high = array<i64: 0, 0, 0>} : (tensor<2x6x4xf32>) -> tensor<11x6x4xf32>
  // CHECK: snap.gather %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<2x6x4xf32>, tensor<3x2xi64>) -> tensor<2x3x2x4xf32>
  %8 = snap.gather %x, %i {axis = 1 : i64} : (tensor<2x6x4xf32>, tensor<3x2xi64>) -> tensor<2x3x2x4xf32>
  // CHECK: snap.resize cubic %{{.*}} {coordinates = 2 : i32, scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 5.000000e-01>} : (tensor<1x2x3x4xf32>) -> tensor<1x2x6x2xf32>
  %9 = snap.resize cubic %image {scales = array<f64: 1.0, 1.0, 2.0, 0.5>, coordinates = 2 : i32} : (tensor<1x2x3x4xf32>) -> tensor<1x2x6x2xf32>
  // CHECK: snap.upsample %{{.*}} {factor = 2 : i64} : (tensor<1x2x3x4xf32>) -> tensor<1x2x6x8xf32>
  %10 = snap.upsample %image {factor = 2 : i64} : (tensor<1x2x3x4xf32>) -> tensor<1x2x6x8xf32>
  // CHECK: snap.upsample %{{.*}} {factor = 3 : i64, layout = 1 : i32} : (tensor<1x2x3x4xf32>) -> tensor<1x6x9x4xf32>
  %11 = snap.upsample %image {factor = 3 : i64, layout = 1 : i32} : (tensor<1x2x3x4xf32>) -> tensor<1x6x9x4xf32>
  return
}

// CHECK-LABEL: func.func @fused
func.func @fused(%x: tensor<8x4xf32>, %w: tensor<4x6xf32>, %b: tensor<6xf32>) -> tensor<8x6xf32> {
  // CHECK: snap.fused(%{{.*}}, %{{.*}}, %{{.*}}) {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<8x4xf32>, %{{.*}}: tensor<4x6xf32>, %{{.*}}: tensor<6xf32>):
  // CHECK-NEXT: snap.matmul
  // CHECK-NEXT: snap.binary add
  // CHECK-NEXT: snap.yield %{{.*}} : tensor<8x6xf32>
  // CHECK-NEXT: } : (tensor<8x4xf32>, tensor<4x6xf32>, tensor<6xf32>) -> tensor<8x6xf32>
  %0 = snap.fused(%x, %w, %b) {
  ^bb0(%a0: tensor<8x4xf32>, %a1: tensor<4x6xf32>, %a2: tensor<6xf32>):
    %1 = snap.matmul %a0, %a1 : (tensor<8x4xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
    %2 = snap.binary add %1, %a2 : (tensor<8x6xf32>, tensor<6xf32>) -> tensor<8x6xf32>
    snap.yield %2 : tensor<8x6xf32>
  } : (tensor<8x4xf32>, tensor<4x6xf32>, tensor<6xf32>) -> tensor<8x6xf32>
  return %0 : tensor<8x6xf32>
}
