//===- ProgramBuilder.h - Writes snap programs like an exporter -*- C++ -*-===//
//
// Short names for the operations that random programs are made of. Everything
// not in a test's interest has a random but valid value.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_PROGRAMBUILDER_H
#define SNAP_TEST_SUPPORT_PROGRAMBUILDER_H

#include "dialects/snap/Snap.h"
#include "test/support/Random.h"

#include "mlir/IR/BuiltinOps.h"

namespace snap::test {

using Shape = llvm::SmallVector<int64_t>;

inline Shape shapeOf(mlir::Value value) {
  return Shape(mlir::cast<mlir::RankedTensorType>(value.getType()).getShape());
}

class ProgramBuilder {
public:
  ProgramBuilder(mlir::MLIRContext &context, uint64_t seed);

  /// Arguments come before everything else; results end the program.
  mlir::Value argument(mlir::ArrayRef<int64_t> shape, mlir::Type element = {});
  mlir::OwningOpRef<mlir::ModuleOp> finish(mlir::ArrayRef<mlir::Value> results);

  mlir::RankedTensorType type(mlir::ArrayRef<int64_t> shape, mlir::Type element = {});
  mlir::Value weight(mlir::ArrayRef<int64_t> shape);
  mlir::Value scalar(double value);
  mlir::Value integers(mlir::ArrayRef<int64_t> values);

  mlir::Value unary(UnaryFn fn, mlir::Value x);
  mlir::Value binary(BinaryFn fn, mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, mlir::Value b) { return binary(BinaryFn::Add, a, b); }
  mlir::Value mul(mlir::Value a, mlir::Value b) { return binary(BinaryFn::Mul, a, b); }
  mlir::Value mul(mlir::Value a, double b) { return mul(a, scalar(b)); }
  mlir::Value reduce(ReduceFn fn, mlir::Value x, mlir::ArrayRef<int64_t> axes);
  mlir::Value reshape(mlir::Value x, mlir::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value x, mlir::ArrayRef<int64_t> permutation);
  mlir::Value matmul(mlir::Value a, mlir::Value b);
  mlir::Value concat(mlir::ArrayRef<mlir::Value> pieces, int64_t axis);
  mlir::Value slice(mlir::Value x, mlir::ArrayRef<int64_t> starts, mlir::ArrayRef<int64_t> sizes);

  /// A weight times a mask that makes channels along the axis zero, sometimes all of them.
  mlir::Value pruned(mlir::Value weight, int64_t axis);
  /// x W + b with weights, the bias on either side of the addition; or a pruned W alone.
  mlir::Value linear(mlir::Value x, int64_t outputs, bool bias = true);
  /// A conv with weights, 'same' pads unless strided, and its bias as [1, O, 1, 1] or a reshaped [O]; or pruned alone.
  mlir::Value conv(mlir::Value x, int64_t outputs, int64_t kernel, int64_t stride = 1, int64_t groups = 1);
  /// One operation or what exporters write instead.
  mlir::Value layerNorm(mlir::Value x);
  mlir::Value groupNorm(mlir::Value x, int64_t groups);
  mlir::Value silu(mlir::Value x);
  mlir::Value gelu(mlir::Value x);

  /// A location named as the importer names nodes.
  mlir::Location next();

  Random random;
  mlir::OpBuilder builder;

private:
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  int64_t nodes = 0, weights = 0;
};

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_PROGRAMBUILDER_H
