//===- MachinePeak.cpp - How fast this machine is, measured now -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/MachinePeak.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <iterator>
#include <numeric>
#include <thread>
#include <vector>

namespace snap {
namespace {

// Enough independent sums to keep two units of a latency of 4 or 5 busy.
constexpr int kSums = 12;

/// One loop for every vector type; the caller's target picks the instructions.
template <typename Vector> [[gnu::always_inline]] inline float multiplyAdd(int64_t iterations) {
  constexpr int lanes = sizeof(Vector) / sizeof(float);
  Vector sums[kSums], factor = Vector() + 0.5f, term = Vector() + 1.0f;
  for (int k = 0; k < kSums; ++k) // all different, so that none stands for another
    sums[k] = Vector() + static_cast<float>(k);
  for (int64_t i = 0; i < iterations; ++i)
#pragma clang loop unroll(full)
    for (int k = 0; k < kSums; ++k)
      sums[k] = sums[k] * factor + term;
  float total = 0;
  for (const Vector &sum : sums)
    for (int lane = 0; lane < lanes; ++lane)
      total += sum[lane];
  return total;
}

using Vector8 [[gnu::vector_size(32)]] = float;
using Vector16 [[gnu::vector_size(64)]] = float;

struct Loop {
  float (*run)(int64_t iterations) = nullptr;
  int lanes = 0;
};

#pragma clang fp contract(fast)
#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] float multiplyAdd8(int64_t iterations) { return multiplyAdd<Vector8>(iterations); }
[[gnu::target("avx512f,avx512vl,fma")]] float multiplyAdd16(int64_t iterations) {
  return multiplyAdd<Vector16>(iterations);
}

Loop widestLoop() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
    return {multiplyAdd16, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {multiplyAdd8, 8};
  return {};
}
#else
Loop widestLoop() { return {}; }
#endif

using Clock = std::chrono::steady_clock;

/// The seconds from the start of the first to the end of the last of `threads` runs of `work`.
double timeOf(unsigned threads, const std::function<void(unsigned)> &work) {
  Clock::time_point start = Clock::now();
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i)
    others.emplace_back(work, i);
  work(0);
  for (std::thread &thread : others)
    thread.join();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

} // namespace

double MachinePeak::share(uint64_t macs, uint64_t bytes, double seconds) const {
  if (!isKnown() || seconds <= 0)
    return 0;
  double needed = std::max(2.0 * static_cast<double>(macs) / flops, static_cast<double>(bytes) / bytesPerSecond);
  return needed / seconds;
}

MachinePeak measureMachinePeak(unsigned threads) {
  Loop loop = widestLoop();
  if (!loop.run)
    return {};
  MachinePeak peak;
  std::atomic<float> sink{0}; // so that nothing is computed in vain
  constexpr int64_t iterations = 1 << 21;
  constexpr int attempts = 3; // the best of them: the machine may be busy
  for (int i = 0; i < attempts; ++i) {
    double seconds = timeOf(threads, [&](unsigned) { sink = loop.run(iterations); });
    peak.flops = std::max(peak.flops, 2.0 * iterations * kSums * loop.lanes * threads / seconds);
  }
  // Larger than any last-level cache we know.
  std::vector<uint64_t> memory(size_t(256) << 17, 1);
  for (int i = 0; i < attempts; ++i) {
    double seconds = timeOf(threads, [&](unsigned thread) {
      size_t begin = memory.size() * thread / threads, end = memory.size() * (thread + 1) / threads;
      uint64_t sums[8] = {};
      for (size_t at = begin; at + 8 <= end; at += 8)
        for (size_t k = 0; k < 8; ++k)
          sums[k] += memory[at + k];
      sink = static_cast<float>(std::accumulate(std::begin(sums), std::end(sums), uint64_t(0)));
    });
    peak.bytesPerSecond =
        std::max(peak.bytesPerSecond, static_cast<double>(memory.size() * sizeof(uint64_t)) / seconds);
  }
  return peak;
}

} // namespace snap
