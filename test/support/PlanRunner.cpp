//===- PlanRunner.cpp - Runs plans on the reference kernels ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/PlanRunner.h"

#include "dialects/plan/Plan.h"
#include "dialects/reference/Interpreter.h"
#include "dialects/reference/KernelReference.h"
#include "test/support/Equivalence.h"

#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace snap;

namespace {

/// One program of a module on an arena of its own.
class PlanRunner {
public:
  PlanRunner(ModuleOp module, plan::ProgramOp program)
      // Bytes nobody wrote are NaN (or -1), not zero.
      : module(module), program(program), arena(program.getArenaBytes().value_or(0), 0xff) {}
  FailureOr<std::vector<Tensor>> run(ArrayRef<Tensor> inputs);

private:
  uint8_t *address(Value buffer);
  FailureOr<Tensor> packedWeight(plan::DataOp data);
  LogicalResult call(plan::CallOp call);

  ModuleOp module;
  plan::ProgramOp program;
  std::vector<uint8_t> arena;
  llvm::DenseMap<Operation *, Tensor> weights;
};

uint8_t *PlanRunner::address(Value buffer) {
  int64_t offset = 0;
  while (auto view = buffer.getDefiningOp<plan::ViewOp>()) {
    offset += view.getByteOffset();
    buffer = view.getSource();
  }
  Operation *root = buffer.getDefiningOp();
  if (isa<plan::DataOp>(root))
    return static_cast<uint8_t *>(weights[root].mutableRaw()) + offset;
  if (auto input = dyn_cast<plan::InputOp>(root))
    return arena.data() + *input.getOffset() + offset;
  return arena.data() + *cast<plan::AllocOp>(root).getOffset() + offset;
}

FailureOr<Tensor> PlanRunner::packedWeight(plan::DataOp data) {
  auto weight = SymbolTable(module).lookup<plan::WeightOp>(data.getWeight());
  FailureOr<SmallVector<Tensor>> packed = interpret(weight.getBody().front(), {}, test::testWeight);
  if (failed(packed))
    return failure();
  return packed->front();
}

/// Copies between memory laid out as `spec` says and a dense tensor.
void copyElements(const TensorSpec &spec, uint8_t *memory, uint8_t *dense, bool toDense) {
  int64_t size = byteSize(spec.type);
  std::vector<int64_t> index(spec.shape.size(), 0);
  for (int64_t element = 0; element < spec.elements(); ++element) {
    int64_t at = element;
    if (!spec.isDense()) {
      at = 0;
      for (size_t i = 0; i < index.size(); ++i)
        at += index[i] * spec.strides[i];
    }
    uint8_t *there = memory + at * size, *here = dense + element * size;
    std::memcpy(toDense ? here : there, toDense ? there : here, size);
    for (size_t i = index.size(); i-- > 0;) {
      if (++index[i] < spec.shape[i])
        break;
      index[i] = 0;
    }
  }
}

LogicalResult PlanRunner::call(plan::CallOp call) {
  std::string error;
  std::optional<KernelKey> key = KernelKey::parse(call.getKey().str(), error);
  if (!key)
    return call.emitOpError() << error;
  std::vector<Tensor> inputs;
  for (auto [buffer, spec] : llvm::zip(call.getInputs(), key->inputs)) {
    Tensor tensor(spec.type, spec.shape);
    copyElements(spec, address(buffer), static_cast<uint8_t *>(tensor.mutableRaw()), /*toDense=*/true);
    inputs.push_back(tensor);
  }
  std::vector<Tensor> outputs = evaluateKernel(*key, inputs);
  for (auto [buffer, spec, tensor] : llvm::zip(call.getOutputs(), key->outputs, outputs))
    copyElements(spec, address(buffer), static_cast<uint8_t *>(tensor.mutableRaw()), /*toDense=*/false);
  return success();
}

FailureOr<std::vector<Tensor>> PlanRunner::run(ArrayRef<Tensor> inputs) {
  std::vector<Tensor> outputs;
  size_t input = 0;
  for (auto op : program.getBody().getOps<plan::InputOp>()) {
    std::memcpy(address(op.getBuffer()), inputs[input].raw(), inputs[input].bytes());
    ++input;
  }
  for (Operation &op : program.getBody().front()) {
    if (auto data = dyn_cast<plan::DataOp>(op)) {
      FailureOr<Tensor> packed = packedWeight(data);
      if (failed(packed))
        return failure();
      weights[&op] = *packed;
    }
    if (auto callOp = dyn_cast<plan::CallOp>(op); callOp && failed(call(callOp)))
      return failure();
  }
  for (auto op : program.getBody().getOps<plan::OutputOp>()) {
    auto type = cast<ShapedType>(op.getBuffer().getType());
    Tensor tensor(elementTypeOf(type.getElementType()), type.getShape().vec());
    std::memcpy(tensor.mutableRaw(), address(op.getBuffer()), tensor.bytes());
    outputs.push_back(tensor);
  }
  return outputs;
}

} // namespace

FailureOr<std::vector<Tensor>> test::runPlan(ModuleOp module, ArrayRef<Tensor> inputs) {
  auto programs = llvm::to_vector(module.getOps<plan::ProgramOp>());
  if (programs.size() != 1)
    return module.emitError() << "has " << programs.size() << " programs, should have one";
  return PlanRunner(module, programs.front()).run(inputs);
}
