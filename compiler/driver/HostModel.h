//===- HostModel.h - A compiled model opened in this process ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_HOSTMODEL_H
#define SNAP_COMPILER_DRIVER_HOSTMODEL_H

#include "dialects/reference/Tensor.h"
#include "snap/snap.h"

#include "llvm/Support/Error.h"

#include <map>
#include <string>
#include <vector>

namespace snap {

/// The files of a compiled model.
struct CompiledFiles {
  std::string folder;  // OUT
  std::string name;    // NAME
  std::string archive; // OUT/libNAME.a
  std::string header;  // OUT/NAME.h
  std::string snap;    // OUT/NAME.snap
  std::string metal;   // OUT/NAME.metal, where compiled for a GPU
  static CompiledFiles in(llvm::StringRef folder, llvm::StringRef name);
  /// The one NAME.snap in `folder`, or the NAME.snap given.
  static llvm::Expected<CompiledFiles> find(llvm::StringRef path);
};

/// NAME.snap opened through the shared object linked from libNAME.a. The
/// library carries its own runtime: every call goes through its symbols.
class HostModel {
public:
  /// Links libNAME.a into a shared object beside it if that is not done, loads
  /// it, opens NAME.snap with `threads` workers (0: one per core).
  static llvm::Expected<HostModel> open(const CompiledFiles &files, unsigned threads);
  HostModel(HostModel &&other) noexcept;
  HostModel &operator=(HostModel &&) = delete;
  ~HostModel();

  /// The runtime's functions, from the loaded library.
  struct Api {
    decltype(&snap_open) open;
    decltype(&snap_close) close;
    decltype(&snap_cancel) cancel;
    decltype(&snap_get_model_info) getModelInfo;
    decltype(&snap_program_count) programCount;
    decltype(&snap_program_at) programAt;
    decltype(&snap_find_program) findProgram;
    decltype(&snap_program_name) programName;
    decltype(&snap_program_calls) programCalls;
    decltype(&snap_program_inputs) programInputs;
    decltype(&snap_program_outputs) programOutputs;
    decltype(&snap_run) run;
    decltype(&snap_get_pipeline_info) getPipelineInfo;
    decltype(&snap_tokenize) tokenize;
    decltype(&snap_generate) generate;
  };
  Api api{};
  snap_model *model = nullptr;
  /// Seconds that snap_open took.
  double openSeconds = 0;

  /// Runs `program` (null: the only one) on inputs by name. Every input must be
  /// there, of the right type and shape; errors say what is and what should be.
  llvm::Expected<std::vector<std::pair<std::string, Tensor>>> run(const std::map<std::string, Tensor> &inputs,
                                                                  const char *program = nullptr);

private:
  HostModel() = default;
  void *library = nullptr;
};

/// A copy of a program's input or output.
Tensor copyTensor(const snap_tensor &tensor);
/// "2x4x64x64xf32".
std::string typeText(ElementType type, llvm::ArrayRef<int64_t> shape);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_HOSTMODEL_H
