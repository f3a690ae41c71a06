//===- Scheduler.cpp - Runs the threads of a threadgroup ------------------===//
//
// One fiber a thread. A lane runs until it must meet others: all threads at a
// threadgroup barrier, its simdgroup at a collective. The last to arrive checks
// that all came to the same place, does the work and lets them go; when nobody
// can run and somebody waits, lanes have parted ways.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/shim/Fiber.h"
#include "targets/metal/shim/ShimRuntime.h"

#include <algorithm>
#include <cstring>

using namespace snap::shim;

namespace {
enum class Meeting : uint8_t { None, Threadgroup, Simdgroup };

struct Lane {
  Fiber fiber;
  ThreadIds ids;
  Meeting waiting = Meeting::None;
  bool done = false;
  const char *what = ""; // the call it waits in
  int line = 0;
  uint64_t uniform = 0; // chain of what must be the same in all lanes of the simdgroup
  int uniformLine = 0;
};

/// What the lanes of a simdgroup bring to a meeting. Two sets, in turn: a fast
/// lane may be at the next meeting before a slow one has read this one's.
struct Simdgroup {
  uint32_t arrived = 0;
  uint32_t turn = 0;
  uint64_t slots[2][simdWidth][2];
};

struct Scheduler {
  Fiber main;
  Lane lanes[maxThreads];
  Simdgroup simdgroups[maxSimdgroups];
  uint32_t order[maxThreads], place[maxThreads]; // place -> lane, lane -> place
  uint64_t ready[maxThreads / 64];               // by place
  uint32_t count = 0, current = 0, arrived = 0, finished = 0;
  const ShimLaunch *launch = nullptr;
  const ShimKernel *kernel = nullptr;
  std::string message;
};
} // namespace

LaneView snap::shim::currentLane;
static Scheduler scheduler;

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static std::string describeGroup(const uint32_t *group) {
  return std::to_string(group[0]) + "," + std::to_string(group[1]) + "," + std::to_string(group[2]);
}

std::string snap::shim::describeLane(uint32_t index) {
  return "thread " + std::to_string(index) + " (lane " + std::to_string(index % simdWidth) + " of simdgroup " +
         std::to_string(index / simdWidth) + "), threadgroup " + describeGroup(scheduler.lanes[index].ids.group);
}

void snap::shim::fail(const std::string &message) {
  scheduler.message = message;
  Fiber::swap(scheduler.lanes[scheduler.current].fiber, scheduler.main);
  __builtin_unreachable();
}

static std::string placeOf(const Lane &lane) {
  if (lane.done)
    return "has ended";
  return std::string("is at ") + lane.what + ", line " + std::to_string(lane.line);
}

/// Two lanes that should be in one place and are not.
[[noreturn]] static void parted(uint32_t one, uint32_t other) {
  fail("divergence: " + describeLane(one) + " " + placeOf(scheduler.lanes[one]) + ", " + describeLane(other) + " " +
       placeOf(scheduler.lanes[other]));
}

/// Nobody can run: names a lane that waits and one that keeps it waiting.
[[noreturn]] static void stuck() {
  uint32_t count = scheduler.count;
  for (uint32_t i = 0; i < count; ++i) {
    const Lane &lane = scheduler.lanes[i];
    if (lane.waiting == Meeting::None)
      continue;
    uint32_t begin = lane.waiting == Meeting::Simdgroup ? i / simdWidth * simdWidth : 0;
    uint32_t end = lane.waiting == Meeting::Simdgroup ? begin + simdWidth : count;
    for (uint32_t other = begin; other < end; ++other)
      if (scheduler.lanes[other].done || scheduler.lanes[other].waiting != lane.waiting)
        parted(i, other);
  }
  fail("no thread can go on");
}

//===----------------------------------------------------------------------===//
// Switching
//===----------------------------------------------------------------------===//

static void setReady(uint32_t lane) {
  uint32_t place = scheduler.place[lane];
  scheduler.ready[place / 64] |= uint64_t(1) << place % 64;
}

