//===- CompilerEmit.cpp - Kernels, weights and the three files ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Compiler.h"

#include "compiler/driver/ScheduleTable.h"
#include "compiler/driver/Tune.h"
#include "compiler/emit/Archive.h"
#include "compiler/emit/Header.h"
#include "compiler/emit/LibraryObject.h"
#include "compiler/emit/MetalPlan.h"
#include "compiler/emit/SnapFile.h"
#include "compiler/emit/TokenizerTable.h"
#include "dialects/plan/Plan.h"
#include "targets/KernelCompiler.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <thread>

using namespace llvm;

namespace snap {

/// The kernel cache: --cache, $SNAPC_CACHE, $XDG_CACHE_HOME/snapc, ~/.cache/snapc.
static std::string cacheFolder(const CompileOptions &options) {
  if (!options.cache.empty())
    return options.cache;
  if (auto folder = sys::Process::GetEnv("SNAPC_CACHE"))
    return *folder;
  SmallString<128> folder;
  if (sys::path::cache_directory(folder)) {
    sys::path::append(folder, "snapc");
    return std::string(folder);
  }
  return ".snapc-cache";
}

/// Where --tune remembers: --schedules, else a file in the kernel cache.
static std::string schedulesFile(const CompileOptions &options, const TargetModel &target) {
  if (!options.schedules.empty())
    return options.schedules;
  SmallString<256> path(cacheFolder(options));
  sys::path::append(path, target.target + "-" + target.cpu + ".schedules");
  return std::string(path);
}

static Error writeLibrary(StringRef path, StringRef name, StringRef buildId, std::vector<KernelObject> objects,
                          bool metal, const TargetModel &target) {
  std::vector<std::string> entries;
  std::vector<ArchiveMember> members;
  for (KernelObject &object : objects) {
    entries.push_back(object.symbol + "_argv");
    members.push_back({object.symbol + ".o", std::move(object.bytes)});
  }
  Expected<SmallVector<char, 0>> library = makeLibraryObject(name.str(), buildId, entries, metal, target);
  if (!library)
    return library.takeError();
  members.insert(members.begin(), {name.str() + "_library.o", std::string(library->begin(), library->end())});
  Expected<std::vector<ArchiveMember>> runtime = runtimeObjects(target, metal);
  if (!runtime)
    return runtime.takeError();
  append_range(members, *runtime);
  return writeArchive(path, members, target);
}

Expected<ScheduleTable> Compiler::measuredSchedules(const std::vector<KernelKey> &keys, SnapFileInput file,
                                                    const KernelCompileOptions &kernels) {
  ScheduleTable table = ScheduleTable::shipped(machine);
  if (!options.tune && options.schedules.empty())
    return table;
  std::string path = schedulesFile(options, machine);
  if (!options.tune && !sys::fs::exists(path))
    return createStringError(path + ": no such file; `snapc compile --tune --schedules " + path + "` makes it");
  if (Error error = table.read(path, machine))
    return std::move(error);
  if (!options.tune)
    return table;

  std::string error;
  std::optional<TargetModel> host = TargetModel::get("host", machine.cpu, error);
  if (!host || host->target != machine.target)
    return createStringError("--tune measures on this machine, which cannot run " + machine.target + " (" +
                             machine.cpu + "); tune there, and bring the file of --schedules");
  TuneJob job;
  job.keys = keys;
  StringMap<size_t> indexOf;
  for (auto [index, key] : enumerate(keys))
    indexOf[key.str()] = index;
  for (auto program : ir->getOps<plan::ProgramOp>()) {
    TuneJob::Program row{program.getSymName().str(), {}};
    program.walk([&](plan::CallOp call) { row.calls.push_back(indexOf.lookup(call.getKey())); });
    job.programs.push_back(std::move(row));
  }
  job.target = machine;
  job.kernels = kernels;
  job.maxScratch = uint64_t(options.maxScratch ? options.maxScratch : 96) << 20;
  job.name = libraryName;
  job.folder = options.output;
  job.writeSnap = [&](StringRef path, const std::vector<uint64_t> &scratch) -> Expected<std::string> {
    file.kernels.clear();
    for (auto [key, bytes] : zip(keys, scratch))
      file.kernels.push_back({key, bytes, {}});
    Expected<SnapFileSummary> written = writeSnapFile(path, file);
    if (!written)
      return written.takeError();
    return written->buildId;
  };
  job.writeArchive = [&](StringRef path, StringRef buildId, std::vector<KernelObject> objects) {
    return writeLibrary(path, libraryName, buildId, std::move(objects), /*metal=*/false, machine);
  };
  Expected<TuneSummary> summary = tuneKernels(job, table, progress);
  if (!summary)
    return summary.takeError();
  if (summary->measured || summary->light)
    if (Error error = table.write(path, machine))
      return std::move(error);
  std::string text;
  raw_string_ostream os(text);
  if (summary->measured || summary->light)
    os << "tuned: " << summary->measured << " kernels measured, " << summary->faster << " faster by other sizes"
       << format(" (%.1f instead of %.1f ms); in ", summary->chosenSeconds * 1e3, summary->ownSeconds * 1e3) << path;
  else
    os << "tuned: all kernels are known from " << path;
  progress.note(text);
  return table;
}

Expected<CompileSummary> Compiler::emit() {
  CompileSummary summary;
  summary.files = CompiledFiles::in(options.output, libraryName);
  if (std::error_code error = sys::fs::create_directories(options.output))
    return createStringError(options.output + ": cannot create the folder: " + error.message());

  // Every weight is there and well-formed before minutes of work begin.
  if (Error error = store.check())
    return std::move(error);

  // The kernel table: each distinct key once, in order of first use.
  MapVector<StringRef, size_t> indexOf;
  ir->walk([&](plan::CallOp call) { indexOf.insert({call.getKey(), indexOf.size()}); });
  std::vector<KernelKey> keys;
  for (const auto &[text, index] : indexOf) {
    std::string error;
    std::optional<KernelKey> key = KernelKey::parse(text.str(), error);
    if (!key)
      return createStringError("bad kernel key in the plan: " + error);
    keys.push_back(std::move(*key));
  }
  KernelCompileOptions kernelOptions;
  kernelOptions.cacheDir = cacheFolder(options);
  kernelOptions.jobs = options.jobs ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  kernelOptions.progress = [&](size_t done, size_t total) { progress.update(done, total); };
  SnapFileInput file;
  file.name = libraryName;
  file.plan = *ir;
  file.target = machine;
  file.weights = &store;
  file.work = work;
  std::vector<uint8_t> tokenizer;
  if (pipeline) {
    SmallString<256> folder(options.input);
    sys::path::append(folder, "tokenizer");
    if (Error error = buildTokenizerTable(folder).moveInto(tokenizer))
      return std::move(error);
    file.pipeline = &*pipeline;
    file.tokenizer = tokenizer;
  }

  // Before the kernels, which take minutes: some key may have no Metal.
  std::optional<MetalProgram> metal;
  if (options.metal) {
    Expected<MetalProgram> emitted = emitMetalProgram(keys);
    if (!emitted)
      return emitted.takeError();
    metal = std::move(*emitted);
  }

  Expected<ScheduleTable> schedules = measuredSchedules(keys, file, kernelOptions);
  if (!schedules)
    return schedules.takeError();
  std::vector<KernelRequest> requests;
  for (const KernelKey &key : keys) {
    const KernelSchedule *schedule = schedules->find(key);
    requests.push_back({key, schedule ? *schedule : KernelSchedule()});
    summary.measuredKernels += !requests.back().schedule.isOwn();
  }
  progress.begin("compile kernels", keys.size());
  std::string failure;
  std::optional<KernelObjects> objects = compileKernels(requests, machine, kernelOptions, failure);
  if (!objects)
    return createStringError(failure);
  summary.kernels = keys.size();
  summary.cachedKernels = objects->cached;
  progress.end(std::to_string(keys.size()) + " kernels, " + std::to_string(objects->cached) + " from the cache");

  for (auto [request, object] : zip(requests, objects->objects))
    file.kernels.push_back({request.key, uint64_t(object.scratchBytes), request.schedule});
  auto onWeight = [&](uint64_t done, uint64_t total) { progress.update(done, total); };
  file.progress = onWeight;
  file.metal = metal ? &*metal : nullptr;
  progress.begin("pack weights");
  Expected<SnapFileSummary> written = writeSnapFile(summary.files.snap, file);
  if (!written)
    return written.takeError();
  progress.end(formatBytes(written->weightBytes));

  progress.begin("archive");
  if (Error error = writeLibrary(summary.files.archive, libraryName, written->buildId, std::move(objects->objects),
                                 options.metal, machine))
    return std::move(error);
  if (Error error = writeHeader(summary.files.header, file, *written))
    return std::move(error);
  if (metal) {
    if (Error error = writeMetalSource(summary.files.metal, libraryName, written->buildId, *metal))
      return std::move(error);
    if (Error error = writeMetalRules(options.output, libraryName, machine.system == System::IOS))
      return std::move(error);
    StringSet<> functions;
    for (const metal::MetalKernel &kernel : metal->kernels)
      for (const metal::MetalFunction &function : kernel.functions)
        functions.insert(function.name);
    summary.metalFunctions = functions.size();
    summary.metalBytes = metal->source.size();
  }
  progress.end();

  summary.weightBytes = written->weightBytes;
  summary.snapBytes = written->fileBytes;
  summary.stateBytes = written->stateBytes;
  summary.buildId = written->buildId;
  if (std::error_code error = sys::fs::file_size(summary.files.archive, summary.archiveBytes))
    return createStringError(summary.files.archive + ": " + error.message());
  for (auto program : ir->getOps<plan::ProgramOp>()) {
    ProgramSummary row{program.getSymName().str(), 0, 0, uint64_t(program.getArenaBytes().value_or(0)),
                       uint64_t(program.getArenaLowerBound().value_or(0))};
    program.walk([&](plan::CallOp call) {
      ++row.calls;
      row.macs += keys[indexOf.find(call.getKey())->second].macs();
    });
    summary.programs.push_back(row);
  }
  return summary;
}

} // namespace snap
