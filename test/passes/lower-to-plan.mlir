// RUN: snap-opt %s --lower-to-plan="target=x86_64-linux cpu=avx512" | FileCheck %s

// CHECK-LABEL: plan.program @matmul_epilogue
// The two leading dimensions are joined; the bias is read by its last one.
// CHECK: plan.call "matmul(16x4xf32, 1x4x16xf32, 6xf32) -> 16x6xf32 {columns=[6], packed=[1]} epilogue silu(add(acc, in2))"
// CHECK: plan.output "y" %{{.*}} : memref<2x8x6xf32>
func.func @matmul_epilogue(%x: tensor<2x8x4xf32> {snap.name = "x"}) -> (tensor<2x8x6xf32> {snap.name = "y"}) {
  %w = snap.weight "w" : tensor<4x6xf32>
  %b = snap.weight "b" : tensor<6xf32>
  %y = snap.fused(%x, %w, %b) {
  ^bb0(%a: tensor<2x8x4xf32>, %c: tensor<4x6xf32>, %d: tensor<6xf32>):
    %0 = snap.matmul %a, %c : (tensor<2x8x4xf32>, tensor<4x6xf32>) -> tensor<2x8x6xf32>
    %1 = snap.binary add %0, %d : (tensor<2x8x6xf32>, tensor<6xf32>) -> tensor<2x8x6xf32>
    %2 = snap.unary silu %1 : (tensor<2x8x6xf32>) -> tensor<2x8x6xf32>
    snap.yield %2 : tensor<2x8x6xf32>
  } : (tensor<2x8x4xf32>, tensor<4x6xf32>, tensor<6xf32>) -> tensor<2x8x6xf32>
  return %y : tensor<2x8x6xf32>
}

// The transpose of the stored weight and the packing's own cancel: [6,4] is read as it lies.
// CHECK-LABEL: plan.program @weight_transposed
// CHECK: %[[D:.*]] = plan.data @[[T:.*]] : memref<1x4x16xf32>
// CHECK: plan.call "matmul(8x4xf32, 1x4x16xf32) -> 8x6xf32 {columns=[6], packed=[1]}"(%{{.*}}, %[[D]])
func.func @weight_transposed(%x: tensor<8x4xf32> {snap.name = "x"}) -> (tensor<8x6xf32> {snap.name = "y"}) {
  %w = snap.weight "wt" : tensor<6x4xf32>
  %t = snap.transpose %w {permutation = array<i64: 1, 0>} : (tensor<6x4xf32>) -> tensor<4x6xf32>
  %y = snap.matmul %x, %t : (tensor<8x4xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  return %y : tensor<8x6xf32>
}

// Two programs, one weight: @w0 and the bias are shared.
// CHECK-LABEL: plan.program @same_weight
// CHECK: plan.data @w0 : memref<1x4x16xf32>
func.func @same_weight(%x: tensor<1x4xf32> {snap.name = "x"}) -> (tensor<1x6xf32> {snap.name = "y"}) {
  %w = snap.weight "w" : tensor<4x6xf32>
  %y = snap.matmul %x, %w : (tensor<1x4xf32>, tensor<4x6xf32>) -> tensor<1x6xf32>
  return %y : tensor<1x6xf32>
}

// CHECK-LABEL: plan.program @conv3x3
// CHECK: plan.call "conv2d.direct(2x8x8x4xf32, 1x3x3x4x32xf32) -> 2x8x8x20xf32 {channels=[20], dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}"
func.func @conv3x3(%x: tensor<2x8x8x4xf32> {snap.name = "x"}) -> (tensor<2x8x8x20xf32> {snap.name = "y"}) {
  %w = snap.weight "conv" : tensor<20x4x3x3xf32>
  %y = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x8x8x4xf32>, tensor<20x4x3x3xf32>) -> tensor<2x8x8x20xf32>
  return %y : tensor<2x8x8x20xf32>
}

