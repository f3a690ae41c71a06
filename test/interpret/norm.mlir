// Group, layer and RMS normalization.
// RUN: snap-opt --interpret %s

func.func @group_norm_groups() -> tensor<2x4x2x2xf32> attributes {
  snap.expected = [dense<[[[[-2.7383788, -4.541624], [-4.992435, 0.4173]], [[-2.251352, -1.5300541], [-1.5300541, -1.4499098]], [[0.09174363, 3.301605], [4.1932335, 0.62672055]], [[1.6617308, -1.9572307], [3.7072308, -0.54111534]]], [[[-3.669331, -0.9800722], [0.21515399, -1.2788787]], [[-1.639443, -0.6832621], [-0.8824665, -1.9183291]], [[2.9845324, 2.0787916], [-0.27613434, 5.5206065]], [[-0.064040065, -1.0230597], [-1.0230597, 3.132692]]]]> : tensor<2x4x2x2xf32>]
} {
  %x = snap.constant dense<[[[[0.5, 2.0], [2.375, -2.125]], [[-2.25, 0.0], [0.0, 0.25]], [[1.25, -1.0], [-1.625, 0.875]], [[-0.625, 2.25], [-2.25, 1.125]]], [[[1.125, -1.125], [-2.125, -0.875]], [[-0.5, 2.5], [1.875, -1.375]], [[-0.125, 0.5], [2.125, -1.875]], [[1.375, 2.125], [2.125, -1.125]]]]> : tensor<2x4x2x2xf32>
  %y = snap.constant dense<[-1.875, 0.5, -2.125, -1.875]> : tensor<4xf32>
  %z = snap.constant dense<[-2.25, -1.5, 1.875, 0.875]> : tensor<4xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x4x2x2xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x2x2xf32>
  return %0 : tensor<2x4x2x2xf32>
}

func.func @group_norm_groups_nhwc() -> tensor<2x2x2x4xf32> attributes {
  snap.expected = [dense<[[[[-2.7383788, -2.251352, 0.09174363, 1.6617308], [-4.541624, -1.5300541, 3.301605, -1.9572307]], [[-4.992435, -1.5300541, 4.1932335, 3.7072308], [0.4173, -1.4499098, 0.62672055, -0.54111534]]], [[[-3.669331, -1.639443, 2.9845324, -0.064040065], [-0.9800722, -0.6832621, 2.0787916, -1.0230597]], [[0.21515399, -0.8824665, -0.27613434, -1.0230597], [-1.2788787, -1.9183291, 5.5206065, 3.132692]]]]> : tensor<2x2x2x4xf32>]
} {
  %x = snap.constant dense<[[[[0.5, -2.25, 1.25, -0.625], [2.0, 0.0, -1.0, 2.25]], [[2.375, 0.0, -1.625, -2.25], [-2.125, 0.25, 0.875, 1.125]]], [[[1.125, -0.5, -0.125, 1.375], [-1.125, 2.5, 0.5, 2.125]], [[-2.125, 1.875, 2.125, 2.125], [-0.875, -1.375, -1.875, -1.125]]]]> : tensor<2x2x2x4xf32>
  %y = snap.constant dense<[-1.875, 0.5, -2.125, -1.875]> : tensor<4xf32>
  %z = snap.constant dense<[-2.25, -1.5, 1.875, 0.875]> : tensor<4xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64, layout = 1 : i32} : (tensor<2x2x2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x2x2x4xf32>
  return %0 : tensor<2x2x2x4xf32>
}

func.func @group_norm_one_group() -> tensor<1x4x3x1xf32> attributes {
  snap.expected = [dense<[[[[1.307782], [0.9932435], [1.4126282]], [[-2.9302182], [-2.4059873], [-1.9866027]], [[-2.125], [-2.125], [-2.125]], [[-3.2425437], [-1.1456203], [-3.4941745]]]]> : tensor<1x4x3x1xf32>]
} {
  %x = snap.constant dense<[[[[0.625], [2.5], [0.0]], [[-2.375], [-1.75], [-1.25]], [[0.875], [-0.75], [-0.875]], [[-2.0], [1.125], [-2.375]]]]> : tensor<1x4x3x1xf32>
  %y = snap.constant dense<[-0.25, 1.25, 0.0, 1.0]> : tensor<4xf32>
  %z = snap.constant dense<[1.5, -1.375, -2.125, -2.25]> : tensor<4xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<1x4x3x1xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x3x1xf32>
  return %0 : tensor<1x4x3x1xf32>
}

