//===- Tune.cpp - snapc compile --tune ------------------------------------===//
//
// Variant v of the library holds the v-th candidate of every kernel, so that a
// run of each variant times one candidate of all kernels at once. Times on a
// shared machine drift: what counts is the ratio to the kernels' own schedules in
// the same round, and what wins has to win again in a comparison of its own.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Tune.h"

#include "compiler/driver/HostModel.h"
#include "compiler/driver/ProgramTimes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

#include <algorithm>
#include <numeric>

using namespace llvm;

namespace snap {
namespace {

/// A schedule that is promising, and one that is taken: its time, relative to the
/// kernel's own. Of many that are as fast, some look faster by chance: what is taken is
/// faster in every final round but one, too.
constexpr double promising = 0.98, taken = 0.97;
/// The part of a program's time that a kernel must take to be worth measuring.
constexpr double worthwhile = 0.005;
constexpr unsigned screeningRounds = 3, finalRounds = 7;
/// Variants open at once: each has an arena of its own.
constexpr size_t mostOpen = 8;

struct Candidate {
  KernelSchedule schedule;
  KernelObject object;
};

/// What is known of one key's candidates; the first is the kernel's own schedule, or
/// what the table says.
using Candidates = std::vector<Candidate>;

class Tuner {
public:
  Tuner(const TuneJob &job, ScheduleTable &table, Progress &progress)
      : job(job), table(table), progress(progress), candidates(job.keys.size()), measured(job.keys.size()) {}

  Expected<TuneSummary> run() {
    TuneSummary summary;
    for (size_t key = 0; key < job.keys.size(); ++key) {
      measured[key] = !table.find(job.keys[key]) && !candidateSchedules(job.keys[key], job.target).empty();
      summary.measured += measured[key];
    }
    if (!summary.measured)
      return summary;
    if (Error error = makeFolder())
      return std::move(error);
    // An interruption leaves the folder, but not the gigabytes.
    const std::string large = files("").snap;
    sys::RemoveFileOnSignal(large);
    auto cleanUp = make_scope_exit([&] {
      sys::DontRemoveFileOnSignal(large);
      (void)sys::fs::remove_directories(folder);
    });
    if (Error error = compileOwn())
      return std::move(error);
    if (Error error = leaveLight(summary))
      return std::move(error);
    if (Error error = compileCandidates())
      return std::move(error);
    if (Error error = measure("measure schedules", screeningRounds))
      return std::move(error);
    if (Error error = keepPromising())
      return std::move(error);
    if (Error error = measure("compare the best", finalRounds))
      return std::move(error);
    choose(summary);
    return summary;
  }

private:
  Error makeFolder() {
    SmallString<256> pattern(job.folder);
    sys::path::append(pattern, ".tune-%%%%%%");
    SmallString<256> made;
    sys::fs::createUniquePath(pattern, made, /*MakeAbsolute=*/false);
    if (std::error_code error = sys::fs::create_directories(made))
      return createStringError(made + ": cannot create the folder: " + error.message());
    folder = std::string(made);
    return Error::success();
  }

  /// Objects of requests; those that cannot be compiled are empty.
  Expected<KernelObjects> compile(const std::vector<KernelRequest> &requests) {
    KernelCompileOptions options = job.kernels;
    options.skipFailures = true;
    options.progress = [&](size_t done, size_t total) { progress.update(done, total); };
    std::string error;
    std::optional<KernelObjects> objects = compileKernels(requests, job.target, options, error);
    if (!objects)
      return createStringError(error);
    return std::move(*objects);
  }

  /// Adds a candidate unless one of the same code is there, or it takes too much scratch.
  void add(size_t key, const KernelSchedule &schedule, KernelObject object) {
    Candidates &list = candidates[key];
    bool known = any_of(list, [&](const Candidate &other) { return other.object.bytes == object.bytes; });
    uint64_t limit = list.empty() ? ~0ull : std::max<uint64_t>(job.maxScratch, list[0].object.scratchBytes);
    if (!object.bytes.empty() && !known && uint64_t(object.scratchBytes) <= limit)
      list.push_back({schedule, std::move(object)});
  }

  /// The kernels as they would be without measuring.
  Error compileOwn() {
    std::vector<KernelRequest> requests;
    for (const KernelKey &key : job.keys) {
      const KernelSchedule *known = table.find(key);
      requests.push_back({key, known ? *known : KernelSchedule()});
    }
    progress.begin("compile kernels", requests.size(), "kernels");
    Expected<KernelObjects> objects = compile(requests);
    if (!objects)
      return objects.takeError();
    for (size_t key = 0; key < requests.size(); ++key) {
      if (objects->objects[key].bytes.empty())
        return createStringError("cannot compile kernel " + requests[key].key.str());
      add(key, requests[key].schedule, std::move(objects->objects[key]));
    }
    progress.end();
    return Error::success();
  }

