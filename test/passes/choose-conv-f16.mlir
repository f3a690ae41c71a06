// RUN: snap-opt %s --choose-conv="target=arm64-linux cpu=generic" | FileCheck %s --check-prefixes=CHECK,HALF
// RUN: snap-opt %s --choose-conv="target=arm64-linux cpu=armv8.0" | FileCheck %s --check-prefixes=CHECK,DIRECT
// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512" | FileCheck %s --check-prefixes=CHECK,DIRECT

// In f16, Winograd where the processor multiplies in f16: F(4,3) as in f32, and no image that is enlarged as it is read.
// CHECK-LABEL: @step
// CHECK: snap.conv2d
// HALF-SAME: algorithm = 1
// DIRECT-SAME: algorithm = 0
func.func @step(%x: tensor<2x64x64x320xf16>) -> tensor<2x64x64x320xf16> {
  %w = snap.weight "unet:w" : tensor<320x320x3x3xf16>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x64x64x320xf16>, tensor<320x320x3x3xf16>) -> tensor<2x64x64x320xf16>
  return %0 : tensor<2x64x64x320xf16>
}
