//===- ProgramSweep.cpp - A check over many random programs ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/ProgramSweep.h"

#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;
using namespace snap::test;

/// What to type to see only this program in the test that is running.
static std::string rerunCommand(const std::string &program) {
  const testing::TestInfo *test = testing::UnitTest::GetInstance()->current_test_info();
  return "SNAP_TEST_PROGRAM=" + program + " " + testing::internal::GetArgvs().front() +
         " --gtest_filter=" + test->test_suite_name() + "." + test->name();
}

std::string test::sweep(ProgramKind first, unsigned seeds,
                        llvm::function_ref<std::string(ModuleOp module, uint64_t seed)> check) {
  static const bool traced = (llvm::sys::PrintStackTraceOnErrorSignal(""), llvm::EnablePrettyStackTrace(), true);
  (void)traced;
  std::string only = llvm::sys::Process::GetEnv("SNAP_TEST_PROGRAM").value_or("");
  auto [onlyKind, onlySeed] = llvm::StringRef(only).split(':');
  uint64_t wantedSeed = 0;
  if (!only.empty() && onlySeed.getAsInteger(10, wantedSeed))
    return "SNAP_TEST_PROGRAM=" + only + ": expected KIND:SEED, as Unet:17";

  for (int kind = int(first); kind < kProgramKinds; ++kind) {
    llvm::StringRef name = nameOf(ProgramKind(kind));
    if (!only.empty() && name != onlyKind)
      continue;
    uint64_t begin = only.empty() ? 0 : wantedSeed, end = only.empty() ? seeds : wantedSeed + 1;
    for (uint64_t seed = begin; seed < end; ++seed) {
      std::string program = (name + ":" + llvm::Twine(seed)).str(), rerun = rerunCommand(program);
      llvm::PrettyStackTraceFormat trace("random program %s; rerun: %s", program.c_str(), rerun.c_str());
      MLIRContext context(MLIRContext::Threading::DISABLED);
      loadDialects(context);
      OwningOpRef<ModuleOp> module = randomProgram(context, ProgramKind(kind), seed);
      if (std::string problem = check(*module, seed); !problem.empty())
        return "random program " + program + "\nrerun: " + rerun + "\n" + problem;
    }
  }
  return "";
}
