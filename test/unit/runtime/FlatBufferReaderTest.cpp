//===- FlatBufferReaderTest.cpp - The checked reader ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "TestPlan.h"
#include "runtime/plan_view.h"

#include <cstring>
#include <gtest/gtest.h>
#include <memory>

using namespace snap::runtime;
using snap::test::TestPlan;

namespace {

/// A plan as bytes of its own size on the heap, so that AddressSanitizer sees
/// any read outside.
struct Buffer {
  explicit Buffer(const TestPlan &test) {
    flatbuffers::FlatBufferBuilder builder;
    snap::plan::FinishPlanBuffer(builder, snap::plan::Plan::Pack(builder, &test.plan));
    assign(builder.GetBufferPointer(), builder.GetSize());
  }
  Buffer(const uint8_t *data, size_t size) { assign(data, size); }
  void assign(const uint8_t *data, size_t count) {
    size = count;
    bytes.reset(new uint8_t[count]);
    std::memcpy(bytes.get(), data, count);
  }
  FlatReader reader() const { return FlatReader(bytes.get(), size); }

  std::unique_ptr<uint8_t[]> bytes;
  size_t size;
};

} // namespace

// Every field of the schema, at a value that is not its default.
TEST(PlanView, ReadsWhatFlatcWrote) {
  TestPlan test;
  test.plan.pipeline->scheduler->set_alpha_to_one = true;
  test.plan.pipeline->scheduler->clip_sample = true;
  test.plan.state = 192;
  Buffer buffer(test);
  FlatReader reader = buffer.reader();
  PlanView plan = {FlatTable::root(reader)};
  ASSERT_TRUE(plan.t);
  EXPECT_STREQ(plan.name(), "test");
  EXPECT_STREQ(plan.buildId(), snap::test::kBuildId);
  EXPECT_STREQ(plan.target(), "x86_64-linux");
  EXPECT_STREQ(plan.cpu(), "generic");
  EXPECT_STREQ(plan.compiler(), "snapc test");

  ASSERT_EQ(plan.kernels().size(), 3u);
  KernelView kernel = {plan.kernels().table(0)};
  EXPECT_STREQ(kernel.symbol(), "multiply");
  EXPECT_STREQ(kernel.key(), "key of multiply");
  EXPECT_EQ(kernel.scratch(), 256u);
  EXPECT_EQ(kernel.macs(), 1024u);
  EXPECT_EQ(kernel.outputs(), 1u);

  ASSERT_EQ(plan.programs().size(), 2u);
  ProgramView program = {plan.programs().table(0)};
  EXPECT_STREQ(program.name(), "main");
  EXPECT_EQ(program.arena(), 8256u);
  EXPECT_EQ(program.scratch(), 256u);
  ASSERT_EQ(program.inputs().size(), 1u);
  ASSERT_EQ(program.outputs().size(), 1u);
  TensorView tensor = {program.outputs().table(0)};
  EXPECT_STREQ(tensor.name(), "z");
  EXPECT_EQ(tensor.type(), 0);
  ASSERT_EQ(tensor.shape().size(), 1u);
  EXPECT_EQ(tensor.shape().scalar<int64_t>(0), 16);
  EXPECT_EQ(tensor.offset(), 8192u);
  EXPECT_EQ(tensor.bytes(), 64u);

  ASSERT_EQ(program.calls().size(), 2u);
  CallView call = {program.calls().table(1)};
  EXPECT_EQ(call.kernel(), 1u);
  EXPECT_STREQ(CallView{program.calls().table(0)}.block(), "block.0");
  ASSERT_EQ(CallView{program.calls().table(0)}.args().size(), 3u);
  SliceView slice = {CallView{program.calls().table(0)}.args().table(1)};
  EXPECT_EQ(slice.space(), Space::Data);
  EXPECT_EQ(slice.offset(), 0u);
  EXPECT_EQ(slice.bytes(), 4096u);

  EXPECT_EQ(plan.state(), 192u);
  PipelineView pipeline = {plan.pipeline()};
  EXPECT_EQ(pipeline.scalingFactor(), 0.18215);
  EXPECT_EQ(pipeline.defaultSteps(), 8u);
  EXPECT_EQ(pipeline.defaultGuidance(), 7.5);
  EXPECT_EQ(pipeline.width(), 128u);
  EXPECT_EQ(pipeline.height(), 96u);
  EXPECT_EQ(pipeline.latentChannels(), 4u);
  EXPECT_EQ(pipeline.tokenizerOffset(), 4096u);
  EXPECT_EQ(pipeline.tokenizerBytes(), 100u);
  EXPECT_EQ(pipeline.maxTokens(), 77u);
  SchedulerView scheduler = pipeline.scheduler();
  EXPECT_EQ(scheduler.trainSteps(), 3u);
  EXPECT_EQ(scheduler.betaStart(), 0.00085);
  EXPECT_EQ(scheduler.betaEnd(), 0.012);
  EXPECT_EQ(scheduler.betaSchedule(), 2);
  ASSERT_EQ(scheduler.trainedBetas().size(), 3u);
  EXPECT_EQ(scheduler.trainedBetas().scalar<double>(1), 0.25);
  EXPECT_EQ(scheduler.spacing(), 1);
  EXPECT_EQ(scheduler.prediction(), 1);
  EXPECT_EQ(scheduler.stepsOffset(), 1u);
  EXPECT_TRUE(scheduler.setAlphaToOne());
  EXPECT_TRUE(scheduler.rescaleBetasZeroSnr());
  EXPECT_TRUE(scheduler.clipSample());
  EXPECT_EQ(scheduler.clipSampleRange(), 1.5);
  EXPECT_FALSE(reader.broken());
}

