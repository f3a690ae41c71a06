//===- ProgramTimes.h - Times of a compiled program's calls -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_PROGRAMTIMES_H
#define SNAP_COMPILER_DRIVER_PROGRAMTIMES_H

#include "compiler/driver/HostModel.h"

namespace snap {

/// Runs `program` once on seeded inputs of the size that kernels meet: the nanoseconds
/// of every kernel call, in order.
llvm::Expected<std::vector<uint64_t>> timeProgram(HostModel &host, snap_program *program);

/// Of numbers that are not sorted; 0 of none.
double medianOf(std::vector<double> values);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_PROGRAMTIMES_H
