// The block of the model that every call belongs to.
// RUN: snap-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(fuse),lower-to-plan{target=x86_64-linux cpu=avx2})' | FileCheck %s

// By the names of weights, up to the end of the list: not the norm's own name, not its node's.
// CHECK-LABEL: plan.program @resnet
// CHECK: plan.call "rms_norm{{.*}}block = "down.1.res.0"
// CHECK: plan.call "matmul{{.*}}block = "down.1.ds"
// CHECK: plan.call "matmul{{.*}}block = "conv_out"
func.func @resnet(%x: tensor<8x4xf32> {snap.name = "x"}) -> (tensor<8x4xf32> {snap.name = "y"}) {
  %s = snap.weight "unet:down.1.res.0.norm1.weight" : tensor<4xf32>
  %0 = snap.rms_norm %x, %s {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32> loc("unet/model.onnx:/res.0/norm1/Norm")
  // Other blocks are inside down.1, so it is not one itself.
  %v = snap.weight "unet:down.1.ds.conv.weight" : tensor<4x4xf32>
  %1 = snap.matmul %0, %v : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %w = snap.weight "unet:conv_out.weight" : tensor<4x4xf32>
  %2 = snap.matmul %1, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  return %2 : tensor<8x4xf32>
}

// -----

// A bias that the exporter shares between layers says nothing; names it made up neither. Nodes do.
// CHECK-LABEL: plan.program @layers
// CHECK: plan.call "matmul{{.*}}block = "m.layers.0"
// CHECK: plan.call "matmul{{.*}}block = "m.layers.1"
func.func @layers(%x: tensor<8x4xf32> {snap.name = "x"}) -> (tensor<8x4xf32> {snap.name = "y"}) {
  %b = snap.weight "text:m.layers.0.fc.bias" : tensor<4xf32>
  %v = snap.weight "text:onnx::MatMul_1" : tensor<4x4xf32>
  %0 = snap.matmul %x, %v : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32> loc("text/model.onnx:/m/layers.0/fc/MatMul")
  %1 = snap.binary add %0, %b : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  %w = snap.weight "text:onnx::MatMul_2" : tensor<4x4xf32>
  %2 = snap.matmul %1, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32> loc("text/model.onnx:/m/layers.1/fc/MatMul")
  %3 = snap.binary add %2, %b : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  return %3 : tensor<8x4xf32>
}

// -----

// Nodes of two blocks with one name: what reads no weight of its own belongs to what reads its result.
// CHECK-LABEL: plan.program @attention
// CHECK: plan.call "attention{{.*}}block = "down.1.att.0"
// CHECK: plan.call "matmul{{.*}}block = "down.1.att.0"
// CHECK: plan.call "attention{{.*}}block = "down.2.att.0"
// CHECK: plan.call "matmul{{.*}}block = "down.2.att.0"
func.func @attention(%x: tensor<1x8x4xf32> {snap.name = "x"}) -> (tensor<1x8x4xf32> {snap.name = "y"}) {
  %0 = snap.attention %x, %x, %x {heads = 1 : i64, scale = 1.0 : f64} : (tensor<1x8x4xf32>, tensor<1x8x4xf32>, tensor<1x8x4xf32>) -> tensor<1x8x4xf32> loc("unet/model.onnx:/att.0/attn1/Softmax")
  %v = snap.weight "unet:down.1.att.0.transformer_blocks.0.attn1.to_out.0.weight" : tensor<4x4xf32>
  %1 = snap.matmul %0, %v : (tensor<1x8x4xf32>, tensor<4x4xf32>) -> tensor<1x8x4xf32> loc("unet/model.onnx:/att.0/attn1/to_out.0/MatMul")
  %2 = snap.attention %1, %1, %1 {heads = 1 : i64, scale = 1.0 : f64} : (tensor<1x8x4xf32>, tensor<1x8x4xf32>, tensor<1x8x4xf32>) -> tensor<1x8x4xf32> loc("unet/model.onnx:/att.0/attn1/Softmax_1")
  %w = snap.weight "unet:down.2.att.0.transformer_blocks.0.attn1.to_out.0.weight" : tensor<4x4xf32>
  %3 = snap.matmul %2, %w : (tensor<1x8x4xf32>, tensor<4x4xf32>) -> tensor<1x8x4xf32> loc("unet/model.onnx:/att.0/attn1/to_out.0/MatMul_1")
  return %3 : tensor<1x8x4xf32>
}

// -----

// Where no weight has a name, the run of list members in the nodes' names, and for a node without a path what it reads.
// CHECK-LABEL: plan.program @nodes
// CHECK: plan.call {{.*}}block = "down_blocks.0.resnets.1"
// CHECK: plan.call {{.*}}block = "conv_in"
// CHECK: plan.call {{.*}}block = "conv_in"
func.func @nodes(%x: tensor<3x4xf32> {snap.name = "x"}) -> (tensor<3x4xf32> {snap.name = "y"}) {
  %a = snap.softmax %x {axis = 1 : i64} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc("unet/model.onnx:/down_blocks.0/resnets.1/conv1/Conv")
  %b = snap.softmax %a {axis = 1 : i64} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc("unet/model.onnx:/conv_in/Conv")
  %c = snap.softmax %b {axis = 1 : i64} : (tensor<3x4xf32>) -> tensor<3x4xf32> loc("unet/model.onnx:node_conv2d_12")
  return %c : tensor<3x4xf32>
}

// -----

// Weights of several blocks side by side are of none of them: their product belongs to what it reads.
// CHECK-LABEL: plan.program @time_rows
// CHECK: plan.call "matmul{{.*}}block = "time_embedding"
// CHECK: plan.call "matmul{{.*}}block = "time_embedding"
// CHECK: plan.call "elementwise{{.*}}block = "down.0"
func.func @time_rows(%t: tensor<1x4xf32> {snap.name = "t"}, %x: tensor<8x16xf32> {snap.name = "x"}) -> (tensor<8x16xf32> {snap.name = "y"}, tensor<8x16xf32> {snap.name = "z"}) {
  %w = snap.weight "unet:time_embedding.weight" : tensor<4x4xf32>
  %0 = snap.matmul %t, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %u = snap.weight "unet:down.0.time.weight" : tensor<4x16xf32>
  %v = snap.weight "unet:down.1.time.weight" : tensor<4x16xf32>
  %c = snap.concat %u, %v {axis = 1 : i64} : (tensor<4x16xf32>, tensor<4x16xf32>) -> tensor<4x32xf32>
  %1 = snap.matmul %0, %c : (tensor<1x4xf32>, tensor<4x32xf32>) -> tensor<1x32xf32> loc(fused["unet/model.onnx:/down.0/time/Gemm", "unet/model.onnx:/down.1/time/Gemm"])
  %2 = snap.slice %1 {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : (tensor<1x32xf32>) -> tensor<1x16xf32>
  %3 = snap.slice %1 {starts = array<i64: 0, 16>, steps = array<i64: 1, 1>} : (tensor<1x32xf32>) -> tensor<1x16xf32>
  %4 = snap.binary add %x, %2 : (tensor<8x16xf32>, tensor<1x16xf32>) -> tensor<8x16xf32> loc("unet/model.onnx:/down.0/Add")
  %5 = snap.binary mul %x, %3 : (tensor<8x16xf32>, tensor<1x16xf32>) -> tensor<8x16xf32> loc("unet/model.onnx:/down.1/Mul")
  return %4, %5 : tensor<8x16xf32>, tensor<8x16xf32>
}
