//===- GenerateTest.cpp ---------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "TestPipeline.h"
#include "TestTokenizer.h"
#include "runtime/noise.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace snap::test;

namespace {

/// What the callbacks saw.
struct Seen {
  struct Progress {
    snap_stage stage;
    uint32_t step, total;
    bool operator==(const Progress &o) const { return stage == o.stage && step == o.step && total == o.total; }
  };
  std::vector<Progress> progress;
  int stopAt = -1; // the number of the progress call that says stop
  std::vector<std::string> names;
  std::map<std::string, std::vector<float>> values;
  std::map<std::string, std::vector<int64_t>> shapes;

  static int onProgress(void *user, snap_stage stage, uint32_t step, uint32_t total) {
    Seen &self = *static_cast<Seen *>(user);
    self.progress.push_back({stage, step, total});
    return static_cast<int>(self.progress.size()) - 1 == self.stopAt;
  }
  static void onTensor(void *user, const snap_tensor *tensor) {
    Seen &self = *static_cast<Seen *>(user);
    self.names.push_back(tensor->name);
    self.shapes[tensor->name].assign(tensor->shape, tensor->shape + tensor->rank);
    if (tensor->type == SNAP_F32)
      self.values[tensor->name].assign(static_cast<const float *>(tensor->data),
                                       static_cast<const float *>(tensor->data) + tensor->bytes / 4);
  }
};

class GenerateTest : public testing::Test {
protected:
  GenerateTest() {
    params.size = sizeof params;
    params.prompt = "the cat";
    params.seed = 3;
    params.progress = Seen::onProgress;
    params.observer = Seen::onTensor;
    params.user = &seen;
  }
  ~GenerateTest() override { onPipelineCall = nullptr; }

  /// The picture that the plain pipeline draws of the same params.
  std::vector<uint8_t> plainPicture() {
    open(TestPipeline());
    EXPECT_EQ(generate(), SNAP_OK) << error.message;
    return rgb;
  }

  snap_pipeline_info pipelineInfo() {
    snap_pipeline_info info = {};
    info.size = sizeof info;
    EXPECT_EQ(snap_get_pipeline_info(opened->model, &info, &error), SNAP_OK) << error.message;
    return info;
  }

  void open(const TestPipeline &pipeline, snap_options options = {}) {
    opened = std::make_unique<OpenModel>(pipeline.bytes(), options, pipelineLibrary());
    ASSERT_EQ(opened->status, SNAP_OK) << opened->error.message;
  }
  snap_status generate() {
    rgb.assign(3 * kPixels, 0x77);
    return snap_generate(opened->model, &params, rgb.data(), rgb.size(), &error);
  }

  std::vector<int32_t> tokenize(const char *text) {
    std::vector<int32_t> ids(kTokens);
    EXPECT_EQ(snap_tokenize(opened->model, text, ids.data(), kTokens, nullptr, &error), SNAP_OK) << error.message;
    return ids;
  }

  /// Latents after `count` of `steps` steps and the picture, by the formulas.
  std::vector<double> expectedLatents(std::vector<double> x, uint32_t steps, double guidance, const char *negative) {
    std::vector<double> alphas;
    double product = 1;
    for (int i = 0; i < 1000; ++i) {
      double root = std::sqrt(0.00085) + (std::sqrt(0.012) - std::sqrt(0.00085)) * i / 999;
      alphas.push_back(product *= 1 - root * root);
    }
    std::vector<double> without = TestPipeline::embed(tokenize(negative));
    std::vector<double> with = TestPipeline::embed(tokenize(params.prompt));
    int stride = 1000 / static_cast<int>(steps);
    for (int s = static_cast<int>(steps) - 1; s >= 0; --s) {
      int t = s * stride + 1, previous = t - stride;
      double a = alphas[t], b = previous >= 0 ? alphas[previous] : alphas[0];
      std::vector<double> on = TestPipeline::predict(x, without, t), op = TestPipeline::predict(x, with, t);
      for (int i = 0; i < kLatents; ++i) {
        double v = on[i] + guidance * (op[i] - on[i]);
        double image = std::sqrt(a) * x[i] - std::sqrt(1 - a) * v, noise = std::sqrt(1 - a) * x[i] + std::sqrt(a) * v;
        x[i] = std::sqrt(b) * image + std::sqrt(1 - b) * noise;
      }
    }
    return x;
  }

