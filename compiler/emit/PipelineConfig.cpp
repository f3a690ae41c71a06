//===- PipelineConfig.cpp - What a pipeline's JSON files say --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/PipelineConfig.h"

#include "compiler/emit/JsonFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace snap {
namespace {

std::string joinPath(StringRef dir, const Twine &file) {
  SmallString<256> path(dir);
  sys::path::append(path, file);
  return std::string(path);
}

/// The class of a component in model_index.json: ["library", "Class"].
std::string componentClass(JsonFields &index, StringRef component) {
  const json::Array *pair = index.array(component);
  if (!pair)
    return "";
  if (pair->size() == 2)
    if (auto name = (*pair)[1].getAsString())
      return name->str();
  index.refuse(component, "expected a list of a library and a class, [\"diffusers\", \"DDIMScheduler\"]");
  return "";
}

void requireClass(JsonFields &fields, StringRef field, StringRef found, ArrayRef<StringRef> supported) {
  if (!found.empty() && !is_contained(supported, found))
    fields.refuse(field, found + " is not supported; expected " + join(supported, " or "));
}

Error readIndex(StringRef dir) {
  auto object = readJsonObject(joinPath(dir, "model_index.json"));
  if (!object)
    return object.takeError();
  JsonFields index(joinPath(dir, "model_index.json"), std::move(*object));
  requireClass(index, "_class_name", index.string("_class_name", ""),
               {"OnnxStableDiffusionPipeline", "ORTStableDiffusionPipeline", "StableDiffusionPipeline"});
  requireClass(index, "scheduler", componentClass(index, "scheduler"), {"DDIMScheduler"});
  requireClass(index, "tokenizer", componentClass(index, "tokenizer"), {"CLIPTokenizer", "CLIPTokenizerFast"});
  return index.takeError();
}

Expected<SchedulerConfig> readScheduler(StringRef dir) {
  std::string path = joinPath(dir, "scheduler/scheduler_config.json");
  auto object = readJsonObject(path);
  if (!object)
    return object.takeError();
  JsonFields fields(path, std::move(*object));
  requireClass(fields, "_class_name", fields.string("_class_name", ""), {"DDIMScheduler"});

  SchedulerConfig ddim;
  ddim.trainSteps = fields.integer("num_train_timesteps", ddim.trainSteps, 1, 1000000);
  ddim.betaStart = fields.number("beta_start", ddim.betaStart, 0, 1);
  ddim.betaEnd = fields.number("beta_end", ddim.betaEnd, 0, 1);
  ddim.betaSchedule = SchedulerConfig::BetaSchedule(
      fields.choice("beta_schedule", "linear", {"linear", "scaled_linear", "squaredcos_cap_v2"}));
  ddim.spacing =
      SchedulerConfig::Spacing(fields.choice("timestep_spacing", "leading", {"leading", "trailing", "linspace"}));
  ddim.prediction =
      SchedulerConfig::Prediction(fields.choice("prediction_type", "epsilon", {"epsilon", "v_prediction", "sample"}));
  ddim.stepsOffset = fields.integer("steps_offset", ddim.stepsOffset, 0, ddim.trainSteps - 1);
  ddim.setAlphaToOne = fields.boolean("set_alpha_to_one", ddim.setAlphaToOne);
  ddim.rescaleBetasZeroSnr = fields.boolean("rescale_betas_zero_snr", ddim.rescaleBetasZeroSnr);
  ddim.clipSample = fields.boolean("clip_sample", ddim.clipSample);
  ddim.clipSampleRange = fields.number("clip_sample_range", ddim.clipSampleRange, 1e-6, 1e6);
  if (fields.boolean("thresholding", false))
    fields.refuse("thresholding", "dynamic thresholding is not supported; expected false");
  if (const json::Array *betas = fields.array("trained_betas")) {
    for (const json::Value &value : *betas) {
      double beta = value.getAsNumber().value_or(-1);
      if (!(beta >= 0 && beta <= 1))
        fields.refuse("trained_betas", "expected numbers from 0 to 1");
      ddim.trainedBetas.push_back(beta);
    }
    if (ddim.trainedBetas.size() != ddim.trainSteps)
      fields.refuse("trained_betas", Twine(ddim.trainedBetas.size()) + " numbers; expected num_train_timesteps, " +
                                         Twine(ddim.trainSteps));
  }
  if (Error error = fields.takeError())
    return std::move(error);
  return ddim;
}

/// A config.json that need not be there: diffusers' defaults stand in.
Expected<json::Object> readOptional(const std::string &path) {
  return sys::fs::exists(path) ? readJsonObject(path) : Expected<json::Object>(json::Object());
}

/// The UNet's latents: their channels, and their default width and height,
/// which the picture's are first set to.
Error readUnet(StringRef dir, PipelineConfig &config) {
  std::string path = joinPath(dir, "unet/config.json");
  auto object = readOptional(path);
  if (!object)
    return object.takeError();
  const json::Value *size = object->get("sample_size");
  bool isPair = size && size->getAsArray();
  JsonFields fields(path, std::move(*object));
  constexpr int64_t most = 1 << 16;
  int64_t channels = fields.integer("in_channels", config.latentChannels, 1, most);
  int64_t outChannels = fields.integer("out_channels", channels, 1, most);
  config.latentChannels = channels;
  if (outChannels != channels)
    fields.refuse("in_channels", Twine(channels) + ", but out_channels is " + Twine(outChannels) +
                                     "; expected a UNet for text to image, where they are equal");
  if (isPair) {
    const json::Array &pair = *fields.array("sample_size");
    auto height = pair.size() == 2 ? pair[0].getAsInteger() : std::nullopt;
    auto width = pair.size() == 2 ? pair[1].getAsInteger() : std::nullopt;
    config.height = height.value_or(0);
    config.width = width.value_or(0);
    if (config.height < 1 || config.height > most || config.width < 1 || config.width > most)
      fields.refuse("sample_size", "expected a number or a list of height and width");
  } else {
    config.height = config.width = fields.integer("sample_size", 64, 1, most);
  }
  return fields.takeError();
}

Error readDecoder(StringRef dir, PipelineConfig &config) {
  std::string path = joinPath(dir, "vae_decoder/config.json");
  auto object = readOptional(path);
  if (!object)
    return object.takeError();
  JsonFields fields(path, std::move(*object));
  config.scalingFactor = fields.number("scaling_factor", config.scalingFactor, 1e-9, 1e9);
  if (fields.number("shift_factor", 0, -1e9, 1e9) != 0)
    fields.refuse("shift_factor", "a shift of the latents is not supported; expected 0");
  for (StringRef field : {"latents_mean", "latents_std"})
    if (fields.has(field))
      fields.refuse(field, "statistics of the latents per channel are not supported; expected none");
  // Each block but the last doubles the size.
  if (const json::Array *blocks = fields.array("block_out_channels")) {
    if (blocks->empty() || blocks->size() > 8)
      fields.refuse("block_out_channels", "expected 1 to 8 blocks");
    else
      config.latentScale = int64_t(1) << (blocks->size() - 1);
  }
  return fields.takeError();
}

/// transformers' tokenizers have no limit when the field is absent or huge; the
/// text encoder's graph has one in any case.
Error readTokenizer(StringRef dir, PipelineConfig &config) {
  std::string path = joinPath(dir, "tokenizer/tokenizer_config.json");
  auto object = readOptional(path);
  if (!object)
    return object.takeError();
  JsonFields fields(path, std::move(*object));
  double length = fields.number("model_max_length", config.maxTokens, 2, 1e300);
  if (length <= 1 << 20)
    config.maxTokens = uint32_t(length);
  return fields.takeError();
}

} // namespace

Expected<PipelineConfig> readPipelineConfig(StringRef dir) {
  PipelineConfig config;
  if (Error error = readIndex(dir))
    return std::move(error);
  if (Error error = readScheduler(dir).moveInto(config.scheduler))
    return std::move(error);
  if (Error error = readUnet(dir, config))
    return std::move(error);
  if (Error error = readDecoder(dir, config))
    return std::move(error);
  if (Error error = readTokenizer(dir, config))
    return std::move(error);
  config.width *= config.latentScale;
  config.height *= config.latentScale;
  return config;
}

} // namespace snap
