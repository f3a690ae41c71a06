//===- platform_posix.h - What we believe of each POSIX system --*- C++ -*-===//
//
// The constants, types and functions that platform_posix.cpp uses, declared
// without system headers: those of Apple and Android are not on the machine
// that compiles the runtime. A unit test holds Linux's against the real ones.
//
// Apple's values were compared with macOS's public headers (XNU's, which iOS
// shares) and Android's with bionic's pthread_types.h, by hand; they have run
// on neither.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_PLATFORM_POSIX_H
#define SNAP_RUNTIME_PLATFORM_POSIX_H

#include <stddef.h>
#include <stdint.h>

static_assert(sizeof(void *) == 8 && sizeof(long) == 8, "the declarations below are those of 64-bit systems");

namespace snap::runtime::posix {

constexpr int kReadOnly = 0;    // O_RDONLY
constexpr int kProtRead = 1;    // PROT_READ
constexpr int kSeekEnd = 2;     // SEEK_END
constexpr long kMapFailed = -1; // MAP_FAILED

#if !defined(__APPLE__)
constexpr int kMapFlags = 2;         // MAP_PRIVATE
constexpr int kAdviseHugePages = 14; // MADV_HUGEPAGE
/// A huge page of x86-64 and of arm64 with 4 KiB pages.
constexpr uint64_t kHugePageBytes = 2 << 20;
#endif

#if defined(__APPLE__)
constexpr int kMapFlags = 1;            // MAP_SHARED: as others map what they give to Metal without a copy
constexpr int kNonBlock = 0x4;          // O_NONBLOCK
constexpr int kCloseOnExec = 0x1000000; // O_CLOEXEC
constexpr int kClockMonotonic = 6;      // CLOCK_MONOTONIC
constexpr int kSetMask = 3;             // SIG_SETMASK
constexpr int kOnlineCores = 58;        // _SC_NPROCESSORS_ONLN
constexpr size_t kMutexBytes = 64;      // sizeof(pthread_mutex_t)
constexpr size_t kConditionBytes = 48;  // sizeof(pthread_cond_t)
constexpr size_t kAttributesBytes = 64; // sizeof(pthread_attr_t)
constexpr size_t kSignalSetBytes = 4;   // sizeof(sigset_t)
#elif defined(__ANDROID__)
constexpr int kNonBlock = 04000;
constexpr int kCloseOnExec = 02000000;
constexpr int kClockMonotonic = 1;
constexpr int kSetMask = 2;
constexpr size_t kMutexBytes = 40;
constexpr size_t kConditionBytes = 48;
constexpr size_t kAttributesBytes = 56;
constexpr size_t kSignalSetBytes = 8;
#elif defined(__linux__)
constexpr int kNonBlock = 04000;
constexpr int kCloseOnExec = 02000000;
constexpr int kClockMonotonic = 1;
constexpr int kSetMask = 2;
#if defined(__aarch64__)
constexpr size_t kMutexBytes = 48;
constexpr size_t kAttributesBytes = 64;
#else
constexpr size_t kMutexBytes = 40;
constexpr size_t kAttributesBytes = 56;
#endif
constexpr size_t kConditionBytes = 48;
constexpr size_t kSignalSetBytes = 128;
#else
#error "platform_posix.h does not know this system"
#endif

/// struct timespec of every 64-bit system above.
struct TimeSpec {
  long seconds;
  long nanoseconds;
};

/// pthread_t: an unsigned long on Linux, a long on Android, a pointer on Apple.
using ThreadHandle = void *;

/// The most a cpu_set_t of ours can say: 1024 cores.
constexpr size_t kCpuSetBytes = 128;

} // namespace snap::runtime::posix

#endif // SNAP_RUNTIME_PLATFORM_POSIX_H
