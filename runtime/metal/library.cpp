//===- library.cpp - From functions to pipelines --------------------------===//
//
// The functions come from NAME.metallib, or are compiled from NAME.metal; both
// say which build they belong to. What the driver makes of them is kept in an
// archive, where the app has given a folder for it.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/metal/session.h"

#include "runtime/platform.h"

using namespace snap::runtime;
using namespace snap::runtime::metal;

/// Joins strings into a fixed buffer, which is large enough for a build id.
template <typename... Pieces> static void join(char (&buffer)[96], const Pieces &...pieces) {
  Message message(buffer, sizeof buffer);
  (message.add(pieces), ...);
}

static bool isThere(const char *path) {
  platform::MappedFile file;
  bool there = platform::mapFile(path, file) == nullptr && file.size != 0;
  platform::unmapFile(file);
  return there;
}

//===----------------------------------------------------------------------===//
// The library
//===----------------------------------------------------------------------===//

static snap_status mismatch(snap_error *error, const char *path, const char *buildId) {
  return fail(error, SNAP_ERROR_MISMATCH, path, ": is not of build ", buildId, "; use the files of one compilation");
}

/// The first line ends in the build id: "// NAME.metal, build 0123…".
static bool beginsWithBuild(const platform::MappedFile &file, const char *buildId) {
  uint64_t end = 0;
  while (end < file.size && file.data[end] != '\n')
    ++end;
  const uint64_t length = __builtin_strlen(buildId);
  return end >= length && __builtin_memcmp(file.data + end - length, buildId, length) == 0;
}

static snap_status compileSource(objc::id device, const char *path, const char *buildId, objc::Owned &library,
                                 snap_error *error) {
  platform::MappedFile file;
  if (const char *reason = platform::mapFile(path, file))
    return fail(error, SNAP_ERROR_IO, path, ": cannot be opened: ", reason,
                "; put it, or the .metallib made from it, beside the .snap");
  snap_status status = SNAP_OK;
  if (!beginsWithBuild(file, buildId)) {
    status = mismatch(error, path, buildId);
  } else {
    objc::Owned source(objc::newString(file.data, file.size));
    objc::id problem = nullptr;
    if (source)
      library.reset(objc::newLibraryWithSource(device, source.get(), nullptr, &problem));
    if (!library)
      status = failWith(error, SNAP_ERROR_GPU, problem, "the GPU's compiler refused the functions");
  }
  platform::unmapFile(file);
  return status;
}

static snap_status openLibrary(objc::id device, const GpuRequest &request, objc::Owned &library, snap_error *error) {
  const char *buildId = request.plan.buildId();
  char path[1024];
  if (!siblingPath(path, request.path, nullptr, ".metallib"))
    return fail(error, SNAP_ERROR_ARGUMENT, request.path, ": the path is too long for a GPU's files");
  if (isThere(path)) {
    objc::id problem = nullptr;
    library.reset(objc::newLibraryWithUrl(device, objc::fileUrl(objc::stringWithUtf8(path)), &problem));
    if (!library)
      return failWith(error, SNAP_ERROR_GPU, problem, "the compiled functions cannot be loaded");
  } else {
    siblingPath(path, request.path, nullptr, ".metal");
    if (snap_status status = compileSource(device, path, buildId, library, error))
      return status;
  }
  char function[96];
  join(function, "snap_build_", buildId);
  objc::Owned marker(objc::newFunction(library.get(), objc::stringWithUtf8(function)));
  return marker ? SNAP_OK : mismatch(error, path, buildId);
}

//===----------------------------------------------------------------------===//
// The archive
//===----------------------------------------------------------------------===//

namespace {

/// MTLBinaryArchive in a file. Whatever fails here costs time at the next start, and nothing else.
class Archive {
public:
  Archive(objc::id device, const GpuRequest &request) {
    char ending[96];
    join(ending, "-", request.plan.buildId(), ".metalarchive");
    if (!request.cache || !siblingPath(path, request.path, request.cache, ending))
      return;
    objc::Owned descriptor(objc::newArchiveDescriptor());
    objc::id problem = nullptr;
    if (isThere(path)) {
      objc::setUrl(descriptor.get(), url());
      archive.reset(objc::newArchive(device, descriptor.get(), &problem));
      isLoaded = static_cast<bool>(archive);
      objc::setUrl(descriptor.get(), nullptr);
    }
    // One that is damaged, or of another system, is replaced.
    if (!archive)
      archive.reset(objc::newArchive(device, descriptor.get(), &problem));
  }

