//===- KernelCompiler.h - From kernel keys to object code -------*- C++ -*-===//
//
// Compiles keys in parallel, each in a process of its own, behind a cache on
// disk. The caller needs no Halide: the program snapc-kernels, found beside the
// running executable, does the work.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_KERNELCOMPILER_H
#define SNAP_TARGETS_KERNELCOMPILER_H

#include "targets/KernelKey.h"
#include "targets/KernelSchedule.h"
#include "targets/TargetModel.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace snap {

struct KernelRequest {
  KernelKey key;
  KernelSchedule schedule;
};

/// One kernel's object file: ELF for Linux and Android, Mach-O for iOS and
/// macOS. It defines `symbol` and the entry the runtime calls, `symbol_argv`.
struct KernelObject {
  std::string symbol; // KernelKey::symbol()
  std::string bytes;
  int64_t scratchBytes = 0; // what each worker that runs it needs
};

struct KernelObjects {
  std::vector<KernelObject> objects; // in the order of the requests
  size_t cached = 0;                 // how many came from the cache
};

struct KernelCompileOptions {
  /// Folder of the cache, made if missing; empty: no cache. An entry that does
  /// not read back is compiled again; an unwritable folder costs only time.
  std::string cacheDir;
  unsigned jobs = 1;
  /// What cannot be compiled gets an empty object instead of ending everything.
  bool skipFailures = false;
  /// Called on the caller's thread after every kernel.
  std::function<void(size_t done, size_t total)> progress;
  /// The helper program; empty: snapc-kernels beside the running executable.
  std::string program;
};

/// Compiles every request for a target. The bytes depend on the key, the schedule and
/// the target alone. Null with `error` set, naming the key, if one cannot be compiled.
std::optional<KernelObjects> compileKernels(const std::vector<KernelRequest> &requests, const TargetModel &target,
                                            const KernelCompileOptions &options, std::string &error);
/// The same with the kernels' own schedules.
std::optional<KernelObjects> compileKernels(const std::vector<KernelKey> &keys, const TargetModel &target,
                                            const KernelCompileOptions &options, std::string &error);

} // namespace snap

#endif // SNAP_TARGETS_KERNELCOMPILER_H
