//===- ShimLibrary.cpp - Compiles and runs Metal source on the CPU --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/shim/ShimLibrary.h"
#include "targets/metal/shim/KernelSignatures.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace snap::shim;
namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

// C++ for OpenCL has Metal's address spaces; its own library stays out. Extensions: f16 and function pointers (our
// runtime's) yes, double no, as in Metal.
static const char *const languageFlags =
    "-x clcpp -cl-std=CLC++2021 -cl-no-stdinc -Xclang "
    "-cl-ext=+cl_khr_fp16,+__cl_clang_function_pointers,-cl_khr_fp64,-__opencl_c_fp64 "
    "-Wall -Wextra -Werror -Wno-unused-function -ffp-contract=on ";
// Every access calls Memory.cpp, also those that are surely in bounds: they may race.
static const char *const checkFlags =
    "-O1 -gline-tables-only -fPIC -fvisibility=hidden -fsanitize=address "
    "-mllvm -asan-instrumentation-with-call-threshold=0 -mllvm -asan-opt=0 -mllvm -asan-stack=0 ";
#ifdef __x86_64__
static const char *const machineFlags = "-march=x86-64-v3 "; // conversions of f16 in hardware
#else
static const char *const machineFlags = "";
#endif
static constexpr size_t threadgroupLimit = 32 << 10; // of every Apple GPU

