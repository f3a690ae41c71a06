// RUN: snap-opt %s --split-input-file --hoist-invariants="from=step input=c into=once" | FileCheck %s

// A view costs nothing where it is read: its source is handed on, once.
// CHECK-LABEL: func.func @once
// CHECK-SAME: -> (tensor<6xf32> {snap.state = "once.0"})
// CHECK-LABEL: func.func @step
// CHECK-SAME: %[[S:arg[0-9]+]]: tensor<6xf32> {snap.state = "once.0"})
// CHECK-DAG: snap.reshape %[[S]] : (tensor<6xf32>) -> tensor<1x6xf32>
// CHECK-DAG: snap.broadcast %[[S]] : (tensor<6xf32>) -> tensor<4x6xf32>
func.func @step(%x: tensor<4x6xf32> {snap.name = "x"}, %c: tensor<6xf32> {snap.name = "c"}) -> (tensor<4x6xf32> {snap.name = "y"}) {
  %a = snap.unary silu %c : (tensor<6xf32>) -> tensor<6xf32>
  %r = snap.reshape %a : (tensor<6xf32>) -> tensor<1x6xf32>
  %b = snap.broadcast %a : (tensor<6xf32>) -> tensor<4x6xf32>
  %0 = snap.binary add %x, %r : (tensor<4x6xf32>, tensor<1x6xf32>) -> tensor<4x6xf32>
  %1 = snap.binary mul %0, %b : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}

// -----

// Keys and values are slices of one product: it is handed on, and read where they lie in it.
// CHECK-LABEL: func.func @once
// CHECK-NOT: snap.slice
// CHECK-LABEL: func.func @step
// CHECK-SAME: %[[S:arg[0-9]+]]: tensor<4x6xf32> {snap.state = "once.0"})
// CHECK-DAG: snap.slice %[[S]] {starts = array<i64: 0, 0>
// CHECK-DAG: snap.slice %[[S]] {starts = array<i64: 0, 3>
func.func @step(%x: tensor<4x3xf32> {snap.name = "x"}, %c: tensor<4x6xf32> {snap.name = "c"}) -> (tensor<4x3xf32> {snap.name = "y"}) {
  %a = snap.unary silu %c : (tensor<4x6xf32>) -> tensor<4x6xf32>
  %k = snap.slice %a {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<4x6xf32>) -> tensor<4x3xf32>
  %v = snap.slice %a {starts = array<i64: 0, 3>, steps = array<i64: 1, 1>} : (tensor<4x6xf32>) -> tensor<4x3xf32>
  %0 = snap.binary add %x, %k : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  %1 = snap.binary mul %0, %v : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  return %1 : tensor<4x3xf32>
}

// -----

// The prompt is still read directly, beside what is made of it.
// CHECK-LABEL: func.func @once
// CHECK-LABEL: func.func @step
// CHECK-SAME: tensor<6xf32> {snap.name = "c"}, %{{.*}}: tensor<6xf32> {snap.state = "once.0"})
func.func @step(%x: tensor<4x6xf32> {snap.name = "x"}, %c: tensor<6xf32> {snap.name = "c"}) -> (tensor<4x6xf32> {snap.name = "y"}) {
  %a = snap.unary silu %c : (tensor<6xf32>) -> tensor<6xf32>
  %0 = snap.binary add %x, %a : (tensor<4x6xf32>, tensor<6xf32>) -> tensor<4x6xf32>
  %1 = snap.binary mul %0, %c : (tensor<4x6xf32>, tensor<6xf32>) -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}

// -----

// Nothing depends on the prompt alone: no program to prepare.
// CHECK-NOT: func.func @once
// CHECK-LABEL: func.func @step
// CHECK-SAME: tensor<6xf32> {snap.name = "c"})
func.func @step(%x: tensor<4x6xf32> {snap.name = "x"}, %c: tensor<6xf32> {snap.name = "c"}) -> (tensor<4x6xf32> {snap.name = "y"}) {
  %0 = snap.binary add %x, %c : (tensor<4x6xf32>, tensor<6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}
