//===- Diagnostics.h - MLIR's diagnostics as one error ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_DIAGNOSTICS_H
#define SNAP_COMPILER_DRIVER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace snap {

/// "unet/model.onnx:/down/Conv" as "unet/model.onnx: node '/down/Conv'"; empty if the location names nothing.
std::string describeLocation(mlir::Location location);

/// While it lives, keeps every error and remark of a context; a location "FILE:NODE" is
/// printed as "FILE: node 'NODE': …" unless the message names the file itself.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext *context);
  /// All errors, one a line, or `fallback` if there were none.
  llvm::Error takeError(const std::string &fallback);

  /// What passes had to say to the user, in order.
  const std::vector<std::string> &remarks() const { return remarkTexts; }

private:
  std::string messages;
  std::vector<std::string> remarkTexts;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_DIAGNOSTICS_H
