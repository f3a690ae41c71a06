// Conversions between element types.
// RUN: snap-opt --interpret %s

func.func @f32_to_i32() -> tensor<6xi32> attributes {
  snap.expected = [dense<[-1, 1, 0, 0, 300, -300]> : tensor<6xi32>]
} {
  %x = snap.constant dense<[-1.9, 1.9, 0.5, -0.5, 300.0, -300.0]> : tensor<6xf32>
  %0 = snap.cast %x : (tensor<6xf32>) -> tensor<6xi32>
  return %0 : tensor<6xi32>
}

// Truncates, then saturates.
func.func @f32_to_i8() -> tensor<6xi8> attributes {
  snap.expected = [dense<[-1, 1, 0, 0, 127, -128]> : tensor<6xi8>]
} {
  %x = snap.constant dense<[-1.9, 1.9, 0.5, -0.5, 300.0, -300.0]> : tensor<6xf32>
  %0 = snap.cast %x : (tensor<6xf32>) -> tensor<6xi8>
  return %0 : tensor<6xi8>
}

func.func @f32_to_ui8() -> tensor<6xui8> attributes {
  snap.expected = [dense<[0, 1, 0, 0, 255, 0]> : tensor<6xui8>]
} {
  %x = snap.constant dense<[-1.9, 1.9, 0.5, -0.5, 300.0, -300.0]> : tensor<6xf32>
  %0 = snap.cast %x : (tensor<6xf32>) -> tensor<6xui8>
  return %0 : tensor<6xui8>
}

func.func @f32_to_i1() -> tensor<6xi1> attributes {
  snap.expected = [dense<true> : tensor<6xi1>]
} {
  %x = snap.constant dense<[-1.9, 1.9, 0.5, -0.5, 300.0, -300.0]> : tensor<6xf32>
  %0 = snap.cast %x : (tensor<6xf32>) -> tensor<6xi1>
  return %0 : tensor<6xi1>
}

func.func @f32_to_f16() -> tensor<6xf16> attributes {
  snap.expected = [dense<[-1.9, 1.9, 0.5, -0.5, 300.0, -300.0]> : tensor<6xf16>]
} {
  %x = snap.constant dense<[-1.9, 1.9, 0.5, -0.5, 300.0, -300.0]> : tensor<6xf32>
  %0 = snap.cast %x : (tensor<6xf32>) -> tensor<6xf16>
  return %0 : tensor<6xf16>
}

func.func @special_to_i32() -> tensor<4xi32> attributes {
  snap.expected = [dense<[0, 2147483647, -2147483648, 0]> : tensor<4xi32>]
} {
  %x = snap.constant dense<[0x7FC00000, 0x7F800000, 0xFF800000, 0.0]> : tensor<4xf32>
  %0 = snap.cast %x : (tensor<4xf32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

func.func @special_to_i1() -> tensor<4xi1> attributes {
  snap.expected = [dense<[true, true, true, false]> : tensor<4xi1>]
} {
  %x = snap.constant dense<[0x7FC00000, 0x7F800000, 0xFF800000, 0.0]> : tensor<4xf32>
  %0 = snap.cast %x : (tensor<4xf32>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// The largest half, infinity, nothing, the smallest half, ties to even.
func.func @f32_to_f16_edges() -> tensor<6xf16> attributes {
  snap.expected = [dense<[65500.0, 0x7C00, 0.0, 6.0e-08, 2048.0, 2052.0]> : tensor<6xf16>], snap.tolerance = 1.0e-12
} {
  %x = snap.constant dense<[65519.0, 65520.0, 1.0e-08, 5.9604645e-08, 2049.0, 2051.0]> : tensor<6xf32>
  %0 = snap.cast %x : (tensor<6xf32>) -> tensor<6xf16>
  return %0 : tensor<6xf16>
}

func.func @i64_to_i8_wraps() -> tensor<3xi8> attributes {
  snap.expected = [dense<[44, -1, 2]> : tensor<3xi8>]
} {
  %x = snap.constant dense<[300, -1, 2]> : tensor<3xi64>
  %0 = snap.cast %x : (tensor<3xi64>) -> tensor<3xi8>
  return %0 : tensor<3xi8>
}

func.func @i64_to_f32() -> tensor<3xf32> attributes {
  snap.expected = [dense<[300.0, -1.0, 2.0]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[300, -1, 2]> : tensor<3xi64>
  %0 = snap.cast %x : (tensor<3xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// Not sign-extended.
func.func @ui8_to_i32() -> tensor<2xi32> attributes {
  snap.expected = [dense<[200, 0]> : tensor<2xi32>]
} {
  %x = snap.constant dense<[200, 0]> : tensor<2xui8>
  %0 = snap.cast %x : (tensor<2xui8>) -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

func.func @i1_to_f32() -> tensor<2xf32> attributes {
  snap.expected = [dense<[1.0, 0.0]> : tensor<2xf32>]
} {
  %x = snap.constant dense<[true, false]> : tensor<2xi1>
  %0 = snap.cast %x : (tensor<2xi1>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
