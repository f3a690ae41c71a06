//===- Tensor.h - Tensors of the reference evaluators -----------*- C++ -*-===//
//
// A dense row-major tensor with shared or borrowed bytes. Sees no MLIR.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_TENSOR_H
#define SNAP_DIALECTS_REFERENCE_TENSOR_H

#include "targets/KernelKey.h"

#include <cassert>
#include <cstdint>
#include <memory>
#include <vector>

namespace snap {

/// IEEE binary16 <-> binary32, round to nearest even.
float halfToFloat(uint16_t half);
uint16_t floatToHalf(float value);

class Tensor {
public:
  Tensor() = default;
  /// Zero-filled bytes of our own.
  Tensor(ElementType type, std::vector<int64_t> shape);
  /// Bytes of somebody else's (a mapped weight file), kept alive by `owner`.
  Tensor(ElementType type, std::vector<int64_t> shape, const void *bytes, std::shared_ptr<const void> owner);

  ElementType type() const { return elementType; }
  const std::vector<int64_t> &shape() const { return dims; }
  int64_t rank() const { return dims.size(); }
  int64_t elements() const;
  int64_t bytes() const { return elements() * byteSize(elementType); }
  /// Row-major strides in elements.
  std::vector<int64_t> strides() const;

  const void *raw() const { return data_; }
  /// Writable bytes; copies first if they are borrowed or shared.
  void *mutableRaw();
  template <typename T> const T *data() const {
    assert(sizeof(T) == (size_t)byteSize(elementType) && "element size");
    return static_cast<const T *>(data_);
  }
  template <typename T> T *mutableData() {
    assert(sizeof(T) == (size_t)byteSize(elementType) && "element size");
    return static_cast<T *>(mutableRaw());
  }
  /// The same bytes under another shape of as many elements.
  Tensor reshaped(std::vector<int64_t> shape) const;

  /// Element `index` (row-major) as a double or an integer, whatever the type.
  double getDouble(int64_t index) const;
  int64_t getInt(int64_t index) const;
  void set(int64_t index, double value);
  void setInt(int64_t index, int64_t value);

private:
  ElementType elementType = ElementType::F32;
  std::vector<int64_t> dims;
  const void *data_ = nullptr;
  std::shared_ptr<const void> owner;
  bool borrowed = false;
};

} // namespace snap

#endif // SNAP_DIALECTS_REFERENCE_TENSOR_H
