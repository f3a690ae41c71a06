// Convolutions in both layouts. Expected values: sums in double.
// RUN: snap-opt --interpret %s

func.func @same() -> tensor<1x2x3x3xf32> attributes {
  snap.expected = [dense<[[[[2.71875, -3.765625, 4.953125], [-5.234375, 13.625, 4.40625], [-10.53125, -0.59375, 7.421875]], [[14.015625, -2.203125, -0.203125], [12.515625, -0.71875, -1.515625], [-2.40625, -1.25, 1.078125]]]]> : tensor<1x2x3x3xf32>]
} {
  %x = snap.constant dense<[[[[-1.5, 1.375, 2.25], [-2.375, -0.75, 0.75], [-2.0, 0.0, 0.625]], [[1.375, 2.25, -0.5], [-0.25, -0.125, 2.375], [-1.5, 0.0, -2.25]]]]> : tensor<1x2x3x3xf32>
  %y = snap.constant dense<[[[[-0.375, 2.25, 0.625], [-0.75, 2.5, 0.5], [2.25, -2.5, -0.25]], [[1.75, 1.375, -0.5], [0.0, -0.375, 0.125], [-1.375, 1.5, -2.125]]], [[[-0.375, -1.125, 1.25], [1.25, 1.125, 2.125], [2.25, -1.625, -2.0]], [[-1.875, 1.125, 2.375], [2.25, 0.875, 2.375], [1.875, -2.5, -2.0]]]]> : tensor<2x2x3x3xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x2x3x3xf32>, tensor<2x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  return %0 : tensor<1x2x3x3xf32>
}

func.func @same_nhwc() -> tensor<1x3x3x2xf32> attributes {
  snap.expected = [dense<[[[[2.71875, 14.015625], [-3.765625, -2.203125], [4.953125, -0.203125]], [[-5.234375, 12.515625], [13.625, -0.71875], [4.40625, -1.515625]], [[-10.53125, -2.40625], [-0.59375, -1.25], [7.421875, 1.078125]]]]> : tensor<1x3x3x2xf32>]
} {
  %x = snap.constant dense<[[[[-1.5, 1.375], [1.375, 2.25], [2.25, -0.5]], [[-2.375, -0.25], [-0.75, -0.125], [0.75, 2.375]], [[-2.0, -1.5], [0.0, 0.0], [0.625, -2.25]]]]> : tensor<1x3x3x2xf32>
  %y = snap.constant dense<[[[[-0.375, 2.25, 0.625], [-0.75, 2.5, 0.5], [2.25, -2.5, -0.25]], [[1.75, 1.375, -0.5], [0.0, -0.375, 0.125], [-1.375, 1.5, -2.125]]], [[[-0.375, -1.125, 1.25], [1.25, 1.125, 2.125], [2.25, -1.625, -2.0]], [[-1.875, 1.125, 2.375], [2.25, 0.875, 2.375], [1.875, -2.5, -2.0]]]]> : tensor<2x2x3x3xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x3x3x2xf32>, tensor<2x2x3x3xf32>) -> tensor<1x3x3x2xf32>
  return %0 : tensor<1x3x3x2xf32>
}

// Pads are top, left, bottom, right.
func.func @strided_asymmetric_pads() -> tensor<1x1x2x3xf32> attributes {
  snap.expected = [dense<[[[[6.234375, 4.625, 5.921875], [5.078125, 3.5, -4.390625]]]]> : tensor<1x1x2x3xf32>]
} {
  %x = snap.constant dense<[[[[1.875, -2.125, 2.5, 1.625, 2.375], [-0.75, -1.75, 0.125, 2.375, -0.625], [2.0, -0.625, 1.625, -1.375, -0.125], [-0.875, -1.375, 2.0, 1.5, -1.875]]]]> : tensor<1x1x4x5xf32>
  %y = snap.constant dense<[[[[2.125, 2.375], [-1.25, -0.375], [0.25, 0.75]]]]> : tensor<1x1x3x2xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 2, 2>, pads = array<i64: 0, 1, 1, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x1x4x5xf32>, tensor<1x1x3x2xf32>) -> tensor<1x1x2x3xf32>
  return %0 : tensor<1x1x2x3xf32>
}

