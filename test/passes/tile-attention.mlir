// RUN: snap-opt %s --tile-attention="target=x86_64-linux cpu=avx512" | FileCheck %s

// Two f32 strips of 4096 keys by 32 queries fill the 1 MiB of L2; 64 would not fit.
// CHECK-LABEL: @self
// CHECK: tile_queries = 32 : i64
func.func @self(%q: tensor<2x4096x320xf32>) -> tensor<2x4096x320xf32> {
  %y = snap.attention %q, %q, %q {heads = 8 : i64, scale = 0.158 : f64} : (tensor<2x4096x320xf32>, tensor<2x4096x320xf32>, tensor<2x4096x320xf32>) -> tensor<2x4096x320xf32>
  return %y : tensor<2x4096x320xf32>
}

// 77 keys are few: the widest tile.
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
