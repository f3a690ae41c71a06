//===- MetalValidateTest.cpp - Damaged dispatches are refused -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalTestPlan.h"

#include "runtime/plan_view.h"

#include <cstring>
#include <random>

using namespace snap;
using namespace snap::test;

namespace {

constexpr uint64_t kHuge = UINT64_MAX;

class MetalPlanCheck : public MetalTest {
protected:
  /// Refused whatever the device: what is damaged is not tried.
  void expectCorrupt(const std::function<void(plan::MetalT &)> &damage, const std::string &message) {
    SCOPED_TRACE(message);
    MetalTestPlan test;
    damage(*test.plan.metal);
    writePlan(test);
    for (snap_device device : {SNAP_DEVICE_AUTO, SNAP_DEVICE_CPU, SNAP_DEVICE_GPU}) {
      EXPECT_EQ(open(device), SNAP_ERROR_FORMAT);
      EXPECT_NE(std::strstr(error.message, "test.snap: Metal: "), nullptr) << error.message;
      EXPECT_NE(std::strstr(error.message, message.c_str()), nullptr) << error.message;
    }
  }
  static plan::MetalDispatchT &dispatch(plan::MetalT &m, int kernel, int index) {
    return *m.kernels[kernel]->dispatches[index];
  }
  static plan::MetalBindingT &binding(plan::MetalT &m, int kernel, int index, int buffer) {
    return *m.kernels[kernel]->dispatches[index]->bindings[buffer];
  }
};

} // namespace

TEST_F(MetalPlanCheck, Functions) {
  expectCorrupt([](plan::MetalT &m) { m.functions[2]->name.clear(); }, "function 2 has no name");
  expectCorrupt([](plan::MetalT &m) { m.functions[1]->threadgroup = 32769; },
                "function 'multiply' takes 32769 bytes of threadgroup memory");
  expectCorrupt([](plan::MetalT &m) { m.functions.clear(); }, "kernel 0, dispatch 0 is of function 0 of 0");
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 0, 1).function = 4; }, "kernel 0, dispatch 1 is of function 4 of 4");
}

TEST_F(MetalPlanCheck, Tables) {
  expectCorrupt([](plan::MetalT &m) { m.kernels.pop_back(); }, "2 kernels, expected 3");
  expectCorrupt([](plan::MetalT &m) { m.kernels[1]->dispatches.clear(); }, "kernel 1 has no dispatch");
  expectCorrupt([](plan::MetalT &m) { m.scratch.push_back(0); }, "scratch of 3 programs, expected 2");
  expectCorrupt([](plan::MetalT &m) { m.scratch[0] = 8447; },
                "program 'main': call 0 needs 8448 bytes of scratch, the program has 8447");
}

TEST_F(MetalPlanCheck, Grids) {
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 0, 0).groups[1] = 0; }, "kernel 0, dispatch 0 has 0 threadgroups");
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 2, 0).threads[2] = 0; }, "of 0 threads in dimension 2");
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 0, 0).threads[0] = 1025; }, "of 1025 threads in dimension 0");
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 0, 0).threads[1] = 16; }, "has threadgroups of 2048 threads");
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 0, 0).threads[0] = UINT32_MAX; }, "of 4294967295 threads");
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 0, 0).groups[0] = UINT32_MAX / 100; },
                "has 42949672 threadgroups of 128 threads in dimension 0");
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 0, 0).groups.pop_back(); }, "has a grid of 2 by 3 dimensions");
  expectCorrupt([](plan::MetalT &m) { dispatch(m, 0, 0).threads.clear(); }, "has a grid of 3 by 0 dimensions");
}

TEST_F(MetalPlanCheck, Bindings) {
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 0, 0).kind = plan::BindingKind(3); },
                "buffer 0 is of no known kind");
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 0, 0).bytes = 0; }, "buffer 0 is of no known kind");
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 0, 2).writable = true; }, "buffer 2 is of no known kind");
  expectCorrupt(
      [](plan::MetalT &m) {
        for (int i = 0; i < 32; ++i)
          dispatch(m, 0, 0).bindings.push_back(std::make_unique<plan::MetalBindingT>(binding(m, 0, 0, 0)));
      },
      "kernel 0, dispatch 0 binds 35 buffers, at most 31 are possible");

  // Scratch: 4096 bytes at 256 and at 4352, of 8448.
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 0, 1).offset = 4368; },
                "kernel 0, dispatch 0, buffer 1 (4096 bytes at 4368) does not fit the scratch of 8448 bytes");
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 2, 0).bytes = 4097; }, "does not fit the scratch");
  // Vectors begin at multiples of 16.
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 2, 0).offset = 248; }, "does not fit the scratch");
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 2, 0).offset = kHuge - 4095; }, "does not fit the scratch");
  expectCorrupt([](plan::MetalT &m) { m.kernels[0]->scratch = 8447; }, "does not fit the scratch of 8447 bytes");

  expectCorrupt([](plan::MetalT &m) { m.constants.clear(); }, "does not fit the constants of 0 bytes");
  expectCorrupt([](plan::MetalT &m) { binding(m, 2, 0, 2).offset = kHuge - 3; }, "does not fit the constants");
  expectCorrupt([](plan::MetalT &m) { binding(m, 2, 0, 2).offset += 4; }, "does not fit the constants");
  expectCorrupt([](plan::MetalT &m) { binding(m, 2, 0, 2).bytes = 1 << 20; }, "does not fit the constants");
}

