// RUN: snap-opt --fuse --split-input-file %s | FileCheck %s

// Convolution, bias, time row, residual, activation: one kernel. The bias's
// reshape is a weight expression and stays outside.
// CHECK-LABEL: @epilogue
// CHECK-DAG: %[[W:.*]] = snap.weight "w"
// CHECK-DAG: %[[B:.*]] = snap.reshape
// CHECK: %[[F:.*]] = snap.fused(%arg0, %[[W]], %[[B]], %arg1, %arg2)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: snap.conv2d
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.unary silu
// CHECK-NEXT: snap.yield
// CHECK: return %[[F]]
func.func @epilogue(%x: tensor<2x8x8x4xf32>, %time: tensor<2x1x1x4xf32>, %residual: tensor<2x8x8x4xf32>) -> tensor<2x8x8x4xf32> {
  %w = snap.weight "w" : tensor<4x4x3x3xf32>
  %b = snap.weight "b" : tensor<4x1xf32>
  %b1 = snap.reshape %b : (tensor<4x1xf32>) -> tensor<4xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x8x8x4xf32>, tensor<4x4x3x3xf32>) -> tensor<2x8x8x4xf32>
  %1 = snap.binary add %0, %b1 : (tensor<2x8x8x4xf32>, tensor<4xf32>) -> tensor<2x8x8x4xf32>
  %2 = snap.binary add %1, %time : (tensor<2x8x8x4xf32>, tensor<2x1x1x4xf32>) -> tensor<2x8x8x4xf32>
  %3 = snap.binary add %residual, %2 : (tensor<2x8x8x4xf32>, tensor<2x8x8x4xf32>) -> tensor<2x8x8x4xf32>
  %4 = snap.unary silu %3 : (tensor<2x8x8x4xf32>) -> tensor<2x8x8x4xf32>
  return %4 : tensor<2x8x8x4xf32>
}

// -----

