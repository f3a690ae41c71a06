// What `--interpret` refuses: a test that compares nothing, and results that differ.
// RUN: snap-opt --interpret --split-input-file --verify-diagnostics %s

// expected-error @+1 {{has no function to interpret}}
module {}

// -----

// expected-error @+1 {{should take no arguments, and snap.expected should hold a value for every result}}
func.func @nothing_expected() -> tensor<2xf32> {
  %0 = snap.constant dense<0.0> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// expected-error @+1 {{should take no arguments}}
func.func @argument(%x: tensor<2xf32>) -> tensor<2xf32> attributes {snap.expected = [dense<0.0> : tensor<2xf32>]} {
  return %x : tensor<2xf32>
}

// -----

// expected-error @+1 {{result 0 is 'tensor<2xf32>', snap.expected holds 'tensor<2xf16>'}}
func.func @other_type() -> tensor<2xf32> attributes {snap.expected = [dense<0.0> : tensor<2xf16>]} {
  %0 = snap.constant dense<0.0> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// expected-error @+1 {{result 0 differs at element 1: 1.000000e+00, expected 2.000000e+00}}
func.func @difference() -> tensor<2xf32> attributes {snap.expected = [dense<[1.0, 2.0]> : tensor<2xf32>]} {
  %0 = snap.constant dense<1.0> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// NaN is not close to anything else.
// expected-error @+1 {{result 0 differs at element 0}}
func.func @nan() -> tensor<1xf32> attributes {snap.expected = [dense<1.0> : tensor<1xf32>], snap.tolerance = 10.0} {
  %0 = snap.constant dense<0x7FC00000> : tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @weight() -> tensor<2xf32> attributes {snap.expected = [dense<0.0> : tensor<2xf32>]} {
  // expected-error @+1 {{'snap.weight' op has no bytes here: use snap.constant}}
  %0 = snap.weight "w" : tensor<2xf32>
  return %0 : tensor<2xf32>
}
