//===- ConvMatmulOps.cpp - Convolution and matrix products ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OpTable.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace snap {

/// [C] in the shape that broadcasts against [N, C, H, W].
static Value channelBias(Node &n, Value y, Value bias, int64_t channels) {
  if (!y || !bias)
    return y;
  if (Node::rank(bias) != 1 || Node::shape(bias)[0] != channels)
    return n.fail("its bias is " + printDims(Node::shape(bias)) + "; expected " + Twine(channels));
  return n.add(y, n.reshape(bias, {channels, 1, 1}));
}

/// Checks x [N, C, spatial…] against w [O, C/groups or C, spatial…].
static bool checkOperands(Node &n) {
  ArrayRef<int64_t> x = Node::shape(n.in(0)), w = Node::shape(n.in(1));
  if (x.size() < 3 || x.size() > 4 || w.size() != x.size()) {
    n.fail("its input is " + printDims(x) + " and its filter " + printDims(w) +
           "; expected 3 or 4 dimensions, as many in both");
    return false;
  }
  if (!Node::isFloat(n.in(0)) || Node::element(n.in(0)) != Node::element(n.in(1))) {
    n.fail("its input and filter must both be float or both float16");
    return false;
  }
  return true;
}

/// [.., L] as [.., 1, L].
static Value asPlanes(Node &n, Value x) {
  ArrayRef<int64_t> s = Node::shape(x);
  return s.size() == 3 ? n.reshape(x, {s[0], s[1], 1, s[2]}) : x;
}

static Value backToLine(Node &n, Value y) {
  if (!y || Node::rank(n.in(0)) != 3)
    return y;
  ArrayRef<int64_t> s = Node::shape(y);
  return n.reshape(y, {s[0], s[1], s[3]});
}

static Value conv(Node &n) {
  int64_t groups = n.intAttr("group", 1);
  if (!checkOperands(n))
    return Value();
  ArrayRef<int64_t> x = Node::shape(n.in(0)), w = Node::shape(n.in(1));
  std::optional<Window> window = readWindow(n, x.drop_front(2), w.drop_front(2));
  if (!window)
    return Value();
  if (groups <= 0 || x[1] != w[1] * groups || w[0] % groups != 0)
    return n.fail("its input is " + printDims(x) + " and its filter " + printDims(w) + ": " + Twine(x[1]) +
                  " channels are not " + Twine(groups) + " groups of " + Twine(w[1]));
  Value y = n.infer<Conv2dOp>(asPlanes(n, n.in(0)), asPlanes(n, n.in(1)), ArrayRef<int64_t>(window->strides),
                              ArrayRef<int64_t>(window->pads), ArrayRef<int64_t>(window->dilations), groups,
                              Layout::NCHW, ConvAlgorithmAttr());
  return backToLine(n, channelBias(n, y, n.in(2), w[0]));
}

/// Zeros between the elements of the last two dimensions: stride - 1 of them.
static Value spread(Node &n, Value x, ArrayRef<int64_t> strides) {
  Dims s(Node::shape(x));
  Value apart = n.reshape(x, {s[0], s[1], s[2], 1, s[3], 1});
  apart = n.pad(apart, {0, 0, 0, 0, 0, 0}, {0, 0, 0, strides[0] - 1, 0, strides[1] - 1});
  Value all = n.reshape(apart, {s[0], s[1], s[2] * strides[0], s[3] * strides[1]});
  return n.slice(all, {0, 0, 0, 0}, {1, 1, 1, 1},
                 {s[0], s[1], (s[2] - 1) * strides[0] + 1, (s[3] - 1) * strides[1] + 1});
}

