//===- Diagnostics.cpp - MLIR's diagnostics as one error ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Diagnostics.h"

#include "mlir/IR/Location.h"

using namespace mlir;

namespace snap {

/// "unet/model.onnx:/down/Conv" -> "unet/model.onnx: node '/down/Conv': ".
static std::string prefix(Location location, llvm::StringRef message) {
  auto name = dyn_cast<NameLoc>(location);
  if (auto fused = dyn_cast<FusedLoc>(location); fused && !fused.getLocations().empty())
    name = dyn_cast<NameLoc>(fused.getLocations().front());
  if (!name)
    return "";
  auto [file, node] = name.getName().strref().split(".onnx:");
  if (message.starts_with(file))
    return "";
  if (node.empty())
    return (name.getName().strref() + ": ").str();
  return (file + ".onnx: node '" + node + "': ").str();
}

DiagnosticCollector::DiagnosticCollector(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return success();
        std::string text = diagnostic.str();
        if (!messages.empty())
          messages += "\nerror: ";
        messages += prefix(diagnostic.getLocation(), text) + text;
        for (Diagnostic &note : diagnostic.getNotes())
          messages += "\n  note: " + note.str();
        return success();
      }) {}

llvm::Error DiagnosticCollector::takeError(const std::string &fallback) {
  return llvm::createStringError(messages.empty() ? fallback : messages);
}

} // namespace snap
