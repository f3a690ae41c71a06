//===- KernelProcess.cpp - snapc-kernels: compiles kernels, one a process -===//
//
// Halide numbers its loops by a counter of the process, so an object's bytes
// would depend on what was compiled before it. This program loads Halide, uses
// it never, and forks for every key: each starts from the same state.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelChannel.h"
#include "targets/cpu/HalideSupport.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <vector>

using namespace snap;

namespace {
struct Child {
  pid_t pid;
  int pipe; // what it has to say: scratch, then the object; nothing but text on failure
  uint64_t index;
  std::string said;
};
} // namespace

namespace {
/// Errors become exceptions. Warnings are for kernel authors, except that of a
/// check which always fails: without checks at run time it is an error.
class Reporter : public Halide::CompileTimeErrorReporter {
  void warning(const char *message) override {
    if (std::strstr(message, "guaranteed to fail"))
      error(message);
  }
  void error(const char *message) override { throw std::runtime_error(message); }
};
} // namespace

/// Halide writes objects to files only; this one is in memory.
static std::string objectBytes(const Halide::Module &module) {
  int file = memfd_create("kernel", MFD_CLOEXEC);
  if (file < 0)
    throw std::runtime_error(std::string("cannot make a file in memory: ") + std::strerror(errno));
  module.compile({{Halide::OutputFileType::object, "/proc/self/fd/" + std::to_string(file)}});
  off_t size = lseek(file, 0, SEEK_END);
  std::string bytes(static_cast<size_t>(size), '\0');
  lseek(file, 0, SEEK_SET);
  if (size <= 0 || !readAll(file, bytes.data(), bytes.size()))
    throw std::runtime_error("the object is empty");
  close(file);
  return bytes;
}

/// The child: compiles one request and tells `pipe`.
[[noreturn]] static void compileOne(const std::string &text, const TargetModel &target, int pipe) {
  // A child does not outlive the helper.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int status = 1;
  static Reporter reporter;
  Halide::set_custom_compile_time_error_reporter(&reporter);
  try {
    std::string error;
    size_t tab = text.find('\t');
    std::optional<KernelSchedule> schedule = KernelSchedule::parse(text.substr(0, tab), error);
    std::optional<KernelKey> key;
    if (schedule)
      key = KernelKey::parse(text.substr(tab + 1), error);
    if (!key)
      throw std::runtime_error(error);
    Halide::Module module = lowerKernel(*key, target, *schedule);
    int64_t scratch = scratchBytes(module);
    std::string bytes = objectBytes(module);
    if (writeAll(pipe, &scratch, sizeof scratch) && writeAll(pipe, bytes.data(), bytes.size()))
      status = 0;
  } catch (const std::exception &error) {
    std::string what = error.what();
    writeAll(pipe, what.data(), what.size());
  }
  _exit(status); // no destructors: the parent's buffers are not ours
}

static Child startChild(uint64_t index, const std::string &text, const TargetModel &target) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return {-1, -1, index, ""};
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    compileOne(text, target, ends[1]);
  }
  close(ends[1]);
  return {pid, ends[0], index, ""};
}

/// Reports a child that has closed its pipe.
static bool report(Child &child, int out) {
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
    ;
  KernelResult result = {child.index, 0, 0, 0};
  std::string bytes = std::move(child.said);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && bytes.size() > sizeof result.scratchBytes) {
    result.ok = 1;
    std::memcpy(&result.scratchBytes, bytes.data(), sizeof result.scratchBytes);
    bytes.erase(0, sizeof result.scratchBytes);
  } else if (WIFSIGNALED(status)) {
    bytes = "the compiler was stopped by signal " + std::to_string(WTERMSIG(status)) +
            (WTERMSIG(status) == SIGKILL ? " (out of memory?)" : "");
  }
  while (!result.ok && !bytes.empty() && bytes.back() == '\n')
    bytes.pop_back();
  result.bytes = bytes.size();
  return writeAll(out, &result, sizeof result) && writeAll(out, bytes.data(), bytes.size());
}

int main() {
  // Results have standard output to themselves; a library's chatter goes to
  // standard error.
  int out = fcntl(1, F_DUPFD_CLOEXEC, 3);
  dup2(2, 1);

  std::string targetName, cpu, jobsText, line, error;
  std::getline(std::cin, targetName);
  std::getline(std::cin, cpu);
  std::getline(std::cin, jobsText);
  std::vector<std::string> requests;
  while (std::getline(std::cin, line))
    requests.push_back(line);
  std::optional<TargetModel> target = TargetModel::get(targetName, cpu, error);
  size_t jobs = std::max(1, std::atoi(jobsText.c_str()));
  if (!target) {
    std::fprintf(stderr, "snapc-kernels: %s; this program is run by snapc\n", error.c_str());
    return 2;
  }

  std::vector<Child> children;
  size_t next = 0;
  while (next < requests.size() || !children.empty()) {
    while (next < requests.size() && children.size() < jobs) {
      Child child = startChild(next, requests[next], *target);
      if (child.pid < 0) {
        if (children.empty()) {
          std::fprintf(stderr, "snapc-kernels: cannot start a process: %s\n", std::strerror(errno));
          return 1;
        }
        if (child.pipe >= 0)
          close(child.pipe);
        break; // try again when one has ended
      }
      children.push_back(std::move(child));
      ++next;
    }
    std::vector<pollfd> polls;
    for (const Child &child : children)
      polls.push_back({child.pipe, POLLIN, 0});
    if (poll(polls.data(), polls.size(), -1) < 0)
      continue;
    for (size_t i = polls.size(); i-- > 0;) {
      if (!polls[i].revents)
        continue;
      char buffer[65536];
      ssize_t n = read(children[i].pipe, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR)
        continue;
      if (n > 0) {
        children[i].said.append(buffer, static_cast<size_t>(n));
        continue;
      }
      close(children[i].pipe);
      if (!report(children[i], out))
        return 1; // nobody listens any more
      children.erase(children.begin() + static_cast<ptrdiff_t>(i));
    }
  }
  return 0;
}
