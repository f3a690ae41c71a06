/* kernel_abi.h: how the runtime calls a compiled kernel. C11, freestanding.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A kernel is a function made from a KernelKey by a target (Halide on CPUs). It
 * takes one array of argument addresses: args[0] is the address of a `void *`
 * user context (a snap_worker), args[1..n] are snap_buffer addresses in the
 * order of the key's inputs and then its outputs, args[n + 1] is NULL. Shapes
 * and strides are compiled in: a kernel reads only `host`. It returns 0, or a
 * non-zero code when it failed (a compiler bug, reported, never fatal).
 */
#ifndef SNAP_KERNEL_ABI_H
#define SNAP_KERNEL_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SNAP_KERNEL_ABI_VERSION 2

/* One dimension of a buffer; kernels do not read it, since shapes are compiled
 * in. */
typedef struct snap_dimension {
  int32_t min, extent, stride;
  uint32_t flags;
} snap_dimension;

/* Same layout as Halide's halide_buffer_t (checked by a test against
 * HalideRuntime.h). */
typedef struct snap_buffer {
  uint64_t device;
  const void *device_interface;
  uint8_t *host; /* the first element; aligned to 64 bytes for arena and weights */
  uint64_t flags;
  uint8_t type_code, type_bits;
  uint16_t type_lanes;
  int32_t dimensions;
  snap_dimension *dim;
  void *padding;
} snap_buffer;

typedef int (*snap_kernel_fn)(void **args);

/* What a kernel's user context points to: the thread that runs it and that thread's slice of scratch.
 * Kernels call snap's halide_do_par_for / halide_malloc / halide_free with it (runtime/kernel_support.cpp);
 * scratch is a bump allocator over [scratch, scratch + scratch_bytes), planned at compile time. A block takes its
 * size rounded up to 64 bytes, and a header: the runtime adds SNAP_SCRATCH_HEADERS bytes for those to what the plan
 * says, as whoever makes a snap_worker should. What does not fit comes from the heap and is counted in `overflows`,
 * so that a wrong plan is reported, not fatal. Zero all members but the first three to begin. */
#define SNAP_SCRATCH_HEADER 64
#define SNAP_SCRATCH_HEADERS (64 * SNAP_SCRATCH_HEADER)

typedef struct snap_worker {
  struct snap_pool *pool; /* NULL: run parallel loops on the calling thread */
  uint8_t *scratch;       /* aligned to 64 bytes */
  uint64_t scratch_bytes;
  uint64_t scratch_used; /* bytes below the end of the top block */
  uint64_t scratch_top;  /* where the top block begins; 0: none is live */
  uint64_t scratch_peak; /* the most ever needed at once, overflows included */
  uint64_t overflow_used;
  uint32_t overflows;
  int32_t index; /* 0 is the calling thread */
} snap_worker;

/* How the runtime drives a GPU; libNAME.a holds one when it was compiled with
 * --gpu. Opaque. */
typedef struct snap_gpu snap_gpu;

/* What libNAME.a defines as `NAME_library`: the kernels in the order of the
 * plan's kernel table. */
typedef struct snap_library {
  uint32_t abi_version; /* SNAP_KERNEL_ABI_VERSION */
  uint32_t kernel_count;
  const char *name;
  const char *build_id; /* 32 hexadecimal digits; must equal the plan's */
  const snap_kernel_fn *kernels;
  const snap_gpu *gpu; /* NULL: kernels run on the CPU only */
} snap_library;

#ifdef __cplusplus
}
#endif
#endif /* SNAP_KERNEL_ABI_H */
