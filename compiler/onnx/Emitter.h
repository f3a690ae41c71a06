//===- Emitter.h - Writes snap operations, folding small constants -*- C++ -*-===//
//
// What the op tables build with. An operation whose operands are all small
// constants is evaluated at once with the reference evaluator, so shape
// arithmetic never reaches the IR. A null value means that something went wrong
// before: every builder passes it on, so a composition needs no checks between
// its steps; `error()` holds the first problem.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_ONNX_EMITTER_H
#define SNAP_COMPILER_ONNX_EMITTER_H

#include "dialects/reference/Interpreter.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <optional>
#include <string>

namespace snap {

using Dims = llvm::SmallVector<int64_t, 6>;

/// "2x4096x320"; "a scalar" for rank 0.
std::string printDims(llvm::ArrayRef<int64_t> dims);

/// What every node of one import shares.
struct EmitterState {
  explicit EmitterState(mlir::MLIRContext *context) : builder(context) {}

  mlir::OpBuilder builder;
  /// One snap.constant for each value, at its first use.
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
  /// What MLIR said while the last operation was built (an import captures it).
  std::string diagnostics;
  /// The bytes of a small weight that a node needs as a constant.
  std::function<llvm::Expected<Tensor>(llvm::StringRef weight)> readWeight;
  /// Keeps a tensor that is too large for the IR; returns the weight's name.
  std::function<std::string(llvm::StringRef name, Tensor tensor)> addWeight;
};

class Emitter {
public:
  Emitter(EmitterState &state, mlir::Location loc) : state(state), loc(loc) {}

  /// Most elements of a constant that is not a splat, and of a folded result.
  static constexpr int64_t smallConstant = 1024;

  /// Records why the node cannot be imported (the first reason stays); null.
  mlir::Value fail(const llvm::Twine &why);
  bool hasFailed() const { return !problem.empty(); }
  const std::string &error() const { return problem; }

  // Types.
  static llvm::ArrayRef<int64_t> shape(mlir::Value value);
  static int64_t rank(mlir::Value value) { return shape(value).size(); }
  static mlir::Type element(mlir::Value value);
  static bool isFloat(mlir::Value value) { return value && llvm::isa<mlir::FloatType>(element(value)); }
  static bool isBool(mlir::Value value) { return value && element(value).isInteger(1); }
  mlir::OpBuilder &builder() { return state.builder; }
  /// `axis` counted from the end if negative; an error outside [-rank, rank).
  std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// Sorted, unique, not negative.
  std::optional<Dims> normalizeAxes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  // Sources.
  mlir::Value constant(const Tensor &tensor);
  /// A constant if it is small or a splat, else a weight called `name`.
  mlir::Value tensor(const Tensor &tensor, llvm::StringRef name);
  mlir::Value ints(llvm::ArrayRef<int64_t> values);
  /// A rank-0 constant.
  mlir::Value scalar(double value, mlir::Type type);
  mlir::Value scalarLike(double value, mlir::Value like) { return like ? scalar(value, element(like)) : like; }
  mlir::Value splat(double value, llvm::ArrayRef<int64_t> dims, mlir::Type type);
  mlir::Value iota(llvm::ArrayRef<int64_t> dims, int64_t axis, mlir::Type type);
  /// The value as a tensor, if it is a constant or a small weight that is there.
  std::optional<Tensor> constantValue(mlir::Value value);

  // Elementwise.
  mlir::Value unary(UnaryFn fn, mlir::Value x);
  mlir::Value binary(BinaryFn fn, mlir::Value a, mlir::Value b);
  /// With a constant of a's type.
  mlir::Value binary(BinaryFn fn, mlir::Value a, double b) { return binary(fn, a, scalarLike(b, a)); }
  mlir::Value add(mlir::Value a, mlir::Value b) { return binary(BinaryFn::Add, a, b); }
  mlir::Value sub(mlir::Value a, mlir::Value b) { return binary(BinaryFn::Sub, a, b); }
  mlir::Value mul(mlir::Value a, mlir::Value b) { return binary(BinaryFn::Mul, a, b); }
  mlir::Value div(mlir::Value a, mlir::Value b) { return binary(BinaryFn::Div, a, b); }
  mlir::Value add(mlir::Value a, double b) { return binary(BinaryFn::Add, a, b); }
  mlir::Value mul(mlir::Value a, double b) { return binary(BinaryFn::Mul, a, b); }
  mlir::Value select(mlir::Value condition, mlir::Value onTrue, mlir::Value onFalse);
  mlir::Value convert(mlir::Value x, mlir::Type type);

  // Movement.
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> dims);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<int64_t> dims);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> pieces, int64_t axis);
  mlir::Value slice(mlir::Value x, llvm::ArrayRef<int64_t> starts, llvm::ArrayRef<int64_t> steps,
                    llvm::ArrayRef<int64_t> sizes);
  /// Elements [start, start + size) along one axis.
  mlir::Value slice(mlir::Value x, int64_t axis, int64_t start, int64_t size);
  /// Negative amounts cut.
  mlir::Value pad(mlir::Value x, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                  PadMode mode = PadMode::Constant, double value = 0);

  // Reductions: reduced dimensions stay as 1.
  mlir::Value reduce(ReduceFn fn, mlir::Value x, llvm::ArrayRef<int64_t> axes);
  mlir::Value sum(mlir::Value x, llvm::ArrayRef<int64_t> axes) { return reduce(ReduceFn::Sum, x, axes); }
  mlir::Value mean(mlir::Value x, llvm::ArrayRef<int64_t> axes) { return reduce(ReduceFn::Mean, x, axes); }
  mlir::Value matmul(mlir::Value a, mlir::Value b);

  /// Any other operation whose result type is inferred from `args`, those of
  /// its builder without result types. Operands must not be null.
  template <typename Op, typename... Args> mlir::Value infer(Args &&...args) {
    mlir::OperationState op(loc, Op::getOperationName());
    Op::build(state.builder, op, mlir::Type(state.builder.getNoneType()), std::forward<Args>(args)...);
    llvm::SmallVector<mlir::Type> types;
    state.diagnostics.clear();
    if (mlir::failed(Op::inferReturnTypes(state.builder.getContext(), loc, op.operands,
                                          op.attributes.getDictionary(state.builder.getContext()),
                                          op.getRawProperties(), op.regions, types)))
      return failWithDiagnostics();
    op.types.assign(types.begin(), types.end());
    return finish(state.builder.create(op));
  }
  /// An operation of the given result type.
  template <typename Op, typename... Args> mlir::Value make(mlir::RankedTensorType type, Args &&...args) {
    return finish(state.builder.create<Op>(loc, type, std::forward<Args>(args)...));
  }
  static mlir::RankedTensorType tensorType(llvm::ArrayRef<int64_t> dims, mlir::Type element) {
    return mlir::RankedTensorType::get(dims, element);
  }

protected:
  EmitterState &state;
  mlir::Location loc;

private:
  mlir::Value failWithDiagnostics();
  /// The operation's result, or the constant it comes to.
  mlir::Value finish(mlir::Operation *op);

  std::string problem;
};

} // namespace snap

#endif // SNAP_COMPILER_ONNX_EMITTER_H