func.func @strided_asymmetric_pads_nhwc() -> tensor<1x2x3x1xf32> attributes {
  snap.expected = [dense<[[[[6.234375], [4.625], [5.921875]], [[5.078125], [3.5], [-4.390625]]]]> : tensor<1x2x3x1xf32>]
} {
  %x = snap.constant dense<[[[[1.875], [-2.125], [2.5], [1.625], [2.375]], [[-0.75], [-1.75], [0.125], [2.375], [-0.625]], [[2.0], [-0.625], [1.625], [-1.375], [-0.125]], [[-0.875], [-1.375], [2.0], [1.5], [-1.875]]]]> : tensor<1x4x5x1xf32>
  %y = snap.constant dense<[[[[2.125, 2.375], [-1.25, -0.375], [0.25, 0.75]]]]> : tensor<1x1x3x2xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 2, 2>, pads = array<i64: 0, 1, 1, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x4x5x1xf32>, tensor<1x1x3x2xf32>) -> tensor<1x2x3x1xf32>
  return %0 : tensor<1x2x3x1xf32>
}

func.func @dilated() -> tensor<1x1x2x1xf32> attributes {
  snap.expected = [dense<[[[[-3.75], [5.421875]]]]> : tensor<1x1x2x1xf32>]
} {
  %x = snap.constant dense<[[[[-0.25, -1.75, 2.25, 1.0, -2.375], [1.625, 1.25, -1.625, 0.625, 0.0], [-2.375, 2.25, 1.125, -1.0, -2.5], [-2.125, 1.375, -1.75, 0.125, 2.0], [2.25, -1.25, -2.25, 0.0, 1.75]]]]> : tensor<1x1x5x5xf32>
  %y = snap.constant dense<[[[[0.625, -2.25, 0.75], [-0.75, -1.375, -0.375]]]]> : tensor<1x1x2x3xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 3, 2>, groups = 1 : i64} : (tensor<1x1x5x5xf32>, tensor<1x1x2x3xf32>) -> tensor<1x1x2x1xf32>
  return %0 : tensor<1x1x2x1xf32>
}

func.func @dilated_nhwc() -> tensor<1x2x1x1xf32> attributes {
  snap.expected = [dense<[[[[-3.75]], [[5.421875]]]]> : tensor<1x2x1x1xf32>]
} {
  %x = snap.constant dense<[[[[-0.25], [-1.75], [2.25], [1.0], [-2.375]], [[1.625], [1.25], [-1.625], [0.625], [0.0]], [[-2.375], [2.25], [1.125], [-1.0], [-2.5]], [[-2.125], [1.375], [-1.75], [0.125], [2.0]], [[2.25], [-1.25], [-2.25], [0.0], [1.75]]]]> : tensor<1x5x5x1xf32>
  %y = snap.constant dense<[[[[0.625, -2.25, 0.75], [-0.75, -1.375, -0.375]]]]> : tensor<1x1x2x3xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 3, 2>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x5x5x1xf32>, tensor<1x1x2x3xf32>) -> tensor<1x2x1x1xf32>
  return %0 : tensor<1x2x1x1xf32>
}

func.func @grouped() -> tensor<2x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[5.375, -0.296875], [-4.78125, -2.84375]], [[0.046875, 2.671875], [-1.984375, -0.328125]]], [[[4.953125, 4.421875], [-3.234375, 0.875]], [[-0.1875, -1.859375], [-1.203125, -0.765625]]]]> : tensor<2x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[1.875, 2.375], [-1.875, 0.375]], [[1.375, -1.25], [-1.125, -1.375]], [[-1.5, 2.0], [-1.5, -1.375]], [[-1.875, -1.875], [1.375, -1.125]]], [[[1.5, 0.5], [1.875, 0.25]], [[1.375, 1.625], [-2.25, 0.25]], [[-0.25, -1.125], [-0.25, -0.5]], [[0.0, 1.625], [1.625, 0.625]]]]> : tensor<2x4x2x2xf32>
  %y = snap.constant dense<[[[[1.125]], [[2.375]]], [[[0.75]], [[-0.625]]]]> : tensor<2x2x1x1xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : (tensor<2x4x2x2xf32>, tensor<2x2x1x1xf32>) -> tensor<2x2x2x2xf32>
  return %0 : tensor<2x2x2x2xf32>
}

func.func @grouped_nhwc() -> tensor<2x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[5.375, 0.046875], [-0.296875, 2.671875]], [[-4.78125, -1.984375], [-2.84375, -0.328125]]], [[[4.953125, -0.1875], [4.421875, -1.859375]], [[-3.234375, -1.203125], [0.875, -0.765625]]]]> : tensor<2x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[1.875, 1.375, -1.5, -1.875], [2.375, -1.25, 2.0, -1.875]], [[-1.875, -1.125, -1.5, 1.375], [0.375, -1.375, -1.375, -1.125]]], [[[1.5, 1.375, -0.25, 0.0], [0.5, 1.625, -1.125, 1.625]], [[1.875, -2.25, -0.25, 1.625], [0.25, 0.25, -0.5, 0.625]]]]> : tensor<2x2x2x4xf32>
  %y = snap.constant dense<[[[[1.125]], [[2.375]]], [[[0.75]], [[-0.625]]]]> : tensor<2x2x1x1xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64, layout = 1 : i32} : (tensor<2x2x2x4xf32>, tensor<2x2x1x1xf32>) -> tensor<2x2x2x2xf32>
  return %0 : tensor<2x2x2x2xf32>
}

