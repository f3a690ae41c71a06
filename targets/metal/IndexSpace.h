//===- IndexSpace.h - Tensors along common dimensions -----------*- C++ -*-===//
//
// Where the element of each operand is that belongs to an element of the
// output. Dimensions that all operands run through alike are one.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_INDEXSPACE_H
#define SNAP_TARGETS_METAL_INDEXSPACE_H

#include "targets/KernelKey.h"
#include "targets/metal/KernelParams.h"

#include <string>
#include <vector>

namespace snap::metal {

class MslWriter;

/// Row-major strides of a tensor, written out.
std::vector<int64_t> stridesOf(const TensorSpec &tensor);
/// Along `shape` by numpy's rule: 0 where the tensor is broadcast.
std::vector<int64_t> stridesAlong(const TensorSpec &tensor, const std::vector<int64_t> &shape);

class IndexSpace {
public:
  explicit IndexSpace(std::vector<int64_t> extents) : extents(std::move(extents)) {}

  /// Adds an operand with a stride for each dimension; returns its number.
  size_t add(std::vector<int64_t> strides, int64_t base = 0);
  size_t add(const TensorSpec &tensor) { return add(stridesAlong(tensor, extents)); }

  /// Drops dimensions of extent 1 and joins neighbours; dimension `alone` (if any) stays by itself and keeps its
  /// number from the end.
  void merge();
  /// Whether it fits SpaceParams.
  bool fits() const { return extents.size() <= SNAP_SPACE_RANK && strides.size() <= SNAP_SPACE_OPERANDS; }

  int64_t count() const;
  SpaceParams params() const;
  /// Declares `prefix`0, `prefix`1, … from a running index.
  void writeCoordinates(MslWriter &w, const std::string &index, const std::string &prefix,
                        const std::string &params) const;
  /// The offset of an operand's element, an int expression.
  std::string offset(size_t operand, const std::string &prefix, const std::string &params) const;
  /// Whether all operands are the same element wherever they are.
  bool isConstant(size_t operand) const;

  std::vector<int64_t> extents;
  std::vector<std::vector<int64_t>> strides;
  std::vector<int64_t> bases;
};

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_INDEXSPACE_H
