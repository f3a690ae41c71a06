//===- validate.h - Is this file a plan that can be run? --------*- C++ -*-===//
//
// Checks every offset, size, index and enumerator of NAME.snap before anything
// is taken from it, with arithmetic that cannot overflow. What passes can be
// walked without further checks, and its memory is bounded by the file's size.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_VALIDATE_H
#define SNAP_RUNTIME_VALIDATE_H

#include "runtime/plan_view.h"
#include "runtime/platform.h"
#include "snap/snap.h"

namespace snap::runtime {

/// Where the parts of a file are: schema/plan.fbs describes the header.
struct FileLayout {
  uint64_t planOffset = 0;
  uint64_t planBytes = 0;
  uint64_t dataOffset = 0;
  uint64_t dataBytes = 0;
};

/// Checks the header, and the checksum over it and the plan. `path` is for
/// messages. The data segment is not read.
snap_status readLayout(const platform::MappedFile &file, const char *path, FileLayout &layout, snap_error *error);

/// Is [offset, offset + bytes) inside [from, end)?
inline bool isInside(uint64_t offset, uint64_t bytes, uint64_t from, uint64_t end) {
  return offset >= from && offset <= end && bytes <= end - offset;
}

/// What the model has to make room for.
struct PlanTotals {
  uint32_t programs = 0;
  uint64_t tensors = 0;    // inputs and outputs of all programs
  uint64_t dimensions = 0; // of all those tensors
  uint64_t betas = 0;
  uint32_t mostArguments = 0; // of any call
  uint64_t arena = 0;         // of the largest program
  uint64_t scratch = 0;       // per worker, of the largest program
  uint64_t state = 0;         // what programs hand on
  uint64_t inputs = 0;        // bytes of all inputs, of the program where they are most
  uint64_t gpuScratch = 0;    // of the largest program
};

/// Checks the plan and that it belongs to `library`. Reads every field that
/// anything reads later, so that the reader stays unbroken from here on.
snap_status validatePlan(FlatReader &reader, uint64_t dataBytes, const snap_library &library, const char *path,
                         PlanTotals &totals, snap_error *error);

/// The part of validatePlan that is about a GPU; the rest of the plan is checked already. validate_metal.cpp.
snap_status validateMetal(const FlatReader &reader, const PlanView &plan, const char *path, PlanTotals &totals,
                          snap_error *error);

} // namespace snap::runtime

#endif // SNAP_RUNTIME_VALIDATE_H
