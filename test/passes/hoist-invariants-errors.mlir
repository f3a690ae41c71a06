// RUN: snap-opt %s --hoist-invariants="from=step input=c into=once" --split-input-file --verify-diagnostics

// expected-error @below {{has no function @step}}
module {
}

// -----

// expected-error @below {{has no input 'c'}}
func.func @step(%x: tensor<4xf32> {snap.name = "x"}) -> (tensor<4xf32> {snap.name = "y"}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{cannot hand on to @once, which is there already}}
func.func @step(%x: tensor<4xf32> {snap.name = "c"}) -> (tensor<4xf32> {snap.name = "y"}) {
  return %x : tensor<4xf32>
}
func.func @once(%x: tensor<4xf32> {snap.name = "c"}) -> (tensor<4xf32> {snap.name = "y"}) {
  return %x : tensor<4xf32>
}
