//===- Generate.cpp - snapc generate --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Commands.h"
#include "compiler/driver/HostModel.h"
#include "compiler/driver/Npy.h"
#include "compiler/driver/PictureFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <sys/resource.h>

using namespace llvm;

namespace snap {
namespace {

constexpr const char *stageNames[] = {"encode the prompt", "prepare", "denoise", "decode"};
constexpr const char *stageKeys[] = {"encode", "prepare", "denoise", "decode"};

/// A line of /proc/self/status in bytes ("VmHWM"), 0 where there is none.
uint64_t statusBytes(StringRef key) {
  auto buffer = MemoryBuffer::getFileAsStream("/proc/self/status");
  if (!buffer)
    return 0;
  StringRef rest = (*buffer)->getBuffer();
  size_t at = rest.find((key + ":").str());
  if (at == StringRef::npos)
    return 0;
  uint64_t kilobytes = 0;
  rest = rest.drop_front(at + key.size() + 1).ltrim();
  if (rest.consumeInteger(10, kilobytes))
    return 0;
  return kilobytes << 10;
}

/// Ctrl-C asks the runtime to stop; nothing has been written by then.
volatile std::sig_atomic_t interrupted = 0;
void onInterrupt(int) { interrupted = 1; }

/// What the runtime's callbacks need.
struct Session {
  Progress &progress;
  std::string saveFolder;
  Error saveError = Error::success();
  std::string which; // "2 of 4: ", where several are drawn
  int stage = -1;
  double seconds[4] = {0, 0, 0, 0};
  uint32_t steps[4] = {0, 0, 0, 0};
  uint64_t peakAnonymous = 0; // resident bytes that are not mapped files
  std::chrono::steady_clock::time_point stageStart;

  explicit Session(Progress &progress) : progress(progress) {}

  void endStage() {
    if (stage >= 0)
      seconds[stage] += std::chrono::duration<double>(std::chrono::steady_clock::now() - stageStart).count();
    stage = -1;
  }

  static int onProgress(void *user, snap_stage newStage, uint32_t step, uint32_t total) {
    auto *self = static_cast<Session *>(user);
    if (self->stage != int(newStage)) {
      self->endStage();
      self->stage = newStage;
      self->stageStart = std::chrono::steady_clock::now();
      self->progress.begin(self->which + stageNames[newStage], total, total > 1 ? "steps" : "");
    }
    self->steps[newStage] = total;
    self->peakAnonymous = std::max(self->peakAnonymous, statusBytes("RssAnon"));
    self->progress.update(step, total);
    return interrupted != 0;
  }

  static void onTensor(void *user, const snap_tensor *tensor) {
    auto *self = static_cast<Session *>(user);
    if (self->saveFolder.empty() || self->saveError)
      return;
    SmallString<256> path(self->saveFolder);
    sys::path::append(path, Twine(tensor->name) + ".npy");
    if (Error error = writeNpy(path, copyTensor(*tensor)))
      self->saveError = joinErrors(std::move(self->saveError), std::move(error));
  }
};

std::string shortest(double value) {
  std::string text;
  raw_string_ostream(text) << format("%g", value);
  return text;
}

/// Pictures of one size side by side, row by row, as square a sheet as they
/// fill; what stays free is white. One picture is its own sheet.
struct Sheet {
  Sheet(uint32_t width, uint32_t height, size_t pictures) : pictureWidth(width), pictureHeight(height) {
    columns = uint32_t(std::ceil(std::sqrt(double(pictures))));
    uint32_t rows = uint32_t((pictures + columns - 1) / columns);
    this->width = columns * width;
    this->height = rows * height;
    rgb.assign(size_t(this->width) * this->height * 3, 255);
  }

  void put(size_t index, ArrayRef<uint8_t> picture) {
    size_t row = index / columns * pictureHeight, column = index % columns * pictureWidth;
    for (uint32_t line = 0; line < pictureHeight; ++line)
      std::copy_n(picture.data() + size_t(line) * pictureWidth * 3, size_t(pictureWidth) * 3,
                  rgb.data() + ((row + line) * width + column) * 3);
  }

