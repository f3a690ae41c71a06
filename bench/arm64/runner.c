//===- runner.c - Runs one kernel, between marks --------------------------===//
//
// usage: runner KERNEL
//
// Linked for arm64 with the kernels and the table that snap-kernel-bench
// --objects wrote. One thread; bench/arm64.py counts the instructions.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "snap/kernel_abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/// A kernel of the table: bytes of each of its buffers, zero-terminated, and whether
/// its floats are f16.
struct bench_kernel {
  snap_kernel_fn run;
  int half;
  uint64_t bytes[24];
};
extern const struct bench_kernel bench_kernels[];

void *halide_malloc(void *context, size_t bytes) {
  (void)context;
  return aligned_alloc(64, (bytes + 127) / 64 * 64);
}
void halide_free(void *context, void *block) {
  (void)context;
  free(block);
}
int halide_do_par_for(void *context, int (*body)(void *, int, uint8_t *), int min, int count, uint8_t *closure) {
  int result = 0;
  for (int i = 0; i < count && !result; ++i)
    result = body(context, min + i, closure);
  return result;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: runner KERNEL\n");
    return 2;
  }
  const struct bench_kernel *kernel = &bench_kernels[atoi(argv[1])];
  snap_buffer buffers[24];
  void *context = NULL, *arguments[25] = {&context};
  memset(buffers, 0, sizeof buffers);
  for (int i = 0; kernel->bytes[i]; ++i) {
    uint64_t bytes = (kernel->bytes[i] + 127) / 64 * 64;
    buffers[i].host = aligned_alloc(64, bytes);
    // Values do not matter: no instruction count depends on them. These are 0.5 in either type.
    for (uint64_t at = 0; at < bytes; at += 4) {
      uint32_t word = kernel->half ? 0x38003800 : 0x3f000000;
      memcpy(buffers[i].host + at, &word, 4);
    }
    arguments[i + 1] = &buffers[i];
  }
  getpriority(PRIO_PROCESS, 0x5eed); // a mark of bench/arm64/count.c
  int status = kernel->run(arguments);
  getpriority(PRIO_PROCESS, 0x5eed);
  return status;
}
