// ONNX Resize: the examples of its documentation (named as its node tests) and upsample.
// RUN: snap-opt --interpret %s

func.func @upsample_scales_nearest() -> tensor<1x1x4x6xf32> attributes {
  snap.expected = [dense<[[[[1.0, 1.0, 1.0, 2.0, 2.0, 2.0], [1.0, 1.0, 1.0, 2.0, 2.0, 2.0], [3.0, 3.0, 3.0, 4.0, 4.0, 4.0], [3.0, 3.0, 3.0, 4.0, 4.0, 4.0]]]]> : tensor<1x1x4x6xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %0 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 2.0, 3.0>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x4x6xf32>
  return %0 : tensor<1x1x4x6xf32>
}

func.func @downsample_scales_nearest() -> tensor<1x1x1x2xf32> attributes {
  snap.expected = [dense<[[[[1.0, 3.0]]]]> : tensor<1x1x1x2xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]]> : tensor<1x1x2x4xf32>
  %0 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 0.6, 0.6>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x4xf32>) -> tensor<1x1x1x2xf32>
  return %0 : tensor<1x1x1x2xf32>
}

func.func @upsample_sizes_nearest() -> tensor<1x1x7x8xf32> attributes {
  snap.expected = [dense<[[[[1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0], [3.0, 3.0, 3.0, 3.0, 4.0, 4.0, 4.0, 4.0], [3.0, 3.0, 3.0, 3.0, 4.0, 4.0, 4.0, 4.0], [3.0, 3.0, 3.0, 3.0, 4.0, 4.0, 4.0, 4.0]]]]> : tensor<1x1x7x8xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %0 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 3.5, 4.0>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x7x8xf32>
  return %0 : tensor<1x1x7x8xf32>
}

func.func @downsample_sizes_nearest() -> tensor<1x1x1x3xf32> attributes {
  snap.expected = [dense<[[[[1.0, 2.0, 4.0]]]]> : tensor<1x1x1x3xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]]> : tensor<1x1x2x4xf32>
  %0 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 0.5, 0.75>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x4xf32>) -> tensor<1x1x1x3xf32>
  return %0 : tensor<1x1x1x3xf32>
}

func.func @upsample_scales_linear() -> tensor<1x1x4x4xf32> attributes {
  snap.expected = [dense<[[[[1.0, 1.25, 1.75, 2.0], [1.5, 1.75, 2.25, 2.5], [2.5, 2.75, 3.25, 3.5], [3.0, 3.25, 3.75, 4.0]]]]> : tensor<1x1x4x4xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %0 = snap.resize linear %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x4x4xf32>
  return %0 : tensor<1x1x4x4xf32>
}

func.func @upsample_scales_linear_align_corners() -> tensor<1x1x4x4xf32> attributes {
  snap.expected = [dense<[[[[1.0, 1.3333334, 1.6666666, 2.0], [1.6666666, 2.0, 2.3333333, 2.6666667], [2.3333333, 2.6666667, 3.0, 3.3333333], [3.0, 3.3333333, 3.6666667, 4.0]]]]> : tensor<1x1x4x4xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %0 = snap.resize linear %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 2 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x4x4xf32>
  return %0 : tensor<1x1x4x4xf32>
}

func.func @downsample_scales_linear() -> tensor<1x1x1x2xf32> attributes {
  snap.expected = [dense<[[[[2.6666665, 4.333333]]]]> : tensor<1x1x1x2xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]]> : tensor<1x1x2x4xf32>
  %0 = snap.resize linear %x {scales = array<f64: 1.0, 1.0, 0.6, 0.6>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x4xf32>) -> tensor<1x1x1x2xf32>
  return %0 : tensor<1x1x1x2xf32>
}

// The corner is that of the exact width, 4 * 0.6 = 2.4.
func.func @downsample_scales_linear_align_corners() -> tensor<1x1x1x2xf32> attributes {
  snap.expected = [dense<[[[[1.0, 3.142857]]]]> : tensor<1x1x1x2xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]]> : tensor<1x1x2x4xf32>
  %0 = snap.resize linear %x {scales = array<f64: 1.0, 1.0, 0.6, 0.6>, coordinates = 2 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x4xf32>) -> tensor<1x1x1x2xf32>
  return %0 : tensor<1x1x1x2xf32>
}

