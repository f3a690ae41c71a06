// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512 max-growth=3" 2>&1 | FileCheck %s --check-prefixes=CHECK,THREE
// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512 max-growth=1.5" 2>&1 | FileCheck %s --check-prefixes=CHECK,HALF
// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512 max-growth=4" 2>&1 | FileCheck %s --check-prefixes=CHECK,FOUR

// Two filters of 320 by 320 take 7,372,800 bytes, four times that by F(4,3), 16/9 times by F(2,3).
// THREE: remark: a cap of 3.0 times the weights (23 MB) keeps 1 convolutions from a faster algorithm; with all of them weights take 30 MB: --max-weights allows them
// HALF: remark: a cap of 1.5 times the weights (12 MB) keeps 2 convolutions from a faster algorithm
// FOUR-NOT: remark
// CHECK-LABEL: @two
// THREE: algorithm = 1
// THREE: algorithm = 2
// HALF: algorithm = 2
// HALF: algorithm = 0
// FOUR: algorithm = 1
// FOUR: algorithm = 1
func.func @two(%x: tensor<2x64x64x320xf32>) -> tensor<2x64x64x320xf32> {
  %w = snap.weight "two:w" : tensor<320x320x3x3xf32>
  %v = snap.weight "two:v" : tensor<320x320x3x3xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x64x64x320xf32>, tensor<320x320x3x3xf32>) -> tensor<2x64x64x320xf32>
  %1 = snap.conv2d %0, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x64x64x320xf32>, tensor<320x320x3x3xf32>) -> tensor<2x64x64x320xf32>
  return %1 : tensor<2x64x64x320xf32>
}
