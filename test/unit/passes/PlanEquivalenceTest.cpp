//===- PlanEquivalenceTest.cpp - Plans compute what programs do -----------===//
//
// Random programs lowered to plans, which are then run on a real arena with
// the reference of every kernel key: wrong keys, packing, views, strides and
// overlapping buffers all show.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Interpreter.h"
#include "dialects/reference/KernelReference.h"
#include "passes/Passes.h"
#include "test/support/Equivalence.h"
#include "test/support/RandomProgram.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassRegistry.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {

//===----------------------------------------------------------------------===//
// Running a plan
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// The tests
//===----------------------------------------------------------------------===//

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

/// Empty if the plan that `pipeline` makes gives the program's results.
std::string checkPlan(ModuleOp module, const std::string &pipeline, uint64_t seed, double tolerance) {
  std::string before = print(module);
  auto func = *module.getOps<func::FuncOp>().begin();
  std::vector<Tensor> inputs = test::randomInputs(func, seed);
  FailureOr<SmallVector<Tensor>> expected = test::runProgram(module, seed);
  if (failed(expected))
    return "the program does not run";
  auto report = [&](const std::string &what) {
    return "seed " + std::to_string(seed) + ": " + what + "\n--- before\n" + before + "--- after\n" + print(module);
  };
  PassManager passes(module.getContext());
  if (failed(parsePassPipeline(pipeline + ",lower-to-plan{target=x86_64-linux cpu=avx2},allocate-arena,verify-plan",
                               passes)))
    return "cannot parse the pipeline";
  if (failed(passes.run(module)) || failed(verify(module)))
    return report("the pipeline fails");
  PlanRunner runner(module, *module.getOps<plan::ProgramOp>().begin());
  FailureOr<std::vector<Tensor>> actual = runner.run(inputs);
  if (failed(actual) || actual->size() != expected->size())
    return report("the plan does not run");
  for (size_t i = 0; i < actual->size(); ++i)
    if (std::string problem = test::compareTensors((*actual)[i], (*expected)[i], tolerance); !problem.empty())
      return report("result " + std::to_string(i) + ": " + problem);
  return "";
}

void checkPlans(const std::string &pipeline, unsigned seeds, double tolerance, test::ProgramKind first) {
  static const bool registered = (registerSnapPasses(), true);
  ASSERT_TRUE(registered);
  for (unsigned kind = unsigned(first); kind < test::kProgramKinds; ++kind)
    for (unsigned seed = 0; seed < seeds; ++seed) {
      MLIRContext context;
      test::loadDialects(context);
      OwningOpRef<ModuleOp> module = test::randomProgram(context, test::ProgramKind(kind), seed);
      ASSERT_EQ(checkPlan(*module, pipeline, seed, tolerance), "") << "kind " << kind;
    }
}

// Straight from the importer's form: nchw, transposed operands, every operation.
TEST(PlanEquivalence, ofImportedPrograms) {
  checkPlans("func.func(tile-attention{target=x86_64-linux cpu=avx2})", 60, 1e-4, test::ProgramKind::Soup);
}

TEST(PlanEquivalence, ofOptimisedPrograms) {
  checkPlans("func.func(simplify-import,recover-ops,choose-layouts,fuse)", 100, 1e-4, test::ProgramKind::Soup);
}

// Soups round and compare: a value off by one rounding may jump.
TEST(PlanEquivalence, ofProgramsInF16) {
  checkPlans("func.func(simplify-import,recover-ops,convert-precision,choose-layouts,fuse)", 40, 1e-2,
             test::ProgramKind::TransformerBlock);
}

} // namespace
