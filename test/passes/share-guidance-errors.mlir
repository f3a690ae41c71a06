// RUN: snap-opt %s --share-guidance="from=step sample=x prompt=c single=alone" --split-input-file --verify-diagnostics

// expected-error @below {{has no function @step}}
module {
}

// -----

// expected-error @below {{has no input 'c'}}
func.func @step(%x: tensor<2x4xf32> {snap.name = "x"}) -> (tensor<2x4xf32> {snap.name = "y"}) {
  return %x : tensor<2x4xf32>
}

// -----

// expected-error @below {{input 'x' is 'tensor<1x4xf32>', expected a pair: 2 along dimension 0}}
func.func @step(%x: tensor<1x4xf32> {snap.name = "x"}, %c: tensor<2x4xf32> {snap.name = "c"}) -> (tensor<1x4xf32> {snap.name = "y"}) {
  return %x : tensor<1x4xf32>
}

// -----

// expected-error @below {{cannot be shared by @alone, which is there already}}
func.func @step(%x: tensor<2x4xf32> {snap.name = "x"}, %c: tensor<2x4xf32> {snap.name = "c"}) -> (tensor<2x4xf32> {snap.name = "y"}) {
  return %x : tensor<2x4xf32>
}
func.func @alone(%x: tensor<4xf32> {snap.name = "x"}) -> (tensor<4xf32> {snap.name = "y"}) {
  return %x : tensor<4xf32>
}
