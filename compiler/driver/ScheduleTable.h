//===- ScheduleTable.h - What was measured of kernels' schedules -*- C++ -*-===//
//
// For one target and processor, the fastest schedule found for each kernel key:
// what ships with snapc (targets/*/CPU.schedules), and what `snapc compile
// --tune` measured and remembers in a file of the same form. A line each:
//
//   # snapc schedules of x86_64-linux avx512
//   own | matmul(…) -> …
//   keys=512 | attention(…) -> …
//
// "own" says that nothing measured was faster than the kernel's own sizes.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_SCHEDULETABLE_H
#define SNAP_COMPILER_DRIVER_SCHEDULETABLE_H

#include "targets/KernelSchedule.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <string>

namespace snap {

class ScheduleTable {
public:
  /// The table that ships for a target's processor; empty where none does.
  static ScheduleTable shipped(const TargetModel &target);

  /// Adds what a file says, over what is there; the file may be absent. Errors name
  /// the file, the line, what is and what should be.
  llvm::Error read(llvm::StringRef path, const TargetModel &target);
  /// Writes the table, sorted by key, whole or not at all.
  llvm::Error write(llvm::StringRef path, const TargetModel &target) const;

  /// Null if the key was never measured.
  const KernelSchedule *find(const KernelKey &key) const;
  void set(const KernelKey &key, const KernelSchedule &schedule) { schedules[key.str()] = schedule; }
  size_t size() const { return schedules.size(); }

private:
  llvm::Error parse(llvm::StringRef text, llvm::StringRef path, const TargetModel &target);
  std::map<std::string, KernelSchedule> schedules; // by the key's text
};

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_SCHEDULETABLE_H