/// The next lane that can run, after the current one's place; or -1.
static int32_t takeReady() {
  uint32_t words = (scheduler.count + 63) / 64, from = scheduler.place[scheduler.current] + 1;
  for (uint32_t step = 0; step <= words; ++step) {
    uint32_t word = (from / 64 + step) % words;
    uint64_t bits = scheduler.ready[word];
    if (step == 0 && from / 64 < words)
      bits &= ~uint64_t(0) << from % 64;
    if (!bits)
      continue;
    uint32_t bit = __builtin_ctzll(bits);
    scheduler.ready[word] &= ~(uint64_t(1) << bit);
    return static_cast<int32_t>(scheduler.order[word * 64 + bit]);
  }
  return -1;
}

static void enter(uint32_t lane) {
  scheduler.current = lane;
  const Fiber &fiber = scheduler.lanes[lane].fiber;
  currentLane = {lane, lane / simdWidth, fiber.stackBegin(), fiber.stackEnd()};
}

/// The current lane cannot go on for now.
static void yield() {
  Lane &self = scheduler.lanes[scheduler.current];
  int32_t next = takeReady();
  if (next < 0) {
    if (scheduler.finished == scheduler.count)
      Fiber::swap(self.fiber, scheduler.main);
    stuck();
  }
  enter(next);
  Fiber::swap(self.fiber, scheduler.lanes[next].fiber);
}

static void runLane() {
  Lane &self = scheduler.lanes[scheduler.current];
  scheduler.kernel->call(scheduler.launch->buffers, self.ids);
  self.done = true;
  ++scheduler.finished;
  yield();
}

//===----------------------------------------------------------------------===//
// Meetings
//===----------------------------------------------------------------------===//

/// Loads and stores of matrices that the simdgroup must have made together: what is wrong with them, or nothing.
static std::string uniformFault(uint32_t simdgroup) {
  uint32_t first = simdgroup * simdWidth;
  for (uint32_t i = first + 1; i < first + simdWidth; ++i)
    if (scheduler.lanes[i].uniform != scheduler.lanes[first].uniform)
      return "divergence: lanes of a simdgroup load or store different matrices: " + describeLane(first) +
             " last at line " + std::to_string(scheduler.lanes[first].uniformLine) + ", " + describeLane(i) +
             " at line " + std::to_string(scheduler.lanes[i].uniformLine);
  return "";
}

static void checkUniform(uint32_t simdgroup) {
  if (std::string fault = uniformFault(simdgroup); !fault.empty())
    fail(fault);
}

static void wait(Meeting meeting, const char *what, int line) {
  Lane &self = scheduler.lanes[scheduler.current];
  self.waiting = meeting;
  self.what = what;
  self.line = line;
}

static void release(uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; ++i) {
    scheduler.lanes[i].waiting = Meeting::None;
    if (i != scheduler.current)
      setReady(i);
  }
}

/// That the lanes of [begin, end) wait in the same call.
static void checkPlaces(uint32_t begin, uint32_t end) {
  for (uint32_t i = begin + 1; i < end; ++i)
    if (scheduler.lanes[i].line != scheduler.lanes[begin].line ||
        std::strcmp(scheduler.lanes[i].what, scheduler.lanes[begin].what) != 0)
      parted(begin, i);
}

/// Brings two words to the simdgroup's meeting; returns everybody's. `complete`
/// runs once, before any lane goes on.
static const uint64_t (*exchange(const char *what, int line, uint64_t a, uint64_t b,
                                 void (*complete)(uint32_t simdgroup) = checkUniform))[2] {
  uint32_t simdgroup = scheduler.current / simdWidth, begin = simdgroup * simdWidth;
  Simdgroup &group = scheduler.simdgroups[simdgroup];
  auto *slots = group.slots[group.turn];
  slots[scheduler.current % simdWidth][0] = a;
  slots[scheduler.current % simdWidth][1] = b;
  wait(Meeting::Simdgroup, what, line);
  if (++group.arrived < simdWidth) {
    yield();
    return slots;
  }
  checkPlaces(begin, begin + simdWidth);
  complete(simdgroup);
  group.arrived = 0;
  group.turn ^= 1;
  release(begin, begin + simdWidth);
  return slots;
}

extern "C" void mslBarrier(int flags, int line) {
  wait(Meeting::Threadgroup, "threadgroup_barrier", line);
  if (++scheduler.arrived < scheduler.count) {
    yield();
    return;
  }
  checkPlaces(0, scheduler.count);
  for (uint32_t i = 0; i < scheduler.count / simdWidth; ++i)
    checkUniform(i);
  scheduler.arrived = 0;
  passBarrier(flags & 1, flags & 2);
  release(0, scheduler.count);
}

