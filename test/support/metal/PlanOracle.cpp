//===- PlanOracle.cpp - What a command buffer should be -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "PlanOracle.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/Error.h"

#include <cstring>

using namespace snap;
using namespace snap::fake;

PlanOracle::Binding PlanOracle::expected(const plan::CallT &call, const metal::MetalDispatch &dispatch,
                                         const metal::MetalBinding &binding, uint64_t inputs) const {
  Binding result = {Place::Scratch,
                    static_cast<uint64_t>(binding.byteOffset),
                    static_cast<uint64_t>(binding.bytes),
                    static_cast<uint32_t>(binding.elementBytes),
                    binding.writable,
                    {},
                    nullptr};
  if (binding.kind == metal::MetalBinding::Scratch)
    return result;
  if (binding.kind == metal::MetalBinding::Constant) {
    result.place = Place::Content;
    result.content = dispatch.constants[binding.index].substr(binding.byteOffset, binding.bytes);
    return result;
  }
  bool isInput = binding.kind == metal::MetalBinding::Input;
  const plan::SliceT &slice = *call.args[isInput ? binding.index : inputs + binding.index];
  result.offset += slice.offset;
  switch (slice.space) {
  case plan::Space::Arena:
    result.place = Place::Arena;
    break;
  case plan::Space::State:
    result.place = Place::State;
    break;
  case plan::Space::Data:
    result.place = Place::Content;
    result.weights = data + result.offset;
    break;
  }
  return result;
}

PlanOracle::PlanOracle(const plan::PlanT &plan, const MetalProgram &metal, const uint8_t *data)
    : data(data), kernelCount(static_cast<uint32_t>(plan.kernels.size())), buildId(plan.build_id) {
  for (const auto &from : plan.programs) {
    Program program;
    program.name = from->name;
    for (const auto &call : from->calls)
      for (const metal::MetalDispatch &dispatch : metal.kernels[call->kernel].dispatches) {
        Dispatch row = {dispatch.function, dispatch.groups, dispatch.threads, {}};
        for (const metal::MetalBinding &binding : dispatch.bindings)
          row.bindings.push_back(expected(*call, dispatch, binding, metal.inputs[call->kernel]));
        program.dispatches.push_back(std::move(row));
      }
    programs.push_back(std::move(program));
  }
}

PlanOracle PlanOracle::ofFile(const std::string &path) {
  llvm::ExitOnError exitOnError("plan oracle: ");
  std::shared_ptr<llvm::MemoryBuffer> file =
      exitOnError(llvm::errorOrToExpected(llvm::MemoryBuffer::getFile(path, /*IsText=*/false, false)));
  const char *bytes = file->getBufferStart();
  plan::PlanT plan;
  plan::GetPlan(bytes + llvm::support::endian::read64le(bytes + 16))->UnPackTo(&plan);
  std::vector<KernelKey> keys;
  for (const auto &kernel : plan.kernels) {
    std::string error;
    std::optional<KernelKey> key = KernelKey::parse(kernel->key, error);
    if (!key)
      exitOnError(llvm::createStringError(error));
    keys.push_back(*key);
  }
  PlanOracle oracle(plan, exitOnError(emitMetalProgram(keys)),
                    reinterpret_cast<const uint8_t *>(bytes) + llvm::support::endian::read64le(bytes + 32));
  oracle.file = std::move(file);
  return oracle;
}

std::map<std::string, size_t> PlanOracle::dispatches() const {
  std::map<std::string, size_t> counts;
  for (const Program &program : programs)
    counts[program.name] = program.dispatches.size();
  return counts;
}

std::string PlanOracle::compare(const Program &program, const std::vector<EncodedDispatch> &commands,
                                std::vector<std::vector<shim::ShimArgument>> &arguments) {
  std::map<Place, unsigned char *> seen = begins;
  arguments.clear();
  for (size_t i = 0; i < commands.size(); ++i) {
    const Dispatch &dispatch = program.dispatches[i];
    const EncodedDispatch &command = commands[i];
    std::string where = "program " + program.name + ", dispatch " + std::to_string(i) + " (" + dispatch.function + ")";
    if (command.bindings.size() < dispatch.bindings.size())
      return where + " lacks buffers";
    std::vector<shim::ShimArgument> row;
    for (size_t b = 0; b < dispatch.bindings.size(); ++b) {
      const Binding &want = dispatch.bindings[b];
      const EncodedDispatch::Binding &got = command.bindings[b];
      std::string what = where + ", buffer " + std::to_string(b);
      if (got.bytes < want.bytes)
        return what + " ends before its range does";
      if (want.place == Place::Content) {
        if (std::memcmp(got.data, want.weights ? want.weights : want.content.data(), want.bytes) != 0)
          return what + " does not hold the weights or constants it should";
      } else {
        unsigned char *begin = got.data - want.offset;
        if (seen.emplace(want.place, begin).first->second != begin)
          return what + " is not at offset " + std::to_string(want.offset);
      }
      row.push_back({got.data, want.bytes, want.elementBytes, want.writable});
    }
    arguments.push_back(std::move(row));
  }
  begins = seen;
  return "";
}

std::string PlanOracle::describe(const std::vector<EncodedDispatch> &commands,
                                 std::vector<std::vector<shim::ShimArgument>> &arguments) {
  std::string wrong = "no program of the plan has these " + std::to_string(commands.size()) + " dispatches";
  for (const Program &program : programs) {
    bool same = program.dispatches.size() == commands.size();
    for (size_t i = 0; same && i < commands.size(); ++i) {
      const Dispatch &d = program.dispatches[i];
      same = d.function == commands[i].function && d.groups == commands[i].groups && d.threads == commands[i].threads;
    }
    if (!same)
      continue;
    wrong = compare(program, commands, arguments);
    if (wrong.empty())
      return "";
  }
  return wrong;
}
