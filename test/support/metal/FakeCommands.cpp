//===- FakeCommands.cpp - A Metal device for tests: what it runs ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "FakeMetalObjects.h"

using namespace snap::fake;
using NSUInteger = unsigned long;

namespace {

struct MTLSize {
  NSUInteger width, height, depth;
};

/// Keeps what its commands use alive, as Metal's do.
struct CommandBuffer : Object {
  CommandBuffer();
  ~CommandBuffer() override {
    for (Object *object : used)
      release(object);
    release(error);
  }
  enum Status : NSUInteger { NotEnqueued = 0, Committed = 2, Completed = 4, Failed = 5 };

  std::vector<EncodedDispatch> dispatches;
  std::vector<Pipeline *> pipelines; // of each dispatch
  std::vector<Object *> used;
  bool encoding = false, waited = false;
  NSUInteger status = NotEnqueued;
  Object *error = nullptr;
};

struct Encoder : Object {
  explicit Encoder(CommandBuffer *commands);
  ~Encoder() override {
    if (commands->encoding)
      problem("an encoder dies before endEncoding");
    release(commands);
  }
  CommandBuffer *commands;
  Pipeline *pipeline = nullptr;
  std::vector<EncodedDispatch::Binding> bindings;
};

} // namespace

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

static Object *commandBuffer(Object *, Selector) { return autorelease(new CommandBuffer()); }

static Object *computeEncoder(Object *self, Selector) {
  auto *commands = static_cast<CommandBuffer *>(self);
  if (commands->encoding || commands->status != CommandBuffer::NotEnqueued)
    problem("a second encoder, or one of a committed command buffer");
  commands->encoding = true;
  return autorelease(new Encoder(commands));
}

static void setPipeline(Object *self, Selector, Object *pipeline) {
  auto *encoder = static_cast<Encoder *>(self);
  encoder->pipeline = static_cast<Pipeline *>(pipeline);
  encoder->commands->used.push_back(retain(pipeline));
}

static void setBuffer(Object *self, Selector, Object *object, NSUInteger offset, NSUInteger index) {
  auto *encoder = static_cast<Encoder *>(self);
  auto *buffer = static_cast<Buffer *>(object);
  if (index >= 31 || !buffer || offset >= buffer->length)
    return problem("buffer " + std::to_string(index) + " at " + std::to_string(offset) + " is not there");
  if (encoder->bindings.size() <= index)
    encoder->bindings.resize(index + 1);
  encoder->bindings[index] = {buffer->data + offset, buffer->length - offset};
  encoder->commands->used.push_back(retain(buffer));
}

static void dispatch(Object *self, Selector, MTLSize groups, MTLSize threads) {
  auto *encoder = static_cast<Encoder *>(self);
  if (!encoder->commands->encoding || !encoder->pipeline)
    return problem("a dispatch after endEncoding, or without a pipeline");
  auto narrow = [](MTLSize size) {
    return std::array<uint32_t, 3>{static_cast<uint32_t>(size.width), static_cast<uint32_t>(size.height),
                                   static_cast<uint32_t>(size.depth)};
  };
  if (threads.width * threads.height * threads.depth > device().maxTotalThreads)
    problem("a threadgroup larger than the pipeline takes");
  // Later calls of setBuffer are for later dispatches; what is bound stays bound.
  encoder->commands->dispatches.push_back(
      {encoder->pipeline->function->name, narrow(groups), narrow(threads), encoder->bindings});
  encoder->commands->pipelines.push_back(encoder->pipeline);
}

static void endEncoding(Object *self, Selector) {
  auto *encoder = static_cast<Encoder *>(self);
  if (!encoder->commands->encoding)
    problem("endEncoding twice");
  encoder->commands->encoding = false;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static void fail(CommandBuffer &commands, const std::string &text, long code) {
  commands.status = CommandBuffer::Failed;
  commands.error = new Error(text, code);
}

static void run(CommandBuffer &commands) {
  const int number = device().commandBuffers++;
  size_t count = commands.dispatches.size();
  const CommandFailure *failure = nullptr;
  for (const CommandFailure &planned : device().commandFailures)
    if (planned.nth == number)
      failure = &planned;
  if (failure)
    count = std::min(count, failure->dispatches);

  std::vector<std::vector<snap::shim::ShimArgument>> arguments;
  std::string wrong = device().describe ? device().describe(commands.dispatches, arguments) : "nobody describes them";
  if (wrong.empty() && arguments.size() != commands.dispatches.size())
    wrong = "some dispatches are not described";
  if (!wrong.empty()) {
    problem("a command buffer is not what it should be: " + wrong);
    return fail(commands, wrong, 1);
  }
  commands.status = CommandBuffer::Completed;
  for (size_t i = 0; i < count && !device().runsNothing; ++i) {
    const EncodedDispatch &d = commands.dispatches[i];
    ++device().dispatches;
    std::string fault = commands.pipelines[i]->function->library->code->run(
        d.function, {d.groups[0], d.groups[1], d.groups[2]}, {d.threads[0], d.threads[1], d.threads[2]}, arguments[i]);
    if (!fault.empty()) {
      problem("dispatch " + std::to_string(i) + ": " + fault);
      return fail(commands, fault, 3);
    }
  }
  if (failure)
    fail(commands, failure->text, failure->code);
}

static void commit(Object *self, Selector) {
  auto *commands = static_cast<CommandBuffer *>(self);
  if (commands->encoding || commands->status != CommandBuffer::NotEnqueued)
    return problem("commit before endEncoding, or twice");
  commands->status = CommandBuffer::Committed;
}

static void waitUntilCompleted(Object *self, Selector) {
  auto *commands = static_cast<CommandBuffer *>(self);
  if (commands->status != CommandBuffer::Committed)
    return problem("waiting for what was not committed would never end");
  commands->waited = true;
  run(*commands);
}

static NSUInteger status(Object *self, Selector) { return static_cast<CommandBuffer *>(self)->status; }
static Object *error(Object *self, Selector) { return static_cast<CommandBuffer *>(self)->error; }

namespace {
struct Classes {
  Class queue{"MTLCommandQueue", {{"commandBuffer", method(commandBuffer)}}};
  Class commands{"MTLCommandBuffer",
                 {{"computeCommandEncoder", method(computeEncoder)},
                  {"commit", method(commit)},
                  {"waitUntilCompleted", method(waitUntilCompleted)},
                  {"status", method(status)},
                  {"error", method(error)}}};
  Class encoder{"MTLComputeCommandEncoder",
                {{"setComputePipelineState:", method(setPipeline)},
                 {"setBuffer:offset:atIndex:", method(setBuffer)},
                 {"dispatchThreadgroups:threadsPerThreadgroup:", method(dispatch)},
                 {"endEncoding", method(endEncoding)}}};
};
} // namespace

static Classes &classes() {
  static Classes &all = *new Classes;
  return all;
}

Queue::Queue() : Object(classes().queue) {}
CommandBuffer::CommandBuffer() : Object(classes().commands) {}
Encoder::Encoder(CommandBuffer *commands)
    : Object(classes().encoder), commands(static_cast<CommandBuffer *>(retain(commands))) {}
