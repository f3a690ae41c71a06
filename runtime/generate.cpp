//===- generate.cpp - From a prompt to a picture --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/generate.h"

#include "runtime/buffer.h"
#include "runtime/errors.h"
#include "runtime/half.h"
#include "runtime/noise.h"
#include "runtime/run.h"
#include "runtime/scheduler.h"

using namespace snap::runtime;

namespace {

//===----------------------------------------------------------------------===//
// f32 and f16
//===----------------------------------------------------------------------===//

/// Reads element `index` of f32 or f16 values.
float load(snap_type type, const void *values, uint64_t index) {
  return type == SNAP_F16 ? halfToFloat(static_cast<const uint16_t *>(values)[index])
                          : static_cast<const float *>(values)[index];
}

void store(snap_type type, void *values, uint64_t index, float value) {
  if (type == SNAP_F16)
    static_cast<uint16_t *>(values)[index] = floatToHalf(value);
  else
    static_cast<float *>(values)[index] = value;
}

/// Writes `count` values to the tensor from element `at` on.
void write(const snap_tensor &to, uint64_t at, snap_type type, const void *values, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i)
    store(to.type, to.data, at + i, load(type, values, i));
}

/// A whole number into one element of any type.
void writeNumber(const snap_tensor &to, uint64_t at, uint32_t value) {
  switch (to.type) {
  case SNAP_F32:
  case SNAP_F16:
    return store(to.type, to.data, at, static_cast<float>(value));
  case SNAP_I64:
    static_cast<int64_t *>(to.data)[at] = value;
    return;
  case SNAP_I32:
    static_cast<int32_t *>(to.data)[at] = static_cast<int32_t>(value);
    return;
  case SNAP_I8:
  case SNAP_U8:
  case SNAP_I1:
    static_cast<uint8_t *>(to.data)[at] = static_cast<uint8_t>(value);
    return;
  }
}

bool isFinite(float value) { return value - value == 0; }

/// -1 to 1 becomes 0 to 255, rounded half to even.
uint8_t toByte(float value) {
  float level = value * 127.5f + 127.5f;
  if (!(level > 0))
    return 0;
  if (level > 255)
    return 255;
  return static_cast<uint8_t>((level + 8388608.0f) - 8388608.0f);
}

//===----------------------------------------------------------------------===//
// The picture, stage by stage
//===----------------------------------------------------------------------===//

class Generation {
public:
  Generation(snap_model &model, const snap_generate_params &params, snap_error *error)
      : model(model), config(model.pipeline), params(params), error(error), operation(model), ids(model.allocator),
        context(model.allocator), latents(model.allocator), pixels(model.allocator), steps(model.allocator) {}

  snap_status run(uint8_t *rgb, uint64_t rgbBytes) {
    snap_status status = operation.begin(error);
    if (status == SNAP_OK)
      status = check(rgbBytes);
    if (status == SNAP_OK)
      status = encodePrompts();
    if (status == SNAP_OK && step->prepare)
      status = prepare();
    if (status == SNAP_OK)
      status = denoise();
    if (status == SNAP_OK)
      status = decode(rgb);
    return status;
  }

private:
  /// Checks what was asked for, and makes room for everything: from here on
  /// nothing is allocated but by the tokenizer.
  snap_status check(uint64_t rgbBytes);
  snap_status encodePrompts();
  /// Leaves what depends on the prompts alone for all steps.
  snap_status prepare();
  snap_status denoise();
  snap_status decode(uint8_t *rgb);

  snap_status report(snap_stage stage, uint32_t step, uint32_t total) {
    if (params.progress && params.progress(params.user, stage, step, total) != 0)
      return fail(error, SNAP_CANCELLED, "cancelled by the progress callback");
    return SNAP_OK;
  }

  /// Shows values of the shape of `like`, but for its first dimension.
  void show(const char *name, snap_type type, const snap_tensor &like, int64_t rows, void *values) {
    if (!params.observer)
      return;
    constexpr uint32_t mostDimensions = 8;
    int64_t shape[mostDimensions];
    snap_tensor tensor = {name, type, like.rank, shape, snap_type_size(type), values};
    if (like.rank == 0 || like.rank > mostDimensions)
      return;
    for (uint32_t d = 0; d < like.rank; ++d) {
      shape[d] = d ? like.shape[d] : rows;
      tensor.bytes *= static_cast<uint64_t>(shape[d]);
    }
    params.observer(params.user, &tensor);
  }

