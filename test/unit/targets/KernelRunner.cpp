//===- KernelRunner.cpp - Runs kernels between guard pages ----------------===//
//
// usage: runner REQUEST REPLY
//
// Linked with the kernels of one target and a table of them. Every case runs
// in a child process, once on one thread with every buffer ending at a page
// that cannot be touched, once on two threads, tasks in another order, with
// every buffer starting after such a page; where the arena may put the output
// over an input, once more like that. Inputs are read-only, outputs and scratch
// hold what the harness or poison put there, and all results must be the same
// bytes.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "KernelRunner.h"

#include "snap/kernel_abi.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <vector>

using namespace snap::runner;

// Made by the harness for the kernels it linked.
extern "C" const snap_kernel_fn snap_runner_kernels[];

static constexpr uint8_t poison = 0xFF; // NaN in every float type
static constexpr uint64_t page = 65536; // a multiple of every system's page

static uint64_t roundUp(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

//===----------------------------------------------------------------------===//
// Memory between guard pages
//===----------------------------------------------------------------------===//

namespace {
enum class Flush { Start, End };

/// Bytes with an untouchable page on both sides, flush with one of them; the
/// slack on the other side is poisoned and checked.
class Guarded {
public:
  Guarded(uint64_t bytes, uint64_t alignment, Flush flush) : bytes(bytes), usable(roundUp(bytes ? bytes : 1, page)) {
    void *mapped = mmap(nullptr, usable + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED || mprotect(static_cast<uint8_t *>(mapped) + page, usable, PROT_READ | PROT_WRITE))
      abort();
    base = static_cast<uint8_t *>(mapped) + page;
    memset(base, poison, usable);
    data = flush == Flush::Start ? base : base + (usable - bytes) / alignment * alignment;
  }
  Guarded(const Guarded &) = delete;
  ~Guarded() { munmap(base - page, usable + 2 * page); }

  void makeReadOnly() { mprotect(base, usable, PROT_READ); }
  bool slackIsIntact() const {
    for (const uint8_t *p = base; p < base + usable; ++p)
      if (*p != poison && (p < data || p >= data + bytes))
        return false;
    return true;
  }

  uint8_t *data;

private:
  uint8_t *base;
  uint64_t bytes, usable;
};
} // namespace

//===----------------------------------------------------------------------===//
// What kernels call
//===----------------------------------------------------------------------===//

namespace {
/// A kernel's user context is a snap_worker; ours carries what the checks need.
struct Worker {
  snap_worker abi = {};
  int threads = 1;
  bool inTask = false;
  uint64_t live = 0, peak = 0;
};

/// Before every scratch block: who holds it and how to give it back.
struct Block {
  Guarded *memory;
  uint64_t bytes;
};
} // namespace

// NOLINTBEGIN(readability-identifier-naming): the names Halide's code calls.
extern "C" void *halide_malloc(void *context, size_t bytes) {
  auto *worker = static_cast<Worker *>(context);
  // Scratch ends at a guard page too; its first 64 bytes say what it is.
  auto *memory = new Guarded(roundUp(bytes, 64) + 64, 64, Flush::End);
  Block block = {memory, bytes};
  memcpy(memory->data, &block, sizeof block);
  worker->live += roundUp(bytes, 64) + SNAP_SCRATCH_HEADER;
  worker->peak = worker->live > worker->peak ? worker->live : worker->peak;
  return memory->data + 64;
}

extern "C" void halide_free(void *context, void *pointer) {
  if (!pointer)
    return;
  Block block;
  memcpy(&block, static_cast<uint8_t *>(pointer) - 64, sizeof block);
  static_cast<Worker *>(context)->live -= roundUp(block.bytes, 64) + SNAP_SCRATCH_HEADER;
  delete block.memory;
}

using Task = int (*)(void *, int, uint8_t *);

extern "C" int halide_do_par_for(void *context, Task task, int min, int size, uint8_t *closure) {
  auto *worker = static_cast<Worker *>(context);
  if (worker->threads == 1 || worker->inTask) {
    for (int i = min; i < min + size; ++i)
      if (int error = task(context, i, closure))
        return error;
    return 0;
  }
  // Odd tasks on one thread and even ones on the other, last first: an order
  // as unlike the sequential one as two threads allow.
  Worker workers[2];
  int errors[2] = {0, 0};
  auto run = [&](int thread) {
    workers[thread].inTask = true;
    for (int i = min + size - 1; i >= min; --i)
      if ((i & 1) == thread && !errors[thread])
        errors[thread] = task(&workers[thread], i, closure);
  };
  std::thread other(run, 1);
  run(0);
  other.join();
  for (const Worker &w : workers)
    worker->peak = worker->live + w.peak > worker->peak ? worker->live + w.peak : worker->peak;
  return errors[0] ? errors[0] : errors[1];
}
// NOLINTEND(readability-identifier-naming)

//===----------------------------------------------------------------------===//
// A case
//===----------------------------------------------------------------------===//

namespace {
struct CaseData {
  Case header;
  std::vector<Buffer> buffers;
  std::vector<std::vector<uint8_t>> bytes;
};

/// One call's buffers and what the kernel left in the outputs.
struct Call {
  Reply reply = {};
  std::vector<std::vector<uint8_t>> outputs;

  void run(const CaseData &data, Flush flush, int threads, int repeats, int64_t inPlace = -1);
};
} // namespace

void Call::run(const CaseData &data, Flush flush, int threads, int repeats, int64_t inPlace) {
  std::vector<Guarded *> memory;
  std::vector<snap_buffer> buffers(data.buffers.size());
  // Dimensions are compiled in; a kernel that reads them finds none.
  Worker worker;
  worker.threads = threads;
  void *context = &worker;
  std::vector<void *> arguments = {static_cast<void *>(&context)};
  for (size_t i = 0; i < buffers.size(); ++i) {
    memory.push_back(new Guarded(data.bytes[i].size(), data.buffers[i].elementBytes, flush));
    memcpy(memory[i]->data, data.bytes[i].data(), data.bytes[i].size());
    bool isOutput = i >= data.header.inputs;
    if (!isOutput && static_cast<int64_t>(i) != inPlace)
      memory[i]->makeReadOnly();
    buffers[i] = snap_buffer{};
    buffers[i].host = memory[isOutput && inPlace >= 0 ? inPlace : i]->data;
    arguments.push_back(&buffers[i]);
  }
  int result = 0;
  for (int i = 0; i < repeats && !result; ++i) {
    timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    result = snap_runner_kernels[data.header.kernel](arguments.data());
    clock_gettime(CLOCK_MONOTONIC, &end);
    reply.nanoseconds = (end.tv_sec - start.tv_sec) * 1000000000ull + (end.tv_nsec - start.tv_nsec);
  }
  reply.scratchPeak = worker.peak;
  if (result) {
    reply.fault = Reply::Failed;
    reply.detail = result;
  }
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (!memory[i]->slackIsIntact())
      reply.fault = Reply::WroteOutside;
    if (i >= data.header.inputs)
      outputs.emplace_back(buffers[i].host, buffers[i].host + data.bytes[i].size());
  }
  for (Guarded *one : memory)
    delete one;
}