// The sum is read twice, so the group ends there and the activation is a kernel of its own.
// CHECK-LABEL: @read_twice
// CHECK: %[[F:.*]] = snap.fused
// CHECK: snap.matmul
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.yield
// CHECK: %[[S:.*]] = snap.unary silu %[[F]]
// CHECK-NEXT: return %[[F]], %[[S]]
func.func @read_twice(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %w = snap.weight "w" : tensor<4x4xf32>
  %0 = snap.matmul %x, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %1 = snap.binary add %0, %y : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  %2 = snap.unary silu %1 : (tensor<8x4xf32>) -> tensor<8x4xf32>
  return %1, %2 : tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// Two roots meet: the later takes the sum, the earlier keeps its own bias.
// CHECK-LABEL: @two_roots
// CHECK: %[[A:.*]] = snap.fused(%arg0
// CHECK: snap.matmul
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.yield
// CHECK: snap.fused(%arg1, {{.*}}%[[A]])
// CHECK: snap.matmul
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.yield
func.func @two_roots(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %w = snap.weight "w" : tensor<4x4xf32>
  %b = snap.weight "b" : tensor<4xf32>
  %0 = snap.matmul %x, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %1 = snap.binary add %0, %b : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  %2 = snap.matmul %y, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %3 = snap.binary add %2, %b : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  %4 = snap.binary add %1, %3 : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %4 : tensor<8x4xf32>
}

// -----

// GEGLU: the halves are slices that the kernel reads in place.
// CHECK-LABEL: @geglu
// CHECK: %[[A:.*]] = snap.slice %arg0
// CHECK: %[[B:.*]] = snap.slice %arg0
// CHECK: snap.fused(%[[B]], %[[A]])
// CHECK: snap.unary gelu
// CHECK-NEXT: snap.binary mul
// CHECK-NEXT: snap.yield
func.func @geglu(%h: tensor<8x16xf32>) -> tensor<8x8xf32> {
  %0 = snap.slice %h {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<8x16xf32>) -> tensor<8x8xf32>
  %1 = snap.slice %h {starts = array<i64: 0, 8>, steps = array<i64: 1, 1>} : (tensor<8x16xf32>) -> tensor<8x8xf32>
  %2 = snap.unary gelu %1 : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %3 = snap.binary mul %0, %2 : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %3 : tensor<8x8xf32>
}

// -----

// A row that grows by broadcasting is computed once, not for every element.
// CHECK-LABEL: @growing
// CHECK: %[[ROW:.*]] = snap.unary exp %arg1
// CHECK-NEXT: snap.binary mul %arg0, %[[ROW]]
// CHECK-NOT: snap.fused
func.func @growing(%x: tensor<8x4xf32>, %row: tensor<4xf32>) -> tensor<8x4xf32> {
  %0 = snap.unary exp %row : (tensor<4xf32>) -> tensor<4xf32>
  %1 = snap.binary mul %x, %0 : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}

// -----

// What is computed from weights alone is packed at compile time.
// CHECK-LABEL: @weights_alone
// CHECK: snap.unary exp
// CHECK-NEXT: snap.binary mul
// CHECK-NEXT: snap.matmul
// CHECK-NOT: snap.fused
func.func @weights_alone(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %w = snap.weight "w" : tensor<4x4xf32>
  %0 = snap.unary exp %w : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = snap.binary mul %0, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = snap.matmul %x, %1 : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  return %2 : tensor<8x4xf32>
}

// -----

// GEGLU: the bias goes to each half, and one kernel holds values and gates.
// CHECK-LABEL: @gated
// CHECK-DAG: %[[B:.*]] = snap.weight "b"
// CHECK-DAG: %[[BV:.*]] = snap.slice %[[B]] {starts = array<i64: 0>
// CHECK-DAG: %[[BG:.*]] = snap.slice %[[B]] {starts = array<i64: 6>
// CHECK: %[[F:.*]] = snap.fused(%arg0, %{{.*}}, %[[BV]], %[[BG]], %arg1)
// CHECK: %[[P:.*]] = snap.matmul
// CHECK: snap.slice %[[P]] {starts = array<i64: 0, 0>
// CHECK: snap.slice %[[P]] {starts = array<i64: 0, 6>
// CHECK: snap.unary gelu
// CHECK-NEXT: snap.binary mul
// CHECK-NEXT: snap.binary add
// CHECK-NEXT: snap.yield
// CHECK: return %[[F]]
func.func @gated(%x: tensor<8x4xf32>, %residual: tensor<8x6xf32>) -> tensor<8x6xf32> {
  %w = snap.weight "w" : tensor<4x12xf32>
  %b = snap.weight "b" : tensor<12xf32>
  %0 = snap.matmul %x, %w : (tensor<8x4xf32>, tensor<4x12xf32>) -> tensor<8x12xf32>
  %1 = snap.binary add %b, %0 : (tensor<12xf32>, tensor<8x12xf32>) -> tensor<8x12xf32>
  %2 = snap.slice %1 {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<8x12xf32>) -> tensor<8x6xf32>
  %3 = snap.slice %1 {starts = array<i64: 0, 6>, steps = array<i64: 1, 1>} : (tensor<8x12xf32>) -> tensor<8x6xf32>
  %4 = snap.unary gelu %3 : (tensor<8x6xf32>) -> tensor<8x6xf32>
  %5 = snap.binary mul %2, %4 : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x6xf32>
  %6 = snap.binary add %5, %residual : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x6xf32>
  return %6 : tensor<8x6xf32>
}

// -----

// Read whole as well, the product stays one kernel and the halves are read where they lie.
// CHECK-LABEL: @halves_and_whole
// CHECK: %[[P:.*]] = snap.matmul
// CHECK: %[[V:.*]] = snap.slice %[[P]]
// CHECK: %[[G:.*]] = snap.slice %[[P]]
// CHECK: snap.fused(%[[G]], %[[V]])
func.func @halves_and_whole(%x: tensor<8x4xf32>) -> (tensor<8x12xf32>, tensor<8x6xf32>) {
  %w = snap.weight "w" : tensor<4x12xf32>
  %0 = snap.matmul %x, %w : (tensor<8x4xf32>, tensor<4x12xf32>) -> tensor<8x12xf32>
  %1 = snap.slice %0 {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<8x12xf32>) -> tensor<8x6xf32>
  %2 = snap.slice %0 {starts = array<i64: 0, 6>, steps = array<i64: 1, 1>} : (tensor<8x12xf32>) -> tensor<8x6xf32>
  %3 = snap.unary silu %2 : (tensor<8x6xf32>) -> tensor<8x6xf32>
  %4 = snap.binary mul %1, %3 : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x6xf32>
  return %0, %4 : tensor<8x12xf32>, tensor<8x6xf32>
}

// -----

// Positions are added to the tokens' rows as they are gathered.
// CHECK-LABEL: @embeddings
// CHECK: snap.fused(%{{.*}}, %arg0, %{{.*}})
// CHECK: %[[G:.*]] = snap.gather
// CHECK-NEXT: %[[S:.*]] = snap.binary add %[[G]]
// CHECK-NEXT: snap.yield %[[S]]
func.func @embeddings(%ids: tensor<2x7xi64>) -> tensor<2x7x4xf32> {
  %w = snap.weight "tokens" : tensor<50x4xf32>
  %p = snap.weight "positions" : tensor<1x7x4xf32>
  %0 = snap.gather %w, %ids {axis = 0 : i64} : (tensor<50x4xf32>, tensor<2x7xi64>) -> tensor<2x7x4xf32>
  %1 = snap.binary add %0, %p : (tensor<2x7x4xf32>, tensor<1x7x4xf32>) -> tensor<2x7x4xf32>
  return %1 : tensor<2x7x4xf32>
}
