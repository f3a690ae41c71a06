// Every message of the verifiers. An operation whose result type cannot be inferred says why, then that.
// RUN: snap-opt %s --split-input-file --verify-diagnostics

// Functions of floats take no integers.
func.func @f(%x: tensor<2xi64>) {
  // expected-error @+2 {{unary: silu is for floats, not for 'i64'}}
  // expected-error @+1 {{'snap.unary' op failed to infer returned types}}
  %0 = snap.unary silu %x : (tensor<2xi64>) -> tensor<2xi64>
  return
}

// -----

func.func @f(%x: tensor<2xi1>) {
  // expected-error @+2 {{unary: neg is for numbers, not for i1}}
  // expected-error @+1 {{'snap.unary' op failed to infer returned types}}
  %0 = snap.unary neg %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{unary: bit_not is for integers, not for 'f32'}}
  // expected-error @+1 {{'snap.unary' op failed to infer returned types}}
  %0 = snap.unary bit_not %x : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xi32>) {
  // expected-error @+2 {{unary: not is for i1, not for 'i32'}}
  // expected-error @+1 {{'snap.unary' op failed to infer returned types}}
  %0 = snap.unary not %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

// Element types are never converted silently.
func.func @f(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+2 {{binary: element types 'f32' and 'f16' differ}}
  // expected-error @+1 {{'snap.binary' op failed to infer returned types}}
  %0 = snap.binary add %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+2 {{binary: cannot broadcast 2x3 and 2x4}}
  // expected-error @+1 {{'snap.binary' op failed to infer returned types}}
  %0 = snap.binary add %x, %y : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{binary: and is for i1, not for 'f32'}}
  // expected-error @+1 {{'snap.binary' op failed to infer returned types}}
  %0 = snap.binary and %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{binary: shift_left is for integers, not for 'f32'}}
  // expected-error @+1 {{'snap.binary' op failed to infer returned types}}
  %0 = snap.binary shift_left %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xi1>) {
  // expected-error @+2 {{binary: add is for numbers, not for i1}}
  // expected-error @+1 {{'snap.binary' op failed to infer returned types}}
  %0 = snap.binary add %x, %x : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @f(%c: tensor<2xi1>, %x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+2 {{select: element types 'f32' and 'f16' differ}}
  // expected-error @+1 {{'snap.select' op failed to infer returned types}}
  %0 = snap.select %c, %x, %y : (tensor<2xi1>, tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%c: tensor<3xi1>, %x: tensor<2xf32>) {
  // expected-error @+2 {{select: cannot broadcast 3, 2 and 2}}
  // expected-error @+1 {{'snap.select' op failed to infer returned types}}
  %0 = snap.select %c, %x, %x : (tensor<3xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xi1>) {
  // expected-error @+2 {{reduce: sum is for numbers, not for i1}}
  // expected-error @+1 {{'snap.reduce' op failed to infer returned types}}
  %0 = snap.reduce sum %x {axes = array<i64: 0>} : (tensor<2xi1>) -> tensor<1xi1>
  return
}

// -----

// Axes are never negative.
func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{reduce: axis -1 is out of range for rank 2}}
  // expected-error @+1 {{'snap.reduce' op failed to infer returned types}}
  %0 = snap.reduce sum %x {axes = array<i64: -1>} : (tensor<2x3xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{reduce: axes should be sorted and unique}}
  // expected-error @+1 {{'snap.reduce' op failed to infer returned types}}
  %0 = snap.reduce sum %x {axes = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<1x1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x0xf32>) {
  // expected-error @+2 {{reduce: axis 1 has no elements}}
  // expected-error @+1 {{'snap.reduce' op failed to infer returned types}}
  %0 = snap.reduce max %x {axes = array<i64: 1>} : (tensor<2x0xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{arg_reduce: function is mean, should be max or min}}
  // expected-error @+1 {{'snap.arg_reduce' op failed to infer returned types}}
  %0 = snap.arg_reduce mean %x {axis = 0 : i64} : (tensor<2xf32>) -> tensor<1xi64>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{arg_reduce: axis 1 is out of range for rank 1}}
  // expected-error @+1 {{'snap.arg_reduce' op failed to infer returned types}}
  %0 = snap.arg_reduce max %x {axis = 1 : i64} : (tensor<2xf32>) -> tensor<1xi64>
  return
}

// -----

func.func @f(%x: tensor<0xf32>) {
  // expected-error @+2 {{arg_reduce: axis 0 has no elements}}
  // expected-error @+1 {{'snap.arg_reduce' op failed to infer returned types}}
  %0 = snap.arg_reduce max %x {axis = 0 : i64} : (tensor<0xf32>) -> tensor<1xi64>
  return
}

// -----

func.func @f(%x: tensor<2xi1>) {
  // expected-error @+2 {{cumsum: is for numbers, not for i1}}
  // expected-error @+1 {{'snap.cumsum' op failed to infer returned types}}
  %0 = snap.cumsum %x {axis = 0 : i64} : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{cumsum: axis 2 is out of range for rank 1}}
  // expected-error @+1 {{'snap.cumsum' op failed to infer returned types}}
  %0 = snap.cumsum %x {axis = 2 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{softmax: axis 1 is out of range for rank 1}}
  // expected-error @+1 {{'snap.softmax' op failed to infer returned types}}
  %0 = snap.softmax %x {axis = 1 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<4x2xf32>) {
  // expected-error @+2 {{matmul: operands have ranks 1 and 2, should be at least 2}}
  // expected-error @+1 {{'snap.matmul' op failed to infer returned types}}
  %0 = snap.matmul %x, %y : (tensor<4xf32>, tensor<4x2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<4x2xf16>) {
  // expected-error @+2 {{matmul: element types 'f32' and 'f16' differ}}
  // expected-error @+1 {{'snap.matmul' op failed to infer returned types}}
  %0 = snap.matmul %x, %y : (tensor<2x4xf32>, tensor<4x2xf16>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4096x320xf32>, %y: tensor<2x768x320xf32>) {
  // expected-error @+2 {{matmul: cannot multiply 2x4096x320 by 2x768x320: inner sizes 320 and 768 differ}}
  // expected-error @+1 {{'snap.matmul' op failed to infer returned types}}
  %0 = snap.matmul %x, %y : (tensor<2x4096x320xf32>, tensor<2x768x320xf32>) -> tensor<2x4096x320xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x4xf32>, %y: tensor<5x4x3xf32>) {
  // expected-error @+2 {{matmul: cannot broadcast the batches of 2x3x4 and 5x4x3}}
  // expected-error @+1 {{'snap.matmul' op failed to infer returned types}}
  %0 = snap.matmul %x, %y : (tensor<2x3x4xf32>, tensor<5x4x3xf32>) -> tensor<2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{conv2d: input has rank 3, should be 4}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @+2 {{conv2d: filter has rank 3, should be 4}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf16>) {
  // expected-error @+2 {{conv2d: element types 'f32' and 'f16' differ}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf16>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{conv2d: strides has 1 values, should be 2}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{conv2d: strides holds 0, should be at least 1}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 0, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{conv2d: pads has 2 values, should be 4}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{conv2d: pads holds -1, should be at least 0}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, -1, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{conv2d: dilations holds 0, should be at least 1}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 0>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{conv2d: groups holds 0, should be at least 1}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 0 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<6x3x3x3xf32>) {
  // expected-error @+2 {{conv2d: input has 4 channels, the filter 6x3x3x3 with 1 groups takes 3}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<5x2x3x3xf32>) {
  // expected-error @+2 {{conv2d: 5 output channels cannot be divided into 2 groups}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : (tensor<1x4x8x8xf32>, tensor<5x2x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x2x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{conv2d: kernel 3x3 does not fit the padded input 2x8}}
  // expected-error @+1 {{'snap.conv2d' op failed to infer returned types}}
  %0 = snap.conv2d %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x2x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4x4xf32>) {
  // expected-error @+2 {{pool: input has rank 3, should be 4}}
  // expected-error @+1 {{'snap.pool' op failed to infer returned types}}
  %0 = snap.pool max %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+2 {{pool: kernel has 1 values, should be 2}}
  // expected-error @+1 {{'snap.pool' op failed to infer returned types}}
  %0 = snap.pool max %x {kernel = array<i64: 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+2 {{pool: kernel holds 0, should be at least 1}}
  // expected-error @+1 {{'snap.pool' op failed to infer returned types}}
  %0 = snap.pool max %x {kernel = array<i64: 2, 0>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+2 {{pool: strides holds 0, should be at least 1}}
  // expected-error @+1 {{'snap.pool' op failed to infer returned types}}
  %0 = snap.pool max %x {kernel = array<i64: 2, 2>, strides = array<i64: 0, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+2 {{pool: pads has 3 values, should be 4}}
  // expected-error @+1 {{'snap.pool' op failed to infer returned types}}
  %0 = snap.pool max %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+2 {{pool: dilations holds 0, should be at least 1}}
  // expected-error @+1 {{'snap.pool' op failed to infer returned types}}
  %0 = snap.pool max %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 0, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>) {
  // expected-error @+2 {{pool: kernel size 5 does not fit the padded size 4}}
  // expected-error @+1 {{'snap.pool' op failed to infer returned types}}
  %0 = snap.pool max %x {kernel = array<i64: 5, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+2 {{group_norm: input has rank 1, should be at least 2}}
  // expected-error @+1 {{'snap.group_norm' op failed to infer returned types}}
  %0 = snap.group_norm %x, %x, %x {groups = 2 : i64, epsilon = 1.0 : f64} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %c: tensor<8xf32>) {
  // expected-error @+2 {{group_norm: 8 channels cannot be divided into 3 groups}}
  // expected-error @+1 {{'snap.group_norm' op failed to infer returned types}}
  %0 = snap.group_norm %x, %c, %c {groups = 3 : i64, epsilon = 1.0 : f64} : (tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %c: tensor<8xf32>) {
  // expected-error @+2 {{group_norm: sizes has 3 values, should be 2}}
  // expected-error @+1 {{'snap.group_norm' op failed to infer returned types}}
  %0 = snap.group_norm %x, %c, %c {groups = 2 : i64, epsilon = 1.0 : f64, sizes = array<i64: 3, 3, 2>} : (tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %c: tensor<8xf32>) {
  // expected-error @+2 {{group_norm: sizes add up to 9, should be 8 channels}}
  // expected-error @+1 {{'snap.group_norm' op failed to infer returned types}}
  %0 = snap.group_norm %x, %c, %c {groups = 2 : i64, epsilon = 1.0 : f64, sizes = array<i64: 4, 5>} : (tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

// Channels that are there cannot be left out of the statistics.
func.func @f(%x: tensor<2x8xf32>, %c: tensor<8xf32>) {
  // expected-error @+2 {{group_norm: counts 4 channels of a group of 5}}
  // expected-error @+1 {{'snap.group_norm' op failed to infer returned types}}
  %0 = snap.group_norm %x, %c, %c {groups = 2 : i64, epsilon = 1.0 : f64, sizes = array<i64: 5, 3>, counted = 4 : i64} : (tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

// The channels of nhwc are last.
func.func @f(%x: tensor<2x8x4xf32>, %c: tensor<8xf32>) {
  // expected-error @+2 {{group_norm: scale or bias is 8, should be 4}}
  // expected-error @+1 {{'snap.group_norm' op failed to infer returned types}}
  %0 = snap.group_norm %x, %c, %c {groups = 2 : i64, epsilon = 1.0 : f64, layout = 1 : i32} : (tensor<2x8x4xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %c: tensor<8xf32>) {
  // expected-error @+2 {{rms_norm: axis 2 is out of range for rank 2}}
  // expected-error @+1 {{'snap.rms_norm' op failed to infer returned types}}
  %0 = snap.rms_norm %x, %c {axis = 2 : i64, epsilon = 1.0 : f64} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

// Scale and bias have the normalized shape.
func.func @f(%x: tensor<2x8xf32>, %c: tensor<8xf32>) {
  // expected-error @+2 {{layer_norm: scale or bias is 8, should be 2x8}}
  // expected-error @+1 {{'snap.layer_norm' op failed to infer returned types}}
  %0 = snap.layer_norm %x, %c {axis = 0 : i64, epsilon = 1.0 : f64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%q: tensor<5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x7x12xf32>) {
  // expected-error @+2 {{attention: query has rank 2, should be 3}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v {heads = 4 : i64, scale = 1.0 : f64} : (tensor<5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x12xf32>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<2x7x12xf32>) {
  // expected-error @+2 {{attention: key has rank 2, should be 3}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v {heads = 4 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<7x8xf32>, tensor<2x7x12xf32>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<7x12xf32>) {
  // expected-error @+2 {{attention: value has rank 2, should be 3}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v {heads = 4 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<7x12xf32>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x7x12xf16>) {
  // expected-error @+2 {{attention: element types 'f32' and 'f16' differ}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v {heads = 4 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x12xf16>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<1x7x8xf32>, %v: tensor<2x7x12xf32>) {
  // expected-error @+2 {{attention: batches of query, key and value are 2, 1 and 2, should be equal}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v {heads = 4 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<1x7x8xf32>, tensor<2x7x12xf32>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x6x12xf32>) {
  // expected-error @+2 {{attention: key has 7 positions and value 6}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v {heads = 4 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x6x12xf32>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<2x7x12xf32>, %v: tensor<2x7x12xf32>) {
  // expected-error @+2 {{attention: query has 8 columns and key 12}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v {heads = 4 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<2x7x12xf32>, tensor<2x7x12xf32>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x7x12xf32>) {
  // expected-error @+2 {{attention: 8 columns of query and 12 of value cannot be divided into 3 heads}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v {heads = 3 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x12xf32>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x7x12xf32>, %m: tensor<2x3x5x7xf32>) {
  // expected-error @+2 {{attention: mask 2x3x5x7 does not broadcast to 2x4x5x7}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v, %m {heads = 4 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x12xf32>, tensor<2x3x5x7xf32>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x7x12xf32>, %m: tensor<5x7xf16>) {
  // expected-error @+2 {{attention: element types 'f32' and 'f16' differ}}
  // expected-error @+1 {{'snap.attention' op failed to infer returned types}}
  %0 = snap.attention %q, %k, %v, %m {heads = 4 : i64, scale = 1.0 : f64} : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x12xf32>, tensor<5x7xf16>) -> tensor<2x5x12xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{transpose: permutation should hold every dimension of rank 2 once}}
  // expected-error @+1 {{'snap.transpose' op failed to infer returned types}}
  %0 = snap.transpose %x {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+2 {{concat: has no operands}}
  // expected-error @+1 {{'snap.concat' op failed to infer returned types}}
  %0 = snap.concat {axis = 0 : i64} : () -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+2 {{concat: axis 1 is out of range for rank 1}}
  // expected-error @+1 {{'snap.concat' op failed to infer returned types}}
  %0 = snap.concat %x {axis = 1 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+2 {{concat: element types 'f32' and 'f16' differ}}
  // expected-error @+1 {{'snap.concat' op failed to infer returned types}}
  %0 = snap.concat %x, %y {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf16>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>, %y: tensor<2x1xf32>) {
  // expected-error @+2 {{concat: operand has rank 2, should be 1}}
  // expected-error @+1 {{'snap.concat' op failed to infer returned types}}
  %0 = snap.concat %x, %y {axis = 0 : i64} : (tensor<2xf32>, tensor<2x1xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+2 {{concat: cannot join 2x3 and 2x4 along axis 0}}
  // expected-error @+1 {{'snap.concat' op failed to infer returned types}}
  %0 = snap.concat %x, %y {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{pad: low has 1 values, should be 2}}
  // expected-error @+1 {{'snap.pad' op failed to infer returned types}}
  %0 = snap.pad constant %x {low = array<i64: 0>, high = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

// Cutting is a slice.
func.func @f(%x: tensor<3xf32>) {
  // expected-error @+2 {{pad: high holds -1, should be at least 0}}
  // expected-error @+1 {{'snap.pad' op failed to infer returned types}}
  %0 = snap.pad constant %x {low = array<i64: 0>, high = array<i64: -1>} : (tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

// Reflection does not repeat the border.
func.func @f(%x: tensor<3xf32>) {
  // expected-error @+2 {{pad: reflect cannot add 3 elements to a dimension of 3}}
  // expected-error @+1 {{'snap.pad' op failed to infer returned types}}
  %0 = snap.pad reflect %x {low = array<i64: 3>, high = array<i64: 0>} : (tensor<3xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @f(%x: tensor<0xf32>) {
  // expected-error @+2 {{pad: edge cannot add 3 elements to a dimension of 0}}
  // expected-error @+1 {{'snap.pad' op failed to infer returned types}}
  %0 = snap.pad edge %x {low = array<i64: 3>, high = array<i64: 0>} : (tensor<0xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<3xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{gather: axis 1 is out of range for rank 1}}
  // expected-error @+1 {{'snap.gather' op failed to infer returned types}}
  %0 = snap.gather %x, %i {axis = 1 : i64} : (tensor<3xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<0xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{gather: axis 0 has no elements}}
  // expected-error @+1 {{'snap.gather' op failed to infer returned types}}
  %0 = snap.gather %x, %i {axis = 0 : i64} : (tensor<0xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x3xf32>) {
  // expected-error @+2 {{upsample: input has rank 3, should be 4}}
  // expected-error @+1 {{'snap.upsample' op failed to infer returned types}}
  %0 = snap.upsample %x {factor = 2 : i64} : (tensor<2x3x3xf32>) -> tensor<2x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x3xf32>) {
  // expected-error @+2 {{upsample: factor holds 0, should be at least 1}}
  // expected-error @+1 {{'snap.upsample' op failed to infer returned types}}
  %0 = snap.upsample %x {factor = 0 : i64} : (tensor<1x2x3x3xf32>) -> tensor<1x2x0x0xf32>
  return
}

// -----

// What is inferred is compared with what is written.
func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{'snap.unary' op inferred type(s) 'tensor<2x3xf32>' are incompatible with return type(s) of operation 'tensor<3x2xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = snap.unary exp %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

// Shapes are static.
func.func @f(%x: tensor<?xf32>) {
  // expected-error @+1 {{must be statically shaped tensor of}}
  %0 = snap.unary exp %x : (tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

// f64 does not exist here.
func.func @f(%x: tensor<2xf64>) {
  // expected-error @+1 {{must be statically shaped tensor of}}
  %0 = snap.unary exp %x : (tensor<2xf64>) -> tensor<2xf64>
  return
}

// -----

// A constant of more than 1024 elements is a weight, unless it is a splat.
func.func @f() {
  // expected-error @+1 {{'snap.constant' op should hold a dense value}}
  %0 = snap.constant dense_resource<large> : tensor<1025xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'snap.constant' op has 1025 elements, should have at most 1024 or be a splat; larger ones are weights}}
  %0 = snap.constant dense<"0x0001010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101"> : tensor<1025xi8>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'snap.iota' op axis 2 is out of range for rank 2}}
  %0 = snap.iota {axis = 2 : i64} : tensor<2x3xi64>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'snap.iota' op counts in numbers, not in i1}}
  %0 = snap.iota {axis = 0 : i64} : tensor<2xi1>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'snap.cast' op changes the shape from 2x3 to 6}}
  %0 = snap.cast %x : (tensor<2x3xf32>) -> tensor<6xf16>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'snap.reshape' op cannot make 5 (5 elements) of 2x3 (6)}}
  %0 = snap.reshape %x : (tensor<2x3xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'snap.reshape' op changes the element type from 'f32' to 'f16'}}
  %0 = snap.reshape %x : (tensor<2x3xf32>) -> tensor<6xf16>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'snap.broadcast' op cannot broadcast 2x3 to 2x6}}
  %0 = snap.broadcast %x : (tensor<2x3xf32>) -> tensor<2x6xf32>
  return
}

// -----

// Nothing is broadcast down.
func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'snap.broadcast' op cannot broadcast 2x3 to 3}}
  %0 = snap.broadcast %x : (tensor<2x3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<3xf32>) {
  // expected-error @+1 {{'snap.broadcast' op changes the element type from 'f32' to 'f16'}}
  %0 = snap.broadcast %x : (tensor<3xf32>) -> tensor<2x3xf16>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.slice' op changes the element type from 'f32' to 'f16'}}
  %0 = snap.slice %x {starts = array<i64: 0>, steps = array<i64: 1>} : (tensor<4xf32>) -> tensor<2xf16>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.slice' op of rank 1 has 2 starts, 1 steps and a result of rank 1}}
  %0 = snap.slice %x {starts = array<i64: 0, 0>, steps = array<i64: 1>} : (tensor<4xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.slice' op has step 0 along dimension 0}}
  %0 = snap.slice %x {starts = array<i64: 0>, steps = array<i64: 0>} : (tensor<4xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.slice' op reads elements 2 to 4 of dimension 0, which has 4}}
  %0 = snap.slice %x {starts = array<i64: 2>, steps = array<i64: 1>} : (tensor<4xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.slice' op reads elements 1 to -1 of dimension 0, which has 4}}
  %0 = snap.slice %x {starts = array<i64: 1>, steps = array<i64: -1>} : (tensor<4xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.resize' op changes the element type from 'f32' to 'f16'}}
  %0 = snap.resize nearest %x {scales = array<f64: 2.0>} : (tensor<4xf32>) -> tensor<8xf16>
  return
}

// -----

func.func @f(%x: tensor<4xi32>) {
  // expected-error @+1 {{'snap.resize' op linear is for floats, not for 'i32'}}
  %0 = snap.resize linear %x {scales = array<f64: 2.0>} : (tensor<4xi32>) -> tensor<8xi32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.resize' op of rank 1 has 2 scales and a result of rank 1}}
  %0 = snap.resize linear %x {scales = array<f64: 2.0, 1.0>} : (tensor<4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.resize' op scale of dimension 0 should be positive}}
  %0 = snap.resize linear %x {scales = array<f64: 0.0>} : (tensor<4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'snap.resize' op dimension 0 of 4 scaled by 1.500000 cannot have 8 elements}}
  %0 = snap.resize linear %x {scales = array<f64: 1.5>} : (tensor<4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+1 {{'snap.fused' op block arguments differ from the operands in number or type}}
  %0 = snap.fused(%x) {
  ^bb0(%a: tensor<3xf32>):
    %1 = snap.constant dense<0.0> : tensor<2xf32>
    snap.yield %1 : tensor<2xf32>
  } : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+1 {{'snap.fused' op should end in snap.yield}}
  %0 = snap.fused(%x) {
  ^bb0(%a: tensor<2xf32>):
    func.return %a : tensor<2xf32>
  } : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+1 {{'snap.fused' op yields values that differ from the results in number or type}}
  %0 = snap.fused(%x) {
  ^bb0(%a: tensor<2xf32>):
    snap.yield %a, %a : tensor<2xf32>, tensor<2xf32>
  } : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// Weights come in as operands.
func.func @f(%x: tensor<2xf32>) {
  // expected-error @+1 {{'snap.fused' op cannot hold snap.weight}}
  %0 = snap.fused(%x) {
  ^bb0(%a: tensor<2xf32>):
    %1 = snap.weight "w" : tensor<2xf32>
    snap.yield %1 : tensor<2xf32>
  } : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// One kernel has one root.
func.func @f(%x: tensor<2xf32>) {
  // expected-error @+1 {{'snap.fused' op has two roots, snap.softmax and snap.reduce}}
  %0 = snap.fused(%x) {
  ^bb0(%a: tensor<2xf32>):
    %1 = snap.softmax %a {axis = 0 : i64} : (tensor<2xf32>) -> tensor<2xf32>
    %2 = snap.reduce sum %1 {axes = array<i64>} : (tensor<2xf32>) -> tensor<2xf32>
    snap.yield %2 : tensor<2xf32>
  } : (tensor<2xf32>) -> tensor<2xf32>
  return
}
