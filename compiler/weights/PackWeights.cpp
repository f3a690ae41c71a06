//===- PackWeights.cpp - Executes a plan's weight expressions -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/weights/PackWeights.h"
#include "dialects/reference/Interpreter.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FormatVariadic.h"

#include <future>

using namespace llvm;
using namespace mlir;

namespace snap {

namespace {

/// What one region gave: its tensor, or why there is none.
struct Packed {
  Tensor tensor;
  std::string error;
};

std::string printShape(ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t dim : shape)
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text.empty() ? "a scalar" : text;
}

/// Runs one region. Called from two threads at a time, on different regions.
Packed runRegion(plan::WeightOp op, const WeightStore &weights) {
  std::string error;
  auto source = [&](Operation *, StringRef name, RankedTensorType type) -> FailureOr<Tensor> {
    Expected<Tensor> tensor = weights.get(name);
    if (!tensor) {
      error = toString(tensor.takeError());
      return failure();
    }
    if (tensor->type() != elementTypeOf(type.getElementType()) ||
        ArrayRef<int64_t>(tensor->shape()) != type.getShape()) {
      error = formatv("weight '{0}' is {1} of {2}, but the program reads it as {3} of {4}", name,
                      printShape(tensor->shape()), toString(tensor->type()), printShape(type.getShape()),
                      toString(elementTypeOf(type.getElementType())));
      return failure();
    }
    return *tensor;
  };
  FailureOr<SmallVector<Tensor>> results = interpret(op.getBody().front(), {}, source);
  if (failed(results) || results->size() != 1)
    return {Tensor(), error.empty() ? "weight expression @" + op.getSymName().str() + " cannot be evaluated" : error};
  return {std::move(results->front()), ""};
}

} // namespace

Error packWeights(ModuleOp plan, const WeightStore &weights,
                  llvm::function_ref<Error(plan::WeightOp, const Tensor &)> write,
                  llvm::function_ref<void(uint64_t, uint64_t)> progress) {
  SmallVector<plan::WeightOp> ops(plan.getOps<plan::WeightOp>());
  // One weight is computed ahead while the calling thread computes and writes
  // another: pairs, so that no more than two are ever held.
  for (size_t i = 0; i < ops.size(); i += 2) {
    std::future<Packed> second;
    if (i + 1 < ops.size())
      second = std::async(std::launch::async, runRegion, ops[i + 1], std::cref(weights));
    for (size_t j = i; j < std::min(i + 2, ops.size()); ++j) {
      Packed packed = j == i ? runRegion(ops[j], weights) : second.get();
      if (!packed.error.empty())
        return createStringError(std::errc::invalid_argument, "%s", packed.error.c_str());
      if (Error error = write(ops[j], packed.tensor))
        return error; // the future's destructor waits for the other thread
      if (progress)
        progress(j + 1, ops.size());
    }
  }
  return Error::success();
}

} // namespace snap
