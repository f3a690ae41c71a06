//===- messages_twins.cpp - Every message of messages.h, by itself --------===//
//
// messages.m has the same functions in Objective-C.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/metal/messages.h"

using namespace snap::runtime::objc;

extern "C" {
id twin_stringWithUtf8(const char *text) { return stringWithUtf8(text); }
id twin_newString(const void *bytes, NSUInteger length) { return newString(bytes, length); }
const char *twin_utf8(id string) { return utf8(string); }
id twin_fileUrl(id path) { return fileUrl(path); }
id twin_arrayWithObject(id object) { return arrayWithObject(object); }
NSInteger twin_code(id error) { return code(error); }
id twin_localizedDescription(id error) { return localizedDescription(error); }
id twin_name(id device) { return name(device); }
BOOL twin_supportsFamily(id device, NSInteger family) { return supportsFamily(device, family); }
NSUInteger twin_maxBufferLength(id device) { return maxBufferLength(device); }
id twin_newCommandQueue(id device) { return newCommandQueue(device); }
id twin_newBuffer(id device, NSUInteger length, NSUInteger options) { return newBuffer(device, length, options); }
id twin_newBufferCopy(id device, const void *bytes, NSUInteger length, NSUInteger options) {
  return newBufferCopy(device, bytes, length, options);
}
id twin_newBufferNoCopy(id device, void *bytes, NSUInteger length, NSUInteger options) {
  return newBufferNoCopy(device, bytes, length, options);
}
id twin_newLibraryWithUrl(id device, id url, id *error) { return newLibraryWithUrl(device, url, error); }
id twin_newLibraryWithSource(id device, id source, id options, id *error) {
  return newLibraryWithSource(device, source, options, error);
}
id twin_newArchive(id device, id descriptor, id *error) { return newArchive(device, descriptor, error); }
id twin_newPipeline(id device, id descriptor, NSUInteger options, id *error) {
  return newPipeline(device, descriptor, options, error);
}
id twin_newPipelineWithFunction(id device, id function, id *error) {
  return newPipelineWithFunction(device, function, error);
}
id twin_newFunction(id library, id name) { return newFunction(library, name); }
id twin_newArchiveDescriptor(void) { return newArchiveDescriptor(); }
void twin_setUrl(id descriptor, id url) { setUrl(descriptor, url); }
id twin_newPipelineDescriptor(void) { return newPipelineDescriptor(); }
void twin_setComputeFunction(id descriptor, id function) { setComputeFunction(descriptor, function); }
void twin_setBinaryArchives(id descriptor, id archives) { setBinaryArchives(descriptor, archives); }
BOOL twin_addFunctions(id archive, id descriptor, id *error) { return addFunctions(archive, descriptor, error); }
BOOL twin_serialize(id archive, id url, id *error) { return serialize(archive, url, error); }
NSUInteger twin_maxTotalThreads(id pipeline) { return maxTotalThreads(pipeline); }
NSUInteger twin_threadExecutionWidth(id pipeline) { return threadExecutionWidth(pipeline); }
void *twin_contents(id buffer) { return contents(buffer); }
id twin_commandBuffer(id queue) { return commandBuffer(queue); }
id twin_computeEncoder(id commands) { return computeEncoder(commands); }
void twin_commit(id commands) { commit(commands); }
void twin_waitUntilCompleted(id commands) { waitUntilCompleted(commands); }
NSUInteger twin_status(id commands) { return status(commands); }
id twin_error(id commands) { return error(commands); }
void twin_setPipeline(id encoder, id pipeline) { setPipeline(encoder, pipeline); }
void twin_setBuffer(id encoder, id buffer, NSUInteger offset, NSUInteger index) {
  setBuffer(encoder, buffer, offset, index);
}
void twin_dispatch(id encoder, MTLSize groups, MTLSize threads) { dispatch(encoder, groups, threads); }
void twin_endEncoding(id encoder) { endEncoding(encoder); }
}
