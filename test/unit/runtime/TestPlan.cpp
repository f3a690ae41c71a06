//===- TestPlan.cpp - Plans and kernels made by hand ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "TestPlan.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace snap::test;
namespace plan = snap::plan;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

float snap::test::weight(int row, int column) { return 0.25f * static_cast<float>((row * 7 + column * 3) % 11 - 5); }

std::vector<float> snap::test::someInput() {
  std::vector<float> x(kRows * kColumns);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(i % 37) / 3.0f;
  return x;
}

std::vector<float> snap::test::expectedOutput(const std::vector<float> &x) {
  std::vector<float> z(kRows);
  for (int row = 0; row < kRows; ++row) {
    float sum = 0;
    for (int column = 0; column < kColumns; ++column) {
      float y = x[row * kColumns + column] * weight(row, column);
      sum += y;
    }
    z[row] = sum;
  }
  return z;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

std::function<int(int)> snap::test::onCall;

static float *host(void **args, int i) { return reinterpret_cast<float *>(static_cast<snap_buffer *>(args[i])->host); }

static int asked(int kernel) { return onCall ? onCall(kernel) : 0; }

/// args: x, w, y.
static int multiply(void **args) {
  if (int result = asked(0))
    return result;
  struct Closure {
    const float *x, *w;
    float *y;
  } closure = {host(args, 1), host(args, 2), host(args, 3)};
  auto row = [](void *worker, int row, uint8_t *opaque) {
    auto &c = *reinterpret_cast<Closure *>(opaque);
    float *line = static_cast<float *>(halide_malloc(worker, kColumns * sizeof(float)));
    for (int i = 0; i < kColumns; ++i)
      line[i] = c.x[row * kColumns + i] * c.w[row * kColumns + i];
    std::memcpy(c.y + row * kColumns, line, kColumns * sizeof(float));
    halide_free(worker, line);
    return 0;
  };
  return halide_do_par_for(*static_cast<void **>(args[0]), row, 0, kRows, reinterpret_cast<uint8_t *>(&closure));
}

/// args: y, z.
static int sumRows(void **args) {
  if (int result = asked(1))
    return result;
  for (int row = 0; row < kRows; ++row) {
    float sum = 0;
    for (int i = 0; i < kColumns; ++i)
      sum += host(args, 1)[row * kColumns + i];
    host(args, 2)[row] = sum;
  }
  return 0;
}

/// args: v, r.
static int twice(void **args) {
  if (int result = asked(2))
    return result;
  for (int i = 0; i < kRows; ++i)
    host(args, 2)[i] = 2 * host(args, 1)[i];
  return 0;
}

const snap_library &snap::test::testLibrary() {
  static const snap_kernel_fn kernels[] = {multiply, sumRows, twice};
  static const snap_library library = {SNAP_KERNEL_ABI_VERSION, 3, "test", kBuildId, kernels, nullptr};
  return library;
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

static std::unique_ptr<plan::SliceT> slice(plan::Space space, uint64_t offset, uint64_t bytes) {
  auto s = std::make_unique<plan::SliceT>();
  s->space = space;
  s->offset = offset;
  s->bytes = bytes;
  return s;
}

static std::unique_ptr<plan::TensorT> tensor(const char *name, std::vector<int64_t> shape, uint64_t offset) {
  auto t = std::make_unique<plan::TensorT>();
  t->name = name;
  t->type = plan::ElementType::F32;
  t->bytes = 4;
  for (int64_t extent : shape)
    t->bytes *= static_cast<uint64_t>(extent);
  t->shape = std::move(shape);
  t->offset = offset;
  return t;
}

static std::unique_ptr<plan::KernelT> kernel(const char *symbol, uint64_t scratch) {
  auto k = std::make_unique<plan::KernelT>();
  k->symbol = symbol;
  k->key = std::string("key of ") + symbol;
  k->scratch = scratch;
  k->macs = 1024;
  return k;
}

TestPlan::TestPlan() {
  constexpr uint64_t big = kRows * kColumns * sizeof(float), small = kRows * sizeof(float);
  for (int row = 0; row < kRows; ++row)
    for (int column = 0; column < kColumns; ++column) {
      float w = weight(row, column);
      const auto *bytes = reinterpret_cast<const uint8_t *>(&w);
      data.insert(data.end(), bytes, bytes + sizeof w);
    }
  data.resize(big + 100, 0x5a); // the tokenizer's place

  plan.name = "test";
  plan.build_id = kBuildId;
  plan.target = "x86_64-linux";
  plan.cpu = "generic";
  plan.compiler = "snapc test";
  plan.kernels.push_back(kernel("multiply", kColumns * sizeof(float)));
  plan.kernels.push_back(kernel("sum_rows", 0));
  plan.kernels.push_back(kernel("twice", 0));

  auto first = std::make_unique<plan::ProgramT>();
  first->name = "main";
  first->inputs.push_back(tensor("x", {kRows, kColumns}, 0));
  first->outputs.push_back(tensor("z", {kRows}, 2 * big));
  first->arena = 2 * big + small;
  first->scratch = kColumns * sizeof(float);
  auto call = std::make_unique<plan::CallT>();
  call->kernel = 0;
  call->block = "block.0";
  call->args.push_back(slice(plan::Space::Arena, 0, big));
  call->args.push_back(slice(plan::Space::Data, 0, big));
  call->args.push_back(slice(plan::Space::Arena, big, big));
  first->calls.push_back(std::move(call));
  call = std::make_unique<plan::CallT>();
  call->kernel = 1;
  call->args.push_back(slice(plan::Space::Arena, big, big));
  call->args.push_back(slice(plan::Space::Arena, 2 * big, small));
  first->calls.push_back(std::move(call));
  plan.programs.push_back(std::move(first));

  auto second = std::make_unique<plan::ProgramT>();
  second->name = "double";
  second->inputs.push_back(tensor("v", {kRows}, 0));
  second->outputs.push_back(tensor("r", {kRows}, small));
  second->arena = 2 * small;
  call = std::make_unique<plan::CallT>();
  call->kernel = 2;
  call->args.push_back(slice(plan::Space::Arena, 0, small));
  call->args.push_back(slice(plan::Space::Arena, small, small));
  second->calls.push_back(std::move(call));
  plan.programs.push_back(std::move(second));

  plan.pipeline = std::make_unique<plan::PipelineT>();
  plan::PipelineT &p = *plan.pipeline;
  p.scheduler = std::make_unique<plan::SchedulerT>();
  p.scheduler->train_steps = 3;
  p.scheduler->beta_start = 0.00085;
  p.scheduler->beta_end = 0.012;
  p.scheduler->beta_schedule = plan::BetaSchedule::SquaredCosCapV2;
  p.scheduler->trained_betas = {0.125, 0.25, 0.5};
  p.scheduler->spacing = plan::Spacing::Trailing;
  p.scheduler->prediction = plan::Prediction::VPrediction;
  p.scheduler->steps_offset = 1;
  p.scheduler->rescale_betas_zero_snr = true;
  p.scheduler->clip_sample_range = 1.5;
  p.scaling_factor = 0.18215;
  p.default_steps = 8;
  p.default_guidance = 7.5;
  p.width = 128;
  p.height = 96;
  p.latent_channels = 4;
  p.tokenizer_offset = big;
  p.tokenizer_bytes = 100;
  p.max_tokens = 77;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

template <typename T> static void store(std::vector<uint8_t> &file, size_t at, T value) {
  std::memcpy(&file[at], &value, sizeof value);
}

uint64_t snap::test::planBytes(const std::vector<uint8_t> &file) {
  uint64_t bytes;
  std::memcpy(&bytes, &file[24], sizeof bytes);
  return bytes;
}

void snap::test::seal(std::vector<uint8_t> &file) {
  uint64_t hash = 0xcbf29ce484222325u;
  auto add = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      hash = (hash ^ file[i]) * 0x100000001b3u;
  };
  add(0, 56);
  add(kPlanOffset, kPlanOffset + planBytes(file));
  store(file, 56, hash);
}

std::vector<uint8_t> TestPlan::bytes() const {
  flatbuffers::FlatBufferBuilder builder;
  plan::FinishPlanBuffer(builder, plan::Plan::Pack(builder, &plan));
  size_t planEnd = kPlanOffset + builder.GetSize();
  size_t dataOffset = (planEnd + 16383) / 16384 * 16384;

  std::vector<uint8_t> file(dataOffset + data.size());
  std::memcpy(&file[0], "SNAPPLAN", 8);
  store<uint32_t>(file, 8, 1);
  store<uint32_t>(file, 12, 64);
  store<uint64_t>(file, 16, kPlanOffset);
  store<uint64_t>(file, 24, builder.GetSize());
  store<uint64_t>(file, 32, dataOffset);
  store<uint64_t>(file, 40, data.size());
  store<uint64_t>(file, 48, file.size());
  std::memcpy(&file[kPlanOffset], builder.GetBufferPointer(), builder.GetSize());
  if (!data.empty())
    std::memcpy(&file[dataOffset], data.data(), data.size());
  seal(file);
  return file;
}

TempFile::TempFile(const std::vector<uint8_t> &bytes) {
  char path[] = "/tmp/snap-runtime-test-XXXXXX";
  int descriptor = mkstemp(path);
  name = path;
  FILE *file = fdopen(descriptor, "wb");
  EXPECT_EQ(std::fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
  std::fclose(file);
}

TempFile::~TempFile() { unlink(name.c_str()); }

OpenModel::OpenModel(const std::vector<uint8_t> &bytes, snap_options options, const snap_library &library) {
  TempFile file(bytes);
  options.size = sizeof options;
  status = snap_open(&library, file.path(), &options, &model, &error);
  EXPECT_EQ(status == SNAP_OK, model != nullptr);
}

void snap::test::expectMainRuns(snap_model *model) {
  ASSERT_NE(model, nullptr);
  snap_program *program = snap_find_program(model, "main");
  ASSERT_NE(program, nullptr);
  std::vector<float> x = someInput(), z = expectedOutput(x);
  std::memcpy(snap_find_input(program, "x")->data, x.data(), x.size() * sizeof(float));
  snap_error error = {};
  ASSERT_EQ(snap_run(model, program, nullptr, &error), SNAP_OK) << error.message;
  const snap_tensor *output = snap_find_output(program, "z");
  ASSERT_EQ(output->bytes, z.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(output->data, z.data(), output->bytes), 0);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

TestAllocator::~TestAllocator() { EXPECT_EQ(live(), 0u) << "blocks that never came back"; }

size_t TestAllocator::live() {
  std::lock_guard<std::mutex> guard(mutex);
  return blocks.size();
}

void TestAllocator::install(snap_options &options) {
  options.allocate = allocate;
  options.deallocate = deallocate;
  options.allocator_context = this;
}

void *TestAllocator::allocate(void *self, uint64_t bytes, uint64_t alignment) {
  auto &a = *static_cast<TestAllocator *>(self);
  std::lock_guard<std::mutex> guard(a.mutex);
  EXPECT_GE(alignment, 64u);
  if (a.allocations++ == a.failAt || bytes > a.limit)
    return nullptr;
  void *memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes ? bytes : 1) != 0)
    return nullptr;
  std::memset(memory, 0xcd, bytes); // nobody may count on zeroes
  a.blocks[memory] = bytes;
  return memory;
}

void TestAllocator::deallocate(void *self, void *memory, uint64_t bytes) {
  auto &a = *static_cast<TestAllocator *>(self);
  std::lock_guard<std::mutex> guard(a.mutex);
  auto found = a.blocks.find(memory);
  ASSERT_NE(found, a.blocks.end());
  EXPECT_EQ(found->second, bytes);
  a.blocks.erase(found);
  free(memory);
}