static void runCase(const CaseData &data, FILE *out) {
  Call one, two;
  one.run(data, Flush::End, 1, 2);
  two.run(data, Flush::Start, 2, 1);
  Reply reply = one.reply.fault ? one.reply : two.reply;
  reply.nanoseconds = one.reply.nanoseconds;
  if (one.reply.scratchPeak > reply.scratchPeak)
    reply.scratchPeak = one.reply.scratchPeak;
  if (!reply.fault && one.outputs != two.outputs)
    reply.fault = Reply::ThreadsDiffer;
  if (!reply.fault && data.header.inPlace >= 0) {
    Call over;
    over.run(data, Flush::End, 2, 1, data.header.inPlace);
    if (over.reply.fault || over.outputs != one.outputs)
      reply.fault = Reply::InPlaceDiffers;
  }
  fwrite(&reply, sizeof reply, 1, out);
  if (reply.fault == Reply::None)
    for (const auto &bytes : one.outputs)
      fwrite(bytes.data(), 1, bytes.size(), out);
}

int main(int argc, char **argv) {
  FILE *in = argc == 3 ? fopen(argv[1], "rb") : nullptr;
  FILE *out = in ? fopen(argv[2], "wb") : nullptr;
  Request request;
  if (!out || fread(&request, sizeof request, 1, in) != 1 || request.magic != requestMagic) {
    fprintf(stderr, "usage: runner REQUEST REPLY\n");
    return 2;
  }
  for (uint64_t i = 0; i < request.cases; ++i) {
    CaseData data;
    bool complete = fread(&data.header, sizeof data.header, 1, in) == 1;
    for (uint64_t b = 0; complete && b < data.header.inputs + data.header.outputs; ++b) {
      Buffer buffer;
      complete = fread(&buffer, sizeof buffer, 1, in) == 1;
      data.buffers.push_back(buffer);
      data.bytes.emplace_back(complete ? buffer.bytes : 0);
      complete = complete && fread(data.bytes.back().data(), 1, buffer.bytes, in) == buffer.bytes;
    }
    if (!complete) {
      fprintf(stderr, "runner: the request ends in case %llu\n", static_cast<unsigned long long>(i));
      return 2;
    }
    fflush(out);
    long before = ftell(out);
    pid_t child = fork();
    if (child == 0) {
      runCase(data, out);
      _exit(fflush(out) ? 1 : 0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
      return 2;
    if (status && ftruncate(fileno(out), before))
      return 2;
    fseek(out, 0, SEEK_END);
    if (status) {
      Reply reply = {};
      reply.fault = Reply::Crashed;
      reply.detail = WIFSIGNALED(status) ? WTERMSIG(status) : -1;
      fwrite(&reply, sizeof reply, 1, out);
    }
  }
  return fclose(out) ? 2 : 0;
}
