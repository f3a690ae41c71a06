//===- KernelHarness.cpp - Runs a target's kernels on chosen inputs -------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "KernelHarness.h"
#include "KernelRunner.h"

#include "dialects/reference/KernelReference.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace snap;
using namespace snap::runner;
namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// Targets
//===----------------------------------------------------------------------===//

const std::vector<TestTarget> &snap::testTargets() {
  static const std::vector<TestTarget> targets = {
      {"Avx2", "x86_64-linux", "avx2", false},    {"Avx512", "x86_64-linux", "avx512", false},
      {"Arm64", "arm64-linux", "armv8.0", false}, {"Arm64F16", "arm64-linux", "armv8.2", true},
      {"Avx2F16", "x86_64-linux", "avx2", true},
  };
  return targets;
}

static bool isArm(const TestTarget &target) { return std::string(target.target) == "arm64-linux"; }

std::string snap::whyNotHere(const TestTarget &target) {
  if (isArm(target))
    return std::string(SNAP_ARM64_RUNNER).empty() ? "no aarch64-linux-gnu-g++ or qemu-aarch64 here" : "";
  std::string error;
  std::optional<TargetModel> host = TargetModel::get("host", "", error);
  if (!host || (std::string(target.cpu) == "avx512" && host->cpu != "avx512"))
    return std::string("this processor has no ") + target.cpu;
  return "";
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

namespace {
/// SplitMix64: small, good enough, the same everywhere.
struct Random {
  uint64_t state;

  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double normal() { // the sum of twelve uniforms: no tails, none are needed
    double sum = -6;
    for (int i = 0; i < 12; ++i)
      sum += uniform();
    return sum;
  }
};
} // namespace

/// Moments of some other image than input 0, so that a kernel that takes them from there is found out.
static Tensor randomMoments(const KernelCase &kernelCase, const TensorSpec &spec, Random &random) {
  Tensor moments(spec.type, spec.shape);
  const KernelKey &key = kernelCase.key;
  int64_t channels = spec.shape.back(), blocks = spec.elements() / (2 * channels);
  double length = double(key.inputs[0].elements() / key.inputs[0].shape.back()) / double(blocks);
  for (int64_t i = 0; i < moments.elements(); ++i) {
    bool isMean = i / channels % 2 == 0;
    double mean = kernelCase.mean + 0.5 * kernelCase.deviation * random.normal();
    double variance = kernelCase.deviation * kernelCase.deviation * (0.5 + random.uniform());
    moments.set(i, isMean ? mean : length * variance);
  }
  return moments;
}

std::vector<Tensor> snap::randomInputs(const KernelCase &kernelCase, uint64_t seed) {
  Random random{seed * 0x2545f4914f6cdd1d + 1};
  std::vector<Tensor> inputs;
  std::vector<int64_t> moments;
  if (auto list = kernelCase.key.ints.find("norm_moments"); list != kernelCase.key.ints.end())
    moments = list->second;
  for (const TensorSpec &spec : kernelCase.key.inputs) {
    if (std::find(moments.begin(), moments.end(), static_cast<int64_t>(inputs.size())) != moments.end()) {
      inputs.push_back(randomMoments(kernelCase, spec, random));
      continue;
    }
    Tensor tensor(spec.type, spec.shape);
    int64_t limit = std::max<int64_t>(kernelCase.integerLimit, 2);
    for (int64_t i = 0; i < tensor.elements(); ++i) {
      switch (spec.type) {
      case ElementType::F32:
      case ElementType::F16:
        tensor.set(i, kernelCase.mean + kernelCase.deviation * random.normal());
        break;
      case ElementType::I1:
        tensor.setInt(i, static_cast<int64_t>(random.next() & 1));
        break;
      case ElementType::U8:
        tensor.setInt(i, static_cast<int64_t>(random.next() % limit));
        break;
      default: // a quarter are negative
        tensor.setInt(i, static_cast<int64_t>(random.next() % limit) - limit / 4);
      }
    }
    // Rows of stride 0 are one row.
    bool intact = true;
    inputs.push_back(spec.isDense() ? tensor : elementsOf(spec, bytesOf(spec, &tensor), intact));
  }
  return inputs;
}

//===----------------------------------------------------------------------===//
// Buffers as kernels see them
//===----------------------------------------------------------------------===//

/// Calls visit(dense index, offset in elements) for every element.
template <typename Visit> static void forElements(const TensorSpec &spec, Visit visit) {
  int64_t count = spec.elements();
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, offset = 0;
    for (size_t d = spec.shape.size(); d-- > 0; rest /= spec.shape[d])
      offset += rest % spec.shape[d] * (spec.isDense() ? 0 : spec.strides[d]);
    visit(i, spec.isDense() ? i : offset);
  }
}

std::string snap::bytesOf(const TensorSpec &spec, const Tensor *tensor) {
  std::string bytes(static_cast<size_t>(spec.bytes()), '\xff');
  size_t size = byteSize(spec.type);
  if (tensor)
    forElements(spec, [&](int64_t index, int64_t offset) {
      std::memcpy(&bytes[offset * size], static_cast<const char *>(tensor->raw()) + index * size, size);
    });
  return bytes;
}

