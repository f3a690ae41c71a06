//===- Emit.h - The emitters, by family of ops ------------------*- C++ -*-===//
//
// Each adds the dispatches of a verified key, or says what it cannot do yet.
// They are called through emitMetalKernel, with keys in canonical form.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_EMIT_H
#define SNAP_TARGETS_METAL_EMIT_H

#include "targets/metal/EmitExpr.h"
#include "targets/metal/IndexSpace.h"
#include "targets/metal/MetalKernel.h"
#include "targets/metal/WinogradTiles.h"

namespace snap::metal {

/// What an emitter works on.
struct Emission {
  const KernelKey &key;
  const MetalModel &model;
  MetalKernel kernel;
  std::string error;

  bool fail(const std::string &message) {
    error = message;
    return false;
  }
  /// Scratch for `count` elements; returns its byte offset.
  int64_t scratch(int64_t count, int64_t elementBytes);
};

bool emitElementwise(Emission &e); // and Transpose, Slice
bool emitConcat(Emission &e);
bool emitPad(Emission &e);
bool emitGather(Emission &e);
bool emitResize(Emission &e);
bool emitPool(Emission &e);
bool emitReduce(Emission &e);
bool emitLine(Emission &e);    // ArgReduce, CumSum
bool emitRowNorm(Emission &e); // LayerNorm, RmsNorm, Softmax
bool emitGroupNorm(Emission &e);
bool emitMatmul(Emission &e);
bool emitConv(Emission &e);
bool emitWinograd(Emission &e);
/// What a threadgroup computes of a Winograd convolution.
std::optional<WinogradShape> winogradShape(const KernelKey &key, const MetalModel &model);
bool emitAttention(Emission &e);

/// The inputs of an epilogue, bound and indexed along the output's dimensions.
class EpilogueInputs {
public:
  /// Adds every input the epilogue reads as an operand of `space`.
  EpilogueInputs(const KernelKey &key, IndexSpace &space);
  void bind(FunctionBuilder &f) const;
  /// Leaves that load from the element at coordinates `prefix`0, ….
  ExprLeaves leaves(const IndexSpace &space, const std::string &prefix, const std::string &params) const;

private:
  const KernelKey &key;
  std::vector<int32_t> inputs;
  std::vector<size_t> operands;
};

/// "f16", "f32_i64": the types of output and inputs, each once, for names.
std::string typesOf(const KernelKey &key);

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_EMIT_H
