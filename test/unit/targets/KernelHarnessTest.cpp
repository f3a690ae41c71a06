//===- KernelHarnessTest.cpp - The harness notices what it should ---------===//
//
// Kernels in C, each wrong in one way, in the place of compiled ones.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "KernelHarness.h"

#include "dialects/reference/KernelReference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace snap;

namespace {
struct BadKernel {
  const char *name;
  const char *body; // in, out: ten floats; context: the user context
  const char *fault;
};
} // namespace

static const BadKernel kernels[] = {
    {"good", "for (int i = 0; i < 10; ++i) out[i] = in[i];", ""},
    {"reads_past_the_end", "for (int i = 0; i < 10; ++i) out[i] = in[i]; sink = in[10];", "stopped by signal 11"},
    {"reads_before_the_start", "for (int i = 0; i < 10; ++i) out[i] = in[i]; sink = in[-1];", "stopped by signal 11"},
    {"writes_past_the_end", "for (int i = 0; i < 11; ++i) out[i] = in[i % 10];", "stopped by signal 11"},
    {"writes_far_before_the_start",
     "for (int i = 0; i < 10; ++i) out[i] = in[i]; if (((uintptr_t)out & 4095) != 0) "
     "out[-100] = 1;",
     "wrote outside its buffers"},
    {"writes_an_input", "for (int i = 0; i < 10; ++i) out[i] = in[i]; ((float *)in)[3] = 1;", "stopped by signal 11"},
    {"fails", "return 3;", "returned 3"},
    {"depends_on_the_order", "order = 0; shared = out; return halide_do_par_for(context, task, 0, 10, 0);",
     "one thread and two give different results"},
    {"takes_scratch_not_planned",
     "float *s = halide_malloc(context, 40); for (int i = 0; i < 10; ++i) s[i] = in[i]; for (int i = 0; i < 10; ++i) "
     "out[i] = s[i]; halide_free(context, s);",
     "used 128 bytes of scratch, planned 0"},
    {"overruns_its_scratch", "float *s = halide_malloc(context, 64); for (int i = 0; i < 20; ++i) s[i] = i;",
     "stopped by signal 11"},
    {"computes_an_element_twice", "for (int i = 0; i < 10; ++i) out[i] = in[i] + 1; out[0] = in[0] + 1;",
     "gives another result when the output lies over an input"},
};

static const char *const prelude = R"(
#include "snap/kernel_abi.h"
void *halide_malloc(void *, size_t);
void halide_free(void *, void *);
int halide_do_par_for(void *, int (*)(void *, int, uint8_t *), int, int, uint8_t *);
static float *shared;
static volatile float sink;
static int order;
static int task(void *context, int i, uint8_t *closure) { shared[i] = order++; return 0; }
)";

/// A C function compiled for this machine.
static KernelObject compileC(const std::string &name, const std::string &body) {
  std::string base = testing::TempDir() + "snap_bad_kernel";
  std::ofstream(base + ".c") << prelude << "int " << name
                             << "_argv(void **args) {\n  void *context = *(void **)args[0];\n"
                                "  const float *in = (const float *)((snap_buffer *)args[1])->host;\n"
                                "  float *out = (float *)((snap_buffer *)args[2])->host;\n"
                                "  (void)context, (void)task, (void)in, (void)out;\n  "
                             << body << "\n  return 0;\n}\n";
  std::string command =
      SNAP_HOST_CC " -O1 -fno-builtin -I " SNAP_RUNTIME_INCLUDE " -c " + base + ".c -o " + base + ".o";
  EXPECT_EQ(std::system(command.c_str()), 0) << body;
  std::ifstream in(base + ".o", std::ios::binary);
  KernelObject object;
  object.symbol = name;
  object.bytes.assign(std::istreambuf_iterator<char>(in), {});
  return object;
}

TEST(KernelHarness, noticesWrongKernels) {
  const TestTarget host = {"Host", "x86_64-linux", "avx2", false};
  KernelCase kernelCase;
  std::vector<KernelRun> runs;
  std::vector<KernelObject> objects;
  for (const BadKernel &kernel : kernels) {
    kernelCase.key = keyOf("elementwise(10xf32) -> 10xf32 {} epilogue in0");
    runs.push_back({kernelCase.key, randomInputs(kernelCase, 1)});
    objects.push_back(compileC(std::string("bad_") + kernel.name, kernel.body));
  }
  std::string error;
  std::vector<KernelOutcome> outcomes = runObjects(host, runs, objects, error);
  ASSERT_EQ(outcomes.size(), runs.size()) << error;
  for (size_t i = 0; i < runs.size(); ++i) {
    SCOPED_TRACE(kernels[i].name);
    EXPECT_EQ(outcomes[i].fault.substr(0, std::string(kernels[i].fault).size()), kernels[i].fault);
    EXPECT_EQ(outcomes[i].fault.empty(), std::string(kernels[i].fault).empty()) << outcomes[i].fault;
  }
}

TEST(KernelHarness, noticesStridesOverrun) {
  // A kernel for dense rows where the key has gaps between them.
  const TestTarget host = {"Host", "x86_64-linux", "avx2", false};
  KernelCase kernelCase;
  kernelCase.key = keyOf("reduce.sum(5x2xf32) -> 5x2xf32[3,1] {axes=[]}");
  std::string error;
  std::vector<KernelOutcome> outcomes =
      runObjects(host, {{kernelCase.key, randomInputs(kernelCase, 1)}},
                 {compileC("dense_rows", "for (int i = 0; i < 10; ++i) out[i] = in[i];")}, error);
  ASSERT_EQ(outcomes.size(), 1u) << error;
  EXPECT_EQ(outcomes[0].fault, "wrote between the rows of its output");
}

TEST(KernelHarness, comparesWithinTheTolerance) {
  Tensor expected(ElementType::F32, {3}), actual(ElementType::F32, {3});
  for (int i = 0; i < 3; ++i) {
    expected.set(i, i);
    actual.set(i, i + 1e-4);
  }
  EXPECT_EQ(difference(actual, expected, 1e-4), "");
  EXPECT_NE(difference(actual, expected, 1e-5), "");
  EXPECT_NE(difference(actual, expected, 0), "");
  actual.set(1, std::nan(""));
  EXPECT_NE(difference(actual, expected, 1), "");
}
