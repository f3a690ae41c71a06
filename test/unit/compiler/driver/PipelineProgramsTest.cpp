//===- PipelineProgramsTest.cpp -------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/PipelinePrograms.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace snap;

namespace {

class PipelineProgramsTest : public testing::Test {
protected:
  PipelineProgramsTest() {
    context.loadDialect<mlir::func::FuncDialect>();
    context.allowUnregisteredDialects();
    config.width = 96;
    config.height = 64;
  }

  /// The message about a pipeline in whose text `from` was replaced by `to`, or
  /// "" when it fits.
  std::string check(const std::string &from = "", const std::string &to = "") {
    std::string text = kPrograms;
    if (!from.empty()) {
      size_t at = text.find(from);
      EXPECT_NE(at, std::string::npos) << from;
      text.replace(at, from.size(), to);
    }
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(bool(module));
    return llvm::toString(checkPipelinePrograms(*module, config));
  }

  static constexpr const char *kPrograms = R"(
func.func private @encode_text(tensor<1x77xi64> {snap.name = "input_ids"})
    -> (tensor<1x77x64xf32> {snap.name = "last_hidden_state"})
func.func private @step(tensor<2x4x8x12xf32> {snap.name = "sample"}, tensor<1xf32> {snap.name = "timestep"},
                        tensor<2x77x64xf32> {snap.name = "encoder_hidden_states"})
    -> (tensor<2x4x8x12xf32> {snap.name = "out_sample"})
func.func private @decode(tensor<1x4x8x12xf32> {snap.name = "latent_sample"})
    -> (tensor<1x3x64x96xf32> {snap.name = "sample"})
)";

  mlir::MLIRContext context;
  PipelineConfig config;
};

} // namespace

TEST_F(PipelineProgramsTest, Fits) {
  config.maxTokens = 1000;
  EXPECT_EQ(check(), "");
  EXPECT_EQ(config.maxTokens, 77u) << "the graph knows best";
  EXPECT_EQ(check("tensor<1xf32>", "tensor<1xi64>"), "");
}

TEST_F(PipelineProgramsTest, RefusesOtherNames) {
  EXPECT_EQ(check("\"timestep\"", "\"t\""), "unet/model.onnx: has no input 'timestep', which a pipeline needs; it has "
                                            "sample, t, encoder_hidden_states");
  EXPECT_EQ(check("\"last_hidden_state\"", "\"pooled\""),
            "text_encoder/model.onnx: has no output 'last_hidden_state', which a pipeline needs; it has pooled");
}

TEST_F(PipelineProgramsTest, RefusesOtherShapes) {
  EXPECT_EQ(check("tensor<2x4x8x12xf32>", "tensor<1x4x8x12xf32>"),
            "unet/model.onnx: input 'sample' is 1x4x8x12, expected 2x4x8x12");
  EXPECT_EQ(check("tensor<2x77x64xf32>", "tensor<2x77x32xf32>"),
            "unet/model.onnx: input 'encoder_hidden_states' is 2x77x32, expected 2x77x64");
  EXPECT_EQ(check("tensor<1xf32>", "tensor<f32>"), "unet/model.onnx: input 'timestep' is scalar, expected 1");
  EXPECT_EQ(check("tensor<1x3x64x96xf32>", "tensor<1x3x32x48xf32>"),
            "vae_decoder/model.onnx: output 'sample' is 1x3x32x48, expected 1x3x64x96");
  EXPECT_EQ(check("tensor<1x77xi64>", "tensor<77xi64>"),
            "text_encoder/model.onnx: input 'input_ids' is 77, expected 1x?");
}

TEST_F(PipelineProgramsTest, RefusesOtherTypes) {
  EXPECT_EQ(check("tensor<1x77xi64>", "tensor<1x77xf32>"),
            "text_encoder/model.onnx: input 'input_ids' is f32, expected i64 or i32");
  EXPECT_EQ(check("tensor<1x4x8x12xf32>", "tensor<1x4x8x12xf64>"),
            "vae_decoder/model.onnx: input 'latent_sample' is f64, expected f32 or f16");
}
