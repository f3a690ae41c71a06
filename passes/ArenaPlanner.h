//===- ArenaPlanner.h - Offsets of buffers in one arena ---------*- C++ -*-===//
//
// Places buffers with known sizes and lifetimes so that those alive at once do
// not overlap and the arena is small. Knows nothing of plans.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_ARENAPLANNER_H
#define SNAP_PASSES_ARENAPLANNER_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace snap {

class ArenaPlanner {
public:
  /// Offsets and sizes are multiples of `alignment` bytes.
  explicit ArenaPlanner(int64_t alignment = 64) : alignment(alignment) {}

  /// A buffer of `bytes` bytes (0 is allowed), alive during the steps `first` to
  /// `last` (>= 0), both included. Returns its number: 0, 1, …
  size_t add(int64_t bytes, int32_t first, int32_t last);

  /// Places every buffer. Several orders are tried, largest first among them,
  /// and the smallest arena is kept; equal input gives equal offsets.
  void plan();

  int64_t offset(size_t buffer) const { return buffers[buffer].offset; }
  /// Bytes of the arena.
  int64_t peak() const { return arenaBytes; }
  /// Bytes alive at the busiest step: no arena can be smaller.
  int64_t lowerBound() const;

  /// A map for people: a row for each buffer, by offset, '#' while it lives,
  /// with at most `columns` columns for the steps.
  std::string dump(size_t columns = 64) const;

private:
  struct Buffer {
    int64_t bytes; // rounded up
    int32_t first, last;
    int64_t offset;
    bool livesWith(const Buffer &other) const { return first <= other.last && other.first <= last; }
  };
  using Order = std::vector<size_t>;

  /// Places in this order; returns the arena's bytes.
  int64_t place(const Order &order, std::vector<int64_t> &offsets) const;
  /// Buffers by descending score, then by number.
  Order orderBy(const std::vector<int64_t> &score) const;
  /// Bytes alive at each step.
  std::vector<int64_t> aliveBytes() const;

  int64_t alignment;
  int64_t arenaBytes = 0;
  std::vector<Buffer> buffers;
};

} // namespace snap

#endif // SNAP_PASSES_ARENAPLANNER_H
