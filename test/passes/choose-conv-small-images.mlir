// RUN: snap-opt %s --choose-conv="target=arm64-ios" | FileCheck %s
// RUN: snap-opt %s --choose-conv="target=x86_64-linux cpu=avx512" | FileCheck %s --check-prefix=SERVER

// A byte of F(4,3)'s weights saves 32 multiply-accumulates of a pair of images of 16x16, one of F(2,3)'s 91, and 22 of 8x8
// images. On phones it has to save 48, on servers 16.
// CHECK-LABEL: @deep
// CHECK: snap.conv2d
// CHECK-SAME: algorithm = 2
// CHECK: snap.conv2d
// CHECK-SAME: algorithm = 0
// SERVER-LABEL: @deep
// SERVER: snap.conv2d
// SERVER-SAME: algorithm = 1
// SERVER: snap.conv2d
// SERVER-SAME: algorithm = 2
func.func @deep(%x: tensor<2x16x16x640xf32>, %y: tensor<2x8x8x640xf32>) -> (tensor<2x16x16x640xf32>, tensor<2x8x8x640xf32>) {
  %w = snap.weight "deep:w" : tensor<640x640x3x3xf32>
  %v = snap.weight "deep:v" : tensor<640x640x3x3xf32>
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x16x16x640xf32>, tensor<640x640x3x3xf32>) -> tensor<2x16x16x640xf32>
  %1 = snap.conv2d %y, %v {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x8x8x640xf32>, tensor<640x640x3x3xf32>) -> tensor<2x8x8x640xf32>
  return %0, %1 : tensor<2x16x16x640xf32>, tensor<2x8x8x640xf32>
}
