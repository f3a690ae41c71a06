//===- errors.cpp - Statuses and messages ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/errors.h"

using namespace snap::runtime;

void Message::put(char c) {
  if (used + 1 >= size)
    return;
  buffer[used++] = c;
  buffer[used] = 0;
}

void Message::add(const char *text) {
  for (; *text; ++text) {
    unsigned char c = static_cast<unsigned char>(*text);
    put(c < 0x20 || c == 0x7f ? '?' : *text);
  }
}

void Message::add(unsigned long long number) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number);
  while (count)
    put(digits[--count]);
}

void Message::add(long long number) {
  if (number < 0) {
    put('-');
    add(~static_cast<unsigned long long>(number) + 1);
    return;
  }
  add(static_cast<unsigned long long>(number));
}

const char *snap_status_name(snap_status status) {
  switch (status) {
  case SNAP_OK:
    return "ok";
  case SNAP_CANCELLED:
    return "cancelled";
  case SNAP_ERROR_ARGUMENT:
    return "wrong argument";
  case SNAP_ERROR_IO:
    return "cannot read the file";
  case SNAP_ERROR_FORMAT:
    return "corrupt file";
  case SNAP_ERROR_VERSION:
    return "unknown version";
  case SNAP_ERROR_MISMATCH:
    return "file and library differ";
  case SNAP_ERROR_MEMORY:
    return "out of memory";
  case SNAP_ERROR_BUSY:
    return "busy";
  case SNAP_ERROR_KERNEL:
    return "kernel failed";
  case SNAP_ERROR_UNSUPPORTED:
    return "not supported";
  case SNAP_ERROR_GPU:
    return "GPU failed";
  case SNAP_ERROR_DEVICE_LOST:
    return "GPU lost";
  case SNAP_ERROR_BACKGROUND:
    return "no GPU in the background";
  }
  return "unknown status";
}
