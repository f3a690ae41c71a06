//===- KernelTime.h - How long a kernel takes, by a model -------*- C++ -*-===//
//
// A roofline (Williams, Waterman and Patterson, 2009) with tiles that do not
// fill, cores that stand idle and launches:
//
//   seconds = max(multiplications / (peak * share), bytes / (bandwidth * share)) + launches
//
// Nothing here was fitted to a run of a whole model; docs/guide/estimate.md says
// what the shares are from, and compares the model with published runs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_ESTIMATE_KERNELTIME_H
#define SNAP_TARGETS_ESTIMATE_KERNELTIME_H

#include "targets/estimate/Device.h"
#include "targets/estimate/KernelWork.h"

namespace snap {

/// What of a device runs the kernels. Rates are per second, of all cores together.
struct Processor {
  bool isGpu = false;
  std::string about; // "5 GPU cores at 1.398 GHz"
  double cores = 0;
  double f32Macs = 0, f16Macs = 0;
  double memoryBytes = 0;
  double sharedCacheBytes = 0; // read from the last level, which holds `sharedCacheSize`
  double sharedCacheSize = 0;  // bytes
  double coreCacheBytes = 0;   // into the cores; 0: no limit is known
  double macs(ElementType type) const { return type == ElementType::F16 ? f16Macs : f32Macs; }
};

/// The device must have a GPU.
Processor gpuOf(const Device &device);
/// `threads` of the fastest cores; 0: all in the table.
Processor cpuOf(const Device &device, int threads = 0);
/// A processor of which only these are known, such as this machine's.
Processor measuredCpu(double f32Flops, double bytesPerSecond, int threads, double sharedCacheSize);

/// Shares of the peaks that kernels reach.
struct Efficiency {
  const char *name, *about;
  const char *error; // what is known of the model's error with it
  bool ofGpu;
  double product, convolution, winograd, attention; // of multiplications
  double bytes;                                     // of memory's and caches' bandwidth
  double launchSeconds;                             // of a dispatch: launch, fill and drain
  bool fused;                                       // norms, epilogues, attention without a matrix of scores
};

/// "typical" first, which is the default.
const std::vector<Efficiency> &efficiencies();
const Efficiency *findEfficiency(const std::string &name, bool ofGpu);

enum class Bound : uint8_t { Multiplications, Caches, Memory, Launches };
/// "ALU", "cache", "memory" or "launch".
const char *toString(Bound bound);

struct KernelTime {
  double seconds = 0;
  double multiplySeconds = 0, cacheSeconds = 0, memorySeconds = 0, launchSeconds = 0;
  double macsDone = 0; // with padding and transforms
  double memoryBytes = 0;
  int launches = 0;
  Bound bound = Bound::Multiplications;
};

/// By `algorithm` if it is not Default. canCompute() must hold.
KernelTime kernelTime(const KernelKey &key, const Processor &processor, const Efficiency &efficiency,
                      Algorithm algorithm = Algorithm::Default);

/// Of all that can compute the key, the algorithm of least time; Default where there is no choice.
Algorithm fastestAlgorithm(const KernelKey &key, const Processor &processor, const Efficiency &efficiency);

} // namespace snap

#endif // SNAP_TARGETS_ESTIMATE_KERNELTIME_H
