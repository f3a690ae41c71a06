//===- InterpreterTest.cpp - Running blocks, constants, life of tensors ---===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Interpreter.h"

#include "test/support/Equivalence.h"
#include "test/support/RandomProgram.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {
class InterpreterTest : public ::testing::Test {
protected:
  InterpreterTest() : handler(&context, [this](Diagnostic &d) { messages += d.str() + "\n"; }) {
    test::loadDialects(context);
  }
  func::FuncOp parse(const char *text) {
    module = parseSourceString<ModuleOp>(text, &context);
    return *module->getOps<func::FuncOp>().begin();
  }
  static Tensor filled(ElementType type, std::vector<int64_t> shape, double first) {
    Tensor result(type, std::move(shape));
    for (int64_t i = 0; i < result.elements(); ++i)
      result.set(i, first + i);
    return result;
  }

  MLIRContext context;
  std::string messages;
  ScopedDiagnosticHandler handler;
  OwningOpRef<ModuleOp> module;
};
} // namespace

// The weights of a 3 GB model must not pile up: each goes with its last user.
TEST_F(InterpreterTest, TensorsGoAfterTheirLastUse) {
  func::FuncOp func = parse(R"(
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %a = snap.weight "a" : tensor<4xf32>
      %b = snap.weight "b" : tensor<4xf32>
      %0 = snap.binary add %x, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      %1 = snap.binary mul %0, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      %2 = snap.binary mul %1, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      %3 = snap.unary neg %2 : (tensor<4xf32>) -> tensor<4xf32>
      return %3 : tensor<4xf32>
    })");
  std::map<std::string, std::weak_ptr<const void>> alive;
  auto weights = [&](Operation *, StringRef name, RankedTensorType) -> FailureOr<Tensor> {
    auto bytes = std::make_shared<std::vector<float>>(4, 2.0f);
    alive[name.str()] = bytes;
    return Tensor(ElementType::F32, {4}, bytes->data(), bytes);
  };
  std::string log;
  auto observe = [&](Value value, const Tensor &) {
    log += value.getDefiningOp()->getName().stripDialect().str();
    for (auto &[name, owner] : alive)
      log += owner.expired() ? "" : " " + name;
    log += "\n";
  };
  auto results = interpret(func.getBody().front(), {filled(ElementType::F32, {4}, 0)}, weights, observe);
  ASSERT_TRUE(succeeded(results));
  EXPECT_EQ((*results)[0].getDouble(1), -12); // -(1 + 2) * 2 * 2
  // An operation's own operands live while it runs.
  EXPECT_EQ(log, "weight a\nweight a b\nbinary a b\nbinary b\nbinary b\nunary\n");
}

TEST_F(InterpreterTest, AnOperandUsedTwiceAndAnUnusedResult) {
  func::FuncOp func = parse(R"(
    func.func @main(%x: tensor<2xi32>, %unused: tensor<2xi32>) -> (tensor<2xi32>, tensor<2xi32>) {
      %0 = snap.binary add %x, %x : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi32>
      %1 = snap.unary neg %0 : (tensor<2xi32>) -> tensor<2xi32>
      return %0, %0 : tensor<2xi32>, tensor<2xi32>
    })");
  auto results =
      interpret(func, {filled(ElementType::I32, {2}, 3), filled(ElementType::I32, {2}, 0)}, test::testWeight);
  ASSERT_TRUE(succeeded(results));
  EXPECT_EQ((*results)[1].getInt(1), 8);
}

TEST_F(InterpreterTest, RefusesWrongArguments) {
  func::FuncOp func = parse("func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }");
  EXPECT_TRUE(failed(interpret(func, {}, test::testWeight)));
  EXPECT_EQ(messages, "'func.func' op has 1 arguments, 0 are given\n");
  messages.clear();
  EXPECT_TRUE(failed(interpret(func, {filled(ElementType::F16, {2}, 0)}, test::testWeight)));
  EXPECT_EQ(messages, "'func.func' op argument 0 is 'tensor<2xf32>', 'tensor<2xf16>' is given\n");
}

TEST_F(InterpreterTest, RefusesWhatItDoesNotKnow) {
  func::FuncOp func = parse(R"(
    func.func @main() {
      func.call @main() : () -> ()
      return
    })");
  EXPECT_TRUE(failed(interpret(func, {}, test::testWeight)));
  EXPECT_EQ(messages, "'func.call' op cannot be interpreted\n");
}

// A weight that cannot be had stops the program with its own diagnostic.
TEST_F(InterpreterTest, PassesOnAMissingWeight) {
  func::FuncOp func = parse(R"(
    func.func @main() -> tensor<2xf32> {
      %0 = snap.weight "gone" : tensor<2xf32>
      return %0 : tensor<2xf32>
    })");
  auto none = [](Operation *op, StringRef name, RankedTensorType) -> FailureOr<Tensor> {
    return op->emitError() << "no " << name;
  };
  EXPECT_TRUE(failed(interpret(func, {}, none)));
  EXPECT_EQ(messages, "no gone\n");
}

TEST_F(InterpreterTest, ConstantsGoThereAndBack) {
  for (ElementType type : {ElementType::F32, ElementType::F16, ElementType::I64, ElementType::I32, ElementType::I8,
                           ElementType::U8, ElementType::I1}) {
    Tensor tensor(type, {3, 7});
    for (int64_t i = 0; i < 21; ++i)
      tensor.setInt(i, type == ElementType::I1 ? i % 3 == 0 : 100 - i);
    Tensor back = toTensor(toAttribute(tensor, &context));
    EXPECT_EQ(test::compareTensors(back, tensor, 0), "") << toString(type);

    Tensor equal(type, {3, 7});
    for (int64_t i = 0; i < 21; ++i)
      equal.setInt(i, 1);
    DenseElementsAttr splat = toAttribute(equal, &context);
    EXPECT_TRUE(splat.isSplat()) << toString(type);
    EXPECT_EQ(test::compareTensors(toTensor(splat), equal, 0), "") << toString(type);
  }
  Tensor empty(ElementType::F32, {0, 4}), scalar(ElementType::F32, {});
  scalar.set(0, 2.5);
  EXPECT_EQ(toTensor(toAttribute(empty, &context)).shape(), empty.shape());
  EXPECT_EQ(toTensor(toAttribute(scalar, &context)).getDouble(0), 2.5);
}
