// Pooling in both layouts. Expected values: ONNX's reference implementation where it has the case.
// RUN: snap-opt --interpret %s

func.func @max() -> tensor<1x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[2.5, 2.5], [1.875, 2.0]], [[2.5, 2.0], [2.375, 2.125]]]]> : tensor<1x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[0.0, 2.5, 1.0, 1.375], [-2.5, -1.0, 2.5, -1.125], [0.0, 1.875, 0.75, 2.0], [-1.75, 0.0, 0.75, -0.75]], [[0.375, 2.5, 1.25, -1.0], [-2.25, -1.625, -1.125, 2.0], [-1.125, 1.625, -1.125, 0.875], [0.125, 2.375, 0.375, 2.125]]]]> : tensor<1x2x4x4xf32>
  %0 = snap.pool max %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

func.func @max_nhwc() -> tensor<1x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[2.5, 2.5], [2.5, 2.0]], [[1.875, 2.375], [2.0, 2.125]]]]> : tensor<1x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[0.0, 0.375], [2.5, 2.5], [1.0, 1.25], [1.375, -1.0]], [[-2.5, -2.25], [-1.0, -1.625], [2.5, -1.125], [-1.125, 2.0]], [[0.0, -1.125], [1.875, 1.625], [0.75, -1.125], [2.0, 0.875]], [[-1.75, 0.125], [0.0, 2.375], [0.75, 0.375], [-0.75, 2.125]]]]> : tensor<1x4x4x2xf32>
  %0 = snap.pool max %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, layout = 1 : i32} : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

// Padding is never the largest, though all values are negative.
func.func @max_padded() -> tensor<1x1x2x2xf32> attributes {
  snap.expected = [dense<[[[[-2.25, -1.625], [-1.375, -2.25]]]]> : tensor<1x1x2x2xf32>]
} {
  %x = snap.constant dense<[[[[-3.375, -2.25, -1.625], [-2.875, -3.5, -2.25], [-1.375, -2.875, -3.0]]]]> : tensor<1x1x3x3xf32>
  %0 = snap.pool max %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}

func.func @max_padded_nhwc() -> tensor<1x2x2x1xf32> attributes {
  snap.expected = [dense<[[[[-2.25], [-1.625]], [[-1.375], [-2.25]]]]> : tensor<1x2x2x1xf32>]
} {
  %x = snap.constant dense<[[[[-3.375], [-2.25], [-1.625]], [[-2.875], [-3.5], [-2.25]], [[-1.375], [-2.875], [-3.0]]]]> : tensor<1x3x3x1xf32>
  %0 = snap.pool max %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, layout = 1 : i32} : (tensor<1x3x3x1xf32>) -> tensor<1x2x2x1xf32>
  return %0 : tensor<1x2x2x1xf32>
}