TEST(PlanView, ReadsTheMetalTable) {
  TestPlan test;
  auto metal = std::make_unique<snap::plan::MetalT>();
  metal->source_hash = 1;
  metal->functions.push_back(std::make_unique<snap::plan::MetalFunctionT>());
  metal->functions[0]->name = "twice_f32";
  metal->functions[0]->threadgroup = 4096;
  auto binding = std::make_unique<snap::plan::MetalBindingT>();
  binding->kind = snap::plan::BindingKind::Constant;
  binding->argument = 2;
  binding->offset = 64;
  binding->bytes = uint64_t(5) << 32;
  binding->writable = true;
  auto dispatch = std::make_unique<snap::plan::MetalDispatchT>();
  dispatch->function = 3;
  dispatch->groups = {7, 8, 9};
  dispatch->threads = {32, 4, 1};
  dispatch->bindings.push_back(std::move(binding));
  metal->kernels.push_back(std::make_unique<snap::plan::MetalKernelT>());
  metal->kernels[0]->scratch = 256;
  metal->kernels[0]->dispatches.push_back(std::move(dispatch));
  metal->constants = {1, 2, 3};
  metal->scratch = {512, uint64_t(6) << 32};
  test.plan.metal = std::move(metal);

  Buffer buffer(test);
  FlatReader reader = buffer.reader();
  MetalView view = {PlanView{FlatTable::root(reader)}.metal()};
  ASSERT_TRUE(view.t);
  EXPECT_STREQ(MetalFunctionView{view.functions().table(0)}.name(), "twice_f32");
  EXPECT_EQ(MetalFunctionView{view.functions().table(0)}.threadgroup(), 4096u);
  MetalKernelView kernel = {view.kernels().table(0)};
  EXPECT_EQ(kernel.scratch(), 256u);
  MetalDispatchView read = {kernel.dispatches().table(0)};
  EXPECT_EQ(read.function(), 3u);
  EXPECT_EQ(read.groups().scalar<uint32_t>(2), 9u);
  EXPECT_EQ(read.threads().scalar<uint32_t>(1), 4u);
  MetalBindingView bound = {read.bindings().table(0)};
  EXPECT_EQ(bound.kind(), BindingKind::Constant);
  EXPECT_EQ(bound.argument(), 2u);
  EXPECT_EQ(bound.offset(), 64u);
  EXPECT_EQ(bound.bytes(), uint64_t(5) << 32);
  EXPECT_TRUE(bound.writable());
  ASSERT_EQ(view.constants().size(), 3u);
  EXPECT_EQ(view.constants().bytes()[2], 3);
  EXPECT_EQ(view.scratch().scalar<uint64_t>(1), uint64_t(6) << 32);
  EXPECT_EQ(FlatVector().bytes(), nullptr);
  EXPECT_FALSE(reader.broken());
}

