//===- kernels.cpp - Times compiled kernels, one key a line ---------------===//
//
// usage: snap-kernel-bench [--target=T] [--cpu=C] [--threads=N] [--cache=DIR]
//                          MODEL… [Google Benchmark's flags]
//        snap-kernel-bench --objects=DIR [--target=T] [--cpu=C] [--cache=DIR] MODEL…
//
// MODEL is the folder of a compiled model, its NAME.snap, or KEYS.txt, each line
// a kernel key as `snapc inspect` prints it. A key that several hold is timed
// once; the label counts its calls in each program. Reports GFLOPS of the direct
// algorithm, so that Winograd's advantage shows, GB/s with each operand counted
// once, and roof: the part of the time that this takes at this machine's peaks,
// as in `snapc profile`; peaks are measured first and printed above. Operands
// stay where the last run left them, in caches if they fit. --objects runs
// nothing: it writes the kernels and table.c, which describes them, for
// bench/arm64/runner.c.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/HostModel.h"
#include "compiler/driver/ModelReport.h"
#include "snap/kernel_abi.h"
#include "targets/KernelCompiler.h"

#include "llvm/Support/FormatVariadic.h"

#include <benchmark/benchmark.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <unistd.h>

using namespace snap;
namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// What kernels call: a pool that hands out the items of one loop at a time.
//===----------------------------------------------------------------------===//

/// A loop inside a loop runs on its own thread.
static thread_local bool insideLoop = false;

namespace {
using LoopBody = int (*)(void *context, int item, uint8_t *closure);

class Pool {
public:
  explicit Pool(unsigned threads) {
    for (unsigned i = 1; i < threads; ++i)
      workers.emplace_back([this] { work(); });
  }
  ~Pool() {
    {
      std::lock_guard<std::mutex> hold(lock);
      quitting = true;
    }
    opened.notify_all();
    for (std::thread &worker : workers)
      worker.join();
  }

  int run(void *context, LoopBody body, int min, int count, uint8_t *closure) {
    {
      std::lock_guard<std::mutex> hold(lock);
      loop = {context, body, min, count, closure};
      next = 0;
      busy = workers.size();
      ++generation;
    }
    opened.notify_all();
    items();
    std::unique_lock<std::mutex> hold(lock);
    closed.wait(hold, [this] { return busy == 0; });
    return 0;
  }

private:
  struct Loop {
    void *context;
    LoopBody body;
    int min, count;
    uint8_t *closure;
  };

  void items() {
    for (int i = next++; i < loop.count; i = next++)
      loop.body(loop.context, loop.min + i, loop.closure);
  }
  void work() {
    insideLoop = true;
    uint64_t seen = 0;
    for (;;) {
      {
        std::unique_lock<std::mutex> hold(lock);
        opened.wait(hold, [&] { return quitting || generation != seen; });
        if (quitting)
          return;
        seen = generation;
      }
      items();
      std::lock_guard<std::mutex> hold(lock);
      if (--busy == 0)
        closed.notify_one();
    }
  }

  std::mutex lock;
  std::condition_variable opened, closed;
  std::vector<std::thread> workers;
  Loop loop = {};
  std::atomic<int> next{0};
  size_t busy = 0;
  uint64_t generation = 0;
  bool quitting = false;
};
} // namespace

static std::unique_ptr<Pool> pool;

extern "C" {
__attribute__((visibility("default"))) int halide_do_par_for(void *context, LoopBody body, int min, int count,
                                                             uint8_t *closure) {
  if (!insideLoop) {
    insideLoop = true;
    int result = pool->run(context, body, min, count, closure);
    insideLoop = false;
    return result;
  }
  for (int i = 0; i < count; ++i)
    body(context, min + i, closure);
  return 0;
}
__attribute__((visibility("default"))) void *halide_malloc(void *, size_t bytes) {
  return std::aligned_alloc(64, (bytes + 127) / 64 * 64);
}
__attribute__((visibility("default"))) void halide_free(void *, void *block) { std::free(block); }
}

//===----------------------------------------------------------------------===//
// Linking and running
//===----------------------------------------------------------------------===//

/// Links the objects into one shared object beside them and opens it.
static void *openKernels(const KernelObjects &kernels, const fs::path &folder) {
  std::string command = "c++ -shared -o " + (folder / "kernels.so").string();
  for (const KernelObject &object : kernels.objects) {
    fs::path path = folder / (object.symbol + ".o");
    std::ofstream(path, std::ios::binary) << object.bytes;
    command += " " + path.string();
  }
  if (std::system((command + " -lm").c_str()) != 0)
    return nullptr;
  return dlopen((folder / "kernels.so").c_str(), RTLD_NOW);
}

