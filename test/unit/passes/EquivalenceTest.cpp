//===- EquivalenceTest.cpp - Passes keep what programs compute ------------===//
//
// Every graph pass, alone and in the pipeline, on random programs: the
// reference interpreter's results before and after. A failure prints the seed
// and both programs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/Equivalence.h"
#include "passes/Passes.h"
#include "test/support/RandomProgram.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {

struct Case {
  const char *name;
  const char *pipeline;
  double tolerance; // relative L2
  unsigned seeds;   // of each kind of program
  test::ProgramKind first = test::ProgramKind::Soup;
};

class PassEquivalence : public testing::TestWithParam<Case> {};

TEST_P(PassEquivalence, OnRandomPrograms) {
  static const bool registered = (registerSnapPasses(), true);
  ASSERT_TRUE(registered);
  for (unsigned kind = unsigned(GetParam().first); kind < test::kProgramKinds; ++kind)
    for (unsigned seed = 0; seed < GetParam().seeds; ++seed) {
      MLIRContext context;
      test::loadDialects(context);
      OwningOpRef<ModuleOp> module = test::randomProgram(context, test::ProgramKind(kind), seed);
      ASSERT_EQ(test::checkEquivalent(*module, GetParam().pipeline, seed, GetParam().tolerance), "") << "kind " << kind;
    }
}

// Rewrites that only move or group work are held to rounding; f16 to its ten
// bits over a whole block, and not on soups, whose floors and comparisons jump
// when a value is rounded.
constexpr test::ProgramKind blocks = test::ProgramKind::TransformerBlock;
INSTANTIATE_TEST_SUITE_P(
    All, PassEquivalence,
    testing::Values(Case{"SimplifyImport", "func.func(simplify-import)", 1e-5, 100},
                    Case{"RecoverOps", "func.func(recover-ops)", 1e-5, 100},
                    Case{"ChooseLayouts", "func.func(choose-layouts)", 1e-5, 100},
                    Case{"Fuse", "func.func(fuse)", 0, 100},
                    Case{"ConvertPrecision", "func.func(convert-precision)", 1e-2, 100, blocks},
                    Case{"Pipeline", "func.func(simplify-import,recover-ops,choose-layouts,fuse)", 1e-5, 200},
                    Case{"PipelineF16", "func.func(simplify-import,recover-ops,convert-precision,choose-layouts,fuse)",
                         1e-2, 100, blocks}),
    [](const testing::TestParamInfo<Case> &info) { return std::string(info.param.name); });

} // namespace
