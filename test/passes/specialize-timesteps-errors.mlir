// RUN: snap-opt %s --specialize-timesteps="from=step input=t timesteps=9,1" --split-input-file --verify-diagnostics

// expected-error @below {{has no function @step}}
module {
}

// -----

// expected-error @below {{has no input 't'}}
func.func @step(%x: tensor<4xf32> {snap.name = "x"}) -> (tensor<4xf32> {snap.name = "y"}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{has an input 'step_index' already}}
func.func @step(%x: tensor<1xf32> {snap.name = "t"}, %i: tensor<1xi64> {snap.name = "step_index"}) -> (tensor<1xf32> {snap.name = "y"}) {
  return %x : tensor<1xf32>
}

// -----

// expected-remark @below {{the timestep stays an input: a table cannot hold what the program reads of it}}
func.func @step(%x: tensor<4xi64> {snap.name = "x"}, %t: tensor<1xi64> {snap.name = "t"}) -> (tensor<4xi64> {snap.name = "y"}) {
  %0 = snap.binary add %x, %t : (tensor<4xi64>, tensor<1xi64>) -> tensor<4xi64>
  return %0 : tensor<4xi64>
}
