// Movement: transposes, slices, pads, gathers, of any element type.
// RUN: snap-opt --interpret %s

func.func @reshape() -> tensor<4x6xi32> attributes {
  snap.expected = [dense<[[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11], [12, 13, 14, 15, 16, 17], [18, 19, 20, 21, 22, 23]]> : tensor<4x6xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.reshape %x : (tensor<2x3x4xi32>) -> tensor<4x6xi32>
  return %0 : tensor<4x6xi32>
}

func.func @transpose_102() -> tensor<3x2x4xi32> attributes {
  snap.expected = [dense<[[[0, 1, 2, 3], [12, 13, 14, 15]], [[4, 5, 6, 7], [16, 17, 18, 19]], [[8, 9, 10, 11], [20, 21, 22, 23]]]> : tensor<3x2x4xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.transpose %x {permutation = array<i64: 1, 0, 2>} : (tensor<2x3x4xi32>) -> tensor<3x2x4xi32>
  return %0 : tensor<3x2x4xi32>
}

func.func @transpose_210() -> tensor<4x3x2xi32> attributes {
  snap.expected = [dense<[[[0, 12], [4, 16], [8, 20]], [[1, 13], [5, 17], [9, 21]], [[2, 14], [6, 18], [10, 22]], [[3, 15], [7, 19], [11, 23]]]> : tensor<4x3x2xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.transpose %x {permutation = array<i64: 2, 1, 0>} : (tensor<2x3x4xi32>) -> tensor<4x3x2xi32>
  return %0 : tensor<4x3x2xi32>
}

func.func @transpose_021() -> tensor<2x4x3xi32> attributes {
  snap.expected = [dense<[[[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]], [[12, 16, 20], [13, 17, 21], [14, 18, 22], [15, 19, 23]]]> : tensor<2x4x3xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.transpose %x {permutation = array<i64: 0, 2, 1>} : (tensor<2x3x4xi32>) -> tensor<2x4x3xi32>
  return %0 : tensor<2x4x3xi32>
}

func.func @transpose_120() -> tensor<3x4x2xi32> attributes {
  snap.expected = [dense<[[[0, 12], [1, 13], [2, 14], [3, 15]], [[4, 16], [5, 17], [6, 18], [7, 19]], [[8, 20], [9, 21], [10, 22], [11, 23]]]> : tensor<3x4x2xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.transpose %x {permutation = array<i64: 1, 2, 0>} : (tensor<2x3x4xi32>) -> tensor<3x4x2xi32>
  return %0 : tensor<3x4x2xi32>
}

func.func @transpose_201() -> tensor<4x2x3xi32> attributes {
  snap.expected = [dense<[[[0, 4, 8], [12, 16, 20]], [[1, 5, 9], [13, 17, 21]], [[2, 6, 10], [14, 18, 22]], [[3, 7, 11], [15, 19, 23]]]> : tensor<4x2x3xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.transpose %x {permutation = array<i64: 2, 0, 1>} : (tensor<2x3x4xi32>) -> tensor<4x2x3xi32>
  return %0 : tensor<4x2x3xi32>
}

func.func @broadcast() -> tensor<2x3xf16> attributes {
  snap.expected = [dense<1.5> : tensor<2x3xf16>]
} {
  %x = snap.constant dense<[1.5]> : tensor<1xf16>
  %0 = snap.broadcast %x : (tensor<1xf16>) -> tensor<2x3xf16>
  return %0 : tensor<2x3xf16>
}

func.func @broadcast_middle() -> tensor<2x2x3xi64> attributes {
  snap.expected = [dense<[[[1, 1, 1], [2, 2, 2]], [[1, 1, 1], [2, 2, 2]]]> : tensor<2x2x3xi64>]
} {
  %x = snap.constant dense<[[1], [2]]> : tensor<2x1xi64>
  %0 = snap.broadcast %x : (tensor<2x1xi64>) -> tensor<2x2x3xi64>
  return %0 : tensor<2x2x3xi64>
}

func.func @concat() -> tensor<2x4xui8> attributes {
  snap.expected = [dense<[[1, 3, 4, 1], [2, 5, 6, 2]]> : tensor<2x4xui8>]
} {
  %x = snap.constant dense<[[1], [2]]> : tensor<2x1xui8>
  %y = snap.constant dense<[[3, 4], [5, 6]]> : tensor<2x2xui8>
  %0 = snap.concat %x, %y, %x {axis = 1 : i64} : (tensor<2x1xui8>, tensor<2x2xui8>, tensor<2x1xui8>) -> tensor<2x4xui8>
  return %0 : tensor<2x4xui8>
}

func.func @concat_empty() -> tensor<2x2xui8> attributes {
  snap.expected = [dense<[[3, 4], [5, 6]]> : tensor<2x2xui8>]
} {
  %x = snap.constant dense<[[3, 4], [5, 6]]> : tensor<2x2xui8>
  %0 = snap.slice %x {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<2x2xui8>) -> tensor<0x2xui8>
  %1 = snap.concat %0, %x {axis = 0 : i64} : (tensor<0x2xui8>, tensor<2x2xui8>) -> tensor<2x2xui8>
  return %1 : tensor<2x2xui8>
}

func.func @slice() -> tensor<2x2x2xi32> attributes {
  snap.expected = [dense<[[[5, 7], [9, 11]], [[17, 19], [21, 23]]]> : tensor<2x2x2xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.slice %x {starts = array<i64: 0, 1, 1>, steps = array<i64: 1, 1, 2>} : (tensor<2x3x4xi32>) -> tensor<2x2x2xi32>
  return %0 : tensor<2x2x2xi32>
}

func.func @slice_backwards() -> tensor<2x2x4xi32> attributes {
  snap.expected = [dense<[[[23, 22, 21, 20], [15, 14, 13, 12]], [[11, 10, 9, 8], [3, 2, 1, 0]]]> : tensor<2x2x4xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.slice %x {starts = array<i64: 1, 2, 3>, steps = array<i64: -1, -2, -1>} : (tensor<2x3x4xi32>) -> tensor<2x2x4xi32>
  return %0 : tensor<2x2x4xi32>
}

func.func @slice_one() -> tensor<1x1x1xi32> attributes {
  snap.expected = [dense<[[[23]]]> : tensor<1x1x1xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.slice %x {starts = array<i64: 1, 2, 3>, steps = array<i64: 1, 1, 1>} : (tensor<2x3x4xi32>) -> tensor<1x1x1xi32>
  return %0 : tensor<1x1x1xi32>
}

func.func @slice_reverse_last() -> tensor<2x3x2xi32> attributes {
  snap.expected = [dense<[[[3, 0], [7, 4], [11, 8]], [[15, 12], [19, 16], [23, 20]]]> : tensor<2x3x2xi32>]
} {
  %x = snap.constant dense<[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]> : tensor<2x3x4xi32>
  %0 = snap.slice %x {starts = array<i64: 0, 0, 3>, steps = array<i64: 1, 1, -3>} : (tensor<2x3x4xi32>) -> tensor<2x3x2xi32>
  return %0 : tensor<2x3x2xi32>
}

func.func @pad_constant_1002() -> tensor<3x5xf32> attributes {
  snap.expected = [dense<[[7.5, 7.5, 7.5, 7.5, 7.5], [0.0, 1.0, 2.0, 7.5, 7.5], [3.0, 4.0, 5.0, 7.5, 7.5]]> : tensor<3x5xf32>]
} {
  %x = snap.constant dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>
  %0 = snap.pad constant %x {low = array<i64: 1, 0>, high = array<i64: 0, 2>, value = 7.5 : f64} : (tensor<2x3xf32>) -> tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}

func.func @pad_constant_0110() -> tensor<3x4xf32> attributes {
  snap.expected = [dense<[[7.5, 0.0, 1.0, 2.0], [7.5, 3.0, 4.0, 5.0], [7.5, 7.5, 7.5, 7.5]]> : tensor<3x4xf32>]
} {
  %x = snap.constant dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>
  %0 = snap.pad constant %x {low = array<i64: 0, 1>, high = array<i64: 1, 0>, value = 7.5 : f64} : (tensor<2x3xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

func.func @pad_reflect_1211() -> tensor<4x6xf32> attributes {
  snap.expected = [dense<[[5.0, 4.0, 3.0, 4.0, 5.0, 4.0], [2.0, 1.0, 0.0, 1.0, 2.0, 1.0], [5.0, 4.0, 3.0, 4.0, 5.0, 4.0], [2.0, 1.0, 0.0, 1.0, 2.0, 1.0]]> : tensor<4x6xf32>]
} {
  %x = snap.constant dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>
  %0 = snap.pad reflect %x {low = array<i64: 1, 2>, high = array<i64: 1, 1>} : (tensor<2x3xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

func.func @pad_edge_0321() -> tensor<4x7xf32> attributes {
  snap.expected = [dense<[[0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 2.0], [3.0, 3.0, 3.0, 3.0, 4.0, 5.0, 5.0], [3.0, 3.0, 3.0, 3.0, 4.0, 5.0, 5.0], [3.0, 3.0, 3.0, 3.0, 4.0, 5.0, 5.0]]> : tensor<4x7xf32>]
} {
  %x = snap.constant dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>
  %0 = snap.pad edge %x {low = array<i64: 0, 3>, high = array<i64: 2, 1>} : (tensor<2x3xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

func.func @pad_zeros_half() -> tensor<3xf16> attributes {
  snap.expected = [dense<[0.0, 1.0, 2.0]> : tensor<3xf16>]
} {
  %x = snap.constant dense<[1.0, 2.0]> : tensor<2xf16>
  %0 = snap.pad constant %x {low = array<i64: 1>, high = array<i64: 0>} : (tensor<2xf16>) -> tensor<3xf16>
  return %0 : tensor<3xf16>
}

// -1 is the last.
func.func @gather_rows() -> tensor<2x2x2xf32> attributes {
  snap.expected = [dense<[[[0.0, 1.0], [4.0, 5.0]], [[4.0, 5.0], [2.0, 3.0]]]> : tensor<2x2x2xf32>]
} {
  %x = snap.constant dense<[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]> : tensor<3x2xf32>
  %y = snap.constant dense<[[0, 2], [-1, 1]]> : tensor<2x2xi64>
  %0 = snap.gather %x, %y {axis = 0 : i64} : (tensor<3x2xf32>, tensor<2x2xi64>) -> tensor<2x2x2xf32>
  return %0 : tensor<2x2x2xf32>
}

// Out of range: the nearest.
func.func @gather_clamps() -> tensor<2x2xf32> attributes {
  snap.expected = [dense<[[4.0, 5.0], [0.0, 1.0]]> : tensor<2x2xf32>]
} {
  %x = snap.constant dense<[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]> : tensor<3x2xf32>
  %y = snap.constant dense<[99, -99]> : tensor<2xi32>
  %0 = snap.gather %x, %y {axis = 0 : i64} : (tensor<3x2xf32>, tensor<2xi32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// A scalar index drops the axis.
func.func @gather_scalar() -> tensor<3xf32> attributes {
  snap.expected = [dense<[1.0, 3.0, 5.0]> : tensor<3xf32>]
} {
  %x = snap.constant dense<[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]> : tensor<3x2xf32>
  %y = snap.constant dense<1> : tensor<i64>
  %0 = snap.gather %x, %y {axis = 1 : i64} : (tensor<3x2xf32>, tensor<i64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @iota_rows() -> tensor<3x2xf32> attributes {
  snap.expected = [dense<[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]> : tensor<3x2xf32>]
} {
  %0 = snap.iota {axis = 0 : i64} : tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

func.func @iota_columns() -> tensor<2x4xi64> attributes {
  snap.expected = [dense<[[0, 1, 2, 3], [0, 1, 2, 3]]> : tensor<2x4xi64>]
} {
  %0 = snap.iota {axis = 1 : i64} : tensor<2x4xi64>
  return %0 : tensor<2x4xi64>
}
