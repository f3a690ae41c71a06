//===- Estimate.cpp - snapc estimate --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Estimate.h"

#include "compiler/driver/Commands.h"
#include "compiler/driver/Compiler.h"
#include "compiler/driver/MachinePeak.h"
#include "dialects/plan/Plan.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

#include <thread>
#include <unistd.h>

using namespace llvm;

namespace snap {

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

static Error unknownDevice(StringRef name) {
  std::vector<StringRef> names;
  for (const Device &device : devices())
    names.push_back(device.name);
  return createStringError("--device " + name + ": unknown; expected host or one of " + join(names, ", "));
}

/// This machine's cores, measured now.
static Expected<Processor> hostProcessor(unsigned threads) {
  if (!threads)
    threads = std::max(1u, std::thread::hardware_concurrency());
  MachinePeak peak = measureMachinePeak(threads);
  if (!peak.isKnown())
    return createStringError("--device host: this machine has no vectors that we can measure; name a device");
  double cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  cache = double(std::max(0L, sysconf(_SC_LEVEL3_CACHE_SIZE)));
#endif
  return measuredCpu(peak.flops, peak.bytesPerSecond, int(threads), cache);
}

static Error chooseProcessor(const EstimateOptions &options, Estimate &estimate) {
  bool isHost = options.device == "host";
  const Device *device = findDevice(options.device);
  if (!device && !isHost)
    return unknownDevice(options.device);
  if (!options.processor.empty() && options.processor != "gpu" && options.processor != "cpu")
    return createStringError("--processor " + options.processor + ": expected gpu or cpu");
  bool hasGpu = device && device->gpu.cores;
  if (options.processor == "gpu" && !hasGpu)
    return createStringError("--processor gpu: " + options.device +
                             " has no GPU that kernels are made for; expected cpu");
  bool gpu = hasGpu && options.processor != "cpu";
  if (gpu && options.threads)
    return createStringError("--threads " + Twine(options.threads) + ": only of a CPU; add --processor cpu");
  estimate.device = options.device;
  estimate.about = isHost ? "this machine" : device->about;
  if (isHost) {
    if (Error error = hostProcessor(options.threads).moveInto(estimate.processor))
      return error;
  } else {
    estimate.processor = gpu ? gpuOf(*device) : cpuOf(*device, int(options.threads));
  }
  std::string name = options.efficiency.empty() ? "typical" : options.efficiency;
  estimate.efficiency = findEfficiency(name, gpu);
  if (!estimate.efficiency) {
    std::vector<StringRef> names;
    for (const Efficiency &efficiency : efficiencies())
      if (efficiency.ofGpu == gpu)
        names.push_back(efficiency.name);
    return createStringError("--efficiency " + name + ": unknown for a " + (gpu ? "GPU" : "CPU") +
                             "; expected one of " + join(names, ", "));
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

namespace {
/// The kernels of a program and how often a run calls each.
using ProgramCalls = std::vector<std::pair<KernelKey, unsigned>>;
using Programs = std::map<std::string, ProgramCalls>;
} // namespace

static Expected<Programs> readPrograms(mlir::ModuleOp module) {
  Programs programs;
  for (auto program : module.getOps<plan::ProgramOp>()) {
    MapVector<StringRef, unsigned> counts;
    program.walk([&](plan::CallOp call) { ++counts[call.getKey()]; });
    ProgramCalls &calls = programs[program.getSymName().str()];
    for (const auto &[text, count] : counts) {
      std::string error;
      std::optional<KernelKey> key = KernelKey::parse(text.str(), error);
      if (!key)
        return createStringError("the plan holds a kernel that does not parse, please report this model: " + error);
      calls.push_back({*key, count});
    }
  }
  return programs;
}

static Algorithm algorithmFor(const KernelKey &key, const Variant &variant, const Processor &processor) {
  if (key.op != KernelOp::Conv2d || variant.convolutions == Convolutions::Planned)
    return Algorithm::Default;
  if (variant.convolutions == Convolutions::Direct)
    return Algorithm::Direct;
  return fastestAlgorithm(key, processor, *variant.efficiency);
}

static Stage estimateStage(StringRef name, unsigned runs, const ProgramCalls &calls, const Variant &variant,
                           const Processor &processor) {
  Stage stage;
  stage.name = name.str();
  stage.runs = runs;
  for (const auto &[key, count] : calls) {
    EstimatedKernel kernel{key.str(), algorithmFor(key, variant, processor), count, double(key.macs()), {}};
    kernel.time = kernelTime(key, processor, *variant.efficiency, kernel.algorithm);
    stage.calls += count;
    stage.launches += count * unsigned(kernel.time.launches);
    stage.macs += count * kernel.macs;
    stage.macsDone += count * kernel.time.macsDone;
    stage.seconds += kernel.seconds();
    stage.secondsBy[kernel.time.bound] += kernel.seconds();
    stage.weightBytes += count * workOf(key, kernel.algorithm).weightBytes;
    stage.kernels.push_back(std::move(kernel));
  }
  llvm::sort(stage.kernels, [](const EstimatedKernel &a, const EstimatedKernel &b) {
    return std::make_pair(b.seconds(), a.key) < std::make_pair(a.seconds(), b.key);
  });
  return stage;
}

/// The programs of a picture in the order they run in; of a single model the only one.
static std::vector<Stage> stagesOf(const Programs &programs, const Variant &variant, const Processor &processor,
                                   bool isPipeline) {
  std::vector<Stage> stages;
  auto add = [&](const std::string &name, unsigned runs) {
    if (auto found = programs.find(name); found != programs.end())
      stages.push_back(estimateStage(name, runs, found->second, variant, processor));
  };
  if (!isPipeline) {
    for (const auto &[name, calls] : programs)
      add(name, 1);
    return stages;
  }
  // A UNet compiled for a single pass has no programs of their own for it.
  std::string suffix = variant.single && programs.count("step_single") ? "_single" : "";
  add("encode_text", variant.single ? 1 : 2);
  add("prepare" + suffix, 1);
  add("step" + suffix, variant.steps);
  add("decode", 1);
  return stages;
}

static double secondsOf(const std::vector<Stage> &stages) {
  double seconds = 0;
  for (const Stage &stage : stages)
    seconds += stage.runs * stage.seconds;
  return seconds;
}

static double weightBytesOf(const std::vector<Stage> &stages) {
  double bytes = 0;
  for (const Stage &stage : stages)
    bytes += stage.weightBytes;
  return bytes;
}

double Estimate::seconds() const { return secondsOf(stages); }

//===----------------------------------------------------------------------===//
// What would bring the goal nearer
//===----------------------------------------------------------------------===//

namespace {
class LeverFinder {
public:
  LeverFinder(const Programs &programs, Estimate &estimate) : programs(programs), estimate(estimate) {}

  /// Alone each, then all together, with as many steps as the goal leaves time for.
  void run() {
    Variant all = estimate.variant;
    auto tryOne = [&](StringRef name, const Twine &what, auto change) {
      Variant variant = estimate.variant;
      change(variant);
      if (add(name, what, variant))
        change(all);
    };
    tryOne("winograd", "each 3x3 convolution by its fastest algorithm",
           [](Variant &v) { v.convolutions = Convolutions::Fastest; });
    const Efficiency *best = findEfficiency("best", estimate.processor.isGpu);
    if (best && best != estimate.efficiency)
      tryOne("best-kernels", "kernels as good as the best published ones", [&](Variant &v) { v.efficiency = best; });
    if (!estimate.variant.single && programs.count("step_single"))
      tryOne("single-pass", "guidance in a single pass (a UNet distilled for it)", [](Variant &v) { v.single = true; });
    fewerSteps("steps", "", estimate.variant);
    // Together only where that is something else.
    if (estimate.levers.size() > 1) {
      add("together", "all of these but fewer steps", all);
      fewerSteps("together-steps", "all of these, ", all);
    }
  }

private:
  double seconds(const Variant &variant) const {
    return secondsOf(stagesOf(programs, variant, estimate.processor, true));
  }

  /// Whether it brings a hundredth at least.
  bool add(StringRef name, const Twine &what, const Variant &variant) {
    std::vector<Stage> stages = stagesOf(programs, variant, estimate.processor, true);
    if (secondsOf(stages) > 0.99 * estimate.seconds())
      return false;
    estimate.levers.push_back({name.str(), what.str(), variant, secondsOf(stages),
                               std::max(0.0, weightBytesOf(stages) - weightBytesOf(estimate.stages))});
    return true;
  }

  void fewerSteps(StringRef name, StringRef prefix, Variant variant) {
    if (seconds(variant) <= estimate.goal)
      return;
    Variant one = variant, none = variant;
    one.steps = 1, none.steps = 0;
    double rest = seconds(none), step = seconds(one) - rest;
    auto steps = unsigned(std::max(0.0, (estimate.goal - rest) / step));
    variant.steps = std::max(1u, std::min(steps, variant.steps));
    add(name, prefix + Twine(variant.steps) + (variant.steps == 1 ? " step" : " steps") + " (a UNet distilled to them)",
        variant);
  }

  const Programs &programs;
  Estimate &estimate;
};
} // namespace

//===----------------------------------------------------------------------===//
// The command
//===----------------------------------------------------------------------===//

static Error chooseConvolutions(StringRef text, Convolutions &convolutions) {
  std::optional<Convolutions> found = StringSwitch<std::optional<Convolutions>>(text)
                                          .Case("planned", Convolutions::Planned)
                                          .Case("direct", Convolutions::Direct)
                                          .Case("fastest", Convolutions::Fastest)
                                          .Default(std::nullopt);
  if (!found)
    return createStringError("--convolutions " + text + ": expected planned, direct or fastest");
  convolutions = *found;
  return Error::success();
}

Error runEstimate(const EstimateOptions &options, Progress &progress) {
  Estimate estimate;
  if (Error error = chooseProcessor(options, estimate))
    return error;
  if (Error error = chooseConvolutions(options.convolutions, estimate.variant.convolutions))
    return error;
  CompileOptions compile = options.compile;
  const Device *device = findDevice(options.device);
  compile.target = device ? device->target : "host";
  compile.cpu = device ? device->cpuModel : "";
  compile.precision = options.precision.value_or(device ? ElementType::F16 : ElementType::F32);
  compile.metal = estimate.processor.isGpu; // the plan that --gpu metal makes
  compile.metalAnywhere = true;
  Compiler compiler(compile, progress);
  if (Error error = compiler.import())
    return error;
  if (Error error = compiler.runPasses(EmitKind::Plan))
    return error;
  Expected<Programs> programs = readPrograms(compiler.module());
  if (!programs)
    return programs.takeError();

  estimate.model = compiler.name();
  estimate.precision = compile.precision;
  estimate.pipeline = compiler.pipelineConfig();
  estimate.goal = options.goal;
  estimate.variant.efficiency = estimate.efficiency;
  bool isPipeline = estimate.pipeline.has_value();
  if (isPipeline) {
    estimate.variant.single = !estimate.pipeline->guidancePair;
    estimate.variant.steps = estimate.pipeline->defaultSteps;
  }
  estimate.stages = stagesOf(*programs, estimate.variant, estimate.processor, isPipeline);
  Variant direct = estimate.variant;
  direct.convolutions = Convolutions::Direct;
  estimate.directSeconds = secondsOf(stagesOf(*programs, direct, estimate.processor, isPipeline));
  if (isPipeline && estimate.seconds() > estimate.goal)
    LeverFinder(*programs, estimate).run();

  if (options.json)
    outs() << json::Value(toJson(estimate)) << '\n';
  else
    print(estimate, options.kernels, outs());
  return Error::success();
}

} // namespace snap
