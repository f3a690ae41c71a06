//===- MetalLimits.h - What every dispatch must keep ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_METAL_METALLIMITS_H
#define SNAP_TEST_UNIT_TARGETS_METAL_METALLIMITS_H

#include "targets/metal/MetalKernel.h"

#include <gtest/gtest.h>

#include <string>

namespace snap {

/// Expects the GPU's limits of a kernel, and that no binding is beyond the tensor, scratch or constant it is of.
inline void expectLimits(const KernelKey &key, const metal::MetalKernel &kernel) {
  using metal::MetalBinding;
  SCOPED_TRACE(key.str());
  ASSERT_EQ(kernel.functions.size(), kernel.dispatches.size());
  for (const metal::MetalFunction &function : kernel.functions)
    EXPECT_LE(function.threadgroupBytes, 32 << 10) << function.name;
  for (size_t i = 0; i < kernel.dispatches.size(); ++i) {
    const metal::MetalDispatch &dispatch = kernel.dispatches[i];
    // The compiler is told, so that registers allow as many.
    std::string limit = "threads_per_threadgroup(" + std::to_string(dispatch.threads[0]) + ")]]";
    EXPECT_NE(kernel.functions[i].text.find(limit), std::string::npos) << limit;
    EXPECT_LE(dispatch.threads[0] * dispatch.threads[1] * dispatch.threads[2], 1024u);
    EXPECT_EQ(dispatch.threads[0] % 32, 0u);
    for (uint32_t groups : dispatch.groups)
      EXPECT_TRUE(groups > 0 && groups < (1u << 24)) << groups;
    EXPECT_LE(dispatch.bindings.size(), 31u);
    for (const MetalBinding &binding : dispatch.bindings) {
      int64_t bytes = binding.kind == MetalBinding::Input    ? key.inputs[binding.index].bytes()
                      : binding.kind == MetalBinding::Output ? key.outputs[binding.index].bytes()
                      : binding.kind == MetalBinding::Scratch
                          ? kernel.scratchBytes
                          : static_cast<int64_t>(dispatch.constants[binding.index].size());
      EXPECT_LE(binding.byteOffset + binding.bytes, bytes);
      EXPECT_GT(binding.bytes, 0);
    }
  }
}

} // namespace snap

#endif // SNAP_TEST_UNIT_TARGETS_METAL_METALLIMITS_H
