// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512" 2>&1 | FileCheck %s --check-prefixes=CHECK,FREE
// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512 max-scratch=2" 2>&1 | FileCheck %s --check-prefixes=CHECK,SCRATCH
// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512 max-weights=8" 2>&1 | FileCheck %s --check-prefixes=CHECK,WEIGHTS
// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512 max-weights=10" 2>&1 | FileCheck %s --check-prefixes=CHECK,HALFWAY
// RUN: not snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512 max-weights=1" 2>&1 | FileCheck %s --check-prefix=TOO-SMALL

// A block of 16x4 tiles of 36 points by 64 + 64 channels, and 66x18 pixels of 32 before them: 1.4 MB of scratch;
// by 320 + 64, 3.7 MB; F(2,3) has 16 points.
// SCRATCH: remark: --max-scratch 2 keeps 2 convolutions from a faster algorithm, which takes up to 4 MB a thread

// Direct, the filters take 147,456, 3,686,400, 2,304,000 and (4 channels in a tile of 16) 184,320 bytes: 6.3 MB. Winograd
// adds 0.4 MB to the first and 11 MB to the second, or 2.9 MB as F(2,3): halfway.
// HALFWAY: remark: --max-weights 10 keeps 2 convolutions from a faster algorithm; with all of them weights take 18 MB
// WEIGHTS: remark: --max-weights 8 keeps 2 convolutions from a faster algorithm; with all of them weights take 18 MB
// TOO-SMALL: error: --max-weights 1: the weights take 7 MB with every convolution direct; allow as much, or compile with --precision f16

// CHECK-LABEL: @decode
// CHECK: snap.conv2d
// CHECK-SAME: algorithm = 1
func.func @decode(%x: tensor<1x512x512x64xf32>) -> tensor<1x512x512x64xf32> {
  %w = snap.weight "decode:w" : tensor<64x64x3x3xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x512x512x64xf32>, tensor<64x64x3x3xf32>) -> tensor<1x512x512x64xf32>
  return %0 : tensor<1x512x512x64xf32>
}

// The filter is one in both programs, and so is the choice, though one image of 24x24 alone would not pay.
// CHECK-LABEL: @step
// CHECK: snap.conv2d
// FREE-SAME: algorithm = 1
// SCRATCH-SAME: algorithm = 2
// HALFWAY-SAME: algorithm = 2
// WEIGHTS-SAME: algorithm = 0
func.func @step(%x: tensor<2x64x64x320xf32>) -> tensor<2x64x64x320xf32> {
  %w = snap.weight "unet:w" : tensor<320x320x3x3xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x64x64x320xf32>, tensor<320x320x3x3xf32>) -> tensor<2x64x64x320xf32>
  return %0 : tensor<2x64x64x320xf32>
}

// CHECK-LABEL: @step_small
// CHECK: snap.conv2d
// FREE-SAME: algorithm = 1
// SCRATCH-SAME: algorithm = 2
// HALFWAY-SAME: algorithm = 2
// WEIGHTS-SAME: algorithm = 0
func.func @step_small(%x: tensor<1x24x24x320xf32>) -> tensor<1x24x24x320xf32> {
  %w = snap.weight "unet:w" : tensor<320x320x3x3xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x24x24x320xf32>, tensor<320x320x3x3xf32>) -> tensor<1x24x24x320xf32>
  return %0 : tensor<1x24x24x320xf32>
}

// A stride is nothing for Winograd, and 4 channels are too few.
// CHECK-LABEL: @never
// CHECK: snap.conv2d
// CHECK-SAME: algorithm = 0
// CHECK: snap.conv2d
// CHECK-SAME: algorithm = 0
func.func @never(%x: tensor<2x64x64x320xf32>) -> (tensor<2x32x32x200xf32>, tensor<2x64x64x4xf32>) {
  %w = snap.weight "never:w" : tensor<200x320x3x3xf32>
  %v = snap.weight "never:v" : tensor<4x320x3x3xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x64x64x320xf32>, tensor<200x320x3x3xf32>) -> tensor<2x32x32x200xf32>
  %1 = snap.conv2d %x, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x64x64x320xf32>, tensor<4x320x3x3xf32>) -> tensor<2x64x64x4xf32>
  return %0, %1 : tensor<2x32x32x200xf32>, tensor<2x64x64x4xf32>
}
