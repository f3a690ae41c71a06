//===- gpu.h - What the runtime asks of a GPU -------------------*- C++ -*-===//
//
// runtime/metal implements it; NAME_library points to it where snapc was asked
// for a GPU, so that other apps link none of it.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_GPU_H
#define SNAP_RUNTIME_GPU_H

#include "runtime/allocator.h"
#include "runtime/plan_view.h"
#include "snap/snap.h"

namespace snap::runtime {

/// What a session is opened with. The plan is validated and, as all pointers here but `path`, `cache` and `user`,
/// outlives the session.
struct GpuRequest {
  const Allocator *allocator = nullptr;
  const char *path = nullptr;  // of NAME.snap; the functions lie beside it
  const char *cache = nullptr; // folder of what the driver compiled; may be null
  PlanView plan;
  MetalView metal;
  const uint8_t *data = nullptr; // the weights, at a page's begin
  uint64_t dataBytes = 0;
  uint64_t memoryBytes = 0; // of arena and state
  uint64_t stateOffset = 0; // of the state in it
  uint64_t scratchBytes = 0;
  snap_open_progress_fn progress = nullptr; // may be null
  void *user = nullptr;
};

/// What all kinds of GPU show. `memory` holds the arena and the state, and the CPU may use it between runs.
struct GpuSession {
  uint8_t *memory = nullptr;
  const char *name = ""; // of the device
};

} // namespace snap::runtime

struct snap_gpu {
  /// Makes everything ready to run. On failure `session` is null.
  snap_status (*open)(const snap::runtime::GpuRequest &request, snap::runtime::GpuSession *&session, snap_error *error);
  /// Runs a program of the plan to its end. After a failure nothing is running, and what it wrote is undefined.
  snap_status (*run)(snap::runtime::GpuSession &session, uint32_t program, snap_error *error);
  void (*close)(snap::runtime::GpuSession *session);
};

#endif // SNAP_RUNTIME_GPU_H
