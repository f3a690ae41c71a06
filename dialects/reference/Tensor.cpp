//===- Tensor.cpp - Tensors of the reference evaluators -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Tensor.h"

#include "dialects/reference/Runs.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <sys/mman.h>

using namespace snap;

/// Zeroed bytes. Large blocks are mapped, since untouched pages are zero for
/// nothing, in huge pages where there are any: weights are moved at the speed of
/// memory, and a fault every 4 KiB costs more than the copy.
static std::shared_ptr<void> allocate(int64_t bytes) {
  constexpr int64_t kMapped = 4 << 20;
  if (bytes < kMapped) {
    void *data = std::calloc(1, std::max<int64_t>(bytes, 1));
    if (!data)
      throw std::bad_alloc();
    return std::shared_ptr<void>(data, std::free);
  }
  void *data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  madvise(data, bytes, MADV_HUGEPAGE);
#endif
  return std::shared_ptr<void>(data, [bytes](void *block) { munmap(block, bytes); });
}

Tensor::Tensor(ElementType type, std::vector<int64_t> shape) : elementType(type), dims(std::move(shape)) {
  owner = allocate(bytes());
  data_ = owner.get();
}

Tensor::Tensor(ElementType type, std::vector<int64_t> shape, const void *bytes, std::shared_ptr<const void> owner)
    : elementType(type), dims(std::move(shape)), data_(bytes), owner(std::move(owner)), borrowed(true) {}

int64_t Tensor::elements() const {
  int64_t count = 1;
  for (int64_t size : dims)
    count *= size;
  return count;
}

std::vector<int64_t> Tensor::strides() const {
  std::vector<int64_t> result(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;)
    result[i - 1] = result[i] * dims[i];
  return result;
}

void *Tensor::mutableRaw() {
  if (borrowed || owner.use_count() != 1) {
    std::shared_ptr<void> copy = allocate(bytes());
    if (bytes())
      std::memcpy(copy.get(), data_, bytes());
    data_ = copy.get();
    owner = std::move(copy);
    borrowed = false;
  }
  return const_cast<void *>(data_);
}

Tensor Tensor::reshaped(std::vector<int64_t> shape) const {
  Tensor result = *this;
  result.dims = std::move(shape);
  assert(result.elements() == elements() && "reshape keeps the number of elements");
  return result;
}

double Tensor::getDouble(int64_t index) const {
  double value;
  reference::loadRun(*this, index, 1, 1, &value);
  return value;
}

int64_t Tensor::getInt(int64_t index) const {
  int64_t value;
  reference::loadRun(*this, index, 1, 1, &value);
  return value;
}

void Tensor::set(int64_t index, double value) { reference::storeRun(&value, 1, *this, index); }
void Tensor::setInt(int64_t index, int64_t value) { reference::storeRun(&value, 1, *this, index); }