  /// What takes next to nothing of every program keeps its own schedule.
  Error leaveLight(TuneSummary &summary) {
    progress.begin("run the model");
    if (Error error = writeSnap())
      return error;
    Expected<HostModel> host = openVariant(0);
    if (!host)
      return host.takeError();
    std::vector<double> share(job.keys.size(), 0);
    for (const TuneJob::Program &program : job.programs) {
      std::vector<uint64_t> nanoseconds;
      for (int run = 0; run < 2; ++run) // the first brings weights into memory
        if (Error error =
                timeProgram(*host, host->api.findProgram(host->model, program.name.c_str())).moveInto(nanoseconds))
          return error;
      double total = std::accumulate(nanoseconds.begin(), nanoseconds.end(), 0.0);
      std::vector<double> part(job.keys.size(), 0);
      for (auto [call, key] : enumerate(program.calls))
        part[key] += double(nanoseconds[call]) / total;
      for (size_t key = 0; key < part.size(); ++key)
        share[key] = std::max(share[key], part[key]);
    }
    for (size_t key = 0; key < job.keys.size(); ++key)
      if (measured[key] && share[key] < worthwhile) {
        measured[key] = false;
        ++summary.light;
        table.set(job.keys[key], KernelSchedule());
      }
    summary.measured -= summary.light;
    progress.end(std::to_string(summary.light) + " kernels take too little to be measured");
    return Error::success();
  }

  Error compileCandidates() {
    std::vector<KernelRequest> requests;
    std::vector<size_t> keyOf;
    for (size_t key = 0; key < job.keys.size(); ++key)
      if (measured[key])
        for (const KernelSchedule &schedule : candidateSchedules(job.keys[key], job.target)) {
          requests.push_back({job.keys[key], schedule});
          keyOf.push_back(key);
        }
    progress.begin("compile candidates", requests.size(), "kernels");
    Expected<KernelObjects> objects = compile(requests);
    if (!objects)
      return objects.takeError();
    for (size_t i = 0; i < requests.size(); ++i)
      add(keyOf[i], requests[i].schedule, std::move(objects->objects[i]));
    size_t different = 0;
    for (const Candidates &list : candidates)
      different += list.size() - 1;
    progress.end(std::to_string(different) + " are code of their own");
    return Error::success();
  }

  /// NAME.snap with room for every candidate's scratch.
  Error writeSnap() {
    std::vector<uint64_t> scratch(job.keys.size());
    for (auto [most, list] : zip(scratch, candidates))
      for (const Candidate &candidate : list)
        most = std::max<uint64_t>(most, candidate.object.scratchBytes);
    return job.writeSnap(files("").snap, scratch).moveInto(buildId);
  }

  CompiledFiles files(const Twine &subfolder) const {
    SmallString<256> path(folder);
    sys::path::append(path, subfolder);
    CompiledFiles files = CompiledFiles::in(path, job.name);
    files.snap = CompiledFiles::in(folder, job.name).snap;
    return files;
  }

  /// The library with the v-th candidate of every key that has so many.
  Expected<HostModel> openVariant(size_t variant) {
    CompiledFiles paths = files("variant" + Twine(variant));
    if (std::error_code error = sys::fs::create_directories(paths.folder))
      return createStringError(paths.folder + ": cannot create the folder: " + error.message());
    std::vector<KernelObject> objects;
    for (const Candidates &list : candidates)
      objects.push_back(list[variant < list.size() ? variant : 0].object);
    if (Error error = job.writeArchive(paths.archive, buildId, std::move(objects)))
      return std::move(error);
    return HostModel::open(paths, job.threads);
  }