// Winograd, as choose-conv wants it: every 3x3 filter becomes 36 numbers by one product, then panels of T.
// CHECK-LABEL: plan.program @conv3x3_large
// CHECK: plan.data @[[U:.*]] : memref<36x1x32x32xf32>
// CHECK: plan.call "conv2d.winograd4(1x64x60x32xf32, 36x1x32x32xf32) -> 1x64x60x32xf32 {channels=[32], dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}"(%{{.*}}, %{{.*}})
func.func @conv3x3_large(%x: tensor<1x64x60x32xf32> {snap.name = "x"}) -> (tensor<1x64x60x32xf32> {snap.name = "y"}) {
  %w = snap.weight "conv_large" : tensor<32x32x3x3xf32>
  %y = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, algorithm = 1 : i32, groups = 1 : i64, layout = 1 : i32} : (tensor<1x64x60x32xf32>, tensor<32x32x3x3xf32>) -> tensor<1x64x60x32xf32>
  return %y : tensor<1x64x60x32xf32>
}

// A 1x1 convolution multiplies pixels; the row per image keeps the images apart.
// CHECK-LABEL: plan.program @pointwise
// CHECK: plan.call "matmul(2x64x4xf32, 1x4x16xf32, 2x1x8xf32) -> 2x64x8xf32 {columns=[8], packed=[1]} epilogue add(acc, in2)"
func.func @pointwise(%x: tensor<2x8x8x4xf32> {snap.name = "x"}, %t: tensor<2x1x1x8xf32> {snap.name = "t"}) -> (tensor<2x8x8x8xf32> {snap.name = "y"}) {
  %w = snap.weight "conv1" : tensor<8x4x1x1xf32>
  %y = snap.fused(%x, %w, %t) {
  ^bb0(%a: tensor<2x8x8x4xf32>, %b: tensor<8x4x1x1xf32>, %c: tensor<2x1x1x8xf32>):
    %0 = snap.conv2d %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x8x8x4xf32>, tensor<8x4x1x1xf32>) -> tensor<2x8x8x8xf32>
    %1 = snap.binary add %0, %c : (tensor<2x8x8x8xf32>, tensor<2x1x1x8xf32>) -> tensor<2x8x8x8xf32>
    snap.yield %1 : tensor<2x8x8x8xf32>
  } : (tensor<2x8x8x4xf32>, tensor<8x4x1x1xf32>, tensor<2x1x1x8xf32>) -> tensor<2x8x8x8xf32>
  return %y : tensor<2x8x8x8xf32>
}

// Both halves of the last dimension are read where they are: rows are 64 apart.
// CHECK-LABEL: plan.program @geglu
// CHECK-DAG: %[[A:.*]] = plan.view %[[X:.*]] : memref<2x4x64xf32> -> memref<480xf32>
// CHECK-DAG: %[[G:.*]] = plan.view %[[X]] {byte_offset = 128 : i64} : memref<2x4x64xf32> -> memref<480xf32>
// CHECK: plan.call "elementwise(8x32xf32[64,1], 8x32xf32[64,1]) -> 8x32xf32 {} epilogue mul(in0, gelu(in1))"(%[[A]], %[[G]])
func.func @geglu(%x: tensor<2x4x64xf32> {snap.name = "x"}) -> (tensor<2x4x32xf32> {snap.name = "y"}) {
  %a = snap.slice %x {starts = array<i64: 0, 0, 0>, steps = array<i64: 1, 1, 1>} : (tensor<2x4x64xf32>) -> tensor<2x4x32xf32>
  %g = snap.slice %x {starts = array<i64: 0, 0, 32>, steps = array<i64: 1, 1, 1>} : (tensor<2x4x64xf32>) -> tensor<2x4x32xf32>
  %y = snap.fused(%a, %g) {
  ^bb0(%0: tensor<2x4x32xf32>, %1: tensor<2x4x32xf32>):
    %2 = snap.unary gelu %1 : (tensor<2x4x32xf32>) -> tensor<2x4x32xf32>
    %3 = snap.binary mul %0, %2 : (tensor<2x4x32xf32>, tensor<2x4x32xf32>) -> tensor<2x4x32xf32>
    snap.yield %3 : tensor<2x4x32xf32>
  } : (tensor<2x4x32xf32>, tensor<2x4x32xf32>) -> tensor<2x4x32xf32>
  return %y : tensor<2x4x32xf32>
}

