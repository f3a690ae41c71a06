//===- buffers.cpp - The mapped weights as Metal buffers ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/metal/session.h"

using namespace snap::runtime;
using namespace snap::runtime::metal;

extern "C" int getpagesize(void);

uint64_t snap::runtime::metal::largestWeight(const PlanView &plan, const MetalView &metal) {
  uint64_t largest = 0;
  FlatVector programs = plan.programs();
  for (uint32_t p = 0; p < programs.size(); ++p) {
    FlatVector calls = ProgramView{programs.table(p)}.calls();
    for (uint32_t c = 0; c < calls.size(); ++c) {
      CallView call = {calls.table(c)};
      FlatVector args = call.args();
      FlatVector dispatches = MetalKernelView{metal.kernels().table(call.kernel())}.dispatches();
      for (uint32_t d = 0; d < dispatches.size(); ++d) {
        FlatVector bindings = MetalDispatchView{dispatches.table(d)}.bindings();
        for (uint32_t b = 0; b < bindings.size(); ++b) {
          MetalBindingView binding = {bindings.table(b)};
          if (binding.kind() == BindingKind::Argument && binding.bytes() > largest &&
              SliceView{args.table(binding.argument())}.space() == Space::Data)
            largest = binding.bytes();
        }
      }
    }
  }
  return largest;
}

snap_status WeightWindows::open(objc::id device, const uint8_t *data, uint64_t bytes, uint64_t largest,
                                snap_error *error) {
  if (bytes == 0)
    return SNAP_OK;
  const auto page = static_cast<uint64_t>(getpagesize());
  // The file ends within a mapped page.
  const uint64_t total = (bytes + page - 1) / page * page;
  const uint64_t overlap = (largest + page - 1) / page * page;
  const uint64_t most = objc::maxBufferLength(device) / page * page;
  if (total > most && overlap + page > most)
    return fail(error, SNAP_ERROR_MEMORY, "weights of ", largest, " bytes exceed the GPU's largest buffer of ", most);
  stride = total <= most ? total : most - overlap;
  // A window that would begin where the one before has its end is not needed.
  capacity = total <= most ? 1 : (total - most + stride - 1) / stride + 1;
  buffers = static_cast<objc::id *>(allocator.allocate(capacity * sizeof *buffers));
  if (!buffers)
    return fail(error, SNAP_ERROR_MEMORY, "no memory for ", capacity, " buffers");
  for (; count < capacity; ++count) {
    const uint64_t begin = count * stride, length = total - begin < most ? total - begin : most;
    // Metal reads only: no function writes to weights, which validation has seen to.
    buffers[count] = objc::newBufferNoCopy(device, const_cast<uint8_t *>(data) + begin, length, objc::kStorageShared);
    if (!buffers[count])
      return fail(error, SNAP_ERROR_MEMORY, "the GPU cannot map weights of ", length, " bytes");
  }
  return SNAP_OK;
}

WeightWindows::~WeightWindows() {
  for (uint64_t i = 0; i < count; ++i)
    objc_release(buffers[i]);
  allocator.deallocate(static_cast<void *>(buffers), capacity * sizeof *buffers);
}
