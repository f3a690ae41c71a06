//===- CompactPrunedTest.cpp - Pruned programs compute the same -----------===//
//
// Random programs with channels of their weights zeroed, interpreted before and
// after compact-pruned. A failure prints the seed and both programs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"
#include "test/support/Equivalence.h"
#include "test/support/ProgramSweep.h"
#include "test/support/Random.h"
#include "test/support/RandomProgram.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/Process.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {

/// Weights of a seed: channel c of every dimension of width W is zero or not
/// for all weights alike, as structured pruning leaves them, but for some
/// weights that keep everything and some that are zero whole.
class PrunedWeights {
public:
  PrunedWeights(ModuleOp module, uint64_t seed) : seed(seed) {
    module.walk([&](WeightOp op) { types[op.getName()] = cast<RankedTensorType>(op.getType()); });
  }

  FailureOr<Tensor> get(StringRef name) const {
    auto it = types.find(name);
    if (it == types.end())
      return failure();
    RankedTensorType type = it->second;
    FailureOr<Tensor> tensor = test::testWeight(nullptr, name, type);
    if (failed(tensor) || !isa<FloatType>(type.getElementType()))
      return tensor;
    uint64_t index = 0;
    name.rsplit('_').second.getAsInteger(10, index);
    test::Random random(seed * 7919 + index);
    bool whole = random.oneIn(10), untouched = random.oneIn(6);
    std::vector<int64_t> strides = tensor->strides();
    for (int64_t i = 0; i < tensor->elements() && !untouched; ++i) {
      bool zero = whole;
      for (int64_t d = 0; d < type.getRank(); ++d)
        zero |= isDead(type.getDimSize(d), i / strides[d] % type.getDimSize(d));
      if (zero)
        tensor->set(i, 0);
    }
    return tensor;
  }

private:
  bool isDead(int64_t width, int64_t channel) const {
    test::Random random(seed * 31 + width * 1009 + channel);
    random.next();
    return width > 1 && random.oneIn(seed % 3 + 2);
  }

  uint64_t seed;
  llvm::StringMap<RankedTensorType> types;
};

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

/// Empty if the results agree; adds to `removed` and `blocks`.
std::string check(ModuleOp module, uint64_t seed, int64_t &removed, size_t &blocks) {
  PassManager before(module.getContext());
  before.nest<func::FuncOp>().addPass(createSimplifyImport());
  before.nest<func::FuncOp>().addPass(createRecoverOps());
  if (failed(before.run(module)))
    return "the passes before fail";
  std::string text = print(module);
  auto report = [&](const std::string &what) {
    return "seed " + std::to_string(seed) + ": " + what + "\n--- before\n" + text + "--- after\n" + print(module);
  };
  PrunedWeights weights(module, seed);
  auto source = [&](Operation *, StringRef name, RankedTensorType) { return weights.get(name); };
  auto func = *module.getOps<func::FuncOp>().begin();
  std::vector<Tensor> inputs = test::randomInputs(func, seed);
  FailureOr<SmallVector<Tensor>> expected = interpret(func, inputs, source);

  CompactionReport found;
  PassManager passes(module.getContext());
  auto lookup = [&](StringRef name) -> std::optional<Tensor> {
    FailureOr<Tensor> tensor = weights.get(name);
    return succeeded(tensor) ? std::optional<Tensor>(*tensor) : std::nullopt;
  };
  passes.addPass(createCompactPruned({}, lookup, &found));
  if (failed(expected) || failed(passes.run(module)) || failed(verify(module)))
    return report("the pass fails");
  FailureOr<SmallVector<Tensor>> actual = interpret(func, inputs, source);
  if (failed(actual) || actual->size() != expected->size())
    return report("the compacted program does not run");
  for (size_t i = 0; i < actual->size(); ++i)
    if (std::string problem = test::compareTensors((*actual)[i], (*expected)[i], 1e-5); !problem.empty())
      return report("result " + std::to_string(i) + ": " + problem + "\n" + found.str());
  for (const CompactionReport::Program &program : found.programs)
    removed += program.removed;
  blocks += found.blocks.size();
  return "";
}

TEST(CompactPruned, KeepsWhatProgramsCompute) {
  int64_t removed = 0;
  size_t blocks = 0;
  EXPECT_EQ(test::sweep(test::ProgramKind::Soup, 50,
                        [&](ModuleOp module, uint64_t seed) { return check(module, seed, removed, blocks); }),
            "");
  if (llvm::sys::Process::GetEnv("SNAP_TEST_PROGRAM"))
    return;
  // The test would pass for nothing if there were nothing to remove.
  EXPECT_GT(removed, 500);
  EXPECT_GT(blocks, 20U);
}

} // namespace
