//===- EmitGemmLoads.cpp - Operands of products to threadgroup memory -----===//
//
// Four columns at a time, as a vector where they are neighbours in memory, with
// the norm and the prologue of what is normalised on the way.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitGemm.h"

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

/// When an element of `a` exists; empty: always.
std::string GemmEmitter::valid() const {
  std::string text = depth % shape.depth != 0 ? "k < p.depth" : "";
  if (hasPadding())
    text += text.empty() ? "inside" : " && inside";
  return text;
}

/// The address of the element as that of a `type`, in the input or in what is joined to it.
std::string GemmEmitter::pointerTo(const std::string &type) const {
  std::string cast = "(device const " + type + " *)", own = cast + "(a + " + elementAt(false) + ")";
  return joined < 0 ? own : "(c < p.split ? " + own + " : " + cast + "(joined + " + elementAt(true) + "))";
}

/// Norm and prologue of the element of channel c, row j.
Value GemmEmitter::transformed(MslWriter &w, const Value &element) const {
  ExprLeaves leaves;
  leaves.acc = element;
  // Beyond the depth no channel has a norm; whatever stands there is multiplied by zeros.
  std::string at = depth % shape.depth != 0 ? "min(c, p.depth - 1)" : "c";
  if (affine >= 0)
    w.write("device const float *norm = affine + rowAffine[j] + int(" + at + ") * 2;");
  if (table)
    w.write("threadgroup const float *norm = kept + int(" + at + ") * 2;");
  if (affine >= 0 || table)
    w.write("const float normed = " + element.text + " * norm[0] + norm[1];");
  if (rowNorm) {
    const List &vectors = key.ints.at("layer_norm");
    w.write("const float normed = (" + element.text + " - rowMoments[j].x) * rowMoments[j].y" +
            (vectors[0] >= 0 ? " * float(scale[" + at + "])" : "") +
            (vectors[1] >= 0 ? " + float(bias[" + at + "])" : "") + ";");
  }
  if (affine >= 0 || table || rowNorm)
    leaves.acc.text = "normed";
  return writeExpr(w, key.prologue, leaves, "r");
}

/// Four columns by one load.
void GemmEmitter::writeVectorOfA(MslWriter &w) const {
  std::string vector = std::string(storageType(key.inputs[0].type)) + "4", condition = valid();
  writeElement(w);
  std::string load = "float4(*" + pointerTo(vector) + ")";
  if (!transforms() && vector == type + "4")
    load = "*" + pointerTo(vector);
  std::string wide = transforms() ? "float4" : type + "4";
  w.write(wide + " v = " + (condition.empty() ? load : condition + " ? " + load + " : " + wide + "(0)") + ";");
  if (!transforms())
    return;
  w.write("const uint c0 = c;\nfor (uint u = 0; u < 4; ++u) {\nconst uint c = c0 + u;");
  Value value = transformed(w, {"v[u]", ElementType::F32});
  w.write("v[u] = " + (hasPadding() ? "inside ? " + value.text + " : 0.0f" : value.text) + ";\n}");
}

/// Four columns one after the other.
void GemmEmitter::writeElementsOfA(MslWriter &w) const {
  std::string condition = valid(), scalar = storageType(key.inputs[0].type);
  w.write("float4 v;\nfor (uint u = 0; u < 4; ++u) {\nconst uint k = k1 + u;");
  writeDepth(w);
  writeElement(w);
  std::string load = "float(*" + pointerTo(scalar) + ")";
  w.write("const float element = " + (condition.empty() ? load : condition + " ? " + load + " : 0.0f") + ";");
  Value value = transformed(w, {"element", ElementType::F32});
  w.write("v[u] = " + (hasPadding() && transforms() ? "inside ? " + value.text + " : 0.0f" : value.text) + ";\n}");
}

void GemmEmitter::writeLoadA(MslWriter &w) const {
  bool guarded = shape.rows * shape.depth / 4 < shape.threads();
  if (guarded) // fewer vectors than threads
    w.write("if (aRow < ROWS) {");
  if (readsVectors()) {
    w.write("const uint k = k0 + aDepth;");
    writeDepth(w);
  } else {
    w.write("const uint k1 = k0 + aDepth;");
  }
  w.write("for (uint j = 0; j < A_ROWS; ++j) {");
  if (readsVectors())
    writeVectorOfA(w);
  else
    writeElementsOfA(w);
  bool same = readsVectors() && !transforms();
  w.write("*(threadgroup $T4 *)(as + (aRow + j * A_STEP) * A_ROW + aDepth) = " + std::string(same ? "v" : "$T4(v)") +
              ";\n}",
          {{"T4", type + "4"}});
  if (guarded)
    w.write("}");
}

void GemmEmitter::writeLoadB(MslWriter &w) const {
  std::string scalar = storageType(key.inputs[1].type), gate = " + int(p.panel)";
  bool tail = depth % shape.depth != 0;
  w.write("for (uint j = bDepth; j < DEPTH; j += B_STEP) {\nconst uint k = k0 + j;");
  for (bool gates : {false, true}) {
    if (gates && !gated)
      continue;
    MslWriter::Words words = {{"T4", type + "4"},
                              {"S", scalar},
                              {"gate", gates ? gate : ""},
                              {"row", gates ? "(DEPTH + j)" : "j"},
                              {"if", tail ? "k < p.depth ? " : ""},
                              {"else", tail ? " : " + type + "4(0)" : ""},
                              {"zero", tail ? " : 0" : ""}};
    if (vectorB)
      w.write("*(threadgroup $T4 *)(bs + $row * B_ROW + bColumn) = "
              "$if $T4(*(device const $S4 *)(b + bAt + int(k) * p.depthStep$gate))$else;",
              {{"T4", words["T4"]},
               {"S4", scalar + "4"},
               {"gate", words["gate"]},
               {"row", words["row"]},
               {"if", words["if"]},
               {"else", words["else"]}});
    else
      w.write("for (uint u = 0; u < 4; ++u)\n  bs[$row * B_ROW + bColumn + u] = "
              "$T($if float(b[bAt[u] + int(k) * p.depthStep$gate])$zero);",
              {{"T", type},
               {"gate", words["gate"]},
               {"row", words["row"]},
               {"if", words["if"]},
               {"zero", tail ? " : 0.0f" : ""}});
  }
  w.write("}");
}
