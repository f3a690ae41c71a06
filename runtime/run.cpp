//===- run.cpp - Running programs inside one operation --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/run.h"

#include "runtime/errors.h"

using namespace snap::runtime;

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Operation::Operation(snap_model &model) : model(model) {}

snap_status Operation::begin(snap_error *error) {
  uint32_t idle = kIdle;
  begun = __atomic_compare_exchange_n(&model.activity, &idle, kRunning, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
  return begun ? SNAP_OK : fail(error, SNAP_ERROR_BUSY, "the model is running on another thread");
}

Operation::~Operation() {
  if (begun)
    __atomic_store_n(&model.activity, kIdle, __ATOMIC_RELEASE);
}

bool Operation::isCancelled() const { return __atomic_load_n(&model.activity, __ATOMIC_RELAXED) == kCancelling; }

void snap_cancel(snap_model *model) {
  if (!model)
    return;
  uint32_t running = kRunning;
  __atomic_compare_exchange_n(&model->activity, &running, kCancelling, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

snap_status Operation::run(const snap_program &program, const snap_run_options &options, snap_error *error) {
  bool isDone = false;
  if (model.gpu && !model.gpuGone) {
    snap_status status = runOnGpu(program, options, isDone, error);
    if (isDone || status)
      return status;
  }
  return runOnCpu(program, options, error);
}

/// Copies a program's inputs one after the other into `saved`, or back.
static void copyInputs(const snap_program &program, uint8_t *saved, bool back) {
  for (uint32_t i = 0; i < program.inputCount; ++i) {
    const snap_tensor &tensor = program.inputs[i];
    __builtin_memcpy(back ? tensor.data : saved, back ? saved : tensor.data, tensor.bytes);
    saved += tensor.bytes;
  }
}

static snap_status report(const snap_program &program, const snap_run_options &options, uint32_t done, uint32_t total,
                          bool isCancelled, snap_error *error) {
  bool stop = options.progress && options.progress(options.user, done, total) != 0;
  if (stop || isCancelled)
    return fail(error, SNAP_CANCELLED, "cancelled in program '", program.name, "' after ", done, " of ", total,
                " calls");
  return SNAP_OK;
}

/// The whole program in one go. Not done, and without an error, where the CPU is to begin from the same inputs.
snap_status Operation::runOnGpu(const snap_program &program, const snap_run_options &options, bool &isDone,
                                snap_error *error) {
  if (snap_status status = report(program, options, 0, program.callCount, isCancelled(), error))
    return status;
  // A run may overwrite its inputs, also one that fails.
  if (model.savedInputs)
    copyInputs(program, model.savedInputs, /*back=*/false);
  const auto index = static_cast<uint32_t>(&program - model.programs);
  snap_status status = model.library.gpu->run(*model.gpu, index, &model.gpuError);
  if (status == SNAP_OK) {
    isDone = true;
    return report(program, options, program.callCount, program.callCount, isCancelled(), error);
  }
  if (model.gpuOnly)
    return fail(error, status, "program '", program.name, "': ", model.gpuError.message);
  // An app comes back from the background. What else failed would fail again, after time on both.
  if (status != SNAP_ERROR_BACKGROUND)
    __atomic_store_n(&model.gpuGone, 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&model.gpuFallbacks, 1, __ATOMIC_RELAXED);
  copyInputs(program, model.savedInputs, /*back=*/true);
  return SNAP_OK;
}

snap_status Operation::runOnCpu(const snap_program &program, const snap_run_options &options, snap_error *error) {
  FlatVector calls = program.view.calls();
  const uint32_t total = calls.size();
  for (uint32_t done = 0;; ++done) {
    if (snap_status status = report(program, options, done, total, isCancelled(), error))
      return status;
    if (done == total)
      return SNAP_OK;
    uint64_t before = options.timing ? platform::nanoseconds() : 0;
    if (snap_status status = runCall(program, done, {calls.table(done)}, error))
      return status;
    if (options.timing)
      options.timing(options.user, done, platform::nanoseconds() - before);
  }
}

snap_status Operation::runCall(const snap_program &program, uint32_t index, const CallView &call, snap_error *error) {
  FlatVector args = call.args();
  for (uint32_t i = 0; i < args.size(); ++i) {
    SliceView slice = {args.table(i)};
    Space space = slice.space();
    const uint8_t *base = space == Space::Arena ? model.arena : space == Space::Data ? model.data : model.state;
    // A kernel writes only its outputs, which validation found outside the weights.
    model.buffers[i].host = const_cast<uint8_t *>(base) + slice.offset();
    model.arguments[i + 1] = &model.buffers[i];
  }
  model.arguments[args.size() + 1] = nullptr;

  snap_pool &pool = model.pool;
  pool.reset();
  void *worker = &pool.worker(0);
  model.arguments[0] = static_cast<void *>(&worker);
  int result = model.library.kernels[call.kernel()](model.arguments);
  if (result == 0)
    result = pool.failure();

  KernelView kernel = {model.kernels.table(call.kernel())};
  if (result != 0)
    return fail(error, SNAP_ERROR_KERNEL, "program '", program.name, "': call ", index, ", kernel '", kernel.symbol(),
                "' failed with code ", result);
  for (uint32_t i = 0; i < pool.threads(); ++i) {
    const snap_worker &w = pool.worker(i);
    if (w.overflows)
      return fail(error, SNAP_ERROR_KERNEL, "program '", program.name, "': call ", index, ", kernel '", kernel.symbol(),
                  "' needs ", w.scratch_peak, " bytes of scratch per worker, but ", w.scratch_bytes,
                  " are planned; please report this");
  }
  return SNAP_OK;
}

snap_status snap_run(snap_model *model, snap_program *program, const snap_run_options *options, snap_error *error) {
  snap_run_options checked;
  if (!model || !program || program->model != model)
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_run needs a model and one of its programs");
  if (!readVersioned(options, checked))
    return fail(error, SNAP_ERROR_ARGUMENT, "snap_run_options.size is not set");
  Operation operation(*model);
  if (snap_status status = operation.begin(error))
    return status;
  return operation.run(*program, checked, error);
}
