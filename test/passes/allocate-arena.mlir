// RUN: snap-opt %s --allocate-arena --verify-plan | FileCheck %s
// RUN: snap-opt %s --allocate-arena="dump" -o /dev/null 2>&1 | FileCheck %s --check-prefix=MAP

// MAP: @in_place: arena of 896 bytes, at least 896 needed, 3 buffers, 4 steps
// MAP-NEXT: 0 448 ####
// MAP-NEXT: 0 0 ..##
// MAP-NEXT: 448 448 .##.

// x [0,2], a [1,2], y [2,3]: three buffers of 400 bytes, 448 when aligned; the
// add may write over either of its dead inputs.
// CHECK-LABEL: plan.program @in_place
// CHECK-SAME: arena_bytes = 896 : i64
// CHECK: plan.input "x" {offset = [[X:[0-9]+]] : i64}
// CHECK: plan.alloc {offset = [[A:[0-9]+]] : i64}
// CHECK: plan.alloc {offset = [[X]] : i64}
plan.program @in_place {
  %x = plan.input "x" : memref<100xf32>
  %a = plan.alloc : memref<100xf32>
  plan.call "softmax(100xf32) -> 100xf32 {}" (%x) -> (%a) : memref<100xf32> -> memref<100xf32>
  %y = plan.alloc : memref<100xf32>
  plan.call "elementwise(100xf32, 100xf32) -> 100xf32 {} epilogue add(in0, in1)" (%x, %a) -> (%y) : memref<100xf32>, memref<100xf32> -> memref<100xf32>
  plan.output "y" %y : memref<100xf32>
}

// A view keeps its source alive: at the transpose a, b and c are, and at the
// concatenation b, c and its result of 512 bytes.
// CHECK-LABEL: plan.program @views
// CHECK-SAME: arena_bytes = 1024 : i64
plan.program @views {
  %x = plan.input "x" : memref<64xf32>
  %a = plan.alloc : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%x) -> (%a) : memref<64xf32> -> memref<64xf32>
  %v = plan.view %a : memref<64xf32> -> memref<8x8xf32>
  %b = plan.alloc : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%a) -> (%b) : memref<64xf32> -> memref<64xf32>
  %c = plan.alloc : memref<8x8xf32>
  plan.call "transpose(8x8xf32) -> 8x8xf32 {permutation=[1,0]}" (%v) -> (%c) : memref<8x8xf32> -> memref<8x8xf32>
  %e = plan.alloc : memref<128xf32>
  plan.call "concat(64xf32, 64xf32) -> 128xf32 {axis=[0]}" (%b, %c) -> (%e) : memref<64xf32>, memref<8x8xf32> -> memref<128xf32>
  plan.output "y" %e : memref<128xf32>
}

// A broadcast input is read again and again: nothing is written over it.
// CHECK-LABEL: plan.program @broadcast
// CHECK-SAME: arena_bytes = 192 : i64
plan.program @broadcast {
  %x = plan.input "x" : memref<4xf32>
  %y = plan.alloc : memref<8x4xf32>
  plan.call "elementwise(4xf32) -> 8x4xf32 {} epilogue in0" (%x) -> (%y) : memref<4xf32> -> memref<8x4xf32>
  plan.output "y" %y : memref<8x4xf32>
}

// State lies one after the other in a block of its own; 100 bytes take 128. The
// arena holds the inputs, 128 + 256.
// CHECK: plan.state @a {offset = 0 : i64} : memref<25xf32>
// CHECK: plan.state @b {offset = 128 : i64} : memref<64xf32>
// CHECK-LABEL: plan.program @state
// CHECK-SAME: arena_bytes = 384 : i64
plan.state @a : memref<25xf32>
plan.state @b : memref<64xf32>
plan.program @state {
  %x = plan.input "x" : memref<25xf32>
  %z = plan.input "z" : memref<64xf32>
  %a = plan.get_state @a : memref<25xf32>
  plan.call "softmax(25xf32) -> 25xf32 {}" (%x) -> (%a) : memref<25xf32> -> memref<25xf32>
  %b = plan.get_state @b : memref<64xf32>
  plan.call "softmax(64xf32) -> 64xf32 {}" (%z) -> (%b) : memref<64xf32> -> memref<64xf32>
}
