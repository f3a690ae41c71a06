// Attention over heads that lie side by side in columns.
// RUN: snap-opt --interpret %s

func.func @one_head() -> tensor<1x2x2xf32> attributes {
  snap.expected = [dense<[[[1.2256402, 0.46322167], [1.1133538, 1.2538705]]]> : tensor<1x2x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[2.5, 0.75], [2.375, -0.5]]]> : tensor<1x2x2xf32>
  %y = snap.constant dense<[[[0.0, 0.0], [1.25, 0.0], [2.125, -1.625]]]> : tensor<1x3x2xf32>
  %z = snap.constant dense<[[[-0.125, -1.25], [1.875, -1.875], [1.0, 2.125]]]> : tensor<1x3x2xf32>
  %0 = snap.attention %x, %y, %z {heads = 1 : i64, scale = 0.5 : f64} : (tensor<1x2x2xf32>, tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<1x2x2xf32>
  return %0 : tensor<1x2x2xf32>
}

func.func @heads_and_batches() -> tensor<2x2x4xf32> attributes {
  snap.expected = [dense<[[[1.3735188, -1.1292564, -0.01455015, 0.9941119], [-0.273402, -1.037731, 0.092539586, 0.9383069]], [[1.1447767, 1.2885455, -0.7770391, 0.5000263], [0.79179335, 0.07958861, -1.1216787, 0.8726977]]]> : tensor<2x2x4xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[-1.0, -1.125, 1.375, 0.5], [0.375, 2.0, -2.125, -1.125]], [[-0.5, 2.125, -2.125, -0.25], [-0.125, -2.5, -0.375, 0.75]]]> : tensor<2x2x4xf32>
  %y = snap.constant dense<[[[-0.375, -1.0, 0.5, 2.5], [-1.875, -1.125, 2.25, -1.0], [1.0, -0.75, 1.625, 0.375]], [[2.0, 0.75, 0.375, 0.0], [-2.375, -2.0, 1.125, 0.75], [0.375, -2.0, 1.625, 1.5]]]> : tensor<2x3x4xf32>
  %z = snap.constant dense<[[[0.125, -1.25, 1.625, 0.125], [2.5, -1.125, -0.75, 1.5], [-1.625, -0.875, -0.5, 1.125]], [[1.25, 1.5, -0.25, 0.625], [0.5, 1.375, -1.875, -0.875], [1.125, -1.5, -1.125, 2.5]]]> : tensor<2x3x4xf32>
  %0 = snap.attention %x, %y, %z {heads = 2 : i64, scale = 0.5 : f64} : (tensor<2x2x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x2x4xf32>
  return %0 : tensor<2x2x4xf32>
}

// Values of 3 columns a head.
func.func @wider_values() -> tensor<1x2x6xf32> attributes {
  snap.expected = [dense<[[[-1.7332681, 0.82899624, 1.0528018, -0.83431345, -1.4036288, -0.8829799], [-1.1516988, 0.45173034, 1.9103577, -1.4382764, -0.8802027, 0.471342]]]> : tensor<1x2x6xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[-1.625, 2.5], [1.875, -1.75]]]> : tensor<1x2x2xf32>
  %y = snap.constant dense<[[[0.375, -0.875], [-0.125, 0.625], [2.0, 2.25]]]> : tensor<1x3x2xf32>
  %z = snap.constant dense<[[[-2.125, -1.625, 1.0, -1.5, -0.875, 0.5], [-1.625, 2.5, 0.875, -1.375, -0.75, 0.75], [-0.875, 0.625, 2.25, -0.75, -1.5, -1.125]]]> : tensor<1x3x6xf32>
  %0 = snap.attention %x, %y, %z {heads = 2 : i64, scale = 0.5 : f64} : (tensor<1x2x2xf32>, tensor<1x3x2xf32>, tensor<1x3x6xf32>) -> tensor<1x2x6xf32>
  return %0 : tensor<1x2x6xf32>
}

