//===- Passes.td - What we do to a program --------------------*- tablegen -*-===//
//
// In the order of passes/Pipeline.cpp, which says why that order. The last three
// make, place and check the plan; those before rewrite snap programs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_PASSES
#define SNAP_PASSES_PASSES

include "mlir/Pass/PassBase.td"

// A pass over one snap program (a func.func of snap operations).
class Snap_Pass<string name> : Pass<name, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::snap::SnapDialect"];
}

def SimplifyImport : Snap_Pass<"simplify-import"> {
  let summary = "removes what the exporter left: no-op casts and slices, chains of reshapes and transposes, duplicates";
  let description = [{
    Every rule is exact, or changes a result by one rounding at most (a division
    by a constant power of two, pow(x, 2), 1/sqrt(x)). Expressions over weights
    alone stay expressions: nothing here looks at a weight's values.

    ```mlir
    %0 = snap.reshape %x : (tensor<2x77x768xf32>) -> tensor<2x77x12x64xf32>
    %1 = snap.reshape %0 : (tensor<2x77x12x64xf32>) -> tensor<154x768xf32>
    %2 = snap.binary pow %1, %two : (tensor<154x768xf32>, tensor<f32>) -> tensor<154x768xf32>
    ```
    becomes
    ```mlir
    %1 = snap.reshape %x : (tensor<2x77x768xf32>) -> tensor<154x768xf32>
    %2 = snap.unary square %1 : (tensor<154x768xf32>) -> tensor<154x768xf32>
    ```
  }];
}

def RecoverOps : Snap_Pass<"recover-ops"> {
  let summary = "finds the operations a model was written in among the primitives it was exported as: norms, activations, attention, upsampling";
  let description = [{
    group_norm (also Reshape + InstanceNormalization + Reshape), layer_norm, silu,
    gelu (erf, tanh, quick), attention (self and cross, masked, causal) and
    nearest upsampling, in the forms both PyTorch exporters write. What does not
    match stays as it is. The guard `where(isnan(softmax), 0, softmax)` goes into
    the attention: a row whose scores are all -inf gives 0 there by definition.

    ```mlir
    %s = snap.unary sigmoid %x : (tensor<2x320xf32>) -> tensor<2x320xf32>
    %y = snap.binary mul %x, %s : (tensor<2x320xf32>, tensor<2x320xf32>) -> tensor<2x320xf32>
    ```
    becomes
    ```mlir
    %y = snap.unary silu %x : (tensor<2x320xf32>) -> tensor<2x320xf32>
    ```
  }];
}

def CompactPruned : Pass<"compact-pruned", "::mlir::ModuleOp"> {
  let summary = "removes channels and branches that pruning left dead: zero whatever the input, or read by nobody";
  let description = [{
    The one pass that looks at the values of weights; without them it does
    nothing. A channel goes from its producers, norms, residuals, skips, concats
    and consumers together, or stays: one that is zero here may be alive
    elsewhere in its residual stream, or be brought back to life by the scale or
    shift of a norm. Results are exact (weights and activations being finite):
    a group norm goes on counting the zeros that are gone. A branch that only
    ever adds zero is removed whole. Weights change by gathers and slices.

    ```mlir
    %w1 = snap.constant dense<[[1.0], [0.0], [2.0]]> : …                  // makes channel 1 zero
    %h = snap.conv2d %x, %w1 {…} : (tensor<1x1x8x8xf32>, tensor<3x1x1x1xf32>) -> tensor<1x3x8x8xf32>
    %a = snap.unary silu %h : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32>
    %y = snap.conv2d %a, %w2 {…} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
    ```
    becomes
    ```mlir
    %v1 = snap.slice %w1 {starts = array<i64: 0, 0, 0, 0>, steps = array<i64: 2, 1, 1, 1>} : … -> tensor<2x1x1x1xf32>
    %h = snap.conv2d %x, %v1 {…} : (tensor<1x1x8x8xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x8x8xf32>
    %a = snap.unary silu %h : (tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32>
    %v2 = snap.slice %w2 {starts = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 2, 1, 1>} : … -> tensor<4x2x1x1xf32>
    %y = snap.conv2d %a, %v2 {…} : (tensor<1x2x8x8xf32>, tensor<4x2x1x1xf32>) -> tensor<1x4x8x8xf32>
    ```
  }];
  let dependentDialects = ["::snap::SnapDialect"];
  let options = [
    Option<"masks", "masks", "std::string", "\"\"",
           "JSON file of the channels of weights to make zero first (CompactPruned.h)">
  ];
}

