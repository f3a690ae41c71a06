//===- platform.h - All that the runtime asks of the system -----*- C++ -*-===//
//
// Map a file, allocate, run threads, read the clock. One implementation per
// family of systems (platform_posix.cpp), which declares what it calls: Apple's
// and Android's headers are not on the machine that compiles this.
//
// Memory and strings are compiler builtins (__builtin_memcpy and friends, which
// become calls to libc), and so are the few functions of libm.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_PLATFORM_H
#define SNAP_RUNTIME_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

namespace snap::runtime::platform {

/// A file mapped read-only.
struct MappedFile {
  const uint8_t *data = nullptr;
  uint64_t size = 0;
};

/// Maps the regular file at `path`. Returns nullptr, or the reason in a few
/// words (static storage). An empty file maps to {nullptr, 0}.
const char *mapFile(const char *path, MappedFile &file);
void unmapFile(MappedFile &file);

/// `alignment` is a power of two, at least sizeof(void *). Null when there is
/// no memory. Large blocks come from the system page by page, when touched.
void *allocate(uint64_t bytes, uint64_t alignment);
void deallocate(void *memory);

/// Cores this process may run on, at least 1.
uint32_t cpuCount();
/// Monotonic time.
uint64_t nanoseconds();
void yieldThread();

/// Tells the core that this is a waiting loop.
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield" ::: "memory");
#endif
}

/// Room for any of our systems' pthread objects; platform_posix.cpp and its
/// test check it against the real ones.
struct alignas(16) Opaque {
  uint8_t bytes[64];
};

/// Not recursive. init can fail (memory); a zeroed Mutex is not initialised.
class Mutex {
public:
  bool init();
  void destroy();
  void lock();
  void unlock();

private:
  friend class Condition;
  Opaque storage;
};

class Condition {
public:
  bool init();
  void destroy();
  /// May wake without reason.
  void wait(Mutex &mutex);
  void wakeAll();

private:
  Opaque storage;
};

class Thread {
public:
  /// Starts body(argument) with a stack of 1 MiB (Apple's default is half of
  /// that) and all signals left to the app's threads. False when the system
  /// refuses.
  bool start(void *(*body)(void *), void *argument);
  void join();

private:
  void *handle;
};

} // namespace snap::runtime::platform

#endif // SNAP_RUNTIME_PLATFORM_H