func.func @group_norm_one_group_nhwc() -> tensor<1x3x1x4xf32> attributes {
  snap.expected = [dense<[[[[1.307782, -2.9302182, -2.125, -3.2425437]], [[0.9932435, -2.4059873, -2.125, -1.1456203]], [[1.4126282, -1.9866027, -2.125, -3.4941745]]]]> : tensor<1x3x1x4xf32>]
} {
  %x = snap.constant dense<[[[[0.625, -2.375, 0.875, -2.0]], [[2.5, -1.75, -0.75, 1.125]], [[0.0, -1.25, -0.875, -2.375]]]]> : tensor<1x3x1x4xf32>
  %y = snap.constant dense<[-0.25, 1.25, 0.0, 1.0]> : tensor<4xf32>
  %z = snap.constant dense<[1.5, -1.375, -2.125, -2.25]> : tensor<4xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 1 : i64, epsilon = 1.0e-5 : f64, layout = 1 : i32} : (tensor<1x3x1x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x3x1x4xf32>
  return %0 : tensor<1x3x1x4xf32>
}

// As many groups as channels.
func.func @group_norm_instance() -> tensor<1x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[-0.18597412, -3.7492764], [-4.297477, 1.732727]], [[-1.25, -1.25], [-1.25, -1.25]]]]> : tensor<1x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[0.375, -1.25], [-1.5, 1.25]], [[1.625, 2.375], [0.0, 0.125]]]]> : tensor<1x2x2x2xf32>
  %y = snap.constant dense<[2.5, 0.0]> : tensor<2xf32>
  %z = snap.constant dense<[-1.625, -1.25]> : tensor<2xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<1x2x2x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

