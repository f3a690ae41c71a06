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
