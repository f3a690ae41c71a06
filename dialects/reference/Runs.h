//===- Runs.h - Runs of elements between tensors and buffers ----*- C++ -*-===//
//
// Evaluators compute in float, double or int64_t on short buffers; these load a
// run of a tensor's elements into one and store one back, whatever the
// tensor's element type.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_RUNS_H
#define SNAP_DIALECTS_REFERENCE_RUNS_H

#include "dialects/reference/Tensor.h"

#include <vector>

namespace snap::reference {

/// buffer[i] = element offset + i * stride. A float read as an integer is truncated.
void loadRun(const Tensor &x, int64_t offset, int64_t stride, int64_t count, float *buffer);
void loadRun(const Tensor &x, int64_t offset, int64_t stride, int64_t count, double *buffer);
void loadRun(const Tensor &x, int64_t offset, int64_t stride, int64_t count, int64_t *buffer);

/// Element offset + i = buffer[i], rounded to the tensor's type. Floats going
/// into integers truncate and saturate (NaN is 0), integers wrap, i1 is "not 0".
void storeRun(const float *buffer, int64_t count, Tensor &x, int64_t offset);
void storeRun(const double *buffer, int64_t count, Tensor &x, int64_t offset);
void storeRun(const int64_t *buffer, int64_t count, Tensor &x, int64_t offset);

/// All elements as f32: the tensor itself if it is f32.
Tensor toFloat(const Tensor &x);
/// An f32 tensor rounded to `type`.
Tensor fromFloat(const Tensor &x, ElementType type);

inline bool isFloat(ElementType type) { return type == ElementType::F32 || type == ElementType::F16; }

} // namespace snap::reference

#endif // SNAP_DIALECTS_REFERENCE_RUNS_H
