// RUN: snap-opt --merge-matmuls --split-input-file %s | FileCheck %s

// Self-attention: 32 columns each of queries, keys and values. A missing bias is zeros.
// CHECK-LABEL: @self_attention
// CHECK-DAG: %[[Z:.*]] = snap.constant dense<0.000000e+00> : tensor<32xf32>
// CHECK-DAG: %[[W:.*]] = snap.concat %{{.*}}, %{{.*}}, %{{.*}} {axis = 1 : i64} : {{.*}} -> tensor<8x96xf32>
// CHECK: %[[P:.*]] = snap.matmul %arg0, %[[W]] : {{.*}} -> tensor<2x4x96xf32>
// CHECK: %[[B:.*]] = snap.concat %{{.*}}, %[[Z]], %{{.*}} {axis = 0 : i64} : {{.*}} -> tensor<96xf32>
// CHECK: %[[S:.*]] = snap.binary add %[[P]], %[[B]]
// CHECK: %[[Q:.*]] = snap.slice %[[S]] {starts = array<i64: 0, 0, 0>
// CHECK: %[[K:.*]] = snap.slice %[[S]] {starts = array<i64: 0, 0, 32>
// CHECK: %[[V:.*]] = snap.slice %[[S]] {starts = array<i64: 0, 0, 64>
// CHECK: snap.attention %[[Q]], %[[K]], %[[V]]
func.func @self_attention(%x: tensor<2x4x8xf32>) -> tensor<2x4x32xf32> {
  %wq = snap.weight "wq" : tensor<8x32xf32>
  %wk = snap.weight "wk" : tensor<8x32xf32>
  %wv = snap.weight "wv" : tensor<8x32xf32>
  %bq = snap.weight "bq" : tensor<32xf32>
  %bv = snap.weight "bv" : tensor<1x32xf32>
  %q0 = snap.matmul %x, %wq : (tensor<2x4x8xf32>, tensor<8x32xf32>) -> tensor<2x4x32xf32>
  %q = snap.binary add %bq, %q0 : (tensor<32xf32>, tensor<2x4x32xf32>) -> tensor<2x4x32xf32>
  %k = snap.matmul %x, %wk : (tensor<2x4x8xf32>, tensor<8x32xf32>) -> tensor<2x4x32xf32>
  %v0 = snap.matmul %x, %wv : (tensor<2x4x8xf32>, tensor<8x32xf32>) -> tensor<2x4x32xf32>
  %v = snap.binary add %v0, %bv : (tensor<2x4x32xf32>, tensor<1x32xf32>) -> tensor<2x4x32xf32>
  %y = snap.attention %q, %k, %v {heads = 2 : i64, scale = 0.25} : (tensor<2x4x32xf32>, tensor<2x4x32xf32>, tensor<2x4x32xf32>) -> tensor<2x4x32xf32>
  return %y : tensor<2x4x32xf32>
}

// -----

// Cross-attention: keys and values come from the prompt, of weights stored as [N,K].
// CHECK-LABEL: @cross_attention
// CHECK-DAG: %[[Q:.*]] = snap.matmul %arg0
// CHECK-DAG: %[[W:.*]] = snap.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : {{.*}} -> tensor<96x16xf32>
// CHECK: %[[P:.*]] = snap.matmul %arg1, %[[W]] {transposeRhs = true}
// CHECK: %[[K:.*]] = snap.slice %[[P]] {starts = array<i64: 0, 0, 0>
// CHECK: %[[V:.*]] = snap.slice %[[P]] {starts = array<i64: 0, 0, 32>
// CHECK: snap.attention %[[Q]], %[[K]], %[[V]]
func.func @cross_attention(%x: tensor<2x4x8xf32>, %prompt: tensor<2x5x16xf32>) -> tensor<2x4x64xf32> {
  %wq = snap.weight "wq" : tensor<8x32xf32>
  %wk = snap.weight "wk" : tensor<32x16xf32>
  %wv = snap.weight "wv" : tensor<64x16xf32>
  %q = snap.matmul %x, %wq : (tensor<2x4x8xf32>, tensor<8x32xf32>) -> tensor<2x4x32xf32>
  %k = snap.matmul %prompt, %wk {transposeRhs = true} : (tensor<2x5x16xf32>, tensor<32x16xf32>) -> tensor<2x5x32xf32>
  %v = snap.matmul %prompt, %wv {transposeRhs = true} : (tensor<2x5x16xf32>, tensor<64x16xf32>) -> tensor<2x5x64xf32>
  %y = snap.attention %q, %k, %v {heads = 2 : i64, scale = 0.25} : (tensor<2x4x32xf32>, tensor<2x5x32xf32>, tensor<2x5x64xf32>) -> tensor<2x4x64xf32>
  return %y : tensor<2x4x64xf32>
}

// -----

