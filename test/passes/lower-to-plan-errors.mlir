// RUN: snap-opt %s --lower-to-plan --split-input-file --verify-diagnostics

// Inputs and outputs are found by name at run time.
// expected-error @below {{argument 0 has no 'snap.name'; an input needs a name}}
func.func @unnamed_input(%x: tensor<4xf32>) -> (tensor<4xf32> {snap.name = "y"}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{result 0 has no 'snap.name'; an output needs a name}}
func.func @unnamed_output(%x: tensor<4xf32> {snap.name = "x"}) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// Kernels index with 32 bits: 2^31 elements are refused, with the operation named.
func.func @too_large(%x: tensor<2x1073741824xf32> {snap.name = "x"}) -> (tensor<2x1073741824xf32> {snap.name = "y"}) {
  // expected-error @below {{'snap.unary' op makes a kernel key that makes no sense: elementwise: a tensor has 2^31 elements or more}}
  %y = snap.unary neg %x : (tensor<2x1073741824xf32>) -> tensor<2x1073741824xf32>
  return %y : tensor<2x1073741824xf32>
}

// -----

func.func @leaves(%x: tensor<4xf32> {snap.name = "x"}) -> (tensor<4xf32> {snap.state = "s"}) {
  return %x : tensor<4xf32>
}
// expected-error @below {{takes or leaves 's' as 'tensor<8xf32>', but another program as 'memref<4xf32>'}}
func.func @takes(%s: tensor<8xf32> {snap.state = "s"}) -> (tensor<8xf32> {snap.name = "y"}) {
  return %s : tensor<8xf32>
}

// -----

// expected-error @below {{hands on 'b', which is the name of something else}}
func.func @a(%x: tensor<4xf32> {snap.name = "x"}) -> (tensor<4xf32> {snap.state = "b"}) {
  return %x : tensor<4xf32>
}
func.func @b(%x: tensor<4xf32> {snap.name = "x"}) -> (tensor<4xf32> {snap.name = "y"}) {
  return %x : tensor<4xf32>
}
