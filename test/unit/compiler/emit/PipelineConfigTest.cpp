//===- PipelineConfigTest.cpp ---------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/PipelineConfig.h"

#include "ScratchFolder.h"

#include <gtest/gtest.h>

using namespace snap;
using snap::test::ScratchFolder;

namespace {

class PipelineConfigTest : public testing::Test {
protected:
  PipelineConfigTest() {
    folder.write("model_index.json", R"({"_class_name": "OnnxStableDiffusionPipeline",
      "scheduler": ["diffusers", "DDIMScheduler"], "tokenizer": ["transformers", "CLIPTokenizer"]})");
    folder.write("scheduler/scheduler_config.json", "{}");
    folder.write("unet/config.json", R"({"in_channels": 4, "out_channels": 4, "sample_size": 64})");
    folder.write("vae_decoder/config.json", R"({"scaling_factor": 0.13025})");
  }

  PipelineConfig read() {
    llvm::Expected<PipelineConfig> config = readPipelineConfig(folder.path());
    if (config)
      return *config;
    ADD_FAILURE() << llvm::toString(config.takeError());
    return {};
  }

  /// Expects the message "FOLDER/file: message".
  void expectRefused(const std::string &file, const std::string &text, const std::string &message) {
    folder.write(file, text);
    llvm::Expected<PipelineConfig> config = readPipelineConfig(folder.path());
    if (config)
      ADD_FAILURE() << "accepted " << text;
    else
      EXPECT_EQ(llvm::toString(config.takeError()), folder.path(file) + ": " + message);
  }

  ScratchFolder folder;
};

} // namespace

TEST_F(PipelineConfigTest, AbsentFieldsAreDiffusersDefaults) {
  folder.write("vae_decoder/config.json", "{}");
  folder.write("unet/config.json", R"({"sample_size": null})");
  PipelineConfig config = read();
  EXPECT_EQ(config.scalingFactor, 0.18215);
  EXPECT_EQ(config.width, 512);
  EXPECT_EQ(config.height, 512);
  EXPECT_EQ(config.latentChannels, 4u);
  EXPECT_EQ(config.maxTokens, 77u);
  const SchedulerConfig &ddim = config.scheduler;
  EXPECT_EQ(ddim.trainSteps, 1000u);
  EXPECT_EQ(ddim.betaStart, 0.0001);
  EXPECT_EQ(ddim.betaEnd, 0.02);
  EXPECT_EQ(ddim.betaSchedule, SchedulerConfig::BetaSchedule::Linear);
  EXPECT_EQ(ddim.spacing, SchedulerConfig::Spacing::Leading);
  EXPECT_EQ(ddim.prediction, SchedulerConfig::Prediction::Epsilon);
  EXPECT_TRUE(ddim.setAlphaToOne);
  EXPECT_TRUE(ddim.clipSample);
  EXPECT_FALSE(ddim.rescaleBetasZeroSnr);
  EXPECT_EQ(ddim.clipSampleRange, 1.0);
}

TEST_F(PipelineConfigTest, EveryFieldIsRead) {
  folder.write("scheduler/scheduler_config.json", R"({"_class_name": "DDIMScheduler", "num_train_timesteps": 4,
      "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "squaredcos_cap_v2", "clip_sample": false,
      "clip_sample_range": 2.5, "prediction_type": "v_prediction", "rescale_betas_zero_snr": true,
      "set_alpha_to_one": false, "steps_offset": 1, "timestep_spacing": "trailing", "thresholding": false,
      "trained_betas": [0.1, 0.2, 0.3, 0.4], "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0})");
  folder.write("unet/config.json", R"({"in_channels": 8, "out_channels": 8, "sample_size": [40, 64]})");
  folder.write("vae_decoder/config.json", R"({"scaling_factor": 0.5, "block_out_channels": [64, 64, 128]})");
  folder.write("tokenizer/tokenizer_config.json", R"({"model_max_length": 64})");
  PipelineConfig config = read();
  EXPECT_EQ(config.scalingFactor, 0.5);
  EXPECT_EQ(config.latentScale, 4);
  EXPECT_EQ(config.height, 160);
  EXPECT_EQ(config.width, 256);
  EXPECT_EQ(config.latentChannels, 8u);
  EXPECT_EQ(config.maxTokens, 64u);
  const SchedulerConfig &ddim = config.scheduler;
  EXPECT_EQ(ddim.trainSteps, 4u);
  EXPECT_EQ(ddim.betaStart, 0.00085);
  EXPECT_EQ(ddim.betaEnd, 0.012);
  EXPECT_EQ(ddim.betaSchedule, SchedulerConfig::BetaSchedule::SquaredCosCapV2);
  EXPECT_EQ(ddim.trainedBetas, (std::vector<double>{0.1, 0.2, 0.3, 0.4}));
  EXPECT_EQ(ddim.spacing, SchedulerConfig::Spacing::Trailing);
  EXPECT_EQ(ddim.prediction, SchedulerConfig::Prediction::VPrediction);
  EXPECT_EQ(ddim.stepsOffset, 1u);
  EXPECT_FALSE(ddim.setAlphaToOne);
  EXPECT_TRUE(ddim.rescaleBetasZeroSnr);
  EXPECT_FALSE(ddim.clipSample);
  EXPECT_EQ(ddim.clipSampleRange, 2.5);
}

