//===- RandomProgramTest.cpp - The generator and the folds ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/RandomProgram.h"

#include "dialects/snap/Snap.h"
#include "test/support/Equivalence.h"
#include "test/support/ProgramSweep.h"

#include "mlir/Transforms/Passes.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;
using namespace snap::test;

static std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

TEST(RandomProgram, SameSeedSameProgram) {
  MLIRContext context;
  loadDialects(context);
  for (int kind = 0; kind < kProgramKinds; ++kind) {
    auto first = randomProgram(context, ProgramKind(kind), 7), second = randomProgram(context, ProgramKind(kind), 7);
    EXPECT_EQ(print(*first), print(*second));
    EXPECT_NE(print(*first), print(*randomProgram(context, ProgramKind(kind), 8)));
  }
}

// The generator is only worth its name if it reaches every operation.
TEST(RandomProgram, ReachesEveryOperation) {
  MLIRContext context;
  loadDialects(context);
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 300; ++seed)
    randomProgram(context, seed)->walk([&](Operation *op) { seen.insert(op->getName().getStringRef().str()); });
  for (StringRef name :
       {"weight",  "constant",  "iota",      "unary",  "binary", "select",     "cast",       "reduce",   "arg_reduce",
        "cumsum",  "softmax",   "matmul",    "conv2d", "pool",   "group_norm", "layer_norm", "rms_norm", "attention",
        "reshape", "transpose", "broadcast", "concat", "slice",  "pad",        "gather",     "resize",   "upsample"})
    EXPECT_TRUE(seen.count("snap." + name.str())) << name.str();
}

// Values stay finite, so that a comparison of results means something.
TEST(RandomProgram, ResultsAreFinite) {
  MLIRContext context;
  loadDialects(context);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    auto module = randomProgram(context, seed);
    auto results = runProgram(*module, seed);
    ASSERT_TRUE(succeeded(results));
    for (const Tensor &tensor : *results)
      for (int64_t i = 0; i < tensor.elements(); ++i)
        ASSERT_LT(std::fabs(tensor.getDouble(i)), 1e6) << "seed " << seed << "\n" << print(*module);
  }
}

// SnapFolds.cpp, and CSE on what it leaves.
TEST(Folds, KeepResults) {
  MLIRContext context;
  loadDialects(context);
  registerCanonicalizerPass();
  registerCSEPass();
  for (uint64_t seed = 0; seed < 500; ++seed)
    ASSERT_EQ(checkEquivalent(*randomProgram(context, seed), "func.func(canonicalize,cse)", seed, 1e-6), "");
}

// A failure in a million programs is worth nothing if nobody can find it again.
TEST(ProgramSweep, NamesTheProgramThatFailed) {
  unsigned checked = 0;
  std::string problem = sweep(ProgramKind::SmoothSoup, 5, [&](ModuleOp module, uint64_t seed) -> std::string {
    ++checked;
    return checked == 8 && print(module) == print(*randomProgram(*module.getContext(), ProgramKind(2), seed)) ? "wrong"
                                                                                                              : "";
  });
  EXPECT_EQ(checked, 8u);
  EXPECT_NE(problem.find("random program TransformerBlock:2\n"), std::string::npos) << problem;
  EXPECT_NE(problem.find("SNAP_TEST_PROGRAM=TransformerBlock:2 "), std::string::npos) << problem;
  EXPECT_NE(problem.find("--gtest_filter=ProgramSweep.NamesTheProgramThatFailed\nwrong"), std::string::npos) << problem;
}

// A check that cannot fail would pass everything above.
TEST(Equivalence, FindsADifference) {
  RankedTensorType type;
  MLIRContext context;
  loadDialects(context);
  type = RankedTensorType::get({2, 3}, Float32Type::get(&context));
  Tensor a = randomTensor(type, 1), b = a;
  EXPECT_EQ(compareTensors(a, b, 0), "");
  b.set(4, b.getDouble(4) + 0.01);
  EXPECT_NE(compareTensors(a, b, 1e-4), "");
  b.set(4, NAN);
  EXPECT_NE(compareTensors(a, b, 1e-4), "");
  EXPECT_NE(compareTensors(a, a.reshaped({3, 2}), 1), "");
}
