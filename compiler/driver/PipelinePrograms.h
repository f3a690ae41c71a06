//===- PipelinePrograms.h - Do three graphs make a pipeline? ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_PIPELINEPROGRAMS_H
#define SNAP_COMPILER_DRIVER_PIPELINEPROGRAMS_H

#include "compiler/emit/PipelineConfig.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/Support/Error.h"

namespace snap {

/// Checks that the functions encode_text, step and decode of an imported
/// pipeline have the inputs and outputs that the runtime feeds and reads
/// (runtime/generate.h), in the sizes that `config` says, and sets
/// config.maxTokens to what the text encoder takes.
llvm::Error checkPipelinePrograms(mlir::ModuleOp module, PipelineConfig &config);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_PIPELINEPROGRAMS_H
