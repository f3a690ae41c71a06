//===- TargetModel.cpp - Targets by name ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/TargetModel.h"
#include "targets/MachineModel.h"

#include <algorithm>

using namespace snap;

namespace {
struct TargetName {
  const char *name;
  Arch arch;
  System system;
  const char *defaultCpu;
  int64_t threads;
};
} // namespace

// arm64-android asks for f16 arithmetic nobody may lack: phones that run these
// models have it (Armv8.2, 2018 on); arm64-linux stays with the baseline.
static const TargetName targetNames[] = {
    {"x86_64-linux", Arch::X86_64, System::Linux, "avx2", 2},
    {"arm64-linux", Arch::Arm64, System::Linux, "armv8.0", 4},
    {"arm64-android", Arch::Arm64, System::Android, "armv8.2", 4},
    {"arm64-ios", Arch::Arm64, System::IOS, "apple-a14", 2},
    {"arm64-macos", Arch::Arm64, System::MacOS, "apple-m1", 4},
};

static const std::vector<Machine> &machines(Arch arch) {
  return arch == Arch::X86_64 ? x86_64::machines() : arm64::machines();
}

static std::string join(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::optional<TargetModel> TargetModel::get(const std::string &targetArg, const std::string &cpuArg,
                                            std::string &error) {
  std::string name = targetArg, cpu = cpuArg;
  if (name.empty() || name == "host") {
#if defined(__aarch64__) && defined(__APPLE__)
    name = "arm64-macos";
#elif defined(__aarch64__)
    name = "arm64-linux";
#else
    name = "x86_64-linux";
#endif
    std::string host = name == "x86_64-linux" ? x86_64::hostCpu() : arm64::hostCpu();
    if (cpu.empty() && host.empty()) {
      error = "this machine has no AVX2; kernels need it; pick another --target";
      return std::nullopt;
    }
    if (cpu.empty())
      cpu = host;
  }
  for (const TargetName &target : targetNames) {
    if (name != target.name)
      continue;
    if (cpu.empty())
      cpu = target.defaultCpu;
    for (const Machine &machine : machines(target.arch)) {
      if (cpu != machine.cpu)
        continue;
      TargetModel model;
      model.arch = target.arch;
      model.system = target.system;
      model.target = target.name;
      model.cpu = machine.cpu;
      model.vectorBytes = machine.vectorBytes;
      model.vectorRegisters = machine.vectorRegisters;
      model.hasF16Arithmetic = machine.hasF16Arithmetic;
      model.l1Bytes = machine.l1Bytes;
      model.l2Bytes = machine.l2Bytes;
      model.threads = target.threads;
      model.macsPerWeightByte = target.arch == Arch::X86_64 ? 16 : 48;
      return model;
    }
    error = "unknown cpu '" + cpu + "' for target '" + name + "'; expected one of " + join(cpus(name));
    return std::nullopt;
  }
  error = "unknown target '" + name + "'; expected host or one of " + join(targets());
  return std::nullopt;
}

std::vector<std::string> TargetModel::targets() {
  std::vector<std::string> names;
  for (const TargetName &target : targetNames)
    names.push_back(target.name);
  return names;
}

std::vector<std::string> TargetModel::cpus(const std::string &target) {
  std::vector<std::string> names;
  for (const TargetName &candidate : targetNames)
    if (target == candidate.name)
      for (const Machine &machine : machines(candidate.arch))
        names.push_back(machine.cpu);
  return names;
}

GemmTile TargetModel::gemmTile(int64_t rows, int64_t columns) const {
  for (const Machine &machine : machines(arch)) {
    if (cpu != machine.cpu)
      continue;
    // The tile whose padding of `columns` costs least; among equals the widest,
    // which comes first.
    GemmTile best = machine.tiles.front();
    auto padded = [&](const GemmTile &tile) { return (columns + tile.columns - 1) / tile.columns * tile.columns; };
    for (const GemmTile &tile : machine.tiles)
      if (padded(tile) < padded(best))
        best = tile;
    best.rows = std::max<int64_t>(1, std::min(best.rows, rows));
    return best;
  }
  return {1, vectorBytes / 4};
}
