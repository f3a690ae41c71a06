//===- ProgramTimes.cpp - Times of a compiled program's calls -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/ProgramTimes.h"

#include "llvm/ADT/STLExtras.h"

#include <random>

using namespace llvm;

namespace snap {

/// The values hardly matter to a kernel's time, but denormals and infinities would.
/// Integers are token ids.
static void fillInput(const snap_tensor &tensor, uint64_t seed) {
  std::mt19937_64 generator(seed);
  Tensor values = copyTensor(tensor);
  bool isFloat = values.type() == ElementType::F32 || values.type() == ElementType::F16;
  for (int64_t i = 0, e = values.elements(); i < e; ++i) {
    uint64_t bits = generator();
    if (isFloat)
      values.set(i, double(bits >> 11) * 0x1p-52 - 1);
    else
      values.setInt(i, bits % 2);
  }
  std::memcpy(tensor.data, values.raw(), tensor.bytes);
}

static void noteTime(void *user, uint32_t call, uint64_t nanoseconds) {
  (*static_cast<std::vector<uint64_t> *>(user))[call] = nanoseconds;
}

Expected<std::vector<uint64_t>> timeProgram(HostModel &host, snap_program *program) {
  uint32_t count = 0;
  const snap_tensor *inputs = host.api.programInputs(program, &count);
  for (uint32_t i = 0; i < count; ++i)
    fillInput(inputs[i], i); // every time: the arena reuses their places
  std::vector<uint64_t> times(host.api.programCalls(program));
  snap_run_options options = {};
  options.size = sizeof options;
  options.user = &times;
  options.timing = noteTime;
  snap_error error = {};
  if (host.api.run(host.model, program, &options, &error) != SNAP_OK)
    return createStringError(error.message);
  return times;
}

double medianOf(std::vector<double> values) {
  if (values.empty())
    return 0;
  llvm::sort(values);
  size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

} // namespace snap
