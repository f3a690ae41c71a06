//===- plan_view.h - plan.fbs, as the runtime reads it ----------*- C++ -*-===//
//
// One struct per table of runtime/schema/plan.fbs over the checked reader. A
// slot number is a field's place in the schema; a test builds plans with flatc's
// generated code and reads every field back through here.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_PLAN_VIEW_H
#define SNAP_RUNTIME_PLAN_VIEW_H

#include "runtime/flatbuffer_reader.h"

namespace snap::runtime {

enum class Space : uint8_t { Arena, Data, State };

struct SliceView {
  FlatTable t;
  Space space() const { return Space(t.scalar<uint8_t>(0, 0)); }
  uint64_t offset() const { return t.scalar<uint64_t>(1, 0); }
  uint64_t bytes() const { return t.scalar<uint64_t>(2, 0); }
};

struct TensorView {
  FlatTable t;
  const char *name() const { return t.string(0); }
  uint8_t type() const { return t.scalar<uint8_t>(1, 0); }
  FlatVector shape() const { return t.vector(2, sizeof(int64_t)); }
  uint64_t offset() const { return t.scalar<uint64_t>(3, 0); }
  uint64_t bytes() const { return t.scalar<uint64_t>(4, 0); }
};

struct KernelView {
  FlatTable t;
  const char *symbol() const { return t.string(0); }
  const char *key() const { return t.string(1); }
  uint64_t scratch() const { return t.scalar<uint64_t>(2, 0); }
  uint64_t macs() const { return t.scalar<uint64_t>(3, 0); }
  uint32_t outputs() const { return t.scalar<uint32_t>(5, 1); }
};

struct CallView {
  FlatTable t;
  uint32_t kernel() const { return t.scalar<uint32_t>(0, 0); }
  FlatVector args() const { return t.vector(1, 4); } // of SliceView
  const char *block() const { return t.string(2); }
};

struct ProgramView {
  FlatTable t;
  const char *name() const { return t.string(0); }
  FlatVector inputs() const { return t.vector(1, 4); }  // of TensorView
  FlatVector outputs() const { return t.vector(2, 4); } // of TensorView
  uint64_t arena() const { return t.scalar<uint64_t>(3, 0); }
  uint64_t scratch() const { return t.scalar<uint64_t>(4, 0); }
  FlatVector calls() const { return t.vector(5, 4); } // of CallView
};

struct SchedulerView {
  FlatTable t;
  uint32_t trainSteps() const { return t.scalar<uint32_t>(0, 1000); }
  double betaStart() const { return t.scalar<double>(1, 0); }
  double betaEnd() const { return t.scalar<double>(2, 0); }
  uint8_t betaSchedule() const { return t.scalar<uint8_t>(3, 0); }
  FlatVector trainedBetas() const { return t.vector(4, sizeof(double)); }
  uint8_t spacing() const { return t.scalar<uint8_t>(5, 0); }
  uint8_t prediction() const { return t.scalar<uint8_t>(6, 0); }
  uint32_t stepsOffset() const { return t.scalar<uint32_t>(7, 0); }
  bool setAlphaToOne() const { return t.scalar<uint8_t>(8, 0) != 0; }
  bool rescaleBetasZeroSnr() const { return t.scalar<uint8_t>(9, 0) != 0; }
  bool clipSample() const { return t.scalar<uint8_t>(10, 0) != 0; }
  double clipSampleRange() const { return t.scalar<double>(11, 1.0); }
};

struct PipelineView {
  FlatTable t;
  SchedulerView scheduler() const { return {t.table(0)}; }
  double scalingFactor() const { return t.scalar<double>(1, 0); }
  uint32_t defaultSteps() const { return t.scalar<uint32_t>(2, 0); }
  double defaultGuidance() const { return t.scalar<double>(3, 0); }
  uint32_t width() const { return t.scalar<uint32_t>(4, 0); }
  uint32_t height() const { return t.scalar<uint32_t>(5, 0); }
  uint32_t latentChannels() const { return t.scalar<uint32_t>(6, 0); }
  uint64_t tokenizerOffset() const { return t.scalar<uint64_t>(7, 0); }
  uint64_t tokenizerBytes() const { return t.scalar<uint64_t>(8, 0); }
  uint32_t maxTokens() const { return t.scalar<uint32_t>(9, 0); }
  uint32_t fixedSteps() const { return t.scalar<uint32_t>(10, 0); }
};

enum class BindingKind : uint8_t { Argument, Scratch, Constant };

struct MetalBindingView {
  FlatTable t;
  BindingKind kind() const { return BindingKind(t.scalar<uint8_t>(0, 0)); }
  uint32_t argument() const { return t.scalar<uint32_t>(1, 0); }
  uint64_t offset() const { return t.scalar<uint64_t>(2, 0); }
  uint64_t bytes() const { return t.scalar<uint64_t>(3, 0); }
  bool writable() const { return t.scalar<uint8_t>(4, 0) != 0; }
};

struct MetalDispatchView {
  FlatTable t;
  uint32_t function() const { return t.scalar<uint32_t>(0, 0); }
  FlatVector groups() const { return t.vector(1, sizeof(uint32_t)); }
  FlatVector threads() const { return t.vector(2, sizeof(uint32_t)); }
  FlatVector bindings() const { return t.vector(3, 4); } // of MetalBindingView
};

struct MetalKernelView {
  FlatTable t;
  FlatVector dispatches() const { return t.vector(0, 4); } // of MetalDispatchView
  uint64_t scratch() const { return t.scalar<uint64_t>(1, 0); }
};

struct MetalFunctionView {
  FlatTable t;
  const char *name() const { return t.string(0); }
  uint64_t threadgroup() const { return t.scalar<uint64_t>(1, 0); }
};

struct MetalView {
  FlatTable t;
  FlatVector functions() const { return t.vector(1, 4); } // of MetalFunctionView
  FlatVector kernels() const { return t.vector(2, 4); }   // of MetalKernelView
  FlatVector constants() const { return t.vector(3, 1); }
  FlatVector scratch() const { return t.vector(4, sizeof(uint64_t)); }
};

struct PlanView {
  FlatTable t;
  const char *name() const { return t.string(0); }
  const char *buildId() const { return t.string(1); }
  const char *target() const { return t.string(2); }
  const char *cpu() const { return t.string(3); }
  const char *compiler() const { return t.string(4); }
  FlatVector kernels() const { return t.vector(5, 4); }  // of KernelView
  FlatVector programs() const { return t.vector(6, 4); } // of ProgramView
  FlatTable pipeline() const { return t.table(7); }      // of PipelineView
  uint64_t state() const { return t.scalar<uint64_t>(8, 0); }
  FlatTable metal() const { return t.table(10); } // of MetalView
};

} // namespace snap::runtime

#endif // SNAP_RUNTIME_PLAN_VIEW_H
