// messages.m: the messages of runtime/metal/messages.h in Objective-C, with the prototypes that Apple documents. Each
// function has its twin of the same name in messages_twins.cpp; check_messages.py compares the calls that clang makes.
// SPDX-License-Identifier: Apache-2.0
typedef unsigned long NSUInteger;
typedef long NSInteger;
typedef _Bool BOOL;
typedef struct {
  NSUInteger width, height, depth;
} MTLSize;

__attribute__((objc_root_class)) @interface Root
+ (id)alloc __attribute__((objc_method_family(none)));
+ (id)new __attribute__((objc_method_family(none)));
@end

@interface NSString : Root
+ (id)stringWithUTF8String:(const char *)text;
- (id)initWithBytes:(const void *)bytes length:(NSUInteger)length encoding:(NSUInteger)encoding;
- (const char *)UTF8String;
@end
@interface NSURL : Root
+ (id)fileURLWithPath:(NSString *)path;
@end
@interface NSArray : Root
+ (id)arrayWithObject:(id)object;
@end
@interface NSError : Root
- (NSInteger)code;
- (NSString *)localizedDescription;
@end
@interface MTLBinaryArchiveDescriptor : Root
- (void)setUrl:(NSURL *)url;
@end
@interface MTLComputePipelineDescriptor : Root
- (void)setComputeFunction:(id)function;
- (void)setBinaryArchives:(NSArray *)archives;
@end

@protocol Device
- (NSString *)name;
- (BOOL)supportsFamily:(NSInteger)family;
- (NSUInteger)maxBufferLength;
- (id)newCommandQueue;
- (id)newBufferWithLength:(NSUInteger)length options:(NSUInteger)options;
- (id)newBufferWithBytes:(const void *)bytes length:(NSUInteger)length options:(NSUInteger)options;
- (id)newBufferWithBytesNoCopy:(void *)bytes
                        length:(NSUInteger)length
                       options:(NSUInteger)options
                   deallocator:(void (^)(void *, NSUInteger))deallocator;
- (id)newLibraryWithURL:(NSURL *)url error:(NSError **)error;
- (id)newLibraryWithSource:(NSString *)source options:(id)options error:(NSError **)error;
- (id)newBinaryArchiveWithDescriptor:(MTLBinaryArchiveDescriptor *)descriptor error:(NSError **)error;
- (id)newComputePipelineStateWithDescriptor:(MTLComputePipelineDescriptor *)descriptor
                                    options:(NSUInteger)options
                                 reflection:(id *)reflection
                                      error:(NSError **)error;
- (id)newComputePipelineStateWithFunction:(id)function error:(NSError **)error;
@end
@protocol Library
- (id)newFunctionWithName:(NSString *)name;
@end
@protocol Archive
- (BOOL)addComputePipelineFunctionsWithDescriptor:(MTLComputePipelineDescriptor *)descriptor error:(NSError **)error;
- (BOOL)serializeToURL:(NSURL *)url error:(NSError **)error;
@end
@protocol Pipeline
- (NSUInteger)maxTotalThreadsPerThreadgroup;
- (NSUInteger)threadExecutionWidth;
@end
@protocol Buffer
- (void *)contents;
@end
@protocol Queue
- (id)commandBuffer;
@end
@protocol Commands
- (id)computeCommandEncoder;
- (void)commit;
- (void)waitUntilCompleted;
- (NSUInteger)status;
- (NSError *)error;
@end
@protocol Encoder
- (void)setComputePipelineState:(id)pipeline;
- (void)setBuffer:(id)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)dispatchThreadgroups:(MTLSize)groups threadsPerThreadgroup:(MTLSize)threads;
- (void)endEncoding;
@end

