//===- SnapEnums.td - Functions, kinds and layouts ------------*- tablegen -*-===//
//
// The elementwise vocabulary and the variants of other operations. One more
// scalar function is one line here, one in dialects/reference/Scalar.cpp and
// one in targets/cpu/ScalarFunctions.cpp.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_SNAP_SNAPENUMS
#define SNAP_DIALECTS_SNAP_SNAPENUMS

include "mlir/IR/EnumAttr.td"

class Snap_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::snap";
}

def Snap_UnaryFn : Snap_Enum<"UnaryFn", "scalar function of one operand", [
  I32EnumAttrCase<"Abs", 0, "abs">,
  I32EnumAttrCase<"Acos", 1, "acos">,
  I32EnumAttrCase<"Acosh", 2, "acosh">,
  I32EnumAttrCase<"Asin", 3, "asin">,
  I32EnumAttrCase<"Asinh", 4, "asinh">,
  I32EnumAttrCase<"Atan", 5, "atan">,
  I32EnumAttrCase<"Atanh", 6, "atanh">,
  I32EnumAttrCase<"BitNot", 7, "bit_not">,
  I32EnumAttrCase<"Ceil", 8, "ceil">,
  I32EnumAttrCase<"Cos", 9, "cos">,
  I32EnumAttrCase<"Cosh", 10, "cosh">,
  I32EnumAttrCase<"Erf", 11, "erf">,
  I32EnumAttrCase<"Exp", 12, "exp">,
  I32EnumAttrCase<"Floor", 13, "floor">,
  // 0.5 x (1 + erf(x / sqrt 2)); tanh form; x sigmoid(1.702 x).
  I32EnumAttrCase<"Gelu", 14, "gelu">,
  I32EnumAttrCase<"GeluTanh", 15, "gelu_tanh">,
  I32EnumAttrCase<"GeluQuick", 16, "gelu_quick">,
  I32EnumAttrCase<"IsInf", 17, "is_inf">,
  I32EnumAttrCase<"IsNan", 18, "is_nan">,
  I32EnumAttrCase<"Log", 19, "log">,
  I32EnumAttrCase<"Neg", 20, "neg">,
  I32EnumAttrCase<"Not", 21, "not">,
  I32EnumAttrCase<"Reciprocal", 22, "reciprocal">,
  I32EnumAttrCase<"Relu", 23, "relu">,
  // Half to even, as ONNX Round.
  I32EnumAttrCase<"Round", 24, "round">,
  I32EnumAttrCase<"Rsqrt", 25, "rsqrt">,
  I32EnumAttrCase<"Sigmoid", 26, "sigmoid">,
  I32EnumAttrCase<"Sign", 27, "sign">,
  I32EnumAttrCase<"Silu", 28, "silu">,
  I32EnumAttrCase<"Sin", 29, "sin">,
  I32EnumAttrCase<"Sinh", 30, "sinh">,
  I32EnumAttrCase<"Softplus", 31, "softplus">,
  I32EnumAttrCase<"Sqrt", 32, "sqrt">,
  I32EnumAttrCase<"Square", 33, "square">,
  I32EnumAttrCase<"Tan", 34, "tan">,
  I32EnumAttrCase<"Tanh", 35, "tanh">]>;

