//===- Progress.h - Progress of long work, on stderr ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_PROGRESS_H
#define SNAP_COMPILER_DRIVER_PROGRESS_H

#include "llvm/ADT/StringRef.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace snap {

/// Stages of a command. On a terminal one line is redrawn in place; elsewhere
/// each stage prints a plain line when it ends, and long ones every 10 seconds.
/// Quiet prints nothing. Not thread-safe.
class Progress {
public:
  explicit Progress(bool quiet);
  ~Progress();

  /// Ends the running stage and begins another; `total` 0 means no counter.
  void begin(llvm::StringRef stage, uint64_t total = 0, llvm::StringRef unit = "");
  /// Sets how much of the stage is done.
  void update(uint64_t done);
  void update(uint64_t done, uint64_t total);
  /// Ends the running stage, printing its seconds and `note`.
  void end(llvm::StringRef note = "");
  /// A line of its own, not part of a stage.
  void note(llvm::StringRef line);
  /// Seconds since this object was made.
  double seconds() const;

private:
  using Clock = std::chrono::steady_clock;
  void draw();
  void clearLine();

  bool quiet, terminal;
  std::string stage, unit;
  uint64_t done = 0, total = 0;
  Clock::time_point start = Clock::now(), stageStart, lastDraw;
};

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_PROGRESS_H
