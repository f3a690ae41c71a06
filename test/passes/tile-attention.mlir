// RUN: snap-opt %s --tile-attention="target=x86_64-linux cpu=avx512" | FileCheck %s

// RUN: snap-opt %s --tile-attention="target=x86_64-linux cpu=avx2" | FileCheck %s --check-prefix=AVX2

// Of 32 registers, 4 vectors by 6 keys load 10 times for 24 multiplications, 2 by 12 14 times. Of AVX2's 16, 2 vectors
// by 6 load 8 times for 12, 4 by 2 6 times for 8.
// CHECK-LABEL: @self
// CHECK: tile_queries = 64 : i64
// AVX2-LABEL: @self
// AVX2: tile_queries = 16 : i64
func.func @self(%q: tensor<2x4096x320xf32>) -> tensor<2x4096x320xf32> {
  %y = snap.attention %q, %q, %q {heads = 8 : i64, scale = 0.158 : f64} : (tensor<2x4096x320xf32>, tensor<2x4096x320xf32>, tensor<2x4096x320xf32>) -> tensor<2x4096x320xf32>
  return %y : tensor<2x4096x320xf32>
}

// However few the keys.
// CHECK-LABEL: @cross
// CHECK: tile_queries = 64 : i64
func.func @cross(%q: tensor<2x4096x320xf32>, %k: tensor<2x77x320xf32>) -> tensor<2x4096x320xf32> {
  %y = snap.attention %q, %k, %k {heads = 8 : i64, scale = 0.158 : f64} : (tensor<2x4096x320xf32>, tensor<2x77x320xf32>, tensor<2x77x320xf32>) -> tensor<2x4096x320xf32>
  return %y : tensor<2x4096x320xf32>
}

// 77 queries in tiles of 16 are 80 rows; in tiles of 32 they would be 96, a fifth wasted.
// CHECK-LABEL: @text
// CHECK: tile_queries = 16 : i64
func.func @text(%q: tensor<1x77x768xf32>) -> tensor<1x77x768xf32> {
  %y = snap.attention %q, %q, %q {heads = 12 : i64, scale = 0.125 : f64, causal = true} : (tensor<1x77x768xf32>, tensor<1x77x768xf32>, tensor<1x77x768xf32>) -> tensor<1x77x768xf32>
  return %y : tensor<1x77x768xf32>
}