  static std::vector<uint8_t> expectedPicture(std::vector<double> latents) {
    for (double &value : latents)
      value /= 0.5; // the scaling factor
    std::vector<double> picture = TestPipeline::draw(latents);
    std::vector<uint8_t> rgb;
    for (int i = 0; i < kPixels; ++i)
      for (int c = 0; c < 3; ++c)
        rgb.push_back(
            static_cast<uint8_t>(std::lround(std::min(1.0, std::max(0.0, picture[c * kPixels + i] / 2 + 0.5)) * 255)));
    return rgb;
  }

  void expectPicture(const std::vector<uint8_t> &expected, int tolerance) {
    int different = 0;
    for (size_t i = 0; i < rgb.size(); ++i)
      different += std::abs(rgb[i] - expected[i]) > tolerance;
    EXPECT_EQ(different, 0);
  }

  snap_generate_params params = {};
  std::unique_ptr<OpenModel> opened;
  std::vector<uint8_t> rgb;
  snap_error error = {};
  Seen seen;
};

std::vector<double> noise(uint64_t seed) {
  std::vector<float> values(kLatents);
  snap::runtime::fillNoise(seed, values.data(), values.size());
  return std::vector<double>(values.begin(), values.end());
}

} // namespace

TEST_F(GenerateTest, DrawsWhatTheFormulasSay) {
  open(TestPipeline());
  params.negative_prompt = "12";
  ASSERT_EQ(generate(), SNAP_OK) << error.message;
  std::vector<double> latents = expectedLatents(noise(3), 3, 2.5, "12");
  for (int i = 0; i < kLatents; ++i)
    EXPECT_NEAR(seen.values["latents-3"][i], latents[i], 2e-6 * (1 + std::fabs(latents[i])));
  expectPicture(expectedPicture(latents), 1);
}

TEST_F(GenerateTest, GivenLatentsStepsAndGuidance) {
  open(TestPipeline());
  std::vector<float> first(kLatents);
  for (int i = 0; i < kLatents; ++i)
    first[i] = static_cast<float>(i % 5) - 2;
  params.latents = first.data();
  params.latents_count = first.size();
  params.steps = 20;
  for (double guidance : {1.0, 7.5, -1.0}) {
    params.guidance = guidance;
    ASSERT_EQ(generate(), SNAP_OK) << error.message;
    EXPECT_EQ(seen.values["latents-0"], first);
    std::vector<double> latents = expectedLatents(std::vector<double>(first.begin(), first.end()), 20, guidance, "");
    for (int i = 0; i < kLatents; ++i)
      EXPECT_NEAR(seen.values["latents-20"][i], latents[i], 1e-5 * (1 + std::fabs(latents[i])));
    expectPicture(expectedPicture(latents), 1);
  }
}

TEST_F(GenerateTest, OtherElementTypes) {
  TestPipeline::Types types;
  types.number = snap::plan::ElementType::F16;
  types.ids = snap::plan::ElementType::I32;
  types.timestep = snap::plan::ElementType::I64;
  open(TestPipeline(types));
  ASSERT_EQ(generate(), SNAP_OK) << error.message;
  std::vector<double> latents = expectedLatents(noise(3), 3, 2.5, "");
  for (int i = 0; i < kLatents; ++i)
    EXPECT_NEAR(seen.values["latents-3"][i], latents[i], 2e-2);
  expectPicture(expectedPicture(latents), 3);
  EXPECT_EQ(seen.values["image"].size(), size_t(3 * kPixels)) << "the image is shown as f32";
}

