// RUN: snap-opt %s --split-input-file --specialize-timesteps="from=step input=t timesteps=981,861" | FileCheck %s

// Both projections of the time embedding are columns of one table, each from a
// cache line on; the weight is named once.
// CHECK-LABEL: func.func @step(
// CHECK-SAME: %[[X:arg[0-9]+]]: tensor<1x8x4xf32> {snap.name = "x"}, %[[I:arg[0-9]+]]: tensor<1xi64> {snap.name = "step_index"})
// CHECK: %[[T0:.*]] = snap.constant dense<981> : tensor<1xi64>
// CHECK: %[[W:.*]] = snap.weight "a" : tensor<1x4xf32>
// CHECK: snap.cast %[[T0]]
// CHECK: %[[A0:.*]] = snap.matmul %{{.*}}, %[[W]]
// CHECK: snap.pad constant %{{.*}} {high = array<i64: 0, 28>, low = array<i64: 0, 0>}
// CHECK: %[[ROW0:.*]] = snap.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : {{.*}} -> tensor<1x64xf32>
// CHECK: snap.constant dense<861> : tensor<1xi64>
// CHECK: %[[A1:.*]] = snap.matmul %{{.*}}, %[[W]]
// CHECK: %[[ROW1:.*]] = snap.concat
// CHECK: %[[TABLE:.*]] = snap.concat %[[ROW0]], %[[ROW1]] {axis = 0 : i64} : {{.*}} -> tensor<2x64xf32>
// CHECK-NEXT: %[[ROW:.*]] = snap.gather %[[TABLE]], %[[I]] {axis = 0 : i64} : (tensor<2x64xf32>, tensor<1xi64>) -> tensor<1x64xf32>
// CHECK-NEXT: %[[A:.*]] = snap.slice %[[ROW]] {starts = array<i64: 0, 0>{{.*}} -> tensor<1x4xf32>
// CHECK-NEXT: %[[B:.*]] = snap.slice %[[ROW]] {starts = array<i64: 0, 32>{{.*}} -> tensor<1x4xf32>
// CHECK-NEXT: %[[SUM:.*]] = snap.binary add %[[X]], %[[A]]
// CHECK-NEXT: snap.binary mul %[[SUM]], %[[B]]
func.func @step(%x: tensor<1x8x4xf32> {snap.name = "x"}, %t: tensor<1xi64> {snap.name = "t"}) -> (tensor<1x8x4xf32> {snap.name = "y"}) {
  %w = snap.weight "a" : tensor<1x4xf32>
  %0 = snap.cast %t : (tensor<1xi64>) -> tensor<1xf32>
  %1 = snap.reshape %0 : (tensor<1xf32>) -> tensor<1x1xf32>
  %a = snap.matmul %1, %w : (tensor<1x1xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = snap.binary add %x, %a : (tensor<1x8x4xf32>, tensor<1x4xf32>) -> tensor<1x8x4xf32>
  %b = snap.unary silu %a : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = snap.binary mul %2, %b : (tensor<1x8x4xf32>, tensor<1x4xf32>) -> tensor<1x8x4xf32>
  return %3 : tensor<1x8x4xf32>
}

// -----

// An activation reads the timestep itself, which no table of floats holds: it stays.
// CHECK-LABEL: func.func @step(
// CHECK-SAME: tensor<1xi64> {snap.name = "t"}
// CHECK-NOT: snap.gather
func.func @step(%x: tensor<4xi64> {snap.name = "x"}, %t: tensor<1xi64> {snap.name = "t"}) -> (tensor<4xi64> {snap.name = "y"}) {
  %0 = snap.binary add %x, %t : (tensor<4xi64>, tensor<1xi64>) -> tensor<4xi64>
  return %0 : tensor<4xi64>
}