// A gated product: the 20 values of a row and their 20 gates lie side by side in one panel of 2 * 24.
// CHECK-LABEL: plan.program @gated
// CHECK: plan.call "matmul(8x4xf32, 1x4x48xf32, 20xf32, 20xf32) -> 8x20xf32 {columns=[20], gated=[1], packed=[1]} epilogue mul(add(acc, in2), silu(add(gate, in3)))"
func.func @gated(%x: tensor<2x4x4xf32> {snap.name = "x"}) -> (tensor<2x4x20xf32> {snap.name = "y"}) {
  %w = snap.weight "w" : tensor<4x40xf32>
  %b = snap.weight "bv" : tensor<20xf32>
  %c = snap.weight "bg" : tensor<20xf32>
  %y = snap.fused(%x, %w, %b, %c) {
  ^bb0(%0: tensor<2x4x4xf32>, %1: tensor<4x40xf32>, %2: tensor<20xf32>, %3: tensor<20xf32>):
    %4 = snap.matmul %0, %1 : (tensor<2x4x4xf32>, tensor<4x40xf32>) -> tensor<2x4x40xf32>
    %5 = snap.slice %4 {starts = array<i64: 0, 0, 0>, steps = array<i64: 1, 1, 1>} : (tensor<2x4x40xf32>) -> tensor<2x4x20xf32>
    %6 = snap.slice %4 {starts = array<i64: 0, 0, 20>, steps = array<i64: 1, 1, 1>} : (tensor<2x4x40xf32>) -> tensor<2x4x20xf32>
    %7 = snap.binary add %5, %2 : (tensor<2x4x20xf32>, tensor<20xf32>) -> tensor<2x4x20xf32>
    %8 = snap.binary add %6, %3 : (tensor<2x4x20xf32>, tensor<20xf32>) -> tensor<2x4x20xf32>
    %9 = snap.unary silu %8 : (tensor<2x4x20xf32>) -> tensor<2x4x20xf32>
    %10 = snap.binary mul %7, %9 : (tensor<2x4x20xf32>, tensor<2x4x20xf32>) -> tensor<2x4x20xf32>
    snap.yield %10 : tensor<2x4x20xf32>
  } : (tensor<2x4x4xf32>, tensor<4x40xf32>, tensor<20xf32>, tensor<20xf32>) -> tensor<2x4x20xf32>
  return %y : tensor<2x4x20xf32>
}

