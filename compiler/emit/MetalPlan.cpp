//===- MetalPlan.cpp - The Metal side of a plan ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/MetalPlan.h"

#include "compiler/emit/AtomicFile.h"
#include "plan_generated.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"

#include <map>

using namespace llvm;

namespace snap {

Expected<MetalProgram> emitMetalProgram(ArrayRef<KernelKey> keys) {
  MetalProgram program;
  std::vector<const metal::MetalKernel *> emitted;
  for (const KernelKey &key : keys) {
    std::string error;
    std::optional<metal::MetalKernel> kernel = metal::emitMetalKernel(key, metal::MetalModel(), error);
    if (!kernel)
      return createStringError("--gpu metal: " + error + "; the kernel is " + key.str());
    program.inputs.push_back(key.inputs.size());
    program.kernels.push_back(std::move(*kernel));
  }
  for (const metal::MetalKernel &kernel : program.kernels)
    emitted.push_back(&kernel);
  program.source = metal::metalSource(emitted);
  return program;
}

namespace {

/// The bytes that all dispatches read beside buffers, each distinct run of them once.
class ConstantTable {
public:
  uint64_t add(const std::string &text) {
    auto [it, isNew] = offsets.try_emplace(text, bytes.size());
    if (isNew) {
      bytes.insert(bytes.end(), text.begin(), text.end());
      bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
    }
    return it->second;
  }
  std::vector<uint8_t> bytes;

private:
  // Metal's feature tables ask 4 bytes of iPhones and 32 of Macs.
  static constexpr size_t alignment = 64;
  std::map<std::string, uint64_t> offsets;
};

} // namespace

static plan::BindingKind kindOf(metal::MetalBinding::Kind kind) {
  switch (kind) {
  case metal::MetalBinding::Input:
  case metal::MetalBinding::Output:
    return plan::BindingKind::Argument;
  case metal::MetalBinding::Scratch:
    return plan::BindingKind::Scratch;
  case metal::MetalBinding::Constant:
    return plan::BindingKind::Constant;
  }
  llvm_unreachable("a kind of binding that is not known");
}

std::unique_ptr<plan::MetalT> writeMetalPlan(const MetalProgram &metal, const plan::PlanT &root) {
  auto table = std::make_unique<plan::MetalT>();
  table->source_hash = xxh3_64bits(metal.source);

  // By name, as in the source.
  std::map<std::string, uint32_t> functions;
  std::map<std::string, int64_t> threadgroup;
  for (const metal::MetalKernel &kernel : metal.kernels)
    for (const metal::MetalFunction &function : kernel.functions)
      threadgroup[function.name] = function.threadgroupBytes;
  for (const auto &[name, bytes] : threadgroup) {
    functions[name] = table->functions.size();
    auto row = std::make_unique<plan::MetalFunctionT>();
    row->name = name;
    row->threadgroup = bytes;
    table->functions.push_back(std::move(row));
  }

  ConstantTable constants;
  for (auto [kernel, inputs] : zip(metal.kernels, metal.inputs)) {
    auto row = std::make_unique<plan::MetalKernelT>();
    row->scratch = kernel.scratchBytes;
    for (const metal::MetalDispatch &dispatch : kernel.dispatches) {
      auto work = std::make_unique<plan::MetalDispatchT>();
      work->function = functions.at(dispatch.function);
      work->groups.assign(dispatch.groups.begin(), dispatch.groups.end());
      work->threads.assign(dispatch.threads.begin(), dispatch.threads.end());
      for (const metal::MetalBinding &binding : dispatch.bindings) {
        auto slot = std::make_unique<plan::MetalBindingT>();
        slot->kind = kindOf(binding.kind);
        slot->offset = binding.byteOffset;
        slot->bytes = binding.bytes;
        slot->writable = binding.writable;
        if (binding.kind == metal::MetalBinding::Input)
          slot->argument = binding.index;
        else if (binding.kind == metal::MetalBinding::Output)
          slot->argument = inputs + binding.index;
        else if (binding.kind == metal::MetalBinding::Constant)
          slot->offset += constants.add(dispatch.constants[binding.index]);
        work->bindings.push_back(std::move(slot));
      }
      row->dispatches.push_back(std::move(work));
    }
    table->kernels.push_back(std::move(row));
  }
  table->constants = std::move(constants.bytes);

  for (const auto &program : root.programs) {
    uint64_t scratch = 0;
    for (const auto &call : program->calls)
      scratch = std::max(scratch, table->kernels[call->kernel]->scratch);
    table->scratch.push_back(scratch);
  }
  return table;
}

Error writeMetalSource(StringRef path, StringRef name, StringRef buildId, const MetalProgram &metal) {
  return writeFileAtomically(path, [&](raw_pwrite_stream &os) {
    os << "// " << name << ".metal, build " << buildId << '\n';
    os << metal.source;
    os << "\n// Tells the runtime which build a compiled library belongs to.\nkernel void snap_build_" << buildId
       << "() {}\n";
    return Error::success();
  });
}

} // namespace snap
