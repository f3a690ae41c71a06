//===- OpTable.cpp - Which ONNX operators are imported, and how -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;

namespace snap {

static const StringMap<SmallVector<const OpRow *, 2>> &table() {
  static const StringMap<SmallVector<const OpRow *, 2>> rows = [] {
    StringMap<SmallVector<const OpRow *, 2>> rows;
    for (ArrayRef<OpRow> family :
         {elementwiseOps(), activationOps(), reductionOps(), poolingOps(), normalizationOps(), convMatmulOps(),
          shapeOps(), sourceOps(), movementOps(), indexingOps(), resizeOps(), attentionOps()})
      for (const OpRow &row : family)
        rows[row.name].push_back(&row);
    return rows;
  }();
  return rows;
}

/// Why an operator has no row, and what the user can do about it.
static std::string refusal(StringRef name) {
  auto any = [&](std::initializer_list<StringRef> names) { return is_contained(names, name); };
  if (any({"If", "Loop", "Scan", "SequenceMap"}))
    return "control flow is not supported: export with the branch or trip count fixed (torch.onnx.export with example "
           "inputs traces one path), or fold it with onnxsim";
  if (name.starts_with("Sequence") || name.starts_with("Optional") ||
      any({"SplitToSequence", "ConcatFromSequence", "Optional"}))
    return "sequences and optionals are not supported: export with plain tensors";
  if (name.starts_with("Random") || any({"Multinomial", "Bernoulli"}))
    return "random operators are not supported: make the noise an input of the model";
  if (any({"LSTM", "GRU", "RNN"}))
    return "recurrent operators are not supported: export the cell unrolled";
  if (name.contains_insensitive("quantize") || name.starts_with("QLinear") || any({"ConvInteger", "MatMulInteger"}))
    return "quantized operators are not supported: use the model in float or float16";
  if (any({"NonZero", "Unique", "Compress", "NonMaxSuppression"}))
    return "the shape of its result depends on values, which is not supported: fold it or move it out of the model";
  if (name.starts_with("String") || any({"RegexFullMatch", "TfIdfVectorizer", "LabelEncoder"}))
    return "strings are not supported: tokenize outside of the model";
  if (name.ends_with("Loss") || any({"Momentum", "Adam", "Adagrad", "Gradient"}))
    return "training is not supported: export the model for inference";
  return "the operator is not supported: replace it by simpler ones before export, or move it out of the model";
}

const OpRow *findOp(StringRef name, int opset, std::string &why) {
  auto it = table().find(name);
  if (it == table().end()) {
    why = refusal(name);
    return nullptr;
  }
  for (const OpRow *row : it->second)
    if (row->since <= opset && opset <= row->until)
      return row;
  why = "it is not supported at this opset: convert the model with onnx.version_converter to opset " +
        std::to_string(it->second.front()->since) + " or newer";
  return nullptr;
}

} // namespace snap