def MergeMatmuls : Snap_Pass<"merge-matmuls"> {
  let summary = "makes one product of those that project the same activation to queries, keys and values, or to the time rows of blocks";
  let description = [{
    Self-attention multiplies its input by three weights, cross-attention the
    prompt by two. Side by side they are one weight, and the attention reads
    slices of one result where they lie. Widths are multiples of a cache line.
    So are products of few rows which their readers repeat over more elements:
    the time embedding's, for each ResNet block of a UNet.

    ```mlir
    %q = snap.matmul %x, %wq : (tensor<2x64x320xf32>, tensor<320x320xf32>) -> tensor<2x64x320xf32>
    %k = snap.matmul %x, %wk : …
    %v = snap.matmul %x, %wv : …
    %y = snap.attention %q, %k, %v {heads = 8 : i64, …}
    ```
    becomes
    ```mlir
    %w = snap.concat %wq, %wk, %wv {axis = 1 : i64} : … -> tensor<320x960xf32>
    %0 = snap.matmul %x, %w : (tensor<2x64x320xf32>, tensor<320x960xf32>) -> tensor<2x64x960xf32>
    %q = snap.slice %0 {starts = array<i64: 0, 0, 0>, …} : … -> tensor<2x64x320xf32>
    %k = snap.slice %0 {starts = array<i64: 0, 0, 320>, …} : … -> tensor<2x64x320xf32>
    %v = snap.slice %0 {starts = array<i64: 0, 0, 640>, …} : … -> tensor<2x64x320xf32>
    %y = snap.attention %q, %k, %v {heads = 8 : i64, …}
    ```
  }];
}

def ShareGuidance : Pass<"share-guidance", "::mlir::ModuleOp"> {
  let summary = "computes what a guidance pair has in common once";
  let description = [{
    Classifier-free guidance runs the UNet on a pair of equal latents, one with
    the prompt and one without. The latents become an input of batch 1, and so
    does everything that cannot depend on the prompt yet; where the rows begin
    to differ, what is shared is broadcast, which kernels do on load. With
    `single`, a step without guidance is made as well: all of it for one row.

    ```mlir
    func.func @step(%x: tensor<2x4x8x8xf32> {snap.name = "sample"}, %c: tensor<2x7x6xf32> {snap.name = "encoder_hidden_states"}) -> … {
      %0 = snap.conv2d %x, %w {…} : (tensor<2x4x8x8xf32>, …) -> tensor<2x16x8x8xf32>
      %1 = snap.binary add %0, %rowOfPrompt : (tensor<2x16x8x8xf32>, tensor<2x16x1x1xf32>) -> tensor<2x16x8x8xf32>
    ```
    becomes
    ```mlir
    func.func @step(%x: tensor<1x4x8x8xf32> {snap.name = "sample"}, %c: tensor<2x7x6xf32> {snap.name = "encoder_hidden_states"}) -> … {
      %0 = snap.conv2d %x, %w {…} : (tensor<1x4x8x8xf32>, …) -> tensor<1x16x8x8xf32>
      %1 = snap.binary add %0, %rowOfPrompt : (tensor<1x16x8x8xf32>, tensor<2x16x1x1xf32>) -> tensor<2x16x8x8xf32>
    ```
  }];
  let dependentDialects = ["::snap::SnapDialect"];
  let options = [
    Option<"from", "from", "std::string", "\"step\"", "the function that runs on a pair">,
    Option<"sample", "sample", "std::string", "\"sample\"", "the input whose rows are equal">,
    Option<"prompt", "prompt", "std::string", "\"encoder_hidden_states\"", "the input whose rows differ">,
    Option<"single", "single", "std::string", "\"\"", "a new function that runs without guidance, on one row; none by default">
  ];
}

