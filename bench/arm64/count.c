//===- count.c - Counts executed arm64 instructions under qemu ------------===//
//
// A plugin of qemu-aarch64 (user mode). At exit it prints one line of JSON on
// standard error: instructions executed between two marks and, of these, the
// kinds that tell how good an inner loop is. A mark is the system call
// getpriority(PRIO_PROCESS, 0x5eed), which finds no such process; without marks
// the whole program counts. Counters are added up by code qemu generates at the
// head of every translated block, so counts are exact and repeatable.
//
// Debian packages no qemu-plugin.h; the part of the interface that is used here is
// declared below (QEMU's documentation, "TCG Plugins", interface version 1).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { INLINE_ADD_U64 = 0 };
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int op, void *counter, uint64_t add);
extern void qemu_plugin_register_vcpu_syscall_cb(plugin_id,
                                                 void (*)(plugin_id, unsigned vcpu, int64_t number, uint64_t, uint64_t,
                                                          uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/// Instructions with (word & mask) == bits belong to a kind; the first that fits counts.
/// Encodings: Arm Architecture Reference Manual, C4.1 (A64 instruction set encoding).
static const struct {
  const char *kind;
  uint32_t mask, bits;
} patterns[] = {
    {"fmla4s", 0xffe0fc00, 0x4e20cc00},  // FMLA Vd.4S, Vn.4S, Vm.4S
    {"fmla4s", 0xffc0f400, 0x4f801000},  // FMLA Vd.4S, Vn.4S, Vm.S[i]
    {"fmla4s", 0xffe0fc00, 0x4ea0cc00},  // FMLS
    {"fmla4s", 0xffc0f400, 0x4f805000},  // FMLS by element
    {"fmla8h", 0xffe0fc00, 0x4e400c00},  // FMLA Vd.8H, Vn.8H, Vm.8H
    {"fmla8h", 0xffc0f400, 0x4f001000},  // FMLA Vd.8H, Vn.8H, Vm.H[i]
    {"fmla8h", 0xffe0fc00, 0x4ec00c00},  // FMLS
    {"fmla8h", 0xffc0f400, 0x4f005000},  // FMLS by element
    {"convert", 0xbfbffc00, 0x0e217800}, // FCVTL, FCVTL2
    {"convert", 0xbfbffc00, 0x0e216800}, // FCVTN, FCVTN2
    {"splat", 0xbffff000, 0x0d40c000},   // LD1R
    {"splat", 0xbfe0f000, 0x0dc0c000},   // LD1R, post-indexed
    {"splat", 0xbfe0fc00, 0x0e000400},   // DUP Vd, Vn[i]
    {"splat", 0xbfe0fc00, 0x0e000c00},   // DUP Vd, Wn
    {"load", 0x0a400000, 0x08400000},    // loads and stores, C4.1.66: op0 = x1x0
    {"store", 0x0a400000, 0x08000000},
};
enum { PATTERNS = sizeof patterns / sizeof *patterns };

/// Instructions, and those of each pattern.
struct counters {
  uint64_t total, counts[PATTERNS];
};
static struct counters now, result;
static int marks;

static void translated(plugin_id id, struct qemu_plugin_tb *block) {
  (void)id;
  uint64_t here[PATTERNS] = {0};
  size_t instructions = qemu_plugin_tb_n_insns(block);
  for (size_t i = 0; i < instructions; ++i) {
    uint32_t word;
    memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, i)), sizeof word);
    for (size_t p = 0; p < PATTERNS; ++p)
      if ((word & patterns[p].mask) == patterns[p].bits) {
        ++here[p];
        break;
      }
  }
  qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, &now.total, instructions);
  for (size_t p = 0; p < PATTERNS; ++p)
    if (here[p])
      qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, &now.counts[p], here[p]);
}

static void systemCall(plugin_id id, unsigned vcpu, int64_t number, uint64_t which, uint64_t who, uint64_t a3,
                       uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
  (void)id, (void)vcpu, (void)which, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  enum { GETPRIORITY = 141, MARK = 0x5eed };
  if (number != GETPRIORITY || (uint32_t)who != MARK)
    return;
  if (++marks == 1)
    memset(&now, 0, sizeof now);
  else if (marks == 2)
    result = now;
}

static void atExit(plugin_id id, void *unused) {
  (void)id, (void)unused;
  if (marks < 2)
    result = now;
  fprintf(stderr, "{\"all\": %llu", (unsigned long long)result.total);
  for (size_t p = 0; p < PATTERNS;) {
    uint64_t sum = 0;
    size_t first = p;
    for (; p < PATTERNS && !strcmp(patterns[p].kind, patterns[first].kind); ++p)
      sum += result.counts[p];
    fprintf(stderr, ", \"%s\": %llu", patterns[first].kind, (unsigned long long)sum);
  }
  fprintf(stderr, "}\n");
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
  (void)info, (void)argc, (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_vcpu_syscall_cb(id, systemCall);
  qemu_plugin_register_atexit_cb(id, atExit, NULL);
  return 0;
}
