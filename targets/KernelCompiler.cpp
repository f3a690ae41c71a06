//===- KernelCompiler.cpp - From kernel keys to object code ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelCompiler.h"
#include "targets/KernelCache.h"
#include "targets/KernelChannel.h"
#include "targets/KernelSources.h" // generated: SNAP_KERNEL_SOURCES, SNAP_HALIDE_VERSION

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>

using namespace snap;

extern char **environ;

/// Everything an object depends on, as text.
static std::string identityOf(const KernelRequest &request, const TargetModel &target) {
  return request.key.str() + "\nschedule " + request.schedule.str() + "\n" + target.target + " " + target.cpu +
         "\nhalide " SNAP_HALIDE_VERSION "\nsources " SNAP_KERNEL_SOURCES "\n";
}

static std::string besideThisExecutable(const char *name) {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (error ? std::filesystem::path(name) : self.parent_path() / name).string();
}

namespace {
/// A running snapc-kernels; ends with this object.
class Helper {
public:
  ~Helper() {
    for (int fd : {requests, results})
      if (fd >= 0)
        close(fd);
    if (pid <= 0)
      return;
    // Closed pipes end it; nothing waits on a hung compiler.
    if (!finished)
      kill(pid, SIGTERM);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR)
      ;
  }

  bool start(const std::string &program, std::string &error) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0)
      return fail("cannot make a pipe", errno, error);
    requests = in[1];
    if (pipe2(out, O_CLOEXEC) != 0) {
      close(in[0]);
      return fail("cannot make a pipe", errno, error);
    }
    results = out[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    char *arguments[] = {const_cast<char *>(program.c_str()), nullptr};
    int code = posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    if (code != 0) {
      pid = -1;
      return fail("cannot run the kernel compiler '" + program + "'", code, error);
    }
    return true;
  }

  /// Sends all requests; the helper reads them all before it begins.
  bool send(const std::string &text) {
    // A helper that died shows as an early end of its results.
    struct sigaction ignore = {}, previous;
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &previous);
    bool sent = writeAll(requests, text.data(), text.size());
    sigaction(SIGPIPE, &previous, nullptr);
    close(requests);
    requests = -1;
    return sent;
  }

  bool receive(KernelResult &result, std::string &bytes) {
    if (!readAll(results, &result, sizeof result))
      return false;
    bytes.resize(result.bytes);
    return readAll(results, bytes.data(), bytes.size());
  }

  void finish() { finished = true; }

private:
  static bool fail(const std::string &what, int code, std::string &error) {
    error = what + ": " + std::strerror(code);
    return false;
  }

  pid_t pid = -1;
  int requests = -1, results = -1;
  bool finished = false;
};
} // namespace

std::optional<KernelObjects> snap::compileKernels(const std::vector<KernelRequest> &requests, const TargetModel &target,
                                                  const KernelCompileOptions &options, std::string &error) {
  KernelObjects result;
  result.objects.resize(requests.size());
  size_t done = 0;
  auto advance = [&] {
    ++done;
    if (options.progress)
      options.progress(done, requests.size());
  };

  KernelCache cache(options.cacheDir);
  std::vector<size_t> missing;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (std::string problem = requests[i].key.verify(); !problem.empty()) {
      error = "bad kernel key: " + problem + ": " + requests[i].key.str();
      return std::nullopt;
    }
    if (std::optional<KernelObject> found = cache.find(identityOf(requests[i], target))) {
      result.objects[i] = std::move(*found);
      ++result.cached;
      advance();
    } else {
      missing.push_back(i);
    }
    result.objects[i].symbol = requests[i].key.symbol();
  }
  if (missing.empty())
    return result;

  Helper helper;
  if (!helper.start(options.program.empty() ? besideThisExecutable("snapc-kernels") : options.program, error))
    return std::nullopt;
  std::string text = target.target + "\n" + target.cpu + "\n" + std::to_string(options.jobs) + "\n";
  for (size_t i : missing)
    text += requests[i].schedule.str() + "\t" + requests[i].key.str() + "\n";
  helper.send(text);
  for (size_t received = 0; received < missing.size(); ++received) {
    KernelResult header;
    std::string bytes;
    if (!helper.receive(header, bytes) || header.index >= missing.size()) {
      error = "the kernel compiler stopped before its work was done (" + std::to_string(done) + " of " +
              std::to_string(requests.size()) + " kernels)";
      return std::nullopt;
    }
    size_t i = missing[header.index];
    if (!header.ok && options.skipFailures) {
      advance();
      continue;
    }
    if (!header.ok) {
      error = "cannot compile kernel " + requests[i].key.str() + ": " + bytes;
      return std::nullopt;
    }
    KernelObject &object = result.objects[i];
    object.bytes = std::move(bytes);
    object.scratchBytes = header.scratchBytes;
    cache.keep(identityOf(requests[i], target), object);
    advance();
  }
  helper.finish();
  return result;
}

std::optional<KernelObjects> snap::compileKernels(const std::vector<KernelKey> &keys, const TargetModel &target,
                                                  const KernelCompileOptions &options, std::string &error) {
  std::vector<KernelRequest> requests;
  for (const KernelKey &key : keys)
    requests.push_back({key, {}});
  return compileKernels(requests, target, options, error);
}