  objc::id newPipeline(objc::id device, objc::id function, objc::id *problem) {
    if (!archive)
      return objc::newPipelineWithFunction(device, function, problem);
    objc::Owned descriptor(objc::newPipelineDescriptor());
    objc::setComputeFunction(descriptor.get(), function);
    objc::id archives = objc::arrayWithObject(archive.get());
    if (isLoaded) {
      objc::setBinaryArchives(descriptor.get(), archives);
      if (objc::id pipeline = objc::newPipeline(device, descriptor.get(), objc::kFailOnArchiveMiss, problem))
        return pipeline;
      // What is added is what the driver makes without an archive.
      objc::setBinaryArchives(descriptor.get(), nullptr);
    }
    isChanged |= objc::addFunctions(archive.get(), descriptor.get(), problem);
    objc::setBinaryArchives(descriptor.get(), archives);
    return objc::newPipeline(device, descriptor.get(), objc::kNoPipelineOptions, problem);
  }

  void save() {
    objc::id problem = nullptr;
    if (isChanged)
      objc::serialize(archive.get(), url(), &problem);
  }

private:
  objc::id url() { return objc::fileUrl(objc::stringWithUtf8(path)); }

  objc::Owned archive;
  bool isLoaded = false, isChanged = false;
  char path[1024] = {};
};

} // namespace

//===----------------------------------------------------------------------===//
// The pipelines
//===----------------------------------------------------------------------===//

/// The largest threadgroup that any dispatch runs a function with.
static uint64_t mostThreads(const MetalView &metal, uint32_t function) {
  uint64_t most = 0;
  for (uint32_t k = 0; k < metal.kernels().size(); ++k) {
    FlatVector dispatches = MetalKernelView{metal.kernels().table(k)}.dispatches();
    for (uint32_t d = 0; d < dispatches.size(); ++d) {
      MetalDispatchView dispatch = {dispatches.table(d)};
      FlatVector threads = dispatch.threads();
      uint64_t count =
          uint64_t(threads.scalar<uint32_t>(0)) * threads.scalar<uint32_t>(1) * threads.scalar<uint32_t>(2);
      if (dispatch.function() == function && count > most)
        most = count;
    }
  }
  return most;
}

/// A dispatch of more threads than the pipeline takes would do nothing, silently; other widths than 32 would be wrong.
static snap_status checkPipeline(objc::id pipeline, const char *name, uint64_t threads, snap_error *error) {
  const uint64_t most = objc::maxTotalThreads(pipeline), width = objc::threadExecutionWidth(pipeline);
  if (most < threads)
    return fail(error, SNAP_ERROR_GPU, "function '", name, "' needs threadgroups of ", threads,
                " threads, on this GPU it has registers for ", most);
  if (width != 32)
    return fail(error, SNAP_ERROR_GPU, "function '", name, "' needs simdgroups of 32 threads, on this GPU they have ",
                width);
  return SNAP_OK;
}

snap_status Pipelines::open(objc::id device, const GpuRequest &request, snap_error *error) {
  FlatVector functions = request.metal.functions();
  count = functions.size();
  if (count == 0)
    return SNAP_OK;
  states = static_cast<objc::id *>(allocator.allocate(count * sizeof *states));
  if (!states)
    return fail(error, SNAP_ERROR_MEMORY, "no memory for ", count, " pipelines");
  __builtin_memset(static_cast<void *>(states), 0, count * sizeof *states);
  auto cancelled = [&](uint32_t done) { return request.progress && request.progress(request.user, done, count) != 0; };
  auto cancel = [&](uint32_t done) {
    return fail(error, SNAP_CANCELLED, "cancelled after ", done, " of ", count, " functions");
  };
  if (cancelled(0))
    return cancel(0);

  objc::Owned library;
  if (snap_status status = openLibrary(device, request, library, error))
    return status;
  Archive archive(device, request);
  for (uint32_t i = 0; i < count; ++i) {
    // Hundreds of them: what each leaves behind goes at once.
    objc::Pool pool;
    const char *name = MetalFunctionView{functions.table(i)}.name();
    objc::Owned function(objc::newFunction(library.get(), objc::stringWithUtf8(name)));
    if (!function)
      return fail(error, SNAP_ERROR_MISMATCH, "the compiled functions lack '", name,
                  "'; use the files of one compilation");
    objc::id problem = nullptr;
    states[i] = archive.newPipeline(device, function.get(), &problem);
    if (!states[i]) {
      failWith(error, SNAP_ERROR_GPU, problem, name);
      return SNAP_ERROR_GPU;
    }
    if (snap_status status = checkPipeline(states[i], name, mostThreads(request.metal, i), error))
      return status;
    if (cancelled(i + 1))
      return cancel(i + 1);
  }
  archive.save();
  return SNAP_OK;
}

Pipelines::~Pipelines() {
  for (uint32_t i = 0; states && i < count; ++i)
    if (states[i])
      objc_release(states[i]);
  allocator.deallocate(static_cast<void *>(states), count * sizeof *states);
}
