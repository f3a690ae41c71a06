//===- FakeMetal.cpp - A Metal device for tests: what it holds ------------===//
//
// Device, libraries, archives, pipelines and buffers; FakeCommands.cpp runs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "FakeMetalObjects.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace snap::fake;
using NSUInteger = unsigned long;

static constexpr const char *metallibMagic = "FAKE METALLIB\n", *archiveMagic = "FAKE ARCHIVE\n";

DeviceModel &snap::fake::device() {
  static DeviceModel model;
  return model;
}

void snap::fake::resetMetal() {
  std::string folder = device().shimFolder;
  device() = DeviceModel();
  device().shimFolder = folder;
  resetObjc();
}

static std::string readFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void snap::fake::writeFakeMetallib(const std::string &path, const std::string &source) {
  std::ofstream(path, std::ios::binary) << metallibMagic << source;
}

//===----------------------------------------------------------------------===//
// Libraries and functions
//===----------------------------------------------------------------------===//

static Object *makeLibrary(const std::string &source, Object **error) {
  // Once in a process: tests open the same functions hundreds of times.
  static std::map<std::string, std::shared_ptr<snap::shim::ShimLibrary>> all;
  std::string said;
  std::shared_ptr<snap::shim::ShimLibrary> &compiled = all[source];
  if (!compiled)
    compiled = snap::shim::ShimLibrary::compile(source, {device().shimFolder, {"-D__METAL_VERSION__=310"}}, said);
  if (!compiled)
    return leaveError(error, "program_source: " + said, 3);
  auto *library = new Library(compiled);
  const std::string word = "kernel void ";
  for (size_t at = source.find(word); at != std::string::npos; at = source.find(word, at)) {
    at += word.size();
    library->functions.insert(source.substr(at, source.find('(', at) - at));
  }
  return library;
}

static Object *newLibraryWithSource(Object *, Selector, Object *source, Object *options, Object **error) {
  if (options)
    problem("compile options that this device does not know");
  if (failsHere(error))
    return nullptr;
  ++device().librariesFromSource;
  return makeLibrary(static_cast<String *>(source)->text, error);
}

static Object *newLibraryWithUrl(Object *, Selector, Object *url, Object **error) {
  if (failsHere(error))
    return nullptr;
  std::string text = readFile(static_cast<Url *>(url)->path);
  if (text.rfind(metallibMagic, 0) != 0)
    return leaveError(error, "Invalid library file");
  ++device().librariesFromFile;
  return makeLibrary(text.substr(std::strlen(metallibMagic)), error);
}

static Object *newFunction(Object *self, Selector, Object *name) {
  auto *library = static_cast<Library *>(self);
  const std::string &text = static_cast<String *>(name)->text;
  return library->functions.count(text) ? new Function(library, text) : nullptr;
}

//===----------------------------------------------------------------------===//
// Archives and pipelines
//===----------------------------------------------------------------------===//

static Object *newArchiveDescriptor(Object *, Selector) { return new ArchiveDescriptor(); }
static void setUrl(Object *self, Selector, Object *url) {
  auto *descriptor = static_cast<ArchiveDescriptor *>(self);
  retain(url);
  release(descriptor->url);
  descriptor->url = static_cast<Url *>(url);
}

static Object *newArchive(Object *, Selector, Object *descriptor, Object **error) {
  if (failsHere(error))
    return nullptr;
  auto *archive = new Archive();
  if (Url *url = static_cast<ArchiveDescriptor *>(descriptor)->url) {
    std::string text = readFile(url->path);
    if (text.rfind(archiveMagic, 0) != 0) {
      release(archive);
      return leaveError(error, "Invalid archive file");
    }
    std::istringstream lines(text.substr(std::strlen(archiveMagic)));
    for (std::string line; std::getline(lines, line);)
      archive->functions.insert(line);
  }
  return archive;
}