  uint32_t pictureWidth, pictureHeight, columns, width, height;
  std::vector<uint8_t> rgb;
};

/// Notes for each text that the tokenizer has to cut.
Error noteCutPrompts(const HostModel &host, const CompiledFiles &files, uint32_t maxTokens, ArrayRef<std::string> texts,
                     Progress &progress) {
  snap_error error = {};
  std::vector<int32_t> ids(maxTokens);
  for (const std::string &text : texts) {
    int truncated = 0;
    if (host.api.tokenize(host.model, text.c_str(), ids.data(), ids.size(), &truncated, &error) != SNAP_OK)
      return createStringError(files.snap + ": " + error.message);
    if (truncated)
      progress.note("note: the prompt is longer than " + std::to_string(maxTokens) + " tokens and was cut: \"" +
                    text.substr(0, 40) + "…\"");
  }
  return Error::success();
}

/// Seconds per stage, of all pictures together, and memory.
void printTimes(const HostModel &host, const Session &session, size_t pictures) {
  snap_model_info model = {};
  model.size = sizeof model;
  host.api.getModelInfo(host.model, &model);
  outs() << format("open: %.3f s\n", host.openSeconds);
  double total = 0;
  for (int stage = 0; stage < 4; ++stage) {
    if (!session.steps[stage])
      continue;
    total += session.seconds[stage];
    outs() << stageKeys[stage] << format(": %.3f s", session.seconds[stage]);
    size_t steps = session.steps[stage] * pictures;
    if (steps > 1)
      outs() << format(" (%zu x %.3f s)", steps, session.seconds[stage] / double(steps));
    outs() << '\n';
  }
  outs() << format("total: %.3f s on %u threads\n", total, model.threads);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double mib = 1 << 20;
  // The mapped weights are clean file pages, which the system may drop at any time.
  outs() << format("memory: peak resident %.0f MiB, without mapped files %.0f MiB; arena %.0f MiB, scratch %.0f MiB, "
                   "weights %.0f MiB\n",
                   usage.ru_maxrss / 1024.0, session.peakAnonymous / mib, model.arena_bytes / mib,
                   model.scratch_bytes / mib, model.weight_bytes / mib);
}

} // namespace

Error runGenerate(const GenerateOptions &options, Progress &progress) {
  size_t pictures = options.prompts.size();
  if (pictures > 1 && !options.save.empty())
    return createStringError("--save " + options.save + ": expected one prompt, got " + std::to_string(pictures));
  Expected<CompiledFiles> files = CompiledFiles::find(options.model);
  if (!files)
    return files.takeError();
  progress.begin("open");
  Expected<HostModel> host = HostModel::open(*files, options.threads);
  if (!host)
    return host.takeError();
  progress.end();

  snap_error error = {};
  snap_pipeline_info info = {};
  info.size = sizeof info;
  if (host->api.getPipelineInfo(host->model, &info, &error) != SNAP_OK)
    return createStringError(files->snap + ": " + error.message);

  Session session(progress);
  session.saveFolder = options.save;
  if (!options.save.empty())
    if (std::error_code code = sys::fs::create_directories(options.save))
      return createStringError(options.save + ": cannot create the folder: " + code.message());

  snap_generate_params params = {};
  params.size = sizeof params;
  params.negative_prompt = options.negative.c_str();
  params.steps = options.steps ? options.steps : info.default_steps;
  params.guidance = options.guidance ? options.guidance : info.default_guidance;
  params.progress = Session::onProgress;
  params.observer = Session::onTensor;
  params.user = &session;

  if (params.guidance == 1 && !options.negative.empty())
    progress.note("note: without guidance (1) the negative prompt has no effect");

  Tensor latents;
  if (!options.latents.empty()) {
    if (Error problem = readNpy(options.latents).moveInto(latents))
      return problem;
    int64_t wanted = int64_t(info.latent_channels) * info.latent_height * info.latent_width;
    if (latents.type() != ElementType::F32 || latents.elements() != wanted)
      return createStringError(
          options.latents + ": is " + typeText(latents.type(), latents.shape()) + ", expected " +
          typeText(ElementType::F32, {1, info.latent_channels, info.latent_height, info.latent_width}));
    params.latents = latents.data<float>();
    params.latents_count = latents.elements();
  }

  SmallVector<std::string> texts(options.prompts.begin(), options.prompts.end());
  texts.push_back(options.negative);
  if (Error problem = noteCutPrompts(*host, *files, info.max_tokens, texts, progress))
    return problem;

  Sheet sheet(info.width, info.height, pictures);
  std::vector<uint8_t> rgb(size_t(info.width) * info.height * 3);
  for (size_t index = 0; index < pictures; ++index) {
    if (pictures > 1)
      session.which = std::to_string(index + 1) + " of " + std::to_string(pictures) + ": ";
    params.prompt = options.prompts[index].c_str();
    params.seed = options.seed + index;
    auto previous = std::signal(SIGINT, onInterrupt);
    snap_status status = host->api.generate(host->model, &params, rgb.data(), rgb.size(), &error);
    std::signal(SIGINT, previous);
    session.endStage();
    if (status == SNAP_CANCELLED)
      return createStringError("interrupted; nothing was written to " + options.output);
    if (status != SNAP_OK)
      return createStringError(error.message);
    sheet.put(index, rgb);
  }
  progress.end();
  if (session.saveError)
    return std::move(session.saveError);

  std::vector<std::pair<std::string, std::string>> text = {{"Software", "snapc " SNAPC_VERSION}};
  for (const std::string &prompt : options.prompts)
    text.push_back({"prompt", prompt});
  text.insert(text.end(),
              {
                  {"negative_prompt", options.negative},
                  {"steps", std::to_string(params.steps)},
                  {"guidance", shortest(params.guidance)},
                  {options.latents.empty() ? "seed" : "latents",
                   options.latents.empty() ? std::to_string(options.seed) : sys::path::filename(options.latents).str()},
                  {"model", files->name},
              });
  if (Error problem = writePng(options.output, sheet.rgb.data(), sheet.width, sheet.height, text))
    return problem;

  outs() << options.output << ": " << sheet.width << 'x' << sheet.height << '\n';
  printTimes(*host, session, pictures);
  return std::move(session.saveError);
}

} // namespace snap
