//===- validate.cpp - Is this file a plan that can be run? ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/validate.h"

#include "runtime/allocator.h"
#include "runtime/errors.h"

using namespace snap::runtime;

//===----------------------------------------------------------------------===//
// The header
//===----------------------------------------------------------------------===//

static constexpr uint64_t kHeaderBytes = 64;
static constexpr uint32_t kFormatVersion = 1;
/// Segments begin at a multiple of the largest page of our targets.
static constexpr uint64_t kSegmentAlignment = 16384;
/// A FlatBuffer's offsets are 32 bits, some of them signed.
static constexpr uint64_t kMaxPlanBytes = INT32_MAX;

template <typename T> static T load(const uint8_t *at) {
  T value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

/// FNV-1a, 64 bits.
static uint64_t checksum(uint64_t hash, const uint8_t *data, uint64_t size) {
  for (uint64_t i = 0; i < size; ++i)
    hash = (hash ^ data[i]) * 0x100000001b3u;
  return hash;
}

snap_status snap::runtime::readLayout(const platform::MappedFile &file, const char *path, FileLayout &layout,
                                      snap_error *error) {
  const uint8_t *header = file.data;
  if (file.size < kHeaderBytes)
    return fail(error, SNAP_ERROR_FORMAT, path, ": expected a header of ", kHeaderBytes, " bytes, the file has ",
                file.size);
  if (__builtin_memcmp(header, "SNAPPLAN", 8) != 0)
    return fail(error, SNAP_ERROR_FORMAT, path, ": not a compiled pipeline (expected it to begin with SNAPPLAN)");
  uint32_t version = load<uint32_t>(header + 8);
  if (version != kFormatVersion)
    return fail(error, SNAP_ERROR_VERSION, path, ": format version ", version, ", this runtime reads ", kFormatVersion,
                "; compile again with the snapc of this library");
  uint64_t headerBytes = load<uint32_t>(header + 12);
  layout.planOffset = load<uint64_t>(header + 16);
  layout.planBytes = load<uint64_t>(header + 24);
  layout.dataOffset = load<uint64_t>(header + 32);
  layout.dataBytes = load<uint64_t>(header + 40);
  uint64_t fileBytes = load<uint64_t>(header + 48);

  if (fileBytes != file.size)
    return fail(error, SNAP_ERROR_FORMAT, path, ": expected ", fileBytes, " bytes, the file has ", file.size,
                "; copy it again, whole");
  if (headerBytes < kHeaderBytes || headerBytes > file.size)
    return fail(error, SNAP_ERROR_FORMAT, path, ": header of ", headerBytes, " bytes, expected ", kHeaderBytes,
                " or more");
  if (layout.planBytes > kMaxPlanBytes || !isInside(layout.planOffset, layout.planBytes, headerBytes, file.size))
    return fail(error, SNAP_ERROR_FORMAT, path, ": the plan (", layout.planBytes, " bytes at ", layout.planOffset,
                ") is not inside the file");
  if (layout.dataOffset % kSegmentAlignment != 0 ||
      !isInside(layout.dataOffset, layout.dataBytes, layout.planOffset + layout.planBytes, file.size))
    return fail(error, SNAP_ERROR_FORMAT, path, ": the weights (", layout.dataBytes, " bytes at ", layout.dataOffset,
                ") are not inside the file after the plan, at a multiple of ", kSegmentAlignment);

  uint64_t sum = checksum(0xcbf29ce484222325u, header, 56);
  sum = checksum(sum, file.data + layout.planOffset, layout.planBytes);
  if (sum != load<uint64_t>(header + 56))
    return fail(error, SNAP_ERROR_FORMAT, path, ": the checksum does not match; copy the file again, or compile again");
  return SNAP_OK;
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

namespace {

/// One walk over the plan, in the schema's order.
class PlanChecker {
public:
  PlanChecker(FlatReader &reader, uint64_t dataBytes, const snap_library &library, const char *path, PlanTotals &totals,
              snap_error *error)
      : reader(reader), dataBytes(dataBytes), library(library), path(path), totals(totals), error(error) {}

  snap_status run();

private:
  snap_status checkIdentity(const PlanView &plan);
  snap_status checkKernels(FlatVector kernels);
  snap_status checkProgram(const ProgramView &program);
  snap_status checkTensors(FlatVector tensors, const ProgramView &program, const char *role);
  snap_status checkCall(const CallView &call, uint32_t index, const ProgramView &program);
  snap_status checkPipeline(const PipelineView &pipeline);

  template <typename... Pieces> snap_status corrupt(const Pieces &...pieces) {
    return fail(error, SNAP_ERROR_FORMAT, path, ": ", pieces...);
  }
  /// What every check ends with: did the reader find all it was asked for?
  snap_status readerStatus() { return reader.broken() ? corrupt("the plan's tables are damaged") : SNAP_OK; }

  FlatReader &reader;
  const uint64_t dataBytes;
  const snap_library &library;
  const char *const path;
  PlanTotals &totals;
  snap_error *const error;
  FlatVector kernels;
};

snap_status PlanChecker::run() {
  const uint8_t *identifier = reader.bytes(4, 4);
  if (!identifier || __builtin_memcmp(identifier, "SNAP", 4) != 0)
    return corrupt("the plan does not carry the identifier SNAP");
  PlanView plan = {FlatTable::root(reader)};
  if (!plan.t)
    return readerStatus();

  if (snap_status status = checkIdentity(plan))
    return status;
  kernels = plan.kernels();
  if (snap_status status = checkKernels(kernels))
    return status;

  totals.state = plan.state();
  if (totals.state % kAlignment != 0)
    return corrupt("its state of ", totals.state, " bytes is not a multiple of ", kAlignment);

  FlatVector programs = plan.programs();
  if (programs.size() == 0)
    return corrupt("the plan holds no program");
  totals.programs = programs.size();
  for (uint32_t i = 0; i < programs.size(); ++i) {
    ProgramView program = {programs.table(i)};
    if (snap_status status = checkProgram(program))
      return status;
    for (uint32_t earlier = 0; earlier < i; ++earlier) {
      const char *name = ProgramView{programs.table(earlier)}.name();
      if (name && __builtin_strcmp(name, program.name()) == 0)
        return corrupt("two programs are named '", name, "'");
    }
  }

  if (FlatTable pipeline = plan.pipeline())
    if (snap_status status = checkPipeline({pipeline}))
      return status;
  if (snap_status status = readerStatus())
    return status;
  return validateMetal(reader, plan, path, totals, error);
}

snap_status PlanChecker::checkIdentity(const PlanView &plan) {
  // The strings are handed out by snap_get_model_info.
  if (!plan.name() || !plan.buildId() || !plan.target() || !plan.compiler())
    return corrupt("the plan lacks its name, build id, target or compiler");
  plan.cpu();
  if (__builtin_strlen(plan.buildId()) != 32)
    return corrupt("the build id '", plan.buildId(), "' is not 32 digits");
  if (!library.build_id || __builtin_strcmp(plan.buildId(), library.build_id) != 0)
    return fail(error, SNAP_ERROR_MISMATCH, path, ": build id ", plan.buildId(), ", but the library '",
                library.name ? library.name : "", "' has ", library.build_id ? library.build_id : "none",
                "; use the .snap and the .a of one compilation");
  return readerStatus();
}

snap_status PlanChecker::checkKernels(FlatVector list) {
  if (list.size() != library.kernel_count)
    return fail(error, SNAP_ERROR_MISMATCH, path, ": ", list.size(), " kernels, but the library has ",
                library.kernel_count);
  if (list.size() && !library.kernels)
    return fail(error, SNAP_ERROR_ARGUMENT, "the library's kernel table is null");
  for (uint32_t i = 0; i < list.size(); ++i) {
    KernelView kernel = {list.table(i)};
    if (!kernel.symbol())
      return corrupt("kernel ", i, " has no symbol");
    kernel.key();
    kernel.macs();
    if (!library.kernels[i])
      return fail(error, SNAP_ERROR_ARGUMENT, "the library has no code for kernel ", i, ", '", kernel.symbol(), "'");
  }
  return readerStatus();
}

snap_status PlanChecker::checkProgram(const ProgramView &program) {
  const char *name = program.name();
  if (!name || !*name)
    return corrupt("a program has no name");
  if (program.arena() % kAlignment != 0)
    return corrupt("program '", name, "': its arena of ", program.arena(), " bytes is not a multiple of ", kAlignment);
  if (snap_status status = checkTensors(program.inputs(), program, "input"))
    return status;
  uint64_t inputs = 0;
  for (uint32_t i = 0; i < program.inputs().size(); ++i)
    if (__builtin_add_overflow(inputs, TensorView{program.inputs().table(i)}.bytes(), &inputs))
      return corrupt("program '", name, "': its inputs take more bytes than there can be");
  if (inputs > totals.inputs)
    totals.inputs = inputs;
  if (snap_status status = checkTensors(program.outputs(), program, "output"))
    return status;
  FlatVector calls = program.calls();
  for (uint32_t i = 0; i < calls.size(); ++i)
    if (snap_status status = checkCall({calls.table(i)}, i, program))
      return status;
  if (program.arena() > totals.arena)
    totals.arena = program.arena();
  if (program.scratch() > totals.scratch)
    totals.scratch = program.scratch();
  return readerStatus();
}

snap_status PlanChecker::checkTensors(FlatVector tensors, const ProgramView &program, const char *role) {
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    TensorView tensor = {tensors.table(i)};
    if (!tensor.name())
      return corrupt("program '", program.name(), "': ", role, " ", i, " has no name");
    if (tensor.type() > SNAP_I1)
      return corrupt("program '", program.name(), "': ", role, " '", tensor.name(), "' has element type ",
                     static_cast<unsigned>(tensor.type()), ", which is none");
    uint64_t elementBytes = snap_type_size(static_cast<snap_type>(tensor.type()));
    FlatVector shape = tensor.shape();
    uint64_t bytes = elementBytes;
    for (uint32_t d = 0; d < shape.size(); ++d) {
      int64_t extent = shape.scalar<int64_t>(d);
      if (extent <= 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes))
        return corrupt("program '", program.name(), "': ", role, " '", tensor.name(), "' has dimension ", extent);
    }
    if (bytes != tensor.bytes())
      return corrupt("program '", program.name(), "': ", role, " '", tensor.name(), "' takes ", bytes,
                     " bytes by its shape, but ", tensor.bytes(), " are given");
    if (tensor.offset() % elementBytes != 0 || !isInside(tensor.offset(), bytes, 0, program.arena()))
      return corrupt("program '", program.name(), "': ", role, " '", tensor.name(), "' (", bytes, " bytes at ",
                     tensor.offset(), ") does not fit its arena of ", program.arena(), " bytes");
    totals.dimensions += shape.size();
  }
  totals.tensors += tensors.size();
  return readerStatus();
}

snap_status PlanChecker::checkCall(const CallView &call, uint32_t index, const ProgramView &program) {
  if (call.kernel() >= kernels.size())
    return corrupt("program '", program.name(), "': call ", index, " is of kernel ", call.kernel(), " of ",
                   kernels.size());
  KernelView kernel = {kernels.table(call.kernel())};
  if (kernel.scratch() > program.scratch())
    return corrupt("program '", program.name(), "': call ", index, " needs more scratch than the program's ",
                   program.scratch(), " bytes");
  call.block();

  FlatVector args = call.args();
  if (args.size() == 0)
    return corrupt("program '", program.name(), "': call ", index, " has no arguments");
  if (kernel.outputs() == 0 || kernel.outputs() > args.size())
    return corrupt("program '", program.name(), "': call ", index, " writes ", kernel.outputs(), " of its ",
                   args.size(), " arguments");
  for (uint32_t i = 0; i < args.size(); ++i) {
    SliceView slice = {args.table(i)};
    // The last arguments are written; weights are mapped read-only.
    Space space = slice.space();
    if (space > Space::State || (space == Space::Data && i + kernel.outputs() >= args.size()))
      return corrupt("program '", program.name(), "': call ", index, ", argument ", i, " is in the wrong place");
    uint64_t end = space == Space::Arena ? program.arena() : space == Space::Data ? dataBytes : totals.state;
    if (slice.bytes() == 0 || !isInside(slice.offset(), slice.bytes(), 0, end)) {
      const char *where = space == Space::Arena ? "arena" : space == Space::Data ? "weights" : "state";
      return corrupt("program '", program.name(), "': call ", index, ", argument ", i, " (", slice.bytes(),
                     " bytes at ", slice.offset(), ") is not inside the ", where, " of ", end, " bytes");
    }
  }
  if (args.size() > totals.mostArguments)
    totals.mostArguments = args.size();
  return readerStatus();
}

snap_status PlanChecker::checkPipeline(const PipelineView &pipeline) {
  SchedulerView scheduler = pipeline.scheduler();
  if (!scheduler.t)
    return corrupt("the pipeline has no scheduler");
  if (scheduler.betaSchedule() > 2 || scheduler.spacing() > 2 || scheduler.prediction() > 2)
    return corrupt("the scheduler's beta schedule, spacing or prediction type is none that is known");
  FlatVector betas = scheduler.trainedBetas();
  if (betas.size() != 0 && betas.size() != scheduler.trainSteps())
    return corrupt("the scheduler has ", betas.size(), " trained betas for ", scheduler.trainSteps(), " steps");
  totals.betas = betas.size();
  bool finite = __builtin_isfinite(scheduler.betaStart()) && __builtin_isfinite(scheduler.betaEnd()) &&
                __builtin_isfinite(scheduler.clipSampleRange()) && __builtin_isfinite(pipeline.scalingFactor()) &&
                __builtin_isfinite(pipeline.defaultGuidance());
  for (uint32_t i = 0; i < betas.size(); ++i)
    finite = finite && __builtin_isfinite(betas.scalar<double>(i));
  if (!finite)
    return corrupt("a number of the scheduler or the pipeline is infinite or not a number");

  scheduler.stepsOffset();
  scheduler.setAlphaToOne();
  scheduler.rescaleBetasZeroSnr();
  scheduler.clipSample();

  // Bounds far above any picture, so that sizes computed from them cannot
  // overflow.
  constexpr uint32_t most = 1u << 16;
  if (scheduler.trainSteps() == 0 || scheduler.trainSteps() > most || pipeline.defaultSteps() > most)
    return corrupt("the scheduler has ", scheduler.trainSteps(), " training steps and ", pipeline.defaultSteps(),
                   " default steps");
  if (pipeline.fixedSteps() != 0 && pipeline.fixedSteps() != pipeline.defaultSteps())
    return corrupt("the pipeline is for ", pipeline.fixedSteps(), " steps, but its default is ",
                   pipeline.defaultSteps());
  if (pipeline.width() == 0 || pipeline.width() > most || pipeline.height() == 0 || pipeline.height() > most ||
      pipeline.latentChannels() == 0 || pipeline.latentChannels() > most || pipeline.maxTokens() == 0 ||
      pipeline.maxTokens() > most)
    return corrupt("the pipeline's picture is ", pipeline.width(), "x", pipeline.height(), " with ",
                   pipeline.latentChannels(), " latent channels and ", pipeline.maxTokens(), " tokens");
  if (!isInside(pipeline.tokenizerOffset(), pipeline.tokenizerBytes(), 0, dataBytes))
    return corrupt("the tokenizer (", pipeline.tokenizerBytes(), " bytes at ", pipeline.tokenizerOffset(),
                   ") is not inside the data of ", dataBytes, " bytes");
  return readerStatus();
}

} // namespace

snap_status snap::runtime::validatePlan(FlatReader &reader, uint64_t dataBytes, const snap_library &library,
                                        const char *path, PlanTotals &totals, snap_error *error) {
  return PlanChecker(reader, dataBytes, library, path, totals, error).run();
}
