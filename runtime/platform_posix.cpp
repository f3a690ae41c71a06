//===- platform_posix.cpp - Linux, Android, iOS and macOS -----------------===//
//
// platform.h on POSIX. Includes no system header: see platform_posix.h.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/platform_posix.h"
#include "runtime/platform.h"

using namespace snap::runtime;
using namespace snap::runtime::posix;

extern "C" {
int open(const char *path, int flags, ...);
int close(int file);
long lseek(int file, long offset, int whence);
long pread(int file, void *buffer, size_t length, long offset);
void *mmap(void *address, size_t length, int protection, int flags, int file, long offset);
int munmap(void *address, size_t length);
int posix_memalign(void **memory, size_t alignment, size_t size);
void free(void *memory);
char *strerror(int error);
int clock_gettime(int clock, TimeSpec *time);
int sched_yield(void);

int pthread_mutex_init(void *mutex, const void *attributes);
int pthread_mutex_destroy(void *mutex);
int pthread_mutex_lock(void *mutex);
int pthread_mutex_unlock(void *mutex);
int pthread_cond_init(void *condition, const void *attributes);
int pthread_cond_destroy(void *condition);
int pthread_cond_wait(void *condition, void *mutex);
int pthread_cond_broadcast(void *condition);
int pthread_attr_init(void *attributes);
int pthread_attr_destroy(void *attributes);
int pthread_attr_setstacksize(void *attributes, size_t size);
int pthread_create(ThreadHandle *thread, const void *attributes, void *(*body)(void *), void *argument);
int pthread_join(ThreadHandle thread, void **result);
int pthread_sigmask(int how, const void *set, void *old);
int sigfillset(void *set);

#if defined(__APPLE__)
long sysconf(int name);
int *__error(void);
#elif defined(__ANDROID__)
int sched_getaffinity(int process, size_t bytes, void *set);
int *__errno(void);
#else
int sched_getaffinity(int process, size_t bytes, void *set);
int *__errno_location(void);
#endif
#if !defined(__APPLE__)
int madvise(void *address, size_t length, int advice);
#endif
}

static int lastError() {
#if defined(__APPLE__)
  return *__error();
#elif defined(__ANDROID__)
  return *__errno();
#else
  return *__errno_location();
#endif
}

//===----------------------------------------------------------------------===//
// Files and memory
//===----------------------------------------------------------------------===//

const char *platform::mapFile(const char *path, MappedFile &file) {
  file = MappedFile();
  // Not blocking, so that a FIFO is refused instead of waited for.
  int descriptor = open(path, kReadOnly | kNonBlock | kCloseOnExec);
  if (descriptor < 0)
    return strerror(lastError());

  // The byte is for the reason: a folder has a size, and mapping it fails for
  // want of memory.
  const char *reason = nullptr;
  char first;
  long size = pread(descriptor, &first, 1, 0) < 0 ? -1 : lseek(descriptor, 0, kSeekEnd);
  if (size < 0) {
    reason = strerror(lastError());
  } else if (size > 0) {
    void *data = mmap(nullptr, static_cast<size_t>(size), kProtRead, kMapFlags, descriptor, 0);
    if (data == reinterpret_cast<void *>(kMapFailed)) {
      reason = strerror(lastError());
    } else {
      file.data = static_cast<const uint8_t *>(data);
      file.size = static_cast<uint64_t>(size);
    }
  }
  close(descriptor); // the mapping stays
  return reason;
}

void platform::unmapFile(MappedFile &file) {
  if (file.data)
    munmap(const_cast<uint8_t *>(file.data), file.size);
  file = MappedFile();
}

void *platform::allocate(uint64_t bytes, uint64_t alignment) {
  void *memory = nullptr;
#if !defined(__APPLE__)
  // An arena of hundreds of megabytes: with huge pages its first use takes a
  // fraction of the page faults, and every use of the address translations.
  if (bytes >= 2 * kHugePageBytes) {
    uint64_t whole = alignment > kHugePageBytes ? alignment : kHugePageBytes;
    if (posix_memalign(&memory, whole, bytes) != 0)
      return nullptr;
    madvise(memory, bytes & ~(kHugePageBytes - 1), kAdviseHugePages);
    return memory;
  }
#endif
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : nullptr;
}

void platform::deallocate(void *memory) { free(memory); }

//===----------------------------------------------------------------------===//
// Clock and cores
//===----------------------------------------------------------------------===//

uint64_t platform::nanoseconds() {
  TimeSpec time = {0, 0};
  clock_gettime(kClockMonotonic, &time);
  return static_cast<uint64_t>(time.seconds) * 1000000000u + static_cast<uint64_t>(time.nanoseconds);
}

uint32_t platform::cpuCount() {
#if defined(__APPLE__)
  long count = sysconf(kOnlineCores);
  return count > 0 ? static_cast<uint32_t>(count) : 1;
#else
  // What taskset and containers leave us, not what the machine has.
  uint64_t set[kCpuSetBytes / sizeof(uint64_t)] = {};
  if (sched_getaffinity(0, sizeof set, set) < 0)
    return 1;
  uint32_t count = 0;
  for (uint64_t word : set)
    for (; word; word &= word - 1)
      ++count;
  return count ? count : 1;
#endif
}

void platform::yieldThread() { sched_yield(); }

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

static_assert(kMutexBytes <= sizeof(platform::Opaque) && kConditionBytes <= sizeof(platform::Opaque) &&
                  kAttributesBytes <= sizeof(platform::Opaque),
              "platform::Opaque is too small for this system");

bool platform::Mutex::init() { return pthread_mutex_init(&storage, nullptr) == 0; }
void platform::Mutex::destroy() { pthread_mutex_destroy(&storage); }
void platform::Mutex::lock() { pthread_mutex_lock(&storage); }
void platform::Mutex::unlock() { pthread_mutex_unlock(&storage); }

bool platform::Condition::init() { return pthread_cond_init(&storage, nullptr) == 0; }
void platform::Condition::destroy() { pthread_cond_destroy(&storage); }
void platform::Condition::wait(Mutex &mutex) { pthread_cond_wait(&storage, &mutex.storage); }
void platform::Condition::wakeAll() { pthread_cond_broadcast(&storage); }

bool platform::Thread::start(void *(*body)(void *), void *argument) {
  Opaque attributes;
  if (pthread_attr_init(&attributes) != 0)
    return false;
  pthread_attr_setstacksize(&attributes, 1 << 20);

  // A thread starts with its creator's mask: the app's threads, not ours, are
  // to see the app's signals.
  alignas(16) uint8_t all[kSignalSetBytes];
  alignas(16) uint8_t old[kSignalSetBytes];
  sigfillset(all);
  bool masked = pthread_sigmask(kSetMask, all, old) == 0;
  ThreadHandle thread = nullptr;
  bool started = pthread_create(&thread, &attributes, body, argument) == 0;
  if (masked)
    pthread_sigmask(kSetMask, old, nullptr);
  pthread_attr_destroy(&attributes);
  handle = thread;
  return started;
}

void platform::Thread::join() { pthread_join(handle, nullptr); }
