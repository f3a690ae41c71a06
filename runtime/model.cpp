//===- model.cpp - An open model, as the API shows it ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/model.h"

#include "runtime/errors.h"

using namespace snap::runtime;

//===----------------------------------------------------------------------===//
// Records: the plan's tables as structs, in one block
//===----------------------------------------------------------------------===//

namespace {

/// Hands out parts of a block one after the other. With a null block it only
/// adds up, so one function both measures and fills.
class Carver {
public:
  explicit Carver(uint8_t *block) : block(block) {}

  /// `count` zeroed Ts, or null when measuring.
  template <typename T> T *take(uint64_t count) {
    uint64_t at = used;
    used += alignUp(count * sizeof(T));
    return block ? reinterpret_cast<T *>(block + at) : nullptr;
  }

  uint64_t bytes() const { return used; }

private:
  uint8_t *block;
  uint64_t used = 0;
};

/// The arrays that hold a model's records.
struct Records {
  snap_program *programs;
  snap_tensor *tensors;
  int64_t *dimensions;
  double *betas;
  snap_buffer *buffers;
  void **arguments;

  Records(Carver &carver, const PlanTotals &totals)
      : programs(carver.take<snap_program>(totals.programs)), tensors(carver.take<snap_tensor>(totals.tensors)),
        dimensions(carver.take<int64_t>(totals.dimensions)), betas(carver.take<double>(totals.betas)),
        buffers(carver.take<snap_buffer>(totals.mostArguments)),
        arguments(carver.take<void *>(uint64_t(totals.mostArguments) + 2)) {}
};

/// Fills the next `views.size()` of `tensors` and advances past them.
snap_tensor *fillTensors(FlatVector views, uint8_t *arena, snap_tensor *&tensors, int64_t *&dimensions) {
  snap_tensor *first = tensors;
  for (uint32_t i = 0; i < views.size(); ++i) {
    TensorView view = {views.table(i)};
    FlatVector shape = view.shape();
    snap_tensor &tensor = *tensors++;
    tensor.name = view.name();
    tensor.type = static_cast<snap_type>(view.type());
    tensor.rank = shape.size();
    tensor.shape = dimensions;
    tensor.bytes = view.bytes();
    tensor.data = arena + view.offset();
    for (uint32_t d = 0; d < shape.size(); ++d)
      *dimensions++ = shape.scalar<int64_t>(d);
  }
  return first;
}

void fillPipeline(snap_model &model, const PipelineView &view, double *betas) {
  SchedulerView from = view.scheduler();
  PipelineConfig &pipeline = model.pipeline;
  SchedulerConfig &scheduler = pipeline.scheduler;
  scheduler.trainSteps = from.trainSteps();
  scheduler.betaStart = from.betaStart();
  scheduler.betaEnd = from.betaEnd();
  scheduler.betaSchedule = static_cast<BetaSchedule>(from.betaSchedule());
  FlatVector trained = from.trainedBetas();
  scheduler.trainedBetas = trained.size() ? betas : nullptr;
  for (uint32_t i = 0; i < trained.size(); ++i)
    betas[i] = trained.scalar<double>(i);
  scheduler.spacing = static_cast<Spacing>(from.spacing());
  scheduler.prediction = static_cast<Prediction>(from.prediction());
  scheduler.stepsOffset = from.stepsOffset();
  scheduler.setAlphaToOne = from.setAlphaToOne();
  scheduler.rescaleBetasZeroSnr = from.rescaleBetasZeroSnr();
  scheduler.clipSample = from.clipSample();
  scheduler.clipSampleRange = from.clipSampleRange();
  pipeline.scalingFactor = view.scalingFactor();
  pipeline.defaultSteps = view.defaultSteps();
  pipeline.fixedSteps = view.fixedSteps();
  pipeline.defaultGuidance = view.defaultGuidance();
  pipeline.width = view.width();
  pipeline.height = view.height();
  pipeline.latentChannels = view.latentChannels();
  pipeline.maxTokens = view.maxTokens();
  pipeline.tokenizer = model.data + view.tokenizerOffset();
  pipeline.tokenizerBytes = view.tokenizerBytes();
  model.hasPipeline = true;
}

} // namespace

uint64_t snap::runtime::recordsSize(const PlanTotals &totals) {
  Carver measure(nullptr);
  Records(measure, totals);
  return measure.bytes();
}