def SpecializeTimesteps : Pass<"specialize-timesteps", "::mlir::ModuleOp"> {
  let summary = "turns what depends on the timestep alone into a table with a row for each step of a known schedule";
  let description = [{
    The sinusoid, its MLP and every projection of it are computed at compile time
    for each timestep of the schedule. The program takes the index of the step
    instead of the timestep and reads its row in place. Where more than weights
    meets the timestep before it is an activation, it stays an input.

    ```mlir
    func.func @step(%t: tensor<1xi64> {snap.name = "timestep"}, …) -> … {
      %0 = snap.cast %t : (tensor<1xi64>) -> tensor<1xf32>
      %1 = … // sines and cosines of it times the frequencies, MLP
      %2 = snap.matmul %1, %w : (tensor<1x1280xf32>, tensor<1280x320xf32>) -> tensor<1x320xf32>
    ```
    becomes, for `timesteps=981,861`,
    ```mlir
    func.func @step(%i: tensor<1xi64> {snap.name = "step_index"}, …) -> … {
      %t0 = snap.constant dense<981> : tensor<1xi64>
      … // the same of %t0 and of %t1: a weight expression
      %table = snap.concat %row0, %row1 {axis = 0 : i64} : … -> tensor<2x320xf32>
      %row = snap.gather %table, %i {axis = 0 : i64} : (tensor<2x320xf32>, tensor<1xi64>) -> tensor<1x320xf32>
      %2 = snap.slice %row {starts = array<i64: 0, 0>, steps = array<i64: 1, 1>} : … -> tensor<1x320xf32>
    ```
  }];
  let dependentDialects = ["::snap::SnapDialect"];
  let options = [
    Option<"from", "from", "std::string", "\"step\"", "the function that runs once for each timestep">,
    Option<"input", "input", "std::string", "\"timestep\"", "the input that holds the timestep">,
    Option<"index", "index", "std::string", "\"step_index\"", "the new input: which of the timesteps it is, from 0">,
    ListOption<"timesteps", "timesteps", "int64_t", "the schedule, in the order of the steps">
  ];
}

def HoistInvariants : Pass<"hoist-invariants", "::mlir::ModuleOp"> {
  let summary = "moves what depends on one input alone into a program of its own, run once for that input";
  let description = [{
    For a denoising step, the input is the prompt's embedding, which is the same
    in every step: the keys and values of each cross-attention are computed by
    `prepare`. They are handed on as *state* (`snap.state`), which outlives the
    run. Views of it stay where they are read. Weight expressions go along.

    ```mlir
    func.func @step(%x: tensor<8x4xf32> {snap.name = "sample"},
                    %c: tensor<7x6xf32> {snap.name = "encoder_hidden_states"}) -> … {
      %w = snap.weight "k" : tensor<6x4xf32>
      %k = snap.matmul %c, %w : (tensor<7x6xf32>, tensor<6x4xf32>) -> tensor<7x4xf32>
      %s = snap.matmul %x, %k {transposeRhs = true} : …
    ```
    becomes
    ```mlir
    func.func @prepare(%c: tensor<7x6xf32> {snap.name = "encoder_hidden_states"})
        -> (tensor<7x4xf32> {snap.state = "prepare.0"}) {
      %w = snap.weight "k" : tensor<6x4xf32>
      %k = snap.matmul %c, %w : (tensor<7x6xf32>, tensor<6x4xf32>) -> tensor<7x4xf32>
      return %k : tensor<7x4xf32>
    }
    func.func @step(%x: tensor<8x4xf32> {snap.name = "sample"}, %k: tensor<7x4xf32> {snap.state = "prepare.0"}) -> … {
      %s = snap.matmul %x, %k {transposeRhs = true} : …
    ```
  }];
  let dependentDialects = ["::snap::SnapDialect"];
  let options = [
    Option<"from", "from", "std::string", "\"step\"", "the function that runs many times">,
    Option<"input", "input", "std::string", "\"encoder_hidden_states\"", "the input that stays the same">,
    Option<"into", "into", "std::string", "\"prepare\"", "the new function">
  ];
}

