//===- Threads.cpp - Splits independent work over threads -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Threads.h"

#include <algorithm>
#include <thread>
#include <vector>

void snap::reference::parallelFor(int64_t count, double operations, const std::function<void(int64_t, int64_t)> &run) {
  // Starting a thread takes tens of microseconds; beyond eight the caller's other work suffers.
  constexpr double kWorthAThread = 1e6;
  int64_t threads = std::min<int64_t>({std::max(1u, std::thread::hardware_concurrency()), 8, count,
                                       1 + int64_t(std::min(operations / kWorthAThread, 1e3))});
  if (threads <= 1) {
    if (count > 0)
      run(0, count);
    return;
  }
  auto begin = [&](int64_t t) { return count * t / threads; };
  std::vector<std::thread> others;
  for (int64_t t = 1; t < threads; ++t)
    others.emplace_back(run, begin(t), begin(t + 1));
  run(0, begin(1));
  for (std::thread &other : others)
    other.join();
}