Tensor snap::elementsOf(const TensorSpec &spec, std::string bytes, bool &intact) {
  Tensor tensor(spec.type, spec.shape);
  size_t size = byteSize(spec.type);
  char *to = static_cast<char *>(tensor.mutableRaw());
  forElements(spec,
              [&](int64_t index, int64_t offset) { std::memcpy(to + index * size, &bytes[offset * size], size); });
  forElements(spec, [&](int64_t, int64_t offset) { std::memset(&bytes[offset * size], 0xff, size); });
  intact = bytes.find_first_not_of('\xff') == std::string::npos;
  return tensor;
}

//===----------------------------------------------------------------------===//
// Building the runner
//===----------------------------------------------------------------------===//

namespace {
/// A folder that is gone with its owner.
struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "snap-kernels-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { fs::remove_all(path); }
};
} // namespace

/// Runs a command; its output comes with the failure.
static bool run(const std::string &command, const fs::path &folder, std::string &error) {
  fs::path log = folder / "log";
  int status = std::system((command + " > " + log.string() + " 2>&1").c_str());
  if (status == 0)
    return true;
  std::ifstream in(log);
  error = command.substr(0, 200) + " … failed:\n" + std::string(std::istreambuf_iterator<char>(in), {}).substr(0, 4000);
  return false;
}