TEST(PlanView, AbsentFieldsReadAsTheirDefaults) {
  TestPlan test;
  test.plan = snap::plan::PlanT();
  test.plan.pipeline = std::make_unique<snap::plan::PipelineT>();
  test.plan.pipeline->scheduler = std::make_unique<snap::plan::SchedulerT>();
  Buffer buffer(test);
  FlatReader reader = buffer.reader();
  PlanView plan = {FlatTable::root(reader)};
  EXPECT_EQ(plan.name(), nullptr);
  EXPECT_EQ(plan.programs().size(), 0u);
  EXPECT_FALSE(plan.metal());
  SchedulerView scheduler = PipelineView{plan.pipeline()}.scheduler();
  EXPECT_EQ(scheduler.trainSteps(), 1000u);
  EXPECT_EQ(scheduler.clipSampleRange(), 1.0);
  EXPECT_FALSE(scheduler.setAlphaToOne());
  EXPECT_FALSE(reader.broken());
}

TEST(FlatReader, RefusesRangesOutside) {
  uint8_t bytes[8] = {};
  FlatReader reader(bytes, sizeof bytes);
  EXPECT_EQ(reader.bytes(0, 8), bytes);
  EXPECT_FALSE(reader.broken());
  EXPECT_EQ(FlatReader(bytes, 8).bytes(8, 1), nullptr);
  EXPECT_EQ(FlatReader(bytes, 8).bytes(1, 8), nullptr);
  EXPECT_EQ(FlatReader(bytes, 8).bytes(UINT64_MAX, 2), nullptr);
  EXPECT_EQ(FlatReader(bytes, 8).bytes(4, UINT64_MAX - 2), nullptr);
  EXPECT_EQ(reader.load<uint64_t>(1), 0u);
  EXPECT_TRUE(reader.broken());
}

// Cut anywhere, a plan is missing something; it never reads past the cut.
TEST(FlatReader, SurvivesEveryCut) {
  Buffer whole{TestPlan()};
  for (size_t size = 0; size < whole.size; ++size) {
    Buffer cut(whole.bytes.get(), size);
    FlatReader reader = cut.reader();
    PlanView plan = {FlatTable::root(reader)};
    plan.name();
    for (uint32_t p = 0; p < plan.programs().size(); ++p) {
      ProgramView program = {plan.programs().table(p)};
      program.name();
      for (uint32_t c = 0; c < program.calls().size(); ++c) {
        CallView call = {program.calls().table(c)};
        call.block();
        for (uint32_t a = 0; a < call.args().size(); ++a)
          SliceView{call.args().table(a)}.bytes();
      }
    }
    for (uint32_t k = 0; k < plan.kernels().size(); ++k)
      KernelView{plan.kernels().table(k)}.symbol();
    PipelineView{plan.pipeline()}.scheduler().trainedBetas();
  }
}

TEST(FlatReader, RefusesStringsWithoutOrWithAnEarlyEnd) {
  Buffer buffer{TestPlan()};
  auto find = [&](const char *text) {
    for (size_t i = 0; i + std::strlen(text) < buffer.size; ++i)
      if (std::memcmp(&buffer.bytes[i], text, std::strlen(text)) == 0)
        return i;
    return size_t(0);
  };
  size_t at = find("snapc test");
  ASSERT_NE(at, 0u);
  auto compiler = [&](bool &broken) {
    FlatReader reader = buffer.reader();
    const char *text = PlanView{FlatTable::root(reader)}.compiler();
    broken = reader.broken();
    return text;
  };
  bool broken;
  EXPECT_STREQ(compiler(broken), "snapc test");
  buffer.bytes[at + 10] = 'x';
  EXPECT_EQ(compiler(broken), nullptr);
  EXPECT_TRUE(broken);
  buffer.bytes[at + 10] = 0;
  buffer.bytes[at + 3] = 0;
  EXPECT_EQ(compiler(broken), nullptr);
  EXPECT_TRUE(broken);
}

// Tables that share what they point to could make a small file a long walk.
TEST(FlatReader, LimitsHowManyTablesAreVisited) {
  Buffer buffer{TestPlan()};
  FlatReader reader = buffer.reader();
  for (size_t i = 0; i <= buffer.size; ++i)
    EXPECT_EQ(bool(FlatTable::root(reader)), i < buffer.size) << i;
  EXPECT_TRUE(reader.broken());

  FlatReader trusted = buffer.reader();
  trusted.stopCounting();
  for (size_t i = 0; i <= buffer.size; ++i)
    FlatTable::root(trusted);
  EXPECT_FALSE(trusted.broken());
}
