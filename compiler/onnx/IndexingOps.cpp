//===- IndexingOps.cpp - Elements picked by indices -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace mlir;

namespace snap {

static bool checkIndices(Node &n, Value indices) {
  if (Node::element(indices).isInteger(64) || Node::element(indices).isInteger(32))
    return true;
  n.fail("its indices are not of type int64 or int32");
  return false;
}

static Value gather(Node &n) {
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), Node::rank(n.in(0)));
  if (!axis || !checkIndices(n, n.in(1)))
    return Value();
  if (std::optional<Dims> known = n.in(1).getDefiningOp<ConstantOp>() ? n.intsInput(1, "indices") : std::nullopt)
    for (int64_t index : *known)
      if (int64_t size = Node::shape(n.in(0))[*axis]; index < -size || index >= size)
        return n.fail("index " + Twine(index) + " is outside dimension " + Twine(*axis) + " of " +
                      printDims(Node::shape(n.in(0))));
  return n.infer<GatherOp>(n.in(0), n.in(1), *axis);
}

static int64_t product(ArrayRef<int64_t> dims) {
  return std::accumulate(dims.begin(), dims.end(), int64_t(1), std::multiplies<int64_t>());
}

/// One index for each element of the result: a gather from the flat input at
/// computed positions.
static Value gatherElements(Node &n) {
  Value x = n.in(0), indices = n.in(1);
  std::optional<int64_t> axis = n.normalizeAxis(n.intAttr("axis", 0), Node::rank(x));
  if (!axis || !checkIndices(n, indices))
    return Value();
  if (Node::rank(indices) != Node::rank(x))
    return n.fail("its indices are " + printDims(Node::shape(indices)) + " and its input " + printDims(Node::shape(x)) +
                  "; expected the same rank");
  Type i64 = n.builder().getI64Type();
  ArrayRef<int64_t> dims = Node::shape(x), out = Node::shape(indices);
  Value index = n.convert(indices, i64);
  index = n.select(n.binary(BinaryFn::Less, index, 0.0), n.add(index, double(dims[*axis])), index);
  Value position;
  for (int64_t d = 0; d < Node::rank(x); ++d) {
    Dims line(out.size(), 1);
    line[d] = out[d];
    Value along = d == *axis ? index : n.iota(line, d, i64);
    along = n.mul(along, double(product(dims.drop_front(d + 1))));
    position = position ? n.add(position, along) : along;
  }
  if (!position)
    return Value();
  return n.infer<GatherOp>(n.reshape(x, {product(dims)}), n.broadcast(position, out), 0);
}

/// The last dimension of the indices holds a position in the leading dimensions.
static Value gatherNd(Node &n) {
  Value x = n.in(0), indices = n.in(1);
  if (n.intAttr("batch_dims", 0) != 0)
    return n.fail("batch_dims other than 0 is not supported");
  if (!checkIndices(n, indices) || Node::rank(indices) < 1)
    return n.fail("its indices are a scalar; expected positions");
  Dims dims(Node::shape(x)), at(Node::shape(indices));
  int64_t depth = at.pop_back_val();
  if (depth < 1 || depth > int64_t(dims.size()))
    return n.fail("its indices " + printDims(Node::shape(indices)) + " do not fit " + printDims(dims));
  Type i64 = n.builder().getI64Type();
  Value all = n.convert(indices, i64), position;
  for (int64_t d = 0; d < depth; ++d) {
    Value index = n.reshape(n.slice(all, Node::rank(indices) - 1, d, 1), at);
    index = n.select(n.binary(BinaryFn::Less, index, 0.0), n.add(index, double(dims[d])), index);
    index = n.mul(index, double(product(ArrayRef<int64_t>(dims).slice(d + 1, depth - d - 1))));
    position = position ? n.add(position, index) : index;
  }
  Dims flat{product(ArrayRef<int64_t>(dims).take_front(depth))};
  flat.append(dims.begin() + depth, dims.end());
  Value table = n.reshape(x, flat);
  return position && table ? n.infer<GatherOp>(table, position, 0) : Value();
}

ArrayRef<OpRow> indexingOps() {
  static const OpRow rows[] = {
      {"Gather", 1, latest, 2, 2, gather},
      {"GatherElements", 11, latest, 2, 2, gatherElements},
      {"GatherND", 11, latest, 2, 2, gatherNd},
  };
  return rows;
}

} // namespace snap
