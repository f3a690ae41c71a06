//===- Inspect.cpp - snapc inspect ----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Commands.h"
#include "compiler/driver/HostModel.h"
#include "compiler/driver/ModelReport.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace snap {

static constexpr double mib = 1 << 20;

static void printRows(raw_ostream &os, StringRef title, ArrayRef<WorkSum> rows, bool parameters) {
  os << formatv("  {0,7}{1,10}{2,10}", "calls", "GMAC", "MiB");
  if (parameters)
    os << formatv("{0,14}", "parameters");
  os << "  " << title << '\n';
  for (const WorkSum &row : rows) {
    os << formatv("  {0,7}{1,10:f3}{2,10:f1}", row.calls, row.macs / 1e9, row.bytes / mib);
    if (parameters)
      os << formatv("{0,14}", row.parameters);
    os << "  " << (row.name.empty() ? "(no name)" : row.name) << '\n';
  }
}

/// The arena in rows of bytes and columns of calls: how much of each cell is in use.
static void printMemoryMap(raw_ostream &os, const ProgramReport &program) {
  constexpr int64_t rows = 12, columns = 72;
  int64_t calls = program.calls.size();
  if (!program.arenaBytes || !calls)
    return;
  std::vector<LiveRange> ranges = program.liveRanges();
  os << formatv("  arena {0:f1} MiB over {1} calls; at least {2:f1} MiB are live at once\n", program.arenaBytes / mib,
                calls, program.arenaLowerBound() / mib);
  for (int64_t row = rows - 1; row >= 0; --row) {
    uint64_t low = program.arenaBytes * row / rows, high = program.arenaBytes * (row + 1) / rows;
    std::string line;
    for (int64_t column = 0; column < std::min(columns, calls); ++column) {
      int64_t call = column * calls / std::min(columns, calls);
      uint64_t used = 0;
      for (const LiveRange &range : ranges)
        if (range.first <= call && call <= range.last)
          used += std::max<int64_t>(0, int64_t(std::min(range.offset + range.bytes, high)) -
                                           int64_t(std::max(range.offset, low)));
      line += " .:-=#"[std::min<uint64_t>(5, high > low ? 5 * used / (high - low) : 0)];
    }
    os << formatv("  {0,9:f1} |", low / mib) << line << "|\n";
  }
}

/// The work of a picture after each pass that changed it.
static void printPasses(raw_ostream &os, const ModelReport &model) {
  if (model.passes.empty())
    return;
  if (model.pipeline)
    os << formatv("\nwork of a picture of {0} steps with guidance, after each pass that changed it\n",
                  model.pipeline->steps);
  else
    os << "\nwork of a run, after each pass that changed it\n";
  os << formatv("  {0,9}{1,12}{2,12}  pass\n", "kernels", "GMAC", "GiB moved");
  for (const PassReport &pass : model.passes)
    os << formatv("  {0,9}{1,12:f3}{2,12:f2}  {3}\n", pass.picture.calls, pass.picture.macs / 1e9,
                  pass.picture.bytes / mib / 1024, pass.pass);
}

/// What NAME.metal holds, and what a run of each program gives the GPU to do.
static void printMetal(raw_ostream &os, const MetalReport &metal) {
  os << formatv("\nMetal: {0} functions, constants {1:f1} KiB\n", metal.functions.size(), metal.constantBytes / 1024.0);
  os << formatv("  {0,10}{1,14}{2,13}  program\n", "dispatches", "threadgroups", "scratch MiB");
  for (const MetalReport::Program &program : metal.programs)
    os << formatv("  {0,10}{1,14}{2,13:f2}  {3}\n", program.dispatches, program.threadgroups,
                  program.scratchBytes / mib, program.name);
  os << formatv("  {0,10}{1,14}  function\n", "dispatches", "threadgroup B");
  for (const MetalReport::Function &function : metal.functions)
    os << formatv("  {0,10}{1,14}  {2}\n", function.dispatches, function.threadgroupBytes, function.name);
}

static void print(const ModelReport &model, raw_ostream &os) {
  os << model.name << " for " << model.target;
  if (!model.cpu.empty())
    os << " (" << model.cpu << ')';
  os << ", by " << model.compiler << ", build " << model.buildId << '\n';
  os << format("file %.1f MiB: plan %.1f KiB, weights %.1f MiB; %u kernels\n", model.fileBytes / mib,
               model.planBytes / 1024.0, model.weightBytes / mib, unsigned(model.kernels.size()));
  if (model.stateBytes)
    os << formatv("handed on between programs: {0:f1} MiB\n", model.stateBytes / mib);
  if (model.pipeline)
    os << formatv("text to image: {0} x {1} pixels, {2} steps, guidance {3}\n", model.pipeline->width,
                  model.pipeline->height, model.pipeline->steps, model.pipeline->guidance);
  printPasses(os, model);
  for (const ProgramReport &program : model.programs) {
    WorkSum total = program.total();
    os << formatv("\nprogram {0}: {1} calls, {2:f2} GMAC, {3:f1} MiB moved, {4} parameters, weights {5:f1} MiB, arena "
                  "{6:f1} MiB, scratch {7:f1} MiB a thread\n",
                  program.name, total.calls, total.macs / 1e9, total.bytes / mib, total.parameters,
                  program.weightBytes / mib, program.arenaBytes / mib, program.scratchBytes / mib);
    for (const TensorReport &tensor : program.inputs)
      os << "  in  " << tensor.name << ": " << tensor.type << '\n';
    for (const TensorReport &tensor : program.outputs)
      os << "  out " << tensor.name << ": " << tensor.type << '\n';
    printRows(os, "kind of kernel", program.byKind(), /*parameters=*/false);
    printRows(os, "block", program.byBlock(), /*parameters=*/true);
    printRows(os, "kernel", program.byKernel(), /*parameters=*/false);
    printMemoryMap(os, program);
  }
  if (model.metal)
    printMetal(os, *model.metal);
}

Error runInspect(const InspectOptions &options) {
  Expected<CompiledFiles> files = CompiledFiles::find(options.model);
  if (!files)
    return files.takeError();
  Expected<std::unique_ptr<ModelReport>> model = ModelReport::read(files->snap);
  if (!model)
    return model.takeError();
  if (options.json)
    outs() << formatv("{0:2}", json::Value((*model)->toJson())) << '\n';
  else
    print(**model, outs());
  return Error::success();
}

} // namespace snap
