//===- HalideSupport.h - What every CPU kernel is written with --*- C++ -*-===//
//
// A kernel file defines `void buildX(KernelBuilder &)`: it reads inputs,
// defines the output through the epilogue, and schedules it. Everything else
// (buffers, element types, expression trees, lowering) is here.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_HALIDESUPPORT_H
#define SNAP_TARGETS_CPU_HALIDESUPPORT_H

#include "targets/KernelKey.h"
#include "targets/KernelSchedule.h"
#include "targets/TargetModel.h"

#include <Halide.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace snap {

/// How elements lie in memory (i1 is a byte), and what they are computed as
/// (f16 is computed as f32, i1 as bool).
Halide::Type storageType(ElementType type);
Halide::Type computeType(ElementType type);

/// The Halide target of a model: no runtime, asserts or bounds queries, a user
/// context as first argument.
Halide::Target halideTarget(const TargetModel &model);

/// One kernel under construction.
///
/// Dimensions are Halide's: dimension 0 is the innermost, so tensor dimension
/// i of a rank-r tensor is Halide dimension r-1-i. All extents and strides are
/// constants. Loads past an extent are not checked by anybody.
class KernelBuilder {
public:
  KernelBuilder(const KernelKey &key, const TargetModel &model, const KernelSchedule &schedule);

  const KernelKey &key;
  const TargetModel &model;
  const KernelSchedule &schedule;
  const Halide::Target target;

  /// The kernel's result; defined by storeOutput(), scheduled by the kernel.
  Halide::Func output;
  /// The output's variables, innermost first.
  std::vector<Halide::Var> vars;
  /// Output 1 of a key with `moments`; see BlockMoments.h.
  Halide::Func moments;
  /// Where in output 0 a block begins, in elements, if the loops of `moments` go around it.
  Halide::Expr outputOrigin;

  size_t inputCount() const { return inputs.size(); }
  const Halide::ImageParam &input(size_t index) const { return inputs[index]; }
  ElementType inputType(size_t index) const { return key.inputs[index].type; }
  /// Extent of Halide dimension `dim` of an input or of the output.
  int extent(size_t input, int dim) const { return extentOf(key.inputs[input], dim); }
  int outExtent(int dim) const { return extentOf(key.outputs[0], dim); }
  int inRank(size_t input) const { return static_cast<int>(key.inputs[input].shape.size()); }
  int outRank() const { return static_cast<int>(vars.size()); }

  /// Input `index` at coordinates (innermost first), in its compute type.
  Halide::Expr load(size_t index, const std::vector<Halide::Expr> &at) const;
  /// load(0, at) after the key's norm and prologue.
  Halide::Expr loadRoot(const std::vector<Halide::Expr> &at) const;
  /// The same, of channel `line` * `width` + `lane`, where `width` divides lineOf().
  /// Loads are dense vectors along `lane`, also of a key with `joined`.
  Halide::Expr loadRoot(const Halide::Expr &lane, const Halide::Expr &line, int width,
                        const std::vector<Halide::Expr> &rest) const;
  /// The same without norm and prologue.
  Halide::Expr loadJoined(const Halide::Expr &lane, const Halide::Expr &line, int width,
                          const std::vector<Halide::Expr> &rest) const;
  /// Channels that lie together: all, or what divides both inputs of `joined`.
  int lineOf() const;
  int rootChannels() const { return static_cast<int>(key.rootChannels()); }
  bool isJoined() const { return key.ints.count("joined"); }
  /// Whether loadRoot costs more than a load.
  bool hasPrologue() const { return norm || isJoined() || !key.prologue.empty(); }
  /// What the key's `norm` or `layer_norm` makes of an element, `rest` being its other
  /// coordinates; set by normalizeInput() or normalizeRows().
  std::function<Halide::Expr(const Halide::Expr &value, const Halide::Expr &channel,
                             const std::vector<Halide::Expr> &rest)>
      norm;
  /// Input `index` broadcast by numpy's rule to output coordinates `at`.
  Halide::Expr loadBroadcast(size_t index, const std::vector<Halide::Expr> &at) const;

