//===- TestPipeline.cpp - A text-to-image pipeline made by hand -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "TestPipeline.h"

#include "TestTokenizer.h"
#include "runtime/half.h"

#include <cstring>

using namespace snap::test;
using namespace snap::runtime;
namespace plan = snap::plan;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

std::vector<double> TestPipeline::embed(const std::vector<int32_t> &ids) {
  std::vector<double> e;
  for (int t = 0; t < kTokens; ++t)
    for (int d = 0; d < kEmbedding; ++d)
      e.push_back(((7 * ids[t] + 3 * d + t) % 13 - 6) / 8.0);
  return e;
}

std::vector<double> TestPipeline::predict(const std::vector<double> &x, const std::vector<double> &embedding,
                                          uint32_t timestep) {
  double mean = 0;
  for (double value : embedding)
    mean += value / embedding.size();
  std::vector<double> o;
  for (int i = 0; i < kLatents; ++i)
    o.push_back(x[i] / 2 + mean + timestep / 4096.0 - i / 64.0);
  return o;
}

std::vector<double> TestPipeline::draw(const std::vector<double> &latents) {
  std::vector<double> picture;
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < kPictureHeight; ++y)
      for (int x = 0; x < kPictureWidth; ++x)
        picture.push_back(latents[(c * kLatentHeight + y / 4) * kLatentWidth + x / 4] / 4 + c / 8.0);
  return picture;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

std::function<int(const std::string &)> snap::test::onPipelineCall;

namespace {

TestPipeline::Types types;
int sampleRows;                       // of step
std::vector<uint32_t> fixedTimesteps; // empty: steps are told their timestep

uint8_t *host(void **args, int i) { return static_cast<snap_buffer *>(args[i])->host; }

double load(plan::ElementType type, const uint8_t *from, int i) {
  switch (type) {
  case plan::ElementType::F32:
    return reinterpret_cast<const float *>(from)[i];
  case plan::ElementType::F16:
    return halfToFloat(reinterpret_cast<const uint16_t *>(from)[i]);
  case plan::ElementType::I64:
    return static_cast<double>(reinterpret_cast<const int64_t *>(from)[i]);
  default:
    return reinterpret_cast<const int32_t *>(from)[i];
  }
}

std::vector<double> loadAll(const uint8_t *from, int at, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(load(types.number, from, at + i));
  return values;
}

void storeAll(uint8_t *to, int at, const std::vector<double> &values) {
  for (double value : values) {
    if (types.number == plan::ElementType::F16)
      reinterpret_cast<uint16_t *>(to)[at++] = floatToHalf(static_cast<float>(value));
    else
      reinterpret_cast<float *>(to)[at++] = static_cast<float>(value);
  }
}

int asked(const char *kernel) { return onPipelineCall ? onPipelineCall(kernel) : 0; }

/// args: input_ids, last_hidden_state.
int encode(void **args) {
  if (int result = asked("encode"))
    return result;
  std::vector<int32_t> ids;
  for (int t = 0; t < kTokens; ++t)
    ids.push_back(static_cast<int32_t>(load(types.ids, host(args, 1), t)));
  storeAll(host(args, 2), 0, TestPipeline::embed(ids));
  return 0;
}

/// args: encoder_hidden_states, the same.
int prepare(void **args) {
  if (int result = asked("prepare"))
    return result;
  constexpr int all = 2 * kTokens * kEmbedding;
  storeAll(host(args, 2), 0, loadAll(host(args, 1), 0, all));
  storeAll(host(args, 1), 0, std::vector<double>(all, 9));
  return 0;
}

/// args: sample, timestep or its index, encoder_hidden_states, out_sample.
void predictRows(void **args, int rows, int rowsOfSample) {
  constexpr int row = kTokens * kEmbedding;
  auto timestep = static_cast<uint32_t>(load(types.timestep, host(args, 2), 0));
  if (!fixedTimesteps.empty())
    timestep = fixedTimesteps[timestep];
  for (int b = 0; b < rows; ++b)
    storeAll(host(args, 4), b * kLatents,
             TestPipeline::predict(loadAll(host(args, 1), b % rowsOfSample * kLatents, kLatents),
                                   loadAll(host(args, 3), b * row, row), timestep));
  storeAll(host(args, 1), 0, std::vector<double>(rowsOfSample * kLatents, 9));
}

int predictBoth(void **args) {
  if (int result = asked("step"))
    return result;
  predictRows(args, 2, sampleRows);
  return 0;
}

int predictSingle(void **args) {
  if (int result = asked("single"))
    return result;
  predictRows(args, 1, 1);
  return 0;
}

/// The same, over its own input.
int step(void **args) {
  int result = predictBoth(args);
  if (result == 0)
    storeAll(host(args, 3), 0, std::vector<double>(2 * kTokens * kEmbedding, 9));
  return result;
}

/// args: latent_sample, sample.
int decode(void **args) {
  if (int result = asked("decode"))
    return result;
  storeAll(host(args, 2), 0, TestPipeline::draw(loadAll(host(args, 1), 0, kLatents)));
  return 0;
}

} // namespace

