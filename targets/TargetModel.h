//===- TargetModel.h - What a machine can do --------------------*- C++ -*-===//
//
// The figures passes and kernels choose tiles by: vector registers, caches,
// threads. One table per architecture (targets/x86_64, targets/arm64).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_TARGETMODEL_H
#define SNAP_TARGETS_TARGETMODEL_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace snap {

enum class Arch : uint8_t { X86_64, Arm64 };
enum class System : uint8_t { Linux, Android, IOS, MacOS };

/// The register tile of a GEMM-like kernel: rows of A by columns of packed B.
struct GemmTile {
  int64_t rows;
  int64_t columns; // the T of packed weights; a multiple of the vector's f32 lanes
};

struct TargetModel {
  Arch arch = Arch::X86_64;
  System system = System::Linux;
  std::string target; // as --target says: "x86_64-linux", "arm64-ios", …
  std::string cpu;    // as --cpu says: "avx2", "avx512", "generic", "apple-a16", …
  int64_t vectorBytes = 32;
  int64_t vectorRegisters = 16;
  bool hasF16Arithmetic = false;
  int64_t l1Bytes = 32 << 10;
  int64_t l2Bytes = 1 << 20; // per core
  int64_t threads = 2;       // what schedules aim at; any number may run them
  /// Multiply-accumulates of a run that a byte of further weights must save: memory is
  /// dearer on phones.
  double macsPerWeightByte = 48;

  int64_t lanes(int64_t elementBytes) const { return vectorBytes / elementBytes; }
  /// The GEMM register tile for f32 accumulation with `columns` outputs.
  GemmTile gemmTile(int64_t rows, int64_t columns) const;

  /// The model for --target/--cpu; an empty cpu is the target's default and
  /// target "host" this machine's. Null with `error` set if unknown.
  static std::optional<TargetModel> get(const std::string &target, const std::string &cpu, std::string &error);
  /// Every accepted --target and --cpu, for --help and error messages.
  static std::vector<std::string> targets();
  static std::vector<std::string> cpus(const std::string &target);
};

} // namespace snap

#endif // SNAP_TARGETS_TARGETMODEL_H