def ConvertPrecision : Snap_Pass<"convert-precision"> {
  let summary = "stores activations and weights as f16; inputs, outputs and the timestep's sinusoid stay as they are";
  let description = [{
    Casts of weights become part of the weight's expression and cost nothing at
    run time. Constants beyond f16's range are clamped to it (a mask of -1e9 is
    -65504). Integer operations are untouched.

    ```mlir
    func.func @f(%x: tensor<2x4xf32>) -> tensor<2x8xf32> {
      %w = snap.weight "w" : tensor<4x8xf32>
      %y = snap.matmul %x, %w : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
    ```
    becomes
    ```mlir
      %0 = snap.cast %x : (tensor<2x4xf32>) -> tensor<2x4xf16>
      %w = snap.weight "w" : tensor<4x8xf32>
      %1 = snap.cast %w : (tensor<4x8xf32>) -> tensor<4x8xf16>
      %2 = snap.matmul %0, %1 : (tensor<2x4xf16>, tensor<4x8xf16>) -> tensor<2x8xf16>
      %y = snap.cast %2 : (tensor<2x8xf16>) -> tensor<2x8xf32>
    ```
  }];
  let options = [
    Option<"precision", "precision", "std::string", "\"f16\"", "f32 (changes nothing) or f16">
  ];
}

def ChooseLayouts : Snap_Pass<"choose-layouts"> {
  let summary = "stores images channels-last and cancels transposes, so that none is left between kernels";
  let description = [{
    Operations with channels become nhwc between a pair of transposes; then the
    transposes move down through whatever does not care about the order of
    dimensions until they meet their inverse or a reshape that swallows them.

    ```mlir
    %0 = snap.conv2d %x, %w {…} : (tensor<2x4x8x8xf32>, …) -> tensor<2x16x8x8xf32>
    %1 = snap.transpose %0 {permutation = array<i64: 0, 2, 3, 1>} : … -> tensor<2x8x8x16xf32>
    %2 = snap.reshape %1 : (tensor<2x8x8x16xf32>) -> tensor<2x64x16xf32>
    ```
    becomes
    ```mlir
    %x1 = snap.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : … -> tensor<2x8x8x4xf32>
    %0 = snap.conv2d %x1, %w {…, layout = nhwc} : (tensor<2x8x8x4xf32>, …) -> tensor<2x8x8x16xf32>
    %2 = snap.reshape %0 : (tensor<2x8x8x16xf32>) -> tensor<2x64x16xf32>
    ```
  }];
}

def Fuse : Snap_Pass<"fuse"> {
  let summary = "groups an operation with the elementwise work after it into one snap.fused, which becomes one kernel";
  let description = [{
    The root (conv2d, matmul, a norm, a gather) takes the
    elementwise chain that only it feeds: bias, a row per image, residual,
    activation, scale. Elementwise operations without such a root are grouped
    among themselves. Every value made in a region has the result's shape; what
    comes from outside broadcasts to it. Expressions over weights alone are never
    pulled in, nor are slices, which kernels read where they lie, but for one
    case: the product of a gated layer (GEGLU) is fused with its two halves.

    ```mlir
    %0 = snap.matmul %x, %w : (tensor<8x4xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
    %1 = snap.binary add %0, %b : (tensor<8x6xf32>, tensor<6xf32>) -> tensor<8x6xf32>
    %2 = snap.unary silu %1 : (tensor<8x6xf32>) -> tensor<8x6xf32>
    ```
    becomes
    ```mlir
    %2 = snap.fused(%x, %w, %b) {
    ^bb0(%arg0: tensor<8x4xf32>, %arg1: tensor<4x6xf32>, %arg2: tensor<6xf32>):
      %0 = snap.matmul %arg0, %arg1 : …
      %1 = snap.binary add %0, %arg2 : …
      %2 = snap.unary silu %1 : …
      snap.yield %2 : tensor<8x6xf32>
    } : (tensor<8x4xf32>, tensor<4x6xf32>, tensor<6xf32>) -> tensor<8x6xf32>
    ```
  }];
}

