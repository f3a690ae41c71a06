//===- KernelKey.h - The contract between passes and targets ----*- C++ -*-===//
//
// A value that says everything about one kernel: what it computes, on which
// shapes and element types, how, and what is fused into it. Passes make keys,
// targets turn keys into code, dialects/reference computes any key.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_KERNELKEY_H
#define SNAP_TARGETS_KERNELKEY_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace snap {

enum class ElementType : uint8_t { F32, F16, I64, I32, I8, U8, I1 };

/// Bytes of one element; i1 is stored as one byte, 0 or 1.
int64_t byteSize(ElementType type);
/// "f32", "f16", "i64", …
const char *toString(ElementType type);

/// A tensor as a kernel sees it. Row-major; `strides` (elements, one per
/// dimension) is empty when dense, and says otherwise for a slice of a larger
/// buffer. Element 0 is where the slice begins.
struct TensorSpec {
  ElementType type = ElementType::F32;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;

  int64_t elements() const;
  /// Bytes from the first to one past the last element touched.
  int64_t bytes() const;
  bool isDense() const { return strides.empty(); }
  bool operator==(const TensorSpec &o) const { return type == o.type && shape == o.shape && strides == o.strides; }
};

/// Scalar functions of an expression tree: the elementwise vocabulary of the
/// snap dialect's `snap.unary`, `snap.binary`, `snap.select`, `snap.cast`,
/// under the same names. Arithmetic on f16 is done in f32.
///
/// An expression is a DAG in topological order; the last node is the result.
/// Leaves: `Accumulator` (the root op's result; the only leaf of a prologue),
/// `Gate` (a gated matmul's other result), `Input` (an element of key input `input`, broadcast against the output's
/// shape by numpy's rule, dimensions aligned at the right), `Constant`.
struct ExprNode {
  enum class Kind : uint8_t { Accumulator, Gate, Input, Constant, Unary, Binary, Select, Cast };
  Kind kind = Kind::Accumulator;
  std::string fn;                      // Unary/Binary: "silu", "add", …
  int32_t input = -1;                  // Input: index into KernelKey::inputs
  double constant = 0;                 // Constant
  ElementType type = ElementType::F32; // Constant, Cast: the element type
  std::vector<int32_t> operands;       // earlier nodes

  bool operator==(const ExprNode &o) const;
};

struct Expr {
  std::vector<ExprNode> nodes; // empty: the identity
  bool empty() const { return nodes.empty(); }
  bool operator==(const Expr &o) const { return nodes == o.nodes; }
};

/// What the root of a kernel is. Layouts are fixed per kind:
///
/// Conv2d       in: x[N,H,W,C], w packed [O/T,KH,KW,C/groups,T] (T = tile of
///              output channels; O padded up with zeros), out [N,OH,OW,O].
///              ints: strides{2} pads{top,left,bottom,right} dilations{2}
///              groups channels{O}. Algorithm Direct (T from `tile`), Winograd4
///              (w is [36,O/T,C,T]), Winograd2 (w is [16,O/T,C,T]). Their points are
///              0 1 -1 (2 -2) infinity; of Winograd4 with w in f16 0 5/8 -5/8 3/2 -3/2
///              infinity, rows of the filter's transform (1 p p^2, divided by the product of
///              p's distances to the other points) times 4 4 4 2 2 4. upsample{F}
///              (optional): x is first enlarged F times by nearest neighbour, so
///              that OH and OW are of a convolution of [N,F*H,F*W,C]. Winograd4
///              knows F = 2 with pads of 1: at the points 0 1 -1 2 -2 infinity, whatever w's
///              type, those of -1 are always zero, and w is [25,O/T,C,T], points in rows and
///              columns 0 1 3 4 5.
///              An nchw image of a few channels is x or out with such strides.
/// Matmul       in: a[…,M,K], b; out [...,M,N]. ints: packed=1: b is a weight
///              [N/T,K,T] shared by the batch; packed=0: b[…,K,N], or […,N,K]
///              with transpose_b=1; batch dimensions broadcast. columns{N}. gated=1
///              (packed only): b is [2N/T,K,T] and the product 2N wide, values and
///              their gates: half a panel of values, then the half with their gates. The
///              epilogue makes one column of both, reading them as acc and gate.
///              Both (packed ones): norm{groups, scale, bias} (optional): the
///              GroupNorm of input 0, by the inputs of these numbers, takes its
///              place before the prologue; sizes and counted as there. floats: epsilon.
///              Matmul's (packed): layer_norm{scale, bias} (optional): the LayerNorm of
///              each row of input 0, by the inputs of these numbers (-1: none), likewise;
///              not beside norm or joined.
///              joined{input} (optional): input 0 goes on in that input: their channels,
///              one after the other, are the x or a that everything else speaks of.
///              moments (optional; conv2d {bh, bw}, packed matmul {rows}): there is an
///              output 1, f32 and dense, the moments of output 0 as it is stored, of each
///              channel of each block of bh x bw pixels, or of so many rows: the mean,
///              and the sum of squared deviations from it. Blocks divide the image, output 0 is dense.
///              Conv2d [N,B,2,O], blocks row-major; matmul [...,M/rows,2,N].
///              norm_moments{input}, with joined {input, input} (optional, beside norm):
///              the norm's statistics come from the moments of input 0, and of joined's,
///              in that input: f32 and dense, [...,2,C], leading dimensions of N times B
///              blocks, each of an equal part of an image's points.
/// Attention    in: q[B,Sq,H*D], k[B,Sk,H*D], v[B,Sk,H*E], optional mask
///              broadcast to [B,H,Sq,Sk] (ints mask=input index, or -1); out
///              [B,Sq,H*E]. ints: heads, causal, tile_queries (optional: queries a task
///              holds, a multiple of the f32 lanes). floats: scale.
/// GroupNorm    in: x[N,…,C], scale[C], bias[C]; out as x. ints: groups, sizes{groups}
///              (optional: channels of each group, where not C/groups), counted (optional:
///              channels the statistics of each group count; absent ones are zeros),
///              norm_moments{input} (optional, as above).
///              floats: epsilon. Statistics in f32 over (…, the group's channels).
/// LayerNorm    in: x[rows…,C], scale[C], bias[C]; ints: axes (how many
///              trailing dimensions), scale/bias input index or -1. floats: epsilon.
/// RmsNorm      in: x, scale. As LayerNorm without the mean and bias.
/// Softmax      in: x; along the last dimension.
/// Elementwise  no root: `epilogue` over the inputs; out any shape. The output may be the
///              same memory as an input of its shape and element size: each element is
///              stored once, after everything it depends on was loaded.
/// Reduce       in: x; ints: axes{…}; fn: sum mean max min prod. out: reduced
///              dimensions kept as 1 (a reshape drops them).
/// ArgReduce    in: x; ints: axis, select_last; fn: max min; out i64.
/// Gather       in: table, indices(i64|i32); ints: axis. Negative indices count from the end; out-of-range ones are
/// clamped. Resize       in: x; mode by fn: nearest linear cubic; ints: coordinates,
///              rounding (ResizeCoordinates/ResizeRounding); floats: scales{rank}, cubic_a.
/// Concat       ints: axis. in: all pieces.
/// Slice        ints: starts, steps. in: x.
/// Transpose    ints: permutation. in: x; out[i] = in[perm[i]].
/// Pad          ints: low{rank}, high{rank}; fn: constant reflect edge; floats: value.
/// Pool         in: x[N,H,W,C]; fn: max average average_padded; ints: kernel{2} strides{2} pads{4} dilations{2}.
/// CumSum       ints: axis, exclusive, reverse.
enum class KernelOp : uint8_t {
  Conv2d,
  Matmul,
  Attention,
  GroupNorm,
  LayerNorm,
  RmsNorm,
  Softmax,
  Elementwise,
  Reduce,
  ArgReduce,
  Gather,
  Resize,
  Concat,
  Slice,
  Transpose,
  Pad,
  Pool,
  CumSum
};
const char *toString(KernelOp op);