  void showLatents(uint32_t step) {
    char name[32];
    Message text(name, sizeof name);
    text.add("latents-");
    text.add(step);
    show(name, SNAP_F32, *programs.latent, 1, latents.data());
  }

  snap_status noMemory() { return fail(error, SNAP_ERROR_MEMORY, "no memory for the latents"); }

  snap_model &model;
  const PipelineConfig &config;
  snap_generate_params params;
  snap_error *error;
  Operation operation;
  PipelinePrograms programs;
  const StepPrograms *step = nullptr; // with guidance, or without
  Buffer<int32_t> ids;
  Buffer<uint8_t> context; // the embeddings, as the step program reads them
  Buffer<float> latents;
  Buffer<float> pixels; // of an f16 image, for the observer
  Buffer<Step> steps;
};

snap_status Generation::check(uint64_t rgbBytes) {
  if (snap_status status = findPipeline(model, programs, error))
    return status;
  uint64_t pictureBytes = uint64_t(3) * config.width * config.height;
  if (rgbBytes < pictureBytes)
    return fail(error, SNAP_ERROR_ARGUMENT, "a picture of ", config.width, "x", config.height, " takes ", pictureBytes,
                " bytes, but rgb has room for ", rgbBytes);
  if (params.latents && params.latents_count != programs.latentCount())
    return fail(error, SNAP_ERROR_ARGUMENT, "expected ", programs.latentCount(), " latents (", programs.channels, "x",
                programs.latentHeight, "x", programs.latentWidth, "), got ", params.latents_count);
  if (params.steps == 0)
    params.steps = config.defaultSteps;
  if (params.guidance == 0)
    params.guidance = config.defaultGuidance;
  if (params.guidance - params.guidance != 0)
    return fail(error, SNAP_ERROR_ARGUMENT, "guidance is not a finite number");
  bool guided = params.guidance != 1;
  step = !guided && programs.single.step ? &programs.single : &programs.main;
  if (guided && step->rows == 1)
    return fail(error, SNAP_ERROR_ARGUMENT,
                "the pipeline was compiled with --guidance single, for a UNet that needs no guidance; expected a "
                "guidance of 1");
  if (config.fixedSteps && params.steps != config.fixedSteps)
    return fail(error, SNAP_ERROR_ARGUMENT, "the pipeline was compiled for ", config.fixedSteps,
                " steps (--steps), got ", params.steps, "; compile with --steps any for every number");

  if (params.steps > config.scheduler.trainSteps)
    return fail(error, SNAP_ERROR_ARGUMENT, "expected 1 to ", config.scheduler.trainSteps, " steps, got ",
                params.steps);
  if (!ids.reserve(config.maxTokens) || !context.reserve(step->context().bytes) ||
      !latents.reserve(programs.latentCount()) || !steps.reserve(params.steps))
    return noMemory();
  if (params.observer && programs.image->type != SNAP_F32 && !pixels.reserve(pictureBytes))
    return noMemory();
  return planSteps(config.scheduler, model.allocator, params.steps, steps.data(), error);
}

snap_status Generation::encodePrompts() {
  const char *texts[2] = {params.negative_prompt ? params.negative_prompt : "", params.prompt};
  const snap_tensor &to = step->context();
  const uint32_t rows = step->rows;
  uint64_t rowBytes = to.bytes / rows;
  uint64_t count = rowBytes / snap_type_size(to.type);
  if (snap_status status = report(SNAP_STAGE_ENCODE, 0, rows))
    return status;
  for (uint32_t row = 0; row < rows; ++row) {
    if (snap_status status = snap_tokenize(&model, texts[row + 2 - rows], ids.data(), config.maxTokens, nullptr, error))
      return status;
    for (uint32_t i = 0; i < config.maxTokens; ++i)
      writeNumber(*programs.ids, i, static_cast<uint32_t>(ids[i]));
    if (snap_status status = operation.run(*programs.encode, snap_run_options(), error))
      return status;
    const snap_tensor &embedding = *programs.embedding;
    for (uint64_t i = 0; i < count; ++i)
      store(to.type, context.data() + row * rowBytes, i, load(embedding.type, embedding.data, i));
    if (snap_status status = report(SNAP_STAGE_ENCODE, row + 1, rows))
      return status;
  }
  show("embeddings", to.type, to, rows, context.data());
  return SNAP_OK;
}

