// RUN: snap-opt %s --hoist-invariants="from=step input=c" | FileCheck %s

// Key and value of the prompt are computed in @prepare, with what leads from
// the weights to them; what the steps share of it is handed on as state.
// CHECK-LABEL: func.func @prepare(
// CHECK-SAME: %[[C:arg[0-9]+]]: tensor<2x7x6xf32> {snap.name = "c"})
// CHECK-SAME: -> (tensor<2x7x4xf32> {snap.state = "prepare.0"}, tensor<2x7x4xf32> {snap.state = "prepare.1"})
// CHECK-NEXT: %[[WK:.*]] = snap.weight "k"
// CHECK-NEXT: %[[T:.*]] = snap.transpose %[[WK]]
// CHECK-NEXT: %[[K:.*]] = snap.matmul %[[C]], %[[T]]
// CHECK-NEXT: %[[WV:.*]] = snap.weight "v"
// CHECK-NEXT: %[[V:.*]] = snap.matmul %[[C]], %[[WV]]
// CHECK-NEXT: return %[[K]], %[[V]]

// The prompt is no input of the step any more, nor are the weights read there.
// CHECK-LABEL: func.func @step(
// CHECK-SAME: %[[X:arg[0-9]+]]: tensor<2x8x4xf32> {snap.name = "x"}
// CHECK-SAME: %[[SK:arg[0-9]+]]: tensor<2x7x4xf32> {snap.state = "prepare.0"}
// CHECK-SAME: %[[SV:arg[0-9]+]]: tensor<2x7x4xf32> {snap.state = "prepare.1"}
// CHECK-NOT: snap.weight
// CHECK: snap.attention %[[X]], %[[SK]], %[[SV]]
func.func @step(%x: tensor<2x8x4xf32> {snap.name = "x"}, %c: tensor<2x7x6xf32> {snap.name = "c"}) -> (tensor<2x8x4xf32> {snap.name = "y"}) {
  %wk = snap.weight "k" : tensor<4x6xf32>
  %wv = snap.weight "v" : tensor<6x4xf32>
  %t = snap.transpose %wk {permutation = array<i64: 1, 0>} : (tensor<4x6xf32>) -> tensor<6x4xf32>
  %k = snap.matmul %c, %t : (tensor<2x7x6xf32>, tensor<6x4xf32>) -> tensor<2x7x4xf32>
  %v = snap.matmul %c, %wv : (tensor<2x7x6xf32>, tensor<6x4xf32>) -> tensor<2x7x4xf32>
  %y = snap.attention %x, %k, %v {heads = 1 : i64, scale = 0.5} : (tensor<2x8x4xf32>, tensor<2x7x4xf32>, tensor<2x7x4xf32>) -> tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}
