//===- run.cpp - A program as one command buffer --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/metal/session.h"

using namespace snap::runtime;
using namespace snap::runtime::metal;

void Session::bind(objc::id encoder, const CallView &call, const MetalBindingView &binding, uint32_t index) {
  if (binding.kind() == BindingKind::Constant)
    return objc::setBuffer(encoder, constants.get(), binding.offset(), index);
  if (binding.kind() == BindingKind::Scratch)
    return objc::setBuffer(encoder, scratch.get(), binding.offset(), index);
  SliceView slice = {call.args().table(binding.argument())};
  const uint64_t offset = slice.offset() + binding.offset();
  switch (slice.space()) {
  case Space::Arena:
    return objc::setBuffer(encoder, shared.get(), offset, index);
  case Space::State:
    return objc::setBuffer(encoder, shared.get(), stateOffset + offset, index);
  case Space::Data:
    break;
  }
  uint64_t at;
  objc::id window = weights.find(offset, at);
  objc::setBuffer(encoder, window, at, index);
}

/// Dispatches of an encoder run one after the other: each sees what those before it wrote.
void Session::encode(objc::id encoder, const ProgramView &program) {
  FlatVector calls = program.calls(), kernels = metal.kernels();
  for (uint32_t c = 0; c < calls.size(); ++c) {
    CallView call = {calls.table(c)};
    FlatVector dispatches = MetalKernelView{kernels.table(call.kernel())}.dispatches();
    for (uint32_t d = 0; d < dispatches.size(); ++d) {
      MetalDispatchView dispatch = {dispatches.table(d)};
      objc::setPipeline(encoder, pipelines[dispatch.function()]);
      FlatVector bindings = dispatch.bindings();
      for (uint32_t b = 0; b < bindings.size(); ++b)
        bind(encoder, call, {bindings.table(b)}, b);
      auto size = [](FlatVector of) {
        return objc::MTLSize{of.scalar<uint32_t>(0), of.scalar<uint32_t>(1), of.scalar<uint32_t>(2)};
      };
      objc::dispatch(encoder, size(dispatch.groups()), size(dispatch.threads()));
    }
  }
}

/// What kept the GPU from finishing, as the runtime names it.
static snap_status statusOf(objc::id problem) {
  switch (problem ? objc::code(problem) : 0) {
  case objc::kErrorNotPermitted:
    return SNAP_ERROR_BACKGROUND;
  case objc::kErrorOutOfMemory:
    return SNAP_ERROR_MEMORY;
  case objc::kErrorAccessRevoked:
  case objc::kErrorDeviceRemoved:
    return SNAP_ERROR_DEVICE_LOST;
  default:
    return SNAP_ERROR_GPU;
  }
}

snap_status Session::run(uint32_t program, snap_error *error) {
  objc::id commands = objc::commandBuffer(queue.get());
  if (!commands)
    return fail(error, SNAP_ERROR_GPU, "the GPU gives no command buffer");
  objc::id encoder = objc::computeEncoder(commands);
  if (!encoder)
    return fail(error, SNAP_ERROR_GPU, "the GPU gives no command encoder");
  encode(encoder, {plan.programs().table(program)});
  objc::endEncoding(encoder);
  objc::commit(commands);
  // Waiting, not a completion handler: the caller waits anyway, and blocks have an ABI of their own.
  objc::waitUntilCompleted(commands);
  if (objc::status(commands) == objc::kStatusCompleted)
    return SNAP_OK;
  objc::id problem = objc::error(commands);
  return failWith(error, statusOf(problem), problem, "the GPU stopped");
}
