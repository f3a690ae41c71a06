//===- snapc.cpp - The command line ---------------------------------------===//
//
// Parses arguments into the plain option structs of compiler/driver/Commands.h.
// Exit status: 0 done, 1 refused input or failed work, 2 wrong usage.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Commands.h"

#include "targets/TargetModel.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

#include <functional>
#include <memory>

using namespace llvm;
using namespace snap;

namespace {

/// One subcommand: its options live as long as this object.
struct Command {
  Command(const char *name, const char *description) : sub(name, description) {}
  virtual ~Command() = default;
  virtual const char *examples() const = 0;
  virtual Error run(Progress &progress) = 0;

  cl::SubCommand sub;
  cl::opt<bool> quiet{"quiet", cl::desc("print no progress"), cl::sub(sub)};
};

/// "NAME=VALUE" arguments, each name once.
Expected<std::map<std::string, std::string>> assignments(const cl::list<std::string> &list, StringRef option) {
  std::map<std::string, std::string> result;
  for (const std::string &text : list) {
    auto [name, value] = StringRef(text).split('=');
    if (name.empty() || value.empty())
      return createStringError("--" + option + " " + text + ": expected NAME=VALUE");
    if (!result.emplace(name.str(), value.str()).second)
      return createStringError("--" + option + " " + text + ": " + name + " is given twice");
  }
  return result;
}

Expected<std::map<std::string, int64_t>> dimensions(const cl::list<std::string> &list) {
  auto texts = assignments(list, "dim");
  if (!texts)
    return texts.takeError();
  std::map<std::string, int64_t> result;
  for (const auto &[name, value] : *texts) {
    int64_t number;
    if (StringRef(value).getAsInteger(10, number) || number <= 0)
      return createStringError("--dim " + name + "=" + value + ": expected a positive integer");
    result[name] = number;
  }
  return result;
}

Expected<ElementType> precision(StringRef text) {
  if (text == "f32")
    return ElementType::F32;
  if (text == "f16")
    return ElementType::F16;
  return createStringError("--precision " + text + ": expected f32 or f16");
}

/// "512x512" as width and height.
Expected<std::pair<int64_t, int64_t>> pictureSize(StringRef text) {
  auto [width, height] = text.split('x');
  std::pair<int64_t, int64_t> pixels;
  if (width.getAsInteger(10, pixels.first) || height.getAsInteger(10, pixels.second) || pixels.first <= 0 ||
      pixels.second <= 0)
    return createStringError("--size " + text + ": expected WIDTHxHEIGHT in pixels, as 512x512");
  return pixels;
}

/// Whether a step runs on a guidance pair.
Expected<bool> guidancePair(StringRef text) {
  if (text != "pair" && text != "single")
    return createStringError("--guidance " + text + ": expected pair or single");
  return text == "pair";
}

/// Options of every command that compiles.
struct CompileArguments {
  explicit CompileArguments(cl::SubCommand &sub)
      : cpu("cpu", cl::desc("processor model; a wrong one lists those known"), cl::value_desc("MODEL"), cl::sub(sub)),
        precisionText("precision", cl::desc("storage of weights and activations: f32 (default) or f16"),
                      cl::value_desc("f32|f16"), cl::init("f32"), cl::sub(sub)),
        dims("dim", cl::desc("binds a symbolic dimension of the model (repeatable)"), cl::value_desc("NAME=N"),
             cl::sub(sub)),
        cache("cache", cl::desc("kernel cache folder (default: $SNAPC_CACHE, else ~/.cache/snapc)"),
              cl::value_desc("DIR"), cl::sub(sub)),
        jobs("jobs", cl::desc("kernels compiled at once (default: one per core)"), cl::value_desc("N"), cl::sub(sub)) {}

  Error fill(CompileOptions &options) const {
    options.cpu = cpu;
    options.cache = cache;
    options.jobs = jobs;
    auto boundDims = dimensions(dims);
    if (!boundDims)
      return boundDims.takeError();
    options.dims = *boundDims;
    return precision(precisionText).moveInto(options.precision);
  }

