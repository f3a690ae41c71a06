//===- MetalTestPlan.cpp - TestPlan with a GPU ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "MetalTestPlan.h"

#include "runtime/gpu.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace snap;
using namespace snap::test;

extern "C" const snap_gpu snap_metal;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

static const char *const functions = R"msl(#include <metal_stdlib>
using namespace metal;

struct Count {
  uint count;
};

kernel void copy(device const float *x [[buffer(0)]], device float *y [[buffer(1)]],
                 constant Count &p [[buffer(2)]], uint i [[thread_position_in_grid]]) {
  if (i < p.count)
    y[i] = x[i];
}
kernel void multiply(device const float *x [[buffer(0)]], device const float *w [[buffer(1)]],
                     device float *y [[buffer(2)]], constant Count &p [[buffer(3)]],
                     uint i [[thread_position_in_grid]]) {
  if (i < p.count)
    y[i] = x[i] * w[i];
}
kernel void sum_rows(device const float *y [[buffer(0)]], device float *z [[buffer(1)]],
                     constant Count &p [[buffer(2)]], uint row [[thread_position_in_grid]]) {
  if (row < 16) {
    float sum = 0.0f;
    for (uint i = 0; i < p.count; ++i)
      sum += y[row * p.count + i];
    z[row] = sum;
  }
}
kernel void twice(device const float *v [[buffer(0)]], device float *r [[buffer(1)]],
                  constant Count &p [[buffer(2)]], uint i [[thread_position_in_grid]]) {
  if (i < p.count)
    r[i] = 2.0f * v[i];
}
)msl";

static metal::MetalDispatch dispatch(const char *function, uint32_t count, uint32_t threads,
                                     std::vector<metal::MetalBinding> bindings, uint32_t constant) {
  metal::MetalDispatch d;
  d.function = function;
  d.groups = {(count + threads - 1) / threads, 1, 1};
  d.threads = {threads, 1, 1};
  d.bindings = std::move(bindings);
  d.bindings.push_back({metal::MetalBinding::Constant, 0, 0, 4, 4, false});
  d.constants.emplace_back(reinterpret_cast<const char *>(&constant), sizeof constant);
  return d;
}

const MetalProgram &snap::test::testMetal() {
  using metal::MetalBinding;
  constexpr int64_t big = kRows * kColumns * 4, small = kRows * 4;
  constexpr uint32_t all = kRows * kColumns;
  static const MetalProgram program = [=] {
    MetalProgram p;
    auto input = [](int32_t index, int64_t bytes) {
      return MetalBinding{MetalBinding::Input, index, 0, bytes, 4, false};
    };
    auto output = [](int64_t bytes) { return MetalBinding{MetalBinding::Output, 0, 0, bytes, 4, true}; };
    // At two places, so that an offset that is forgotten shows.
    auto scratch = [](int64_t offset, bool writable) {
      return MetalBinding{MetalBinding::Scratch, 0, offset, big, 4, writable};
    };
    metal::MetalKernel multiply, sumRows, twice;
    multiply.functions = {{"copy", "", 0}, {"multiply", "", 0}};
    multiply.scratchBytes = 256 + 2 * big;
    multiply.dispatches = {dispatch("copy", all, 128, {input(0, big), scratch(256, true)}, all),
                           dispatch("copy", all, 128, {scratch(256, false), scratch(256 + big, true)}, all),
                           dispatch("multiply", all, 64, {scratch(256 + big, false), input(1, big), output(big)}, all)};
    sumRows.functions = {{"sum_rows", "", 0}};
    sumRows.dispatches = {dispatch("sum_rows", kRows, 32, {input(0, big), output(small)}, kColumns)};
    twice.functions = {{"twice", "", 0}};
    twice.dispatches = {dispatch("twice", kRows, 32, {input(0, small), output(small)}, kRows)};
    p.inputs = {2, 1, 1};
    p.kernels = {multiply, sumRows, twice};
    p.source = functions;
    return p;
  }();
  return program;
}

MetalTestPlan::MetalTestPlan() { plan.metal = writeMetalPlan(testMetal(), plan); }

const snap_library &snap::test::metalLibrary() {
  static const snap_library library = {SNAP_KERNEL_ABI_VERSION, 3,          "test", kBuildId,
                                       testLibrary().kernels,   &snap_metal};
  return library;
}

//===----------------------------------------------------------------------===//
// The fixture
//===----------------------------------------------------------------------===//

void MetalTest::SetUp() {
  fake::device().shimFolder = SNAP_SHIM_CACHE;
  fake::resetMetal();
  folder = (std::filesystem::temp_directory_path() / ("snap-metal-" + std::to_string(getpid()))).string();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  writePlan(MetalTestPlan());
  std::ofstream(file("test.metal"), std::ios::binary) << source();
}

void MetalTest::TearDown() {
  close();
  onCall = nullptr;
  EXPECT_EQ(fake::liveObjects(), 0u) << fake::describeLiveObjects();
  for (const std::string &problem : fake::problems())
    ADD_FAILURE() << problem;
  std::filesystem::remove_all(folder);
}

std::string MetalTest::source(const std::string &buildId) {
  return "// test.metal, build " + buildId + "\n" + testMetal().source + "\nkernel void snap_build_" + buildId +
         "() {}\n";
}

void MetalTest::writeSnap(const std::vector<uint8_t> &bytes) {
  std::ofstream(file("test.snap"), std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void MetalTest::writePlan(const TestPlan &test) {
  writeSnap(test.bytes());
  data = test.data;
  oracle = std::make_unique<fake::PlanOracle>(test.plan, testMetal(), data.data());
  fake::device().describe = [this](const auto &commands, auto &arguments) {
    return oracle->describe(commands, arguments);
  };
}

snap_status MetalTest::open(snap_options options) {
  close();
  options.size = sizeof options;
  options.threads = 1;
  error = {};
  return snap_open(&metalLibrary(), file("test.snap").c_str(), &options, &model, &error);
}

snap_status MetalTest::open(snap_device device) {
  snap_options options = {};
  options.device = device;
  return open(options);
}

void MetalTest::close() {
  snap_close(model);
  model = nullptr;
  // Another session has other buffers.
  if (oracle)
    oracle->forgetBuffers();
}

snap_model_info MetalTest::info() const {
  snap_model_info info = {};
  info.size = sizeof info;
  snap_get_model_info(model, &info);
  return info;
}