static void write(const fs::path &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Links the objects with the runner and a table of their entries.
static bool link(const TestTarget &target, const std::vector<KernelObject> &objects, const fs::path &folder,
                 std::string &error) {
  std::string table, entries, files;
  for (const KernelObject &object : objects) {
    fs::path path = folder / (object.symbol + ".o");
    write(path, object.bytes);
    files += path.string() + "\n";
    table += "int " + object.symbol + "_argv(void **);\n";
    entries += object.symbol + "_argv, ";
  }
  table += "typedef int (*kernel)(void **);\nconst kernel snap_runner_kernels[] = {" + entries + "};\n";
  write(folder / "table.c", table);
  write(folder / "files", files);
  std::string output = " -o " + (folder / "runner").string();
  if (isArm(target)) {
    std::string object = (folder / "table.o").string();
    return run(SNAP_ARM64_CXX " -x c -c " + (folder / "table.c").string() + " -o " + object, folder, error) &&
           run(SNAP_ARM64_CXX " -static " SNAP_ARM64_RUNNER " " + object + " @" + (folder / "files").string() +
                   " -lpthread -lm" + output,
               folder, error);
  }
  return run(SNAP_HOST_CC " -c " + (folder / "table.c").string() + " -o " + (folder / "table.o").string(), folder,
             error) &&
         run(SNAP_HOST_CXX " " SNAP_HOST_RUNNER " " + (folder / "table.o").string() + " @" +
                 (folder / "files").string() + " -lpthread -lm" + output,
             folder, error);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

template <typename T> static void append(std::string &bytes, const T &record) {
  bytes.append(reinterpret_cast<const char *>(&record), sizeof record);
}

int64_t snap::inPlaceInput(const KernelKey &key) {
  const TensorSpec &out = key.outputs[0];
  for (size_t i = 0; key.op == KernelOp::Elementwise && i < key.inputs.size(); ++i)
    if (key.inputs[i].isDense() && out.isDense() && key.inputs[i].shape == out.shape &&
        byteSize(key.inputs[i].type) == byteSize(out.type))
      return static_cast<int64_t>(i);
  return -1;
}

static std::string requestOf(const std::vector<KernelRun> &runs) {
  std::string bytes;
  append(bytes, Request{requestMagic, runs.size()});
  for (size_t i = 0; i < runs.size(); ++i) {
    const KernelRun &run = runs[i];
    append(bytes, Case{i, run.inputs.size(), run.key.outputs.size(), inPlaceInput(run.key)});
    auto add = [&](const TensorSpec &spec, const Tensor *tensor) {
      std::string content = bytesOf(spec, tensor);
      append(bytes, Buffer{content.size(), static_cast<uint64_t>(byteSize(spec.type))});
      bytes += content;
    };
    for (size_t k = 0; k < run.inputs.size(); ++k)
      add(run.key.inputs[k], &run.inputs[k]);
    for (const TensorSpec &spec : run.key.outputs)
      add(spec, nullptr);
  }
  return bytes;
}

static std::string describe(const Reply &reply, int64_t scratchBytes) {
  switch (reply.fault) {
  case Reply::Crashed:
    return "stopped by signal " + std::to_string(reply.detail) + " (a read or write outside its buffers?)";
  case Reply::Failed:
    return "returned " + std::to_string(reply.detail);
  case Reply::WroteOutside:
    return "wrote outside its buffers";
  case Reply::ThreadsDiffer:
    return "one thread and two give different results";
  case Reply::InPlaceDiffers:
    return "gives another result when the output lies over an input";
  default:
    break;
  }
  if (static_cast<int64_t>(reply.scratchPeak) > scratchBytes)
    return "used " + std::to_string(reply.scratchPeak) + " bytes of scratch, planned " + std::to_string(scratchBytes);
  return "";
}

std::vector<KernelOutcome> snap::runObjects(const TestTarget &target, const std::vector<KernelRun> &runs,
                                            const std::vector<KernelObject> &objects, std::string &error) {
  TemporaryFolder folder;
  if (!link(target, objects, folder.path, error))
    return {};
  fs::path request = folder.path / "request", reply = folder.path / "reply";
  write(request, requestOf(runs));
  std::string command = (isArm(target) ? std::string(SNAP_QEMU " ") : std::string()) +
                        (folder.path / "runner").string() + " " + request.string() + " " + reply.string();
  if (!::run(command, folder.path, error))
    return {};

  std::ifstream in(reply, std::ios::binary);
  std::vector<KernelOutcome> outcomes;
  for (size_t i = 0; i < runs.size(); ++i) {
    Reply record = {};
    KernelOutcome outcome;
    if (!in.read(reinterpret_cast<char *>(&record), sizeof record))
      record.fault = Reply::Crashed;
    outcome.fault = describe(record, objects[i].scratchBytes);
    for (const TensorSpec &spec : runs[i].key.outputs) {
      if (record.fault != Reply::None)
        break;
      std::string bytes(static_cast<size_t>(spec.bytes()), '\0');
      in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      bool intact;
      outcome.outputs.push_back(elementsOf(spec, bytes, intact));
      if (!intact)
        outcome.fault = "wrote between the rows of its output";
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

std::vector<KernelOutcome> snap::runKernels(const TestTarget &target, const std::vector<KernelRun> &runs,
                                            std::string &error) {
  // Keys of a batch are distinct: the tables of cases hold none twice.
  std::vector<KernelRequest> requests;
  for (const KernelRun &run : runs)
    requests.push_back({run.key, run.schedule});
  std::optional<TargetModel> model = TargetModel::get(target.target, target.cpu, error);
  if (!model)
    return {};
  KernelCompileOptions options;
  options.cacheDir = SNAP_KERNEL_CACHE;
  options.jobs = 2;
  options.program = SNAP_KERNELS_PROGRAM;
  std::optional<KernelObjects> objects = compileKernels(requests, *model, options, error);
  if (!objects)
    return {};
  return runObjects(target, runs, objects->objects, error);
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

/// The largest finite magnitude.
static double largestOf(const Tensor &tensor) {
  double largest = 0;
  for (int64_t i = 0; i < tensor.elements(); ++i)
    if (std::isfinite(tensor.getDouble(i)))
      largest = std::max(largest, std::abs(tensor.getDouble(i)));
  return largest;
}

std::string snap::difference(const Tensor &actual, const Tensor &expected, double tolerance) {
  bool isFloat = expected.type() == ElementType::F32 || expected.type() == ElementType::F16;
  double largest = isFloat ? largestOf(expected) : 0, step = expected.type() == ElementType::F16 ? 0x1p-11 : 0;
  for (int64_t i = 0; i < expected.elements(); ++i) {
    bool good = actual.getInt(i) == expected.getInt(i);
    double a = actual.getDouble(i), e = expected.getDouble(i);
    if (isFloat) {
      // Two values on either side of a rounding boundary of f16 are a step apart.
      double allowed = tolerance * largest + (tolerance > 0 ? 2 * step * std::abs(e) + step * 0x1p-13 : 0);
      good = a == e || (std::isnan(a) && std::isnan(e)) || std::abs(a - e) <= allowed;
    }
    if (!good) {
      char text[200];
      std::snprintf(text, sizeof text, "element %lld is %.9g, expected %.9g (largest %.4g, tolerance %g)",
                    static_cast<long long>(i), a, e, largest, tolerance);
      return text;
    }
  }
  return "";
}

/// Row `which` of every block: 0 the means, 1 the sums of squared deviations.
static Tensor rowsOfMoments(const Tensor &moments, int64_t which) {
  int64_t columns = moments.shape().back(), blocks = moments.elements() / (2 * columns);
  Tensor rows(moments.type(), {blocks, columns});
  for (int64_t i = 0; i < rows.elements(); ++i)
    rows.set(i, moments.getDouble((i / columns * 2 + which) * columns + i % columns));
  return rows;
}

std::string snap::outputsDiffer(const KernelKey &key, const std::vector<Tensor> &actual,
                                const std::vector<Tensor> &expected, double tolerance) {
  std::string text = difference(actual[0], expected[0], tolerance);
  if (!text.empty() || !key.ints.count("moments"))
    return text;
  // What some thousand additions in f32 err by, whatever the kernel's own tolerance: of means relative to the
  // values, which may cancel.
  Tensor moments = blockMoments(key, actual[0]), means = rowsOfMoments(moments, 0);
  text =
      difference(rowsOfMoments(actual[1], 0), means, 2e-6 * largestOf(actual[0]) / std::max(largestOf(means), 1e-30));
  if (!text.empty())
    return "means: " + text;
  text = difference(rowsOfMoments(actual[1], 1), rowsOfMoments(moments, 1), 2e-5);
  return text.empty() ? "" : "squared deviations: " + text;
}