enum class Algorithm : uint8_t { Default, Direct, Winograd2, Winograd4 };
const char *toString(Algorithm algorithm);

struct KernelKey {
  KernelOp op = KernelOp::Elementwise;
  Algorithm algorithm = Algorithm::Default;
  std::string fn;                 // the variant of Reduce, ArgReduce, Pool, Resize, Pad
  std::vector<TensorSpec> inputs; // the root's operands, then the expressions' extra ones
  std::vector<TensorSpec> outputs;
  std::map<std::string, std::vector<int64_t>> ints;
  std::map<std::string, std::vector<double>> floats;
  Expr prologue; // applied to input 0 on load (f32), after a norm, before padding
  Expr epilogue; // applied to the root's result (f32) before the store

  /// Channels that the root reads: input 0's last extent, with `joined` also that input's.
  int64_t rootChannels() const;
  /// The shape of output 1, for a key with `moments` and output 0.
  std::vector<int64_t> momentsShape() const;
  /// The same kernel that neither makes nor takes moments; those it takes are its last inputs.
  KernelKey withoutMoments() const;
  int64_t getInt(const std::string &name, int64_t fallback) const;
  double getFloat(const std::string &name, double fallback) const;

  /// One line, readable, parsed back by parse() to an equal key.
  /// conv2d.direct(2x64x64x320xf32, 14x3x3x320x24xf32, 320xf32) -> 2x64x64x320xf32
  ///   {channels=[320], pads=[1,1,1,1], …} epilogue silu(add(acc, in2))
  std::string str() const;
  static std::optional<KernelKey> parse(const std::string &text, std::string &error);
  /// Empty, or why the key makes no sense ("conv2d: weight has 4 dimensions, expected 5").
  std::string verify() const;
  /// 64-bit hash of str() in hexadecimal; stable across machines and versions.
  std::string hash() const;
  /// The kernel's symbol: "snapk_conv2d_0123456789abcdef".
  std::string symbol() const;
  /// Multiply-accumulates of the root (direct algorithm), for reports.
  int64_t macs() const;
  bool operator==(const KernelKey &o) const;
};

/// Resize's coordinate transformations and roundings, as ONNX names them.
enum class ResizeCoordinates : int64_t { HalfPixel, PytorchHalfPixel, AlignCorners, Asymmetric, HalfPixelSymmetric };
enum class ResizeRounding : int64_t { RoundPreferFloor, RoundPreferCeil, Floor, Ceil };

} // namespace snap

#endif // SNAP_TARGETS_KERNELKEY_H
