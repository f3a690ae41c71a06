//===- Device.h - What phones, tablets and servers compute with -*- C++ -*-===//
//
// A table of devices: cores, clocks, operations per cycle, bandwidth, caches.
// Devices.cpp says where each figure is from, and which could not be checked.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_ESTIMATE_DEVICE_H
#define SNAP_TARGETS_ESTIMATE_DEVICE_H

#include <cstdint>
#include <string>
#include <vector>

namespace snap {

/// An Apple GPU of family Apple7 or later.
struct Gpu {
  int cores = 0; // 0: the device has none that we have kernels for
  double gigahertz = 0;
};

/// A kind of CPU core.
struct CpuCore {
  const char *name;
  double f32Flops, f16Flops; // per cycle: two for each lane of every pipe that multiplies and adds
};

/// Cores of one kind that work together.
struct CpuCluster {
  const CpuCore *core = nullptr;
  int cores = 0;
  double gigahertz = 0;
};

struct Device {
  const char *name;  // "iphone-14-pro"
  const char *about; // "iPhone 14 Pro, A16 Bionic"
  Gpu gpu;
  std::vector<CpuCluster> cpu;   // the fastest first; efficiency cores are left out
  double gigabytesPerSecond;     // of memory
  double sharedCacheMegabytes;   // the last level before memory, shared by all processors
  const char *target, *cpuModel; // as `snapc compile` calls them
};

/// In the order of --help.
const std::vector<Device> &devices();
/// Null if there is none of that name.
const Device *findDevice(const std::string &name);

} // namespace snap

#endif // SNAP_TARGETS_ESTIMATE_DEVICE_H
