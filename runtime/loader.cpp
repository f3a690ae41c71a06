//===- loader.cpp - snap_open and snap_close ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/errors.h"
#include "runtime/model.h"

using namespace snap::runtime;

/// What an arena is aligned to: a page of most systems, so that it shares none.
static constexpr uint64_t kArenaAlignment = 4096;
/// Vector loads may begin within the arena and end a little past it.
static constexpr uint64_t kArenaTail = 64;

//===----------------------------------------------------------------------===//
// The steps of snap_open
//===----------------------------------------------------------------------===//

static snap_status outOfMemory(snap_error *error, const char *what, uint64_t bytes) {
  return fail(error, SNAP_ERROR_MEMORY, "no memory for ", what, " of ", bytes, " bytes");
}

static snap_status checkArguments(const snap_library *library, const char *path, const snap_options &options,
                                  snap_error *error) {
  if (!library || !path)
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_open needs a library and a path");
  if (library->abi_version != SNAP_KERNEL_ABI_VERSION)
    return fail(error, SNAP_ERROR_VERSION, "the library's kernel ABI is ", library->abi_version, ", this runtime's is ",
                SNAP_KERNEL_ABI_VERSION);
  if (options.threads > kMaxThreads)
    return fail(error, SNAP_ERROR_ARGUMENT, options.threads, " threads asked for, at most ", kMaxThreads,
                " are possible");
  if (!options.allocate != !options.deallocate)
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_options.allocate and deallocate go together");
  if (options.device > SNAP_DEVICE_GPU)
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_options.device is ", static_cast<unsigned>(options.device),
                ", which is none");
  return SNAP_OK;
}

/// Maps the file and takes a copy of the plan, validated.
static snap_status loadPlan(snap_model &model, const char *path, snap_error *error) {
  if (const char *reason = platform::mapFile(path, model.file))
    return fail(error, SNAP_ERROR_IO, path, ": cannot be opened: ", reason);
  FileLayout layout;
  if (snap_status status = readLayout(model.file, path, layout, error))
    return status;

  // A copy, so that what is validated is what runs, whoever writes the file.
  model.planBytes = static_cast<uint8_t *>(model.allocator.allocate(layout.planBytes));
  if (!model.planBytes)
    return outOfMemory(error, "a plan", layout.planBytes);
  model.layout = layout;
  __builtin_memcpy(model.planBytes, model.file.data + layout.planOffset, layout.planBytes);
  model.data = model.file.data + layout.dataOffset;

  model.reader = FlatReader(model.planBytes, layout.planBytes);
  if (snap_status status = validatePlan(model.reader, layout.dataBytes, model.library, path, model.totals, error))
    return status;
  model.reader.stopCounting();
  model.plan = {FlatTable::root(model.reader)};
  model.kernels = model.plan.kernels();
  return SNAP_OK;
}

/// How large the memory is that all programs share, checked against overflow.
static snap_status measureMemory(snap_model &model, snap_error *error) {
  const PlanTotals &totals = model.totals;
  constexpr uint64_t most = UINT64_MAX / 8;
  if (totals.scratch > most || totals.arena > most || totals.state > most || totals.inputs > most)
    return outOfMemory(error, "an arena", totals.arena);
  model.stateOffset = totals.arena + kArenaTail;
  model.sharedBytes = model.stateOffset + (totals.state ? totals.state + kArenaTail : 0);
  return SNAP_OK;
}

/// Opens the GPU where the plan and the library have one and it is wanted. What fails is an error only where the CPU is
/// no substitute; the model keeps the reason otherwise.
static snap_status openGpu(snap_model &model, const char *path, const snap_options &options, snap_error *error) {
  model.gpuOnly = options.device == SNAP_DEVICE_GPU;
  FlatTable metal = model.plan.metal();
  if (options.device == SNAP_DEVICE_CPU)
    return SNAP_OK;
  if (!metal || !model.library.gpu)
    return model.gpuOnly ? fail(error, SNAP_ERROR_UNSUPPORTED, path,
                                ": compiled for the CPU alone; compile with --gpu metal to use a GPU")
                         : SNAP_OK;
  GpuRequest request;
  request.allocator = &model.allocator;
  request.path = path;
  request.cache = options.gpu_cache;
  request.plan = model.plan;
  request.metal = {metal};
  request.data = model.data;
  request.dataBytes = model.layout.dataBytes;
  request.memoryBytes = model.sharedBytes;
  request.stateOffset = model.stateOffset;
  request.scratchBytes = model.totals.gpuScratch;
  request.progress = options.open_progress;
  request.user = options.open_user;
  snap_status status = model.library.gpu->open(request, model.gpu, &model.gpuError);
  if (status == SNAP_OK || (status != SNAP_CANCELLED && !model.gpuOnly))
    return SNAP_OK;
  return fail(error, status, model.gpuError.message);
}

