//===- SnapOps.td - The operations of the snap dialect --------*- tablegen -*-===//
//
// In reading order: sources, elementwise, reductions, contractions, norms,
// attention, movement, fusion.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_SNAP_SNAPOPS
#define SNAP_DIALECTS_SNAP_SNAPOPS

include "dialects/snap/SnapDialect.td"
include "dialects/snap/SnapEnums.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Snap_Element : AnyTypeOf<[F32, F16, I64, I32, I8, UI8, I1]>;
def Snap_Tensor : StaticShapeTensorOf<[F32, F16, I64, I32, I8, UI8, I1]>;
def Snap_Float : StaticShapeTensorOf<[F32, F16]>;
def Snap_Bool : StaticShapeTensorOf<[I1]>;
def Snap_Index : StaticShapeTensorOf<[I64, I32]>;

class Snap_Op<string mnemonic, list<Trait> traits = []>
    : Op<Snap_Dialect, mnemonic, !listconcat([Pure], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

// An operation whose result type follows from its operands and attributes, so
// that builders need none and the verifier compares.
class Snap_InferredOp<string mnemonic, list<Trait> traits = []>
    : Snap_Op<mnemonic, !listconcat(traits, [InferTypeOpAdaptor])>;

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

def Snap_WeightOp : Snap_Op<"weight"> {
  let summary = "a weight of the model, by name";
  let description = [{
    The bytes stay in the model's files; compiler/weights finds them by name.

    ```mlir
    %w = snap.weight "unet:conv_in.weight" : tensor<320x4x3x3xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

def Snap_ConstantOp : Snap_Op<"constant", [ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "a small constant (shapes, scalars, at most 1024 elements unless a splat)";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Snap_IotaOp : Snap_Op<"iota"> {
  let summary = "the index along one axis: result[i0, …] = i_axis";
  let arguments = (ins I64Attr:$axis);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Elementwise (numpy broadcasting between operands)
//===----------------------------------------------------------------------===//

def Snap_UnaryOp : Snap_InferredOp<"unary"> {
  let summary = "a scalar function on every element";
  let description = [{
    ```mlir
    %y = snap.unary silu %x : (tensor<2x320xf32>) -> tensor<2x320xf32>
    ```
    The result has the operand's type; is_inf and is_nan give i1.
  }];
  let arguments = (ins Snap_UnaryFn:$fn, Snap_Tensor:$operand);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "$fn $operand attr-dict `:` functional-type(operands, results)";
}

def Snap_BinaryOp : Snap_InferredOp<"binary"> {
  let summary = "a scalar function on pairs of elements, broadcast";
  let description = [{
    ```mlir
    %y = snap.binary add %x, %b : (tensor<2x8x4xf32>, tensor<4xf32>) -> tensor<2x8x4xf32>
    ```
    Element types are equal; comparisons give i1.
  }];
  let arguments = (ins Snap_BinaryFn:$fn, Snap_Tensor:$lhs, Snap_Tensor:$rhs);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "$fn $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Snap_SelectOp : Snap_InferredOp<"select"> {
  let summary = "onTrue where the condition holds, else onFalse, broadcast";
  let arguments = (ins Snap_Bool:$condition, Snap_Tensor:$onTrue, Snap_Tensor:$onFalse);
  let results = (outs Snap_Tensor:$result);
}

def Snap_CastOp : Snap_Op<"cast"> {
  let summary = "converts element types; float to integer truncates, to i1 compares with 0";
  let arguments = (ins Snap_Tensor:$operand);
  let results = (outs Snap_Tensor:$result);
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

def Snap_ReduceOp : Snap_InferredOp<"reduce"> {
  let summary = "reduces over axes; reduced dimensions stay as 1";
  let description = [{
    ```mlir
    %y = snap.reduce mean %x {axes = array<i64: 1>} : (tensor<2x8xf32>) -> tensor<2x1xf32>
    ```
    Axes are sorted, unique and non-negative.
  }];
  let arguments = (ins Snap_ReduceFn:$fn, Snap_Tensor:$operand, DenseI64ArrayAttr:$axes);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "$fn $operand attr-dict `:` functional-type(operands, results)";
}

def Snap_ArgReduceOp : Snap_InferredOp<"arg_reduce"> {
  let summary = "index (i64) of the largest or smallest element along an axis, kept as 1";
  let arguments = (ins Snap_ReduceFn:$fn, Snap_Tensor:$operand, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$selectLast);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "$fn $operand attr-dict `:` functional-type(operands, results)";
}

def Snap_CumSumOp : Snap_InferredOp<"cumsum"> {
  let summary = "running sum along an axis";
  let arguments = (ins Snap_Tensor:$operand, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$exclusive,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Snap_Tensor:$result);
}

def Snap_SoftmaxOp : Snap_InferredOp<"softmax"> {
  let summary = "softmax along an axis, statistics in f32";
  let arguments = (ins Snap_Float:$operand, I64Attr:$axis);
  let results = (outs Snap_Float:$result);
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

def Snap_MatmulOp : Snap_InferredOp<"matmul"> {
  let summary = "batched matrix product, batch dimensions broadcast";
  let description = [{
    lhs is [..., M, K] ([..., K, M] with transposeLhs), rhs [..., K, N]
    ([..., N, K] with transposeRhs); the result is [..., M, N]. Both ranks are
    at least 2. There is no bias operand: a bias is a `snap.binary add`.
  }];
  let arguments = (ins Snap_Float:$lhs, Snap_Float:$rhs,
                       DefaultValuedAttr<BoolAttr, "false">:$transposeLhs,
                       DefaultValuedAttr<BoolAttr, "false">:$transposeRhs);
  let results = (outs Snap_Float:$result);
}

def Snap_Conv2dOp : Snap_InferredOp<"conv2d"> {
  let summary = "2-D convolution (correlation) without bias";
  let description = [{
    input [N,C,H,W] (nchw) or [N,H,W,C] (nhwc); filter always [O, C/groups, KH, KW];
    result [N,O,OH,OW] or [N,OH,OW,O]. pads: top, left, bottom, right.
    OH = (H + top + bottom - dilation (KH - 1) - 1) / stride + 1.
    `algorithm` is choose-conv's decision; absent, it is direct.
  }];
  let arguments = (ins Snap_Float:$input, Snap_Float:$filter,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations, I64Attr:$groups,
                       DefaultValuedAttr<Snap_Layout, "::snap::Layout::NCHW">:$layout,
                       OptionalAttr<Snap_ConvAlgorithm>:$algorithm);
  let results = (outs Snap_Float:$result);
}

def Snap_PoolOp : Snap_InferredOp<"pool"> {
  let summary = "2-D pooling";
  let description = [{
    kernel{2}, strides{2}, pads{top, left, bottom, right}, dilations{2}; ceil
    mode is expressed by larger bottom/right pads, which `max` and `average`
    ignore.
  }];
  let arguments = (ins Snap_PoolFn:$fn, Snap_Float:$input, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<Snap_Layout, "::snap::Layout::NCHW">:$layout);
  let results = (outs Snap_Float:$result);
  let assemblyFormat = "$fn $input attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Normalization (statistics in f32)
//===----------------------------------------------------------------------===//

def Snap_GroupNormOp : Snap_InferredOp<"group_norm"> {
  let summary = "group normalization; groups = channels is instance normalization";
  let description = [{
    input [N,C,...] (nchw, any rank >= 2) or [N,...,C] (nhwc); scale and bias [C].
    Mean and biased variance over each group of C/groups channels and all positions.

    What compact-pruned leaves: `sizes` holds the channels of each group where
    they are not equally many, and `counted` how many channels the statistics of
    every group count; those that are not there are zeros. Here 5 channels are
    left of 4 + 4, and each group's mean is its sum / (4 H W):

    ```mlir
    %y = snap.group_norm %x, %s, %b {groups = 2 : i64, sizes = array<i64: 3, 2>, counted = 4 : i64, …}
    ```
  }];
  let arguments = (ins Snap_Float:$input, Snap_Float:$scale, Snap_Float:$bias,
                       I64Attr:$groups, F64Attr:$epsilon,
                       DefaultValuedAttr<Snap_Layout, "::snap::Layout::NCHW">:$layout,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$sizes,
                       DefaultValuedAttr<I64Attr, "0">:$counted);
  let results = (outs Snap_Float:$result);
}

def Snap_LayerNormOp : Snap_InferredOp<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "layer normalization over the trailing dimensions from `axis` on";
  let arguments = (ins Snap_Float:$input, Optional<Snap_Float>:$scale, Optional<Snap_Float>:$bias,
                       I64Attr:$axis, F64Attr:$epsilon);
  let results = (outs Snap_Float:$result);
}

def Snap_RmsNormOp : Snap_InferredOp<"rms_norm"> {
  let summary = "x / sqrt(mean(x^2) + epsilon) * scale over the trailing dimensions from `axis` on";
  let arguments = (ins Snap_Float:$input, Snap_Float:$scale, I64Attr:$axis, F64Attr:$epsilon);
  let results = (outs Snap_Float:$result);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

def Snap_AttentionOp : Snap_InferredOp<"attention"> {
  let summary = "softmax(scale q k^T + mask) v for every head";
  let description = [{
    q [B,Sq,H*D], k [B,Sk,H*D], v [B,Sk,H*E]; the result is [B,Sq,H*E]. Head h
    holds columns h*D … (h+1)*D-1. The mask is additive and broadcasts to
    [B,H,Sq,Sk]. With `causal`, key j counts for query i only if j <= i + Sk - Sq.
    A query whose scores are all -inf gives 0 (exporters guard softmax so).
  }];
  let arguments = (ins Snap_Float:$query, Snap_Float:$key, Snap_Float:$value,
                       Optional<Snap_Float>:$mask, I64Attr:$heads, F64Attr:$scale,
                       DefaultValuedAttr<BoolAttr, "false">:$causal);
  let results = (outs Snap_Float:$result);
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

def Snap_ReshapeOp : Snap_Op<"reshape"> {
  let summary = "the same elements, row-major, in another shape";
  let arguments = (ins Snap_Tensor:$operand);
  let results = (outs Snap_Tensor:$result);
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Snap_TransposeOp : Snap_InferredOp<"transpose"> {
  let summary = "permutes dimensions: result dimension i is operand dimension permutation[i]";
  let arguments = (ins Snap_Tensor:$operand, DenseI64ArrayAttr:$permutation);
  let results = (outs Snap_Tensor:$result);
  let hasFolder = 1;
}

def Snap_BroadcastOp : Snap_Op<"broadcast"> {
  let summary = "repeats to a larger shape by numpy's rule";
  let arguments = (ins Snap_Tensor:$operand);
  let results = (outs Snap_Tensor:$result);
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Snap_ConcatOp : Snap_InferredOp<"concat"> {
  let summary = "joins along an axis";
  let arguments = (ins Variadic<Snap_Tensor>:$operands, I64Attr:$axis);
  let results = (outs Snap_Tensor:$result);
}

def Snap_SliceOp : Snap_Op<"slice"> {
  let summary = "elements starts[d] + i * steps[d] along every dimension";
  let description = [{
    Sizes are those of the result type; steps may be negative; starts are within the operand.
  }];
  let arguments = (ins Snap_Tensor:$operand, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$steps);
  let results = (outs Snap_Tensor:$result);
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Snap_PadOp : Snap_InferredOp<"pad"> {
  let summary = "adds low[d] and high[d] elements (not negative) along every dimension";
  let arguments = (ins Snap_PadMode:$mode, Snap_Tensor:$operand, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, DefaultValuedAttr<F64Attr, "0.0">:$value);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "$mode $operand attr-dict `:` functional-type(operands, results)";
}

def Snap_GatherOp : Snap_InferredOp<"gather"> {
  let summary = "slices of the operand along an axis, picked by indices";
  let description = [{
    result shape = operand[:axis] + indices + operand[axis+1:]. Negative indices
    count from the end; those out of range are clamped.
  }];
  let arguments = (ins Snap_Tensor:$operand, Snap_Index:$indices, I64Attr:$axis);
  let results = (outs Snap_Tensor:$result);
}

def Snap_ResizeOp : Snap_Op<"resize"> {
  let summary = "resamples, as ONNX Resize; one scale per dimension";
  let arguments = (ins Snap_ResizeMode:$mode, Snap_Tensor:$operand, DenseF64ArrayAttr:$scales,
                       DefaultValuedAttr<Snap_Coordinates, "::snap::Coordinates::HalfPixel">:$coordinates,
                       DefaultValuedAttr<Snap_Rounding, "::snap::Rounding::RoundPreferFloor">:$rounding,
                       DefaultValuedAttr<F64Attr, "-0.75">:$cubicA);
  let results = (outs Snap_Tensor:$result);
  let assemblyFormat = "$mode $operand attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Snap_UpsampleOp : Snap_InferredOp<"upsample"> {
  let summary = "repeats every pixel factor x factor times (nearest)";
  let arguments = (ins Snap_Tensor:$input, I64Attr:$factor,
                       DefaultValuedAttr<Snap_Layout, "::snap::Layout::NCHW">:$layout);
  let results = (outs Snap_Tensor:$result);
}

//===----------------------------------------------------------------------===//
// Fusion
//===----------------------------------------------------------------------===//

def Snap_FusedOp : Snap_Op<"fused", [IsolatedFromAbove, SingleBlock]> {
  let summary = "operations that become one kernel";
  let description = [{
    The region holds at most one root (conv2d, matmul, attention, norm, …) and
    the elementwise operations around it; a conv2d or matmul may have the
    concat, group_norm or upsample that it reads in front of it, a matmul also a
    layer_norm of its rows. Block arguments are the operands in order. Its meaning is that of running the region.

    ```mlir
    %y = snap.fused(%x, %w, %b) {
    ^bb0(%x: …, %w: …, %b: …):
      %0 = snap.conv2d %x, %w …
      %1 = snap.binary add %0, %b …
      %2 = snap.unary silu %1 …
      snap.yield %2 : …
    } : (…) -> …
    ```
  }];
  let arguments = (ins Variadic<Snap_Tensor>:$inputs);
  let results = (outs Variadic<Snap_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`(` $inputs `)` $body attr-dict `:` functional-type($inputs, $results)";
  let hasVerifier = 1;
}

def Snap_YieldOp : Snap_Op<"yield", [Terminator, ReturnLike]> {
  let summary = "ends a region with its results";
  let arguments = (ins Variadic<Snap_Tensor>:$operands);
  let assemblyFormat = "attr-dict ($operands^ `:` type($operands))?";
}

#endif // SNAP_DIALECTS_SNAP_SNAPOPS