func.func @depthwise() -> tensor<1x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[1.390625, -1.5625], [-3.03125, -1.703125]], [[3.328125, 6.84375], [-9.15625, 2.171875]]]]> : tensor<1x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[-2.125, 0.25, -1.375], [0.5, -2.375, 1.75], [2.25, -1.875, 1.625]], [[-0.5, -2.375, 2.125], [2.25, -2.375, 0.5], [1.625, 1.5, -0.375]]]]> : tensor<1x2x3x3xf32>
  %y = snap.constant dense<[[[[1.875, 1.75], [-2.0, -2.5]]], [[[-2.0, -0.75], [-2.0, -2.125]]]]> : tensor<2x1x2x2xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64} : (tensor<1x2x3x3xf32>, tensor<2x1x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

func.func @depthwise_nhwc() -> tensor<1x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[1.390625, 3.328125], [-1.5625, 6.84375]], [[-3.03125, -9.15625], [-1.703125, 2.171875]]]]> : tensor<1x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[-2.125, -0.5], [0.25, -2.375], [-1.375, 2.125]], [[0.5, 2.25], [-2.375, -2.375], [1.75, 0.5]], [[2.25, 1.625], [-1.875, 1.5], [1.625, -0.375]]]]> : tensor<1x3x3x2xf32>
  %y = snap.constant dense<[[[[1.875, 1.75], [-2.0, -2.5]]], [[[-2.0, -0.75], [-2.0, -2.125]]]]> : tensor<2x1x2x2xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 2 : i64, layout = 1 : i32} : (tensor<1x3x3x2xf32>, tensor<2x1x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

func.func @one_by_one() -> tensor<1x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[-4.625, -2.390625], [-1.453125, -4.734375]], [[-0.625, -0.140625], [0.53125, -0.84375]]]]> : tensor<1x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[-1.25, 0.75], [0.125, -1.125]], [[2.25, 1.0], [0.75, 2.25]], [[1.5, -1.875], [-2.375, 1.875]]]]> : tensor<1x3x2x2xf32>
  %y = snap.constant dense<[[[[-0.5]], [[-2.25]], [[-0.125]]], [[[-0.625]], [[-0.375]], [[-0.375]]]]> : tensor<2x3x1x1xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x2x2xf32>, tensor<2x3x1x1xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

func.func @one_by_one_nhwc() -> tensor<1x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[-4.625, -0.625], [-2.390625, -0.140625]], [[-1.453125, 0.53125], [-4.734375, -0.84375]]]]> : tensor<1x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[-1.25, 2.25, 1.5], [0.75, 1.0, -1.875]], [[0.125, 0.75, -2.375], [-1.125, 2.25, 1.875]]]]> : tensor<1x2x2x3xf32>
  %y = snap.constant dense<[[[[-0.5]], [[-2.25]], [[-0.125]]], [[[-0.625]], [[-0.375]], [[-0.375]]]]> : tensor<2x3x1x1xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x2x2x3xf32>, tensor<2x3x1x1xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

// Windows wholly in the padding give 0.
func.func @only_padding() -> tensor<1x1x4x2xf32> attributes {
  snap.expected = [dense<0.0> : tensor<1x1x4x2xf32>]
} {
  %x = snap.constant dense<[[[[-1.0]]]]> : tensor<1x1x1x1xf32>
  %y = snap.constant dense<[[[[0.0]]]]> : tensor<1x1x1x1xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 2, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x2xf32>
  return %0 : tensor<1x1x4x2xf32>
}

func.func @only_padding_nhwc() -> tensor<1x4x2x1xf32> attributes {
  snap.expected = [dense<0.0> : tensor<1x4x2x1xf32>]
} {
  %x = snap.constant dense<[[[[-1.0]]]]> : tensor<1x1x1x1xf32>
  %y = snap.constant dense<[[[[0.0]]]]> : tensor<1x1x1x1xf32>
  %0 = snap.conv2d %x, %y {strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 2, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, layout = 1 : i32} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x4x2x1xf32>
  return %0 : tensor<1x4x2x1xf32>
}
