//===- EmitPointwise.h - A thread for each element of the output -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_EMITPOINTWISE_H
#define SNAP_TARGETS_METAL_EMITPOINTWISE_H

#include "targets/metal/Emit.h"

namespace snap::metal {

/// The frame of a pointwise kernel: the op adds operands to `space`, buffers to `f` and numbers to `params`, and says in
/// finish() what the accumulator is of the element at coordinates c0, c1, ….
class PointwiseEmitter {
public:
  explicit PointwiseEmitter(Emission &e);
  bool finish(const std::string &stem, const std::function<Value(MslWriter &w)> &root);

  /// Declares a value under a name.
  static Value named(MslWriter &w, const Value &value, const std::string &name);
  Value withPrologue(MslWriter &w, const Value &value, const std::string &prefix) const;

  Emission &e;
  IndexSpace space; // operand 0 is the output
  FunctionBuilder f;
  PointwiseParams params = {};

private:
  EpilogueInputs inputs;
};

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_EMITPOINTWISE_H
