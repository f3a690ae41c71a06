//===- TestPlan.h - Plans and kernels made by hand --------------*- C++ -*-===//
//
// A small but complete NAME.snap, built with flatc's generated code, and the
// library of hand-written kernels that goes with it:
//
//   main:   x f32[16,64] -> z f32[16];  y = x * w (16 parallel rows, through
//           scratch), z[row] = sum of y's row, in order
//   double: v f32[16] -> r f32[16];  r = 2 v
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_RUNTIME_TESTPLAN_H
#define SNAP_TEST_RUNTIME_TESTPLAN_H

#include "plan_generated.h"
#include "snap/snap.h"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

extern "C" {
int halide_do_par_for(void *context, int (*body)(void *, int, uint8_t *), int min, int count, uint8_t *closure);
void *halide_malloc(void *context, size_t bytes);
void halide_free(void *context, void *block);
}

namespace snap::test {

constexpr int kRows = 16;
constexpr int kColumns = 64;
constexpr const char *kBuildId = "0123456789abcdef0123456789abcdef";

/// The parts of a file; change them, then ask for bytes().
struct TestPlan {
  plan::PlanT plan;
  std::vector<uint8_t> data;

  TestPlan();

  plan::ProgramT &main() { return *plan.programs[0]; }

  /// Header, plan and data, with the right sizes and checksum.
  std::vector<uint8_t> bytes() const;
};

/// Where bytes() puts the plan.
constexpr size_t kPlanOffset = 64;

/// Recomputes the checksum after `file` was changed on purpose.
void seal(std::vector<uint8_t> &file);
uint64_t planBytes(const std::vector<uint8_t> &file);

/// The weight w[row, column], and x and z of program main.
float weight(int row, int column);
std::vector<float> someInput();
std::vector<float> expectedOutput(const std::vector<float> &x);

/// The library of TestPlan. Kernels ask `onCall` first: a nonzero result is
/// theirs too.
const snap_library &testLibrary();
extern std::function<int(int kernel)> onCall;

/// A file in the temporary folder for the length of a scope.
class TempFile {
public:
  explicit TempFile(const std::vector<uint8_t> &bytes);
  ~TempFile();
  const char *path() const { return name.c_str(); }

private:
  std::string name;
};

/// snap_open on bytes in a file; closes at the end of the scope.
struct OpenModel {
  explicit OpenModel(const std::vector<uint8_t> &bytes, snap_options options = {},
                     const snap_library &library = testLibrary());
  ~OpenModel() { snap_close(model); }

  snap_model *model = nullptr;
  snap_error error = {};
  snap_status status;
};

/// Runs main on someInput() and compares with expectedOutput().
void expectMainRuns(snap_model *model);

/// An allocator that counts, refuses what exceeds `limit` bytes in one block
/// and the allocation number `failAt`, and checks what comes back.
class TestAllocator {
public:
  ~TestAllocator();
  void install(snap_options &options);
  size_t live();

  int failAt = -1;
  uint64_t limit = UINT64_MAX;
  int allocations = 0;

private:
  static void *allocate(void *self, uint64_t bytes, uint64_t alignment);
  static void deallocate(void *self, void *memory, uint64_t bytes);

  std::mutex mutex;
  std::map<void *, uint64_t> blocks;
};

} // namespace snap::test

#endif // SNAP_TEST_RUNTIME_TESTPLAN_H