func.func @group_norm_instance_nhwc() -> tensor<1x2x2x2xf32> attributes {
  snap.expected = [dense<[[[[-0.18597412, -1.25], [-3.7492764, -1.25]], [[-4.297477, -1.25], [1.732727, -1.25]]]]> : tensor<1x2x2x2xf32>]
} {
  %x = snap.constant dense<[[[[0.375, 1.625], [-1.25, 2.375]], [[-1.5, 0.0], [1.25, 0.125]]]]> : tensor<1x2x2x2xf32>
  %y = snap.constant dense<[2.5, 0.0]> : tensor<2xf32>
  %z = snap.constant dense<[-1.625, -1.25]> : tensor<2xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64, layout = 1 : i32} : (tensor<1x2x2x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

// As instance norm over a reshape has it.
func.func @group_norm_rank_3() -> tensor<1x2x5xf32> attributes {
  snap.expected = [dense<[[[3.0248919, 0.83284765, 2.6210942, 2.274982, 1.8711843], [1.8770337, 1.897528, 2.204944, 2.0819776, 1.9385169]]]> : tensor<1x2x5xf32>]
} {
  %x = snap.constant dense<[[[2.375, -2.375, 1.5, 0.75, -0.125], [1.75, 1.625, -0.25, 0.5, 1.375]]]> : tensor<1x2x5xf32>
  %y = snap.constant dense<[0.75, -0.125]> : tensor<2xf32>
  %z = snap.constant dense<[2.125, 2.0]> : tensor<2xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<1x2x5xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x5xf32>
  return %0 : tensor<1x2x5xf32>
}

func.func @group_norm_rank_3_nhwc() -> tensor<1x5x2xf32> attributes {
  snap.expected = [dense<[[[3.0248919, 1.8770337], [0.83284765, 1.897528], [2.6210942, 2.204944], [2.274982, 2.0819776], [1.8711843, 1.9385169]]]> : tensor<1x5x2xf32>]
} {
  %x = snap.constant dense<[[[2.375, 1.75], [-2.375, 1.625], [1.5, -0.25], [0.75, 0.5], [-0.125, 1.375]]]> : tensor<1x5x2xf32>
  %y = snap.constant dense<[0.75, -0.125]> : tensor<2xf32>
  %z = snap.constant dense<[2.125, 2.0]> : tensor<2xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64, layout = 1 : i32} : (tensor<1x5x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x5x2xf32>
  return %0 : tensor<1x5x2xf32>
}

func.func @group_norm_rank_2() -> tensor<2x4xf32> attributes {
  snap.expected = [dense<[[-2.624992, -3.2499976, 1.124998, -0.5000027], [-2.624872, -3.2499616, -1.8749914, -4.4999886]]> : tensor<2x4xf32>]
} {
  %x = snap.constant dense<[[-2.25, 0.25, 1.75, -2.125], [-0.625, 0.0, -0.875, 1.0]]> : tensor<2x4xf32>
  %y = snap.constant dense<[2.5, -0.75, 1.5, -2.0]> : tensor<4xf32>
  %z = snap.constant dense<[-0.125, -2.5, -0.375, -2.5]> : tensor<4xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

func.func @group_norm_rank_2_nhwc() -> tensor<2x4xf32> attributes {
  snap.expected = [dense<[[-2.624992, -3.2499976, 1.124998, -0.5000027], [-2.624872, -3.2499616, -1.8749914, -4.4999886]]> : tensor<2x4xf32>]
} {
  %x = snap.constant dense<[[-2.25, 0.25, 1.75, -2.125], [-0.625, 0.0, -0.875, 1.0]]> : tensor<2x4xf32>
  %y = snap.constant dense<[2.5, -0.75, 1.5, -2.0]> : tensor<4xf32>
  %z = snap.constant dense<[-0.125, -2.5, -0.375, -2.5]> : tensor<4xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64, layout = 1 : i32} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// Two groups of 4 of which compact-pruned left 3 and 2 channels: the others count as zeros.
func.func @group_norm_counted() -> tensor<1x5x2xf32> attributes {
  snap.expected = [dense<[[[0.377964, -1.637842], [0.583992, 3.943669], [0.715907, -1.299899], [1.198262, 0.881043], [4.180884, -1.529067]]]> : tensor<1x5x2xf32>]
} {
  %x = snap.constant dense<[[[1.0, -2.0], [0.5, 3.0], [-1.0, 2.0], [0.25, -0.5], [1.5, -3.0]]]> : tensor<1x5x2xf32>
  %y = snap.constant dense<[1.0, 2.0, -1.0, 0.5, 1.5]> : tensor<5xf32>
  %z = snap.constant dense<[0.0, 0.5, -0.25, 1.0, 2.0]> : tensor<5xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64, sizes = array<i64: 3, 2>, counted = 4 : i64} : (tensor<1x5x2xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<1x5x2xf32>
  return %0 : tensor<1x5x2xf32>
}

func.func @group_norm_counted_nhwc() -> tensor<1x2x5xf32> attributes {
  snap.expected = [dense<[[[0.377964, 0.583992, 0.715907, 1.198262, 4.180884], [-1.637842, 3.943669, -1.299899, 0.881043, -1.529067]]]> : tensor<1x2x5xf32>]
} {
  %x = snap.constant dense<[[[1.0, 0.5, -1.0, 0.25, 1.5], [-2.0, 3.0, 2.0, -0.5, -3.0]]]> : tensor<1x2x5xf32>
  %y = snap.constant dense<[1.0, 2.0, -1.0, 0.5, 1.5]> : tensor<5xf32>
  %z = snap.constant dense<[0.0, 0.5, -0.25, 1.0, 2.0]> : tensor<5xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 2 : i64, epsilon = 1.0e-5 : f64, layout = 1 : i32, sizes = array<i64: 3, 2>, counted = 4 : i64} : (tensor<1x2x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<1x2x5xf32>
  return %0 : tensor<1x2x5xf32>
}

// The variance about the mean, not the mean of squares less the square of the mean.
func.func @group_norm_far_from_zero() -> tensor<1x4xf32> attributes {
  snap.expected = [dense<[[0.0, 1.4141995, -1.4141995, 0.0]]> : tensor<1x4xf32>]
} {
  %x = snap.constant dense<[[10000.0, 10001.0, 9999.0, 10000.0]]> : tensor<1x4xf32>
  %y = snap.constant dense<[1.0, 1.0, 1.0, 1.0]> : tensor<4xf32>
  %z = snap.constant dense<[0.0, 0.0, 0.0, 0.0]> : tensor<4xf32>
  %0 = snap.group_norm %x, %y, %z {groups = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<1x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// 300 squared is beyond f16.
func.func @group_norm_half() -> tensor<1x4xf16> attributes {
  snap.expected = [dense<[[1.0, -1.0, 1.0, -1.0]]> : tensor<1x4xf16>]
} {
  %x = snap.constant dense<[[300.0, -300.0, 300.0, -300.0]]> : tensor<1x4xf16>
  %y = snap.constant dense<[1.0, 1.0, 1.0, 1.0]> : tensor<4xf16>
  %z = snap.constant dense<[0.0, 0.0, 0.0, 0.0]> : tensor<4xf16>
  %0 = snap.group_norm %x, %y, %z {groups = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<1x4xf16>, tensor<4xf16>, tensor<4xf16>) -> tensor<1x4xf16>
  return %0 : tensor<1x4xf16>
}

func.func @layer_norm() -> tensor<2x3x4xf32> attributes {
  snap.expected = [dense<[[[0.9879292, -2.3059862, 6.03049, -1.6441389], [1.1996208, 1.6197137, 0.7424178, -1.9156276], [0.7030204, -1.8601695, 5.7200136, -1.4867666]], [[0.6911434, -2.2973456, 5.076527, -1.2804492], [1.7182877, -3.7394826, 2.6865754, -1.3595138], [1.2286606, -1.2080594, 5.4844003, -1.9961418]]]> : tensor<2x3x4xf32>]
} {
  %x = snap.constant dense<[[[1.875, 2.375, -2.125, 1.625], [1.125, -1.0, 1.5, 2.375], [1.5, 1.0, -0.875, 0.5]], [[1.5, 1.125, -1.375, -0.5], [-0.75, 1.0, -0.375, -0.375], [0.25, 0.375, -2.0, 2.125]]]> : tensor<2x3x4xf32>
  %y = snap.constant dense<[-0.5, -1.625, -2.5, -0.375]> : tensor<4xf32>
  %z = snap.constant dense<[1.25, -1.0, 1.75, -1.5]> : tensor<4xf32>
  %0 = snap.layer_norm %x, %y, %z {axis = 2 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

func.func @layer_norm_scale_only() -> tensor<2x3x4xf32> attributes {
  snap.expected = [dense<[[[-0.2620708, -1.3059862, 4.28049, -0.14413895], [-0.05037911, 2.6197135, -1.0075822, -0.41562766], [-0.5469796, -0.8601696, 3.9700134, 0.0132333785]], [[-0.5588566, -1.2973456, 3.3265274, 0.2195508], [0.46828765, -2.7394826, 0.9365753, 0.1404863], [-0.02133943, -0.20805945, 3.7344003, -0.49614176]]]> : tensor<2x3x4xf32>]
} {
  %x = snap.constant dense<[[[1.875, 2.375, -2.125, 1.625], [1.125, -1.0, 1.5, 2.375], [1.5, 1.0, -0.875, 0.5]], [[1.5, 1.125, -1.375, -0.5], [-0.75, 1.0, -0.375, -0.375], [0.25, 0.375, -2.0, 2.125]]]> : tensor<2x3x4xf32>
  %y = snap.constant dense<[-0.5, -1.625, -2.5, -0.375]> : tensor<4xf32>
  %0 = snap.layer_norm %x, %y {axis = 2 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

func.func @layer_norm_bias_only() -> tensor<2x3x4xf32> attributes {
  snap.expected = [dense<[[[1.7741416, -0.19631621, 0.037804108, -1.1156294], [1.3507582, -2.6121314, 2.1530328, -0.39165962], [2.3439593, -0.47066486, 0.1619946, -1.535289]], [[2.3677132, -0.20163345, 0.4193891, -2.0854688], [0.3134247, 0.68583554, 1.3753699, -1.8746301], [1.2926788, -0.87196344, 0.2562399, -0.17695533]]]> : tensor<2x3x4xf32>]
} {
  %x = snap.constant dense<[[[1.875, 2.375, -2.125, 1.625], [1.125, -1.0, 1.5, 2.375], [1.5, 1.0, -0.875, 0.5]], [[1.5, 1.125, -1.375, -0.5], [-0.75, 1.0, -0.375, -0.375], [0.25, 0.375, -2.0, 2.125]]]> : tensor<2x3x4xf32>
  %y = snap.constant dense<[1.25, -1.0, 1.75, -1.5]> : tensor<4xf32>
  %0 = snap.layer_norm %x, %y {axis = 2 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 0, 1>} : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

func.func @layer_norm_two_dimensions() -> tensor<2x3x4xf32> attributes {
  snap.expected = [dense<[[[0.76649237, 1.130766, -2.1476965, 0.5843556], [0.22008197, -1.3280809, 0.49328718, 1.130766], [0.49328718, 0.12901357, -1.2370124, -0.23526004]], [[1.2217057, 0.898313, -1.2576382, -0.5030553], [-0.7186504, 0.7905154, -0.3952577, -0.3952577], [0.14373007, 0.25152764, -1.796626, 1.7606934]]]> : tensor<2x3x4xf32>]
} {
  %x = snap.constant dense<[[[1.875, 2.375, -2.125, 1.625], [1.125, -1.0, 1.5, 2.375], [1.5, 1.0, -0.875, 0.5]], [[1.5, 1.125, -1.375, -0.5], [-0.75, 1.0, -0.375, -0.375], [0.25, 0.375, -2.0, 2.125]]]> : tensor<2x3x4xf32>
  %0 = snap.layer_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

func.func @rms_norm() -> tensor<2x3x4xf32> attributes {
  snap.expected = [dense<[[[-0.4642383, -1.9111143, 2.6306837, -0.3017549], [-0.353009, 1.0198036, -2.353393, -0.5589309], [-0.7262727, -1.5735909, 2.1182954, -0.18156818]], [[-0.6307058, -1.5373453, 2.890735, 0.15767644], [0.55234414, -2.3934915, 1.3808604, 0.20712906], [-0.08466673, -0.4127503, 3.3866692, -0.5397504]]]> : tensor<2x3x4xf32>]
} {
  %x = snap.constant dense<[[[1.875, 2.375, -2.125, 1.625], [1.125, -1.0, 1.5, 2.375], [1.5, 1.0, -0.875, 0.5]], [[1.5, 1.125, -1.375, -0.5], [-0.75, 1.0, -0.375, -0.375], [0.25, 0.375, -2.0, 2.125]]]> : tensor<2x3x4xf32>
  %y = snap.constant dense<[-0.5, -1.625, -2.5, -0.375]> : tensor<4xf32>
  %0 = snap.rms_norm %x, %y {axis = 2 : i64, epsilon = 1.0e-6 : f64} : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

func.func @rms_norm_two_dimensions() -> tensor<2x3x4xf32> attributes {
  snap.expected = [dense<[[[-2.1967514, -0.74201375, -1.3278141, -1.0153873], [1.1423106, 1.5621343, 2.3432014, -3.5245655], [1.6402409, -1.5621343, 0.20503011, -0.31242684]], [[-2.419214, -0.48384282, -1.1827269, 0.4300825], [-1.0483261, -2.1504126, -0.8064047, 0.7660845], [0.37632218, -0.8064047, 0.6451238, -1.8278507]]]> : tensor<2x3x4xf32>]
} {
  %x = snap.constant dense<[[[1.875, 2.375, -2.125, 1.625], [1.125, -1.0, 1.5, 2.375], [1.5, 1.0, -0.875, 0.5]], [[1.5, 1.125, -1.375, -0.5], [-0.75, 1.0, -0.375, -0.375], [0.25, 0.375, -2.0, 2.125]]]> : tensor<2x3x4xf32>
  %y = snap.constant dense<[[-1.875, -0.5, 1.0, -1.0], [1.625, -2.5, 2.5, -2.375], [1.75, -2.5, -0.375, -1.0]]> : tensor<3x4xf32>
  %0 = snap.rms_norm %x, %y {axis = 1 : i64, epsilon = 1.0e-6 : f64} : (tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}