static Object *newPipelineDescriptor(Object *, Selector) { return new PipelineDescriptor(); }
static void setComputeFunction(Object *self, Selector, Object *function) {
  static_cast<PipelineDescriptor *>(self)->function = static_cast<Function *>(retain(function));
}
static void setBinaryArchives(Object *self, Selector, Object *archives) {
  auto *descriptor = static_cast<PipelineDescriptor *>(self);
  retain(archives);
  release(descriptor->archives);
  descriptor->archives = static_cast<Array *>(archives);
}

static bool addFunctions(Object *self, Selector, Object *descriptor, Object **error) {
  if (failsHere(error))
    return false;
  if (static_cast<Archive *>(self)
          ->functions.insert(static_cast<PipelineDescriptor *>(descriptor)->function->name)
          .second)
    ++device().compiledPipelines;
  return true;
}

static bool serialize(Object *self, Selector, Object *url, Object **error) {
  if (failsHere(error))
    return false;
  std::ofstream out(static_cast<Url *>(url)->path, std::ios::binary);
  out << archiveMagic;
  for (const std::string &name : static_cast<Archive *>(self)->functions)
    out << name << '\n';
  out.close();
  if (!out)
    leaveError(error, "cannot write the archive");
  return static_cast<bool>(out);
}

static Object *makePipeline(Function *function) { return new Pipeline(function); }

static Object *newPipeline(Object *, Selector, Object *of, NSUInteger options, Object **reflection, Object **error) {
  if (reflection)
    problem("a reflection is asked for, which nobody reads");
  if (failsHere(error))
    return nullptr;
  auto *descriptor = static_cast<PipelineDescriptor *>(of);
  bool found = false;
  if (descriptor->archives)
    for (Object *archive : descriptor->archives->objects)
      found |= static_cast<Archive *>(archive)->functions.count(descriptor->function->name) != 0;
  if (!found && options & 4)
    return leaveError(error, "the archive lacks the function");
  device().compiledPipelines += !found;
  return makePipeline(descriptor->function);
}

static Object *newPipelineWithFunction(Object *, Selector, Object *function, Object **error) {
  if (failsHere(error))
    return nullptr;
  ++device().compiledPipelines;
  return makePipeline(static_cast<Function *>(function));
}

static NSUInteger maxTotalThreads(Object *, Selector) { return device().maxTotalThreads; }
static NSUInteger executionWidth(Object *, Selector) { return device().executionWidth; }

//===----------------------------------------------------------------------===//
// Buffers and the device
//===----------------------------------------------------------------------===//

static bool fits(NSUInteger length, NSUInteger options) {
  if (options != 0)
    problem("a buffer that is not shared");
  if (length == 0 || length > device().maxBufferLength)
    problem("a buffer of " + std::to_string(length) + " bytes");
  return length != 0 && length <= device().maxBufferLength;
}

static Object *newBuffer(Object *, Selector, NSUInteger length, NSUInteger options) {
  if (failsHere(nullptr) || !fits(length, options))
    return nullptr;
  auto *memory = static_cast<unsigned char *>(std::aligned_alloc(16384, (length + 16383) / 16384 * 16384));
  std::memset(memory, 0xff, length); // a NaN of any type, so that what is not written shows
  return new Buffer(memory, length, /*owned=*/true);
}

static Object *newBufferCopy(Object *self, Selector selector, const void *bytes, NSUInteger length,
                             NSUInteger options) {
  Object *buffer = newBuffer(self, selector, length, options);
  if (buffer)
    std::memcpy(static_cast<Buffer *>(buffer)->data, bytes, length);
  return buffer;
}

static Object *newBufferNoCopy(Object *, Selector, void *bytes, NSUInteger length, NSUInteger options,
                               Object *deallocator) {
  const auto page = static_cast<NSUInteger>(getpagesize());
  if (reinterpret_cast<uintptr_t>(bytes) % page || length % page)
    problem("memory of others that is not in whole pages");
  if (deallocator)
    problem("a deallocator for memory that is not the device's");
  if (failsHere(nullptr) || !fits(length, options))
    return nullptr;
  return new Buffer(static_cast<unsigned char *>(bytes), length, /*owned=*/false);
}

