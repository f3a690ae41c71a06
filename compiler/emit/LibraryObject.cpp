//===- LibraryObject.cpp - The object that defines NAME_library -----------===//
//
// Made with LLVM rather than a C compiler, so that snapc needs none where it
// runs, whatever the target.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/LibraryObject.h"

#include "snap/kernel_abi.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

using namespace llvm;

namespace snap {

std::string tripleOf(const TargetModel &target) {
  switch (target.system) {
  case System::Linux:
    return target.arch == Arch::X86_64 ? "x86_64-unknown-linux-gnu" : "aarch64-unknown-linux-gnu";
  case System::Android:
    return "aarch64-unknown-linux-android24";
  case System::IOS:
    return "arm64-apple-ios17.0";
  case System::MacOS:
    return "arm64-apple-macosx13.0";
  }
  llvm_unreachable("a system without a triple");
}

/// struct snap_library of `module`, with everything it points to.
static void defineLibrary(Module &module, StringRef name, StringRef buildId, ArrayRef<std::string> entries,
                          bool metal) {
  LLVMContext &context = module.getContext();
  auto *pointer = PointerType::getUnqual(context);
  auto *i32 = Type::getInt32Ty(context);

  auto string = [&](StringRef text) -> Constant * {
    Constant *data = ConstantDataArray::getString(context, text);
    auto *global =
        new GlobalVariable(module, data->getType(), /*isConstant=*/true, GlobalValue::PrivateLinkage, data, ".str");
    global->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    global->setAlignment(Align(1));
    return global;
  };
  auto *kernelType = FunctionType::get(i32, {pointer}, /*isVarArg=*/false);
  SmallVector<Constant *> kernels;
  for (const std::string &entry : entries)
    kernels.push_back(cast<Constant>(module.getOrInsertFunction(entry, kernelType).getCallee()));
  auto *tableType = ArrayType::get(pointer, kernels.size());
  auto *table = new GlobalVariable(module, tableType, /*isConstant=*/true, GlobalValue::PrivateLinkage,
                                   ConstantArray::get(tableType, kernels), ".kernels");

  // Defined by runtime/metal.
  Constant *gpu = ConstantPointerNull::get(pointer);
  if (metal)
    gpu = new GlobalVariable(module, Type::getInt8Ty(context), /*isConstant=*/true, GlobalValue::ExternalLinkage,
                             nullptr, "snap_metal");

  // The members of snap_library in order; its layout has no padding.
  static_assert(sizeof(snap_library) == 40, "update defineLibrary with struct snap_library");
  Constant *members[] = {ConstantInt::get(i32, SNAP_KERNEL_ABI_VERSION),
                         ConstantInt::get(i32, kernels.size()),
                         string(name),
                         string(buildId),
                         table,
                         gpu};
  auto *type = StructType::get(context, {i32, i32, pointer, pointer, pointer, pointer});
  new GlobalVariable(module, type, /*isConstant=*/true, GlobalValue::ExternalLinkage,
                     ConstantStruct::get(type, members), name + "_library");
}

Expected<SmallVector<char, 0>> makeLibraryObject(StringRef name, StringRef buildId, ArrayRef<std::string> entries,
                                                 bool metal, const TargetModel &target) {
  static const bool initialized = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    return true;
  }();
  (void)initialized;

  std::string triple = tripleOf(target), error;
  const Target *backend = TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return createStringError("LLVM has no backend for " + triple + ": " + error);
  std::unique_ptr<TargetMachine> machine(
      backend->createTargetMachine(triple, /*CPU=*/"", /*Features=*/"", TargetOptions(), Reloc::PIC_));

  LLVMContext context;
  Module module(name.str(), context);
  module.setTargetTriple(triple);
  module.setDataLayout(machine->createDataLayout());
  module.setPICLevel(PICLevel::BigPIC);
  defineLibrary(module, name, buildId, entries, metal);

  SmallVector<char, 0> bytes;
  raw_svector_ostream os(bytes);
  legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, os, nullptr, CodeGenFileType::ObjectFile))
    return createStringError("LLVM cannot write objects for " + triple);
  passes.run(module);
  return bytes;
}

} // namespace snap