extern "C" void mslSimdgroupBarrier(int flags, int line) {
  auto complete = [](uint32_t simdgroup) {
    checkUniform(simdgroup);
    passSimdgroupBarrier(simdgroup);
  };
  exchange("simdgroup_barrier", line, 0, 0, flags ? +complete : checkUniform);
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

template <typename T> static T combine(int op, T a, T b) {
  switch (op) {
  case 0:
    return a + b;
  case 1:
    return std::max(a, b);
  case 2:
    return std::min(a, b);
  default:
    return a * b;
  }
}

static const char *const reductionNames[] = {"simd_sum", "simd_max", "simd_min", "simd_product"};
static const char *const moveNames[] = {"simd_shuffle", "simd_shuffle_xor", "simd_shuffle_down", "simd_shuffle_up",
                                        "simd_broadcast"};

/// Reduces by halves, as a butterfly of shuffles would.
template <typename T> static T reduce(int op, int line, T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  const uint64_t(*slots)[2] = exchange(reductionNames[op], line, bits, 0);
  T values[simdWidth];
  for (uint32_t i = 0; i < simdWidth; ++i)
    std::memcpy(&values[i], slots[i], sizeof value);
  for (uint32_t width = simdWidth / 2; width; width /= 2)
    for (uint32_t i = 0; i < width; ++i)
      values[i] = combine(op, values[i], values[i + width]);
  return values[0];
}

extern "C" float mslSimdFloat(int op, float value, int line) { return reduce<float>(op, line, value); }
extern "C" long mslSimdInt(int op, long value, int line) { return reduce<long>(op, line, value); }

extern "C" unsigned mslSimdMove(int how, unsigned bits, unsigned by, int line) {
  uint32_t lane = scheduler.current % simdWidth;
  const uint64_t(*slots)[2] = exchange(moveNames[how], line, bits, by);
  uint32_t from[] = {by, lane ^ by, lane + by, lane - by, by};
  if (how == 4 && slots[0][1] != by)
    fail("simd_broadcast at line " + std::to_string(line) +
         " from different lanes: " + describeLane(scheduler.current));
  // Beyond the simdgroup Metal leaves the value undefined; a NaN's bits show.
  return from[how] < simdWidth ? static_cast<unsigned>(slots[from[how]][0]) : 0xffffffffu;
}

extern "C" unsigned mslLane() { return scheduler.current % simdWidth; }

extern "C" void mslUniform(unsigned long pointer, unsigned long stride, int kind, int line) {
  Lane &self = scheduler.lanes[scheduler.current];
  for (uint64_t value : {uint64_t(pointer), uint64_t(stride), uint64_t(kind), uint64_t(line)})
    self.uniform = (self.uniform ^ value) * 0x9e3779b97f4a7c15ull + (self.uniform >> 31);
  self.uniformLine = line;
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

/// The first of the two columns a lane holds, and its row (metal_simdgroup_matrix).
static uint32_t rowOf(uint32_t lane) { return ((lane / 4) & 4) + (lane / 2) % 4; }
static uint32_t columnOf(uint32_t lane) { return ((lane / 4) & 2) * 2 + (lane % 2) * 2; }

namespace {
struct Float2 {
  float x, y;
};
} // namespace
using Vector2 = float __attribute__((vector_size(8)));

extern "C" unsigned long mslMultiply(Vector2 a, Vector2 b, Vector2 c, int line) {
  uint64_t words[2];
  std::memcpy(&words[0], &a, 8);
  std::memcpy(&words[1], &b, 8);
  uint32_t lane = scheduler.current % simdWidth, row = rowOf(lane), column = columnOf(lane);
  const uint64_t(*slots)[2] = exchange("simdgroup_multiply", line, words[0], words[1]);
  float left[8];
  Float2 right[8], sum = {c[0], c[1]};
  for (uint32_t i = 0; i < simdWidth; ++i) {
    if (rowOf(i) == row)
      std::memcpy(&left[columnOf(i)], &slots[i][0], 8);
    if (columnOf(i) == column)
      std::memcpy(&right[rowOf(i)], &slots[i][1], 8);
  }
  for (int k = 0; k < 8; ++k) {
    sum.x += left[k] * right[k].x;
    sum.y += left[k] * right[k].y;
  }
  unsigned long result;
  std::memcpy(&result, &sum, 8);
  return result;
}

//===----------------------------------------------------------------------===//
// A launch
//===----------------------------------------------------------------------===//

static void chooseOrder(LaneOrder order, uint32_t count) {
  // 37 is prime to every power of two, and threads come in multiples of 32 not of 37.
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t lane = order == LaneOrder::Forward ? i : order == LaneOrder::Reverse ? count - 1 - i : i * 37 % count;
    scheduler.order[i] = lane;
    scheduler.place[lane] = i;
  }
}

static ThreadIds idsOf(const ShimLaunch &launch, const uint32_t *group, uint32_t index) {
  ThreadIds ids = {};
  const uint32_t *threads = launch.threads;
  uint32_t position[3] = {index % threads[0], index / threads[0] % threads[1], index / threads[0] / threads[1]};
  for (int d = 0; d < 3; ++d) {
    ids.position[d] = position[d];
    ids.group[d] = group[d];
    ids.gridPosition[d] = group[d] * threads[d] + position[d];
    ids.threads[d] = threads[d];
    ids.groups[d] = launch.groups[d];
  }
  ids.index = index;
  ids.lane = index % simdWidth;
  ids.simdgroup = index / simdWidth;
  return ids;
}

static void runThreadgroup(const ShimLaunch &launch, const uint32_t *group) {
  beginThreadgroup();
  scheduler.arrived = scheduler.finished = 0;
  for (uint32_t i = 0; i < scheduler.count; ++i) {
    Lane &lane = scheduler.lanes[i];
    lane.ids = idsOf(launch, group, i);
    lane.waiting = Meeting::None;
    lane.done = false;
    lane.uniform = 0;
    lane.fiber.prepare(runLane);
    setReady(i);
  }
  for (uint32_t i = 0; i < scheduler.count / simdWidth; ++i)
    scheduler.simdgroups[i].arrived = 0;
  scheduler.current = scheduler.order[scheduler.count - 1];
  uint32_t first = takeReady();
  enter(first);
  Fiber::swap(scheduler.main, scheduler.lanes[first].fiber);
  for (uint32_t i = 0; i < scheduler.count / simdWidth && scheduler.message.empty(); ++i)
    scheduler.message = uniformFault(i);
}

static std::string check(const ShimLaunch &launch) {
  uint64_t count = uint64_t(launch.threads[0]) * launch.threads[1] * launch.threads[2];
  if (count == 0 || count > maxThreads || count % simdWidth != 0)
    return "a threadgroup of " + std::to_string(count) + " threads, expected a multiple of 32 up to 1024";
  scheduler.kernel = std::find_if(kernels, kernels + kernelCount,
                                  [&](const ShimKernel &k) { return std::strcmp(k.name, launch.kernel) == 0; });
  if (scheduler.kernel == kernels + kernelCount)
    return "is not in the library";
  for (int32_t i = 0; i < 32; ++i)
    if (scheduler.kernel->buffers >> i & 1 && (i >= launch.bufferCount || !launch.buffers[i].data))
      return "nothing is bound at buffer " + std::to_string(i);
  return beginLaunch(launch, launch.kernel);
}

static void runThreadgroups(const ShimLaunch &launch) {
  scheduler.count = launch.threads[0] * launch.threads[1] * launch.threads[2];
  chooseOrder(launch.order, scheduler.count);
  std::memset(scheduler.ready, 0, sizeof scheduler.ready);
  uint32_t group[3];
  for (group[2] = 0; group[2] < launch.groups[2]; ++group[2])
    for (group[1] = 0; group[1] < launch.groups[1]; ++group[1])
      for (group[0] = 0; group[0] < launch.groups[0] && scheduler.message.empty(); ++group[0])
        runThreadgroup(launch, group);
}

extern "C" __attribute__((visibility("default"))) void mslRun(const ShimLaunch *launch) {
  scheduler.launch = launch;
  scheduler.message = check(*launch);
  if (scheduler.message.empty())
    runThreadgroups(*launch);
  std::string said =
      scheduler.message.empty() ? "" : std::string("kernel ") + launch->kernel + ": " + scheduler.message;
  size_t length = std::min(said.size(), launch->messageBytes - 1);
  std::memcpy(launch->message, said.data(), length);
  launch->message[length] = 0;
}
