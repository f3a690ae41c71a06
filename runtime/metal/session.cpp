//===- session.cpp - Opening and closing a Metal GPU ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/metal/session.h"

using namespace snap::runtime;
using namespace snap::runtime::metal;

bool snap::runtime::metal::siblingPath(char (&path)[1024], const char *snap, const char *folder, const char *ending) {
  size_t begin = 0, end = __builtin_strlen(snap);
  for (size_t i = 0; i < end; ++i)
    if (snap[i] == '/')
      begin = i + 1;
  for (size_t i = end; i > begin; --i)
    if (snap[i - 1] == '.') {
      end = i - 1;
      break;
    }
  const size_t folderLength = folder ? __builtin_strlen(folder) : begin;
  const size_t endingLength = __builtin_strlen(ending);
  if (folderLength + (end - begin) + endingLength + 2 > sizeof path)
    return false;
  size_t used = folderLength;
  __builtin_memcpy(path, folder ? folder : snap, folderLength);
  if (folder)
    path[used++] = '/';
  __builtin_memcpy(path + used, snap + begin, end - begin);
  __builtin_memcpy(path + used + (end - begin), ending, endingLength + 1);
  return true;
}

snap_status snap::runtime::metal::failWith(snap_error *error, snap_status status, objc::id nsError, const char *what) {
  const char *text = nsError ? objc::utf8(objc::localizedDescription(nsError)) : nullptr;
  return text ? fail(error, status, what, ": ", text) : fail(error, status, what, ", without a reason");
}

snap_status Session::openBuffers(const GpuRequest &request, snap_error *error) {
  const uint64_t most = objc::maxBufferLength(device.get());
  auto allocate = [&](objc::Owned &buffer, uint64_t bytes, const char *what) {
    if (bytes > most)
      return fail(error, SNAP_ERROR_MEMORY, what, " of ", bytes, " bytes exceeds the GPU's largest buffer of ", most);
    buffer.reset(objc::newBuffer(device.get(), bytes, objc::kStorageShared));
    return buffer ? SNAP_OK
                  : fail(error, SNAP_ERROR_MEMORY, "the GPU has no memory for ", what, " of ", bytes, " bytes");
  };
  if (snap_status status = allocate(shared, request.memoryBytes, "an arena"))
    return status;
  memory = static_cast<uint8_t *>(objc::contents(shared.get()));
  if (!memory)
    return fail(error, SNAP_ERROR_GPU, "the GPU hides its shared memory");
  if (request.scratchBytes)
    if (snap_status status = allocate(scratch, request.scratchBytes, "scratch"))
      return status;
  if (uint64_t bytes = metal.constants().size()) {
    constants.reset(objc::newBufferCopy(device.get(), metal.constants().bytes(), bytes, objc::kStorageShared));
    if (!constants)
      return fail(error, SNAP_ERROR_MEMORY, "the GPU has no memory for constants of ", bytes, " bytes");
  }
  return weights.open(device.get(), request.data, request.dataBytes, largestWeight(plan, metal), error);
}

snap_status Session::open(const GpuRequest &request, snap_error *error) {
  device.reset(MTLCreateSystemDefaultDevice());
  if (!device)
    return fail(error, SNAP_ERROR_UNSUPPORTED, "this device has no GPU that Metal can use");
  const char *text = objc::utf8(objc::name(device.get()));
  Message(deviceName, sizeof deviceName).add(text ? text : "");
  name = deviceName;
  if (!objc::supportsFamily(device.get(), objc::kFamilyApple7))
    return fail(error, SNAP_ERROR_UNSUPPORTED, "the GPU '", name, "' is not of the Apple7 family (A14, M1) or later");
  queue.reset(objc::newCommandQueue(device.get()));
  if (!queue)
    return fail(error, SNAP_ERROR_GPU, "the GPU '", name, "' gives no command queue");
  if (snap_status status = openBuffers(request, error))
    return status;
  return pipelines.open(device.get(), request, error);
}

//===----------------------------------------------------------------------===//
// What the runtime calls
//===----------------------------------------------------------------------===//

static void closeSession(GpuSession *session) {
  auto *metal = static_cast<Session *>(session);
  const Allocator allocator = metal->allocator;
  objc::Pool pool;
  metal->~Session();
  allocator.deallocate(metal, sizeof(Session));
}

static snap_status openSession(const GpuRequest &request, GpuSession *&session, snap_error *error) {
  session = nullptr;
  objc::Pool pool;
  void *memory = request.allocator->allocate(sizeof(Session));
  if (!memory)
    return fail(error, SNAP_ERROR_MEMORY, "no memory for a GPU session");
  auto *metal = new (memory, Placement()) Session(request);
  if (snap_status status = metal->open(request, error)) {
    closeSession(metal);
    return status;
  }
  session = metal;
  return SNAP_OK;
}

static snap_status runSession(GpuSession &session, uint32_t program, snap_error *error) {
  objc::Pool pool;
  return static_cast<Session &>(session).run(program, error);
}

// Named by NAME_library.
extern "C" const snap_gpu snap_metal;
extern "C" const snap_gpu snap_metal = {openSession, runSession, closeSession};