snap_status Generation::prepare() {
  if (snap_status status = report(SNAP_STAGE_PREPARE, 0, 1))
    return status;
  __builtin_memcpy(step->prepareContext->data, context.data(), step->prepareContext->bytes);
  if (snap_status status = operation.run(*step->prepare, snap_run_options(), error))
    return status;
  return report(SNAP_STAGE_PREPARE, 1, 1);
}

snap_status Generation::denoise() {
  const uint64_t count = programs.latentCount();
  if (params.latents)
    __builtin_memcpy(latents.data(), params.latents, count * sizeof(float));
  else
    fillNoise(params.seed, latents.data(), count);
  if (snap_status status = report(SNAP_STAGE_DENOISE, 0, params.steps))
    return status;
  showLatents(0);

  const snap_tensor &sample = *step->sample, &prediction = *step->prediction;
  const uint64_t sampleCount = sample.bytes / snap_type_size(sample.type);
  for (uint32_t i = 0; i < params.steps; ++i) {
    const Step &update = steps[i];
    for (uint64_t at = 0; at < sampleCount; at += count)
      write(sample, at, SNAP_F32, latents.data(), count);
    writeNumber(*step->time, 0, config.fixedSteps ? i : update.timestep);
    // The arena is shared: a run may have overwritten what the last one read.
    if (step->stepContext)
      __builtin_memcpy(step->stepContext->data, context.data(), step->stepContext->bytes);
    if (snap_status status = operation.run(*step->step, snap_run_options(), error))
      return status;

    // Classifier-free guidance (Ho and Salimans 2022), as diffusers writes it.
    bool finite = true;
    for (uint64_t k = 0; k < count; ++k) {
      double output = load(prediction.type, prediction.data, k);
      if (step->rows == 2)
        output += params.guidance * (load(prediction.type, prediction.data, count + k) - output);
      latents[k] = update.next(latents[k], output);
      finite &= isFinite(latents[k]);
    }
    if (!finite)
      return fail(error, SNAP_ERROR_KERNEL, "the latents are no longer finite after step ", i + 1, " of ", params.steps,
                  "; with --precision f16, compile with f32");
    if (snap_status status = report(SNAP_STAGE_DENOISE, i + 1, params.steps))
      return status;
    showLatents(i + 1);
  }
  return SNAP_OK;
}

snap_status Generation::decode(uint8_t *rgb) {
  if (snap_status status = report(SNAP_STAGE_DECODE, 0, 1))
    return status;
  for (uint64_t i = 0; i < programs.latentCount(); ++i)
    store(programs.latent->type, programs.latent->data, i, static_cast<float>(latents[i] / config.scalingFactor));
  if (snap_status status = operation.run(*programs.decode, snap_run_options(), error))
    return status;

  const snap_tensor &image = *programs.image;
  const uint64_t plane = uint64_t(config.width) * config.height;
  bool finite = true;
  for (uint64_t channel = 0; channel < 3; ++channel)
    for (uint64_t i = 0; i < plane; ++i) {
      float value = load(image.type, image.data, channel * plane + i);
      finite &= isFinite(value);
      rgb[i * 3 + channel] = toByte(value);
    }
  if (!finite)
    return fail(error, SNAP_ERROR_KERNEL, "the decoded picture is not finite; with --precision f16, compile with f32");
  if (params.observer && image.type != SNAP_F32)
    for (uint64_t i = 0; i < 3 * plane; ++i)
      pixels[i] = load(image.type, image.data, i);
  show("image", SNAP_F32, image, 1, image.type == SNAP_F32 ? image.data : pixels.data());
  return report(SNAP_STAGE_DECODE, 1, 1);
}

} // namespace

snap_status snap_generate(snap_model *model, const snap_generate_params *params, uint8_t *rgb, uint64_t rgb_bytes,
                          snap_error *error) {
  snap_generate_params checked;
  if (!model || !params || !rgb)
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_generate needs a model, params and room for the picture");
  if (!readVersioned(params, checked))
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_generate_params.size is not set");
  if (!checked.prompt)
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_generate_params.prompt is null; expected a text");
  return Generation(*model, checked, error).run(rgb, rgb_bytes);
}
