// Every scalar function, broadcasting, select. Expected values: numpy and math, in double, rounded.
// RUN: snap-opt --interpret %s

func.func @abs() -> tensor<7xf32> attributes {
  snap.expected = [dense<[2.5, 1.0, 0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary abs %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @asinh() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-1.6472311, -0.8813736, -0.24746646, 0.0, 0.4812118, 0.8813736, 1.8184465]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary asinh %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @atan() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-1.19029, -0.7853982, -0.24497867, 0.0, 0.4636476, 0.7853982, 1.2490457]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary atan %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @ceil() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-2.0, -1.0, -0.0, 0.0, 1.0, 1.0, 3.0]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary ceil %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @cos() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-0.8011436, 0.5403023, 0.9689124, 1.0, 0.87758255, 0.5403023, -0.9899925]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary cos %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @cosh() -> tensor<7xf32> attributes {
  snap.expected = [dense<[6.1322894, 1.5430807, 1.0314131, 1.0, 1.127626, 1.5430807, 10.067662]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary cosh %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @erf() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-0.999593, -0.8427008, -0.2763264, 0.0, 0.5204999, 0.8427008, 0.9999779]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary erf %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @exp() -> tensor<7xf32> attributes {
  snap.expected = [dense<[0.082085, 0.36787945, 0.7788008, 1.0, 1.6487212, 2.7182817, 20.085537]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary exp %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @floor() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-3.0, -1.0, -1.0, 0.0, 0.0, 1.0, 3.0]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary floor %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @gelu() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-0.015524163, -0.15865526, -0.10032342, 0.0, 0.34573123, 0.8413448, 2.9959502]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary gelu %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @gelu_quick() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-0.034986164, -0.15420423, -0.09880035, 0.0, 0.35038844, 0.84579575, 2.9819286]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary gelu_quick %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @gelu_tanh() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-0.015084266, -0.15880801, -0.100324646, 0.0, 0.345714, 0.841192, 2.9963627]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary gelu_tanh %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @neg() -> tensor<7xf32> attributes {
  snap.expected = [dense<[2.5, 1.0, 0.25, -0.0, -0.5, -1.0, -3.0]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary neg %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @relu() -> tensor<7xf32> attributes {
  snap.expected = [dense<[0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary relu %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @sigmoid() -> tensor<7xf32> attributes {
  snap.expected = [dense<[0.07585818, 0.26894143, 0.4378235, 0.5, 0.62245935, 0.7310586, 0.95257413]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary sigmoid %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @sign() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 1.0]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary sign %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @silu() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-0.18964545, -0.26894143, -0.109455876, 0.0, 0.31122968, 0.7310586, 2.8577223]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary silu %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @sin() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-0.5984721, -0.84147096, -0.24740396, 0.0, 0.47942555, 0.84147096, 0.14112]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary sin %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @sinh() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-6.0502043, -1.1752012, -0.25261232, 0.0, 0.5210953, 1.1752012, 10.017875]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary sinh %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @softplus() -> tensor<7xf32> attributes {
  snap.expected = [dense<[0.078889735, 0.3132617, 0.5759394, 0.6931472, 0.974077, 1.3132616, 3.0485873]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary softplus %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @square() -> tensor<7xf32> attributes {
  snap.expected = [dense<[6.25, 1.0, 0.0625, 0.0, 0.25, 1.0, 9.0]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary square %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @tan() -> tensor<7xf32> attributes {
  snap.expected = [dense<[0.7470223, -1.5574077, -0.25534192, 0.0, 0.5463025, 1.5574077, -0.14254655]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary tan %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @tanh() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-0.9866143, -0.7615942, -0.24491866, 0.0, 0.46211717, 0.7615942, 0.9950548]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0]> : tensor<7xf32>
  %0 = snap.unary tanh %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @acos() -> tensor<4xf32> attributes {
  snap.expected = [dense<[3.1415927, 2.0943952, 1.5707964, 0.0]> : tensor<4xf32>]
} {
  %x = snap.constant dense<[-1.0, -0.5, 0.0, 1.0]> : tensor<4xf32>
  %0 = snap.unary acos %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

func.func @acosh() -> tensor<3xf32> attributes {
  snap.expected = [dense<[0.0, 0.9624236, 2.993223]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[1.0, 1.5, 10.0]> : tensor<3xf32>
  %0 = snap.unary acosh %x : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @asin() -> tensor<4xf32> attributes {
  snap.expected = [dense<[-1.5707964, -0.5235988, 0.0, 1.5707964]> : tensor<4xf32>]
} {
  %x = snap.constant dense<[-1.0, -0.5, 0.0, 1.0]> : tensor<4xf32>
  %0 = snap.unary asin %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

func.func @atanh() -> tensor<3xf32> attributes {
  snap.expected = [dense<[-0.54930615, 0.0, 0.97295505]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[-0.5, 0.0, 0.75]> : tensor<3xf32>
  %0 = snap.unary atanh %x : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @log() -> tensor<3xf32> attributes {
  snap.expected = [dense<[-2.0794415, 0.0, 2.9957323]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[0.125, 1.0, 20.0]> : tensor<3xf32>
  %0 = snap.unary log %x : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @reciprocal() -> tensor<3xf32> attributes {
  snap.expected = [dense<[-0.25, 2.0, 0.125]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[-4.0, 0.5, 8.0]> : tensor<3xf32>
  %0 = snap.unary reciprocal %x : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @rsqrt() -> tensor<3xf32> attributes {
  snap.expected = [dense<[2.0, 1.0, 0.25]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[0.25, 1.0, 16.0]> : tensor<3xf32>
  %0 = snap.unary rsqrt %x : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @sqrt() -> tensor<3xf32> attributes {
  snap.expected = [dense<[0.0, 0.5, 3.0]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[0.0, 0.25, 9.0]> : tensor<3xf32>
  %0 = snap.unary sqrt %x : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// Halves go to the even neighbour.
func.func @round() -> tensor<7xf32> attributes {
  snap.expected = [dense<[-2.0, -2.0, -0.0, 0.0, 2.0, 2.0, 0.0]> : tensor<7xf32>]
} {
  %x = snap.constant dense<[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997]> : tensor<7xf32>
  %0 = snap.unary round %x : (tensor<7xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func @is_inf() -> tensor<4xi1> attributes {
  snap.expected = [dense<[true, true, false, false]> : tensor<4xi1>]
} {
  %x = snap.constant dense<[0x7F800000, 0xFF800000, 0x7FC00000, 1.0]> : tensor<4xf32>
  %0 = snap.unary is_inf %x : (tensor<4xf32>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

func.func @is_nan() -> tensor<4xi1> attributes {
  snap.expected = [dense<[false, false, true, false]> : tensor<4xi1>]
} {
  %x = snap.constant dense<[0x7F800000, 0xFF800000, 0x7FC00000, 1.0]> : tensor<4xf32>
  %0 = snap.unary is_nan %x : (tensor<4xf32>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// Far from zero nothing overflows on the way; -inf * 0 is NaN, as in PyTorch.
func.func @silu_far_out() -> tensor<5xf32> attributes {
  snap.expected = [dense<[0.0, 100.0, 0x7F800000, 0x7FC00000, 0x7FC00000]> : tensor<5xf32>]
} {
  %x = snap.constant dense<[-100.0, 100.0, 0x7F800000, 0xFF800000, 0x7FC00000]> : tensor<5xf32>
  %0 = snap.unary silu %x : (tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

func.func @sigmoid_far_out() -> tensor<5xf32> attributes {
  snap.expected = [dense<[0.0, 1.0, 1.0, 0.0, 0x7FC00000]> : tensor<5xf32>]
} {
  %x = snap.constant dense<[-100.0, 100.0, 0x7F800000, 0xFF800000, 0x7FC00000]> : tensor<5xf32>
  %0 = snap.unary sigmoid %x : (tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

func.func @relu_keeps_nan() -> tensor<5xf32> attributes {
  snap.expected = [dense<[0.0, 100.0, 0x7F800000, 0.0, 0x7FC00000]> : tensor<5xf32>]
} {
  %x = snap.constant dense<[-100.0, 100.0, 0x7F800000, 0xFF800000, 0x7FC00000]> : tensor<5xf32>
  %0 = snap.unary relu %x : (tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// 1 + 2^-10 + 2^-11 is a tie and goes to the even 1 + 2^-9.
func.func @half_rounds_once() -> tensor<3xf16> attributes {
  snap.expected = [dense<[1.002, 1000.5, 3.5]> : tensor<3xf16>], snap.tolerance = 1.0e-9
} {
  %x = snap.constant dense<[1.001, 1000.0, 0.5]> : tensor<3xf16>
  %y = snap.constant dense<[0.0004883, 0.3, 3.0]> : tensor<3xf16>
  %0 = snap.binary add %x, %y : (tensor<3xf16>, tensor<3xf16>) -> tensor<3xf16>
  return %0 : tensor<3xf16>
}

func.func @add() -> tensor<6xf32> attributes {
  snap.expected = [dense<[10.0, -4.0, 4.0, -10.0, 7.5, 2.0]> : tensor<6xf32>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary add %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

func.func @sub() -> tensor<6xf32> attributes {
  snap.expected = [dense<[4.0, -10.0, 10.0, -4.0, 3.5, -6.0]> : tensor<6xf32>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary sub %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

func.func @mul() -> tensor<6xf32> attributes {
  snap.expected = [dense<[21.0, -21.0, -21.0, 21.0, 11.0, -8.0]> : tensor<6xf32>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary mul %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

func.func @div() -> tensor<6xf32> attributes {
  snap.expected = [dense<[2.3333333, -2.3333333, -2.3333333, 2.3333333, 2.75, -0.5]> : tensor<6xf32>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary div %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

// The sign of the divisor.
func.func @mod() -> tensor<6xf32> attributes {
  snap.expected = [dense<[1.0, 2.0, -2.0, -1.0, 1.5, 2.0]> : tensor<6xf32>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary mod %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

// The sign of the dividend.
func.func @fmod() -> tensor<6xf32> attributes {
  snap.expected = [dense<[1.0, -1.0, 1.0, -1.0, 1.5, -2.0]> : tensor<6xf32>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary fmod %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

func.func @max() -> tensor<6xf32> attributes {
  snap.expected = [dense<[7.0, 3.0, 7.0, -3.0, 5.5, 4.0]> : tensor<6xf32>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary max %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

func.func @min() -> tensor<6xf32> attributes {
  snap.expected = [dense<[3.0, -7.0, -3.0, -7.0, 2.0, -2.0]> : tensor<6xf32>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary min %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

func.func @equal() -> tensor<6xi1> attributes {
  snap.expected = [dense<false> : tensor<6xi1>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary equal %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xi1>
  return %0 : tensor<6xi1>
}

func.func @less() -> tensor<6xi1> attributes {
  snap.expected = [dense<[false, true, false, true, false, true]> : tensor<6xi1>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary less %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xi1>
  return %0 : tensor<6xi1>
}

func.func @less_equal() -> tensor<6xi1> attributes {
  snap.expected = [dense<[false, true, false, true, false, true]> : tensor<6xi1>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary less_equal %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xi1>
  return %0 : tensor<6xi1>
}

func.func @greater() -> tensor<6xi1> attributes {
  snap.expected = [dense<[true, false, true, false, true, false]> : tensor<6xi1>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary greater %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xi1>
  return %0 : tensor<6xi1>
}

func.func @greater_equal() -> tensor<6xi1> attributes {
  snap.expected = [dense<[true, false, true, false, true, false]> : tensor<6xi1>]
} {
  %x = snap.constant dense<[7.0, -7.0, 7.0, -7.0, 5.5, -2.0]> : tensor<6xf32>
  %y = snap.constant dense<[3.0, 3.0, -3.0, -3.0, 2.0, 4.0]> : tensor<6xf32>
  %0 = snap.binary greater_equal %x, %y : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xi1>
  return %0 : tensor<6xi1>
}

func.func @pow() -> tensor<5xf32> attributes {
  snap.expected = [dense<[8.0, -8.0, 3.0, 1.0, 0.25]> : tensor<5xf32>]
} {
  %x = snap.constant dense<[2.0, -2.0, 9.0, 0.0, 4.0]> : tensor<5xf32>
  %y = snap.constant dense<[3.0, 3.0, 0.5, 0.0, -1.0]> : tensor<5xf32>
  %0 = snap.binary pow %x, %y : (tensor<5xf32>, tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

func.func @max_keeps_nan() -> tensor<3xf32> attributes {
  snap.expected = [dense<[0x7FC00000, 0x7FC00000, 0x7FC00000]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[0x7FC00000, 1.0, 0x7FC00000]> : tensor<3xf32>
  %y = snap.constant dense<[1.0, 0x7FC00000, 0x7FC00000]> : tensor<3xf32>
  %0 = snap.binary max %x, %y : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @min_keeps_nan() -> tensor<3xf32> attributes {
  snap.expected = [dense<[0x7FC00000, 0x7FC00000, 0x7FC00000]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[0x7FC00000, 1.0, 0x7FC00000]> : tensor<3xf32>
  %y = snap.constant dense<[1.0, 0x7FC00000, 0x7FC00000]> : tensor<3xf32>
  %0 = snap.binary min %x, %y : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// 2x1x3 and 4x1 give 2x4x3.
func.func @broadcast_both() -> tensor<2x4x3xf32> attributes {
  snap.expected = [dense<[[[3.875, 2.875, 2.125], [4.25, 3.25, 2.5], [3.375, 2.375, 1.625], [0.125, -0.875, -1.625]], [[1.0, 1.125, -0.25], [1.375, 1.5, 0.125], [0.5, 0.625, -0.75], [-2.75, -2.625, -4.0]]]> : tensor<2x4x3xf32>]
} {
  %x = snap.constant dense<[[[1.75, 0.75, 0.0]], [[-1.125, -1.0, -2.375]]]> : tensor<2x1x3xf32>
  %y = snap.constant dense<[[-2.125], [-2.5], [-1.625], [1.625]]> : tensor<4x1xf32>
  %0 = snap.binary sub %x, %y : (tensor<2x1x3xf32>, tensor<4x1xf32>) -> tensor<2x4x3xf32>
  return %0 : tensor<2x4x3xf32>
}

func.func @broadcast_scalar() -> tensor<2x1x3xf32> attributes {
  snap.expected = [dense<[[[0.25, 1.25, 2.0]], [[3.125, 3.0, 4.375]]]> : tensor<2x1x3xf32>]
} {
  %x = snap.constant dense<2.0> : tensor<f32>
  %y = snap.constant dense<[[[1.75, 0.75, 0.0]], [[-1.125, -1.0, -2.375]]]> : tensor<2x1x3xf32>
  %0 = snap.binary sub %x, %y : (tensor<f32>, tensor<2x1x3xf32>) -> tensor<2x1x3xf32>
  return %0 : tensor<2x1x3xf32>
}

// A column, a row and a scalar.
func.func @select() -> tensor<2x3xf32> attributes {
  snap.expected = [dense<[[0.75, 2.125, 0.0], [9.0, 9.0, 9.0]]> : tensor<2x3xf32>]
} {
  %x = snap.constant dense<[[true], [false]]> : tensor<2x1xi1>
  %y = snap.constant dense<[0.75, 2.125, 0.0]> : tensor<3xf32>
  %z = snap.constant dense<9.0> : tensor<f32>
  %0 = snap.select %x, %y, %z : (tensor<2x1xi1>, tensor<3xf32>, tensor<f32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
