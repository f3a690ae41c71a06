//===- session.h - An open Metal GPU ----------------------------*- C++ -*-===//
//
// The device, the pipelines of a plan's functions, and the buffers that its
// programs run in. session.cpp opens and closes, library.cpp makes pipelines,
// buffers.cpp memory, run.cpp runs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_METAL_SESSION_H
#define SNAP_RUNTIME_METAL_SESSION_H

#include "runtime/errors.h"
#include "runtime/gpu.h"
#include "runtime/metal/messages.h"

namespace snap::runtime::metal {

/// Buffers over the mapped weights. A buffer has a largest size, so there may be several, each beginning `stride` after
/// the one before and so long that every range of the plan lies whole in one.
class WeightWindows {
public:
  explicit WeightWindows(const Allocator &allocator) : allocator(allocator) {}
  ~WeightWindows();
  WeightWindows(const WeightWindows &) = delete;
  WeightWindows &operator=(const WeightWindows &) = delete;

  /// `largest` is the longest range that is ever bound.
  snap_status open(objc::id device, const uint8_t *data, uint64_t bytes, uint64_t largest, snap_error *error);

  /// The buffer with [offset, offset + largest), and where that begins in it.
  objc::id find(uint64_t offset, uint64_t &at) const {
    uint64_t index = offset / stride < count ? offset / stride : count - 1;
    at = offset - index * stride;
    return buffers[index];
  }

private:
  const Allocator &allocator;
  objc::id *buffers = nullptr;
  uint64_t count = 0, capacity = 0;
  uint64_t stride = 1;
};

/// The pipelines of a plan's functions, in its order.
class Pipelines {
public:
  explicit Pipelines(const Allocator &allocator) : allocator(allocator) {}
  ~Pipelines();
  Pipelines(const Pipelines &) = delete;
  Pipelines &operator=(const Pipelines &) = delete;

  snap_status open(objc::id device, const GpuRequest &request, snap_error *error);
  objc::id operator[](uint32_t function) const { return states[function]; }

private:
  const Allocator &allocator;
  objc::id *states = nullptr;
  uint32_t count = 0;
};

struct Session : GpuSession {
  explicit Session(const GpuRequest &request)
      : allocator(*request.allocator), plan(request.plan), metal(request.metal), stateOffset(request.stateOffset),
        pipelines(allocator), weights(allocator) {}

  snap_status open(const GpuRequest &request, snap_error *error);
  snap_status run(uint32_t program, snap_error *error);

  const Allocator &allocator;
  const PlanView plan;
  const MetalView metal;
  const uint64_t stateOffset;

  objc::Owned device, queue;
  Pipelines pipelines;
  WeightWindows weights;
  objc::Owned shared; // arena and state
  objc::Owned scratch, constants;
  char deviceName[64] = {};

private:
  snap_status openBuffers(const GpuRequest &request, snap_error *error);
  void encode(objc::id encoder, const ProgramView &program);
  void bind(objc::id encoder, const CallView &call, const MetalBindingView &binding, uint32_t index);
};

/// The file of the same folder and name as NAME.snap with another ending, behind `folder` where that is given.
/// False when the path is too long.
bool siblingPath(char (&path)[1024], const char *snap, const char *folder, const char *ending);

/// Fails with what an NSError says; `what` is the sentence's begin. Null is accepted.
snap_status failWith(snap_error *error, snap_status status, objc::id nsError, const char *what);

/// The longest range of the weights that a dispatch of the plan binds.
uint64_t largestWeight(const PlanView &plan, const MetalView &metal);

} // namespace snap::runtime::metal

#endif // SNAP_RUNTIME_METAL_SESSION_H
