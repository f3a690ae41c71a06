//===- EmitGemm.h - Tiled matrix products -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_EMITGEMM_H
#define SNAP_TARGETS_METAL_EMITGEMM_H

#include "targets/metal/Emit.h"
#include "targets/metal/EmitMoments.h"
#include "targets/metal/GemmTiles.h"

namespace snap::metal {

/// One tiled product out[rows, columns] = a[rows, depth] * b[depth, columns] with everything fused into it. Matmul
/// says where the elements of `a` are in input 0, a convolution which pixels they are of.
class GemmEmitter {
public:
  GemmEmitter(Emission &e, int64_t depth, int64_t batches);
  virtual ~GemmEmitter() = default;
  bool run();

protected:
  // How `a` is read. Text speaks of row j of a thread's, of column k, and of its channel c.

  /// Adds operands to `space` and numbers to `params`.
  virtual void prepareRows() = 0;
  /// What rows need through the whole product: arrays, and their element j of row g.
  virtual std::string rowArrays() const = 0;
  virtual void writeRow(MslWriter &w) = 0;
  /// Declares c, given k, and what else follows from it; then what follows from j too, `inside` if there is padding.
  virtual void writeDepth(MslWriter &w) const = 0;
  virtual void writeElement(MslWriter &w) const {}
  virtual std::string elementAt(bool joined) const = 0;
  virtual bool hasPadding() const { return false; }
  /// Where row g of `a` begins, by its coordinates q, if its elements are one after the other; for `layer_norm`.
  virtual std::string rowStart() const { return ""; }
  /// Whether four columns are four neighbours in memory, aligned.
  virtual bool readsVectors() const = 0;
  virtual std::string stem() const = 0;

  /// Adds what stands along `rowStrides`; its columns are `columnStride` apart.
  size_t addOperand(std::vector<int64_t> rowStrides, int64_t columnStride);
  bool joinedVectors() const { return joined < 0 || key.inputs[0].shape.back() % 4 == 0; }

  Emission &e;
  const KernelKey &key;
  int64_t columns, depth, batches, joined;
  bool gated;
  GemmShape shape;
  GemmParams params = {};
  IndexSpace space; // rows of the whole batch
  IndexSpace batch; // operand 0: b
  std::vector<int64_t> columnStrides;

private:
  void prepareResult();
  void prepareWeights();
  void prepareNorm();
  bool prepareMoments();
  void bind(FunctionBuilder &f) const;
  std::string column(size_t operand) const;

  void writeHead(MslWriter &w);
  void writeRowStatistics(MslWriter &w) const;
  void writeRowSetup(MslWriter &w);
  void writeLoadA(MslWriter &w) const;
  void writeVectorOfA(MslWriter &w) const;
  void writeElementsOfA(MslWriter &w) const;
  Value transformed(MslWriter &w, const Value &element) const;
  std::string valid() const;
  std::string pointerTo(const std::string &type) const;
  void writeLoadB(MslWriter &w) const;
  void writeResult(MslWriter &w) const;
  void writeMoments(MslWriter &w) const;
  int64_t elementBytes() const { return type == "half" ? 2 : 4; }
  int64_t keptBytes() const { return rowNorm ? shape.rows * 8 : table ? table->bytes() : 0; }
  int64_t threadgroupBytes() const { return gemmThreadgroupBytes(shape, elementBytes(), gated, keptBytes()); }
  bool transforms() const { return affine >= 0 || table || rowNorm || !key.prologue.empty(); }

  std::vector<int32_t> inputs;      // of the epilogue
  size_t image = 0;                 // operand: an image's {factor, summand}
  int64_t affine = -1;              // factors and summands of channels: in scratch,
  std::optional<MomentTable> table; // or made of moments in threadgroup memory
  bool rowNorm = false;             // of each row of `a`
  int64_t momentRows = 0;           // rows of a block whose moments are made here
  bool vectorB = false, vectorOut = false;
  std::string type; // of the operands' tiles
};

/// Whether all strides but the last, which is 1, are multiples of 4.
bool hasVectors(const TensorSpec &tensor);

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_EMITGEMM_H