/// One object a kernel, and a C file with the table that bench/arm64/runner.c reads.
static void writeObjects(const std::vector<KernelKey> &keys, const KernelObjects &kernels, const fs::path &folder) {
  fs::create_directories(folder);
  std::string entries = "#include <stdint.h>\n", table;
  for (size_t i = 0; i < keys.size(); ++i) {
    std::ofstream(folder / (keys[i].symbol() + ".o"), std::ios::binary) << kernels.objects[i].bytes;
    entries += "int " + keys[i].symbol() + "_argv(void **);\n";
    table += "  {" + keys[i].symbol() + "_argv, " + (keys[i].inputs[0].type == ElementType::F16 ? "1" : "0") + ", {";
    for (const auto *tensors : {&keys[i].inputs, &keys[i].outputs})
      for (const TensorSpec &tensor : *tensors)
        table += std::to_string(tensor.bytes()) + ", ";
    table += "0}},\n";
  }
  std::ofstream(folder / "table.c") << entries
                                    << "struct bench_kernel {\n  int (*run)(void **);\n  int half;\n  uint64_t "
                                       "bytes[24];\n};\nconst struct bench_kernel bench_kernels[] = {\n"
                                    << table << "};\n";
}

namespace {
/// Buffers of a kernel, filled with values that multiply without denormals.
struct Arguments {
  explicit Arguments(const KernelKey &key) {
    for (const auto *tensors : {&key.inputs, &key.outputs})
      for (const TensorSpec &tensor : *tensors) {
        size_t bytes = (static_cast<size_t>(tensor.bytes()) + 127) / 64 * 64;
        auto *data = static_cast<uint8_t *>(std::aligned_alloc(64, bytes));
        storage.emplace_back(data, std::free);
        std::memset(data, 0, bytes);
        float *floats = reinterpret_cast<float *>(data);
        if (tensor.type == ElementType::F32)
          for (size_t i = 0; i < bytes / 4; ++i)
            floats[i] = static_cast<float>((i * 2654435761u) % 1024) / 1024 - 0.5f;
        snap_buffer buffer = {};
        buffer.host = data;
        buffers.push_back(buffer);
      }
    pointers.push_back(&context);
    for (snap_buffer &buffer : buffers)
      pointers.push_back(&buffer);
  }

  std::vector<std::unique_ptr<uint8_t, decltype(&std::free)>> storage;
  std::vector<snap_buffer> buffers;
  std::vector<void *> pointers;
  void *context = nullptr;
};

/// A kernel of the models, and how often their programs call it.
struct Work {
  KernelKey key;
  std::string calls; // "encode_text x12, step x3"; empty: of a list of keys
};
} // namespace

/// Read and written: every operand once, of a gather's table as much as it picks.
static uint64_t bytesMoved(const KernelKey &key) {
  int64_t written = 0, read = 0;
  for (const TensorSpec &output : key.outputs)
    written += output.bytes();
  for (const TensorSpec &input : key.inputs)
    read += key.op == KernelOp::Gather && &input == &key.inputs[0] ? std::min(input.bytes(), written) : input.bytes();
  return static_cast<uint64_t>(written + read);
}

static void measure(benchmark::State &state, const Work &work, const MachinePeak &peak, snap_kernel_fn kernel) {
  Arguments arguments(work.key);
  for (auto _ : state)
    kernel(arguments.pointers.data());
  auto rate = [](double amount) { return benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate); };
  auto macs = static_cast<uint64_t>(work.key.macs()), bytes = bytesMoved(work.key);
  state.counters["GFLOPS"] = rate(2e-9 * static_cast<double>(macs));
  state.counters["GB/s"] = rate(1e-9 * static_cast<double>(bytes));
  state.counters["roof"] = rate(peak.share(macs, bytes, 1.0)); // seconds needed per second taken
  state.SetLabel(work.calls);
}

//===----------------------------------------------------------------------===//
// What to time
//===----------------------------------------------------------------------===//

/// Appends what is not in `works` yet. False with `error` set if the key does not parse.
static bool addKey(std::vector<Work> &works, const std::string &text, const std::string &calls, std::string &error) {
  std::optional<KernelKey> key = KernelKey::parse(text, error);
  if (!key)
    return false;
  auto known = std::find_if(works.begin(), works.end(), [&](const Work &work) { return work.key == *key; });
  if (known == works.end())
    known = works.insert(works.end(), {std::move(*key), ""});
  known->calls += (known->calls.empty() || calls.empty() ? "" : ", ") + calls;
  return true;
}

