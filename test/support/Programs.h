//===- Programs.h - The makers of random programs, by kind ------*- C++ -*-===//
//
// What each makes is told at ProgramKind in RandomProgram.h.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_PROGRAMS_H
#define SNAP_TEST_SUPPORT_PROGRAMS_H

#include "test/support/ProgramBuilder.h"

namespace snap::test {

// Soup.cpp
mlir::OwningOpRef<mlir::ModuleOp> soup(ProgramBuilder &p);
mlir::OwningOpRef<mlir::ModuleOp> smoothSoup(ProgramBuilder &p);

// Patterns.cpp
mlir::OwningOpRef<mlir::ModuleOp> transformerBlock(ProgramBuilder &p);
mlir::OwningOpRef<mlir::ModuleOp> resnet(ProgramBuilder &p);
mlir::OwningOpRef<mlir::ModuleOp> upsampleConv(ProgramBuilder &p);
mlir::OwningOpRef<mlir::ModuleOp> concatSkip(ProgramBuilder &p);

// Networks.cpp
mlir::OwningOpRef<mlir::ModuleOp> textEncoder(ProgramBuilder &p);
mlir::OwningOpRef<mlir::ModuleOp> unet(ProgramBuilder &p);
mlir::OwningOpRef<mlir::ModuleOp> decoder(ProgramBuilder &p);

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_PROGRAMS_H
