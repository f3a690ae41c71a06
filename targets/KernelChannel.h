//===- KernelChannel.h - How snapc talks to snapc-kernels -------*- C++ -*-===//
//
// Requests go to the helper's standard input as lines: target, cpu, jobs, then
// a schedule, a tab and a key a line until the end of input. Results come back on its standard
// output in the order they are ready: a KernelResult, then `bytes` bytes.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_KERNELCHANNEL_H
#define SNAP_TARGETS_KERNELCHANNEL_H

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <unistd.h>

namespace snap {

struct KernelResult {
  uint64_t index; // of the request
  uint64_t ok;    // 1: the bytes are an object; 0: they are the reason
  int64_t scratchBytes;
  uint64_t bytes;
};

/// Whole writes and reads on pipes; false at the end of input or on an error.
inline bool writeAll(int fd, const void *data, size_t count) {
  const char *at = static_cast<const char *>(data);
  while (count > 0) {
    ssize_t n = write(fd, at, count);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    at += n;
    count -= static_cast<size_t>(n);
  }
  return true;
}

inline bool readAll(int fd, void *data, size_t count) {
  char *at = static_cast<char *>(data);
  while (count > 0) {
    ssize_t n = read(fd, at, count);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    at += n;
    count -= static_cast<size_t>(n);
  }
  return true;
}

} // namespace snap

#endif // SNAP_TARGETS_KERNELCHANNEL_H
