//===- Equivalence.cpp - The same results before and after ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "test/support/Equivalence.h"

#include "test/support/Random.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include <cmath>

using namespace mlir;
using namespace snap;

static bool isFloating(const Tensor &x) { return x.type() == ElementType::F32 || x.type() == ElementType::F16; }

static Tensor scaledTensor(RankedTensorType type, uint64_t seed, double scale) {
  Tensor result(elementTypeOf(type.getElementType()), type.getShape().vec());
  test::Random random(seed);
  for (int64_t i = 0; i < result.elements(); ++i) {
    if (isFloating(result))
      result.set(i, random.unit() * scale);
    else
      result.setInt(i, random.between(0, result.type() == ElementType::I1 ? 1 : 7));
  }
  return result;
}

// Uniform on [-sqrt 3, sqrt 3] has variance 1.
static constexpr double kUnitVariance = 1.7320508075688772;

Tensor test::randomTensor(RankedTensorType type, uint64_t seed) { return scaledTensor(type, seed, kUnitVariance); }

std::vector<Tensor> test::randomInputs(func::FuncOp func, uint64_t seed) {
  std::vector<Tensor> inputs;
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    inputs.push_back(randomTensor(cast<RankedTensorType>(type), seed * 31 + i));
  return inputs;
}

FailureOr<Tensor> test::testWeight(Operation *, StringRef name, RankedTensorType type) {
  uint64_t seed = 14695981039346656037u; // FNV-1a, so that a weight does not depend on the standard library
  for (char c : name)
    seed = (seed ^ uint8_t(c)) * 1099511628211u;
  int64_t outputs =
      type.getRank() < 2 ? type.getNumElements() : std::min(type.getShape().front(), type.getShape().back());
  double fanIn = type.getRank() < 2 ? 1 : double(type.getNumElements()) / std::max<int64_t>(outputs, 1);
  return scaledTensor(type, seed, kUnitVariance / std::sqrt(std::max(fanIn, 1.0)));
}

FailureOr<SmallVector<Tensor>> test::runProgram(ModuleOp module, uint64_t seed) {
  auto functions = llvm::to_vector(module.getOps<func::FuncOp>());
  if (functions.size() != 1)
    return module.emitError() << "has " << functions.size() << " functions, should have one";
  return interpret(functions.front(), randomInputs(functions.front(), seed), testWeight);
}

std::string test::compareTensors(const Tensor &actual, const Tensor &expected, double tolerance) {
  if (actual.type() != expected.type() || actual.shape() != expected.shape())
    return "types differ";
  double difference = 0, magnitude = 0, largest = 0;
  int64_t worst = 0;
  for (int64_t i = 0; i < actual.elements(); ++i) {
    double a = actual.getDouble(i), e = expected.getDouble(i);
    bool same =
        isFloating(actual) ? (std::isnan(a) && std::isnan(e)) || a == e : actual.getInt(i) == expected.getInt(i);
    if (same) {
      magnitude += std::isfinite(e) ? e * e : 0;
      continue;
    }
    if (!isFloating(actual) || !std::isfinite(a) || !std::isfinite(e))
      return "element " + std::to_string(i) + " is " + std::to_string(a) + ", expected " + std::to_string(e);
    difference += (a - e) * (a - e);
    magnitude += e * e;
    if (std::fabs(a - e) > largest) {
      largest = std::fabs(a - e);
      worst = i;
    }
  }
  // A tensor that cancels to nothing has no meaningful relative error.
  double floor = 1e-12 * actual.elements();
  if (std::sqrt(difference / (magnitude + floor)) <= tolerance)
    return "";
  return "relative L2 error " + std::to_string(std::sqrt(difference / (magnitude + floor))) + "; element " +
         std::to_string(worst) + " is " + std::to_string(actual.getDouble(worst)) + ", expected " +
         std::to_string(expected.getDouble(worst));
}

static std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

std::string test::checkEquivalent(ModuleOp module, StringRef pipeline, uint64_t seed, double tolerance) {
  std::string before = print(module);
  auto report = [&](const std::string &what) {
    return "seed " + std::to_string(seed) + ": " + what + "\n--- before\n" + before + "--- after " + pipeline.str() +
           "\n" + print(module);
  };
  FailureOr<SmallVector<Tensor>> expected = runProgram(module, seed);
  if (failed(expected))
    return report("the program does not run");
  PassManager passes(module.getContext());
  if (failed(parsePassPipeline(pipeline, passes)))
    return "cannot parse the pipeline " + pipeline.str();
  if (failed(passes.run(module)) || failed(verify(module)))
    return report("the pipeline fails");
  FailureOr<SmallVector<Tensor>> actual = runProgram(module, seed);
  if (failed(actual) || actual->size() != expected->size())
    return report("the rewritten program does not run or has other results");
  for (size_t i = 0; i < actual->size(); ++i)
    if (std::string difference = compareTensors((*actual)[i], (*expected)[i], tolerance); !difference.empty())
      return report("result " + std::to_string(i) + ": " + difference);
  return "";
}
