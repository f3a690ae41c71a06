//===- ArenaPlanner.cpp - Offsets of buffers in one arena -----------------===//
//
// Greedy placement (Pisarchyk and Lee, "Efficient Memory Management for Deep
// Neural Net Inference", 2020): buffers in some order, each in the smallest gap
// between the placed ones that live with it.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/ArenaPlanner.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <limits>
#include <numeric>

namespace snap {

size_t ArenaPlanner::add(int64_t bytes, int32_t first, int32_t last) {
  assert(bytes >= 0 && first >= 0 && first <= last && "a lifetime ends after it begins");
  buffers.push_back({(bytes + alignment - 1) / alignment * alignment, first, last, -1});
  return buffers.size() - 1;
}

std::vector<int64_t> ArenaPlanner::aliveBytes() const {
  int32_t steps = 0;
  for (const Buffer &buffer : buffers)
    steps = std::max(steps, buffer.last + 1);
  std::vector<int64_t> alive(steps + 1, 0);
  for (const Buffer &buffer : buffers) {
    alive[buffer.first] += buffer.bytes;
    alive[buffer.last + 1] -= buffer.bytes;
  }
  std::partial_sum(alive.begin(), alive.end(), alive.begin());
  return alive;
}

int64_t ArenaPlanner::lowerBound() const {
  std::vector<int64_t> alive = aliveBytes();
  return *std::max_element(alive.begin(), alive.end());
}

ArenaPlanner::Order ArenaPlanner::orderBy(const std::vector<int64_t> &score) const {
  Order order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return score[a] != score[b] ? score[a] > score[b] : a < b; });
  return order;
}

int64_t ArenaPlanner::place(const Order &order, std::vector<int64_t> &offsets) const {
  std::vector<size_t> placed; // by offset
  int64_t total = 0;
  for (size_t index : order) {
    const Buffer &buffer = buffers[index];
    int64_t end = 0, best = -1, bestGap = std::numeric_limits<int64_t>::max();
    for (size_t other : placed) {
      if (!buffer.livesWith(buffers[other]))
        continue;
      int64_t gap = offsets[other] - end;
      if (gap >= buffer.bytes && gap < bestGap) {
        best = end;
        bestGap = gap;
      }
      end = std::max(end, offsets[other] + buffers[other].bytes);
    }
    offsets[index] = best >= 0 ? best : end;
    total = std::max(total, offsets[index] + buffer.bytes);
    auto at = std::upper_bound(placed.begin(), placed.end(), index,
                               [&](size_t a, size_t b) { return offsets[a] < offsets[b]; });
    placed.insert(at, index);
  }
  return total;
}

void ArenaPlanner::plan() {
  std::vector<int64_t> size, area, busiest, alive = aliveBytes();
  for (const Buffer &buffer : buffers) {
    size.push_back(buffer.bytes);
    area.push_back(buffer.bytes * (buffer.last - buffer.first + 1));
    busiest.push_back(*std::max_element(alive.begin() + buffer.first, alive.begin() + buffer.last + 1));
  }
  // Those alive at the busiest step first, and among them the largest.
  std::vector<int64_t> bySize(buffers.size()), busyThenSize(buffers.size());
  Order sizes = orderBy(size);
  for (size_t rank = 0; rank < sizes.size(); ++rank)
    bySize[sizes[rank]] = static_cast<int64_t>(sizes.size() - rank);
  int64_t bound = lowerBound();
  for (size_t i = 0; i < buffers.size(); ++i)
    busyThenSize[i] = bySize[i] + (busiest[i] == bound ? static_cast<int64_t>(buffers.size()) : 0);

  arenaBytes = std::numeric_limits<int64_t>::max();
  for (const Order &order : {sizes, orderBy(busyThenSize), orderBy(area)}) {
    std::vector<int64_t> offsets(buffers.size(), 0);
    int64_t bytes = place(order, offsets);
    if (bytes >= arenaBytes)
      continue;
    arenaBytes = bytes;
    for (size_t i = 0; i < buffers.size(); ++i)
      buffers[i].offset = offsets[i];
  }
}

std::string ArenaPlanner::dump(size_t columns) const {
  std::vector<int64_t> alive = aliveBytes();
  size_t steps = std::max<size_t>(alive.size() - 1, 1), width = std::min(columns, steps);
  std::vector<int64_t> lowness;
  for (const Buffer &buffer : buffers)
    lowness.push_back(-buffer.offset);
  std::string text = "arena of " + std::to_string(arenaBytes) + " bytes, at least " + std::to_string(lowerBound()) +
                     " needed, " + std::to_string(buffers.size()) + " buffers, " + std::to_string(steps) + " steps\n";
  for (size_t index : orderBy(lowness)) {
    const Buffer &buffer = buffers[index];
    std::string row(width, '.');
    for (size_t step = buffer.first; step <= static_cast<size_t>(buffer.last); ++step)
      row[step * width / steps] = '#';
    char numbers[64];
    std::snprintf(numbers, sizeof numbers, "%12lld %12lld  ", static_cast<long long>(buffer.offset),
                  static_cast<long long>(buffer.bytes));
    text += numbers + row + "\n";
  }
  return text;
}

} // namespace snap
