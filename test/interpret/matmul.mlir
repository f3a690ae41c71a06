// Matrix products: batches that broadcast, both transposes, f16.
// RUN: snap-opt --interpret %s

func.func @plain() -> tensor<2x4xf32> attributes {
  snap.expected = [dense<[[2.984375, 0.84375, 3.171875, 2.546875], [0.234375, 7.578125, -0.796875, 2.546875]]> : tensor<2x4xf32>]
} {
  %x = snap.constant dense<[[0.625, 1.375, -0.625], [-0.25, 2.5, 1.625]]> : tensor<2x3xf32>
  %y = snap.constant dense<[[2.5, -0.625, 1.0, 2.25], [0.75, 1.75, 1.0, 1.0], [-0.625, 1.875, -1.875, 0.375]]> : tensor<3x4xf32>
  %0 = snap.matmul %x, %y : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

func.func @transpose_lhs() -> tensor<2x4xf32> attributes {
  snap.expected = [dense<[[2.984375, 0.84375, 3.171875, 2.546875], [0.234375, 7.578125, -0.796875, 2.546875]]> : tensor<2x4xf32>]
} {
  %x = snap.constant dense<[[0.625, -0.25], [1.375, 2.5], [-0.625, 1.625]]> : tensor<3x2xf32>
  %y = snap.constant dense<[[2.5, -0.625, 1.0, 2.25], [0.75, 1.75, 1.0, 1.0], [-0.625, 1.875, -1.875, 0.375]]> : tensor<3x4xf32>
  %0 = snap.matmul %x, %y {transposeLhs = true} : (tensor<3x2xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

func.func @transpose_rhs() -> tensor<2x4xf32> attributes {
  snap.expected = [dense<[[2.984375, 0.84375, 3.171875, 2.546875], [0.234375, 7.578125, -0.796875, 2.546875]]> : tensor<2x4xf32>]
} {
  %x = snap.constant dense<[[0.625, 1.375, -0.625], [-0.25, 2.5, 1.625]]> : tensor<2x3xf32>
  %y = snap.constant dense<[[2.5, 0.75, -0.625], [-0.625, 1.75, 1.875], [1.0, 1.0, -1.875], [2.25, 1.0, 0.375]]> : tensor<4x3xf32>
  %0 = snap.matmul %x, %y {transposeRhs = true} : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

func.func @transpose_both() -> tensor<2x4xf32> attributes {
  snap.expected = [dense<[[2.984375, 0.84375, 3.171875, 2.546875], [0.234375, 7.578125, -0.796875, 2.546875]]> : tensor<2x4xf32>]
} {
  %x = snap.constant dense<[[0.625, -0.25], [1.375, 2.5], [-0.625, 1.625]]> : tensor<3x2xf32>
  %y = snap.constant dense<[[2.5, 0.75, -0.625], [-0.625, 1.75, 1.875], [1.0, 1.0, -1.875], [2.25, 1.0, 0.375]]> : tensor<4x3xf32>
  %0 = snap.matmul %x, %y {transposeLhs = true, transposeRhs = true} : (tensor<3x2xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// Batches 2x1 and 3 give 2x3.
func.func @batches() -> tensor<2x3x2x2xf32> attributes {
  snap.expected = [dense<[[[[-0.296875, -1.0625], [0.421875, 0.28125]], [[-1.03125, 2.296875], [0.75, -1.046875]], [[-0.078125, 0.265625], [-0.109375, 0.546875]]], [[[-1.234375, 0.734375], [2.421875, -4.640625]], [[-2.046875, -0.203125], [-3.15625, 2.984375]], [[-0.546875, -3.328125], [-7.515625, 5.046875]]]]> : tensor<2x3x2x2xf32>]
} {
  %x = snap.constant dense<[[[[1.125, 1.75, 0.125], [-0.625, -1.0, -0.375]]], [[[-0.125, 1.125, 2.0], [-2.25, 2.25, 0.125]]]]> : tensor<2x1x2x3xf32>
  %y = snap.constant dense<[[[-0.75, 0.875], [0.375, -1.25], [-0.875, 1.125]], [[0.5, 0.0], [-0.875, 1.375], [-0.5, -0.875]], [[2.0, -1.25], [-1.375, 1.125], [0.625, -2.375]]]> : tensor<3x3x2xf32>
  %0 = snap.matmul %x, %y : (tensor<2x1x2x3xf32>, tensor<3x3x2xf32>) -> tensor<2x3x2x2xf32>
  return %0 : tensor<2x3x2x2xf32>
}

// One matrix for every batch.
func.func @shared_rhs() -> tensor<2x2x2xf32> attributes {
  snap.expected = [dense<[[[2.515625, 1.53125], [-1.9375, 0.625]], [[-1.890625, 6.046875], [5.578125, -3.265625]]]> : tensor<2x2x2xf32>]
} {
  %x = snap.constant dense<[[[-2.125, -0.625, 1.75], [-0.5, 1.5, -1.0]], [[-1.375, 1.5, 1.875], [-2.125, -2.25, 0.875]]]> : tensor<2x2x3xf32>
  %y = snap.constant dense<[[-0.875, 0.375], [-1.75, 1.875], [-0.25, 2.0]]> : tensor<3x2xf32>
  %0 = snap.matmul %x, %y : (tensor<2x2x3xf32>, tensor<3x2xf32>) -> tensor<2x2x2xf32>
  return %0 : tensor<2x2x2xf32>
}

func.func @shared_lhs() -> tensor<2x2x2xf32> attributes {
  snap.expected = [dense<[[[0.671875, 5.140625], [1.890625, -1.390625]], [[-1.640625, 2.25], [3.09375, -1.0]]]> : tensor<2x2x2xf32>]
} {
  %x = snap.constant dense<[[1.5, 1.0, -1.375], [1.375, -2.25, 0.375]]> : tensor<2x3xf32>
  %y = snap.constant dense<[[[-0.5, 2.5], [-1.5, 2.25], [-2.125, 0.625]], [[0.375, 2.0], [-1.0, 2.0], [0.875, 2.0]]]> : tensor<2x3x2xf32>
  %0 = snap.matmul %x, %y : (tensor<2x3xf32>, tensor<2x3x2xf32>) -> tensor<2x2x2xf32>
  return %0 : tensor<2x2x2xf32>
}

// Accumulated in f32: in f16 the sum would stop at 2048.
func.func @half() -> tensor<1x1xf16> attributes {
  snap.expected = [dense<[[3000.0]]> : tensor<1x1xf16>]
} {
  %x = snap.constant dense<1.0> : tensor<1x3000xf16>
  %y = snap.constant dense<1.0> : tensor<3000x1xf16>
  %0 = snap.matmul %x, %y : (tensor<1x3000xf16>, tensor<3000x1xf16>) -> tensor<1x1xf16>
  return %0 : tensor<1x1xf16>
}
