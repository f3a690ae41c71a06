//===- pipeline.cpp - A pipeline's programs and its tokenizer -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/errors.h"
#include "runtime/generate.h"
#include "runtime/tokenizer.h"

using namespace snap::runtime;

namespace {

bool isFloat(const snap_tensor &tensor) { return tensor.type == SNAP_F32 || tensor.type == SNAP_F16; }
bool isAny(const snap_tensor &) { return true; }
bool isIndex(const snap_tensor &tensor) { return tensor.type == SNAP_I64 || tensor.type == SNAP_I32; }

uint64_t elements(const snap_tensor &tensor) { return tensor.bytes / snap_type_size(tensor.type); }

/// Looks the tensors of one program up; the first that is wrong decides.
class ProgramChecker {
public:
  ProgramChecker(const snap_model &model, const char *name, snap_error *error) : name(name), error(error) {
    program = find(model, name);
    if (!program)
      status = fail(error, SNAP_ERROR_FORMAT, "the pipeline has no program '", name, "'");
  }

  static const snap_program *find(const snap_model &model, const char *name) {
    for (uint32_t i = 0; i < model.totals.programs; ++i)
      if (__builtin_strcmp(model.programs[i].name, name) == 0)
        return &model.programs[i];
    return nullptr;
  }

  const snap_tensor *input(const char *tensorName, bool (*accepts)(const snap_tensor &)) {
    return check(program ? snap_find_input(program, tensorName) : nullptr, "input", tensorName, accepts);
  }
  const snap_tensor *output(const char *tensorName, bool (*accepts)(const snap_tensor &)) {
    return check(program ? snap_find_output(program, tensorName) : nullptr, "output", tensorName, accepts);
  }

  /// Requires a number of elements.
  void require(const snap_tensor *tensor, uint64_t count) {
    if (status == SNAP_OK && elements(*tensor) != count)
      status = fail(error, SNAP_ERROR_FORMAT, "program '", name, "': '", tensor->name, "' has ", elements(*tensor),
                    " elements, expected ", count);
  }

  const snap_program *program = nullptr;
  snap_status status = SNAP_OK;

private:
  const snap_tensor *check(const snap_tensor *tensor, const char *role, const char *tensorName,
                           bool (*accepts)(const snap_tensor &)) {
    if (status != SNAP_OK)
      return nullptr;
    if (!tensor)
      status = fail(error, SNAP_ERROR_FORMAT, "program '", name, "' has no ", role, " '", tensorName, "'");
    else if (!accepts(*tensor))
      status = fail(error, SNAP_ERROR_FORMAT, "program '", name, "': ", role, " '", tensorName,
                    "' has an element type that the pipeline cannot use");
    return status == SNAP_OK ? tensor : nullptr;
  }

  const char *name;
  snap_error *error;
};

/// Finds a step and its preparation; the latents' size goes into `found`.
snap_status findStep(const snap_model &model, const char *stepName, const char *prepareName, PipelinePrograms &found,
                     StepPrograms &programs, snap_error *error) {
  const PipelineConfig &config = model.pipeline;
  constexpr const char *contextName = "encoder_hidden_states";
  if (ProgramChecker::find(model, prepareName)) {
    ProgramChecker prepare(model, prepareName, error);
    programs.prepare = prepare.program;
    programs.prepareContext = prepare.input(contextName, isFloat);
    if (prepare.status)
      return prepare.status;
  }

  ProgramChecker step(model, stepName, error);
  programs.step = step.program;
  programs.sample = step.input("sample", isFloat);
  programs.time = step.input(config.fixedSteps ? "step_index" : "timestep", isAny);
  programs.prediction = step.output("out_sample", isFloat);
  if (!programs.prepare || (step.program && snap_find_input(step.program, contextName)))
    programs.stepContext = step.input(contextName, isFloat);
  step.require(programs.time, 1);
  if (step.status)
    return step.status;

  const snap_tensor &sample = *programs.sample, &prediction = *programs.prediction;
  if (prediction.rank != 4 || prediction.shape[0] < 1 || prediction.shape[0] > 2 ||
      prediction.shape[1] != config.latentChannels || prediction.shape[2] > UINT32_MAX ||
      prediction.shape[3] > UINT32_MAX)
    return fail(error, SNAP_ERROR_FORMAT, "program '", stepName, "': expected 'out_sample' of shape 2x",
                config.latentChannels, "xHxW, for the negative prompt and the prompt, or 1x", config.latentChannels,
                "xHxW");
  programs.rows = static_cast<uint32_t>(prediction.shape[0]);
  const auto height = static_cast<uint32_t>(prediction.shape[2]), width = static_cast<uint32_t>(prediction.shape[3]);
  if (found.latentHeight == 0) // the first step; another has the same latents
    found.channels = config.latentChannels, found.latentHeight = height, found.latentWidth = width;
  if (height != found.latentHeight || width != found.latentWidth)
    return fail(error, SNAP_ERROR_FORMAT, "program '", stepName, "' predicts latents of ", height, "x", width,
                ", expected ", found.latentHeight, "x", found.latentWidth);
  bool shared = elements(sample) == found.latentCount();
  step.require(programs.sample, shared ? found.latentCount() : programs.rows * found.latentCount());
  const uint64_t embeddings = programs.rows * elements(*found.embedding);
  if (programs.prepareContext)
    step.require(programs.prepareContext, embeddings);
  if (programs.stepContext)
    step.require(programs.stepContext, embeddings);
  if (step.status)
    return step.status;
  if (programs.prepareContext && programs.stepContext && programs.stepContext->type != programs.prepareContext->type)
    return fail(error, SNAP_ERROR_FORMAT, "programs '", prepareName, "' and '", stepName, "' read '", contextName,
                "' as different types");
  return SNAP_OK;
}

} // namespace

