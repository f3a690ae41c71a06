//===- ProgramSweep.h - A check over many random programs -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_PROGRAMSWEEP_H
#define SNAP_TEST_SUPPORT_PROGRAMSWEEP_H

#include "test/support/RandomProgram.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>

namespace snap::test {

/// Calls `check` on `seeds` programs of each kind from `first` on, until it
/// returns a problem. Returns that, with the program's name and the command
/// that runs the current GoogleTest on it alone; a crash prints the name too.
/// SNAP_TEST_PROGRAM=KIND:SEED in the environment, as in Unet:17, leaves only
/// that program.
std::string sweep(ProgramKind first, unsigned seeds,
                  llvm::function_ref<std::string(mlir::ModuleOp module, uint64_t seed)> check);

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_PROGRAMSWEEP_H
