//===- KernelHarness.h - Runs a target's kernels on chosen inputs -*- C++ -*-===//
//
// Keys are compiled in one batch, linked with KernelRunner.cpp into a program
// for the target, and run, natively or under qemu. What the runner checks on
// the way (memory, threads) and the outputs come back.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_KERNELHARNESS_H
#define SNAP_TEST_UNIT_TARGETS_KERNELHARNESS_H

#include "test/unit/targets/KernelCases.h"

#include "dialects/reference/Tensor.h"
#include "targets/KernelCompiler.h"
#include "targets/TargetModel.h"

#include <ostream>
#include <string>
#include <vector>

namespace snap {

/// A kernel and what to run it on; tensors are dense, of the key's shapes.
struct KernelRun {
  KernelKey key;
  std::vector<Tensor> inputs;
  KernelSchedule schedule = {};
};

struct KernelOutcome {
  /// What went wrong (a crash, a write outside, threads that differ, too little
  /// scratch planned); empty if nothing did.
  std::string fault;
  std::vector<Tensor> outputs; // dense
};

/// Where kernels are tested.
struct TestTarget {
  const char *name; // for test names
  const char *target;
  const char *cpu;
  bool half; // f16 instead of f32
};
const std::vector<TestTarget> &testTargets();
/// GoogleTest's hook for printing one. NOLINTNEXTLINE(readability-identifier-naming)
inline void PrintTo(const TestTarget &target, std::ostream *out) { *out << target.target << " " << target.cpu; }

/// Why this machine cannot test a target; empty if it can.
std::string whyNotHere(const TestTarget &target);

/// Compiles, links and runs. Outcomes are in the order of `runs`; on failure to
/// compile or link, none and `error` says why.
std::vector<KernelOutcome> runKernels(const TestTarget &target, const std::vector<KernelRun> &runs, std::string &error);

/// runKernels of objects made elsewhere, one for each of `runs`.
std::vector<KernelOutcome> runObjects(const TestTarget &target, const std::vector<KernelRun> &runs,
                                      const std::vector<KernelObject> &objects, std::string &error);

/// A buffer's bytes; between the elements of a strided one lies poison (0xff).
/// A null tensor leaves poison everywhere.
std::string bytesOf(const TensorSpec &spec, const Tensor *tensor);
/// The elements of a buffer; `intact` tells whether nothing lies between them.
Tensor elementsOf(const TensorSpec &spec, std::string bytes, bool &intact);

/// The input that an elementwise kernel's output may lie over, as the arena may have it; or -1.
int64_t inPlaceInput(const KernelKey &key);

/// Inputs of a case, the same for the same `seed` on every machine.
std::vector<Tensor> randomInputs(const KernelCase &kernelCase, uint64_t seed);

/// The first difference beyond the tolerance (KernelCase) as text; empty if none.
std::string difference(const Tensor &actual, const Tensor &expected, double tolerance);

/// The same of all outputs of a key. Moments are compared with those of the output that the kernel stored.
std::string outputsDiffer(const KernelKey &key, const std::vector<Tensor> &actual, const std::vector<Tensor> &expected,
                          double tolerance);

} // namespace snap

#endif // SNAP_TEST_UNIT_TARGETS_KERNELHARNESS_H
