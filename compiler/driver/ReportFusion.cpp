//===- ReportFusion.cpp - What became one kernel, drawn -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/ReportCharts.h"

#include "targets/KernelKey.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace snap {

/// The scalar functions of an expression, in the order they are computed.
static void appendFunctions(const Expr &expr, std::vector<std::string> &operations) {
  for (const ExprNode &node : expr.nodes) {
    if (node.kind == ExprNode::Kind::Unary || node.kind == ExprNode::Kind::Binary)
      operations.push_back(node.fn);
    else if (node.kind == ExprNode::Kind::Select || node.kind == ExprNode::Kind::Cast)
      operations.emplace_back(node.kind == ExprNode::Kind::Select ? "select" : "cast");
  }
}

FusedKernel fusedKernel(StringRef keyText) {
  std::string error;
  std::optional<KernelKey> key = KernelKey::parse(keyText.str(), error);
  if (!key)
    return {}; // of a newer compiler: its kernels are in the table all the same
  FusedKernel kernel;
  auto has = [&](const char *name) { return key->ints.count(name) != 0; };
  const std::pair<const char *, const char *> loads[] = {
      {"joined", "concat"}, {"norm", "group norm"}, {"layer_norm", "layer norm"}, {"upsample", "upsample"}};
  for (auto [name, operation] : loads)
    if (has(name))
      kernel.operations.emplace_back(operation);
  appendFunctions(key->prologue, kernel.operations);
  if (key->op != KernelOp::Elementwise) {
    kernel.root = kernel.operations.size();
    kernel.operations.emplace_back(toString(key->op));
    if (key->algorithm != Algorithm::Default)
      kernel.operations.back() += std::string(" ") + toString(key->algorithm);
  }
  appendFunctions(key->epilogue, kernel.operations);
  return kernel;
}

void drawFusion(raw_ostream &os, const ProgramReport &program) {
  // The block with the most multiply-accumulates shows most of what there is to show.
  std::vector<WorkSum> blocks = program.byBlock();
  auto heaviest = max_element(blocks, [](const WorkSum &a, const WorkSum &b) { return a.macs < b.macs; });
  if (heaviest == blocks.end() || heaviest->macs == 0)
    return;
  size_t operations = 0, calls = 0;
  std::string boxes;
  for (const CallReport &call : program.calls) {
    if (call.block != heaviest->name)
      continue;
    FusedKernel kernel = fusedKernel(program.model->kernels[call.kernel].key);
    if (kernel.operations.empty())
      continue;
    ++calls;
    operations += kernel.operations.size();
    boxes += "<div class=\"kernel\">";
    for (auto [i, operation] : enumerate(kernel.operations))
      boxes += formatv("<span{0}>{1}</span>", kernel.root == i ? " class=\"root\"" : "", escaped(operation)).str();
    boxes += "</div>\n";
  }
  if (calls == 0)
    return;
  os << "<h3>What became one kernel</h3>\n"
     << formatv("<p>The block with the most work, {0}: {1} operations of the model in {2} kernels, in the order they "
                "run. What stands before the dark one is done as it loads, what stands behind before it stores.</p>\n",
                heaviest->name.empty() ? "which has no name" : escaped(heaviest->name), operations, calls)
     << "<div class=\"kernels\">\n"
     << boxes << "</div>\n";
}

} // namespace snap
