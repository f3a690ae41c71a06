//===- IndexSpace.cpp - Tensors along common dimensions -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/IndexSpace.h"
#include "targets/metal/MslWriter.h"

#include <algorithm>
#include <cassert>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

List metal::stridesOf(const TensorSpec &tensor) {
  if (!tensor.isDense())
    return tensor.strides;
  List strides(tensor.shape.size());
  int64_t step = 1;
  for (size_t d = strides.size(); d-- > 0; step *= tensor.shape[d])
    strides[d] = step;
  return strides;
}

List metal::stridesAlong(const TensorSpec &tensor, const List &shape) {
  List own = stridesOf(tensor), strides(shape.size(), 0);
  size_t missing = shape.size() - own.size();
  for (size_t d = 0; d < own.size(); ++d)
    strides[missing + d] = tensor.shape[d] == 1 ? 0 : own[d];
  return strides;
}

size_t IndexSpace::add(List operandStrides, int64_t base) {
  assert(operandStrides.size() == extents.size() && "a stride for each dimension");
  strides.push_back(std::move(operandStrides));
  bases.push_back(base);
  return strides.size() - 1;
}

void IndexSpace::merge() {
  auto drop = [&](size_t d) {
    extents.erase(extents.begin() + d);
    for (List &operand : strides)
      operand.erase(operand.begin() + d);
  };
  for (size_t d = extents.size(); d-- > 0;)
    if (extents[d] == 1)
      drop(d);
  for (size_t d = extents.size(); d-- > 1;) {
    bool runsOn =
        std::all_of(strides.begin(), strides.end(), [&](const List &s) { return s[d - 1] == s[d] * extents[d]; });
    if (!runsOn)
      continue;
    extents[d] *= extents[d - 1];
    drop(d - 1);
  }
}

int64_t IndexSpace::count() const {
  int64_t n = 1;
  for (int64_t extent : extents)
    n *= extent;
  return n;
}

bool IndexSpace::isConstant(size_t operand) const {
  return std::all_of(strides[operand].begin(), strides[operand].end(), [](int64_t s) { return s == 0; });
}

SpaceParams IndexSpace::params() const {
  SpaceParams params = {};
  for (size_t d = 0; d < extents.size(); ++d)
    params.extents[d] = static_cast<uint>(extents[d]);
  for (size_t k = 0; k < strides.size(); ++k) {
    params.bases[k] = static_cast<int>(bases[k]);
    for (size_t d = 0; d < extents.size(); ++d)
      params.strides[k][d] = static_cast<int>(strides[k][d]);
  }
  return params;
}

void IndexSpace::writeCoordinates(MslWriter &w, const std::string &index, const std::string &prefix,
                                  const std::string &params) const {
  std::string rest = index;
  for (size_t d = extents.size(); d-- > 0;) {
    std::string name = prefix + std::to_string(d), extent = params + ".extents[" + std::to_string(d) + "]";
    if (d == 0) {
      w.write("const uint " + name + " = " + rest + ";");
      continue;
    }
    std::string next = prefix + "rest" + std::to_string(d);
    w.write("const uint " + next + " = " + rest + " / " + extent + ";");
    w.write("const uint " + name + " = " + rest + " - " + next + " * " + extent + ";");
    rest = next;
  }
}

std::string IndexSpace::offset(size_t operand, const std::string &prefix, const std::string &params) const {
  std::string text, number = std::to_string(operand);
  if (bases[operand] != 0)
    text = params + ".bases[" + number + "]";
  for (size_t d = 0; d < extents.size(); ++d) {
    int64_t stride = strides[operand][d];
    if (stride == 0)
      continue;
    std::string term = "int(" + prefix + std::to_string(d) + ")";
    if (stride != 1)
      term += " * " + params + ".strides[" + number + "][" + std::to_string(d) + "]";
    text += (text.empty() ? "" : " + ") + term;
  }
  return text.empty() ? "0" : text;
}
