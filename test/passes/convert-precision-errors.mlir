// RUN: snap-opt "--pass-pipeline=builtin.module(func.func(convert-precision{precision=bf16}))" --verify-diagnostics %s

// expected-error @below {{precision 'bf16' is not known: use f32 or f16}}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
