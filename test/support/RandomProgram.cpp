//===- RandomProgram.cpp - Which program a seed stands for ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/RandomProgram.h"

#include "test/support/Programs.h"

#include "dialects/plan/Plan.h"

using namespace mlir;
using namespace snap;
using namespace snap::test;

void test::loadDialects(MLIRContext &context) {
  context.loadDialect<func::FuncDialect, SnapDialect, plan::PlanDialect>();
}

namespace {

struct Maker {
  const char *name;
  OwningOpRef<ModuleOp> (*make)(ProgramBuilder &p);
};

// In the order of ProgramKind.
constexpr Maker makers[] = {
    {"Soup", soup},
    {"SmoothSoup", smoothSoup},
    {"TransformerBlock", transformerBlock},
    {"ResnetBlock", resnet},
    {"UpsampleConv", upsampleConv},
    {"ConcatSkip", concatSkip},
    {"TextEncoder", textEncoder},
    {"Unet", unet},
    {"Decoder", decoder},
};
static_assert(std::size(makers) == kProgramKinds, "every kind has a maker");

} // namespace

const char *test::nameOf(ProgramKind kind) { return makers[size_t(kind)].name; }

OwningOpRef<ModuleOp> test::randomProgram(MLIRContext &context, ProgramKind kind, uint64_t seed) {
  ProgramBuilder p(context, seed);
  return makers[size_t(kind)].make(p);
}

OwningOpRef<ModuleOp> test::randomProgram(MLIRContext &context, uint64_t seed) {
  // Half of the programs are soups.
  return randomProgram(context, seed % 2 ? ProgramKind::Soup : ProgramKind(1 + seed / 2 % (kProgramKinds - 1)), seed);
}