TEST_F(PipelineConfigTest, TheModelsHere) {
  for (auto [name, size] : {std::pair("nano", 128), std::pair("snapfusion", 512)}) {
    llvm::Expected<PipelineConfig> config = readPipelineConfig(std::string(SNAP_MODELS "/") + name);
    ASSERT_TRUE(bool(config)) << llvm::toString(config.takeError());
    EXPECT_EQ(config->width, size);
    EXPECT_EQ(config->height, size);
    EXPECT_EQ(config->scheduler.prediction, SchedulerConfig::Prediction::VPrediction);
    EXPECT_EQ(config->scheduler.betaSchedule, SchedulerConfig::BetaSchedule::ScaledLinear);
  }
}

TEST_F(PipelineConfigTest, RefusesWhatIsNotSupported) {
  const char *scheduler = "scheduler/scheduler_config.json";
  expectRefused(scheduler, R"({"thresholding": true})",
                "field 'thresholding': dynamic thresholding is not supported; expected false");
  expectRefused(scheduler, R"({"beta_schedule": "laplace"})",
                "field 'beta_schedule': \"laplace\" is not supported; expected linear, scaled_linear, "
                "squaredcos_cap_v2");
  expectRefused(scheduler, R"({"timestep_spacing": "karras"})",
                "field 'timestep_spacing': \"karras\" is not supported; expected leading, trailing, linspace");
  expectRefused(scheduler, R"({"prediction_type": "flow"})",
                "field 'prediction_type': \"flow\" is not supported; expected epsilon, v_prediction, sample");
  expectRefused(scheduler, R"({"_class_name": "PNDMScheduler"})",
                "field '_class_name': PNDMScheduler is not supported; expected DDIMScheduler");
}

TEST_F(PipelineConfigTest, RefusesOtherPipelines) {
  expectRefused("model_index.json", R"({"_class_name": "StableDiffusionXLPipeline"})",
                "field '_class_name': StableDiffusionXLPipeline is not supported; expected "
                "OnnxStableDiffusionPipeline or ORTStableDiffusionPipeline or StableDiffusionPipeline");
  expectRefused("model_index.json", R"({"scheduler": ["diffusers", "EulerDiscreteScheduler"]})",
                "field 'scheduler': EulerDiscreteScheduler is not supported; expected DDIMScheduler");
  expectRefused("model_index.json", R"({"tokenizer": ["transformers", "T5Tokenizer"]})",
                "field 'tokenizer': T5Tokenizer is not supported; expected CLIPTokenizer or CLIPTokenizerFast");
  expectRefused("model_index.json", R"({"scheduler": "DDIMScheduler"})",
                "field 'scheduler': \"DDIMScheduler\"; expected a list");
}

TEST_F(PipelineConfigTest, RefusesWrongValues) {
  const char *scheduler = "scheduler/scheduler_config.json";
  expectRefused(scheduler, R"({"num_train_timesteps": 0})",
                "field 'num_train_timesteps': 0; expected a whole number from 1 to 1000000");
  expectRefused(scheduler, R"({"beta_start": "small"})",
                "field 'beta_start': \"small\"; expected a number from 0 to 1");
  expectRefused(scheduler, R"({"clip_sample": 1})", "field 'clip_sample': 1; expected true or false");
  expectRefused(scheduler, R"({"trained_betas": [0.1, 0.2]})",
                "field 'trained_betas': 2 numbers; expected num_train_timesteps, 1000");
  expectRefused(scheduler, R"({"num_train_timesteps": 2, "trained_betas": [0.1, "x"]})",
                "field 'trained_betas': expected numbers from 0 to 1");
  expectRefused(scheduler, "[1]", "expected a JSON object");
}

TEST_F(PipelineConfigTest, RefusesOtherModels) {
  expectRefused("unet/config.json", R"({"in_channels": 9, "out_channels": 4})",
                "field 'in_channels': 9, but out_channels is 4; expected a UNet for text to image, where they are "
                "equal");
  folder.write("unet/config.json", "{}");
  expectRefused("vae_decoder/config.json", R"({"shift_factor": 0.1})",
                "field 'shift_factor': a shift of the latents is not supported; expected 0");
  expectRefused("vae_decoder/config.json", R"({"scaling_factor": 0})",
                "field 'scaling_factor': 0; expected a number from 1e-09 to 1e+09");
}

TEST_F(PipelineConfigTest, NamesTheMissingFile) {
  folder.remove("scheduler/scheduler_config.json");
  llvm::Expected<PipelineConfig> config = readPipelineConfig(folder.path());
  ASSERT_FALSE(bool(config));
  EXPECT_EQ(llvm::toString(config.takeError()),
            folder.path("scheduler/scheduler_config.json") + ": No such file or directory");
}
