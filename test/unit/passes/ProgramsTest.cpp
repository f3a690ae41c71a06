//===- ProgramsTest.cpp - Passes that split a denoising step in programs --===//
//
// Random steps run as a pipeline runs them, before and after: what one program
// leaves as state is what the next one finds.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Programs.h"
#include "passes/Passes.h"
#include "test/support/Equivalence.h"
#include "test/support/RandomProgram.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassRegistry.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {

using Named = std::map<std::string, Tensor>;

/// Runs one function: inputs and state by name.
FailureOr<Named> run(func::FuncOp func, const Named &inputs, Named &state) {
  std::vector<Tensor> values;
  for (unsigned i = 0; i < func.getNumArguments(); ++i) {
    auto shared = func.getArgAttrOfType<StringAttr>(i, kStateAttr);
    auto name = shared ? shared : func.getArgAttrOfType<StringAttr>(i, "snap.name");
    const Named &from = shared ? state : inputs;
    auto it = from.find(name.str());
    if (it == from.end())
      return func.emitError() << "nobody gives " << name;
    values.push_back(it->second);
  }
  FailureOr<SmallVector<Tensor>> results = interpret(func, values, test::testWeight);
  if (failed(results))
    return failure();
  Named outputs;
  for (auto [i, result] : llvm::enumerate(*results)) {
    if (auto shared = func.getResultAttrOfType<StringAttr>(i, kStateAttr))
      state[shared.str()] = result;
    else
      outputs[func.getResultAttrOfType<StringAttr>(i, "snap.name").str()] = result;
  }
  return outputs;
}

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

class Programs : public testing::Test {
protected:
  void SetUp() override {
    static const bool registered = (registerSnapPasses(), true);
    ASSERT_TRUE(registered);
    test::loadDialects(context);
  }

  void make(unsigned seed) { module = test::randomProgram(context, test::ProgramKind::Unet, seed); }
  func::FuncOp function(StringRef name) { return module->lookupSymbol<func::FuncOp>(name); }

  Named inputs(uint64_t seed) {
    Named values;
    func::FuncOp main = function("main");
    for (auto [i, tensor] : llvm::enumerate(test::randomInputs(main, seed)))
      values[main.getArgAttrOfType<StringAttr>(i, "snap.name").str()] = tensor;
    return values;
  }

  void apply(StringRef pipeline) {
    PassManager passes(&context);
    ASSERT_TRUE(succeeded(parsePassPipeline(pipeline, passes)));
    ASSERT_TRUE(succeeded(passes.run(*module)));
    ASSERT_TRUE(succeeded(verify(*module)));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

// Two steps after one preparation, the prompt's input with another value in between.
TEST_F(Programs, HoistInvariantsKeepsEveryStep) {
  for (unsigned seed = 0; seed < 120; ++seed) {
    make(seed);
    std::string before = print(*module);
    Named first = inputs(seed), second = inputs(seed + 1000);
    second["input_2"] = first["input_2"];
    Named none, state;
    FailureOr<Named> expected[] = {run(function("main"), first, none), run(function("main"), second, none)};
    apply("func.func(simplify-import,recover-ops),hoist-invariants{from=main input=input_2}");
    ASSERT_TRUE(function("prepare")) << before;
    ASSERT_TRUE(succeeded(run(function("prepare"), first, state)));
    EXPECT_GE(state.size(), 2u) << "keys and values of an attention at least";
    first.erase("input_2"), second.erase("input_2");
    FailureOr<Named> actual[] = {run(function("main"), first, state), run(function("main"), second, state)};
    for (int step = 0; step < 2; ++step) {
      ASSERT_TRUE(succeeded(expected[step]) && succeeded(actual[step])) << "seed " << seed << '\n' << before;
      ASSERT_EQ(test::compareTensors((*actual[step])["output_0"], (*expected[step])["output_0"], 1e-5), "")
          << "seed " << seed << ", step " << step << '\n'
          << before << print(*module);
    }
  }
}

Tensor rowOf(const Tensor &pair, int64_t row) {
  std::vector<int64_t> shape = pair.shape();
  shape[0] = 1;
  Tensor result(pair.type(), shape);
  for (int64_t i = 0; i < result.elements(); ++i)
    result.set(i, pair.getDouble(row * result.elements() + i));
  return result;
}

// Rows of equal latents, other prompts: the pair's prediction, and each of its rows by the step for one prompt.
TEST_F(Programs, ShareGuidanceKeepsBothRows) {
  unsigned pairs = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    make(seed);
    Named given = inputs(seed);
    if (given["input_0"].shape()[0] != 2)
      continue;
    ++pairs;
    Tensor latents = rowOf(given["input_0"], 0);
    for (int64_t i = 0; i < given["input_0"].elements(); ++i)
      given["input_0"].set(i, latents.getDouble(i % latents.elements()));
    std::string before = print(*module);
    Named none;
    FailureOr<Named> expected = run(function("main"), given, none);
    ASSERT_TRUE(succeeded(expected)) << before;

    apply("func.func(simplify-import,recover-ops),"
          "share-guidance{from=main sample=input_0 prompt=input_2 single=single}");
    Named shared = given;
    shared["input_0"] = latents;
    FailureOr<Named> actual = run(function("main"), shared, none);
    ASSERT_TRUE(succeeded(actual)) << before << print(*module);
    ASSERT_EQ(test::compareTensors((*actual)["output_0"], (*expected)["output_0"], 1e-5), "")
        << "seed " << seed << '\n'
        << before << print(*module);
    for (int64_t row : {0, 1}) {
      Named one = shared;
      one["input_2"] = rowOf(given["input_2"], row);
      FailureOr<Named> single = run(function("single"), one, none);
      ASSERT_TRUE(succeeded(single)) << before << print(*module);
      ASSERT_EQ(test::compareTensors((*single)["output_0"], rowOf((*expected)["output_0"], row), 1e-5), "")
          << "seed " << seed << ", row " << row << '\n'
          << before << print(*module);
    }
  }
  EXPECT_GE(pairs, 60u) << "of random UNets";
}

// A table of three timesteps gives what the timesteps gave.
TEST_F(Programs, SpecializeTimestepsKeepsEveryStep) {
  const int64_t timesteps[] = {981, 500, 1};
  for (unsigned seed = 0; seed < 120; ++seed) {
    make(seed);
    std::string before = print(*module);
    Named given = inputs(seed), none;
    std::vector<Tensor> expected;
    for (int64_t timestep : timesteps) {
      given["input_1"].set(0, static_cast<double>(timestep));
      FailureOr<Named> outputs = run(function("main"), given, none);
      ASSERT_TRUE(succeeded(outputs)) << before;
      expected.push_back((*outputs)["output_0"]);
    }
    apply("func.func(simplify-import,recover-ops),"
          "specialize-timesteps{from=main input=input_1 timesteps=981,500,1}");
    ASSERT_FALSE(findInput(function("main"), "input_1")) << before;
    given["step_index"] = Tensor(ElementType::I64, {1});
    for (int64_t step = 0; step < 3; ++step) {
      given["step_index"].setInt(0, step);
      FailureOr<Named> outputs = run(function("main"), given, none);
      ASSERT_TRUE(succeeded(outputs)) << before << print(*module);
      ASSERT_EQ(test::compareTensors((*outputs)["output_0"], expected[step], 1e-5), "")
          << "seed " << seed << ", step " << step << '\n'
          << before << print(*module);
    }
  }
}

} // namespace
