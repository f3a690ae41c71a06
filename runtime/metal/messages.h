//===- messages.h - The methods of Metal and Foundation we use --*- C++ -*-===//
//
// One function per method, with the types that Apple documents. A test compares
// the calls with those that clang makes of the same messages in Objective-C.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_METAL_MESSAGES_H
#define SNAP_RUNTIME_METAL_MESSAGES_H

#include "runtime/metal/objc.h"

extern "C" {
/// Metal.framework. The caller's own; null where there is no GPU.
snap::runtime::objc::id MTLCreateSystemDefaultDevice(void);
}

namespace snap::runtime::objc {

struct MTLSize {
  NSUInteger width, height, depth;
};

// Values of Metal's enumerations.
constexpr NSInteger kFamilyApple7 = 1007;     // MTLGPUFamilyApple7
constexpr NSUInteger kStorageShared = 0;      // MTLResourceStorageModeShared
constexpr NSUInteger kNoPipelineOptions = 0;  // MTLPipelineOptionNone
constexpr NSUInteger kFailOnArchiveMiss = 4;  // MTLPipelineOptionFailOnBinaryArchiveMiss
constexpr NSUInteger kStatusCompleted = 4;    // MTLCommandBufferStatusCompleted
constexpr NSInteger kErrorAccessRevoked = 4;  // MTLCommandBufferErrorAccessRevoked
constexpr NSInteger kErrorNotPermitted = 7;   // MTLCommandBufferErrorNotPermitted
constexpr NSInteger kErrorOutOfMemory = 8;    // MTLCommandBufferErrorOutOfMemory
constexpr NSInteger kErrorDeviceRemoved = 11; // MTLCommandBufferErrorDeviceRemoved
constexpr NSUInteger kUtf8 = 4;               // NSUTF8StringEncoding

// Foundation.
inline id stringWithUtf8(const char *text) {
  return send<id>(objc_getClass("NSString"), "stringWithUTF8String:", text);
}
/// Owned.
inline id newString(const void *bytes, NSUInteger length) {
  id string = send<id>(objc_getClass("NSString"), "alloc");
  return send<id>(string, "initWithBytes:length:encoding:", bytes, length, kUtf8);
}
inline const char *utf8(id string) { return send<const char *>(string, "UTF8String"); }
inline id fileUrl(id path) { return send<id>(objc_getClass("NSURL"), "fileURLWithPath:", path); }
inline id arrayWithObject(id object) { return send<id>(objc_getClass("NSArray"), "arrayWithObject:", object); }
inline NSInteger code(id error) { return send<NSInteger>(error, "code"); }
inline id localizedDescription(id error) { return send<id>(error, "localizedDescription"); }

// MTLDevice. What begins with `new` is owned.
inline id name(id device) { return send<id>(device, "name"); }
inline BOOL supportsFamily(id device, NSInteger family) { return send<BOOL>(device, "supportsFamily:", family); }
inline NSUInteger maxBufferLength(id device) { return send<NSUInteger>(device, "maxBufferLength"); }
inline id newCommandQueue(id device) { return send<id>(device, "newCommandQueue"); }
inline id newBuffer(id device, NSUInteger length, NSUInteger options) {
  return send<id>(device, "newBufferWithLength:options:", length, options);
}
inline id newBufferCopy(id device, const void *bytes, NSUInteger length, NSUInteger options) {
  return send<id>(device, "newBufferWithBytes:length:options:", bytes, length, options);
}
/// `bytes` and `length` are multiples of a page; nothing frees them.
inline id newBufferNoCopy(id device, void *bytes, NSUInteger length, NSUInteger options) {
  return send<id>(device, "newBufferWithBytesNoCopy:length:options:deallocator:", bytes, length, options, id(nullptr));
}
inline id newLibraryWithUrl(id device, id url, id *error) {
  return send<id>(device, "newLibraryWithURL:error:", url, error);
}
inline id newLibraryWithSource(id device, id source, id options, id *error) {
  return send<id>(device, "newLibraryWithSource:options:error:", source, options, error);
}
inline id newArchive(id device, id descriptor, id *error) {
  return send<id>(device, "newBinaryArchiveWithDescriptor:error:", descriptor, error);
}
inline id newPipeline(id device, id descriptor, NSUInteger options, id *error) {
  return send<id>(device, "newComputePipelineStateWithDescriptor:options:reflection:error:", descriptor, options,
                  static_cast<id *>(nullptr), error);
}
inline id newPipelineWithFunction(id device, id function, id *error) {
  return send<id>(device, "newComputePipelineStateWithFunction:error:", function, error);
}

// MTLLibrary, MTLBinaryArchive and their descriptors.
inline id newFunction(id library, id name) { return send<id>(library, "newFunctionWithName:", name); }
inline id newArchiveDescriptor() { return send<id>(objc_getClass("MTLBinaryArchiveDescriptor"), "new"); }
inline void setUrl(id descriptor, id url) { send<void>(descriptor, "setUrl:", url); }
inline id newPipelineDescriptor() { return send<id>(objc_getClass("MTLComputePipelineDescriptor"), "new"); }
inline void setComputeFunction(id descriptor, id function) { send<void>(descriptor, "setComputeFunction:", function); }
inline void setBinaryArchives(id descriptor, id archives) { send<void>(descriptor, "setBinaryArchives:", archives); }
inline BOOL addFunctions(id archive, id descriptor, id *error) {
  return send<BOOL>(archive, "addComputePipelineFunctionsWithDescriptor:error:", descriptor, error);
}
inline BOOL serialize(id archive, id url, id *error) {
  return send<BOOL>(archive, "serializeToURL:error:", url, error);
}

// MTLComputePipelineState, MTLBuffer.
inline NSUInteger maxTotalThreads(id pipeline) { return send<NSUInteger>(pipeline, "maxTotalThreadsPerThreadgroup"); }
inline NSUInteger threadExecutionWidth(id pipeline) { return send<NSUInteger>(pipeline, "threadExecutionWidth"); }
inline void *contents(id buffer) { return send<void *>(buffer, "contents"); }

// MTLCommandQueue, MTLCommandBuffer, MTLComputeCommandEncoder.
inline id commandBuffer(id queue) { return send<id>(queue, "commandBuffer"); }
inline id computeEncoder(id commands) { return send<id>(commands, "computeCommandEncoder"); }
inline void commit(id commands) { send<void>(commands, "commit"); }
inline void waitUntilCompleted(id commands) { send<void>(commands, "waitUntilCompleted"); }
inline NSUInteger status(id commands) { return send<NSUInteger>(commands, "status"); }
inline id error(id commands) { return send<id>(commands, "error"); }
inline void setPipeline(id encoder, id pipeline) { send<void>(encoder, "setComputePipelineState:", pipeline); }
inline void setBuffer(id encoder, id buffer, NSUInteger offset, NSUInteger index) {
  send<void>(encoder, "setBuffer:offset:atIndex:", buffer, offset, index);
}
inline void dispatch(id encoder, MTLSize groups, MTLSize threads) {
  send<void>(encoder, "dispatchThreadgroups:threadsPerThreadgroup:", groups, threads);
}
inline void endEncoding(id encoder) { send<void>(encoder, "endEncoding"); }

} // namespace snap::runtime::objc

#endif // SNAP_RUNTIME_METAL_MESSAGES_H