const snap_library &snap::test::pipelineLibrary() {
  static const snap_kernel_fn kernels[] = {encode, step, decode, prepare, predictBoth, predictSingle};
  static const snap_library library = {SNAP_KERNEL_ABI_VERSION, 6, "test", kBuildId, kernels, nullptr};
  return library;
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

namespace {

/// A program of one call: tensors lie one after another in its arena.
class ProgramMaker {
public:
  ProgramMaker(const char *name, uint32_t kernel) {
    program->name = name;
    call->kernel = kernel;
  }

  ProgramMaker &input(const char *name, plan::ElementType type, std::vector<int64_t> shape) {
    program->inputs.push_back(tensor(name, type, std::move(shape)));
    return *this;
  }
  ProgramMaker &output(const char *name, plan::ElementType type, std::vector<int64_t> shape) {
    program->outputs.push_back(tensor(name, type, std::move(shape)));
    return *this;
  }

  /// An argument of the call that outlives it, at the start of the state.
  ProgramMaker &state(uint64_t bytes) {
    auto slice = std::make_unique<plan::SliceT>();
    slice->space = plan::Space::State;
    slice->bytes = bytes;
    call->args.push_back(std::move(slice));
    return *this;
  }

  std::unique_ptr<plan::ProgramT> make() {
    program->calls.push_back(std::move(call));
    return std::move(program);
  }

private:
  std::unique_ptr<plan::TensorT> tensor(const char *name, plan::ElementType type, std::vector<int64_t> shape) {
    auto t = std::make_unique<plan::TensorT>();
    t->name = name;
    t->type = type;
    t->bytes = snap_type_size(static_cast<snap_type>(type));
    for (int64_t extent : shape)
      t->bytes *= static_cast<uint64_t>(extent);
    t->shape = std::move(shape);
    t->offset = program->arena;
    auto slice = std::make_unique<plan::SliceT>();
    slice->space = plan::Space::Arena;
    slice->offset = t->offset;
    slice->bytes = t->bytes;
    call->args.push_back(std::move(slice));
    program->arena += (t->bytes + 63) / 64 * 64;
    return t;
  }

  std::unique_ptr<plan::ProgramT> program = std::make_unique<plan::ProgramT>();
  std::unique_ptr<plan::CallT> call = std::make_unique<plan::CallT>();
};

} // namespace

TestPipeline::TestPipeline(Types wanted) {
  types = wanted;
  sampleRows = 2;
  fixedTimesteps.clear();
  plan::PlanT &plan = file.plan;
  plan.kernels.clear();
  for (const char *name : {"encode", "step", "decode", "prepare", "predict_both", "predict_single"}) {
    plan.kernels.push_back(std::make_unique<plan::KernelT>());
    plan.kernels.back()->symbol = name;
    plan.kernels.back()->key = name;
  }
  plan.programs.clear();
  plan::ElementType number = wanted.number;
  plan.programs.push_back(ProgramMaker("encode_text", 0)
                              .input("input_ids", wanted.ids, {1, kTokens})
                              .output("last_hidden_state", number, {1, kTokens, kEmbedding})
                              .make());
  plan.programs.push_back(ProgramMaker("step", 1)
                              .input("sample", number, {2, kChannels, kLatentHeight, kLatentWidth})
                              .input("timestep", wanted.timestep, {1})
                              .input("encoder_hidden_states", number, {2, kTokens, kEmbedding})
                              .output("out_sample", number, {2, kChannels, kLatentHeight, kLatentWidth})
                              .make());
  plan.programs.push_back(ProgramMaker("decode", 2)
                              .input("latent_sample", number, {1, kChannels, kLatentHeight, kLatentWidth})
                              .output("sample", number, {1, 3, kPictureHeight, kPictureWidth})
                              .make());

  file.data = testTokenizerTable();
  plan::PipelineT &p = *plan.pipeline;
  p.tokenizer_offset = 0;
  p.tokenizer_bytes = file.data.size();
  p.max_tokens = kTokens;
  p.width = kPictureWidth;
  p.height = kPictureHeight;
  p.latent_channels = kChannels;
  p.scaling_factor = 0.5;
  p.default_steps = 3;
  p.default_guidance = 2.5;
  p.scheduler = std::make_unique<plan::SchedulerT>();
  p.scheduler->beta_start = 0.00085;
  p.scheduler->beta_end = 0.012;
  p.scheduler->beta_schedule = plan::BetaSchedule::ScaledLinear;
  p.scheduler->prediction = plan::Prediction::VPrediction;
  p.scheduler->steps_offset = 1;
}

void TestPipeline::addPrepare() {
  const std::vector<int64_t> sample{2, kChannels, kLatentHeight, kLatentWidth};
  const uint64_t bytes = program("step").inputs[2]->bytes;
  file.plan.state = (bytes + 63) / 64 * 64;
  file.plan.programs.push_back(ProgramMaker("prepare", 3)
                                   .input("encoder_hidden_states", types.number, {2, kTokens, kEmbedding})
                                   .state(bytes)
                                   .make());
  for (auto &program : file.plan.programs)
    if (program->name == "step")
      program = ProgramMaker("step", 4)
                    .input("sample", types.number, sample)
                    .input("timestep", types.timestep, {1})
                    .state(bytes)
                    .output("out_sample", types.number, sample)
                    .make();
}

void TestPipeline::shareSample() {
  sampleRows = 1;
  auto &sample = *program("step").inputs[0];
  sample.shape[0] = 1;
  sample.bytes /= 2;
  for (auto &arg : program("step").calls[0]->args)
    if (arg->offset == sample.offset)
      arg->bytes = sample.bytes;
}

void TestPipeline::addSingle() {
  file.plan.programs.push_back(ProgramMaker("step_single", 5)
                                   .input("sample", types.number, {1, kChannels, kLatentHeight, kLatentWidth})
                                   .input("timestep", types.timestep, {1})
                                   .input("encoder_hidden_states", types.number, {1, kTokens, kEmbedding})
                                   .output("out_sample", types.number, {1, kChannels, kLatentHeight, kLatentWidth})
                                   .make());
}

void TestPipeline::fixSteps(std::vector<uint32_t> timesteps) {
  file.plan.pipeline->default_steps = file.plan.pipeline->fixed_steps = static_cast<uint32_t>(timesteps.size());
  fixedTimesteps = std::move(timesteps);
  for (auto &program : file.plan.programs)
    for (auto &input : program->inputs)
      if (input->name == "timestep")
        input->name = "step_index";
}

plan::ProgramT &TestPipeline::program(const std::string &name) {
  for (auto &program : file.plan.programs)
    if (program->name == name)
      return *program;
  std::abort();
}