def Snap_BinaryFn : Snap_Enum<"BinaryFn", "scalar function of two operands", [
  I32EnumAttrCase<"Add", 0, "add">,
  I32EnumAttrCase<"Sub", 1, "sub">,
  I32EnumAttrCase<"Mul", 2, "mul">,
  // Integers: truncates towards zero.
  I32EnumAttrCase<"Div", 3, "div">,
  // Sign of the divisor (Python's %); fmod: sign of the dividend (C's).
  I32EnumAttrCase<"Mod", 4, "mod">,
  I32EnumAttrCase<"Fmod", 5, "fmod">,
  I32EnumAttrCase<"Pow", 6, "pow">,
  I32EnumAttrCase<"Max", 7, "max">,
  I32EnumAttrCase<"Min", 8, "min">,
  I32EnumAttrCase<"And", 9, "and">,
  I32EnumAttrCase<"Or", 10, "or">,
  I32EnumAttrCase<"Xor", 11, "xor">,
  I32EnumAttrCase<"BitAnd", 12, "bit_and">,
  I32EnumAttrCase<"BitOr", 13, "bit_or">,
  I32EnumAttrCase<"BitXor", 14, "bit_xor">,
  I32EnumAttrCase<"ShiftLeft", 15, "shift_left">,
  I32EnumAttrCase<"ShiftRight", 16, "shift_right">,
  // Comparisons; the result is i1.
  I32EnumAttrCase<"Equal", 17, "equal">,
  I32EnumAttrCase<"Less", 18, "less">,
  I32EnumAttrCase<"LessEqual", 19, "less_equal">,
  I32EnumAttrCase<"Greater", 20, "greater">,
  I32EnumAttrCase<"GreaterEqual", 21, "greater_equal">]>;

def Snap_ReduceFn : Snap_Enum<"ReduceFn", "reduction", [
  I32EnumAttrCase<"Sum", 0, "sum">,
  I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"Max", 2, "max">,
  I32EnumAttrCase<"Min", 3, "min">,
  I32EnumAttrCase<"Prod", 4, "prod">]>;

def Snap_PoolFn : Snap_Enum<"PoolFn", "pooling; average_padded counts padding", [
  I32EnumAttrCase<"Max", 0, "max">,
  I32EnumAttrCase<"Average", 1, "average">,
  I32EnumAttrCase<"AveragePadded", 2, "average_padded">]>;

def Snap_PadMode : Snap_Enum<"PadMode", "what padding holds", [
  I32EnumAttrCase<"Constant", 0, "constant">,
  I32EnumAttrCase<"Reflect", 1, "reflect">,
  I32EnumAttrCase<"Edge", 2, "edge">]>;

def Snap_ResizeMode : Snap_Enum<"ResizeMode", "interpolation", [
  I32EnumAttrCase<"Nearest", 0, "nearest">,
  I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"Cubic", 2, "cubic">]>;

// Values as targets/KernelKey.h's ResizeCoordinates and ResizeRounding.
def Snap_Coordinates : Snap_Enum<"Coordinates", "output to input coordinates, as ONNX Resize names them", [
  I32EnumAttrCase<"HalfPixel", 0, "half_pixel">,
  I32EnumAttrCase<"PytorchHalfPixel", 1, "pytorch_half_pixel">,
  I32EnumAttrCase<"AlignCorners", 2, "align_corners">,
  I32EnumAttrCase<"Asymmetric", 3, "asymmetric">,
  I32EnumAttrCase<"HalfPixelSymmetric", 4, "half_pixel_symmetric">]>;

def Snap_Rounding : Snap_Enum<"Rounding", "nearest mode, as ONNX Resize names it", [
  I32EnumAttrCase<"RoundPreferFloor", 0, "round_prefer_floor">,
  I32EnumAttrCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
  I32EnumAttrCase<"Floor", 2, "floor">,
  I32EnumAttrCase<"Ceil", 3, "ceil">]>;

def Snap_Layout : Snap_Enum<"Layout", "where the channels are", [
  I32EnumAttrCase<"NCHW", 0, "nchw">,
  I32EnumAttrCase<"NHWC", 1, "nhwc">]>;

def Snap_ConvAlgorithm : Snap_Enum<"ConvAlgorithm", "how a convolution is computed", [
  I32EnumAttrCase<"Direct", 0, "direct">,
  I32EnumAttrCase<"Winograd4", 1, "winograd4">,
  I32EnumAttrCase<"Winograd2", 2, "winograd2">]>;

#endif // SNAP_DIALECTS_SNAP_SNAPENUMS