def FusePrologues : Snap_Pass<"fuse-prologues"> {
  let summary = "moves norms with their activations, nearest upsampling and joined channels into the load of the convolutions and products that read them";
  let description = [{
    The kernel takes the norm's statistics first and normalises what it loads,
    or reads pixel (y/2, x/2) of the small image; neither result is stored. A
    layer norm of rows goes into a product only. A norm that several kernels read, or with more than functions of its own
    result after it, stays a kernel. Two tensors joined along the channels (a
    UNet's skip) are read where they lie, by all that read them joined, if all
    can.

    ```mlir
    %0 = snap.fused(%x, %s, %b) { group_norm, silu }
    %1 = snap.fused(%0, %w, %bias) { conv2d, add }
    ```
    becomes
    ```mlir
    %1 = snap.fused(%x, %s, %b, %w, %bias) { group_norm, silu, conv2d, add }
    ```
  }];
}

def ChooseConv : Pass<"choose-conv", "::mlir::ModuleOp"> {
  let summary = "chooses how each convolution is computed, direct or Winograd F(2,3) or F(4,3), by a cost model of the target";
  let description = [{
    Work, the weights' way from memory, scratch and the growth of the packed
    weights count (targets/ConvCost.h). Caps keep convolutions from what is
    faster, those first that save the least time for a byte, and a remark says so.
    Convolutions of one filter, in several programs, are chosen together: the
    filter is packed once.

    ```mlir
    %0 = snap.conv2d %x, %w {…} : (tensor<2x64x64x320xf32>, tensor<320x320x3x3xf32>) -> tensor<2x64x64x320xf32>
    ```
    becomes
    ```mlir
    %0 = snap.conv2d %x, %w {…, algorithm = winograd4} : …
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"host\"", "as snapc --target">,
    Option<"cpu", "cpu", "std::string", "\"\"", "as snapc --cpu; empty is the target's default">,
    Option<"maxScratch", "max-scratch", "int64_t", "0", "MB of scratch a convolution may take on a thread; 0 is no cap">,
    Option<"maxWeights", "max-weights", "int64_t", "0", "MB all packed weights may take; 0 is no cap">,
    Option<"maxGrowth", "max-growth", "double", "0",
           "where max-weights is 0: how many times the weights' own bytes; 0 is no cap">
  ];
}

def TileAttention : Snap_Pass<"tile-attention"> {
  let summary = "chooses the tile of queries of every attention from the target's registers; its scores stay in a core's cache";
  let description = [{
    ```mlir
    %y = snap.attention %q, %k, %v {heads = 8 : i64, …}
    ```
    becomes
    ```mlir
    %y = snap.attention %q, %k, %v {heads = 8 : i64, …, tile_queries = 64 : i64}
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"host\"", "as snapc --target">,
    Option<"cpu", "cpu", "std::string", "\"\"", "as snapc --cpu; empty is the target's default">
  ];
}

def LowerToPlan : Pass<"lower-to-plan", "::mlir::ModuleOp"> {
  let summary = "turns every snap program into a plan.program: one kernel call per operation or snap.fused, one plan.weight per weight expression";
  let description = [{
    A slice is read where it lies. So are nchw images of a few channels, as a
    program's inputs and outputs are: a convolution loads and stores them through
    strides, in place of the transposes to and from nhwc.

    ```mlir
    func.func @step(%x: tensor<8x4xf32> {snap.name = "x"}) -> (tensor<8x6xf32> {snap.name = "y"}) {
      %w = snap.weight "w" : tensor<4x6xf32>
      %0 = snap.matmul %x, %w : (tensor<8x4xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
      return %0 : tensor<8x6xf32>
    }
    ```
    becomes
    ```mlir
    plan.weight @w0 : tensor<1x4x48xf32> { … pad, reshape and transpose of snap.weight "w" … }
    plan.program @step {
      %x = plan.input "x" : memref<8x4xf32>
      %w = plan.data @w0 : memref<1x4x48xf32>
      %y = plan.alloc : memref<8x6xf32>
      plan.call "matmul(8x4xf32, 1x4x48xf32) -> 8x6xf32 {columns=[6], packed=[1]}" (%x, %w) -> (%y) : …
      plan.output "y" %y : memref<8x6xf32>
    }
    ```
  }];
  let dependentDialects = ["::snap::plan::PlanDialect", "::snap::SnapDialect"];
  let options = [
    Option<"target", "target", "std::string", "\"host\"", "as snapc --target">,
    Option<"cpu", "cpu", "std::string", "\"\"", "as snapc --cpu; empty is the target's default">
  ];
}

def ShareMoments : Pass<"share-moments", "::mlir::ModuleOp"> {
  let summary = "has the kernel that writes what a group norm reads make the moments of it, where the target wants that";
  let description = [{
    The norm combines the moments of blocks instead of reading the image for its
    statistics. The blocks are the target's choice (targets/MomentsBlock.h). All
    that a norm reads, also of two joined inputs, must be whole buffers that one
    convolution or product with packed weights each has written.

    ```mlir
    %y = plan.alloc : memref<1x8x8x32xf32>
    plan.call "conv2d.direct(…) -> 1x8x8x32xf32 {…}" (%x, %w) -> (%y) : …
    plan.call "group_norm(1x8x8x32xf32, 32xf32, 32xf32) -> … {groups=[4], …}" (%y, %s, %b) -> (%z) : …
    ```
    becomes
    ```mlir
    %y = plan.alloc : memref<1x8x8x32xf32>
    %m = plan.alloc : memref<1x4x2x32xf32>
    plan.call "conv2d.direct(…) -> 1x8x8x32xf32, 1x4x2x32xf32 {…, moments=[4,4], …}" (%x, %w) -> (%y, %m) : …
    plan.call "group_norm(1x8x8x32xf32, 32xf32, 32xf32, 1x4x2x32xf32) -> … {groups=[4], norm_moments=[3], …}" (%y, %s, %b, %m) -> (%z) : …
    ```
  }];
  let dependentDialects = ["::snap::plan::PlanDialect"];
  let options = [
    Option<"target", "target", "std::string", "\"host\"", "as snapc --target">,
    Option<"cpu", "cpu", "std::string", "\"\"", "as snapc --cpu; empty is the target's default">,
    Option<"everywhere", "everywhere", "bool", "false",
           "whatever the target wants: blocks of a row of the image, or of as few rows as divide it">
  ];
}

def AllocateArena : Pass<"allocate-arena", "::mlir::ModuleOp"> {
  let summary = "gives every buffer of a plan its offset in the arena: live ranges, greedy by size";
  let description = [{
    ```mlir
    plan.program @step {
      %y = plan.alloc : memref<8x6xf32>
    ```
    becomes
    ```mlir
    plan.program @step attributes {arena_bytes = 256 : i64, arena_lower_bound = 256 : i64} {
      %y = plan.alloc {offset = 0 : i64} : memref<8x6xf32>
    ```
  }];
  let dependentDialects = ["::snap::plan::PlanDialect"];
  let options = [
    Option<"dump", "dump", "bool", "false", "draws each program's arena on stderr: a row for each buffer, over the calls">
  ];
}

def VerifyPlan : Pass<"verify-plan", "::mlir::ModuleOp"> {
  let summary = "checks a plan on its own: keys make sense, operands fit their TensorSpecs, no two live buffers overlap";
  let description = [{
    Changes nothing; a plan that passes may be run. What allocate-arena claims is
    worked out again from the calls alone.

    ```mlir
    %a = plan.alloc {offset = 0 : i64} : memref<64xf32>
    %b = plan.alloc {offset = 128 : i64} : memref<64xf32>   // error if both are live at once
    ```
  }];
}

#endif // SNAP_PASSES_PASSES
