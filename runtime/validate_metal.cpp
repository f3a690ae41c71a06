//===- validate_metal.cpp - Can the plan's dispatches be run? -------------===//
//
// A GPU reads and writes where it is told: every range a function may touch is
// checked to be inside the slice of the call, the scratch or the constants.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/errors.h"
#include "runtime/validate.h"

using namespace snap::runtime;

/// What Metal allows on every GPU of the Apple7 family and later.
static constexpr uint64_t kMaxThreads = 1024; // of a threadgroup
static constexpr uint64_t kMaxThreadgroupBytes = 32768;
static constexpr uint32_t kMaxBuffers = 31;
static constexpr uint64_t kConstantAlignment = 32; // of an offset in constant memory, on Macs
/// Functions load four elements at once, of up to four bytes.
static constexpr uint64_t kVectorAlignment = 16;

namespace {

class MetalChecker {
public:
  MetalChecker(const FlatReader &reader, const PlanView &plan, const char *path, PlanTotals &totals, snap_error *error)
      : reader(reader), plan(plan), metal{plan.metal()}, path(path), totals(totals), error(error) {}

  snap_status run();

private:
  snap_status checkFunctions();
  snap_status checkKernel(uint32_t index);
  snap_status checkGrid(const MetalDispatchView &dispatch, uint32_t kernel, uint32_t index);
  snap_status checkBinding(const MetalBindingView &binding, const MetalKernelView &kernel, uint32_t kernelIndex,
                           uint32_t dispatch, uint32_t index);
  snap_status checkProgram(uint32_t index);
  snap_status checkCall(const CallView &call, const ProgramView &program, uint32_t index);

  template <typename... Pieces> snap_status corrupt(const Pieces &...pieces) {
    return fail(error, SNAP_ERROR_FORMAT, path, ": Metal: ", pieces...);
  }
  snap_status readerStatus() { return reader.broken() ? corrupt("the plan's tables are damaged") : SNAP_OK; }