snap_status snap::runtime::findPipeline(const snap_model &model, PipelinePrograms &found, snap_error *error) {
  if (!model.hasPipeline)
    return fail(error, SNAP_ERROR_UNSUPPORTED, "the model is a single program, not a text-to-image pipeline");
  const PipelineConfig &config = model.pipeline;

  ProgramChecker encode(model, "encode_text", error);
  found.encode = encode.program;
  found.ids = encode.input("input_ids", isIndex);
  found.embedding = encode.output("last_hidden_state", isFloat);
  encode.require(found.ids, config.maxTokens);
  if (encode.status)
    return encode.status;

  if (snap_status status = findStep(model, "step", "prepare", found, found.main, error))
    return status;
  if (found.main.rows == 2 && ProgramChecker::find(model, "step_single")) {
    if (snap_status status = findStep(model, "step_single", "prepare_single", found, found.single, error))
      return status;
    if (found.single.rows != 1)
      return fail(error, SNAP_ERROR_FORMAT, "program 'step_single' predicts for ", found.single.rows,
                  " prompts, expected 1");
  }

  ProgramChecker decode(model, "decode", error);
  found.decode = decode.program;
  found.latent = decode.input("latent_sample", isFloat);
  found.image = decode.output("sample", isFloat);
  decode.require(found.latent, found.latentCount());
  decode.require(found.image, uint64_t(3) * config.width * config.height);
  return decode.status;
}

snap_status snap_get_pipeline_info(const snap_model *model, snap_pipeline_info *info, snap_error *error) {
  if (!model || !info || info->size < sizeof info->size)
    return fail(error, SNAP_ERROR_ARGUMENT,
                "snap_get_pipeline_info needs a model and a snap_pipeline_info whose size is set");
  PipelinePrograms programs;
  if (snap_status status = findPipeline(*model, programs, error))
    return status;
  snap_pipeline_info filled = {};
  filled.width = model->pipeline.width;
  filled.height = model->pipeline.height;
  filled.latent_channels = programs.channels;
  filled.latent_height = programs.latentHeight;
  filled.latent_width = programs.latentWidth;
  filled.max_tokens = model->pipeline.maxTokens;
  filled.default_steps = model->pipeline.defaultSteps;
  filled.default_guidance = model->pipeline.defaultGuidance;
  filled.fixed_steps = model->pipeline.fixedSteps;
  filled.single_pass = programs.main.rows == 1;
  writeVersioned(filled, info);
  return SNAP_OK;
}

snap_status snap_tokenize(const snap_model *model, const char *text, int32_t *ids, uint32_t capacity, int *truncated,
                          snap_error *error) {
  if (!model || !text || !ids)
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_tokenize needs a model, a text and room for ids");
  if (!model->hasPipeline)
    return fail(error, SNAP_ERROR_UNSUPPORTED, "the model is a single program, not a text-to-image pipeline");
  const PipelineConfig &config = model->pipeline;
  if (capacity < config.maxTokens)
    return fail(error, SNAP_ERROR_ARGUMENT, "expected room for ", config.maxTokens, " ids, got ", capacity);
  Tokenizer tokenizer;
  if (snap_status status = openTokenizer(config.tokenizer, config.tokenizerBytes, tokenizer, error))
    return status;
  bool cut = false;
  snap_status status = encode(tokenizer, model->allocator, text, ids, config.maxTokens, cut, error);
  if (status == SNAP_OK && truncated)
    *truncated = cut;
  return status;
}