  cl::opt<std::string> cpu, precisionText;
  cl::list<std::string> dims;
  cl::opt<std::string> cache;
  cl::opt<unsigned> jobs;
};

struct CompileCommand : Command {
  CompileCommand() : Command("compile", "compile a pipeline or a model into libNAME.a, NAME.h and NAME.snap") {}
  const char *examples() const override {
    return "  snapc compile models/nano -o out\n"
           "  snapc compile snapfusion/ -o out --steps 8\n"
           "  snapc compile snapfusion/ -o out --tune --schedules server.schedules\n"
           "  snapc compile snapfusion/ -o ios --name painter --target arm64-ios --precision f16\n"
           "  snapc compile snapfusion/ -o ios --name painter --target arm64-ios --precision f16 --gpu metal\n"
           "  snapc compile unet/model.onnx -o unet --dim batch=2 --dim height=64 --dim width=64\n"
           "  snapc compile unet/model.onnx -o - --emit snap --dim batch=2 --dim height=64 --dim width=64\n";
  }
  Error run(Progress &progress) override {
    CompileOptions options;
    options.input = input;
    options.output = output;
    options.name = name;
    options.target = target;
    if (!gpu.empty() && gpu != "metal")
      return createStringError("--gpu " + gpu + ": expected metal");
    options.metal = gpu == "metal";
    options.metalAnywhere = metalAnywhere;
    options.masks = masks;
    options.maxScratch = maxScratch;
    options.maxWeights = maxWeights;
    options.tune = tune;
    options.schedules = schedules;
    if (Error error = arguments.fill(options))
      return error;
    if (steps != "any" && (StringRef(steps).getAsInteger(10, options.steps) || options.steps == 0))
      return createStringError("--steps " + steps + ": expected a positive integer or any");
    if (Error error = guidancePair(guidance).moveInto(options.guidance))
      return error;
    if (!size.empty())
      if (Error error = pictureSize(size).moveInto(options.size))
        return error;
    if (emit == "snap")
      options.emit = EmitKind::Snap;
    else if (emit == "plan")
      options.emit = EmitKind::Plan;
    else if (!emit.empty())
      return createStringError("--emit " + emit + ": expected snap or plan");
    options.report = report;
    if ((tune || !schedules.empty()) && !emit.empty())
      return createStringError("--tune and --schedules: only of a whole compilation, without --emit");
    if (!report.empty() && !emit.empty())
      return createStringError("--report " + report + ": only of a whole compilation, without --emit");
    return runCompile(options, progress);
  }

