//===- KernelCache.h - Compiled kernels on disk -----------------*- C++ -*-===//
//
// One file per kernel, named by the hash of everything its bytes depend on.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_KERNELCACHE_H
#define SNAP_TARGETS_KERNELCACHE_H

#include "targets/KernelCompiler.h"

namespace snap {

class KernelCache {
public:
  /// `folder` is made if missing; empty: nothing is ever found or kept.
  explicit KernelCache(std::string folder);

  /// The entry of `identity` (key, target, compiler versions: all that the
  /// object depends on); null if absent or damaged.
  std::optional<KernelObject> find(const std::string &identity) const;
  /// Writes the entry under a temporary name and renames it, so that readers
  /// and interrupted writers never meet half an entry. Failure is no error.
  void keep(const std::string &identity, const KernelObject &object) const;

  /// Where the entry of `identity` is or would be.
  std::string path(const std::string &identity) const;

private:
  std::string folder;
};

} // namespace snap

#endif // SNAP_TARGETS_KERNELCACHE_H
