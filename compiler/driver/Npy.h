//===- Npy.h - NumPy's .npy files -------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_NPY_H
#define SNAP_COMPILER_DRIVER_NPY_H

#include "dialects/reference/Tensor.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace snap {

/// Reads a .npy file (format 1.0 to 3.0, little-endian, C order; float32,
/// float16, int64, int32, int8, uint8, bool). Errors name the file.
llvm::Expected<Tensor> readNpy(llvm::StringRef path);

/// Writes a .npy file of format 1.0 under a temporary name, then renames it.
llvm::Error writeNpy(llvm::StringRef path, const Tensor &tensor);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_NPY_H
