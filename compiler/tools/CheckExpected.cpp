//===- CheckExpected.cpp - Oracle tests in IR -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/tools/CheckExpected.h"

#include "dialects/reference/Interpreter.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"

#include <cmath>

using namespace mlir;
using namespace snap;

static double defaultTolerance(ElementType type) { return type == ElementType::F16 ? 1e-3 : 1e-6; }

static bool isClose(const Tensor &actual, const Tensor &expected, int64_t i, std::optional<double> tolerance) {
  if (actual.type() != ElementType::F32 && actual.type() != ElementType::F16)
    return actual.getInt(i) == expected.getInt(i);
  double a = actual.getDouble(i), e = expected.getDouble(i);
  if (std::isnan(e) || std::isinf(e) || std::isnan(a))
    return a == e || (std::isnan(a) && std::isnan(e));
  return std::fabs(a - e) <= tolerance.value_or(defaultTolerance(actual.type())) * std::max(1.0, std::fabs(e));
}

static LogicalResult compare(func::FuncOp func, unsigned result, const Tensor &actual, Attribute attribute) {
  std::optional<double> tolerance;
  if (auto given = func->getAttrOfType<FloatAttr>("snap.tolerance"))
    tolerance = given.getValueAsDouble();
  auto expected = dyn_cast<DenseElementsAttr>(attribute);
  Type type = tensorTypeOf(actual, func.getContext());
  if (!expected || expected.getType() != type)
    return func.emitError() << "result " << result << " is " << type << ", snap.expected holds "
                            << (expected ? Type(expected.getType()) : NoneType::get(func.getContext()));
  Tensor wanted = toTensor(expected);
  for (int64_t i = 0; i < actual.elements(); ++i)
    if (!isClose(actual, wanted, i, tolerance))
      return func.emitError() << "result " << result << " differs at element " << i << ": " << actual.getDouble(i)
                              << ", expected " << wanted.getDouble(i) << "; all of it is "
                              << toAttribute(actual, func.getContext());
  return success();
}

static LogicalResult check(func::FuncOp func) {
  auto expected = func->getAttrOfType<ArrayAttr>("snap.expected");
  if (func.getNumArguments() || !expected || expected.size() != func.getNumResults() || expected.empty())
    return func.emitError("should take no arguments, and snap.expected should hold a value for every result");
  auto noWeights = [](Operation *op, StringRef, RankedTensorType) -> FailureOr<Tensor> {
    return op->emitOpError() << "has no bytes here: use snap.constant";
  };
  FailureOr<SmallVector<Tensor>> results = interpret(func, {}, noWeights);
  if (failed(results))
    return failure();
  bool same = true;
  for (auto [i, tensor] : llvm::enumerate(*results))
    same &= succeeded(compare(func, i, tensor, expected[i]));
  return success(same);
}

namespace {
struct InterpretPass : PassWrapper<InterpretPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(InterpretPass)

  StringRef getArgument() const final { return "interpret"; }
  StringRef getDescription() const final {
    return "runs every function with the reference interpreter and compares with its snap.expected";
  }
  void runOnOperation() final {
    bool ran = false, same = true;
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      same &= succeeded(check(func));
      ran = true;
    }
    if (!ran)
      getOperation().emitError("has no function to interpret");
    if (!ran || !same)
      signalPassFailure();
  }
};
} // namespace

void snap::registerInterpretPass() { PassRegistration<InterpretPass>(); }
