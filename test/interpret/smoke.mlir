// RUN: snap-opt --interpret %s
func.func @relu() -> tensor<2xf32> attributes {snap.expected = [dense<[0.0, 1.0]> : tensor<2xf32>]} {
  %x = snap.constant dense<[-1.0, 1.0]> : tensor<2xf32>
  %y = snap.unary relu %x : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
