// A fused region means what running it means.
// RUN: snap-opt --interpret %s

// max([1 2] [[1, -1], [2, 1]] + [-10, 0.5], 0) = max([5, 1] + [-10, 0.5], 0), and twice that.
func.func @matmul_bias_relu() -> (tensor<1x2xf32>, tensor<1x2xf32>) attributes {
  snap.expected = [dense<[[0.0, 1.5]]> : tensor<1x2xf32>, dense<[[0.0, 3.0]]> : tensor<1x2xf32>]
} {
  %x = snap.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %w = snap.constant dense<[[1.0, -1.0], [2.0, 1.0]]> : tensor<2x2xf32>
  %b = snap.constant dense<[-10.0, 0.5]> : tensor<2xf32>
  %0:2 = snap.fused(%x, %w, %b) {
  ^bb0(%a0: tensor<1x2xf32>, %a1: tensor<2x2xf32>, %a2: tensor<2xf32>):
    %1 = snap.matmul %a0, %a1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
    %2 = snap.binary add %1, %a2 : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    %3 = snap.unary relu %2 : (tensor<1x2xf32>) -> tensor<1x2xf32>
    %4 = snap.binary add %3, %3 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    snap.yield %3, %4 : tensor<1x2xf32>, tensor<1x2xf32>
  } : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>)
  return %0#0, %0#1 : tensor<1x2xf32>, tensor<1x2xf32>
}