  /// Fills times[variant][key]: nanoseconds of the key's calls in all programs, by round.
  Error measure(StringRef stage, unsigned rounds) {
    if (Error error = writeSnap())
      return error;
    size_t variants = 1;
    for (const Candidates &list : candidates)
      variants = std::max(variants, list.size());
    times.assign(variants, std::vector<std::vector<double>>(job.keys.size(), std::vector<double>(rounds, 0)));
    own = times;
    size_t perGroup = mostOpen - 1, groups = (variants - 1 + perGroup - 1) / perGroup, done = 0;
    progress.begin(stage, (variants - 1 + groups) * (rounds + 1), "runs of the model");
    for (size_t group = 0; group < groups; ++group) {
      size_t first = 1 + group * perGroup, last = std::min(first + perGroup, variants);
      std::vector<HostModel> open;
      std::vector<size_t> numbers = {0};
      for (size_t variant = first; variant < last; ++variant)
        numbers.push_back(variant);
      for (size_t variant : numbers) {
        Expected<HostModel> host = openVariant(variant);
        if (!host)
          return host.takeError();
        open.push_back(std::move(*host));
      }
      for (const TuneJob::Program &program : job.programs) {
        if (none_of(program.calls, [&](size_t key) { return candidates[key].size() > first; }))
          continue;
        // The first round brings weights into memory.
        for (unsigned round = 0; round <= rounds; ++round)
          for (size_t i = 0; i < open.size(); ++i) {
            Expected<std::vector<uint64_t>> nanoseconds =
                timeProgram(open[i], open[i].api.findProgram(open[i].model, program.name.c_str()));
            if (!nanoseconds)
              return nanoseconds.takeError();
            for (auto [call, key] : enumerate(program.calls))
              if (round)
                note(numbers, i, key, round - 1, double((*nanoseconds)[call]));
          }
      }
      progress.update(done += numbers.size() * (rounds + 1));
    }
    progress.end();
    return Error::success();
  }

  /// The own schedule's time in a group counts for all variants of the group.
  void note(ArrayRef<size_t> variants, size_t i, size_t key, unsigned round, double nanoseconds) {
    if (i > 0)
      times[variants[i]][key][round] += nanoseconds;
    else
      for (size_t variant : variants)
        own[variant][key][round] += nanoseconds;
  }

  /// The time of a key's candidate in every round, relative to its own schedule's.
  std::vector<double> ratios(size_t key, size_t variant) const {
    std::vector<double> ratios;
    for (auto [time, ownTime] : zip(times[variant][key], own[variant][key]))
      ratios.push_back(ownTime > 0 ? time / ownTime : 1);
    return ratios;
  }
  double ratio(size_t key, size_t variant) const { return medianOf(ratios(key, variant)); }

  /// Of every key its own schedule, the best candidate, and the best sizes together.
  Error keepPromising() {
    std::vector<KernelRequest> together;
    std::vector<size_t> keyOf;
    for (size_t key = 0; key < job.keys.size(); ++key) {
      Candidates &list = candidates[key];
      std::vector<size_t> order(list.size());
      std::iota(order.begin(), order.end(), 0);
      std::vector<double> medians(list.size(), 1);
      for (size_t variant = 1; variant < list.size(); ++variant)
        medians[variant] = ratio(key, variant);
      std::sort(order.begin() + 1, order.end(),
                [&](size_t a, size_t b) { return std::pair(medians[a], a) < std::pair(medians[b], b); });
      KernelSchedule all;
      size_t good = 0;
      for (size_t variant : ArrayRef(order).drop_front())
        if (medians[variant] <= promising) {
          ++good;
          for (const auto &[name, size] : list[variant].schedule.values())
            if (!all.has(name.c_str())) // a better one may be there
              all.set(name, size);
        }
      if (all.values().size() > 1) {
        together.push_back({job.keys[key], all});
        keyOf.push_back(key);
      }
      Candidates kept = {std::move(list[0])};
      if (good)
        kept.push_back(std::move(list[order[1]]));
      list = std::move(kept);
    }
    progress.begin("compile the best sizes together", together.size(), "kernels");
    Expected<KernelObjects> objects = compile(together);
    if (!objects)
      return objects.takeError();
    for (size_t i = 0; i < together.size(); ++i)
      add(keyOf[i], together[i].schedule, std::move(objects->objects[i]));
    progress.end();
    return Error::success();
  }

  void choose(TuneSummary &summary) {
    for (size_t key = 0; key < job.keys.size(); ++key) {
      if (!measured[key])
        continue;
      size_t best = 0;
      double bestRatio = taken;
      for (size_t variant = 1; variant < candidates[key].size(); ++variant)
        if (double r = ratio(key, variant);
            r <= bestRatio && count_if(ratios(key, variant), [](double one) { return one >= 1; }) <= 1) {
          best = variant;
          bestRatio = r;
        }
      table.set(job.keys[key], candidates[key][best].schedule);
      if (!best)
        continue;
      ++summary.faster;
      summary.ownSeconds += medianOf(own[best][key]) * 1e-9;
      summary.chosenSeconds += medianOf(times[best][key]) * 1e-9;
    }
  }

  const TuneJob &job;
  ScheduleTable &table;
  Progress &progress;
  std::vector<Candidates> candidates;                       // by key
  std::vector<bool> measured;                               // keys that the table did not know
  std::vector<std::vector<std::vector<double>>> times, own; // variant, key, round
  std::string folder, buildId;
};

} // namespace

Expected<TuneSummary> tuneKernels(const TuneJob &job, ScheduleTable &table, Progress &progress) {
  return Tuner(job, table, progress).run();
}

} // namespace snap