void snap::runtime::fillRecords(snap_model &model) {
  __builtin_memset(model.records, 0, model.recordBytes);
  Carver carver(model.records);
  Records records(carver, model.totals);
  model.programs = records.programs;
  model.buffers = records.buffers;
  model.arguments = records.arguments;

  FlatVector programs = model.plan.programs();
  snap_tensor *tensors = records.tensors;
  int64_t *dimensions = records.dimensions;
  for (uint32_t i = 0; i < programs.size(); ++i) {
    snap_program &program = *new (&model.programs[i], Placement()) snap_program();
    program.model = &model;
    program.view = {programs.table(i)};
    program.name = program.view.name();
    program.callCount = program.view.calls().size();
    program.inputCount = program.view.inputs().size();
    program.inputs = fillTensors(program.view.inputs(), model.arena, tensors, dimensions);
    program.outputCount = program.view.outputs().size();
    program.outputs = fillTensors(program.view.outputs(), model.arena, tensors, dimensions);
  }
  if (FlatTable pipeline = model.plan.pipeline())
    fillPipeline(model, {pipeline}, records.betas);
}

//===----------------------------------------------------------------------===//
// Accessors
//===----------------------------------------------------------------------===//

static const char *orEmpty(const char *text) { return text ? text : ""; }

void snap_get_model_info(const snap_model *model, snap_model_info *info) {
  if (!model)
    return;
  snap_model_info all = {};
  all.threads = model->pool.threads();
  all.name = model->plan.name();
  all.build_id = model->plan.buildId();
  all.target = model->plan.target();
  all.cpu = orEmpty(model->plan.cpu());
  all.compiler = model->plan.compiler();
  all.arena_bytes = model->totals.arena;
  all.scratch_bytes = model->scratchBytes * model->pool.threads();
  all.weight_bytes = model->layout.dataBytes;
  all.state_bytes = model->totals.state;
  const bool onGpu = model->gpu && !__atomic_load_n(&model->gpuGone, __ATOMIC_RELAXED);
  all.device = onGpu ? SNAP_DEVICE_GPU : SNAP_DEVICE_CPU;
  all.device_name = onGpu ? model->gpu->name : "";
  all.device_note = model->gpuError.message;
  all.gpu_fallbacks = __atomic_load_n(&model->gpuFallbacks, __ATOMIC_RELAXED);
  all.gpu_scratch_bytes = model->gpu ? model->totals.gpuScratch : 0;
  writeVersioned(all, info);
}

uint32_t snap_type_size(snap_type type) {
  switch (type) {
  case SNAP_I64:
    return 8;
  case SNAP_F32:
  case SNAP_I32:
    return 4;
  case SNAP_F16:
    return 2;
  case SNAP_I8:
  case SNAP_U8:
  case SNAP_I1:
    return 1;
  }
  return 0;
}

uint32_t snap_program_count(const snap_model *model) { return model ? model->totals.programs : 0; }

snap_program *snap_program_at(snap_model *model, uint32_t index) {
  return model && index < model->totals.programs ? &model->programs[index] : nullptr;
}

snap_program *snap_find_program(snap_model *model, const char *name) {
  for (uint32_t i = 0; name && i < snap_program_count(model); ++i)
    if (__builtin_strcmp(model->programs[i].name, name) == 0)
      return &model->programs[i];
  return nullptr;
}

const char *snap_program_name(const snap_program *program) { return program ? program->name : ""; }

uint32_t snap_program_calls(const snap_program *program) { return program ? program->callCount : 0; }

static const snap_tensor *tensorArray(const snap_tensor *tensors, uint32_t size, uint32_t *count) {
  if (count)
    *count = size;
  return size ? tensors : nullptr;
}

const snap_tensor *snap_program_inputs(const snap_program *program, uint32_t *count) {
  return tensorArray(program ? program->inputs : nullptr, program ? program->inputCount : 0, count);
}

const snap_tensor *snap_program_outputs(const snap_program *program, uint32_t *count) {
  return tensorArray(program ? program->outputs : nullptr, program ? program->outputCount : 0, count);
}

static const snap_tensor *findTensor(const snap_tensor *tensors, uint32_t count, const char *name) {
  for (uint32_t i = 0; name && i < count; ++i)
    if (__builtin_strcmp(tensors[i].name, name) == 0)
      return &tensors[i];
  return nullptr;
}

const snap_tensor *snap_find_input(const snap_program *program, const char *name) {
  return program ? findTensor(program->inputs, program->inputCount, name) : nullptr;
}

const snap_tensor *snap_find_output(const snap_program *program, const char *name) {
  return program ? findTensor(program->outputs, program->outputCount, name) : nullptr;
}