func.func @max_dilated() -> tensor<1x1x2x2xf32> attributes {
  snap.expected = [dense<[[[[2.125, 1.625], [0.375, 2.0]]]]> : tensor<1x1x2x2xf32>]
} {
  %x = snap.constant dense<[[[[0.875, -2.375, 1.125, 1.625], [-1.75, 0.875, -0.5, 2.0], [2.125, 0.375, 0.375, 1.125], [0.375, 1.25, -1.625, 1.5]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.pool max %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 2, 2>} : (tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}

func.func @max_dilated_nhwc() -> tensor<1x2x2x1xf32> attributes {
  snap.expected = [dense<[[[[2.125], [1.625]], [[0.375], [2.0]]]]> : tensor<1x2x2x1xf32>]
} {
  %x = snap.constant dense<[[[[0.875], [-2.375], [1.125], [1.625]], [[-1.75], [0.875], [-0.5], [2.0]], [[2.125], [0.375], [0.375], [1.125]], [[0.375], [1.25], [-1.625], [1.5]]]]> : tensor<1x4x4x1xf32>
  %0 = snap.pool max %x {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 2, 2>, layout = 1 : i32} : (tensor<1x4x4x1xf32>) -> tensor<1x2x2x1xf32>
  return %0 : tensor<1x2x2x1xf32>
}

// The padding does not count.
func.func @average() -> tensor<1x1x2x2xf32> attributes {
  snap.expected = [dense<[[[[0.125, 0.6875], [0.75, -1.0]]]]> : tensor<1x1x2x2xf32>]
} {
  %x = snap.constant dense<[[[[0.125, 1.25, 0.125], [-1.0, -2.125, 0.125], [2.5, -2.375, 0.375]]]]> : tensor<1x1x3x3xf32>
  %0 = snap.pool average %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}

func.func @average_nhwc() -> tensor<1x2x2x1xf32> attributes {
  snap.expected = [dense<[[[[0.125], [0.6875]], [[0.75], [-1.0]]]]> : tensor<1x2x2x1xf32>]
} {
  %x = snap.constant dense<[[[[0.125], [1.25], [0.125]], [[-1.0], [-2.125], [0.125]], [[2.5], [-2.375], [0.375]]]]> : tensor<1x3x3x1xf32>
  %0 = snap.pool average %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>, layout = 1 : i32} : (tensor<1x3x3x1xf32>) -> tensor<1x2x2x1xf32>
  return %0 : tensor<1x2x2x1xf32>
}

// The padding counts as zeros.
func.func @average_padded() -> tensor<1x1x2x2xf32> attributes {
  snap.expected = [dense<[[[[-0.0625, -0.5625], [0.375, 1.65625]]]]> : tensor<1x1x2x2xf32>]
} {
  %x = snap.constant dense<[[[[-0.25, -2.5, 0.25], [1.375, 1.25, 2.5], [0.125, 0.5, 2.375]]]]> : tensor<1x1x3x3xf32>
  %0 = snap.pool average_padded %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>} : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}

func.func @average_padded_nhwc() -> tensor<1x2x2x1xf32> attributes {
  snap.expected = [dense<[[[[-0.0625], [-0.5625]], [[0.375], [1.65625]]]]> : tensor<1x2x2x1xf32>]
} {
  %x = snap.constant dense<[[[[-0.25], [-2.5], [0.25]], [[1.375], [1.25], [2.5]], [[0.125], [0.5], [2.375]]]]> : tensor<1x3x3x1xf32>
  %0 = snap.pool average_padded %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>, layout = 1 : i32} : (tensor<1x3x3x1xf32>) -> tensor<1x2x2x1xf32>
  return %0 : tensor<1x2x2x1xf32>
}

// Ceil mode: one more column of windows, over the edge.
func.func @ceil_mode() -> tensor<1x1x1x3xf32> attributes {
  snap.expected = [dense<[[[[-0.15625, -0.28125, 1.5]]]]> : tensor<1x1x1x3xf32>]
} {
  %x = snap.constant dense<[[[[-0.875, 1.5, -1.625, -0.75, 0.875], [0.375, -1.625, 0.875, 0.375, 2.125]]]]> : tensor<1x1x2x5xf32>
  %0 = snap.pool average %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 1>, dilations = array<i64: 1, 1>} : (tensor<1x1x2x5xf32>) -> tensor<1x1x1x3xf32>
  return %0 : tensor<1x1x1x3xf32>
}

func.func @ceil_mode_nhwc() -> tensor<1x1x3x1xf32> attributes {
  snap.expected = [dense<[[[[-0.15625], [-0.28125], [1.5]]]]> : tensor<1x1x3x1xf32>]
} {
  %x = snap.constant dense<[[[[-0.875], [1.5], [-1.625], [-0.75], [0.875]], [[0.375], [-1.625], [0.875], [0.375], [2.125]]]]> : tensor<1x2x5x1xf32>
  %0 = snap.pool average %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 1>, dilations = array<i64: 1, 1>, layout = 1 : i32} : (tensor<1x2x5x1xf32>) -> tensor<1x1x3x1xf32>
  return %0 : tensor<1x1x3x1xf32>
}
