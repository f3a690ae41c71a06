// RUN: snap-opt %s --compact-pruned="masks=%S/inputs/masks.json" | FileCheck %s

// Channel 1 of the first layer is masked: it goes. Channels 0 and 3 of the
// second are results of the program: they stay, and are zero.
// CHECK: %[[MASK:.*]] = snap.constant dense<[0.000000e+00, 1.000000e+00, 1.000000e+00, 0.000000e+00]>
// CHECK: %[[ROW:.*]] = snap.reshape %[[MASK]] : (tensor<4xf32>) -> tensor<1x4xf32>
// CHECK: snap.binary mul %{{.*}}, %[[ROW]] : (tensor<3x4xf32>, tensor<1x4xf32>) -> tensor<3x4xf32>
// CHECK: snap.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: snap.matmul {{.*}} : (tensor<2x2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
func.func @masked(%x: tensor<2x5xf32>) -> tensor<2x4xf32> {
  %w1 = snap.weight "masked:w1" : tensor<3x5xf32>
  %w2 = snap.weight "masked:w2" : tensor<3x4xf32>
  %0 = snap.matmul %x, %w1 {transposeRhs = true} : (tensor<2x5xf32>, tensor<3x5xf32>) -> tensor<2x3xf32>
  %1 = snap.matmul %0, %w2 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}
