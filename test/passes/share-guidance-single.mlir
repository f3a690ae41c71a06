// RUN: snap-opt %s --share-guidance="from=step sample=x prompt=c single=alone" | FileCheck %s

// With `single`, a second function runs everything on one row.
// CHECK-LABEL: func.func @step(
// CHECK: return %{{.*}} : tensor<2x8x4xf32>
// CHECK-LABEL: func.func @alone(
// CHECK-SAME: %[[X:arg[0-9]+]]: tensor<1x8x4xf32> {snap.name = "x"}, %[[C:arg[0-9]+]]: tensor<1x7x4xf32> {snap.name = "c"}) -> (tensor<1x8x4xf32> {snap.name = "y"})
// CHECK-NEXT: %[[A:.*]] = snap.attention %[[X]], %[[C]], %[[C]] {{.*}} -> tensor<1x8x4xf32>
// CHECK-NEXT: return %[[A]] : tensor<1x8x4xf32>
func.func @step(%x: tensor<2x8x4xf32> {snap.name = "x"}, %c: tensor<2x7x4xf32> {snap.name = "c"}) -> (tensor<2x8x4xf32> {snap.name = "y"}) {
  %0 = snap.attention %x, %c, %c {heads = 1 : i64, scale = 0.5 : f64} : (tensor<2x8x4xf32>, tensor<2x7x4xf32>, tensor<2x7x4xf32>) -> tensor<2x8x4xf32>
  return %0 : tensor<2x8x4xf32>
}
