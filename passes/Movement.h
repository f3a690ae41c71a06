//===- Movement.h - Chains of reshapes and transposes -----------*- C++ -*-===//
//
// What a chain of reshapes and transposes does as a whole: the source's
// dimensions split into factors, and the order in which they are put together
// again. Two chains are the same if their factors are.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_MOVEMENT_H
#define SNAP_PASSES_MOVEMENT_H

#include "dialects/snap/Snap.h"

#include "mlir/IR/PatternMatch.h"

namespace snap {

/// Example: [2,77,768] -> reshape [2,77,12,64] -> transpose [0,2,1,3] is the
/// source's factors 2, 77, 12, 64 in the order 0, 2, 1, 3. Factors of 1 are
/// not kept.
class Movement {
public:
  /// Nothing done to `source` yet.
  explicit Movement(mlir::Value source);
  /// Follows `value` back through reshapes and transposes as far as factors can tell.
  static Movement trace(mlir::Value value);

  mlir::Value source() const { return from; }
  llvm::ArrayRef<int64_t> shape() const { return resultShape; }
  /// The traced operations, first to last.
  llvm::ArrayRef<mlir::Operation *> chain() const { return ops; }

  /// Adds a step. False, with nothing changed, if `shape` cuts across factors.
  bool reshape(llvm::ArrayRef<int64_t> shape);
  void transpose(llvm::ArrayRef<int64_t> permutation);

  /// No element changes its row-major position.
  bool isReshape() const;

  /// How build() says it: an optional reshape, an optional transpose, an
  /// optional reshape; the transpose comes last where it can.
  struct Steps {
    llvm::SmallVector<int64_t> before; // empty: no reshape
    llvm::SmallVector<int64_t> permutation;
    llvm::SmallVector<int64_t> after;
    unsigned size() const { return !before.empty() + !permutation.empty() + !after.empty(); }
  };
  Steps steps() const;
  mlir::Value build(mlir::OpBuilder &builder, mlir::Location loc) const;

private:
  mlir::Value from;
  llvm::SmallVector<int64_t> resultShape;
  llvm::SmallVector<int64_t> factors;                  // sizes, in the source's order
  llvm::SmallVector<llvm::SmallVector<unsigned>> dims; // per result dimension, its factors
  llvm::SmallVector<mlir::Operation *> ops;
};

/// [0, 2, 3, 1] -> [0, 3, 1, 2].
llvm::SmallVector<int64_t> inversePermutation(llvm::ArrayRef<int64_t> permutation);

/// Rewrites chains into the fewest steps, transposes last. Never adds a
/// transpose: one that somebody else reads is left where it is.
void populateMovementPatterns(mlir::RewritePatternSet &patterns);

} // namespace snap

#endif // SNAP_PASSES_MOVEMENT_H