func.func @causal() -> tensor<1x3x2xf32> attributes {
  snap.expected = [dense<[[[-1.375, 1.5], [-0.42421064, 0.40293533], [-2.1353414, -1.4520471]]]> : tensor<1x3x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[0.0, 0.25], [-2.5, 0.75], [-1.75, 0.625]]]> : tensor<1x3x2xf32>
  %y = snap.constant dense<[[[2.0, -1.625], [1.5, -2.375], [0.25, 0.875]]]> : tensor<1x3x2xf32>
  %z = snap.constant dense<[[[-1.375, 1.5], [0.25, -0.375], [-2.5, -1.875]]]> : tensor<1x3x2xf32>
  %0 = snap.attention %x, %y, %z {heads = 1 : i64, scale = 0.5 : f64, causal = true} : (tensor<1x3x2xf32>, tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  return %0 : tensor<1x3x2xf32>
}

// The last query sees all 4 keys, the first 3.
func.func @causal_fewer_queries() -> tensor<1x2x2xf32> attributes {
  snap.expected = [dense<[[[0.047805283, 0.6856763], [0.50913644, 0.6689054]]]> : tensor<1x2x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[1.125, -0.5], [1.125, 2.375]]]> : tensor<1x2x2xf32>
  %y = snap.constant dense<[[[0.75, 1.25], [0.625, -1.0], [-2.125, 0.625], [-1.25, -2.0]]]> : tensor<1x4x2xf32>
  %z = snap.constant dense<[[[0.375, 0.625], [-0.5, 0.625], [2.5, 1.375], [2.125, -2.25]]]> : tensor<1x4x2xf32>
  %0 = snap.attention %x, %y, %z {heads = 1 : i64, scale = 0.5 : f64, causal = true} : (tensor<1x2x2xf32>, tensor<1x4x2xf32>, tensor<1x4x2xf32>) -> tensor<1x2x2xf32>
  return %0 : tensor<1x2x2xf32>
}

// Queries 0 and 1 see no key at all: 0.
func.func @causal_more_queries() -> tensor<1x4x2xf32> attributes {
  snap.expected = [dense<[[[0.0, 0.0], [0.0, 0.0], [2.0, -1.125], [1.870546, -1.1191157]]]> : tensor<1x4x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[-1.75, -0.75], [0.5, 1.0], [1.0, 2.125], [-1.875, -1.625]]]> : tensor<1x4x2xf32>
  %y = snap.constant dense<[[[-1.0, -1.75], [1.125, -0.5]]]> : tensor<1x2x2xf32>
  %z = snap.constant dense<[[[2.0, -1.125], [-0.75, -1.0]]]> : tensor<1x2x2xf32>
  %0 = snap.attention %x, %y, %z {heads = 1 : i64, scale = 0.5 : f64, causal = true} : (tensor<1x4x2xf32>, tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}

func.func @mask_of_heads() -> tensor<1x2x2xf32> attributes {
  snap.expected = [dense<[[[1.5371213, 1.7012137], [-1.6136204, 2.3475661]]]> : tensor<1x2x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[-1.25, -1.375], [-2.25, 0.625]]]> : tensor<1x2x2xf32>
  %y = snap.constant dense<[[[-2.5, -1.625], [0.375, -0.25]]]> : tensor<1x2x2xf32>
  %z = snap.constant dense<[[[-1.625, 0.125], [2.375, 2.5]]]> : tensor<1x2x2xf32>
  %u = snap.constant dense<[[[[-1.375, 1.75], [1.625, -1.0]], [[0.375, 2.0], [-0.125, 2.125]]]]> : tensor<1x2x2x2xf32>
  %0 = snap.attention %x, %y, %z, %u {heads = 2 : i64, scale = 0.5 : f64} : (tensor<1x2x2xf32>, tensor<1x2x2xf32>, tensor<1x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2xf32>
  return %0 : tensor<1x2x2xf32>
}

// Broadcast from [keys].
func.func @mask_of_keys() -> tensor<2x2x2xf32> attributes {
  snap.expected = [dense<[[[-0.79699403, 1.6517494], [-0.7249664, 1.9252186]], [[-2.1872153, 1.5017936], [-2.0653522, 1.4499484]]]> : tensor<2x2x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[-0.125, -0.5], [1.75, -1.375]], [[0.375, 1.25], [-0.5, 0.75]]]> : tensor<2x2x2xf32>
  %y = snap.constant dense<[[[-2.0, 1.125], [-1.0, -2.125], [-1.0, -0.75]], [[0.75, 0.125], [1.75, -0.375], [2.0, -2.375]]]> : tensor<2x3x2xf32>
  %z = snap.constant dense<[[[-0.875, -1.625], [-0.625, 2.25], [-1.875, -1.75]], [[-0.5, 1.75], [-2.5, 1.625], [1.375, -0.5]]]> : tensor<2x3x2xf32>
  %u = snap.constant dense<[-2.0, 1.25, -0.25]> : tensor<3xf32>
  %0 = snap.attention %x, %y, %z, %u {heads = 1 : i64, scale = 0.5 : f64} : (tensor<2x2x2xf32>, tensor<2x3x2xf32>, tensor<2x3x2xf32>, tensor<3xf32>) -> tensor<2x2x2xf32>
  return %0 : tensor<2x2x2xf32>
}