/// Transposed convolution: the input spread by the strides, convolved with the
/// filter turned by 180 degrees and its channels exchanged within each group.
static Value convTranspose(Node &n) {
  int64_t groups = n.intAttr("group", 1);
  if (!checkOperands(n))
    return Value();
  Value x = asPlanes(n, n.in(0)), w = asPlanes(n, n.in(1));
  Dims xs(Node::shape(x)), ws(Node::shape(w));
  int64_t rank = Node::rank(n.in(0)) - 2;
  if (groups <= 0 || xs[1] != ws[0] || xs[1] % groups != 0)
    return n.fail("its input is " + printDims(xs) + " and its filter " + printDims(ws) + ": " + Twine(xs[1]) +
                  " channels are not " + Twine(ws[0]) + " in " + Twine(groups) + " groups");
  auto planar = [&](Dims sizes, int64_t line) {
    if (rank == 1)
      sizes.insert(sizes.begin(), line);
    return sizes;
  };
  Dims ones(rank, 1), zeros(rank, 0), zeroPads(2 * rank, 0);
  n.ignoreAttr("kernel_shape"); // that of the filter
  Dims strides = planar(n.intsAttr("strides", ones), 1), dilations = planar(n.intsAttr("dilations", ones), 1);
  Dims extra = planar(n.intsAttr("output_padding", zeros), 0), wanted = n.intsAttr("output_shape");
  Dims pads = n.intsAttr("pads", zeroPads);
  std::string autoPad = n.stringAttr("auto_pad", "NOTSET");
  if (strides.size() != 2 || dilations.size() != 2 || extra.size() != 2 || int64_t(pads.size()) != 2 * rank ||
      (!wanted.empty() && int64_t(wanted.size()) != rank))
    return n.fail("strides, dilations, output_padding and output_shape need " + Twine(rank) + " sizes, pads twice");
  Dims begin = planar(Dims(ArrayRef<int64_t>(pads).take_front(rank)), 0);
  Dims end = planar(Dims(ArrayRef<int64_t>(pads).drop_front(rank)), 0);
  wanted = wanted.empty() ? wanted : planar(wanted, 1);

  Dims low{0, 0}, high{0, 0};
  for (int d = 0; d < 2; ++d) {
    int64_t extent = dilations[d] * (ws[2 + d] - 1);
    int64_t full = (xs[2 + d] - 1) * strides[d] + extra[d] + extent + 1;
    if (!wanted.empty() || autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER") {
      int64_t total = full - (wanted.empty() ? xs[2 + d] * strides[d] : wanted[d]);
      // A larger shape than the full one grows at the end.
      begin[d] = total < 0 ? 0 : autoPad == "SAME_UPPER" ? total / 2 : total - total / 2;
      end[d] = total - begin[d];
    } else if (autoPad == "VALID") {
      begin[d] = end[d] = 0;
    }
    low[d] = extent - begin[d];
    high[d] = extent - end[d] + extra[d];
  }

  int64_t perGroup = ws[0] / groups, outputs = ws[1] * groups;
  Value turned = n.slice(w, {0, 0, ws[2] - 1, ws[3] - 1}, {1, 1, -1, -1}, ws);
  Value filter = n.reshape(turned, {groups, perGroup, ws[1], ws[2], ws[3]});
  filter = n.reshape(n.transpose(filter, {0, 2, 1, 3, 4}), {outputs, perGroup, ws[2], ws[3]});
  Value input = n.pad(spread(n, x, strides), {0, 0, low[0], low[1]}, {0, 0, high[0], high[1]});
  if (!input || !filter)
    return Value();
  Dims one{1, 1}, none{0, 0, 0, 0};
  Value y = n.infer<Conv2dOp>(input, filter, ArrayRef<int64_t>(one), ArrayRef<int64_t>(none),
                              ArrayRef<int64_t>(dilations), groups, Layout::NCHW, ConvAlgorithmAttr());
  return backToLine(n, channelBias(n, y, n.in(2), outputs));
}

/// alpha op(A) op(B) + beta C.
static Value gemm(Node &n) {
  double alpha = n.floatAttr("alpha", 1), beta = n.floatAttr("beta", 1);
  bool transposeA = n.intAttr("transA", 0) != 0, transposeB = n.intAttr("transB", 0) != 0;
  Value a = n.in(0), b = n.in(1);
  ArrayRef<int64_t> sa = Node::shape(a), sb = Node::shape(b);
  if (sa.size() != 2 || sb.size() != 2)
    return n.fail("cannot multiply " + printDims(sa) + " by " + printDims(sb) + ": expected two matrices");
  int64_t inner = sa[transposeA ? 0 : 1], otherInner = sb[transposeB ? 1 : 0];
  if (inner != otherInner)
    return n.fail("cannot multiply " + printDims(sa) + " by " + printDims(sb) + ": inner sizes " + Twine(inner) +
                  " and " + Twine(otherInner) + " differ");
  if (!Node::isFloat(a) || Node::element(a) != Node::element(b))
    return n.fail("its operands must both be float or both float16");
  Value y = n.infer<MatmulOp>(a, b, transposeA, transposeB);
  if (alpha != 1)
    y = n.mul(y, alpha);
  if (!n.has(2))
    return y;
  Value c = beta != 1 ? n.mul(n.in(2), beta) : n.in(2);
  Dims dims(Node::shape(y));
  Value sum = n.add(y, c);
  if (sum && Node::shape(sum) != ArrayRef<int64_t>(dims))
    return n.fail("input 2 is " + printDims(Node::shape(c)) + ", which does not broadcast to " + printDims(dims));
  return sum;
}

