//===- errors.h - Statuses and messages -------------------------*- C++ -*-===//
//
// How the runtime says what went wrong: fail(error, status, pieces…) writes one
// sentence into the caller's snap_error and returns the status.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_ERRORS_H
#define SNAP_RUNTIME_ERRORS_H

#include "snap/snap.h"

namespace snap::runtime {

/// Writes text into a fixed buffer, always NUL-terminated, cut when full.
class Message {
public:
  Message(char *buffer, size_t size) : buffer(buffer), size(size) { buffer[0] = 0; }

  /// Bytes that do not print (a name may come from a corrupt file) become '?'.
  void add(const char *text);
  void add(unsigned long long number);
  void add(long long number);
  void add(unsigned long number) { add(static_cast<unsigned long long>(number)); }
  void add(long number) { add(static_cast<long long>(number)); }
  void add(unsigned number) { add(static_cast<unsigned long long>(number)); }
  void add(int number) { add(static_cast<long long>(number)); }

private:
  void put(char c);

  char *buffer;
  size_t size;
  size_t used = 0;
};

/// `error` may be null. Pieces are strings and integers, e.g.
///   fail(error, SNAP_ERROR_FORMAT, path, ": expected ", 8, " bytes");
template <typename... Pieces> snap_status fail(snap_error *error, snap_status status, const Pieces &...pieces) {
  if (error) {
    error->status = status;
    Message message(error->message, sizeof error->message);
    (message.add(pieces), ...);
  }
  return status;
}

/// Copies the caller's versioned struct: what lies past its `size` is zero.
/// False when it is too small to hold `size` itself.
template <typename T> bool readVersioned(const T *from, T &to) {
  to = T();
  if (!from)
    return true;
  if (from->size < sizeof from->size)
    return false;
  __builtin_memcpy(&to, from, from->size < sizeof to ? from->size : sizeof to);
  return true;
}

/// The way back: fills what the caller's struct has room for.
template <typename T> void writeVersioned(T &from, T *to) {
  if (!to || to->size < sizeof to->size)
    return;
  from.size = to->size;
  __builtin_memcpy(to, &from, to->size < sizeof from ? to->size : sizeof from);
}

} // namespace snap::runtime

#endif // SNAP_RUNTIME_ERRORS_H
