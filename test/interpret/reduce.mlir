// Reductions, running sums, positions, softmax.
// RUN: snap-opt --interpret %s

func.func @sum_1() -> tensor<2x1x4xf32> attributes {
  snap.expected = [dense<[[[2.375, 3.5, 0.875, -1.0]], [[4.875, -0.5, -3.75, -2.875]]]> : tensor<2x1x4xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce sum %x {axes = array<i64: 1>} : (tensor<2x3x4xf32>) -> tensor<2x1x4xf32>
  return %0 : tensor<2x1x4xf32>
}

func.func @sum_0_2() -> tensor<1x3x1xf32> attributes {
  snap.expected = [dense<[[[5.75], [0.75], [-3.0]]]> : tensor<1x3x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce sum %x {axes = array<i64: 0, 2>} : (tensor<2x3x4xf32>) -> tensor<1x3x1xf32>
  return %0 : tensor<1x3x1xf32>
}

func.func @sum_0_1_2() -> tensor<1x1x1xf32> attributes {
  snap.expected = [dense<[[[3.5]]]> : tensor<1x1x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce sum %x {axes = array<i64: 0, 1, 2>} : (tensor<2x3x4xf32>) -> tensor<1x1x1xf32>
  return %0 : tensor<1x1x1xf32>
}

func.func @mean_1() -> tensor<2x1x4xf32> attributes {
  snap.expected = [dense<[[[0.7916667, 1.1666666, 0.29166666, -0.33333334]], [[1.625, -0.16666667, -1.25, -0.9583333]]]> : tensor<2x1x4xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce mean %x {axes = array<i64: 1>} : (tensor<2x3x4xf32>) -> tensor<2x1x4xf32>
  return %0 : tensor<2x1x4xf32>
}

func.func @mean_0_2() -> tensor<1x3x1xf32> attributes {
  snap.expected = [dense<[[[0.71875], [0.09375], [-0.375]]]> : tensor<1x3x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce mean %x {axes = array<i64: 0, 2>} : (tensor<2x3x4xf32>) -> tensor<1x3x1xf32>
  return %0 : tensor<1x3x1xf32>
}

func.func @mean_0_1_2() -> tensor<1x1x1xf32> attributes {
  snap.expected = [dense<[[[0.14583333]]]> : tensor<1x1x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce mean %x {axes = array<i64: 0, 1, 2>} : (tensor<2x3x4xf32>) -> tensor<1x1x1xf32>
  return %0 : tensor<1x1x1xf32>
}

func.func @max_1() -> tensor<2x1x4xf32> attributes {
  snap.expected = [dense<[[[1.625, 2.375, 2.25, 0.625]], [[1.875, 1.75, 0.25, 1.375]]]> : tensor<2x1x4xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce max %x {axes = array<i64: 1>} : (tensor<2x3x4xf32>) -> tensor<2x1x4xf32>
  return %0 : tensor<2x1x4xf32>
}

func.func @max_0_2() -> tensor<1x3x1xf32> attributes {
  snap.expected = [dense<[[[2.375], [2.25], [1.875]]]> : tensor<1x3x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce max %x {axes = array<i64: 0, 2>} : (tensor<2x3x4xf32>) -> tensor<1x3x1xf32>
  return %0 : tensor<1x3x1xf32>
}

func.func @max_0_1_2() -> tensor<1x1x1xf32> attributes {
  snap.expected = [dense<[[[2.375]]]> : tensor<1x1x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce max %x {axes = array<i64: 0, 1, 2>} : (tensor<2x3x4xf32>) -> tensor<1x1x1xf32>
  return %0 : tensor<1x1x1xf32>
}

func.func @min_1() -> tensor<2x1x4xf32> attributes {
  snap.expected = [dense<[[[0.25, 0.25, -2.5, -1.125]], [[1.125, -2.5, -2.375, -2.125]]]> : tensor<2x1x4xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce min %x {axes = array<i64: 1>} : (tensor<2x3x4xf32>) -> tensor<2x1x4xf32>
  return %0 : tensor<2x1x4xf32>
}

func.func @min_0_2() -> tensor<1x3x1xf32> attributes {
  snap.expected = [dense<[[[-2.375], [-2.125], [-2.5]]]> : tensor<1x3x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce min %x {axes = array<i64: 0, 2>} : (tensor<2x3x4xf32>) -> tensor<1x3x1xf32>
  return %0 : tensor<1x3x1xf32>
}

func.func @min_0_1_2() -> tensor<1x1x1xf32> attributes {
  snap.expected = [dense<[[[-2.5]]]> : tensor<1x1x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce min %x {axes = array<i64: 0, 1, 2>} : (tensor<2x3x4xf32>) -> tensor<1x1x1xf32>
  return %0 : tensor<1x1x1xf32>
}

func.func @prod_1() -> tensor<2x1x4xf32> attributes {
  snap.expected = [dense<[[[0.203125, 0.51953125, -6.328125, 0.3515625]], [[3.9550781, -1.09375, 0.96484375, 6.2089844]]]> : tensor<2x1x4xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce prod %x {axes = array<i64: 1>} : (tensor<2x3x4xf32>) -> tensor<2x1x4xf32>
  return %0 : tensor<2x1x4xf32>
}

func.func @prod_0_2() -> tensor<1x3x1xf32> attributes {
  snap.expected = [dense<[[[-1.2781262], [-1.0755186], [4.4260025]]]> : tensor<1x3x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce prod %x {axes = array<i64: 0, 2>} : (tensor<2x3x4xf32>) -> tensor<1x3x1xf32>
  return %0 : tensor<1x3x1xf32>
}

func.func @prod_0_1_2() -> tensor<1x1x1xf32> attributes {
  snap.expected = [dense<[[[6.084198]]]> : tensor<1x1x1xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce prod %x {axes = array<i64: 0, 1, 2>} : (tensor<2x3x4xf32>) -> tensor<1x1x1xf32>
  return %0 : tensor<1x1x1xf32>
}

// Nothing to reduce: the operand.
func.func @no_axes() -> tensor<2x3x4xf32> attributes {
  snap.expected = [dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>]
} {
  %x = snap.constant dense<[[[0.5, 2.375, 1.125, 0.625], [0.25, 0.25, 2.25, -1.125], [1.625, 0.875, -2.5, -0.5]], [[1.875, 0.25, -2.375, 1.375], [1.125, 1.75, -1.625, -2.125], [1.875, -2.5, 0.25, -2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.reduce sum %x {axes = array<i64>} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

func.func @int_sum() -> tensor<1x2xi32> attributes {
  snap.expected = [dense<[[7, 4]]> : tensor<1x2xi32>]
} {
  %x = snap.constant dense<[[5, -3], [2, 7]]> : tensor<2x2xi32>
  %0 = snap.reduce sum %x {axes = array<i64: 0>} : (tensor<2x2xi32>) -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}

// 7 / 2 = 3, 4 / 2 = 2: towards zero.
func.func @int_mean() -> tensor<1x2xi32> attributes {
  snap.expected = [dense<[[3, 2]]> : tensor<1x2xi32>]
} {
  %x = snap.constant dense<[[5, -3], [2, 7]]> : tensor<2x2xi32>
  %0 = snap.reduce mean %x {axes = array<i64: 0>} : (tensor<2x2xi32>) -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}

func.func @max_keeps_nan() -> tensor<1xf32> attributes {
  snap.expected = [dense<[0x7FC00000]> : tensor<1xf32>]
} {
  %x = snap.constant dense<[1.0, 0x7FC00000, 3.0]> : tensor<3xf32>
  %0 = snap.reduce max %x {axes = array<i64: 0>} : (tensor<3xf32>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// Any.
func.func @bool_max() -> tensor<2x1xi1> attributes {
  snap.expected = [dense<[[true], [false]]> : tensor<2x1xi1>]
} {
  %x = snap.constant dense<[[true, false], [false, false]]> : tensor<2x2xi1>
  %0 = snap.reduce max %x {axes = array<i64: 1>} : (tensor<2x2xi1>) -> tensor<2x1xi1>
  return %0 : tensor<2x1xi1>
}

// In f16 the sum of ones would stop at 2048.
func.func @half_sum() -> tensor<1xf16> attributes {
  snap.expected = [dense<[4096.0]> : tensor<1xf16>]
} {
  %x = snap.constant dense<1.0> : tensor<4096xf16>
  %0 = snap.reduce sum %x {axes = array<i64: 0>} : (tensor<4096xf16>) -> tensor<1xf16>
  return %0 : tensor<1xf16>
}

func.func @arg_max_first() -> tensor<2x1xi64> attributes {
  snap.expected = [dense<[[1], [0]]> : tensor<2x1xi64>]
} {
  %x = snap.constant dense<[[1.0, 3.0, 3.0], [2.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %0 = snap.arg_reduce max %x {axis = 1 : i64, selectLast = false} : (tensor<2x3xf32>) -> tensor<2x1xi64>
  return %0 : tensor<2x1xi64>
}

func.func @arg_max_last() -> tensor<2x1xi64> attributes {
  snap.expected = [dense<[[2], [0]]> : tensor<2x1xi64>]
} {
  %x = snap.constant dense<[[1.0, 3.0, 3.0], [2.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %0 = snap.arg_reduce max %x {axis = 1 : i64, selectLast = true} : (tensor<2x3xf32>) -> tensor<2x1xi64>
  return %0 : tensor<2x1xi64>
}

func.func @arg_min_first() -> tensor<2x1xi64> attributes {
  snap.expected = [dense<[[0], [1]]> : tensor<2x1xi64>]
} {
  %x = snap.constant dense<[[1.0, 3.0, 3.0], [2.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %0 = snap.arg_reduce min %x {axis = 1 : i64, selectLast = false} : (tensor<2x3xf32>) -> tensor<2x1xi64>
  return %0 : tensor<2x1xi64>
}

func.func @arg_min_last() -> tensor<2x1xi64> attributes {
  snap.expected = [dense<[[0], [2]]> : tensor<2x1xi64>]
} {
  %x = snap.constant dense<[[1.0, 3.0, 3.0], [2.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %0 = snap.arg_reduce min %x {axis = 1 : i64, selectLast = true} : (tensor<2x3xf32>) -> tensor<2x1xi64>
  return %0 : tensor<2x1xi64>
}

func.func @arg_max_axis_0() -> tensor<1x3xi64> attributes {
  snap.expected = [dense<[[1, 0, 0]]> : tensor<1x3xi64>]
} {
  %x = snap.constant dense<[[1.0, 3.0, 3.0], [2.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %0 = snap.arg_reduce max %x {axis = 0 : i64} : (tensor<2x3xf32>) -> tensor<1x3xi64>
  return %0 : tensor<1x3xi64>
}

func.func @cumsum() -> tensor<2x3xf32> attributes {
  snap.expected = [dense<[[1.0, 3.0, 6.0], [4.0, 9.0, 15.0]]> : tensor<2x3xf32>]
} {
  %x = snap.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %0 = snap.cumsum %x {axis = 1 : i64, exclusive = false, reverse = false} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

func.func @cumsum_exclusive() -> tensor<2x3xf32> attributes {
  snap.expected = [dense<[[0.0, 1.0, 3.0], [0.0, 4.0, 9.0]]> : tensor<2x3xf32>]
} {
  %x = snap.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %0 = snap.cumsum %x {axis = 1 : i64, exclusive = true, reverse = false} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

func.func @cumsum_reverse() -> tensor<2x3xf32> attributes {
  snap.expected = [dense<[[6.0, 5.0, 3.0], [15.0, 11.0, 6.0]]> : tensor<2x3xf32>]
} {
  %x = snap.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %0 = snap.cumsum %x {axis = 1 : i64, exclusive = false, reverse = true} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

func.func @cumsum_exclusive_reverse() -> tensor<2x3xf32> attributes {
  snap.expected = [dense<[[5.0, 3.0, 0.0], [11.0, 6.0, 0.0]]> : tensor<2x3xf32>]
} {
  %x = snap.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %0 = snap.cumsum %x {axis = 1 : i64, exclusive = true, reverse = true} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

func.func @cumsum_axis_0() -> tensor<2x2xi64> attributes {
  snap.expected = [dense<[[1, 2], [4, 6]]> : tensor<2x2xi64>]
} {
  %x = snap.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi64>
  %0 = snap.cumsum %x {axis = 0 : i64} : (tensor<2x2xi64>) -> tensor<2x2xi64>
  return %0 : tensor<2x2xi64>
}

func.func @softmax_0() -> tensor<2x3x2xf32> attributes {
  snap.expected = [dense<[[[0.70578504, 0.91490096], [0.22270013, 0.34864512], [0.042087726, 0.22270013]], [[0.29421496, 0.08509904], [0.7772999, 0.65135485], [0.95791227, 0.7772999]]]> : tensor<2x3x2xf32>]
} {
  %x = snap.constant dense<[[[-1.0, -0.125], [-0.375, -0.5], [-2.375, -2.5]], [[-1.875, -2.5], [0.875, 0.125], [0.75, -1.25]]]> : tensor<2x3x2xf32>
  %0 = snap.softmax %x {axis = 0 : i64} : (tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  return %0 : tensor<2x3x2xf32>
}

func.func @softmax_1() -> tensor<2x3x2xf32> attributes {
  snap.expected = [dense<[[[0.32040134, 0.5617019], [0.5985885, 0.38605168], [0.08101015, 0.052246414]], [[0.032843735, 0.054659992], [0.5137625, 0.7545579], [0.4533938, 0.19078211]]]> : tensor<2x3x2xf32>]
} {
  %x = snap.constant dense<[[[-1.0, -0.125], [-0.375, -0.5], [-2.375, -2.5]], [[-1.875, -2.5], [0.875, 0.125], [0.75, -1.25]]]> : tensor<2x3x2xf32>
  %0 = snap.softmax %x {axis = 1 : i64} : (tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  return %0 : tensor<2x3x2xf32>
}

func.func @softmax_2() -> tensor<2x3x2xf32> attributes {
  snap.expected = [dense<[[[0.29421496, 0.70578504], [0.53120935, 0.46879062], [0.53120935, 0.46879062]], [[0.65135485, 0.34864512], [0.6791787, 0.32082132], [0.8807971, 0.11920292]]]> : tensor<2x3x2xf32>]
} {
  %x = snap.constant dense<[[[-1.0, -0.125], [-0.375, -0.5], [-2.375, -2.5]], [[-1.875, -2.5], [0.875, 0.125], [0.75, -1.25]]]> : tensor<2x3x2xf32>
  %0 = snap.softmax %x {axis = 2 : i64} : (tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  return %0 : tensor<2x3x2xf32>
}

// The largest score is subtracted first.
func.func @softmax_large() -> tensor<3x3xf32> attributes {
  snap.expected = [dense<[[0.24472848, 0.66524094, 0.09003057], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]> : tensor<3x3xf32>]
} {
  %x = snap.constant dense<[[1000.0, 1001.0, 999.0], [0xFF800000, 0.0, 0xFF800000], [3.0e+38, -3.0e+38, 0.0]]> : tensor<3x3xf32>
  %0 = snap.softmax %x {axis = 1 : i64} : (tensor<3x3xf32>) -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}

// 0 / 0, as everywhere; exporters guard it.
func.func @softmax_of_nothing() -> tensor<2xf32> attributes {
  snap.expected = [dense<[0x7FC00000, 0x7FC00000]> : tensor<2xf32>]
} {
  %x = snap.constant dense<[0xFF800000, 0xFF800000]> : tensor<2xf32>
  %0 = snap.softmax %x {axis = 0 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