// One set of latents for both rows, and the index of a step for its timestep: the same picture.
TEST_F(GenerateTest, SharedLatentsAndFixedSteps) {
  std::vector<uint8_t> expected = plainPicture();
  TestPipeline pipeline;
  pipeline.shareSample();
  pipeline.fixSteps({667, 334, 1});
  open(pipeline);
  ASSERT_EQ(generate(), SNAP_OK) << error.message;
  EXPECT_EQ(rgb, expected);
  snap_pipeline_info info = pipelineInfo();
  EXPECT_EQ(info.fixed_steps, 3u);
  EXPECT_EQ(info.single_pass, 0u);
  params.steps = 4;
  EXPECT_EQ(generate(), SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "the pipeline was compiled for 3 steps (--steps), got 4; compile with --steps any for "
                              "every number");
}

// A guidance of 1 runs the prompt alone, where the plan has such a step.
TEST_F(GenerateTest, WithoutGuidanceOneRow) {
  params.guidance = 1;
  params.negative_prompt = "a dog";
  std::vector<uint8_t> expected = plainPicture();
  TestPipeline pipeline;
  pipeline.addSingle();
  open(pipeline);
  std::vector<std::string> calls;
  onPipelineCall = [&](const std::string &kernel) { return calls.push_back(kernel), 0; };
  seen = Seen();
  ASSERT_EQ(generate(), SNAP_OK) << error.message;
  EXPECT_EQ(rgb, expected);
  EXPECT_EQ(calls, (std::vector<std::string>{"encode", "single", "single", "single", "decode"}));
  EXPECT_EQ(seen.shapes["embeddings"], (std::vector<int64_t>{1, kTokens, kEmbedding}));
  EXPECT_TRUE((seen.progress[0] == Seen::Progress{SNAP_STAGE_ENCODE, 0, 1}));
  calls.clear();
  params.guidance = 2;
  ASSERT_EQ(generate(), SNAP_OK) << error.message;
  EXPECT_EQ(calls, (std::vector<std::string>{"encode", "encode", "step", "step", "step", "decode"}));
}

// A pipeline compiled without guidance has nothing else.
TEST_F(GenerateTest, CompiledWithoutGuidance) {
  params.guidance = 1;
  std::vector<uint8_t> expected = plainPicture();
  TestPipeline pipeline;
  pipeline.addSingle();
  pipeline.program("step").name = "pair";
  pipeline.program("step_single").name = "step";
  open(pipeline);
  ASSERT_EQ(generate(), SNAP_OK) << error.message;
  EXPECT_EQ(rgb, expected);
  snap_pipeline_info info = pipelineInfo();
  EXPECT_EQ(info.single_pass, 1u);
  params.guidance = 2;
  EXPECT_EQ(generate(), SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "the pipeline was compiled with --guidance single, for a UNet that needs no guidance; "
                              "expected a guidance of 1");
}

// What prepare leaves is there in every step, though the arena is overwritten.
TEST_F(GenerateTest, PreparesOnce) {
  std::vector<uint8_t> expected = plainPicture();
  TestPipeline pipeline;
  pipeline.addPrepare();
  open(pipeline);
  std::vector<std::string> calls;
  onPipelineCall = [&](const std::string &kernel) { return calls.push_back(kernel), 0; };
  seen = Seen();
  ASSERT_EQ(generate(), SNAP_OK) << error.message;
  EXPECT_EQ(rgb, expected);
  EXPECT_EQ(calls, (std::vector<std::string>{"encode", "encode", "prepare", "step", "step", "step", "decode"}));
  const std::vector<Seen::Progress> stage = {{SNAP_STAGE_PREPARE, 0, 1}, {SNAP_STAGE_PREPARE, 1, 1}};
  EXPECT_TRUE(std::vector<Seen::Progress>(seen.progress.begin() + 3, seen.progress.begin() + 5) == stage);
  for (int stop : {3, 4}) {
    seen = Seen();
    seen.stopAt = stop;
    EXPECT_EQ(generate(), SNAP_CANCELLED);
  }
  snap_model_info info = {};
  info.size = sizeof info;
  snap_get_model_info(opened->model, &info);
  EXPECT_EQ(info.state_bytes, 2 * kTokens * kEmbedding * sizeof(float));
}

