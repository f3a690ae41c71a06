// RUN: not snap-opt %s --choose-conv="target=z80" 2>&1 | FileCheck %s

// CHECK: error: unknown target 'z80'; expected host or one of x86_64-linux
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
