//===- run.h - Running programs inside one operation ------------*- C++ -*-===//
//
// An operation is what snap_cancel stops and what excludes another: one
// snap_run, or a whole snap_generate with the runs inside it.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_RUN_H
#define SNAP_RUNTIME_RUN_H

#include "runtime/model.h"
#include "snap/snap.h"

namespace snap::runtime {

/// Holds the model for an operation; lets go at the end of the scope.
class Operation {
public:
  explicit Operation(snap_model &model);
  ~Operation();
  Operation(const Operation &) = delete;
  Operation &operator=(const Operation &) = delete;

  /// SNAP_ERROR_BUSY when another operation is under way: return that.
  snap_status begin(snap_error *error);

  /// Was snap_cancel called since begin()?
  bool isCancelled() const;

  /// Runs a program of the model. `options` is checked already.
  snap_status run(const snap_program &program, const snap_run_options &options, snap_error *error);

private:
  snap_status runOnGpu(const snap_program &program, const snap_run_options &options, bool &isDone, snap_error *error);
  snap_status runOnCpu(const snap_program &program, const snap_run_options &options, snap_error *error);
  snap_status runCall(const snap_program &program, uint32_t index, const CallView &call, snap_error *error);

  snap_model &model;
  bool begun = false;
};

} // namespace snap::runtime

#endif // SNAP_RUNTIME_RUN_H
