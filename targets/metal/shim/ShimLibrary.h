//===- ShimLibrary.h - Compiles and runs Metal source on the CPU -*- C++ -*-===//
//
// The source goes through clang unchanged; the object, a generated launcher and
// the runtime beside this file become one shared library, kept in a folder under
// the hash of all that made it. Every launch is checked for divergence, races,
// accesses outside buffers and arrays, and uninitialised threadgroup memory.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_SHIM_SHIMLIBRARY_H
#define SNAP_TARGETS_METAL_SHIM_SHIMLIBRARY_H

#include "targets/metal/shim/ShimAbi.h"

#include <memory>
#include <string>
#include <vector>

namespace snap::shim {

struct ShimOptions {
  std::string folder;                 // of compiled libraries; made if it is not there
  std::vector<std::string> arguments; // further ones of the compiler: -DNAME=VALUE
};

/// What is bound at one index of a kernel's argument table. The bytes are copied
/// in and, where writable, out again. Arguments with the same `data` are the same memory.
struct ShimArgument {
  void *data = nullptr;
  size_t bytes = 0;
  uint32_t elementBytes = 1; // the smallest access to it
  bool writable = false;
};

class ShimLibrary {
public:
  /// Compiles, or finds compiled. On failure null, and `error` holds what clang said.
  static std::unique_ptr<ShimLibrary> compile(const std::string &source, const ShimOptions &options,
                                              std::string &error);
  ~ShimLibrary();
  ShimLibrary(const ShimLibrary &) = delete;
  ShimLibrary &operator=(const ShimLibrary &) = delete;

  /// Runs `groups` threadgroups of `threads` threads, one after the other. Empty,
  /// or what went wrong: "kernel k: divergence: …".
  std::string run(const std::string &kernel, const uint32_t (&groups)[3], const uint32_t (&threads)[3],
                  const std::vector<ShimArgument> &arguments, LaneOrder order = LaneOrder::Forward) const;

private:
  ShimLibrary() = default;
  std::string withLines(std::string message) const;

  void *handle = nullptr;
  ShimRun entry = nullptr;
  std::string path;
};

} // namespace snap::shim

#endif // SNAP_TARGETS_METAL_SHIM_SHIMLIBRARY_H
