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

  constexpr const char *contextName = "encoder_hidden_states";
  if (ProgramChecker::find(model, "prepare")) {
    ProgramChecker prepare(model, "prepare", error);
    found.prepare = prepare.program;
    found.prepareContext = prepare.input(contextName, isFloat);
    prepare.require(found.prepareContext, 2 * elements(*found.embedding));
    if (prepare.status)
      return prepare.status;
  }

  ProgramChecker step(model, "step", error);
  found.step = step.program;
  found.sample = step.input("sample", isFloat);
  found.timestep = step.input("timestep", isAny);
  found.prediction = step.output("out_sample", isFloat);
  if (!found.prepare || (step.program && snap_find_input(step.program, contextName))) {
    found.stepContext = step.input(contextName, isFloat);
    step.require(found.stepContext, 2 * elements(*found.embedding));
  }
  step.require(found.timestep, 1);
  if (step.status)
    return step.status;
  if (found.prepare && found.stepContext && found.stepContext->type != found.prepareContext->type)
    return fail(error, SNAP_ERROR_FORMAT, "programs 'prepare' and 'step' read '", contextName, "' as different types");
  const snap_tensor &sample = *found.sample;
  if (sample.rank != 4 || sample.shape[0] != 2 || sample.shape[1] != config.latentChannels ||
      sample.shape[2] > UINT32_MAX || sample.shape[3] > UINT32_MAX)
    return fail(error, SNAP_ERROR_FORMAT, "program 'step': expected 'sample' of shape 2x", config.latentChannels,
                "xHxW, the negative prompt's latents and the prompt's");
  found.channels = config.latentChannels;
  found.latentHeight = static_cast<uint32_t>(sample.shape[2]);
  found.latentWidth = static_cast<uint32_t>(sample.shape[3]);
  step.require(found.prediction, elements(sample));
  if (step.status)
    return step.status;

  ProgramChecker decode(model, "decode", error);
  found.decode = decode.program;
  found.latent = decode.input("latent_sample", isFloat);
  found.image = decode.output("sample", isFloat);
  decode.require(found.latent, elements(sample) / 2);
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