  cl::opt<std::string> input{cl::Positional, cl::desc("DIR|MODEL.onnx"), cl::Required, cl::sub(sub)};
  cl::opt<std::string> output{"o", cl::desc("folder for the three files; with --emit a file, - for stdout"),
                              cl::value_desc("OUT"), cl::Required, cl::sub(sub)};
  cl::opt<std::string> name{"name", cl::desc("NAME of the library (default: from the input)"), cl::value_desc("NAME"),
                            cl::sub(sub)};
  cl::opt<std::string> target{
      "target", cl::desc("host (default), x86_64-linux, arm64-linux, arm64-android, arm64-ios or arm64-macos"),
      cl::value_desc("TARGET"), cl::init("host"), cl::sub(sub)};
  cl::opt<std::string> gpu{"gpu",
                           cl::desc("metal: also for the GPU, with arm64-ios or arm64-macos; the CPU takes over "
                                    "where the GPU fails"),
                           cl::value_desc("metal"), cl::sub(sub)};
  // The archive then links with a Metal of the tests' own.
  cl::opt<bool> metalAnywhere{"metal-anywhere", cl::desc("allow --gpu metal for every target"), cl::Hidden,
                              cl::sub(sub)};
  cl::opt<std::string> size{"size", cl::desc("picture of a pipeline in pixels (default: from unet/config.json)"),
                            cl::value_desc("WxH"), cl::sub(sub)};
  cl::opt<std::string> steps{
      "steps", cl::desc("N: for N denoising steps only, the time embedding a table; any (default): 8 unless asked"),
      cl::value_desc("N|any"), cl::init("any"), cl::sub(sub)};
  cl::opt<std::string> guidance{
      "guidance", cl::desc("pair (default): with and without the prompt; single: for a guidance-distilled UNet"),
      cl::value_desc("pair|single"), cl::init("pair"), cl::sub(sub)};
  cl::opt<std::string> masks{"masks", cl::desc("JSON file of channels to make zero and remove: {\"WEIGHT\": [3, 7]}"),
                             cl::value_desc("FILE"), cl::sub(sub)};
  cl::opt<unsigned> maxScratch{"max-scratch",
                               cl::desc("megabytes of scratch a convolution may take on each thread (default: no cap)"),
                               cl::value_desc("MB"), cl::sub(sub)};
  cl::opt<unsigned> maxWeights{"max-weights",
                               cl::desc("megabytes that all packed weights may take (default: 3 times the bytes of the "
                                        "model's own on x86-64, 1.5 times on arm64)"),
                               cl::value_desc("MB"), cl::sub(sub)};
  cl::opt<bool> tune{"tune",
                     cl::desc("measure other block sizes of the kernels on this machine and remember the fastest; "
                              "takes minutes, the next time only for new kernels"),
                     cl::sub(sub)};
  cl::opt<std::string> schedules{
      "schedules",
      cl::desc("measured block sizes to use, and to add to with --tune (default with --tune: a file in "
               "the kernel cache)"),
      cl::value_desc("FILE"), cl::sub(sub)};
  cl::opt<std::string> emit{"emit", cl::desc("stop early and write the IR: snap (after the graph passes) or plan"),
                            cl::value_desc("snap|plan"), cl::sub(sub)};
  cl::opt<std::string> report{"report", cl::desc("write a page about work, blocks, memory and kernels"),
                              cl::value_desc("FILE.html"), cl::sub(sub)};
  CompileArguments arguments{sub};
};

struct RunCommand : Command {
  RunCommand() : Command("run", "run a model on inputs from .npy files") {}
  const char *examples() const override {
    return "  snapc run model.onnx --input x=x.npy -o results\n"
           "  snapc run out --input sample=s.npy --input timestep=t.npy --input encoder_hidden_states=e.npy -o "
           "results\n";
  }
  Error run(Progress &progress) override {
    RunOptions options;
    options.model = model;
    options.output = output;
    options.threads = threads;
    options.repeat = repeat;
    if (Error error = assignments(inputs, "input").moveInto(options.inputs))
      return error;
    if (Error error = arguments.fill(options.compile))
      return error;
    return runModel(options, progress);
  }

  cl::opt<std::string> model{cl::Positional, cl::desc("MODEL.onnx|OUT"), cl::Required, cl::sub(sub)};
  cl::list<std::string> inputs{"input", cl::desc("an input (repeatable)"), cl::value_desc("NAME=FILE.npy"),
                               cl::sub(sub)};
  cl::opt<std::string> output{"o", cl::desc("folder for one .npy per output"), cl::value_desc("DIR"), cl::Required,
                              cl::sub(sub)};
  cl::opt<unsigned> threads{"threads", cl::desc("worker threads (default: one per core)"), cl::value_desc("N"),
                            cl::sub(sub)};
  cl::opt<unsigned> repeat{"repeat", cl::desc("runs; the seconds printed are the fastest's (1)"), cl::value_desc("N"),
                           cl::init(1), cl::sub(sub)};
  CompileArguments arguments{sub};
};

struct VerifyCommand : Command {
  VerifyCommand() : Command("verify", "compare compiled code with the reference interpreter") {}
  const char *examples() const override {
    return "  snapc verify models/nano/vae_decoder/model.onnx --dim batch=1 --dim height=16 --dim width=16\n";
  }
  Error run(Progress &progress) override {
    VerifyOptions options;
    options.model = model;
    options.seed = seed;
    options.tolerance = tolerance;
    if (tolerance.getNumOccurrences() && !(tolerance > 0))
      return createStringError("--tolerance " + std::to_string(tolerance) + ": expected a number above 0");
    if (Error error = assignments(inputs, "input").moveInto(options.inputs))
      return error;
    if (Error error = arguments.fill(options.compile))
      return error;
    return runVerify(options, progress);
  }

