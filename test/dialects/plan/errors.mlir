// Every message of the plan dialect's verifiers.
// RUN: snap-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{'plan.weight' op type 'tensor<?xf32>' should be a tensor of static shape}}
plan.weight @w : tensor<?xf32> {
  %0 = snap.weight "w" : tensor<4xf32>
  snap.yield %0 : tensor<4xf32>
}

// -----

// expected-error @+1 {{'plan.weight' op region should have no arguments}}
plan.weight @w : tensor<4xf32> {
^bb0(%x: tensor<4xf32>):
  snap.yield %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'plan.weight' op region should end in snap.yield}}
plan.weight @w : tensor<4xf32> {
  %0 = snap.weight "w" : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

// expected-error @+1 {{'plan.weight' op should yield one 'tensor<4xf32>'}}
plan.weight @w : tensor<4xf32> {
  %0 = snap.weight "w" : tensor<4xf16>
  snap.yield %0 : tensor<4xf16>
}

// -----

// Tensors are gone once a program is a plan.
plan.program @p {
  // expected-error @+1 {{'snap.weight' op cannot stand in plan.program}}
  %0 = snap.weight "w" : tensor<4xf32>
}

// -----

plan.program @p {
  // expected-error @+1 {{'plan.program' op cannot stand in plan.program}}
  plan.program @q {
    %y = plan.alloc : memref<4xf32>
  }
}

// -----

plan.program @p {
  // expected-error @+1 {{'plan.alloc' op buffer 'memref<?xf32>' has no static size}}
  %y = plan.alloc : memref<?xf32>
}

// -----

plan.program @p {
  // expected-error @+1 {{'plan.alloc' op buffer 'memref<4xf32, strided<[2]>>' should be dense}}
  %y = plan.alloc : memref<4xf32, strided<[2]>>
}

// -----

plan.program @p {
  %x = plan.input "x" : memref<4xf32>
  // expected-error @+1 {{'plan.input' op is the second input named 'x'}}
  %y = plan.input "x" : memref<4xf32>
}

// -----

plan.program @p {
  %x = plan.input "x" : memref<4xf32>
  plan.output "y" %x : memref<4xf32>
  // expected-error @+1 {{'plan.output' op is the second output named 'y'}}
  plan.output "y" %x : memref<4xf32>
}

// -----

// expected-error @+1 {{'plan.program' op arena_bytes is -1, should not be negative}}
plan.program @p attributes {arena_bytes = -1 : i64} {
  %x = plan.input "x" : memref<4xf32>
}

// -----

plan.program @p {
  %x = plan.input "x" : memref<4xf32>
  // expected-error @+1 {{'plan.view' op of 12 bytes from byte 8 on does not fit a buffer of 16 bytes}}
  %v = plan.view %x {byte_offset = 8 : i64} : memref<4xf32> -> memref<3xf32>
}

// -----

// An offset near the largest integer does not overflow the check.
plan.program @p {
  %x = plan.input "x" : memref<4xf32>
  // expected-error @+1 {{'plan.view' op of 4 bytes from byte 9223372036854775806 on does not fit a buffer of 16 bytes}}
  %v = plan.view %x {byte_offset = 9223372036854775806 : i64} : memref<4xf32> -> memref<1xf32>
}

// -----

plan.program @p {
  %x = plan.input "x" : memref<4xf32>
  // expected-error @+1 {{'plan.view' op of 4 bytes from byte -4 on does not fit a buffer of 16 bytes}}
  %v = plan.view %x {byte_offset = -4 : i64} : memref<4xf32> -> memref<1xf32>
}

// -----

plan.program @p {
  %x = plan.input "x" : memref<4xf32>
  // expected-error @+1 {{'plan.call' op has an empty key}}
  plan.call "" (%x) -> (%x) : memref<4xf32> -> memref<4xf32>
}

// -----

plan.program @p {
  %x = plan.input "x" : memref<4xf32>
  // expected-error @+1 {{'plan.call' op has no outputs}}
  "plan.call"(%x) {key = "softmax", operandSegmentSizes = array<i32: 1, 0>} : (memref<4xf32>) -> ()
}

// -----

// expected-error @+1 {{'plan.state' op buffer 'memref<?xf32>' has no static size}}
plan.state @s : memref<?xf32>

// -----

// expected-error @+1 {{'plan.state' op offset is -64, should not be negative}}
plan.state @s {offset = -64 : i64} : memref<4xf32>