TEST_F(GenerateTest, SameSeedSamePicture) {
  open(TestPipeline());
  ASSERT_EQ(generate(), SNAP_OK);
  std::vector<uint8_t> first = rgb;
  params.observer = nullptr;
  params.progress = nullptr;
  ASSERT_EQ(generate(), SNAP_OK);
  EXPECT_EQ(rgb, first);
  params.seed = 4;
  ASSERT_EQ(generate(), SNAP_OK);
  EXPECT_NE(rgb, first);
}

TEST_F(GenerateTest, CallbacksInOrder) {
  open(TestPipeline());
  ASSERT_EQ(generate(), SNAP_OK);
  const std::vector<Seen::Progress> expected = {
      {SNAP_STAGE_ENCODE, 0, 2},  {SNAP_STAGE_ENCODE, 1, 2},  {SNAP_STAGE_ENCODE, 2, 2},
      {SNAP_STAGE_DENOISE, 0, 3}, {SNAP_STAGE_DENOISE, 1, 3}, {SNAP_STAGE_DENOISE, 2, 3},
      {SNAP_STAGE_DENOISE, 3, 3}, {SNAP_STAGE_DECODE, 0, 1},  {SNAP_STAGE_DECODE, 1, 1}};
  EXPECT_TRUE(seen.progress == expected);
  EXPECT_EQ(seen.names,
            (std::vector<std::string>{"embeddings", "latents-0", "latents-1", "latents-2", "latents-3", "image"}));
  EXPECT_EQ(seen.shapes["embeddings"], (std::vector<int64_t>{2, kTokens, kEmbedding}));
  EXPECT_EQ(seen.shapes["latents-2"], (std::vector<int64_t>{1, kChannels, kLatentHeight, kLatentWidth}));
  EXPECT_EQ(seen.shapes["image"], (std::vector<int64_t>{1, 3, kPictureHeight, kPictureWidth}));
  // The negative prompt comes first.
  std::vector<double> negative = TestPipeline::embed(tokenize(""));
  for (size_t i = 0; i < negative.size(); ++i)
    EXPECT_EQ(seen.values["embeddings"][i], negative[i]);
}

TEST_F(GenerateTest, EveryCallbackMayStop) {
  open(TestPipeline());
  for (int stop = 0; stop < 9; ++stop) {
    seen.progress.clear();
    seen.stopAt = stop;
    EXPECT_EQ(generate(), SNAP_CANCELLED);
    EXPECT_EQ(static_cast<int>(seen.progress.size()), stop + 1);
  }
  seen.stopAt = -1;
  EXPECT_EQ(generate(), SNAP_OK) << "the model is fit for another picture";
}

TEST_F(GenerateTest, CancelFromElsewhere) {
  open(TestPipeline());
  for (const char *where : {"encode", "step", "decode"}) {
    onPipelineCall = [&](const std::string &kernel) {
      if (kernel == where)
        snap_cancel(opened->model);
      return 0;
    };
    EXPECT_EQ(generate(), SNAP_CANCELLED) << where;
  }
  onPipelineCall = nullptr;
  EXPECT_EQ(generate(), SNAP_OK);
}

TEST_F(GenerateTest, OneAtATime) {
  open(TestPipeline());
  snap_status inner = SNAP_OK, run = SNAP_OK;
  onPipelineCall = [&](const std::string &) {
    std::vector<uint8_t> other(3 * kPixels);
    inner = snap_generate(opened->model, &params, other.data(), other.size(), nullptr);
    run = snap_run(opened->model, snap_find_program(opened->model, "step"), nullptr, nullptr);
    return 0;
  };
  EXPECT_EQ(generate(), SNAP_OK);
  EXPECT_EQ(inner, SNAP_ERROR_BUSY);
  EXPECT_EQ(run, SNAP_ERROR_BUSY);
}