static bool addModel(std::vector<Work> &works, const std::string &path, std::string &error) {
  auto fail = [&](llvm::Error why) {
    error = llvm::toString(std::move(why));
    return false;
  };
  llvm::Expected<CompiledFiles> files = CompiledFiles::find(path);
  if (!files)
    return fail(files.takeError());
  llvm::Expected<std::unique_ptr<ModelReport>> model = ModelReport::read(files->snap);
  if (!model)
    return fail(model.takeError());
  for (const ProgramReport &program : (*model)->programs)
    for (const WorkSum &kernel : program.byKernel())
      if (!addKey(works, kernel.name, llvm::formatv("{0} x{1}", program.name, kernel.calls), error))
        return false;
  return true;
}

static bool addKeys(std::vector<Work> &works, const std::string &path, std::string &error) {
  std::ifstream file(path);
  if (!file)
    error = path + ": cannot be read";
  for (std::string line; error.empty() && std::getline(file, line);)
    if (!line.empty())
      addKey(works, line, "", error);
  return error.empty();
}

/// "model name" of /proc/cpuinfo.
static std::string processorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0)
      return line.substr(std::min(line.find(':') + 2, line.size()));
  return "unknown";
}

/// The value of --NAME=VALUE, removed from the arguments; else `value`.
static std::string option(std::vector<char *> &arguments, const std::string &name, std::string value) {
  std::string prefix = "--" + name + "=";
  for (size_t i = 1; i < arguments.size(); ++i)
    if (std::string(arguments[i]).compare(0, prefix.size(), prefix) == 0) {
      value = arguments[i] + prefix.size();
      arguments.erase(arguments.begin() + static_cast<ptrdiff_t>(i--));
    }
  return value;
}

int main(int argc, char **argv) {
  std::vector<char *> arguments(argv, argv + argc);
  std::string target = option(arguments, "target", "host"), cpu = option(arguments, "cpu", "");
  unsigned threads = static_cast<unsigned>(std::atoi(option(arguments, "threads", "1").c_str()));
  KernelCompileOptions options;
  options.cacheDir = option(arguments, "cache", "");
  std::string objects = option(arguments, "objects", "");
  options.jobs = std::max(1u, std::thread::hardware_concurrency());
  argc = static_cast<int>(arguments.size());
  benchmark::Initialize(&argc, arguments.data());
  arguments.resize(static_cast<size_t>(argc));

  std::string error;
  std::optional<TargetModel> model = TargetModel::get(target, cpu, error);
  std::vector<Work> works;
  for (size_t i = 1; model && error.empty() && i < arguments.size(); ++i)
    (fs::path(arguments[i]).extension() == ".txt" ? addKeys : addModel)(works, arguments[i], error);
  if (!error.empty() || works.empty()) {
    std::cerr << (error.empty() ? "usage: snap-kernel-bench [--cpu=C] [--threads=N] OUT|NAME.snap|KEYS.txt…" : error)
              << "\n";
    return 2;
  }
  std::vector<KernelKey> keys;
  for (const Work &work : works)
    keys.push_back(work.key);
  std::optional<KernelObjects> kernels = compileKernels(keys, *model, options, error);
  if (!kernels) {
    std::cerr << error << "\n";
    return 1;
  }
  if (!objects.empty()) {
    writeObjects(keys, *kernels, objects);
    return 0;
  }
  fs::path folder = fs::temp_directory_path() / ("snap-kernel-bench-" + std::to_string(getpid()));
  fs::create_directories(folder);
  void *library = openKernels(*kernels, folder);
  fs::remove_all(folder);
  if (!library) {
    std::cerr << "cannot link the kernels\n";
    return 1;
  }
  pool = std::make_unique<Pool>(threads);
  MachinePeak peak = measureMachinePeak(threads);
  benchmark::AddCustomContext("processor", processorName());
  benchmark::AddCustomContext("kernels for", model->target + ", " + model->cpu);
  benchmark::AddCustomContext("threads", std::to_string(threads));
  benchmark::AddCustomContext("peak GFLOPS f32", llvm::formatv("{0:f1}", peak.flops / 1e9));
  benchmark::AddCustomContext("peak GB/s read", llvm::formatv("{0:f1}", peak.bytesPerSecond / 1e9));
  for (const Work &work : works) {
    auto kernel = reinterpret_cast<snap_kernel_fn>(dlsym(library, (work.key.symbol() + "_argv").c_str()));
    benchmark::RegisterBenchmark(work.key.str().c_str(), measure, work, peak, kernel)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  pool.reset();
  return 0;
}
