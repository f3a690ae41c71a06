// RUN: snap-opt %s --verify-plan --split-input-file --verify-diagnostics

// expected-error @below {{has no arena_bytes; run allocate-arena}}
plan.program @unallocated {
  %x = plan.input "x" : memref<64xf32>
}

// -----

plan.program @no_offset attributes {arena_bytes = 256 : i64} {
  // expected-error @below {{has no offset; run allocate-arena}}
  %x = plan.input "x" : memref<64xf32>
}

// -----

plan.program @misaligned attributes {arena_bytes = 512 : i64} {
  // expected-error @below {{offset 4 should be a multiple of 64}}
  %x = plan.input "x" {offset = 4 : i64} : memref<64xf32>
}

// -----

plan.program @past_the_end attributes {arena_bytes = 256 : i64} {
  // expected-error @below {{holds bytes 64 to 320 of an arena of 256}}
  %x = plan.input "x" {offset = 64 : i64} : memref<64xf32>
}

// -----

plan.program @no_key attributes {arena_bytes = 512 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  %y = plan.alloc {offset = 256 : i64} : memref<64xf32>
  // expected-error @below {{kernel key: expected a kernel op at column 8 of 'softmin(64xf32) -> 64xf32 {}'}}
  plan.call "softmin(64xf32) -> 64xf32 {}" (%x) -> (%y) : memref<64xf32> -> memref<64xf32>
}

// -----

plan.program @bad_key attributes {arena_bytes = 512 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  %y = plan.alloc {offset = 256 : i64} : memref<32xf32>
  // expected-error @below {{softmax: output is [32], expected [64]}}
  plan.call "softmax(64xf32) -> 32xf32 {}" (%x) -> (%y) : memref<64xf32> -> memref<32xf32>
}

// -----

plan.program @operands attributes {arena_bytes = 512 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  %y = plan.alloc {offset = 256 : i64} : memref<64xf32>
  // expected-error @below {{has 2 inputs and 1 outputs, but its key has 1 and 1}}
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x, %x) -> (%y) : memref<64xf32>, memref<64xf32> -> memref<64xf32>
}

// -----

plan.program @short_buffer attributes {arena_bytes = 512 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  %y = plan.alloc {offset = 256 : i64} : memref<32xf32>
  // expected-error @below {{output 0 has 128 bytes, but the kernel touches 256}}
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%y) : memref<64xf32> -> memref<32xf32>
}

// -----

plan.program @wrong_type attributes {arena_bytes = 512 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xi32>
  %y = plan.alloc {offset = 256 : i64} : memref<64xf32>
  // expected-error @below {{input 0 is 'memref<64xi32>', but the key says f32}}
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%y) : memref<64xi32> -> memref<64xf32>
}

// -----

plan.program @no_weight attributes {arena_bytes = 512 : i64} {
  // expected-error @below {{names @w9, which is no plan.weight of the module}}
  %w = plan.data @w9 : memref<64xf32>
}

// -----

plan.weight @w0 : tensor<64xf32> {
  %0 = snap.weight "w" : tensor<64xf32>
  snap.yield %0 : tensor<64xf32>
}
plan.program @weight_type attributes {arena_bytes = 512 : i64} {
  // expected-error @below {{is 'memref<32xf32>', but @w0 holds 'tensor<64xf32>'}}
  %w = plan.data @w0 : memref<32xf32>
}

// -----

plan.program @unwritten attributes {arena_bytes = 512 : i64} {
  %x = plan.alloc {offset = 0 : i64} : memref<64xf32>
  %y = plan.alloc {offset = 256 : i64} : memref<64xf32>
  // expected-error @below {{input 0 is read before anything is written to it}}
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%y) : memref<64xf32> -> memref<64xf32>
}

// -----

plan.program @unwritten_output attributes {arena_bytes = 256 : i64} {
  %y = plan.alloc {offset = 0 : i64} : memref<64xf32>
  // expected-error @below {{is never written}}
  plan.output "y" %y : memref<64xf32>
}

// -----

plan.program @input_as_output attributes {arena_bytes = 256 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  // expected-error @below {{is an input of the program; copy it}}
  plan.output "y" %x : memref<64xf32>
}

// -----

// x is read by the second call, but the first one's result overlaps it.
plan.program @overlap attributes {arena_bytes = 512 : i64} {
  // expected-note @below {{the other buffer}}
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  // expected-error @below {{overlaps a buffer that is alive at the same time: bytes 128 to 384 and 0 to 256 at call 1}}
  %a = plan.alloc {offset = 128 : i64} : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%a) : memref<64xf32> -> memref<64xf32>
  plan.output "y" %a : memref<64xf32>
}

// -----

// A transpose does not read an element just before it writes the same one.
plan.program @not_in_place attributes {arena_bytes = 256 : i64} {
  // expected-note @below {{the other buffer}}
  %x = plan.input "x" {offset = 0 : i64} : memref<8x8xf32>
  // expected-error @below {{overlaps a buffer that is alive at the same time}}
  %a = plan.alloc {offset = 0 : i64} : memref<8x8xf32>
  plan.call "transpose(8x8xf32) -> 8x8xf32 {permutation=[1,0]}" (%x) -> (%a) : memref<8x8xf32> -> memref<8x8xf32>
  plan.output "y" %a : memref<8x8xf32>
}

// -----

// expected-error @below {{has no offset; run allocate-arena}}
plan.state @s : memref<64xf32>

// -----

plan.state @s {offset = 0 : i64} : memref<64xf32>
// expected-error @below {{offset 64 should be a multiple of 64 and at least 256}}
plan.state @t {offset = 64 : i64} : memref<64xf32>
plan.program @p attributes {arena_bytes = 256 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  %s = plan.get_state @s : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%s) : memref<64xf32> -> memref<64xf32>
}

// -----

// Read, but nobody leaves anything there.
// expected-error @below {{is written by no program}}
plan.state @s {offset = 0 : i64} : memref<64xf32>
plan.program @p attributes {arena_bytes = 256 : i64} {
  %s = plan.get_state @s : memref<64xf32>
  %y = plan.alloc {offset = 0 : i64} : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%s) -> (%y) : memref<64xf32> -> memref<64xf32>
  plan.output "y" %y : memref<64xf32>
}

// -----

plan.program @p attributes {arena_bytes = 0 : i64} {
  // expected-error @below {{names @s, which is no plan.state of the module}}
  %s = plan.get_state @s : memref<64xf32>
}

// -----

plan.state @s {offset = 0 : i64} : memref<64xf32>
plan.program @p attributes {arena_bytes = 256 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  // expected-error @below {{is 'memref<8x8xf32>', but @s holds 'memref<64xf32>'}}
  %s = plan.get_state @s : memref<8x8xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%s) : memref<64xf32> -> memref<8x8xf32>
}

// -----

plan.state @s {offset = 0 : i64} : memref<64xf32>
plan.program @p attributes {arena_bytes = 256 : i64} {
  %x = plan.input "x" {offset = 0 : i64} : memref<64xf32>
  %s = plan.get_state @s : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%s) : memref<64xf32> -> memref<64xf32>
  // expected-error @below {{is state; copy it}}
  plan.output "y" %s : memref<64xf32>
}
