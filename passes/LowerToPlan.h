//===- LowerToPlan.h - The parts of the lower-to-plan pass ------*- C++ -*-===//
//
// From one snap operation (or snap.fused) to one kernel call: the key, and
// where each of its inputs comes from. Internal to passes/LowerToPlan*.cpp.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_LOWERTOPLAN_H
#define SNAP_PASSES_LOWERTOPLAN_H

#include "dialects/plan/Plan.h"
#include "dialects/snap/Snap.h"
#include "targets/KernelKey.h"
#include "targets/TargetModel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"

#include <functional>

namespace snap {

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// An argument of a snap.fused's region is the operand it stands for.
mlir::Value outerValue(mlir::Value value);
/// unary, binary, select, cast.
bool isElementwise(mlir::Operation *op);
/// The dense TensorSpec of a snap value, or of a tensor or memref type.
TensorSpec specOf(mlir::ShapedType type);

/// The values that depend on weights and constants alone.
class WeightValues {
public:
  explicit WeightValues(mlir::func::FuncOp func);
  bool contains(mlir::Value value) const { return values.contains(outerValue(value)); }

private:
  llvm::DenseSet<mlir::Value> values;
};

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// Channels of an image that kernels load and store one at a time at little cost.
constexpr int64_t fewChannels = 16;

/// Operations that bring a weight expression's value into the shape a kernel
/// wants, built at the end of its plan.weight.
using Packing = std::function<mlir::Value(mlir::ImplicitLocOpBuilder &builder, mlir::Value weight)>;

/// Where an input of a call comes from: `value`, or what `packing` makes of it,
/// or a slice of it that begins at `byteOffset`.
struct CallInput {
  mlir::Value value;
  Packing packing;
  std::optional<int64_t> byteOffset;
};

/// A kernel call under construction; inputs[i] feeds key.inputs[i].
struct KernelCall {
  KernelKey key;
  std::vector<CallInput> inputs;
  mlir::Operation *root = nullptr; // whose location names the call
};

/// Rewrites what no single key can say into what one can: transposed left
/// operands, softmax along other axes, nchw leftovers, fused regions whose root
/// or prologue does not fit an expression. (LowerToPlanPrepare.cpp)
void prepareForPlan(mlir::func::FuncOp func);

/// The operation of `op` (a snap.fused or itself) that is not elementwise, null
/// if all are. (LowerToPlanKeys.cpp)
mlir::Operation *findRoot(mlir::Operation *op, const WeightValues &weights);

/// Whether the region of `scope` reads halves of the product `root`: values and
/// their gates. (LowerToPlanKeys.cpp)
bool isGated(mlir::Operation *scope, mlir::Operation *root);

/// Whether a convolution reads its input in place, through strides, rather than
/// what `op` makes of it: an nchw image of a few channels, which a program's
/// input is, seen as nhwc. (LowerToPlanExpr.cpp)
bool isReadInPlace(TransposeOp op);

/// The transpose to nchw of what the convolution in `op` makes, an image of a few
/// channels, if it alone reads that: the kernel stores through strides what the
/// transpose would. Null if there is none. (LowerToPlanKeys.cpp)
TransposeOp storedTransposed(mlir::Operation *op, const WeightValues &weights);

/// The call of an operation: one of ours or a snap.fused. Its output is what
/// `storedTransposed` makes where that is something. Failure after a diagnostic
/// naming the operation. (LowerToPlanKeys.cpp)
mlir::FailureOr<KernelCall> makeKernelCall(mlir::Operation *op, const WeightValues &weights, const TargetModel &target);

/// Builds the prologue and epilogue of a call. (LowerToPlanExpr.cpp)
class ExprBuilder {
public:
  /// `scope` is the operation being lowered: a snap.fused or an elementwise
  /// operation by itself. `accumulator` is the value of the Accumulator leaf,
  /// null if there is none.
  ExprBuilder(KernelCall &call, mlir::Operation *scope, mlir::Value accumulator, const WeightValues &weights);
  /// The expression of `value`; leaves become new inputs of the call.
  Expr build(mlir::Value value);

private:
  int32_t node(mlir::Value value);
  int32_t append(ExprNode node);

  KernelCall &call;
  mlir::Operation *scope;
  mlir::Value accumulator;
  const WeightValues &weights;
  Expr expr;
  llvm::DenseMap<mlir::Value, int32_t> nodes;
};

/// Appends `value` as it is in memory: a slice stays where it is and is read
/// with strides.
void addInput(KernelCall &call, mlir::Value value, const WeightValues &weights);
/// The same of a convolution's input, which may be a transpose that isReadInPlace.
void addImage(KernelCall &call, mlir::Value value, const WeightValues &weights);

/// The strides of the dense `source` seen with its dimensions in the order of `permutation`.
std::vector<int64_t> transposedStrides(mlir::ArrayRef<int64_t> source, mlir::ArrayRef<int64_t> permutation);

/// Joins neighbouring dimensions that a kernel need not tell apart, so that
/// equal work has an equal key and loops are long. (LowerToPlanShapes.cpp)
void joinDimensions(KernelKey &key);

/// How the filter of a convolution is packed. (LowerToPlanConv.cpp)
struct PackedFilter {
  std::vector<int64_t> weightShape;
  Packing packing; // from the OIHW filter
};
/// By the algorithm that choose-conv wrote; `upsample`: the convolution reads its
/// input enlarged so many times.
PackedFilter packFilter(Conv2dOp conv, int64_t upsample, const TargetModel &target);
/// Whether the convolution is a matrix product over pixels.
bool isPointwise(Conv2dOp conv);
/// Packs [K,N] (or [N,K] if `transposed`), with any leading 1s, as [N/T,K,T].
Packing packMatmul(int64_t k, int64_t n, int64_t tile, bool transposed);
/// Packs [K,2N] (or [2N,K]) as [2N/T,K,T]: each panel holds T/2 columns of the
/// first half and then those of the second that belong with them.
Packing packGated(int64_t k, int64_t n, int64_t tile, bool transposed);
/// The end of a chain of 2-D transposes of a weight; flips `transposed` for each.
mlir::Value skipTransposes(mlir::Value weight, bool &transposed);

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Makes plan.weights of weight expressions; equal ones once. (LowerToPlanWeights.cpp)
class WeightOutliner {
public:
  /// New plan.weights go to the end of `module`.
  explicit WeightOutliner(mlir::ModuleOp module) : module(module) {}
  /// The plan.weight that holds `value` after `packing` (may be null).
  plan::WeightOp outline(mlir::Value value, const Packing &packing);

private:
  mlir::ModuleOp module;
  llvm::StringMap<plan::WeightOp> byText;
};

/// Gives every call of every program the block of the model it belongs to, as "down_blocks.0.resnets.1": by its
/// weights' names, else by its ONNX node's, else that of the calls it feeds or reads; none where all are silent.
/// (LowerToPlanBlocks.cpp)
void nameBlocks(mlir::ModuleOp module);

} // namespace snap

#endif // SNAP_PASSES_LOWERTOPLAN_H