func.func @upsample_scales_cubic() -> tensor<1x1x8x8xf32> attributes {
  snap.expected = [dense<[[[[0.47265625, 0.76953125, 1.2460938, 1.875, 2.28125, 2.9101562, 3.3867188, 3.6835938], [1.6601562, 1.9570312, 2.4335938, 3.0625, 3.46875, 4.0976562, 4.5742188, 4.8710938], [3.5664062, 3.8632812, 4.3398438, 4.96875, 5.375, 6.0039062, 6.4804688, 6.7773438], [6.0820312, 6.3789062, 6.8554688, 7.484375, 7.890625, 8.519531, 8.996094, 9.292969], [7.7070312, 8.003906, 8.480469, 9.109375, 9.515625, 10.144531, 10.621094, 10.917969], [10.222656, 10.519531, 10.996094, 11.625, 12.03125, 12.660156, 13.136719, 13.433594], [12.128906, 12.425781, 12.902344, 13.53125, 13.9375, 14.566406, 15.042969, 15.339844], [13.316406, 13.613281, 14.089844, 14.71875, 15.125, 15.753906, 16.230469, 16.527344]]]]> : tensor<1x1x8x8xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize cubic %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return %0 : tensor<1x1x8x8xf32>
}

func.func @upsample_scales_cubic_align_corners() -> tensor<1x1x8x8xf32> attributes {
  snap.expected = [dense<[[[[1.0, 1.3411077, 1.8002915, 2.329448, 2.6705534, 3.1997087, 3.6588922, 4.0], [2.364431, 2.7055387, 3.1647224, 3.6938794, 4.0349846, 4.56414, 5.023323, 5.364431], [4.201166, 4.5422735, 5.0014577, 5.530615, 5.8717203, 6.400875, 6.8600583, 7.201166], [6.3177915, 6.6588993, 7.1180835, 7.647241, 7.9883466, 8.517501, 8.976685, 9.317792], [7.682213, 8.023321, 8.482505, 9.011663, 9.352769, 9.881923, 10.341106, 10.682214], [9.798835, 10.139942, 10.599127, 11.128285, 11.469391, 11.998545, 12.457727, 12.798835], [11.635569, 11.976677, 12.435862, 12.96502, 13.306126, 13.8352785, 14.294461, 14.635569], [13.0, 13.341107, 13.800292, 14.329452, 14.670557, 15.19971, 15.658893, 16.0]]]]> : tensor<1x1x8x8xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize cubic %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 2 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return %0 : tensor<1x1x8x8xf32>
}

func.func @downsample_scales_cubic() -> tensor<1x1x3x3xf32> attributes {
  snap.expected = [dense<[[[[1.4711914, 2.78125, 4.0825195], [6.711426, 8.021484, 9.322754], [11.916504, 13.2265625, 14.527831]]]]> : tensor<1x1x3x3xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize cubic %x {scales = array<f64: 1.0, 1.0, 0.8, 0.8>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x3x3xf32>
  return %0 : tensor<1x1x3x3xf32>
}

func.func @downsample_scales_cubic_align_corners() -> tensor<1x1x3x3xf32> attributes {
  snap.expected = [dense<[[[[1.0, 2.3951898, 3.790384], [6.580761, 7.9759474, 9.371145], [12.161535, 13.556721, 14.951922]]]]> : tensor<1x1x3x3xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize cubic %x {scales = array<f64: 1.0, 1.0, 0.8, 0.8>, coordinates = 2 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x3x3xf32>
  return %0 : tensor<1x1x3x3xf32>
}

func.func @upsample_sizes_cubic() -> tensor<1x1x9x10xf32> attributes {
  snap.expected = [dense<[[[[0.45507812, 0.6405782, 0.9715778, 1.422578, 1.907328, 2.2233288, 2.7080786, 3.1590781, 3.4900784, 3.6755788], [1.3943841, 1.5798843, 1.9108838, 2.361884, 2.8466344, 3.1626353, 3.6473854, 4.098385, 4.429385, 4.614886], [2.9513102, 3.13681, 3.4678092, 3.9188097, 4.4035597, 4.7195606, 5.2043104, 5.655309, 5.98631, 6.1718106], [5.2052507, 5.390751, 5.7217493, 6.1727505, 6.6575003, 6.973501, 7.4582505, 7.9092493, 8.240251, 8.425751], [6.889752, 7.0752516, 7.40625, 7.857251, 8.342002, 8.658003, 9.142752, 9.59375, 9.924751, 10.110252], [8.574251, 8.75975, 9.090749, 9.54175, 10.026501, 10.342502, 10.8272505, 11.278249, 11.60925, 11.794751], [10.828194, 11.013693, 11.34469, 11.795692, 12.280443, 12.596444, 13.081193, 13.53219, 13.863193, 14.048694], [12.385125, 12.570625, 12.901623, 13.352625, 13.837376, 14.153377, 14.638126, 15.089124, 15.420126, 15.605627], [13.324428, 13.509927, 13.840924, 14.291926, 14.776677, 15.092678, 15.577427, 16.028423, 16.359426, 16.544928]]]]> : tensor<1x1x9x10xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize cubic %x {scales = array<f64: 1.0, 1.0, 2.25, 2.5>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x9x10xf32>
  return %0 : tensor<1x1x9x10xf32>
}

func.func @downsample_sizes_cubic() -> tensor<1x1x3x3xf32> attributes {
  snap.expected = [dense<[[[[1.6307926, 3.0046341, 4.3784785], [7.126161, 8.5, 9.873846], [12.621536, 13.995373, 15.369222]]]]> : tensor<1x1x3x3xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize cubic %x {scales = array<f64: 1.0, 1.0, 0.75, 0.75>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x3x3xf32>
  return %0 : tensor<1x1x3x3xf32>
}

func.func @upsample_scales_cubic_asymmetric() -> tensor<1x1x8x8xf32> attributes {
  snap.expected = [dense<[[[[1.0, 1.40625, 2.0, 2.5, 3.0, 3.59375, 4.0, 4.09375], [2.625, 3.03125, 3.625, 4.125, 4.625, 5.21875, 5.625, 5.71875], [5.0, 5.40625, 6.0, 6.5, 7.0, 7.59375, 8.0, 8.09375], [7.0, 7.40625, 8.0, 8.5, 9.0, 9.59375, 10.0, 10.09375], [9.0, 9.40625, 10.0, 10.5, 11.0, 11.59375, 12.0, 12.09375], [11.375, 11.78125, 12.375, 12.875, 13.375, 13.96875, 14.375, 14.46875], [13.0, 13.40625, 14.0, 14.5, 15.0, 15.59375, 16.0, 16.09375], [13.375, 13.78125, 14.375, 14.875, 15.375, 15.96875, 16.375, 16.46875]]]]> : tensor<1x1x8x8xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize cubic %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 3 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return %0 : tensor<1x1x8x8xf32>
}

// Keys' choice of the coefficient.
func.func @cubic_a_half() -> tensor<1x1x6x6xf32> attributes {
  snap.expected = [dense<[[[[0.7106494, 1.2060195, 1.9351857, 2.6018536, 3.3310196, 3.82639], [2.69213, 3.1875, 3.9166663, 4.583334, 5.3125, 5.8078704], [5.6087947, 6.1041646, 6.833331, 7.499999, 8.229165, 8.724536], [8.275467, 8.770836, 9.500003, 10.166671, 10.895836, 11.391207], [11.19213, 11.6875, 12.416667, 13.083335, 13.8125, 14.307871], [13.173612, 13.668982, 14.398149, 15.064816, 15.793982, 16.289352]]]]> : tensor<1x1x6x6xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize cubic %x {scales = array<f64: 1.0, 1.0, 1.5, 1.5>, coordinates = 0 : i32, rounding = 0 : i32, cubicA = -0.5 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x6x6xf32>
  return %0 : tensor<1x1x6x6xf32>
}

// One column is left: it is the first.
func.func @downsample_sizes_linear_pytorch_half_pixel() -> tensor<1x1x3x1xf32> attributes {
  snap.expected = [dense<[[[[1.6666666], [7.0], [12.333333]]]]> : tensor<1x1x3x1xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize linear %x {scales = array<f64: 1.0, 1.0, 0.75, 0.25>, coordinates = 1 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x3x1xf32>
  return %0 : tensor<1x1x3x1xf32>
}

func.func @upsample_sizes_nearest_floor_align_corners() -> tensor<1x1x8x8xf32> attributes {
  snap.expected = [dense<[[[[1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0], [1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0], [1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0], [5.0, 5.0, 5.0, 6.0, 6.0, 7.0, 7.0, 8.0], [5.0, 5.0, 5.0, 6.0, 6.0, 7.0, 7.0, 8.0], [9.0, 9.0, 9.0, 10.0, 10.0, 11.0, 11.0, 12.0], [9.0, 9.0, 9.0, 10.0, 10.0, 11.0, 11.0, 12.0], [13.0, 13.0, 13.0, 14.0, 14.0, 15.0, 15.0, 16.0]]]]> : tensor<1x1x8x8xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 2 : i32, rounding = 2 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return %0 : tensor<1x1x8x8xf32>
}

func.func @upsample_sizes_nearest_round_prefer_ceil_asymmetric() -> tensor<1x1x8x8xf32> attributes {
  snap.expected = [dense<[[[[1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 4.0], [5.0, 6.0, 6.0, 7.0, 7.0, 8.0, 8.0, 8.0], [5.0, 6.0, 6.0, 7.0, 7.0, 8.0, 8.0, 8.0], [9.0, 10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 12.0], [9.0, 10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 12.0], [13.0, 14.0, 14.0, 15.0, 15.0, 16.0, 16.0, 16.0], [13.0, 14.0, 14.0, 15.0, 15.0, 16.0, 16.0, 16.0], [13.0, 14.0, 14.0, 15.0, 15.0, 16.0, 16.0, 16.0]]]]> : tensor<1x1x8x8xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 3 : i32, rounding = 1 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return %0 : tensor<1x1x8x8xf32>
}

func.func @upsample_sizes_nearest_ceil_half_pixel() -> tensor<1x1x8x8xf32> attributes {
  snap.expected = [dense<[[[[1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 4.0], [5.0, 6.0, 6.0, 7.0, 7.0, 8.0, 8.0, 8.0], [5.0, 6.0, 6.0, 7.0, 7.0, 8.0, 8.0, 8.0], [9.0, 10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 12.0], [9.0, 10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 12.0], [13.0, 14.0, 14.0, 15.0, 15.0, 16.0, 16.0, 16.0], [13.0, 14.0, 14.0, 15.0, 15.0, 16.0, 16.0, 16.0], [13.0, 14.0, 14.0, 15.0, 15.0, 16.0, 16.0, 16.0]]]]> : tensor<1x1x8x8xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]]> : tensor<1x1x4x4xf32>
  %0 = snap.resize nearest %x {scales = array<f64: 1.0, 1.0, 2.0, 2.0>, coordinates = 0 : i32, rounding = 3 : i32, cubicA = -0.75 : f64} : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return %0 : tensor<1x1x8x8xf32>
}

func.func @upsample_scales_linear_half_pixel_symmetric() -> tensor<1x1x4x5xf32> attributes {
  snap.expected = [dense<[[[[1.0, 1.159864, 1.5, 1.840136, 2.0], [1.5652174, 1.7250813, 2.0652175, 2.4053535, 2.5652175], [2.4347825, 2.5946465, 2.9347825, 3.2749186, 3.4347825], [3.0, 3.159864, 3.5, 3.840136, 4.0]]]]> : tensor<1x1x4x5xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %0 = snap.resize linear %x {scales = array<f64: 1.0, 1.0, 2.3, 2.94>, coordinates = 4 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x4x5xf32>
  return %0 : tensor<1x1x4x5xf32>
}

func.func @downsample_scales_linear_half_pixel_symmetric() -> tensor<1x1x1x2xf32> attributes {
  snap.expected = [dense<[[[[1.6666667, 3.3333333]]]]> : tensor<1x1x1x2xf32>], snap.tolerance = 1.0e-5
} {
  %x = snap.constant dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>
  %0 = snap.resize linear %x {scales = array<f64: 1.0, 1.0, 1.0, 0.6>, coordinates = 4 : i32, rounding = 0 : i32, cubicA = -0.75 : f64} : (tensor<1x1x1x4xf32>) -> tensor<1x1x1x2xf32>
  return %0 : tensor<1x1x1x2xf32>
}

func.func @upsample() -> tensor<1x1x4x4xi32> attributes {
  snap.expected = [dense<[[[[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]]]> : tensor<1x1x4x4xi32>]
} {
  %x = snap.constant dense<[[[[1, 2], [3, 4]]]]> : tensor<1x1x2x2xi32>
  %0 = snap.upsample %x {factor = 2 : i64} : (tensor<1x1x2x2xi32>) -> tensor<1x1x4x4xi32>
  return %0 : tensor<1x1x4x4xi32>
}

func.func @upsample_nhwc() -> tensor<1x3x6x2xi32> attributes {
  snap.expected = [dense<[[[[1, 2], [1, 2], [1, 2], [3, 4], [3, 4], [3, 4]], [[1, 2], [1, 2], [1, 2], [3, 4], [3, 4], [3, 4]], [[1, 2], [1, 2], [1, 2], [3, 4], [3, 4], [3, 4]]]]> : tensor<1x3x6x2xi32>]
} {
  %x = snap.constant dense<[[[[1, 2], [3, 4]]]]> : tensor<1x1x2x2xi32>
  %0 = snap.upsample %x {factor = 3 : i64, layout = 1 : i32} : (tensor<1x1x2x2xi32>) -> tensor<1x3x6x2xi32>
  return %0 : tensor<1x3x6x2xi32>
}
