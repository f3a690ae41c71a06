//===- KernelRunner.h - What harness and runner say to each other -*- C++ -*-===//
//
// The harness writes a request file, the runner (linked with the kernels of one
// target, native or under qemu) answers with a reply file. Both are records of
// the structs below, in memory order; every target of ours is little-endian.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_KERNELRUNNER_H
#define SNAP_TEST_UNIT_TARGETS_KERNELRUNNER_H

#include <cstdint>

namespace snap::runner {

/// Begins the request; `cases` records follow.
struct Request {
  uint64_t magic;
  uint64_t cases;
};
constexpr uint64_t requestMagic = 0x31'4b'50'41'4e'53; // "SNAPK1"

/// One kernel to run; `inputs` + `outputs` Buffers follow, each with its bytes.
/// An output's bytes are what it holds before the kernel runs.
struct Case {
  uint64_t kernel; // index into the linked table
  uint64_t inputs;
  uint64_t outputs;
  int64_t inPlace; // an input the output may lie over, as the arena may have it; or -1
};

struct Buffer {
  uint64_t bytes;
  uint64_t elementBytes; // the alignment it has when flush with a guard page
};

/// What became of a case; the outputs' bytes follow when `fault` is None.
struct Reply {
  enum Fault : uint64_t { None, Crashed, Failed, WroteOutside, ThreadsDiffer, InPlaceDiffers };
  uint64_t fault;
  int64_t detail;       // Crashed: the signal; Failed: the kernel's return value
  uint64_t scratchPeak; // the most scratch one thread held at once, bytes
  uint64_t nanoseconds; // of the second, single-threaded call
};

} // namespace snap::runner

#endif // SNAP_TEST_UNIT_TARGETS_KERNELRUNNER_H