static void *contents(Object *self, Selector) { return static_cast<Buffer *>(self)->data; }
static Object *name(Object *, Selector) { return autorelease(new String(device().name)); }
static bool supportsFamily(Object *, Selector, long family) { return family <= device().family; }
static NSUInteger maxBufferLength(Object *, Selector) { return device().maxBufferLength; }
static Object *newCommandQueue(Object *, Selector) { return new Queue(); }

namespace {
struct Classes {
  Class device{"MTLDevice",
               {{"name", method(name)},
                {"supportsFamily:", method(supportsFamily)},
                {"maxBufferLength", method(maxBufferLength)},
                {"newCommandQueue", method(newCommandQueue)},
                {"newBufferWithLength:options:", method(newBuffer)},
                {"newBufferWithBytes:length:options:", method(newBufferCopy)},
                {"newBufferWithBytesNoCopy:length:options:deallocator:", method(newBufferNoCopy)},
                {"newLibraryWithURL:error:", method(newLibraryWithUrl)},
                {"newLibraryWithSource:options:error:", method(newLibraryWithSource)},
                {"newBinaryArchiveWithDescriptor:error:", method(newArchive)},
                {"newComputePipelineStateWithDescriptor:options:reflection:error:", method(newPipeline)},
                {"newComputePipelineStateWithFunction:error:", method(newPipelineWithFunction)}}};
  Class library{"MTLLibrary", {{"newFunctionWithName:", method(newFunction)}}};
  Class function{"MTLFunction", {}};
  Class archive{"MTLBinaryArchive",
                {{"addComputePipelineFunctionsWithDescriptor:error:", method(addFunctions)},
                 {"serializeToURL:error:", method(serialize)}}};
  Class archiveDescriptor{
      "MTLBinaryArchiveDescriptor", {{"setUrl:", method(setUrl)}}, {{"new", method(newArchiveDescriptor)}}};
  Class pipelineDescriptor{
      "MTLComputePipelineDescriptor",
      {{"setComputeFunction:", method(setComputeFunction)}, {"setBinaryArchives:", method(setBinaryArchives)}},
      {{"new", method(newPipelineDescriptor)}}};
  Class pipeline{
      "MTLComputePipelineState",
      {{"maxTotalThreadsPerThreadgroup", method(maxTotalThreads)}, {"threadExecutionWidth", method(executionWidth)}}};
  Class buffer{"MTLBuffer", {{"contents", method(contents)}}};
};
} // namespace

static Classes &classes() {
  static Classes &all = *new Classes;
  return all;
}
static const Classes &known = classes(); // before anything asks for them by name

struct Device : Object {
  Device() : Object(classes().device) {}
};

extern "C" Object *MTLCreateSystemDefaultDevice() {
  (void)known;
  return device().exists ? new Device() : nullptr;
}

Library::Library(std::shared_ptr<snap::shim::ShimLibrary> code) : Object(classes().library), code(std::move(code)) {}
Function::Function(Library *library, std::string name)
    : Object(classes().function), library(static_cast<Library *>(retain(library))), name(std::move(name)) {}
Function::~Function() { release(library); }
Archive::Archive() : Object(classes().archive) {}
ArchiveDescriptor::ArchiveDescriptor() : Object(classes().archiveDescriptor) {}
ArchiveDescriptor::~ArchiveDescriptor() { release(url); }
PipelineDescriptor::PipelineDescriptor() : Object(classes().pipelineDescriptor) {}
PipelineDescriptor::~PipelineDescriptor() {
  release(function);
  release(archives);
}
Pipeline::Pipeline(Function *function)
    : Object(classes().pipeline), function(static_cast<Function *>(retain(function))) {}
Pipeline::~Pipeline() { release(function); }
Buffer::Buffer(unsigned char *data, uint64_t length, bool owned)
    : Object(classes().buffer), data(data), length(length), owned(owned) {}
Buffer::~Buffer() {
  if (owned)
    std::free(data);
}