static std::string readFile(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

static void writeFile(const fs::path &path, const std::string &text) {
  std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

static std::string quoted(const std::string &word) {
  std::string text = "'";
  for (char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// Runs a command with its output in a file; the error is what it said.
static bool execute(const std::string &command, const fs::path &output, std::string &error) {
  fs::path log = output.string() + ".log";
  int status = std::system((command + " >" + quoted(output) + " 2>" + quoted(log)).c_str());
  std::string said = readFile(log);
  fs::remove(log);
  if (status == 0)
    return true;
  error = said.empty() ? command.substr(0, 200) + " failed" : said.substr(0, 4000);
  return false;
}

/// FNV-1a over all that a compiled library depends on.
static std::string hashOf(const std::vector<std::string> &parts) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (const std::string &part : parts) {
    for (unsigned char c : part)
      h = (h ^ c) * 0x100000001b3ull;
    h = (h ^ part.size()) * 0x100000001b3ull;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h));
  return text;
}

static std::string keyOf(const std::string &source, const std::string &flags) {
  std::vector<std::string> parts = {source, flags, SNAP_SHIM_CLANG};
  for (const char *header : {"metal_stdlib", "metal_simdgroup", "metal_simdgroup_matrix", "ShimAbi.h", "ShimRuntime.h"})
    parts.push_back(readFile(fs::path(SNAP_SHIM_FOLDER) / header));
  std::stringstream objects(SNAP_SHIM_RUNTIME);
  for (std::string object; std::getline(objects, object, ':');)
    parts.push_back(readFile(object));
  return hashOf(parts);
}

/// The source with the bodies of its kernels blank: their signatures are all that the launcher needs, and a syntax tree
/// of everything takes a hundred megabytes.
static std::string withoutBodies(std::string source) {
  for (size_t at = source.find("kernel void "); at != std::string::npos; at = source.find("kernel void ", at)) {
    int depth = 0;
    for (at = source.find('{', at); at < source.size(); ++at) {
      depth += source[at] == '{' ? 1 : source[at] == '}' ? -1 : 0;
      if (depth == 0)
        break;
      if (source[at] != '\n' && source[at] != '{')
        source[at] = ' ';
      else if (source[at] == '{' && depth > 1)
        source[at] = ' ';
    }
  }
  return source;
}

/// Pointers declared in a body without an address space, which Metal refuses and OpenCL does not.
static bool checkSpaces(const std::string &flags, const fs::path &metal, const fs::path &work, std::string &error) {
  // Named declarations only: what the compiler itself adds (copy constructors) may be generic.
  std::string command = std::string("{ ") + SNAP_SHIM_CLANG + " " + flags + "-w -fsyntax-only -Xclang -ast-dump " +
                        quoted(metal) + " | grep -E \"VarDecl 0x.* '[^']*__generic\" | grep -vE \"(col|line):[0-9:]+ " +
                        "(used |referenced |implicit )*'\" | head -n 1; true; }";
  if (!execute(command, work / "generic", error))
    return false;
  error = readFile(work / "generic");
  if (!error.empty())
    error = "a pointer has no address space; Metal wants one of device, constant, threadgroup, thread: " + error;
  return error.empty();
}

/// Source to shared library, all in `work`.
static bool build(const std::string &source, const std::string &flags, const fs::path &work, std::string &error) {
  fs::path metal = work / "kernels.metal", tree = work / "tree.json", object = work / "kernels.o";
  writeFile(metal, source);
  std::string clang = std::string(SNAP_SHIM_CLANG) + " ", name = quoted(metal) + " ";
  fs::path heads = work / "heads.metal";
  writeFile(heads, withoutBodies(source));
  if (!execute(clang + flags + checkFlags + "-c " + name + "-o " + quoted(object), work / "out", error) ||
      !execute(clang + flags + "-w -fsyntax-only -Xclang -ast-dump=json " + quoted(heads), tree, error))
    return false;
  std::vector<KernelSignature> kernels;
  if (!readSignatures(readFile(tree), heads.string(), kernels, error) || !checkSpaces(flags, metal, work, error))
    return false;
  writeFile(work / "launcher.cpp", launcherSource(kernels));
  std::string objects = SNAP_SHIM_RUNTIME;
  std::replace(objects.begin(), objects.end(), ':', ' ');
  return execute(clang + "-x c++ -std=c++17 -O1 -fPIC -fvisibility=hidden " + machineFlags + "-I " + SNAP_ROOT + " " +
                     quoted(work / "launcher.cpp") + " -x none " + quoted(object) + " " + objects +
                     " -shared -fuse-ld=lld -lstdc++ -lm -o " + quoted(work / "library.so"),
                 work / "out", error);
}

/// Builds in a folder of its own and moves the result into place, so that processes may do the same at once.
static bool buildInto(const std::string &source, const std::string &flags, const fs::path &library,
                      std::string &error) {
  fs::path work = library.string() + "." + std::to_string(getpid());
  fs::create_directories(work);
  bool good = build(source, flags, work, error);
  if (good) {
    fs::rename(work / "kernels.metal", fs::path(library).replace_extension(".metal"));
    fs::rename(work / "library.so", library);
  }
  fs::remove_all(work);
  return good;
}

std::unique_ptr<ShimLibrary> ShimLibrary::compile(const std::string &source, const ShimOptions &options,
                                                  std::string &error) {
  std::string flags = std::string(languageFlags) + machineFlags + "-I " SNAP_SHIM_FOLDER " ";
  for (const std::string &argument : options.arguments)
    flags += quoted(argument) + " ";
  fs::path path = fs::absolute(options.folder) / (keyOf(source, flags + checkFlags) + ".so");
  error.clear();
  if (!fs::exists(path) && !buildInto(source, flags, path, error))
    return nullptr;
  std::unique_ptr<ShimLibrary> library(new ShimLibrary());
  library->path = path.string();
  library->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void *entry = library->handle ? dlsym(library->handle, "mslRun") : nullptr;
  if (!entry) {
    error = std::string("cannot load a compiled library: ") + dlerror();
    return nullptr;
  }
  library->entry = reinterpret_cast<ShimRun>(entry);
  return library;
}

ShimLibrary::~ShimLibrary() {
  if (handle)
    dlclose(handle);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// "line 12" for every "@0x1234" of a message.
std::string ShimLibrary::withLines(std::string message) const {
  for (size_t at; (at = message.find("@0x")) != std::string::npos;) {
    size_t end = message.find_first_not_of("0123456789abcdef", at + 3);
    std::string place = message.substr(at + 1, end - at - 1), line = "an unknown line";
    // Frames of the shim's own headers are inlined into the kernel's line: the outermost is last.
    std::string command = SNAP_SHIM_SYMBOLIZER " --output-style=GNU -f=none -i -e " + quoted(path) + " " + place;
    if (FILE *pipe = popen(command.c_str(), "r")) {
      char text[1000];
      while (std::fgets(text, sizeof text, pipe)) {
        const char *colon = std::strstr(text, "kernels.metal:");
        if (colon)
          line = "line " + std::to_string(std::atoi(colon + std::strlen("kernels.metal:")));
      }
      pclose(pipe);
    }
    message.replace(at, end - at, line);
  }
  return message;
}

namespace {
/// Copies of the buffers, far enough from each other that no slip lands in the next.
class Arena {
public:
  explicit Arena(const std::vector<ShimArgument> &arguments) {
    size_t total = gap;
    for (const ShimArgument &argument : arguments)
      total += (argument.bytes + alignment - 1) / alignment * alignment + gap;
    memory.reset(static_cast<unsigned char *>(std::aligned_alloc(alignment, total)));
    size_t at = gap;
    for (size_t i = 0; i < arguments.size(); ++i) {
      const ShimArgument &argument = arguments[i];
      unsigned char *data = argument.data ? memory.get() + at : nullptr;
      for (size_t other = 0; other < i; ++other)
        if (argument.data && arguments[other].data == argument.data)
          data = buffers[other].data;
      if (data)
        std::memcpy(data, argument.data, argument.bytes);
      buffers.push_back({data, argument.bytes, argument.elementBytes, argument.writable});
      at += (argument.bytes + alignment - 1) / alignment * alignment + gap;
    }
  }
  void copyBack(const std::vector<ShimArgument> &arguments) const {
    for (size_t i = 0; i < arguments.size(); ++i)
      if (arguments[i].writable && arguments[i].data)
        std::memcpy(arguments[i].data, buffers[i].data, arguments[i].bytes);
  }
  std::vector<ShimBuffer> buffers;

private:
  static constexpr size_t alignment = 256, gap = 4096;
  struct Free {
    void operator()(unsigned char *pointer) const { std::free(pointer); }
  };
  std::unique_ptr<unsigned char, Free> memory;
};
} // namespace

std::string ShimLibrary::run(const std::string &kernel, const uint32_t (&groups)[3], const uint32_t (&threads)[3],
                             const std::vector<ShimArgument> &arguments, LaneOrder order) const {
  Arena arena(arguments);
  char message[2000];
  ShimLaunch launch = {kernel.c_str(),
                       arena.buffers.data(),
                       static_cast<int32_t>(arena.buffers.size()),
                       {groups[0], groups[1], groups[2]},
                       {threads[0], threads[1], threads[2]},
                       order,
                       threadgroupLimit,
                       message,
                       sizeof message};
  entry(&launch);
  arena.copyBack(arguments);
  return withLines(message);
}
