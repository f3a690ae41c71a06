//===- Header.h - NAME.h ----------------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_HEADER_H
#define SNAP_COMPILER_EMIT_HEADER_H

#include "compiler/emit/SnapFile.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace snap {

/// Writes NAME.h: the runtime's two headers in one, `NAME_library`, NAME_open,
/// and the sizes of memory, inputs and outputs as constants. C11 and C++.
llvm::Error writeHeader(llvm::StringRef path, const SnapFileInput &input, const SnapFileSummary &summary);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_HEADER_H