// The second image of the batch is a view, 4*16*4 = 256 bytes in; a slice off
// a cache line (3 rows of 16 bytes) is copied out.
// CHECK-LABEL: plan.program @slices
// CHECK: %[[V:.*]] = plan.view %{{.*}} {byte_offset = 256 : i64} : memref<2x4x16xf32> -> memref<64xf32>
// CHECK: plan.call "softmax(4x16xf32) -> 4x16xf32 {}"(%[[V]])
// CHECK: plan.call "slice(5x4xf32) -> 2x4xf32 {starts=[3,0], steps=[1,1]}"
func.func @slices(%x: tensor<2x4x16xf32> {snap.name = "x"}, %z: tensor<5x4xf32> {snap.name = "z"}) -> (tensor<1x4x16xf32> {snap.name = "y"}, tensor<2x4xf32> {snap.name = "u"}) {
  %s = snap.slice %x {starts = array<i64: 1, 0, 0>, steps = array<i64: 1, 1, 1>} : (tensor<2x4x16xf32>) -> tensor<1x4x16xf32>
  %n = snap.softmax %s {axis = 2 : i64} : (tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
  %t = snap.slice %z {starts = array<i64: 3, 0>, steps = array<i64: 1, 1>} : (tensor<5x4xf32>) -> tensor<2x4xf32>
  return %n, %t : tensor<1x4x16xf32>, tensor<2x4xf32>
}

// Columns of a product, read as the time rows of an image: 16 floats in, 32 from one image to the next.
// CHECK-LABEL: plan.program @rows_of_a_slice
// CHECK: %[[V:.*]] = plan.view %{{.*}} {byte_offset = 64 : i64} : memref<2x32xf32> -> memref<48xf32>
// CHECK: plan.call "elementwise(2x20x16xf32, 2x1x16xf32[32,16,1]) -> 2x20x16xf32 {} epilogue add(in0, in1)"(%{{.*}}, %[[V]])
func.func @rows_of_a_slice(%x: tensor<2x4x5x16xf32> {snap.name = "x"}, %t: tensor<2x32xf32> {snap.name = "t"}) -> (tensor<2x4x5x16xf32> {snap.name = "y"}) {
  %s = snap.slice %t {starts = array<i64: 0, 16>, steps = array<i64: 1, 1>} : (tensor<2x32xf32>) -> tensor<2x16xf32>
  %r = snap.reshape %s : (tensor<2x16xf32>) -> tensor<2x1x1x16xf32>
  %y = snap.binary add %x, %r : (tensor<2x4x5x16xf32>, tensor<2x1x1x16xf32>) -> tensor<2x4x5x16xf32>
  return %y : tensor<2x4x5x16xf32>
}

// An output that is an input or a weight is copied.
// CHECK-LABEL: plan.program @copies
// CHECK: plan.call "elementwise(8xf32) -> 8xf32 {} epilogue in0"(%[[X:.*]]) -> (%[[Y:.*]])
// CHECK: plan.output "y" %[[Y]]
// CHECK: plan.data
// CHECK: plan.call "elementwise(3xf32) -> 3xf32 {} epilogue in0"
func.func @copies(%x: tensor<2x4xf32> {snap.name = "x"}) -> (tensor<4x2xf32> {snap.name = "y"}, tensor<3xf32> {snap.name = "c"}) {
  %r = snap.reshape %x : (tensor<2x4xf32>) -> tensor<4x2xf32>
  %w = snap.weight "three" : tensor<3xf32>
  return %r, %w : tensor<4x2xf32>, tensor<3xf32>
}

// Softmax along another axis, a transposed left operand, an nchw pool: none has
// a key of its own, so transposes go around them.
// CHECK-LABEL: plan.program @rewritten
// CHECK: plan.call "transpose(2x3x4xf32) -> 2x4x3xf32 {permutation=[0,2,1]}"
// CHECK: plan.call "softmax(8x3xf32) -> 8x3xf32 {}"
// CHECK: plan.call "transpose(2x4x3xf32) -> 2x3x4xf32 {permutation=[0,2,1]}"
// CHECK: plan.call "transpose(2x3x4xf32) -> 2x4x3xf32 {permutation=[0,2,1]}"
// CHECK: plan.call "matmul(2x4x3xf32, 2x3x4xf32) -> 2x4x4xf32 {columns=[4], packed=[0]}"
func.func @rewritten(%x: tensor<2x3x4xf32> {snap.name = "x"}) -> (tensor<2x4x4xf32> {snap.name = "y"}) {
  %s = snap.softmax %x {axis = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %m = snap.matmul %s, %x {transposeLhs = true} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x4x4xf32>
  return %m : tensor<2x4x4xf32>
}

// The program's ends are nchw: a convolution reads and stores few channels where they are, through strides.
// CHECK-LABEL: plan.program @nchw_ends
// CHECK: %[[X:.*]] = plan.input "x" : memref<2x4x6x5xf32>
// CHECK: %[[Y:.*]] = plan.alloc : memref<2x3x6x5xf32>
// CHECK: plan.call "conv2d.direct(2x6x5x4xf32[120,5,1,30], 1x3x3x4x16xf32, 3xf32) -> 2x6x5x3xf32[90,5,1,30] {{.*}} epilogue add(acc, in2)"(%[[X]], %{{.*}}, %{{.*}}) -> (%[[Y]])
// CHECK-NOT: plan.call
// CHECK: plan.output "y" %[[Y]]
func.func @nchw_ends(%x: tensor<2x4x6x5xf32> {snap.name = "x"}) -> (tensor<2x3x6x5xf32> {snap.name = "y"}) {
  %w = snap.weight "ends" : tensor<3x4x3x3xf32>
  %b = snap.weight "endbias" : tensor<3xf32>
  %0 = snap.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<2x4x6x5xf32>) -> tensor<2x6x5x4xf32>
  %1 = snap.fused(%0, %w, %b) {
  ^bb0(%a: tensor<2x6x5x4xf32>, %c: tensor<3x4x3x3xf32>, %d: tensor<3xf32>):
    %2 = snap.conv2d %a, %c {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<2x6x5x4xf32>, tensor<3x4x3x3xf32>) -> tensor<2x6x5x3xf32>
    %3 = snap.binary add %2, %d : (tensor<2x6x5x3xf32>, tensor<3xf32>) -> tensor<2x6x5x3xf32>
    snap.yield %3 : tensor<2x6x5x3xf32>
  } : (tensor<2x6x5x4xf32>, tensor<3x4x3x3xf32>, tensor<3xf32>) -> tensor<2x6x5x3xf32>
  %4 = snap.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<2x6x5x3xf32>) -> tensor<2x3x6x5xf32>
  return %4 : tensor<2x3x6x5xf32>
}