id twin_stringWithUtf8(const char *text) { return [NSString stringWithUTF8String:text]; }
id twin_newString(const void *bytes, NSUInteger length) {
  return [[NSString alloc] initWithBytes:bytes length:length encoding:4];
}
const char *twin_utf8(NSString *string) { return [string UTF8String]; }
id twin_fileUrl(NSString *path) { return [NSURL fileURLWithPath:path]; }
id twin_arrayWithObject(id object) { return [NSArray arrayWithObject:object]; }
NSInteger twin_code(NSError *error) { return [error code]; }
id twin_localizedDescription(NSError *error) { return [error localizedDescription]; }
id twin_name(id<Device> device) { return [device name]; }
BOOL twin_supportsFamily(id<Device> device, NSInteger family) { return [device supportsFamily:family]; }
NSUInteger twin_maxBufferLength(id<Device> device) { return [device maxBufferLength]; }
id twin_newCommandQueue(id<Device> device) { return [device newCommandQueue]; }
id twin_newBuffer(id<Device> device, NSUInteger length, NSUInteger options) {
  return [device newBufferWithLength:length options:options];
}
id twin_newBufferCopy(id<Device> device, const void *bytes, NSUInteger length, NSUInteger options) {
  return [device newBufferWithBytes:bytes length:length options:options];
}
id twin_newBufferNoCopy(id<Device> device, void *bytes, NSUInteger length, NSUInteger options) {
  return [device newBufferWithBytesNoCopy:bytes length:length options:options deallocator:0];
}
id twin_newLibraryWithUrl(id<Device> device, NSURL *url, NSError **error) {
  return [device newLibraryWithURL:url error:error];
}
id twin_newLibraryWithSource(id<Device> device, NSString *source, id options, NSError **error) {
  return [device newLibraryWithSource:source options:options error:error];
}
id twin_newArchive(id<Device> device, MTLBinaryArchiveDescriptor *descriptor, NSError **error) {
  return [device newBinaryArchiveWithDescriptor:descriptor error:error];
}
id twin_newPipeline(id<Device> device, MTLComputePipelineDescriptor *descriptor, NSUInteger options, NSError **error) {
  return [device newComputePipelineStateWithDescriptor:descriptor options:options reflection:0 error:error];
}
id twin_newPipelineWithFunction(id<Device> device, id function, NSError **error) {
  return [device newComputePipelineStateWithFunction:function error:error];
}
id twin_newFunction(id<Library> library, NSString *name) { return [library newFunctionWithName:name]; }
id twin_newArchiveDescriptor(void) { return [MTLBinaryArchiveDescriptor new]; }
void twin_setUrl(MTLBinaryArchiveDescriptor *descriptor, NSURL *url) { [descriptor setUrl:url]; }
id twin_newPipelineDescriptor(void) { return [MTLComputePipelineDescriptor new]; }
void twin_setComputeFunction(MTLComputePipelineDescriptor *descriptor, id function) {
  [descriptor setComputeFunction:function];
}
void twin_setBinaryArchives(MTLComputePipelineDescriptor *descriptor, NSArray *archives) {
  [descriptor setBinaryArchives:archives];
}
BOOL twin_addFunctions(id<Archive> archive, MTLComputePipelineDescriptor *descriptor, NSError **error) {
  return [archive addComputePipelineFunctionsWithDescriptor:descriptor error:error];
}
BOOL twin_serialize(id<Archive> archive, NSURL *url, NSError **error) {
  return [archive serializeToURL:url error:error];
}
NSUInteger twin_maxTotalThreads(id<Pipeline> pipeline) { return [pipeline maxTotalThreadsPerThreadgroup]; }
NSUInteger twin_threadExecutionWidth(id<Pipeline> pipeline) { return [pipeline threadExecutionWidth]; }
void *twin_contents(id<Buffer> buffer) { return [buffer contents]; }
id twin_commandBuffer(id<Queue> queue) { return [queue commandBuffer]; }
id twin_computeEncoder(id<Commands> commands) { return [commands computeCommandEncoder]; }
void twin_commit(id<Commands> commands) { [commands commit]; }
void twin_waitUntilCompleted(id<Commands> commands) { [commands waitUntilCompleted]; }
NSUInteger twin_status(id<Commands> commands) { return [commands status]; }
id twin_error(id<Commands> commands) { return [commands error]; }
void twin_setPipeline(id<Encoder> encoder, id pipeline) { [encoder setComputePipelineState:pipeline]; }
void twin_setBuffer(id<Encoder> encoder, id buffer, NSUInteger offset, NSUInteger index) {
  [encoder setBuffer:buffer offset:offset atIndex:index];
}
void twin_dispatch(id<Encoder> encoder, MTLSize groups, MTLSize threads) {
  [encoder dispatchThreadgroups:groups threadsPerThreadgroup:threads];
}
void twin_endEncoding(id<Encoder> encoder) { [encoder endEncoding]; }