/// numpy's matmul: a vector counts as a row on the left, a column on the right.
static Value matmul(Node &n) {
  Value a = n.in(0), b = n.in(1);
  if (Node::rank(a) == 0 || Node::rank(b) == 0)
    return n.fail("it cannot multiply scalars");
  bool row = Node::rank(a) == 1, column = Node::rank(b) == 1;
  if (row)
    a = n.reshape(a, {1, Node::shape(a)[0]});
  if (column)
    b = n.reshape(b, {Node::shape(b)[0], 1});
  Value y = n.matmul(a, b);
  if (!y || (!row && !column))
    return y;
  Dims dims(Node::shape(y));
  if (column)
    dims.pop_back();
  if (row)
    dims.erase(dims.end() - (column ? 1 : 2));
  return n.reshape(y, dims);
}

/// Products of two operands whose letters batch, contract or stay; what a
/// transpose, a reshape and one matmul can say.
static Value einsum(Node &n) {
  std::string equation = n.stringAttr("equation", "");
  llvm::erase(equation, ' ');
  auto [left, out] = StringRef(equation).split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != 2 || n.inputs() != 2 || !StringRef(equation).contains("->") || StringRef(equation).contains('.'))
    return n.fail("equation '" + equation + "' is not supported; expected two operands and explicit letters");
  llvm::StringRef lt = terms[0], rt = terms[1];
  std::map<char, int64_t> size;
  for (int i = 0; i < 2; ++i) {
    if (int64_t(terms[i].size()) != Node::rank(n.in(i)))
      return n.fail("equation '" + equation + "' does not fit input " + Twine(i) + " of " +
                    printDims(Node::shape(n.in(i))));
    for (auto [letter, dim] : llvm::zip(terms[i], Node::shape(n.in(i)))) {
      if (terms[i].count(letter) > 1)
        return n.fail("equation '" + equation + "' takes a diagonal, which is not supported");
      auto [it, fresh] = size.try_emplace(letter, dim);
      if (!fresh && it->second != dim)
        return n.fail(Twine("dimension '") + Twine(letter) + "' is both " + Twine(it->second) + " and " + Twine(dim));
    }
  }
  std::string batch, rows, columns, inner;
  for (char letter : out)
    if (out.count(letter) > 1 || (!lt.contains(letter) && !rt.contains(letter)))
      return n.fail("equation '" + equation + "' is not valid");
  for (char letter : lt)
    (rt.contains(letter) ? (out.contains(letter) ? batch : inner) : rows) += letter;
  for (char letter : rt)
    if (!lt.contains(letter))
      columns += letter;
  for (char letter : rows + columns)
    if (!out.contains(letter))
      return n.fail("equation '" + equation + "' sums over a letter of one operand, which is not supported");
  auto extent = [&](StringRef letters) {
    int64_t count = 1;
    for (char letter : letters)
      count *= size[letter];
    return count;
  };
  auto arrange = [&](Value x, StringRef from, const std::string &to, int64_t a, int64_t b) {
    Dims permutation;
    for (char letter : to)
      permutation.push_back(from.find(letter));
    return n.reshape(n.transpose(x, permutation), {extent(batch), a, b});
  };
  Value a = arrange(n.in(0), lt, batch + rows + inner, extent(rows), extent(inner));
  Value b = arrange(n.in(1), rt, batch + inner + columns, extent(inner), extent(columns));
  Value y = n.matmul(a, b);
  std::string order = batch + rows + columns;
  Dims dims, permutation;
  for (char letter : order)
    dims.push_back(size[letter]);
  for (char letter : out)
    permutation.push_back(order.find(letter));
  return n.transpose(n.reshape(y, dims), permutation);
}

ArrayRef<OpRow> convMatmulOps() {
  static const OpRow rows[] = {
      {"Conv", 1, latest, 2, 3, conv},
      {"ConvTranspose", 1, latest, 2, 3, convTranspose},
      {"Einsum", 12, latest, 1, variadic, einsum},
      {"Gemm", 7, latest, 2, 3, gemm},
      {"MatMul", 1, latest, 2, 2, matmul},
  };
  return rows;
}

} // namespace snap