/// Allocates what the GPU does not give (arena, state, the workers' scratch) and starts the workers.
static snap_status startWorkers(snap_model &model, uint32_t threads, snap_error *error) {
  if (threads == 0)
    threads = platform::cpuCount() < kMaxThreads ? platform::cpuCount() : kMaxThreads;
  const PlanTotals &totals = model.totals;
  // Either the arena, or room to save the inputs before a run that may fail on the GPU.
  const uint64_t saved = model.gpu && !model.gpuOnly ? alignUp(totals.inputs) : 0;
  const uint64_t scratchOffset = model.gpu ? saved : model.sharedBytes;
  uint64_t scratch = totals.scratch ? alignUp(totals.scratch) + SNAP_SCRATCH_HEADERS : 0, allScratch, bytes;
  if (__builtin_mul_overflow(scratch, static_cast<uint64_t>(threads), &allScratch) ||
      __builtin_add_overflow(allScratch, scratchOffset, &bytes))
    return outOfMemory(error, "scratch", totals.scratch);

  model.memory = static_cast<uint8_t *>(model.allocator.allocate(bytes ? bytes : kAlignment, kArenaAlignment));
  if (!model.memory)
    return outOfMemory(error, "an arena with scratch", bytes);
  model.memoryBytes = bytes ? bytes : kAlignment;
  model.arena = model.gpu ? model.gpu->memory : model.memory;
  model.state = model.arena + model.stateOffset;
  model.savedInputs = saved ? model.memory : nullptr;
  model.scratchBytes = scratch;
  if (!model.pool.start(threads, model.memory + scratchOffset, scratch))
    return outOfMemory(error, "workers", threads);
  return SNAP_OK;
}

static snap_status makeRecords(snap_model &model, snap_error *error) {
  model.recordBytes = recordsSize(model.totals);
  model.records = static_cast<uint8_t *>(model.allocator.allocate(model.recordBytes));
  if (!model.records)
    return outOfMemory(error, "records", model.recordBytes);
  fillRecords(model);
  // Validation read every field that the above did.
  return model.reader.broken() ? fail(error, SNAP_ERROR_FORMAT, "the plan's tables are damaged") : SNAP_OK;
}

//===----------------------------------------------------------------------===//
// The API
//===----------------------------------------------------------------------===//

snap_status snap_open(const snap_library *library, const char *path, const snap_options *given, snap_model **out,
                      snap_error *error) {
  if (!out)
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_open needs a place for the model");
  *out = nullptr;
  snap_options options;
  if (!readVersioned(given, options))
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_options.size is not set");
  if (snap_status status = checkArguments(library, path, options, error))
    return status;

  Allocator allocator = {options.allocate, options.deallocate, options.allocator_context};
  void *memory = allocator.allocate(sizeof(snap_model));
  if (!memory)
    return outOfMemory(error, "a model", sizeof(snap_model));
  snap_model *model = new (memory, Placement()) snap_model(options, *library);

  snap_status status = loadPlan(*model, path, error);
  if (!status)
    status = measureMemory(*model, error);
  if (!status)
    status = openGpu(*model, path, options, error);
  if (!status)
    status = startWorkers(*model, options.threads, error);
  if (!status)
    status = makeRecords(*model, error);
  if (status) {
    snap_close(model);
    return status;
  }
  *out = model;
  return SNAP_OK;
}

void snap_close(snap_model *model) {
  if (!model)
    return;
  model->pool.stop();
  const Allocator allocator = model->allocator;
  allocator.deallocate(model->records, model->recordBytes);
  allocator.deallocate(model->memory, model->memoryBytes);
  if (model->gpu)
    model->library.gpu->close(model->gpu);
  allocator.deallocate(model->planBytes, model->layout.planBytes);
  platform::unmapFile(model->file);
  allocator.deallocate(model, sizeof(snap_model));
}