  /// The key's epilogue of `acc` (and `gate`) at output coordinates; `acc` if there is none.
  Halide::Expr epilogue(const Halide::Expr &acc, const Halide::Expr &gate, const std::vector<Halide::Expr> &at) const;
  /// To the output's storage type (rounding to f16, bool to a byte).
  Halide::Expr toStorage(const Halide::Expr &value) const;
  /// Defines output(vars) = toStorage(epilogue(acc, gate, vars)). `acc` and `gate` are
  /// in terms of `vars`; undefined for a kernel without root, or that is not gated.
  void storeOutput(const Halide::Expr &acc = Halide::Expr(), const Halide::Expr &gate = Halide::Expr());
  /// Fixes the bounds of `moments`, output 1 under a shape of its own.
  void constrainMoments(const TensorSpec &spec);
  /// For kernels that store in several stages: the output with nothing stored.
  void beginOutput();

  /// f32 lanes of a vector register.
  int lanes() const { return static_cast<int>(model.lanes(4)); }
  /// The widest power of two that is at most lanes() and `extent`, so that
  /// ShiftInwards and RoundUp never reach outside the extent.
  int vectorWidth(int64_t extent) const;
  /// The schedule's size of this name, at least 1, or `own`.
  int64_t tuned(const char *name, int64_t own) const { return std::max<int64_t>(schedule.get(name, own), 1); }
  /// Whether a loop over `elements` outputs is worth sharing between threads.
  static bool worthParallel(int64_t elements) { return elements >= 16384; }

private:
  static int extentOf(const TensorSpec &tensor, int dim);

  std::vector<Halide::ImageParam> inputs;
};

/// A value of an expression tree. `acc` and `gate` may be undefined where no node
/// reads them; `load` gives the value of an Input leaf.
Halide::Expr emitExpr(const snap::Expr &expr, const Halide::Expr &acc, const Halide::Expr &gate,
                      const std::function<Halide::Expr(int32_t input)> &load);

/// Whether a direct convolution has so few outputs that vectors go along its inputs.
bool isThinConv(const KernelKey &key, const TargetModel &model);

// One per file in targets/cpu. Each defines and schedules `output`.
void buildConv2d(KernelBuilder &builder);
void buildWinograd(KernelBuilder &builder); // conv2d's, with those algorithms
void buildThinConv(KernelBuilder &builder); // conv2d's, where isThinConv
void buildMatmul(KernelBuilder &builder);
void buildAttention(KernelBuilder &builder);
void buildGroupNorm(KernelBuilder &builder);
void buildLayerNorm(KernelBuilder &builder); // and RmsNorm
void buildSoftmax(KernelBuilder &builder);
void buildElementwise(KernelBuilder &builder);
void buildReduce(KernelBuilder &builder);
void buildArgReduce(KernelBuilder &builder);
void buildCumSum(KernelBuilder &builder);
void buildGather(KernelBuilder &builder);
void buildResize(KernelBuilder &builder);
void buildConcat(KernelBuilder &builder);
void buildSlice(KernelBuilder &builder);
void buildTranspose(KernelBuilder &builder);
void buildPad(KernelBuilder &builder);
void buildPool(KernelBuilder &builder);

/// The builder of an op (KernelTable.cpp).
using KernelFunction = void (*)(KernelBuilder &builder);
KernelFunction kernelFunction(KernelOp op);

/// The kernel of a key, lowered: one function named key.symbol() and its
/// `_argv` wrapper. Throws std::exception (Halide::Error is one).
Halide::Module lowerKernel(const KernelKey &key, const TargetModel &model, const KernelSchedule &schedule);

/// Bytes of scratch one worker needs to run a lowered kernel's loop bodies: the
/// heap allocations it holds at once, each with the runtime's header. Throws if
/// a size is not a constant.
int64_t scratchBytes(const Halide::Module &module);

} // namespace snap

#endif // SNAP_TARGETS_CPU_HALIDESUPPORT_H