// Keys that something else reads, and 24 columns, whose slices would begin off a cache line, stay apart.
// CHECK-LABEL: @apart
// CHECK-COUNT-3: snap.matmul
// CHECK-NOT: snap.slice
func.func @apart(%x: tensor<2x4x8xf32>) -> (tensor<2x4x24xf32>, tensor<2x4x32xf32>) {
  %wq = snap.weight "wq" : tensor<8x32xf32>
  %wk = snap.weight "wk" : tensor<8x32xf32>
  %wv = snap.weight "wv" : tensor<8x24xf32>
  %q = snap.matmul %x, %wq : (tensor<2x4x8xf32>, tensor<8x32xf32>) -> tensor<2x4x32xf32>
  %k = snap.matmul %x, %wk : (tensor<2x4x8xf32>, tensor<8x32xf32>) -> tensor<2x4x32xf32>
  %v = snap.matmul %x, %wv : (tensor<2x4x8xf32>, tensor<8x24xf32>) -> tensor<2x4x24xf32>
  %y = snap.attention %q, %k, %v {heads = 2 : i64, scale = 0.25} : (tensor<2x4x32xf32>, tensor<2x4x32xf32>, tensor<2x4x24xf32>) -> tensor<2x4x24xf32>
  return %y, %k : tensor<2x4x24xf32>, tensor<2x4x32xf32>
}

// -----

// Time rows of two blocks, which images repeat, are one product at the first one's place. The weights move up to it.
// CHECK-LABEL: @time_rows
// CHECK: %[[W:.*]] = snap.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : {{.*}} -> tensor<96x8xf32>
// CHECK: %[[P:.*]] = snap.matmul %arg0, %[[W]] {transposeRhs = true} : {{.*}} -> tensor<2x96xf32>
// CHECK: %[[S:.*]] = snap.binary add %[[P]]
// CHECK: %[[A:.*]] = snap.slice %[[S]] {starts = array<i64: 0, 0>, {{.*}} -> tensor<2x32xf32>
// CHECK: %[[B:.*]] = snap.slice %[[S]] {starts = array<i64: 0, 32>, {{.*}} -> tensor<2x64xf32>
// CHECK-NOT: snap.matmul
// CHECK: snap.reshape %[[A]]
// CHECK: snap.reshape %[[B]]
func.func @time_rows(%time: tensor<2x8xf32>, %x: tensor<2x32x4x4xf32>, %y: tensor<2x64x2x2xf32>) -> (tensor<2x32x4x4xf32>, tensor<2x64x2x2xf32>) {
  %wa = snap.weight "wa" : tensor<32x8xf32>
  %ba = snap.weight "ba" : tensor<32xf32>
  %a0 = snap.matmul %time, %wa {transposeRhs = true} : (tensor<2x8xf32>, tensor<32x8xf32>) -> tensor<2x32xf32>
  %a1 = snap.binary add %a0, %ba : (tensor<2x32xf32>, tensor<32xf32>) -> tensor<2x32xf32>
  %a2 = snap.reshape %a1 : (tensor<2x32xf32>) -> tensor<2x32x1x1xf32>
  %a = snap.binary add %x, %a2 : (tensor<2x32x4x4xf32>, tensor<2x32x1x1xf32>) -> tensor<2x32x4x4xf32>
  %wb = snap.weight "wb" : tensor<64x8xf32>
  %b0 = snap.matmul %time, %wb {transposeRhs = true} : (tensor<2x8xf32>, tensor<64x8xf32>) -> tensor<2x64xf32>
  %b1 = snap.reshape %b0 : (tensor<2x64xf32>) -> tensor<2x64x1x1xf32>
  %b = snap.binary add %y, %b1 : (tensor<2x64x2x2xf32>, tensor<2x64x1x1xf32>) -> tensor<2x64x2x2xf32>
  return %a, %b : tensor<2x32x4x4xf32>, tensor<2x64x2x2xf32>
}

// -----

// An activation of its own belongs into a product's kernel, and 65 rows keep the threads busy.
// CHECK-LABEL: @rows_apart
// CHECK-COUNT-4: snap.matmul
// CHECK-NOT: snap.slice
func.func @rows_apart(%x: tensor<2x8xf32>, %y: tensor<65x8xf32>, %z: tensor<3x65x32xf32>) -> (tensor<2x32xf32>, tensor<2x32xf32>, tensor<3x65x32xf32>, tensor<3x65x32xf32>) {
  %v = snap.weight "v" : tensor<8x32xf32>
  %w = snap.weight "w" : tensor<8x32xf32>
  %a0 = snap.matmul %x, %v : (tensor<2x8xf32>, tensor<8x32xf32>) -> tensor<2x32xf32>
  %a = snap.unary silu %a0 : (tensor<2x32xf32>) -> tensor<2x32xf32>
  %b0 = snap.matmul %x, %w : (tensor<2x8xf32>, tensor<8x32xf32>) -> tensor<2x32xf32>
  %b = snap.binary mul %a, %b0 : (tensor<2x32xf32>, tensor<2x32xf32>) -> tensor<2x32xf32>
  %c0 = snap.matmul %y, %v : (tensor<65x8xf32>, tensor<8x32xf32>) -> tensor<65x32xf32>
  %c = snap.binary add %z, %c0 : (tensor<3x65x32xf32>, tensor<65x32xf32>) -> tensor<3x65x32xf32>
  %d0 = snap.matmul %y, %w : (tensor<65x8xf32>, tensor<8x32xf32>) -> tensor<65x32xf32>
  %d = snap.binary add %z, %d0 : (tensor<3x65x32xf32>, tensor<65x32xf32>) -> tensor<3x65x32xf32>
  return %a, %b, %c, %d : tensor<2x32xf32>, tensor<2x32xf32>, tensor<3x65x32xf32>, tensor<3x65x32xf32>
}