TEST_F(MetalPlanCheck, Arguments) {
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 2, 1).argument = 3; },
                "program 'main': call 0, dispatch 2, buffer 1 is argument 3 of 3");
  expectCorrupt([](plan::MetalT &m) { binding(m, 1, 0, 0).argument = UINT32_MAX; }, "is argument 4294967295 of 2");
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 0, 0).bytes = 4097; },
                "call 0, dispatch 0, buffer 0 (4097 bytes at 0) does not fit its argument of 4096 bytes");
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 0, 0).offset = 16; }, "does not fit its argument");
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 0, 0).offset = 8, binding(m, 0, 0, 0).bytes = 8; },
                "(8 bytes at 8) does not fit its argument of 4096 bytes at 0");
  expectCorrupt([](plan::MetalT &m) { binding(m, 1, 0, 1).offset = kHuge - 63; }, "does not fit its argument of 64");
  expectCorrupt([](plan::MetalT &m) { binding(m, 0, 2, 1).writable = true; },
                "call 0, dispatch 2, buffer 1 writes to the weights");
}

//===----------------------------------------------------------------------===//
// Damage of any kind
//===----------------------------------------------------------------------===//

// Whatever the plan says, a GPU is told of no range outside its buffer.
TEST_F(MetalPlanCheck, WhatOpensStaysInsideItsBuffers) {
  std::vector<uint8_t> whole = MetalTestPlan().bytes();
  std::mt19937 random(5);
  int opened = 0, refused = 0, ranges = 0;
  for (size_t at = kPlanOffset; at < kPlanOffset + planBytes(whole); ++at) {
    std::vector<uint8_t> bytes = whole;
    const uint32_t values[] = {0, 1, 0x7f, 0xff, 0x80, static_cast<uint32_t>(random())};
    bytes[at] = static_cast<uint8_t>(values[random() % 6]);
    seal(bytes);
    writeSnap(bytes);
    runtime::FlatReader reader(bytes.data() + kPlanOffset, planBytes(bytes));
    runtime::PlanView plan = {runtime::FlatTable::root(reader)};
    runtime::MetalView metal = {plan.metal()};
    uint32_t program = 0;
    fake::device().runsNothing = true;
    fake::device().describe = [&](const auto &commands, auto &arguments) -> std::string {
      arguments.resize(commands.size());
      size_t next = 0;
      runtime::FlatVector calls = runtime::ProgramView{plan.programs().table(program)}.calls();
      for (uint32_t c = 0; c < calls.size(); ++c) {
        uint32_t kernel = runtime::CallView{calls.table(c)}.kernel();
        runtime::FlatVector dispatches = runtime::MetalKernelView{metal.kernels().table(kernel)}.dispatches();
        for (uint32_t d = 0; d < dispatches.size(); ++d, ++next) {
          runtime::FlatVector bindings = runtime::MetalDispatchView{dispatches.table(d)}.bindings();
          for (uint32_t b = 0; b < bindings.size(); ++b, ++ranges)
            if (runtime::MetalBindingView{bindings.table(b)}.bytes() > commands[next].bindings[b].bytes)
              return "a range ends beyond its buffer";
        }
      }
      return next == commands.size() ? "" : "other dispatches than the plan's";
    };
    TestAllocator allocator;
    allocator.limit = 16 << 20; // a damaged arena size may be anything
    fake::device().maxBufferLength = 16 << 20;
    snap_options options = {};
    options.device = SNAP_DEVICE_GPU;
    allocator.install(options);
    if (open(options) != SNAP_OK) {
      ++refused;
      EXPECT_NE(error.message[0], 0);
    } else {
      ++opened;
      for (program = 0; program < snap_program_count(model); ++program)
        EXPECT_EQ(snap_run(model, snap_program_at(model, program), nullptr, &error), SNAP_OK) << error.message;
    }
    close();
    ASSERT_EQ(fake::liveObjects(), 0u) << fake::describeLiveObjects();
  }
  // Names and sizes may change, structure may not.
  EXPECT_GT(opened, 300);
  EXPECT_GT(refused, 300);
  EXPECT_GT(ranges, 1000);
}