// Broadcast along the keys: it changes nothing.
func.func @mask_of_queries() -> tensor<1x2x2xf32> attributes {
  snap.expected = [dense<[[[-0.7914272, 0.5909302], [-0.47746384, 1.5837075]]]> : tensor<1x2x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[1.0, 1.625], [-1.75, 0.875]]]> : tensor<1x2x2xf32>
  %y = snap.constant dense<[[[0.25, 1.75], [1.125, 1.375], [1.875, 1.0]]]> : tensor<1x3x2xf32>
  %z = snap.constant dense<[[[-0.5, 2.125], [0.25, 1.625], [-2.0, -1.625]]]> : tensor<1x3x2xf32>
  %u = snap.constant dense<[[[[-2.375], [-0.125]]]]> : tensor<1x1x2x1xf32>
  %0 = snap.attention %x, %y, %z, %u {heads = 1 : i64, scale = 0.5 : f64} : (tensor<1x2x2xf32>, tensor<1x3x2xf32>, tensor<1x3x2xf32>, tensor<1x1x2x1xf32>) -> tensor<1x2x2xf32>
  return %0 : tensor<1x2x2xf32>
}

// The first query's row is all -inf.
func.func @mask_without_keys() -> tensor<1x2x2xf32> attributes {
  snap.expected = [dense<[[[0.0, 0.0], [-1.6658094, -1.6167508]]]> : tensor<1x2x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[0.25, 1.25], [2.25, -2.125]]]> : tensor<1x2x2xf32>
  %y = snap.constant dense<[[[1.875, -0.375], [2.25, -0.5], [2.125, -1.5]]]> : tensor<1x3x2xf32>
  %z = snap.constant dense<[[[-0.75, 2.25], [2.5, -2.125], [-1.875, -2.5]]]> : tensor<1x3x2xf32>
  %u = snap.constant dense<[[0xFF800000, 0xFF800000, 0xFF800000], [0.0, 0xFF800000, 0.0]]> : tensor<2x3xf32>
  %0 = snap.attention %x, %y, %z, %u {heads = 1 : i64, scale = 0.5 : f64} : (tensor<1x2x2xf32>, tensor<1x3x2xf32>, tensor<1x3x2xf32>, tensor<2x3xf32>) -> tensor<1x2x2xf32>
  return %0 : tensor<1x2x2xf32>
}

func.func @mask_and_causal() -> tensor<1x3x2xf32> attributes {
  snap.expected = [dense<[[[2.5, -0.25], [2.365783, -0.4065864], [1.7655623, -1.1139213]]]> : tensor<1x3x2xf32>], snap.tolerance = 2.0e-6
} {
  %x = snap.constant dense<[[[-1.625, 2.25], [0.5, 1.375], [2.375, 0.625]]]> : tensor<1x3x2xf32>
  %y = snap.constant dense<[[[1.125, 1.875], [2.5, 0.25], [0.375, 0.875]]]> : tensor<1x3x2xf32>
  %z = snap.constant dense<[[[2.5, -0.25], [1.75, -1.125], [1.375, -2.0]]]> : tensor<1x3x2xf32>
  %u = snap.constant dense<[[2.25, -0.875, 0.125], [2.5, 1.75, -1.25], [-0.625, 1.75, 0.0]]> : tensor<3x3xf32>
  %0 = snap.attention %x, %y, %z, %u {heads = 1 : i64, scale = 0.5 : f64, causal = true} : (tensor<1x3x2xf32>, tensor<1x3x2xf32>, tensor<1x3x2xf32>, tensor<3x3xf32>) -> tensor<1x3x2xf32>
  return %0 : tensor<1x3x2xf32>
}
