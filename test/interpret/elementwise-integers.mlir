// Scalar functions of integers and i1. Expected values: numpy.
// RUN: snap-opt --interpret %s

func.func @not() -> tensor<2xi1> attributes {
  snap.expected = [dense<[false, true]> : tensor<2xi1>]
} {
  %x = snap.constant dense<[true, false]> : tensor<2xi1>
  %0 = snap.unary not %x : (tensor<2xi1>) -> tensor<2xi1>
  return %0 : tensor<2xi1>
}

func.func @int_bit_not() -> tensor<3xi32> attributes {
  snap.expected = [dense<[2, -1, -8]> : tensor<3xi32>]
} {
  %x = snap.constant dense<[-3, 0, 7]> : tensor<3xi32>
  %0 = snap.unary bit_not %x : (tensor<3xi32>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}

func.func @int_neg() -> tensor<3xi32> attributes {
  snap.expected = [dense<[3, 0, -7]> : tensor<3xi32>]
} {
  %x = snap.constant dense<[-3, 0, 7]> : tensor<3xi32>
  %0 = snap.unary neg %x : (tensor<3xi32>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}

func.func @int_abs() -> tensor<3xi32> attributes {
  snap.expected = [dense<[3, 0, 7]> : tensor<3xi32>]
} {
  %x = snap.constant dense<[-3, 0, 7]> : tensor<3xi32>
  %0 = snap.unary abs %x : (tensor<3xi32>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}

func.func @int_sign() -> tensor<3xi32> attributes {
  snap.expected = [dense<[-1, 0, 1]> : tensor<3xi32>]
} {
  %x = snap.constant dense<[-3, 0, 7]> : tensor<3xi32>
  %0 = snap.unary sign %x : (tensor<3xi32>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}

func.func @int_square() -> tensor<3xi32> attributes {
  snap.expected = [dense<[9, 0, 49]> : tensor<3xi32>]
} {
  %x = snap.constant dense<[-3, 0, 7]> : tensor<3xi32>
  %0 = snap.unary square %x : (tensor<3xi32>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}

func.func @int_relu() -> tensor<3xi32> attributes {
  snap.expected = [dense<[0, 0, 7]> : tensor<3xi32>]
} {
  %x = snap.constant dense<[-3, 0, 7]> : tensor<3xi32>
  %0 = snap.unary relu %x : (tensor<3xi32>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}

// 127 + 127 = 254 = -2 in 8 bits.
func.func @integers_wrap() -> tensor<3xi8> attributes {
  snap.expected = [dense<[0, -2, -56]> : tensor<3xi8>]
} {
  %x = snap.constant dense<[-128, 127, 100]> : tensor<3xi8>
  %0 = snap.binary add %x, %x : (tensor<3xi8>, tensor<3xi8>) -> tensor<3xi8>
  return %0 : tensor<3xi8>
}

// Towards zero.
func.func @int_div() -> tensor<5xi64> attributes {
  snap.expected = [dense<[3, -3, -3, 3, 0]> : tensor<5xi64>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary div %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi64>
  return %0 : tensor<5xi64>
}

func.func @int_mod() -> tensor<5xi64> attributes {
  snap.expected = [dense<[1, 1, -1, -1, 0]> : tensor<5xi64>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary mod %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi64>
  return %0 : tensor<5xi64>
}

func.func @int_fmod() -> tensor<5xi64> attributes {
  snap.expected = [dense<[1, -1, 1, -1, 0]> : tensor<5xi64>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary fmod %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi64>
  return %0 : tensor<5xi64>
}

func.func @int_bit_and() -> tensor<5xi64> attributes {
  snap.expected = [dense<[2, 0, 6, -8, 0]> : tensor<5xi64>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary bit_and %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi64>
  return %0 : tensor<5xi64>
}

func.func @int_bit_or() -> tensor<5xi64> attributes {
  snap.expected = [dense<[7, -5, -1, -1, 5]> : tensor<5xi64>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary bit_or %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi64>
  return %0 : tensor<5xi64>
}

func.func @int_bit_xor() -> tensor<5xi64> attributes {
  snap.expected = [dense<[5, -5, -7, 7, 5]> : tensor<5xi64>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary bit_xor %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi64>
  return %0 : tensor<5xi64>
}

func.func @int_max() -> tensor<5xi64> attributes {
  snap.expected = [dense<[7, 2, 7, -2, 5]> : tensor<5xi64>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary max %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi64>
  return %0 : tensor<5xi64>
}

func.func @int_min() -> tensor<5xi64> attributes {
  snap.expected = [dense<[2, -7, -2, -7, 0]> : tensor<5xi64>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary min %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi64>
  return %0 : tensor<5xi64>
}

func.func @int_equal() -> tensor<5xi1> attributes {
  snap.expected = [dense<false> : tensor<5xi1>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary equal %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi1>
  return %0 : tensor<5xi1>
}

func.func @int_less() -> tensor<5xi1> attributes {
  snap.expected = [dense<[false, true, false, true, true]> : tensor<5xi1>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary less %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi1>
  return %0 : tensor<5xi1>
}

func.func @int_greater_equal() -> tensor<5xi1> attributes {
  snap.expected = [dense<[true, false, true, false, false]> : tensor<5xi1>]
} {
  %x = snap.constant dense<[7, -7, 7, -7, 0]> : tensor<5xi64>
  %y = snap.constant dense<[2, 2, -2, -2, 5]> : tensor<5xi64>
  %0 = snap.binary greater_equal %x, %y : (tensor<5xi64>, tensor<5xi64>) -> tensor<5xi1>
  return %0 : tensor<5xi1>
}

// No meaning, but a value.
func.func @int_div_by_zero() -> tensor<2xi64> attributes {
  snap.expected = [dense<[0, 0]> : tensor<2xi64>]
} {
  %x = snap.constant dense<[5, -5]> : tensor<2xi64>
  %y = snap.constant dense<[0, 0]> : tensor<2xi64>
  %0 = snap.binary div %x, %y : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}

func.func @int_pow() -> tensor<4xi64> attributes {
  snap.expected = [dense<[1024, 81, -1, 0]> : tensor<4xi64>]
} {
  %x = snap.constant dense<[2, 3, -1, 2]> : tensor<4xi64>
  %y = snap.constant dense<[10, 4, 3, -1]> : tensor<4xi64>
  %0 = snap.binary pow %x, %y : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64>
  return %0 : tensor<4xi64>
}

func.func @shift_left() -> tensor<3xui8> attributes {
  snap.expected = [dense<[128, 0, 240]> : tensor<3xui8>]
} {
  %x = snap.constant dense<[1, 128, 255]> : tensor<3xui8>
  %y = snap.constant dense<[7, 1, 4]> : tensor<3xui8>
  %0 = snap.binary shift_left %x, %y : (tensor<3xui8>, tensor<3xui8>) -> tensor<3xui8>
  return %0 : tensor<3xui8>
}

func.func @shift_right() -> tensor<3xui8> attributes {
  snap.expected = [dense<[0, 64, 15]> : tensor<3xui8>]
} {
  %x = snap.constant dense<[1, 128, 255]> : tensor<3xui8>
  %y = snap.constant dense<[7, 1, 4]> : tensor<3xui8>
  %0 = snap.binary shift_right %x, %y : (tensor<3xui8>, tensor<3xui8>) -> tensor<3xui8>
  return %0 : tensor<3xui8>
}

func.func @bool_and() -> tensor<4xi1> attributes {
  snap.expected = [dense<[true, false, false, false]> : tensor<4xi1>]
} {
  %x = snap.constant dense<[true, true, false, false]> : tensor<4xi1>
  %y = snap.constant dense<[true, false, true, false]> : tensor<4xi1>
  %0 = snap.binary and %x, %y : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

func.func @bool_or() -> tensor<4xi1> attributes {
  snap.expected = [dense<[true, true, true, false]> : tensor<4xi1>]
} {
  %x = snap.constant dense<[true, true, false, false]> : tensor<4xi1>
  %y = snap.constant dense<[true, false, true, false]> : tensor<4xi1>
  %0 = snap.binary or %x, %y : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

func.func @bool_xor() -> tensor<4xi1> attributes {
  snap.expected = [dense<[false, true, true, false]> : tensor<4xi1>]
} {
  %x = snap.constant dense<[true, true, false, false]> : tensor<4xi1>
  %y = snap.constant dense<[true, false, true, false]> : tensor<4xi1>
  %0 = snap.binary xor %x, %y : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

func.func @bool_equal() -> tensor<4xi1> attributes {
  snap.expected = [dense<[true, false, false, true]> : tensor<4xi1>]
} {
  %x = snap.constant dense<[true, true, false, false]> : tensor<4xi1>
  %y = snap.constant dense<[true, false, true, false]> : tensor<4xi1>
  %0 = snap.binary equal %x, %y : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}
