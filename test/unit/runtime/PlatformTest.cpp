//===- PlatformTest.cpp - Our declarations against the system's -----------===//
//
// platform_posix.h repeats what system headers say, because those of other
// systems are not here. Where they are, this holds the two against each other.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/platform.h"
#include "TestPlan.h"
#include "runtime/platform_posix.h"

#include <cstdlib>
#include <cstring>
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <time.h>
#include <unistd.h>

using namespace snap::runtime;
using namespace snap::runtime::posix;

static_assert(kReadOnly == O_RDONLY && kNonBlock == O_NONBLOCK && kCloseOnExec == O_CLOEXEC);
static_assert(kProtRead == PROT_READ && kMapFlags == MAP_PRIVATE && kSeekEnd == SEEK_END);
static_assert(kAdviseHugePages == MADV_HUGEPAGE);
static_assert(kClockMonotonic == CLOCK_MONOTONIC && kSetMask == SIG_SETMASK);
static_assert(kMutexBytes == sizeof(pthread_mutex_t) && alignof(pthread_mutex_t) <= alignof(platform::Opaque));
static_assert(kConditionBytes == sizeof(pthread_cond_t) && alignof(pthread_cond_t) <= alignof(platform::Opaque));
static_assert(kAttributesBytes == sizeof(pthread_attr_t) && alignof(pthread_attr_t) <= alignof(platform::Opaque));
static_assert(kSignalSetBytes == sizeof(sigset_t) && kCpuSetBytes == sizeof(cpu_set_t));
static_assert(sizeof(TimeSpec) == sizeof(timespec) && offsetof(TimeSpec, seconds) == offsetof(timespec, tv_sec) &&
              offsetof(TimeSpec, nanoseconds) == offsetof(timespec, tv_nsec));
static_assert(sizeof(ThreadHandle) == sizeof(pthread_t));

// The parameters and results that platform_posix.cpp passes: pointers as void *,
// a clock and a process as int, an offset as long.
template <typename T> constexpr bool isInt = std::is_integral_v<T> && sizeof(T) == sizeof(int);
template <typename T> constexpr bool isLong = std::is_integral_v<T> && sizeof(T) == sizeof(long);
static_assert(isInt<clockid_t> && isInt<pid_t> && isLong<off_t> && isLong<size_t>);
[[maybe_unused]] static int (*const openIsThis)(const char *, int, ...) = open;
static_assert(std::is_same_v<decltype(lseek(0, 0, 0)), off_t> && isLong<decltype(pread(0, nullptr, 0, 0))>);
static_assert(std::is_same_v<decltype(strerror(0)), char *>);
static_assert(std::is_same_v<decltype(sched_getaffinity(0, 0, nullptr)), int>);
static_assert(std::is_same_v<decltype(__errno_location()), int *>);

TEST(Platform, MapFailedIsMinusOne) { EXPECT_EQ(MAP_FAILED, reinterpret_cast<void *>(kMapFailed)); }

TEST(Platform, MapsAFile) {
  snap::test::TempFile file({1, 2, 3});
  platform::MappedFile mapped;
  ASSERT_EQ(platform::mapFile(file.path(), mapped), nullptr);
  ASSERT_EQ(mapped.size, 3u);
  EXPECT_EQ(mapped.data[2], 3);
  platform::unmapFile(mapped);
  EXPECT_EQ(mapped.data, nullptr);
}

TEST(Platform, MapsAnEmptyFileToNothing) {
  snap::test::TempFile file({});
  platform::MappedFile mapped;
  ASSERT_EQ(platform::mapFile(file.path(), mapped), nullptr);
  EXPECT_EQ(mapped.size, 0u);
}

TEST(Platform, SaysWhyAFileCannotBeMapped) {
  platform::MappedFile mapped;
  EXPECT_STREQ(platform::mapFile("/nowhere/at/all", mapped), std::strerror(ENOENT));
  EXPECT_STREQ(platform::mapFile("/tmp", mapped), std::strerror(EISDIR));
  EXPECT_EQ(mapped.data, nullptr);
}

// Opening a FIFO for reading waits for a writer; an app must not hang on it.
TEST(Platform, DoesNotWaitForAFifo) {
  std::string path = "/tmp/snap-fifo-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  platform::MappedFile mapped;
  EXPECT_STREQ(platform::mapFile(path.c_str(), mapped), std::strerror(ESPIPE));
  unlink(path.c_str());
}

TEST(Platform, LeavesNoDescriptorOpen) {
  snap::test::TempFile file({1});
  int before = dup(0);
  close(before);
  for (int i = 0; i < 10; ++i) {
    platform::MappedFile mapped;
    ASSERT_EQ(platform::mapFile(file.path(), mapped), nullptr);
    platform::unmapFile(mapped);
    platform::mapFile("/tmp", mapped);
  }
  int after = dup(0);
  close(after);
  EXPECT_EQ(before, after);
}

TEST(Platform, AllocatesAligned) {
  for (uint64_t alignment : {64u, 4096u, 65536u}) {
    void *memory = platform::allocate(100, alignment);
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % alignment, 0u);
    platform::deallocate(memory);
  }
}

TEST(Platform, AllocatesLargeBlocks) {
  constexpr uint64_t bytes = (9 << 20) + 5;
  auto *memory = static_cast<uint8_t *>(platform::allocate(bytes, 4096));
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 4096, 0u);
  memory[0] = memory[bytes - 1] = 7;
  EXPECT_EQ(memory[0] + memory[bytes - 1], 14);
  platform::deallocate(memory);
}

TEST(Platform, CountsTheCoresOfThisProcess) {
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  EXPECT_EQ(platform::cpuCount(), static_cast<uint32_t>(CPU_COUNT(&set)));
}

TEST(Platform, TheClockGoesForward) {
  uint64_t before = platform::nanoseconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(platform::nanoseconds() - before, 5000000u);
}

// The app's handlers run on the app's threads.
TEST(Platform, ThreadsBlockSignalsAndLeaveTheirCreatorsMask) {
  sigset_t before, inside, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  sigemptyset(&inside);
  platform::Thread thread;
  ASSERT_TRUE(thread.start(
      [](void *set) -> void * {
        pthread_sigmask(SIG_SETMASK, nullptr, static_cast<sigset_t *>(set));
        return nullptr;
      },
      &inside));
  thread.join();
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_TRUE(sigismember(&inside, SIGINT) && sigismember(&inside, SIGTERM));
  EXPECT_EQ(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
}

TEST(Platform, ConditionsWake) {
  struct State {
    platform::Mutex mutex;
    platform::Condition condition;
    bool ready = false;
  } state;
  ASSERT_TRUE(state.mutex.init() && state.condition.init());
  platform::Thread thread;
  ASSERT_TRUE(thread.start(
      [](void *opaque) -> void * {
        auto &s = *static_cast<State *>(opaque);
        s.mutex.lock();
        s.ready = true;
        s.condition.wakeAll();
        s.mutex.unlock();
        return nullptr;
      },
      &state));
  state.mutex.lock();
  while (!state.ready)
    state.condition.wait(state.mutex);
  state.mutex.unlock();
  thread.join();
  state.condition.destroy();
  state.mutex.destroy();
}