// Seventeen channels are worth a transpose; so is what something else reads, and it is made once for all of these.
// CHECK-LABEL: plan.program @nchw_transposed
// CHECK: plan.call "transpose(17x30xf32) -> 30x17xf32 {permutation=[1,0]}"
// CHECK: plan.call "matmul(30x17xf32, 1x17x16xf32) -> 30x3xf32 {columns=[3], packed=[1]}"
// CHECK: plan.call "transpose(30x3xf32) -> 3x30xf32 {permutation=[1,0]}"
func.func @nchw_transposed(%x: tensor<1x17x6x5xf32> {snap.name = "x"}) -> (tensor<1x6x5x3xf32> {snap.name = "y"}, tensor<1x3x6x5xf32> {snap.name = "z"}) {
  %w = snap.weight "wide" : tensor<3x17x1x1xf32>
  %0 = snap.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x17x6x5xf32>) -> tensor<1x6x5x17xf32>
  %1 = snap.conv2d %0, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x6x5x17xf32>, tensor<3x17x1x1xf32>) -> tensor<1x6x5x3xf32>
  %2 = snap.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x6x5x3xf32>) -> tensor<1x3x6x5xf32>
  return %1, %2 : tensor<1x6x5x3xf32>, tensor<1x3x6x5xf32>
}

// A layer norm in front of a product: its rows join as the product's do, its vectors stay.
// CHECK-LABEL: plan.program @layer_norm_in_front
// CHECK: plan.call "matmul(10x4xf32, 1x4x16xf32, 4xf32, 6xf32) -> 10x6xf32 {columns=[6], layer_norm=[2,-1], packed=[1], epsilon=[1e-05]} epilogue add(acc, in3)"
func.func @layer_norm_in_front(%x: tensor<2x5x4xf32> {snap.name = "x"}) -> (tensor<2x5x6xf32> {snap.name = "y"}) {
  %s = snap.weight "s" : tensor<4xf32>
  %w = snap.weight "w" : tensor<4x6xf32>
  %b = snap.weight "b" : tensor<6xf32>
  %0 = snap.fused(%x, %s, %w, %b) {
  ^bb0(%a: tensor<2x5x4xf32>, %c: tensor<4xf32>, %d: tensor<4x6xf32>, %e: tensor<6xf32>):
    %1 = snap.layer_norm %a, %c {axis = 2 : i64, epsilon = 1.0e-05 : f64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x5x4xf32>, tensor<4xf32>) -> tensor<2x5x4xf32>
    %2 = snap.matmul %1, %d : (tensor<2x5x4xf32>, tensor<4x6xf32>) -> tensor<2x5x6xf32>
    %3 = snap.binary add %2, %e : (tensor<2x5x6xf32>, tensor<6xf32>) -> tensor<2x5x6xf32>
    snap.yield %3 : tensor<2x5x6xf32>
  } : (tensor<2x5x4xf32>, tensor<4xf32>, tensor<4x6xf32>, tensor<6xf32>) -> tensor<2x5x6xf32>
  return %0 : tensor<2x5x6xf32>
}

// CHECK-LABEL: plan.program @attention_masked
// CHECK: plan.call "attention(2x8x16xf32, 2x5x16xf32, 2x5x16xf32, 8x5xf32) -> 2x8x16xf32 {causal=[0], heads=[2], mask=[3], tile_queries=[16], scale=[0.5]}"
func.func @attention_masked(%q: tensor<2x8x16xf32> {snap.name = "q"}, %k: tensor<2x5x16xf32> {snap.name = "k"}) -> (tensor<2x8x16xf32> {snap.name = "y"}) {
  %m = snap.weight "mask" : tensor<8x5xf32>
  %e = snap.broadcast %m : (tensor<8x5xf32>) -> tensor<2x2x8x5xf32>
  %y = snap.attention %q, %k, %k, %e {heads = 2 : i64, scale = 0.5, tile_queries = 16 : i64} : (tensor<2x8x16xf32>, tensor<2x5x16xf32>, tensor<2x5x16xf32>, tensor<2x2x8x5xf32>) -> tensor<2x8x16xf32>
  return %y : tensor<2x8x16xf32>
}

