//===- Diagnostics.cpp - MLIR's diagnostics as one error ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Diagnostics.h"

#include "mlir/IR/Location.h"

using namespace mlir;

namespace snap {

std::string describeLocation(Location location) {
  auto name = dyn_cast<NameLoc>(location);
  if (auto fused = dyn_cast<FusedLoc>(location); fused && !fused.getLocations().empty())
    name = dyn_cast<NameLoc>(fused.getLocations().front());
  if (!name)
    return "";
  auto [file, node] = name.getName().strref().split(".onnx:");
  if (node.empty())
    return name.getName().str();
  return (file + ".onnx: node '" + node + "'").str();
}

/// What goes before a message: the location, unless the message names the file itself.
static std::string prefix(Location location, llvm::StringRef message) {
  std::string text = describeLocation(location);
  if (text.empty() || message.starts_with(llvm::StringRef(text).split(".onnx:").first))
    return "";
  return text + ": ";
}

DiagnosticCollector::DiagnosticCollector(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        std::string text = diagnostic.str();
        if (diagnostic.getSeverity() == DiagnosticSeverity::Remark)
          remarkTexts.push_back(prefix(diagnostic.getLocation(), text) + text);
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return success();
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
