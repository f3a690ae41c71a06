//===- ModelReport.cpp - What a compiled model consists of ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/ModelReport.h"

#include "compiler/driver/HostModel.h"
#include "plan_generated.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"

#include <map>

using namespace llvm;

namespace snap {

//===----------------------------------------------------------------------===//
// Reading NAME.snap
//===----------------------------------------------------------------------===//

static std::string text(const flatbuffers::String *string) { return string ? string->str() : ""; }

template <typename T> static auto range(const flatbuffers::Vector<T> *vector) {
  using Iterator = typename flatbuffers::Vector<T>::const_iterator;
  return vector ? make_range(vector->begin(), vector->end()) : make_range(Iterator(nullptr, 0), Iterator(nullptr, 0));
}

static std::vector<TensorReport> tensors(const flatbuffers::Vector<flatbuffers::Offset<plan::Tensor>> *list) {
  std::vector<TensorReport> result;
  for (const plan::Tensor *tensor : range(list)) {
    std::vector<int64_t> shape(tensor->shape()->begin(), tensor->shape()->end());
    result.push_back({text(tensor->name()), typeText(static_cast<ElementType>(tensor->type()), shape), tensor->offset(),
                      tensor->bytes()});
  }
  return result;
}

/// Whether a pipeline's step runs on a guidance pair: then it predicts for both rows.
static bool hasGuidance(const plan::Plan &plan) {
  for (const plan::Program *program : range(plan.programs()))
    if (text(program->name()) == "step")
      for (const plan::Tensor *output : range(program->outputs()))
        return output->shape() && output->shape()->size() && output->shape()->Get(0) == 2;
  return false;
}

/// How often a picture of the default steps and guidance runs a program: the
/// prompt and the negative prompt are encoded apart.
static uint64_t runsPerPicture(StringRef program, const plan::Plan &plan) {
  if (!plan.pipeline())
    return 1;
  if (program == "encode_text")
    return hasGuidance(plan) ? 2 : 1;
  if (program == "step")
    return plan.pipeline()->default_steps();
  return program == "prepare" || program == "decode";
}

/// Every operand once, of a gather's table as much as it picks (as workOf in passes/Work.h).
static uint64_t bytesMoved(ArrayRef<SliceReport> args, bool isGather) {
  std::map<std::tuple<StringRef, uint64_t, uint64_t>, uint64_t> touched;
  for (auto [i, slice] : enumerate(args))
    touched[{slice.space, slice.offset, slice.bytes}] =
        isGather && i == 0 ? std::min(slice.bytes, args.back().bytes) : slice.bytes;
  uint64_t bytes = 0;
  for (const auto &[place, moved] : touched)
    bytes += moved;
  return bytes;
}

static ProgramReport readProgram(const plan::Plan &plan, const plan::Program &program) {
  ProgramReport report;
  report.name = text(program.name());
  report.inputs = tensors(program.inputs());
  report.outputs = tensors(program.outputs());
  report.arenaBytes = program.arena();
  report.scratchBytes = program.scratch();
  report.runsPerPicture = runsPerPicture(report.name, plan);
  std::map<uint64_t, uint64_t> segments;
  for (const plan::Call *call : range(program.calls())) {
    CallReport row;
    row.kernel = call->kernel();
    row.block = text(call->block());
    row.macs = plan.kernels()->Get(call->kernel())->macs();
    row.parameters = call->parameters();
    for (const plan::Slice *slice : range(call->args())) {
      row.args.push_back({StringRef(plan::EnumNameSpace(slice->space())).lower(), slice->offset(), slice->bytes()});
      if (slice->space() == plan::Space::Data)
        segments[slice->offset()] = slice->bytes();
    }
    row.bytes = bytesMoved(row.args, StringRef(text(plan.kernels()->Get(row.kernel)->key())).starts_with("gather("));
    report.calls.push_back(std::move(row));
  }
  for (auto [offset, bytes] : segments)
    report.weightBytes += bytes;
  return report;
}

/// The history of every program, as a table with a row per pass that changed any.
static std::vector<PassReport> readPasses(const plan::Plan &plan, ArrayRef<ProgramReport> programs) {
  std::vector<PassReport> passes;
  for (const plan::PassWork *row : range(plan.work()))
    if (none_of(passes, [&](const PassReport &pass) { return pass.pass == text(row->pass()); }))
      passes.push_back({text(row->pass()), {}, {}});
  MapVector<StringRef, WorkSum> current; // a program keeps its work through passes that do not change it
  for (PassReport &pass : passes) {
    for (const plan::PassWork *row : range(plan.work()))
      if (text(row->pass()) == pass.pass)
        current[row->program()->c_str()] = {text(row->program()), row->kernels(), row->macs(), row->bytes(), 0, 0};
    for (const auto &[name, work] : current) {
      auto *program = find_if(programs, [&, name = name](const ProgramReport &p) { return p.name == name; });
      uint64_t runs = program == programs.end() ? 0 : program->runsPerPicture;
      pass.programs.push_back(work);
      pass.picture.calls += runs * work.calls;
      pass.picture.macs += runs * work.macs;
      pass.picture.bytes += runs * work.bytes;
    }
  }
  auto same = [](const WorkSum &a, const WorkSum &b) {
    return std::tie(a.name, a.calls, a.macs, a.bytes) == std::tie(b.name, b.calls, b.macs, b.bytes);
  };
  passes.erase(std::unique(passes.begin(), passes.end(),
                           [&](const PassReport &a, const PassReport &b) {
                             return std::equal(a.programs.begin(), a.programs.end(), b.programs.begin(),
                                               b.programs.end(), same);
                           }),
               passes.end());
  return passes;
}

static Expected<MetalReport> readMetal(const plan::Plan &plan, const plan::Metal &metal) {
  MetalReport report;
  report.constantBytes = metal.constants() ? metal.constants()->size() : 0;
  for (const plan::MetalFunction *function : range(metal.functions()))
    report.functions.push_back({text(function->name()), function->threadgroup(), 0});
  std::vector<std::pair<uint64_t, uint64_t>> kernels; // dispatches and threadgroups of a call
  for (const plan::MetalKernel *kernel : range(metal.kernels())) {
    kernels.emplace_back();
    for (const plan::MetalDispatch *dispatch : range(kernel->dispatches())) {
      if (dispatch->function() >= report.functions.size())
        return createStringError("a dispatch is of a function that is not there");
      ++report.functions[dispatch->function()].dispatches;
      uint64_t groups = 1;
      for (uint32_t extent : range(dispatch->groups()))
        groups *= extent;
      kernels.back().first += 1;
      kernels.back().second += groups;
    }
  }
  if (kernels.size() != plan.kernels()->size() || range(metal.scratch()).end() - range(metal.scratch()).begin() !=
                                                      range(plan.programs()).end() - range(plan.programs()).begin())
    return createStringError("its Metal tables do not fit its kernels and programs");
  for (auto [program, scratch] : zip(range(plan.programs()), range(metal.scratch()))) {
    MetalReport::Program row{text(program->name()), 0, 0, scratch};
    for (const plan::Call *call : range(program->calls())) {
      row.dispatches += kernels[call->kernel()].first;
      row.threadgroups += kernels[call->kernel()].second;
    }
    report.programs.push_back(row);
  }
  return report;
}

Expected<std::unique_ptr<ModelReport>> ModelReport::read(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message());
  auto report = std::make_unique<ModelReport>();
  const char *bytes = (*buffer)->getBufferStart();
  report->fileBytes = (*buffer)->getBufferSize();
  if (report->fileBytes < 64 || StringRef(bytes, 8) != "SNAPPLAN")
    return createStringError(path + ": not a NAME.snap: expected it to begin with SNAPPLAN");
  uint64_t planOffset = support::endian::read64le(bytes + 16);
  report->planBytes = support::endian::read64le(bytes + 24);
  report->weightBytes = support::endian::read64le(bytes + 40);
  if (planOffset > report->fileBytes || report->planBytes > report->fileBytes - planOffset)
    return createStringError(path + ": corrupt: its plan lies outside the file");
  auto *begin = reinterpret_cast<const uint8_t *>(bytes) + planOffset;
  flatbuffers::Verifier verifier(begin, report->planBytes);
  if (!plan::VerifyPlanBuffer(verifier))
    return createStringError(path + ": corrupt: its plan does not verify");
  const plan::Plan &plan = *plan::GetPlan(begin);