// State is written where it stays and read from there; one that is made of the
// other, or is an output too, is copied.
// CHECK: plan.state @s.0 : memref<2x4xf32>
// CHECK: plan.state @s.1 : memref<8xf32>
// CHECK-LABEL: plan.program @state_from
// CHECK: %[[STATE0:.*]] = plan.get_state @s.0 : memref<2x4xf32>
// CHECK: plan.call "softmax(2x4xf32) -> 2x4xf32 {}"(%{{.*}}) -> (%[[STATE0]])
// CHECK: %[[STATE1:.*]] = plan.get_state @s.1 : memref<8xf32>
// CHECK: plan.call "elementwise(8xf32) -> 8xf32 {} epilogue in0"(%{{.*}}) -> (%[[STATE1]])
// CHECK: %[[Y:.*]] = plan.alloc : memref<2x4xf32>
// CHECK: plan.call "elementwise(8xf32) -> 8xf32 {} epilogue in0"(%[[STATE0]]) -> (%[[Y]])
// CHECK: plan.output "y" %[[Y]]
func.func @state_from(%x: tensor<2x4xf32> {snap.name = "x"}) -> (tensor<2x4xf32> {snap.name = "y"}, tensor<2x4xf32> {snap.state = "s.0"}, tensor<8xf32> {snap.state = "s.1"}) {
  %0 = snap.softmax %x {axis = 1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = snap.reshape %0 : (tensor<2x4xf32>) -> tensor<8xf32>
  return %0, %0, %1 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<8xf32>
}

// CHECK-LABEL: plan.program @state_to
// CHECK: %[[S:.*]] = plan.get_state @s.0 : memref<2x4xf32>
// CHECK: plan.call "softmax(2x4xf32) -> 2x4xf32 {}"(%[[S]])
func.func @state_to(%s: tensor<2x4xf32> {snap.state = "s.0"}) -> (tensor<2x4xf32> {snap.name = "y"}) {
  %0 = snap.softmax %s {axis = 1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// The weights follow the programs. 6 columns are padded to one panel of 16, the
// narrowest tile of AVX-512.
// CHECK: plan.weight @w0 : tensor<1x4x16xf32> {
// CHECK-NEXT: %[[W:.*]] = snap.weight "w"
// CHECK-NEXT: %[[P:.*]] = snap.pad constant %[[W]] {high = array<i64: 0, 10>, low = array<i64: 0, 0>
// CHECK-NEXT: %[[R:.*]] = snap.reshape %[[P]] : (tensor<4x16xf32>) -> tensor<4x1x16xf32>
// CHECK-NEXT: %[[Q:.*]] = snap.reshape %[[R]]
// CHECK-NEXT: snap.yield %[[Q]] : tensor<1x4x16xf32>
// [6,4] padded to [16,4], seen as [1,16,4], transposed: the stored transpose is not made.
// CHECK: plan.weight @[[T]] : tensor<1x4x16xf32> {
// CHECK-NEXT: snap.weight "wt"
// CHECK-NEXT: snap.pad
// CHECK-NEXT: snap.reshape
// CHECK-NEXT: snap.transpose %{{.*}} {permutation = array<i64: 0, 2, 1>}
// CHECK-NEXT: snap.yield
// 20 output channels in one panel of 32: O, I, KH, KW -> panel, KH, KW, I, 32.
// CHECK: snap.weight "conv"
// CHECK-NEXT: snap.pad {{.*}}high = array<i64: 12, 0, 0, 0>
// CHECK-NEXT: snap.reshape {{.*}} -> tensor<1x32x4x3x3xf32>
// CHECK-NEXT: snap.transpose {{.*}}permutation = array<i64: 0, 3, 4, 2, 1>