TEST_F(GenerateTest, KernelErrorsAndNumbersThatAreNone) {
  open(TestPipeline());
  onPipelineCall = [](const std::string &kernel) { return kernel == "step" ? 5 : 0; };
  EXPECT_EQ(generate(), SNAP_ERROR_KERNEL);
  onPipelineCall = nullptr;
  std::vector<float> first(kLatents, INFINITY);
  params.latents = first.data();
  params.latents_count = first.size();
  EXPECT_EQ(generate(), SNAP_ERROR_KERNEL);
  EXPECT_NE(std::strstr(error.message, "no longer finite after step 1 of 3"), nullptr) << error.message;
}

TEST_F(GenerateTest, RefusesWrongArguments) {
  open(TestPipeline());
  const snap_generate_params good = params;
  auto expectRefused = [&](const char *message) {
    EXPECT_EQ(generate(), SNAP_ERROR_ARGUMENT);
    EXPECT_NE(std::strstr(error.message, message), nullptr) << error.message;
    params = good;
  };
  params.prompt = nullptr;
  expectRefused("prompt is null");
  params.size = 0;
  expectRefused("size is not set");
  params.steps = 1001;
  expectRefused("expected 1 to 1000 steps, got 1001");
  params.guidance = NAN;
  expectRefused("guidance");
  float few[3] = {};
  params.latents = few;
  params.latents_count = 3;
  expectRefused("expected 24 latents (4x2x3), got 3");
  EXPECT_EQ(snap_generate(opened->model, &params, rgb.data(), 3 * kPixels - 1, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "a picture of 12x8 takes 288 bytes, but rgb has room for 287");
  EXPECT_EQ(snap_generate(nullptr, &params, rgb.data(), rgb.size(), &error), SNAP_ERROR_ARGUMENT);
  EXPECT_EQ(snap_generate(opened->model, &params, nullptr, rgb.size(), &error), SNAP_ERROR_ARGUMENT);
}

// An app compiled with an older snap.h has a shorter struct.
TEST_F(GenerateTest, ShorterParamsAreDefaults) {
  open(TestPipeline());
  ASSERT_EQ(generate(), SNAP_OK);
  std::vector<uint8_t> full = rgb;
  seen.names.clear();
  params.size = offsetof(snap_generate_params, progress);
  ASSERT_EQ(generate(), SNAP_OK);
  EXPECT_EQ(rgb, full);
  EXPECT_TRUE(seen.names.empty());
}

TEST_F(GenerateTest, SurvivesEveryFailedAllocation) {
  for (int failing = 0;; ++failing) {
    TestAllocator memory;
    snap_options options = {};
    options.threads = 1;
    memory.install(options);
    open(TestPipeline(), options);
    memory.failAt = memory.allocations + failing;
    snap_status status = generate();
    bool failed = memory.allocations > memory.failAt;
    memory.failAt = -1;
    if (failed) {
      EXPECT_EQ(status, SNAP_ERROR_MEMORY) << failing;
      EXPECT_EQ(generate(), SNAP_OK) << error.message;
    }
    opened.reset();
    if (!failed) {
      EXPECT_EQ(status, SNAP_OK);
      EXPECT_GT(failing, 5);
      return;
    }
  }
}

TEST_F(GenerateTest, PipelineInfo) {
  open(TestPipeline());
  snap_pipeline_info info = {};
  EXPECT_EQ(snap_get_pipeline_info(opened->model, &info, &error), SNAP_ERROR_ARGUMENT) << "size is not set";
  info.size = sizeof info;
  ASSERT_EQ(snap_get_pipeline_info(opened->model, &info, &error), SNAP_OK) << error.message;
  EXPECT_EQ(info.width, 12u);
  EXPECT_EQ(info.height, 8u);
  EXPECT_EQ(info.latent_channels, 4u);
  EXPECT_EQ(info.latent_height, 2u);
  EXPECT_EQ(info.latent_width, 3u);
  EXPECT_EQ(info.max_tokens, 8u);
  EXPECT_EQ(info.default_steps, 3u);
  EXPECT_EQ(info.default_guidance, 2.5);
}

TEST_F(GenerateTest, Tokenize) {
  open(TestPipeline());
  EXPECT_EQ(tokenize("the"), (std::vector<int32_t>{kBos, 514, kEos, kPad, kPad, kPad, kPad, kPad}));
  int32_t ids[kTokens];
  int truncated = 7;
  EXPECT_EQ(snap_tokenize(opened->model, "1234567", ids, kTokens, &truncated, &error), SNAP_OK);
  EXPECT_EQ(truncated, 1);
  EXPECT_EQ(ids[kTokens - 1], kEos);
  EXPECT_EQ(snap_tokenize(opened->model, "123456", ids, kTokens, &truncated, &error), SNAP_OK);
  EXPECT_EQ(truncated, 0);
  EXPECT_EQ(snap_tokenize(opened->model, "a", ids, kTokens - 1, nullptr, &error), SNAP_ERROR_ARGUMENT);
  EXPECT_STREQ(error.message, "expected room for 8 ids, got 7");
}

TEST_F(GenerateTest, ModelsThatAreNoPipeline) {
  TestPipeline single;
  single.file.plan.pipeline.reset();
  open(single);
  snap_pipeline_info info = {};
  info.size = sizeof info;
  int32_t ids[kTokens];
  EXPECT_EQ(generate(), SNAP_ERROR_UNSUPPORTED);
  EXPECT_EQ(snap_get_pipeline_info(opened->model, &info, &error), SNAP_ERROR_UNSUPPORTED);
  EXPECT_EQ(snap_tokenize(opened->model, "a", ids, kTokens, nullptr, &error), SNAP_ERROR_UNSUPPORTED);
}

TEST_F(GenerateTest, ProgramsThatDoNotFitTogether) {
  auto expectRefused = [&](const TestPipeline &pipeline, const char *message) {
    open(pipeline);
    EXPECT_EQ(generate(), SNAP_ERROR_FORMAT);
    EXPECT_STREQ(error.message, message);
  };
  TestPipeline renamed;
  renamed.program("step").name = "stop";
  expectRefused(renamed, "the pipeline has no program 'step'");
  TestPipeline input;
  input.program("step").inputs[1]->name = "time";
  expectRefused(input, "program 'step' has no input 'timestep'");
  TestPipeline type;
  type.program("decode").inputs[0]->type = snap::plan::ElementType::I32;
  expectRefused(type, "program 'decode': input 'latent_sample' has an element type that the pipeline cannot use");
  TestPipeline tokens;
  tokens.file.plan.pipeline->max_tokens = 7;
  expectRefused(tokens, "program 'encode_text': 'input_ids' has 8 elements, expected 7");
  TestPipeline channels;
  channels.file.plan.pipeline->latent_channels = 8;
  expectRefused(channels, "program 'step': expected 'out_sample' of shape 2x8xHxW, for the negative prompt and the "
                          "prompt, or 1x8xHxW");
  TestPipeline size;
  size.file.plan.pipeline->width = 16;
  expectRefused(size, "program 'decode': 'sample' has 288 elements, expected 384");
  TestPipeline prepare;
  prepare.addPrepare();
  prepare.program("prepare").inputs[0]->name = "embeddings";
  expectRefused(prepare, "program 'prepare' has no input 'encoder_hidden_states'");
  // Latents of another size would be read past the end of the pair's.
  TestPipeline larger;
  larger.addSingle();
  for (auto *tensor : {larger.program("step_single").inputs[0].get(), larger.program("step_single").outputs[0].get()})
    tensor->shape = {1, kChannels, kLatentWidth, kLatentHeight};
  expectRefused(larger, "program 'step_single' predicts latents of 3x2, expected 2x3");
  TestPipeline tokenizer;
  tokenizer.file.data[100] ^= 1;
  expectRefused(tokenizer, "the tokenizer's tables are corrupt: the checksum differs");
}