  report->name = text(plan.name());
  report->buildId = text(plan.build_id());
  report->target = text(plan.target());
  report->cpu = text(plan.cpu());
  report->compiler = text(plan.compiler());
  report->stateBytes = plan.state();
  for (const plan::Kernel *kernel : range(plan.kernels())) {
    std::string key = text(kernel->key());
    report->kernels.push_back({text(kernel->symbol()), key, StringRef(key).split('(').first.str(),
                               text(kernel->schedule()), kernel->scratch(), kernel->macs()});
  }
  for (const plan::Program *program : range(plan.programs()))
    for (const plan::Call *call : range(program->calls()))
      if (call->kernel() >= report->kernels.size())
        return createStringError(path + ": corrupt: a call names kernel " + Twine(call->kernel()) + " of " +
                                 Twine(report->kernels.size()));
  for (const plan::Program *program : range(plan.programs()))
    report->programs.push_back(readProgram(plan, *program));
  for (ProgramReport &program : report->programs)
    program.model = report.get();
  report->passes = readPasses(plan, report->programs);
  if (const plan::Pipeline *pipeline = plan.pipeline())
    report->pipeline = {pipeline->width(), pipeline->height(), pipeline->default_steps(), pipeline->default_guidance(),
                        pipeline->scaling_factor()};
  if (const plan::Metal *metal = plan.metal()) {
    Expected<MetalReport> read = readMetal(plan, *metal);
    if (!read)
      return createStringError(path + ": corrupt: " + toString(read.takeError()));
    report->metal = std::move(*read);
  }
  return report;
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

void WorkSum::add(const CallReport &call) {
  ++calls;
  macs += call.macs;
  bytes += call.bytes;
  parameters += call.parameters;
  seconds += call.seconds;
}

/// Calls summed up by `name` of each, in the order of first calls.
static std::vector<WorkSum> sumBy(ArrayRef<CallReport> calls, function_ref<std::string(const CallReport &)> name) {
  std::vector<WorkSum> sums;
  std::map<std::string, size_t> places;
  for (const CallReport &call : calls) {
    auto [it, isNew] = places.try_emplace(name(call), sums.size());
    if (isNew)
      sums.push_back({it->first, 0, 0, 0, 0, 0});
    sums[it->second].add(call);
  }
  return sums;
}

static std::vector<WorkSum> heaviestFirst(std::vector<WorkSum> sums) {
  llvm::sort(sums, [](const WorkSum &a, const WorkSum &b) {
    return std::tie(b.seconds, b.macs, b.bytes, a.name) < std::tie(a.seconds, a.macs, a.bytes, b.name);
  });
  return sums;
}

WorkSum ProgramReport::total() const {
  WorkSum sum;
  sum.name = name;
  for (const CallReport &call : calls)
    sum.add(call);
  return sum;
}

std::vector<WorkSum> ProgramReport::byBlock() const {
  return sumBy(calls, [](const CallReport &call) { return call.block; });
}

std::vector<WorkSum> ProgramReport::byKernel() const {
  return heaviestFirst(sumBy(calls, [&](const CallReport &call) {
    const KernelReport &kernel = model->kernels[call.kernel];
    return kernel.key + (kernel.schedule.empty() ? "" : " schedule " + kernel.schedule);
  }));
}

std::vector<WorkSum> ProgramReport::byKind() const {
  return heaviestFirst(sumBy(calls, [&](const CallReport &call) { return model->kernels[call.kernel].kind; }));
}

//===----------------------------------------------------------------------===//
// The arena over time
//===----------------------------------------------------------------------===//

/// How many of a call's operands are written is in the key, not in the plan.
static size_t outputsOf(const std::string &key) {
  std::string error;
  std::optional<KernelKey> parsed = KernelKey::parse(key, error);
  return parsed ? parsed->outputs.size() : 1;
}

std::vector<LiveRange> ProgramReport::liveRanges() const {
  std::vector<LiveRange> ranges;
  for (const TensorReport &input : inputs)
    ranges.push_back({input.offset, input.bytes, -1, -1, ""});
  std::vector<size_t> outputCounts;
  for (const KernelReport &kernel : model->kernels)
    outputCounts.push_back(outputsOf(kernel.key));
  for (auto [index, call] : enumerate(calls)) {
    size_t writes = std::min(outputCounts[call.kernel], call.args.size());
    for (auto [i, arg] : enumerate(call.args)) {
      if (arg.space != "arena")
        continue;
      if (i >= call.args.size() - writes) {
        ranges.push_back({arg.offset, arg.bytes, int64_t(index), int64_t(index), call.block});
        continue;
      }
      // What is read was written last by those that overlap, until all of it is found.
      uint64_t missing = arg.bytes;
      for (LiveRange &range : reverse(ranges)) {
        uint64_t low = std::max(range.offset, arg.offset);
        uint64_t high = std::min(range.offset + range.bytes, arg.offset + arg.bytes);
        if (low >= high || range.first == int64_t(index))
          continue;
        range.last = index;
        missing -= std::min(missing, high - low);
        if (!missing)
          break;
      }
    }
  }
  for (const TensorReport &output : outputs)
    for (LiveRange &range : reverse(ranges))
      if (range.offset < output.offset + output.bytes && output.offset < range.offset + range.bytes) {
        range.last = calls.size();
        break;
      }
  return ranges;
}

uint64_t ProgramReport::arenaLowerBound() const {
  std::vector<uint64_t> live(calls.size() + 2, 0);
  for (const LiveRange &range : liveRanges())
    for (int64_t at = range.first; at <= range.last; ++at)
      live[at + 1] += range.bytes;
  return *std::max_element(live.begin(), live.end());
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static json::Object toJson(const WorkSum &sum, const char *name, bool measured, bool parameters) {
  json::Object object{{name, sum.name}, {"calls", sum.calls}, {"macs", sum.macs}, {"bytes", sum.bytes}};
  if (parameters)
    object["parameters"] = sum.parameters;
  if (measured)
    object["seconds"] = sum.seconds;
  return object;
}

static json::Array toJson(ArrayRef<WorkSum> sums, const char *name, bool measured, bool parameters) {
  json::Array array;
  for (const WorkSum &sum : sums)
    array.push_back(toJson(sum, name, measured, parameters));
  return array;
}

static json::Array toJson(ArrayRef<TensorReport> tensors) {
  json::Array array;
  for (const TensorReport &tensor : tensors)
    array.push_back(
        json::Object{{"name", tensor.name}, {"type", tensor.type}, {"offset", tensor.offset}, {"bytes", tensor.bytes}});
  return array;
}

static json::Object toJson(const ProgramReport &program, bool measured) {
  WorkSum total = program.total();
  json::Array calls, memory;
  for (const CallReport &call : program.calls) {
    json::Array args;
    for (const SliceReport &slice : call.args)
      args.push_back(json::Object{{"space", slice.space}, {"offset", slice.offset}, {"bytes", slice.bytes}});
    json::Object row{{"kernel", call.kernel}, {"block", call.block},           {"macs", call.macs},
                     {"bytes", call.bytes},   {"parameters", call.parameters}, {"args", std::move(args)}};
    if (measured)
      row["seconds"] = call.seconds;
    calls.push_back(std::move(row));
  }
  for (const LiveRange &range : program.liveRanges())
    memory.push_back(json::Object{
        {"offset", range.offset}, {"bytes", range.bytes}, {"first_call", range.first}, {"last_call", range.last}});
  json::Object object{{"name", program.name},
                      {"inputs", toJson(program.inputs)},
                      {"outputs", toJson(program.outputs)},
                      {"arena_bytes", program.arenaBytes},
                      {"arena_lower_bound_bytes", program.arenaLowerBound()},
                      {"scratch_bytes_per_thread", program.scratchBytes},
                      {"weight_bytes", program.weightBytes},
                      {"runs_per_picture", program.runsPerPicture},
                      {"macs", total.macs},
                      {"bytes", total.bytes},
                      {"parameters", total.parameters},
                      {"kinds", toJson(program.byKind(), "kind", measured, false)},
                      {"blocks", toJson(program.byBlock(), "block", measured, true)},
                      {"calls", std::move(calls)},
                      {"memory_map", std::move(memory)}};
  if (measured)
    object["seconds"] = total.seconds;
  return object;
}

static json::Object toJson(const MetalReport &metal) {
  json::Array functions, programs;
  for (const MetalReport::Function &function : metal.functions)
    functions.push_back(json::Object{{"name", function.name},
                                     {"threadgroup_bytes", function.threadgroupBytes},
                                     {"dispatches", function.dispatches}});
  for (const MetalReport::Program &program : metal.programs)
    programs.push_back(json::Object{{"name", program.name},
                                    {"dispatches", program.dispatches},
                                    {"threadgroups", program.threadgroups},
                                    {"scratch_bytes", program.scratchBytes}});
  return json::Object{
      {"functions", std::move(functions)}, {"programs", std::move(programs)}, {"constant_bytes", metal.constantBytes}};
}

json::Object ModelReport::toJson() const {
  json::Array kernelRows, programRows, passRows;
  for (const KernelReport &kernel : kernels)
    kernelRows.push_back(json::Object{{"symbol", kernel.symbol},
                                      {"key", kernel.key},
                                      {"kind", kernel.kind},
                                      {"schedule", kernel.schedule},
                                      {"scratch_bytes", kernel.scratchBytes},
                                      {"macs", kernel.macs}});
  for (const ProgramReport &program : programs)
    programRows.push_back(snap::toJson(program, isMeasured()));
  for (const PassReport &pass : passes)
    passRows.push_back(json::Object{
        {"pass", pass.pass},
        {"picture",
         json::Object{{"calls", pass.picture.calls}, {"macs", pass.picture.macs}, {"bytes", pass.picture.bytes}}},
        {"programs", snap::toJson(pass.programs, "program", false, false)}});
  json::Object root{{"schema", 1},
                    {"name", name},
                    {"build_id", buildId},
                    {"target", target},
                    {"cpu", cpu},
                    {"compiler", compiler},
                    {"file_bytes", fileBytes},
                    {"plan_bytes", planBytes},
                    {"weight_bytes", weightBytes},
                    {"state_bytes", stateBytes},
                    {"kernels", std::move(kernelRows)},
                    {"programs", std::move(programRows)},
                    {"passes", std::move(passRows)}};
  if (pipeline)
    root["pipeline"] = json::Object{{"width", pipeline->width},
                                    {"height", pipeline->height},
                                    {"default_steps", pipeline->steps},
                                    {"default_guidance", pipeline->guidance},
                                    {"scaling_factor", pipeline->scalingFactor}};
  if (metal)
    root["metal"] = snap::toJson(*metal);
  if (isMeasured())
    root["measurement"] = json::Object{{"threads", threads},
                                       {"repetitions", repetitions},
                                       {"statistic", "median"},
                                       {"peak_gflops", peak.flops / 1e9},
                                       {"peak_gb_per_second", peak.bytesPerSecond / 1e9}};
  return root;
}

} // namespace snap
