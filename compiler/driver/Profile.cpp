//===- Profile.cpp - snapc profile ----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Commands.h"
#include "compiler/driver/HostModel.h"
#include "compiler/driver/ModelReport.h"
#include "compiler/driver/ProgramTimes.h"
#include "compiler/driver/ReportPage.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace snap {

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

static Error measureProgram(HostModel &host, ProgramReport &report, unsigned repeat, Progress &progress) {
  snap_program *program = host.api.findProgram(host.model, report.name.c_str());
  if (!program || host.api.programCalls(program) != report.calls.size())
    return createStringError("program '" + report.name + "' in the library is not that of NAME.snap");
  std::vector<std::vector<double>> byCall(report.calls.size());
  progress.begin("profile " + report.name, repeat, "runs");
  // The first run brings weights into memory and kernels into the caches.
  for (unsigned run = 0; run <= repeat; ++run) {
    Expected<std::vector<uint64_t>> times = timeProgram(host, program);
    if (!times)
      return times.takeError();
    for (size_t call = 0; run && call < byCall.size(); ++call)
      byCall[call].push_back(double((*times)[call]));
    progress.update(run);
  }
  progress.end();
  for (auto [call, nanoseconds] : zip(report.calls, byCall))
    call.seconds = medianOf(nanoseconds) * 1e-9;
  return Error::success();
}

static Error measure(ModelReport &model, const CompiledFiles &files, const ProfileOptions &options,
                     Progress &progress) {
  if (!options.program.empty() &&
      none_of(model.programs, [&](const ProgramReport &program) { return program.name == options.program; })) {
    std::string names;
    for (const ProgramReport &program : model.programs)
      names += (names.empty() ? "" : ", ") + program.name;
    return createStringError("--program " + options.program + ": no such program; there are " + names);
  }
  Expected<HostModel> host = HostModel::open(files, options.threads);
  if (!host)
    return host.takeError();
  for (ProgramReport &program : model.programs)
    if (options.program.empty() || program.name == options.program)
      if (Error error = measureProgram(*host, program, options.repeat, progress))
        return error;
  snap_model_info info = {};
  info.size = sizeof info;
  host->api.getModelInfo(host->model, &info);
  model.threads = info.threads;
  model.repetitions = options.repeat;
  model.peak = measureMachinePeak(model.threads);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static std::string rate(double amount, double seconds) {
  return seconds > 0 ? formatv("{0:f1}", amount / seconds / 1e9).str() : "-";
}

static std::string percent(double part) { return part > 0 ? formatv("{0:P0}", part).str() : "-"; }

static void printRows(raw_ostream &os, StringRef title, ArrayRef<WorkSum> rows, double total, const MachinePeak &peak,
                      bool parameters) {
  os << formatv("  {0,10}{1,8}{2,7}{3,10}{4,9}{5,8}{6,7}", "ms", "share", "calls", "GMAC", "GFLOPS", "GB/s", "roof");
  if (parameters)
    os << formatv("{0,14}{1,10}", "parameters", "MiB");
  os << "  " << title << '\n';
  for (const WorkSum &row : rows) {
    os << formatv("  {0,10:f3}{1,8:P1}{2,7}{3,10:f3}{4,9}{5,8}{6,7}", row.seconds * 1e3,
                  total ? row.seconds / total : 0, row.calls, row.macs / 1e9, rate(2.0 * row.macs, row.seconds),
                  rate(row.bytes, row.seconds), percent(peak.share(row.macs, row.bytes, row.seconds)));
    if (parameters)
      os << formatv("{0,14}{1,10:f1}", row.parameters, row.bytes / double(1 << 20));
    os << "  " << (row.name.empty() ? "(no name)" : row.name) << '\n';
  }
}

static void print(const ModelReport &model, raw_ostream &os) {
  os << formatv(
      "{0} for {1} ({2}), build {3}: medians of {4} runs on {5} threads; GFLOPS as if convolutions were direct\n",
      model.name, model.target, model.cpu, model.buildId, model.repetitions, model.threads);
  if (model.peak.isKnown())
    os << formatv(
        "this machine, measured now: {0:f1} GFLOPS of f32 multiply-adds, {1:f1} GB/s read from memory; roof: the "
        "part of the time that the work takes at these\n",
        model.peak.flops / 1e9, model.peak.bytesPerSecond / 1e9);
  double picture = 0;
  bool complete = model.pipeline.has_value();
  for (const ProgramReport &program : model.programs) {
    WorkSum total = program.total();
    picture += total.seconds * program.runsPerPicture;
    complete &= total.seconds > 0 || !program.runsPerPicture;
    if (total.seconds == 0)
      continue;
    os << formatv("\nprogram {0}: {1:f3} ms, {2} calls, {3:f3} GMAC, {4} GFLOPS, {5} GB/s\n", program.name,
                  total.seconds * 1e3, total.calls, total.macs / 1e9, rate(2.0 * total.macs, total.seconds),
                  rate(total.bytes, total.seconds));
    printRows(os, "kind of kernel", program.byKind(), total.seconds, model.peak, /*parameters=*/false);
    printRows(os, "block", program.byBlock(), total.seconds, model.peak, /*parameters=*/true);
    printRows(os, "kernel", program.byKernel(), total.seconds, model.peak, /*parameters=*/false);
  }
  if (complete)
    os << formatv("\na picture of {0} steps with guidance: {1:f3} s in kernels\n", model.pipeline->steps, picture);
}

Error runProfile(const ProfileOptions &options, Progress &progress) {
  Expected<CompiledFiles> files = CompiledFiles::find(options.model);
  if (!files)
    return files.takeError();
  Expected<std::unique_ptr<ModelReport>> model = ModelReport::read(files->snap);
  if (!model)
    return model.takeError();
  if (Error error = measure(**model, *files, options, progress))
    return error;
  if (!options.report.empty())
    if (Error error = writeReportPage(options.report, **model))
      return error;
  if (options.json)
    outs() << formatv("{0:2}", json::Value((*model)->toJson())) << '\n';
  else
    print(**model, outs());
  return Error::success();
}

} // namespace snap
