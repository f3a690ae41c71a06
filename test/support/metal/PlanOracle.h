//===- PlanOracle.h - What a command buffer should be -----------*- C++ -*-===//
//
// Computed from a plan's calls and the kernels' dispatches, not from the plan's
// Metal table: a command buffer that agrees proves the table and the host code
// that read it. Offsets are compared, weights and constants byte by byte.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_METAL_PLANORACLE_H
#define SNAP_TEST_SUPPORT_METAL_PLANORACLE_H

#include "FakeMetal.h"

#include "compiler/emit/MetalPlan.h"
#include "plan_generated.h"

#include "llvm/Support/MemoryBuffer.h"

#include <map>
#include <memory>

namespace snap::fake {

class PlanOracle {
public:
  /// `metal` has the kernels of the plan in its order; `data` is the file's data segment and outlives the oracle.
  PlanOracle(const plan::PlanT &plan, const MetalProgram &metal, const uint8_t *data);

  /// For DeviceModel::describe.
  std::string describe(const std::vector<EncodedDispatch> &commands,
                       std::vector<std::vector<shim::ShimArgument>> &arguments);

  /// For NAME.snap, its kernels emitted again from their keys. Ends the process with a message where that fails.
  static PlanOracle ofFile(const std::string &path);

  /// Another session has other buffers.
  void forgetBuffers() { begins.clear(); }
  /// What a library for this plan has to have: the number of its kernels, the build id.
  std::pair<uint32_t, std::string> identity() const { return {kernelCount, buildId}; }
  /// Dispatches of one run of each program.
  std::map<std::string, size_t> dispatches() const;

private:
  enum class Place { Arena, State, Scratch, Content };
  struct Binding {
    Place place;
    uint64_t offset, bytes;
    uint32_t elementBytes;
    bool writable;
    std::string content; // of constants
    const void *weights; // in the file
  };
  struct Dispatch {
    std::string function;
    std::array<uint32_t, 3> groups, threads;
    std::vector<Binding> bindings;
  };
  struct Program {
    std::string name;
    std::vector<Dispatch> dispatches;
  };

  Binding expected(const plan::CallT &call, const metal::MetalDispatch &dispatch, const metal::MetalBinding &binding,
                   uint64_t inputs) const;
  std::string compare(const Program &program, const std::vector<EncodedDispatch> &commands,
                      std::vector<std::vector<shim::ShimArgument>> &arguments);

  std::shared_ptr<llvm::MemoryBuffer> file; // of ofFile
  const uint8_t *data;
  uint32_t kernelCount;
  std::string buildId;
  std::vector<Program> programs;
  std::map<Place, unsigned char *> begins; // of arena, state and scratch, as first seen
};

} // namespace snap::fake

#endif // SNAP_TEST_SUPPORT_METAL_PLANORACLE_H
