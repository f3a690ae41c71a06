//===- Header.cpp - NAME.h ------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/Header.h"

#include "compiler/emit/Archive.h"
#include "compiler/emit/AtomicFile.h"
#include "dialects/plan/Plan.h"
#include "dialects/reference/Interpreter.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace snap {

/// A runtime header without its #include of another one.
static Expected<std::string> headerText(StringRef name) {
  SmallString<256> path(runtimeFolder());
  sys::path::append(path, "include", "snap", name);
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message() + "; build the target snap_runtime_objects");
  std::string result;
  SmallVector<StringRef> lines;
  (*buffer)->getBuffer().split(lines, '\n');
  for (StringRef line : lines)
    if (!line.starts_with("#include \"snap/"))
      result += (line + "\n").str();
  while (StringRef(result).ends_with("\n\n"))
    result.pop_back();
  return result;
}

/// PAINTER_STEP_SAMPLE from painter, step, sample.
static std::string macroName(std::initializer_list<StringRef> parts) {
  std::string result;
  for (StringRef part : parts) {
    if (!result.empty())
      result += '_';
    for (char c : part)
      result += isAlnum(c) ? toUpper(c) : '_';
  }
  return result;
}

static void describe(raw_ostream &os, StringRef program, StringRef role, StringRef name, mlir::Value buffer) {
  auto type = cast<mlir::MemRefType>(buffer.getType());
  os << " *   " << program << ' ' << role << ' ' << name << ": ";
  for (int64_t dim : type.getShape())
    os << dim << " x ";
  os << toString(elementTypeOf(type.getElementType())) << '\n';
}

Error writeHeader(StringRef path, const SnapFileInput &input, const SnapFileSummary &summary) {
  Expected<std::string> abi = headerText("kernel_abi.h");
  if (!abi)
    return abi.takeError();
  Expected<std::string> api = headerText("snap.h");
  if (!api)
    return api.takeError();

  std::string name = input.name, guard = macroName({name, "h"});
  std::string tensors, constants;
  raw_string_ostream tensorText(tensors), constantText(constants);
  uint64_t arena = 0, scratch = 0;
  mlir::ModuleOp module = input.plan;
  for (auto program : module.getOps<plan::ProgramOp>()) {
    StringRef programName = program.getSymName();
    arena = std::max<uint64_t>(arena, program.getArenaBytes().value_or(0));
    auto constant = [&](StringRef role, StringRef tensor, mlir::Value buffer) {
      describe(tensorText, programName, role, tensor, buffer);
      constantText << "#define " << macroName({name, programName, tensor, "elements"}) << ' '
                   << cast<mlir::MemRefType>(buffer.getType()).getNumElements() << '\n';
    };
    for (mlir::Operation &op : program.getBody().front()) {
      if (auto in = dyn_cast<plan::InputOp>(op))
        constant("input", in.getName(), in.getBuffer());
      if (auto out = dyn_cast<plan::OutputOp>(op))
        constant("output", out.getName(), out.getBuffer());
    }
  }
  for (const PlanKernel &kernel : input.kernels)
    scratch = std::max(scratch, kernel.scratch);

  std::string upper = macroName({name});
  return writeFileAtomically(path, [&](raw_pwrite_stream &os) {
    os << "/* " << name << ".h: made by snapc " << SNAPC_VERSION << " for " << input.target.target << ". Link lib"
       << name << ".a, ship " << name << ".snap.\n *\n";
    if (input.metal)
      os << " * For the GPU also ship " << name << ".metallib (" << name << "-metallib.sh makes it) or " << name
         << ".metal beside it, and link the\n * frameworks Metal and Foundation.\n";
    os << " * Needs the system's C library, libm and pthreads. Inputs and outputs of the programs:\n"
       << tensorText.str() << " */\n";
    os << "#ifndef " << guard << "\n#define " << guard << "\n\n" << *abi << '\n' << *api << '\n';
    os << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
    os << "/* Bytes of activations, of what programs hand on, of scratch for each thread, of weights in " << name
       << ".snap\n * (mapped, clean). */\n";
    os << "#define " << upper << "_ARENA_BYTES UINT64_C(" << arena << ")\n";
    os << "#define " << upper << "_STATE_BYTES UINT64_C(" << summary.stateBytes << ")\n";
    os << "#define " << upper << "_SCRATCH_BYTES_PER_THREAD UINT64_C(" << scratch << ")\n";
    os << "#define " << upper << "_WEIGHT_BYTES UINT64_C(" << summary.weightBytes << ")\n";
    os << "#define " << upper << "_BUILD_ID \"" << summary.buildId << "\"\n";
    if (input.pipeline)
      os << "#define " << upper << "_WIDTH " << input.pipeline->width << "\n#define " << upper << "_HEIGHT "
         << input.pipeline->height << '\n';
    os << constantText.str() << '\n';
    os << "/* The kernels in lib" << name << ".a. */\nextern const snap_library " << name << "_library;\n\n";
    os << "/* snap_open with this library: `path` is where " << name << ".snap lies. */\n";
    os << "static inline snap_status " << name
       << "_open(const char *path, const snap_options *options, snap_model **model, snap_error *error) {\n"
       << "  return snap_open(&" << name << "_library, path, options, model, error);\n}\n\n";
    os << "#ifdef __cplusplus\n}\n#endif\n#endif /* " << guard << " */\n";
    return Error::success();
  });
}

} // namespace snap
