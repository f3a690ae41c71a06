// RUN: snap-opt %s --verify-plan | FileCheck %s

// Buffers that are not alive at once may share bytes; so may an elementwise
// kernel's output and the input it replaces.
// CHECK-LABEL: plan.program @shared
plan.program @shared attributes {arena_bytes = 512 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  %a = plan.alloc {offset = 256 : i64} : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%a) : memref<64xf32> -> memref<64xf32>
  %b = plan.alloc {offset = 0 : i64} : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%a) -> (%b) : memref<64xf32> -> memref<64xf32>
  %c = plan.alloc {offset = 0 : i64} : memref<64xf32>
  plan.call "elementwise(64xf32) -> 64xf32 {} epilogue neg(in0)" (%b) -> (%c) : memref<64xf32> -> memref<64xf32>
  plan.output "y" %c : memref<64xf32>
}