  cl::opt<std::string> model{cl::Positional, cl::desc("MODEL.onnx"), cl::Required, cl::sub(sub)};
  cl::list<std::string> inputs{"input", cl::desc("an input (repeatable); the others are random"),
                               cl::value_desc("NAME=FILE.npy"), cl::sub(sub)};
  cl::opt<uint64_t> seed{"seed", cl::desc("of the random inputs (0)"), cl::value_desc("N"), cl::sub(sub)};
  cl::opt<double> tolerance{"tolerance", cl::desc("largest relative L2 error (1e-4 for f32, 2e-2 for f16)"),
                            cl::value_desc("E"), cl::sub(sub)};
  CompileArguments arguments{sub};
};

struct GenerateCommand : Command {
  GenerateCommand() : Command("generate", "draw pictures from prompts") {}
  const char *examples() const override {
    return "  snapc generate out \"a red fox in the snow\" -o fox.png --seed 7\n"
           "  snapc generate out \"a lighthouse\" -o a.png --negative blurry --steps 8 --guidance 7.5 --save tensors\n"
           "  snapc generate out \"a boat\" \"a bridge\" \"a tower\" \"a garden\" -o sheet.png     # four pictures in "
           "one\n";
  }
  Error run(Progress &progress) override {
    GenerateOptions options;
    options.model = model;
    options.prompts.assign(prompts.begin(), prompts.end());
    options.negative = negative;
    options.output = output;
    options.seed = seed;
    options.steps = steps;
    options.guidance = guidance;
    options.threads = threads;
    options.latents = latents;
    options.save = save;
    if (guidance.getNumOccurrences() && !(guidance >= 1.0))
      return createStringError("--guidance " + std::to_string(guidance) + ": expected a number of at least 1");
    return runGenerate(options, progress);
  }

  cl::opt<std::string> model{cl::Positional, cl::desc("OUT"), cl::Required, cl::sub(sub)};
  cl::list<std::string> prompts{cl::Positional, cl::desc("\"PROMPT\"…"), cl::OneOrMore, cl::sub(sub)};
  cl::opt<std::string> output{"o", cl::desc("the picture; of several prompts a sheet of all"),
                              cl::value_desc("PICTURE.png"), cl::Required, cl::sub(sub)};
  cl::opt<std::string> negative{"negative", cl::desc("what the picture should not show"), cl::value_desc("PROMPT"),
                                cl::sub(sub)};
  cl::opt<uint64_t> seed{"seed", cl::desc("of the first picture's noise (0); of each further one it is one more"),
                         cl::value_desc("N"), cl::sub(sub)};
  cl::opt<unsigned> steps{"steps", cl::desc("denoising steps (default: the pipeline's)"), cl::value_desc("N"),
                          cl::sub(sub)};
  cl::opt<double> guidance{"guidance", cl::desc("classifier-free guidance scale (default: 7.5)"), cl::value_desc("G"),
                           cl::sub(sub)};
  cl::opt<unsigned> threads{"threads", cl::desc("worker threads (default: one per core)"), cl::value_desc("N"),
                            cl::sub(sub)};
  cl::opt<std::string> latents{"latents", cl::desc("start from this noise instead of the seed's"),
                               cl::value_desc("FIRST.npy"), cl::sub(sub)};
  cl::opt<std::string> save{"save", cl::desc("write embeddings.npy, latents-STEP.npy and image.npy here"),
                            cl::value_desc("DIR"), cl::sub(sub)};
};

struct PruneCommand : Command {
  PruneCommand() : Command("prune", "write a smaller model: the channels of largest L1 norm stay") {}
  const char *examples() const override {
    return "  snapc prune vae_decoder/model.onnx --channels 0.5 -o half/model.onnx\n";
  }
  Error run(Progress &progress) override {
    PruneOptions options;
    options.model = model;
    options.output = output;
    options.channels = channels;
    auto boundDims = dimensions(dims);
    if (!boundDims)
      return boundDims.takeError();
    options.dims = *boundDims;
    if (!(channels > 0 && channels < 1))
      return createStringError("--channels " + std::to_string(channels) +
                               ": expected the part of each layer's channels that stays, between 0 and 1");
    return runPrune(options, progress);
  }

