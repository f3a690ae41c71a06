//===- FakeMetal.h - A Metal device for tests -------------------*- C++ -*-===//
//
// MTLCreateSystemDefaultDevice and the classes behind it. Source is compiled by
// the shim of targets/metal, command buffers run on it with every check on. The
// device is strict: what Metal's validation layer would refuse is a problem.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_METAL_FAKEMETAL_H
#define SNAP_TEST_SUPPORT_METAL_FAKEMETAL_H

#include "FakeObjc.h"

#include "targets/metal/shim/ShimLibrary.h"

#include <array>
#include <functional>

namespace snap::fake {

/// What an encoder was told of one dispatch.
struct EncodedDispatch {
  struct Binding {
    unsigned char *data = nullptr; // where the bound offset is
    uint64_t bytes = 0;            // from there to the end of the buffer
  };
  std::string function;
  std::array<uint32_t, 3> groups = {}, threads = {};
  std::vector<Binding> bindings; // by index
};

/// Says of every dispatch of a command buffer what its function may touch; returns what is wrong with them, or nothing.
using DescribeCommands =
    std::function<std::string(const std::vector<EncodedDispatch> &, std::vector<std::vector<shim::ShimArgument>> &)>;

/// How a command buffer ends instead of well: after some of its dispatches, with an error.
struct CommandFailure {
  int nth = 0; // command buffer, from 0
  size_t dispatches = 0;
  long code = 1;
  std::string text = "something happened";
};

/// What the next device is like, and what became of it.
struct DeviceModel {
  bool exists = true;
  std::string name = "Fake A15 GPU";
  long family = 1007; // the newest supported
  uint64_t maxBufferLength = uint64_t(1) << 30;
  uint64_t maxTotalThreads = 1024, executionWidth = 32;
  std::string shimFolder;    // of what the shim compiled
  DescribeCommands describe; // required to run anything
  std::vector<CommandFailure> commandFailures;
  bool runsNothing = false; // command buffers are described, and complete at once

  // Counted.
  int commandBuffers = 0;
  int compiledPipelines = 0; // that no archive held
  int librariesFromSource = 0, librariesFromFile = 0;
  size_t dispatches = 0;
};
DeviceModel &device();

/// Devices as new, and resetObjc(). `shimFolder` stays.
void resetMetal();

/// A file that newLibraryWithURL: takes for a metallib of this source.
void writeFakeMetallib(const std::string &path, const std::string &source);

} // namespace snap::fake

#endif // SNAP_TEST_SUPPORT_METAL_FAKEMETAL_H
