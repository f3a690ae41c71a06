//===- KernelSchedule.h - Sizes in place of a kernel's own ------*- C++ -*-===//
//
// A kernel chooses the sizes of its blocks from the target's model. A schedule
// says otherwise for some of them, by name, and never changes what is computed:
// sizes are limits, which the kernel fits to its shape.
//
// | kernel            | name       | size                                              |
// |-------------------|------------|---------------------------------------------------|
// | matmul            | depth      | of the inner dimension, of a block                |
// |                   | rows       | of the output, of a task                          |
// |                   | panels     | of the weight, of a task                          |
// | conv2d.direct     | channels   | of the input, of a block                          |
// |                   | columns    | of the output, of a task                          |
// |                   | rows       | of the output, of a task                          |
// | conv2d.winograd   | tiles      | transformed at once                               |
// |                   | by_outputs | 1: tasks are panels of outputs, 0: blocks of tiles |
// | both convolutions | panels     | of the weight, of a task                          |
// | attention         | keys       | of a block                                        |
// |                   | pack       | 1: keys and values are packed first, 0: not        |
// | all of them       | tile       | rows of the register tile                         |
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_KERNELSCHEDULE_H
#define SNAP_TARGETS_KERNELSCHEDULE_H

#include "targets/KernelKey.h"
#include "targets/TargetModel.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace snap {

class KernelSchedule {
public:
  /// The size called `name`, or the kernel's own.
  int64_t get(const char *name, int64_t own) const;
  bool has(const char *name) const { return sizes.count(name); }
  void set(const std::string &name, int64_t size) { sizes[name] = size; }
  const std::map<std::string, int64_t> &values() const { return sizes; }
  /// The kernel chooses everything.
  bool isOwn() const { return sizes.empty(); }

  /// "depth=128 rows=96", names in alphabetical order; "own" if there are none.
  std::string str() const;
  /// Reads str() back; null with `error` set ("expected NAME=SIZE, got 'depth'").
  static std::optional<KernelSchedule> parse(const std::string &text, std::string &error);
  bool operator==(const KernelSchedule &other) const { return sizes == other.sizes; }

private:
  std::map<std::string, int64_t> sizes;
};

/// Schedules worth measuring beside a kernel's own, each of one size; some come to
/// the same code. Empty for kernels that know no sizes.
std::vector<KernelSchedule> candidateSchedules(const KernelKey &key, const TargetModel &target);

} // namespace snap

#endif // SNAP_TARGETS_KERNELSCHEDULE_H
