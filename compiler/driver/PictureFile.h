//===- PictureFile.h - PNG --------------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_PICTUREFILE_H
#define SNAP_COMPILER_DRIVER_PICTUREFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <utility>

namespace snap {

/// Writes height rows of width pixels of 3 bytes, red, green, blue, as a PNG
/// with one iTXt chunk per key (Latin-1, 1 to 79 characters) and UTF-8 text. The
/// same picture gives the same bytes. The file appears whole or not at all.
llvm::Error writePng(llvm::StringRef path, const uint8_t *rgb, uint32_t width, uint32_t height,
                     llvm::ArrayRef<std::pair<std::string, std::string>> text);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_PICTUREFILE_H
