// A module of plan, before and after the arena is placed.
// RUN: snap-opt %s | snap-opt | FileCheck %s
// RUN: snap-opt --mlir-print-op-generic %s | snap-opt | FileCheck %s

// CHECK: plan.weight @w0 : tensor<1x4x8xf32> attributes {offset = 4096 : i64} {
// CHECK-NEXT: snap.weight "w" : tensor<4x8xf32>
// CHECK-NEXT: snap.reshape
// CHECK-NEXT: snap.yield %{{.*}} : tensor<1x4x8xf32>
plan.weight @w0 : tensor<1x4x8xf32> attributes {offset = 4096 : i64} {
  %0 = snap.weight "w" : tensor<4x8xf32>
  %1 = snap.reshape %0 : (tensor<4x8xf32>) -> tensor<1x4x8xf32>
  snap.yield %1 : tensor<1x4x8xf32>
}

// CHECK: plan.state @prepare.0 {offset = 64 : i64} : memref<2x8xf32>
plan.state @prepare.0 {offset = 64 : i64} : memref<2x8xf32>

// CHECK: plan.program @step attributes {arena_bytes = 512 : i64} {
plan.program @step attributes {arena_bytes = 512 : i64} {
  // CHECK: %[[X:.*]] = plan.input "x" {offset = 0 : i64} : memref<2x4xf32>
  %x = plan.input "x" {offset = 0 : i64} : memref<2x4xf32>
  // CHECK: %[[W:.*]] = plan.data @w0 : memref<1x4x8xf32>
  %w = plan.data @w0 : memref<1x4x8xf32>
  // CHECK: plan.get_state @prepare.0 : memref<2x8xf32>
  %s = plan.get_state @prepare.0 : memref<2x8xf32>
  // CHECK: %[[Y:.*]] = plan.alloc {offset = 64 : i64} : memref<2x8xf32>
  %y = plan.alloc {offset = 64 : i64} : memref<2x8xf32>
  // CHECK: plan.call "matmul(...)"(%[[X]], %[[W]]) -> (%[[Y]]) {block = "attn"} : memref<2x4xf32>, memref<1x4x8xf32> -> memref<2x8xf32>
  plan.call "matmul(...)" (%x, %w) -> (%y) {block = "attn"} : memref<2x4xf32>, memref<1x4x8xf32> -> memref<2x8xf32>
  // CHECK: %[[V:.*]] = plan.view %[[Y]] {byte_offset = 32 : i64} : memref<2x8xf32> -> memref<8xf32>
  %v = plan.view %y {byte_offset = 32 : i64} : memref<2x8xf32> -> memref<8xf32>
  // CHECK: plan.output "y" %[[V]] : memref<8xf32>
  plan.output "y" %v : memref<8xf32>
}

// CHECK: plan.program @unplaced {
plan.program @unplaced {
  // CHECK: plan.alloc : memref<3xi1>
  %y = plan.alloc : memref<3xi1>
}