  const FlatReader &reader;
  const PlanView &plan;
  const MetalView metal;
  const char *const path;
  PlanTotals &totals;
  snap_error *const error;
  FlatVector functions, kernels;
  uint64_t constants = 0;
};

snap_status MetalChecker::run() {
  if (!metal.t)
    return readerStatus();
  functions = metal.functions();
  kernels = metal.kernels();
  constants = metal.constants().size();
  if (snap_status status = checkFunctions())
    return status;
  if (kernels.size() != plan.kernels().size())
    return corrupt(kernels.size(), " kernels, expected ", plan.kernels().size());
  for (uint32_t i = 0; i < kernels.size(); ++i)
    if (snap_status status = checkKernel(i))
      return status;
  if (metal.scratch().size() != plan.programs().size())
    return corrupt("scratch of ", metal.scratch().size(), " programs, expected ", plan.programs().size());
  for (uint32_t i = 0; i < plan.programs().size(); ++i)
    if (snap_status status = checkProgram(i))
      return status;
  return readerStatus();
}

snap_status MetalChecker::checkFunctions() {
  for (uint32_t i = 0; i < functions.size(); ++i) {
    MetalFunctionView function = {functions.table(i)};
    if (!function.name() || !*function.name())
      return corrupt("function ", i, " has no name");
    if (function.threadgroup() > kMaxThreadgroupBytes)
      return corrupt("function '", function.name(), "' takes ", function.threadgroup(),
                     " bytes of threadgroup memory, at most ", kMaxThreadgroupBytes, " are possible");
  }
  return readerStatus();
}

snap_status MetalChecker::checkKernel(uint32_t index) {
  MetalKernelView kernel = {kernels.table(index)};
  FlatVector dispatches = kernel.dispatches();
  if (dispatches.size() == 0)
    return corrupt("kernel ", index, " has no dispatch");
  for (uint32_t i = 0; i < dispatches.size(); ++i) {
    MetalDispatchView dispatch = {dispatches.table(i)};
    if (dispatch.function() >= functions.size())
      return corrupt("kernel ", index, ", dispatch ", i, " is of function ", dispatch.function(), " of ",
                     functions.size());
    if (snap_status status = checkGrid(dispatch, index, i))
      return status;
    FlatVector bindings = dispatch.bindings();
    if (bindings.size() > kMaxBuffers)
      return corrupt("kernel ", index, ", dispatch ", i, " binds ", bindings.size(), " buffers, at most ", kMaxBuffers,
                     " are possible");
    for (uint32_t k = 0; k < bindings.size(); ++k)
      if (snap_status status = checkBinding({bindings.table(k)}, kernel, index, i, k))
        return status;
  }
  return readerStatus();
}

snap_status MetalChecker::checkGrid(const MetalDispatchView &dispatch, uint32_t kernel, uint32_t index) {
  FlatVector groups = dispatch.groups(), threads = dispatch.threads();
  if (groups.size() != 3 || threads.size() != 3)
    return corrupt("kernel ", kernel, ", dispatch ", index, " has a grid of ", groups.size(), " by ", threads.size(),
                   " dimensions, expected 3 by 3");
  uint64_t threadCount = 1;
  for (uint32_t d = 0; d < 3; ++d) {
    uint64_t g = groups.scalar<uint32_t>(d), t = threads.scalar<uint32_t>(d);
    // Positions in the grid are 32 bits wide.
    if (g == 0 || t == 0 || t > kMaxThreads || g * t > UINT32_MAX)
      return corrupt("kernel ", kernel, ", dispatch ", index, " has ", g, " threadgroups of ", t,
                     " threads in dimension ", d);
    threadCount *= t;
  }
  if (threadCount > kMaxThreads)
    return corrupt("kernel ", kernel, ", dispatch ", index, " has threadgroups of ", threadCount, " threads, at most ",
                   kMaxThreads, " are possible");
  return readerStatus();
}

/// What does not depend on the call.
snap_status MetalChecker::checkBinding(const MetalBindingView &binding, const MetalKernelView &kernel,
                                       uint32_t kernelIndex, uint32_t dispatch, uint32_t index) {
  BindingKind kind = binding.kind();
  if (kind > BindingKind::Constant || binding.bytes() == 0 || (kind == BindingKind::Constant && binding.writable()))
    return corrupt("kernel ", kernelIndex, ", dispatch ", dispatch, ", buffer ", index, " is of no known kind");
  if (kind == BindingKind::Argument)
    return readerStatus(); // the call's: checkCall
  bool constant = kind == BindingKind::Constant;
  uint64_t end = constant ? constants : kernel.scratch();
  if (!isInside(binding.offset(), binding.bytes(), 0, end) ||
      binding.offset() % (constant ? kConstantAlignment : kVectorAlignment) != 0)
    return corrupt("kernel ", kernelIndex, ", dispatch ", dispatch, ", buffer ", index, " (", binding.bytes(),
                   " bytes at ", binding.offset(), ") does not fit the ", constant ? "constants" : "scratch", " of ",
                   end, " bytes");
  return readerStatus();
}

snap_status MetalChecker::checkProgram(uint32_t index) {
  ProgramView program = {plan.programs().table(index)};
  uint64_t scratch = metal.scratch().scalar<uint64_t>(index);
  FlatVector calls = program.calls();
  for (uint32_t i = 0; i < calls.size(); ++i) {
    CallView call = {calls.table(i)};
    uint64_t needed = MetalKernelView{kernels.table(call.kernel())}.scratch();
    if (needed > scratch)
      return corrupt("program '", program.name(), "': call ", i, " needs ", needed,
                     " bytes of scratch, the program has ", scratch);
    if (snap_status status = checkCall(call, program, i))
      return status;
  }
  if (scratch > totals.gpuScratch)
    totals.gpuScratch = scratch;
  return readerStatus();
}

/// The slices themselves are inside their segments: validate.cpp.
snap_status MetalChecker::checkCall(const CallView &call, const ProgramView &program, uint32_t index) {
  FlatVector args = call.args();
  FlatVector dispatches = MetalKernelView{kernels.table(call.kernel())}.dispatches();
  for (uint32_t i = 0; i < dispatches.size(); ++i) {
    FlatVector bindings = MetalDispatchView{dispatches.table(i)}.bindings();
    for (uint32_t k = 0; k < bindings.size(); ++k) {
      MetalBindingView binding = {bindings.table(k)};
      if (binding.kind() != BindingKind::Argument)
        continue;
      if (binding.argument() >= args.size())
        return corrupt("program '", program.name(), "': call ", index, ", dispatch ", i, ", buffer ", k,
                       " is argument ", binding.argument(), " of ", args.size());
      SliceView slice = {args.table(binding.argument())};
      if (!isInside(binding.offset(), binding.bytes(), 0, slice.bytes()) ||
          (slice.offset() + binding.offset()) % kVectorAlignment != 0)
        return corrupt("program '", program.name(), "': call ", index, ", dispatch ", i, ", buffer ", k, " (",
                       binding.bytes(), " bytes at ", binding.offset(), ") does not fit its argument of ",
                       slice.bytes(), " bytes at ", slice.offset());
      if (binding.writable() && slice.space() == Space::Data)
        return corrupt("program '", program.name(), "': call ", index, ", dispatch ", i, ", buffer ", k,
                       " writes to the weights");
    }
  }
  return readerStatus();
}

} // namespace

snap_status snap::runtime::validateMetal(const FlatReader &reader, const PlanView &plan, const char *path,
                                         PlanTotals &totals, snap_error *error) {
  return MetalChecker(reader, plan, path, totals, error).run();
}
