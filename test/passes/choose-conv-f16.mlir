// RUN: snap-opt %s --choose-conv="target=arm64-linux cpu=generic" | FileCheck %s --check-prefixes=CHECK,HALF
// RUN: snap-opt %s --choose-conv="target=arm64-linux cpu=armv8.0" | FileCheck %s --check-prefixes=CHECK,DIRECT
// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512" | FileCheck %s --check-prefixes=CHECK,DIRECT

// In f16, F(2,3) where the processor multiplies in f16, and never F(4,3), which f16 is too coarse for.
// CHECK-LABEL: @step
// CHECK: snap.conv2d
// HALF-SAME: algorithm = 2
// DIRECT-NOT: algorithm = 2
func.func @step(%x: tensor<2x64x64x320xf16>) -> tensor<2x64x64x320xf16> {
  %w = snap.weight "unet:w" : tensor<320x320x3x3xf16>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x64x64x320xf16>, tensor<320x320x3x3xf16>) -> tensor<2x64x64x320xf16>
  return %0 : tensor<2x64x64x320xf16>
}