  cl::opt<std::string> model{cl::Positional, cl::desc("MODEL.onnx"), cl::Required, cl::sub(sub)};
  cl::opt<double> channels{"channels", cl::desc("the part of every layer's channels that stays, as 0.5"),
                           cl::value_desc("F"), cl::Required, cl::sub(sub)};
  cl::opt<std::string> output{"o", cl::desc("the smaller model"), cl::value_desc("OUT.onnx"), cl::Required,
                              cl::sub(sub)};
  cl::list<std::string> dims{"dim", cl::desc("binds a symbolic dimension while shapes are checked (repeatable)"),
                             cl::value_desc("NAME=N"), cl::sub(sub)};
};

struct InspectCommand : Command {
  InspectCommand() : Command("inspect", "show a compiled model: programs, kernels, work, memory") {}
  const char *examples() const override {
    return "  snapc inspect out\n"
           "  snapc inspect out/nano.snap --json\n";
  }
  Error run(Progress &) override { return runInspect({model, json}); }

  cl::opt<std::string> model{cl::Positional, cl::desc("OUT|NAME.snap"), cl::Required, cl::sub(sub)};
  cl::opt<bool> json{"json", cl::desc("machine-readable output"), cl::sub(sub)};
};

struct ProfileCommand : Command {
  ProfileCommand() : Command("profile", "time every kernel and block of a compiled model on this machine") {}
  const char *examples() const override {
    return "  snapc profile out\n"
           "  snapc profile out --program step --repeat 9 --threads 1 --json\n";
  }
  Error run(Progress &progress) override {
    if (!repeat)
      return createStringError("--repeat 0: expected at least 1");
    return runProfile({model, json, program, threads, repeat, report}, progress);
  }

  cl::opt<std::string> model{cl::Positional, cl::desc("OUT|NAME.snap"), cl::Required, cl::sub(sub)};
  cl::opt<bool> json{"json", cl::desc("machine-readable output"), cl::sub(sub)};
  cl::opt<std::string> program{"program", cl::desc("only this program (default: all)"), cl::value_desc("NAME"),
                               cl::sub(sub)};
  cl::opt<unsigned> threads{"threads", cl::desc("worker threads (default: one per core)"), cl::value_desc("N"),
                            cl::sub(sub)};
  cl::opt<unsigned> repeat{"repeat", cl::desc("timed runs of each program; medians are shown (5)"), cl::value_desc("N"),
                           cl::init(5), cl::sub(sub)};
  cl::opt<std::string> report{"report", cl::desc("write the page of `snapc compile --report`, with times"),
                              cl::value_desc("FILE.html"), cl::sub(sub)};
};

struct EstimateCommand : Command {
  EstimateCommand() : Command("estimate", "estimate a pipeline's or model's time on a device that is not here") {}
  const char *examples() const override {
    return "  snapc estimate snapfusion/ --device iphone-14-pro\n"
           "  snapc estimate snapfusion/ --device ipad-m4 --steps 4 --guidance single --kernels\n"
           "  snapc estimate snapfusion/ --device iphone-16-pro --processor cpu --precision f32 --json\n"
           "  snapc estimate unet/model.onnx --device mac-m1-max --dim batch=2 --dim height=64 --dim width=64\n";
  }
  Error run(Progress &progress) override {
    EstimateOptions options;
    options.device = device;
    options.processor = processor;
    options.efficiency = efficiency;
    options.convolutions = convolutions;
    options.threads = threads;
    options.goal = goal;
    options.kernels = kernels;
    options.json = json;
    options.compile.input = input;
    if (!(goal > 0))
      return createStringError("--goal " + std::to_string(goal) + ": expected seconds above 0");
    if (!precisionText.empty())
      if (Error error = precision(precisionText).moveInto(options.precision))
        return error;
    if (steps.getNumOccurrences() && steps == 0)
      return createStringError("--steps 0: expected a positive integer");
    options.compile.steps = steps;
    if (Error error = guidancePair(guidance).moveInto(options.compile.guidance))
      return error;
    if (!size.empty())
      if (Error error = pictureSize(size).moveInto(options.compile.size))
        return error;
    if (Error error = dimensions(dims).moveInto(options.compile.dims))
      return error;
    return runEstimate(options, progress);
  }

  cl::opt<std::string> input{cl::Positional, cl::desc("DIR|MODEL.onnx"), cl::Required, cl::sub(sub)};
  cl::opt<std::string> device{"device", cl::desc("iphone-14-pro, ipad-m4, …, or host; a wrong one lists those known"),
                              cl::value_desc("NAME"), cl::Required, cl::sub(sub)};
  cl::opt<std::string> processor{"processor", cl::desc("gpu (default where there is one) or cpu"),
                                 cl::value_desc("gpu|cpu"), cl::sub(sub)};
  cl::opt<unsigned> threads{"threads",
                            cl::desc("CPU cores used, the fastest first (default: all but efficiency cores)"),
                            cl::value_desc("N"), cl::sub(sub)};
  cl::opt<std::string> precisionText{"precision",
                                     cl::desc("storage of weights and activations: f16 (default), f32 (the host's)"),
                                     cl::value_desc("f32|f16"), cl::sub(sub)};
  cl::opt<std::string> size{"size", cl::desc("picture of a pipeline in pixels (default: from unet/config.json)"),
                            cl::value_desc("WxH"), cl::sub(sub)};
  cl::opt<unsigned> steps{"steps", cl::desc("denoising steps (default: the pipeline's)"), cl::value_desc("N"),
                          cl::sub(sub)};
  cl::opt<std::string> guidance{"guidance",
                                cl::desc("pair (default): with and without the prompt; single: a distilled UNet"),
                                cl::value_desc("pair|single"), cl::init("pair"), cl::sub(sub)};
  cl::opt<std::string> efficiency{
      "efficiency",
      cl::desc("of the kernels: typical (default); of a GPU also best, as the best published, "
               "or framework, node by node"),
      cl::value_desc("NAME"), cl::sub(sub)};
  cl::opt<std::string> convolutions{"convolutions",
                                    cl::desc("planned (default): as compiled; direct; fastest: by this model"),
                                    cl::value_desc("HOW"), cl::init("planned"), cl::sub(sub)};
  cl::opt<double> goal{"goal",
                       cl::desc("seconds a picture should take (2); what would help is shown where it takes more"),
                       cl::value_desc("S"), cl::init(2), cl::sub(sub)};
  cl::opt<bool> kernels{"kernels", cl::desc("show the heaviest kernels and what bounds them"), cl::sub(sub)};
  cl::opt<bool> json{"json", cl::desc("machine-readable output, all kernels in it"), cl::sub(sub)};
  cl::list<std::string> dims{"dim", cl::desc("binds a symbolic dimension of the model (repeatable)"),
                             cl::value_desc("NAME=N"), cl::sub(sub)};
};

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::SetVersionPrinter([](raw_ostream &os) { os << "snapc " SNAPC_VERSION " (LLVM 19, Halide 21)\n"; });

  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(std::make_unique<CompileCommand>());
  commands.push_back(std::make_unique<RunCommand>());
  commands.push_back(std::make_unique<VerifyCommand>());
  commands.push_back(std::make_unique<GenerateCommand>());
  commands.push_back(std::make_unique<InspectCommand>());
  commands.push_back(std::make_unique<ProfileCommand>());
  commands.push_back(std::make_unique<PruneCommand>());
  commands.push_back(std::make_unique<EstimateCommand>());

  // --help ends with the examples of the command at hand, or with those of all.
  std::string examples = "\nExamples:\n";
  for (const auto &command : commands)
    if (argc < 2 || command->sub.getName() == argv[1] ||
        llvm::none_of(commands, [&](const auto &other) { return other->sub.getName() == argv[1]; }))
      examples += command->examples();
  cl::extrahelp help(examples);

  std::string usageError;
  raw_string_ostream usage(usageError);
  if (!cl::ParseCommandLineOptions(argc, argv, "snapc: ahead-of-time compiler for text-to-image pipelines on phones\n",
                                   &usage)) {
    errs() << usageError;
    return 2;
  }
  for (const auto &command : commands) {
    if (!command->sub)
      continue;
    Progress progress(command->quiet);
    if (Error error = command->run(progress)) {
      logAllUnhandledErrors(std::move(error), errs(), "error: ");
      return 1;
    }
    return 0;
  }
  errs() << "error: no command; `snapc --help` lists them\n";
  return 2;
}
