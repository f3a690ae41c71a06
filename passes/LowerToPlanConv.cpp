//===- LowerToPlanConv.cpp - Algorithms and packing of contractions -------===//
//
// How the weights of convolutions and matrix products lie in NAME.snap.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"

#include <array>

using namespace mlir;

namespace snap {

static Value reshape(ImplicitLocOpBuilder &builder, Value value, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getShape() == shape)
    return value;
  return builder.create<ReshapeOp>(type.clone(shape), value);
}

static Value transpose(ImplicitLocOpBuilder &builder, Value value, ArrayRef<int64_t> permutation) {
  return builder.create<TransposeOp>(value, permutation);
}

/// Zeros after the end of dimension `dim`, up to a multiple of `multiple`.
static Value padUp(ImplicitLocOpBuilder &builder, Value value, int64_t dim, int64_t multiple) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t missing = llvm::alignTo(type.getDimSize(dim), multiple) - type.getDimSize(dim);
  if (missing == 0)
    return value;
  SmallVector<int64_t> low(type.getRank(), 0), high(type.getRank(), 0);
  high[dim] = missing;
  return builder.create<PadOp>(PadMode::Constant, value, low, high, llvm::APFloat(0.0));
}

//===----------------------------------------------------------------------===//
// Matrix products
//===----------------------------------------------------------------------===//

Value skipTransposes(Value weight, bool &transposed) {
  weight = outerValue(weight);
  while (auto op = weight.getDefiningOp<TransposeOp>()) {
    if (op.getPermutation() != ArrayRef<int64_t>{1, 0})
      break;
    transposed = !transposed;
    weight = outerValue(op.getOperand());
  }
  return weight;
}

Packing packMatmul(int64_t k, int64_t n, int64_t tile, bool transposed) {
  return [=](ImplicitLocOpBuilder &builder, Value weight) -> Value {
    int64_t panels = llvm::divideCeil(n, tile);
    if (transposed) {
      weight = padUp(builder, reshape(builder, weight, {n, k}), 0, tile);
      return transpose(builder, reshape(builder, weight, {panels, tile, k}), {0, 2, 1});
    }
    weight = padUp(builder, reshape(builder, weight, {k, n}), 1, tile);
    weight = reshape(builder, weight, {k, panels, tile});
    return panels == 1 ? reshape(builder, weight, {1, k, tile}) : transpose(builder, weight, {1, 0, 2});
  };
}

Packing packGated(int64_t k, int64_t n, int64_t tile, bool transposed) {
  return [=](ImplicitLocOpBuilder &builder, Value weight) -> Value {
    int64_t width = tile / 2, panels = llvm::divideCeil(n, width);
    int64_t columns = transposed ? 1 : 2; // their dimension
    weight = reshape(builder, weight, transposed ? ArrayRef<int64_t>{2, n, k} : ArrayRef<int64_t>{k, 2, n});
    weight = padUp(builder, weight, columns, width);
    if (transposed)
      weight = transpose(builder, reshape(builder, weight, {2, panels, width, k}), {1, 3, 0, 2});
    else
      weight = transpose(builder, reshape(builder, weight, {k, 2, panels, width}), {2, 0, 1, 3});
    return reshape(builder, weight, {panels, k, tile});
  };
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

static bool allEqual(ArrayRef<int64_t> values, int64_t expected) {
  return llvm::all_of(values, [&](int64_t value) { return value == expected; });
}

bool isPointwise(Conv2dOp conv) {
  ArrayRef<int64_t> filter = cast<ShapedType>(conv.getFilter().getType()).getShape();
  return conv.getLayout() == Layout::NHWC && conv.getGroups() == 1 && filter[2] == 1 && filter[3] == 1 &&
         allEqual(conv.getStrides(), 1) && allEqual(conv.getPads(), 0);
}

/// [O,C,3,3] to [P,O/T,C,T]: every 3x3 filter g becomes G g G^T (Lavin and
/// Gray 2015), which is one product of its 9 elements with a constant. P is the
/// square of how many rows of G count.
static Packing packWinograd(ArrayRef<std::array<double, 3>> rows, int64_t inChannels, int64_t panels, int64_t tile) {
  return [=, rows = rows.vec()](ImplicitLocOpBuilder &builder, Value weight) -> Value {
    SmallVector<float> transform; // [9, P]
    auto points = static_cast<int64_t>(rows.size() * rows.size());
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column)
        for (const auto &i : rows)
          for (const auto &j : rows)
            transform.push_back(static_cast<float>(i[row] * j[column]));
    auto type = RankedTensorType::get({9, points}, builder.getF32Type());
    Value constant = builder.create<ConstantOp>(DenseElementsAttr::get(type, ArrayRef<float>(transform)));
    // A filter in f16 is transformed in f32 and rounded once.
    Type element = cast<ShapedType>(weight.getType()).getElementType();
    auto in = [&](Type to, Value value) -> Value {
      auto shaped = cast<RankedTensorType>(value.getType());
      return shaped.getElementType() == to ? value : builder.create<CastOp>(shaped.clone(to), value);
    };
    weight = reshape(builder, padUp(builder, weight, 0, tile), {panels * tile * inChannels, 9});
    weight = in(element, builder.create<MatmulOp>(in(builder.getF32Type(), weight), constant));
    return transpose(builder, reshape(builder, weight, {panels, tile, inChannels, points}), {3, 0, 2, 1});
  };
}

/// The rows of G, one for each interpolation point (targets/KernelKey.h).
static SmallVector<std::array<double, 3>> filterTransform(ConvAlgorithm algorithm, int64_t upsample, bool half) {
  if (algorithm == ConvAlgorithm::Winograd2)
    return {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};
  if (half && upsample == 1) {
    // Points 0, +-a, +-b and infinity: 1, p and p^2, divided by the product of p's distances to the other
    // points, times what the kernel's row of B^T is divided by.
    constexpr double a = 5 / 8., b = 3 / 2.;
    constexpr double zero = 4 / (a * a * b * b), ofA = 4 / (2 * a * a * (a * a - b * b)),
                     ofB = 2 / (2 * b * b * (b * b - a * a));
    return {{zero, 0, 0},
            {ofA, a * ofA, a * a * ofA},
            {ofA, -a * ofA, a * a * ofA},
            {ofB, b * ofB, b * b * ofB},
            {ofB, -b * ofB, b * b * ofB},
            {0, 0, 4}};
  }
  SmallVector<std::array<double, 3>> rows = {{1 / 4., 0, 0},
                                             {-1 / 6., -1 / 6., -1 / 6.},
                                             {-1 / 6., 1 / 6., -1 / 6.},
                                             {1 / 24., 1 / 12., 1 / 6.},
                                             {1 / 24., -1 / 12., 1 / 6.},
                                             {0, 0, 1}};
  if (upsample == 2) // that row of the input's transform is zero (targets/KernelKey.h)
    rows.erase(rows.begin() + 2);
  return rows;
}

PackedFilter packFilter(Conv2dOp conv, int64_t upsample, const TargetModel &target) {
  ArrayRef<int64_t> filter = cast<ShapedType>(conv.getFilter().getType()).getShape();
  ArrayRef<int64_t> output = cast<ShapedType>(conv.getType()).getShape();
  int64_t channels = filter[0], inChannels = filter[1], height = filter[2], width = filter[3];
  int64_t groups = conv.getGroups(), perGroup = channels / groups;

  // A panel of output channels reads one group's input, so it must not span
  // groups: with groups, the largest divisor that fits the register tile.
  int64_t tile = target.gemmTile(output[1] * output[2], perGroup).columns;
  if (groups > 1) {
    tile = std::min(tile, perGroup);
    while (perGroup % tile)
      --tile;
  }
  int64_t panels = llvm::divideCeil(channels, tile);
  ConvAlgorithm algorithm = conv.getAlgorithm().value_or(ConvAlgorithm::Direct);
  if (algorithm != ConvAlgorithm::Direct) {
    SmallVector<std::array<double, 3>> rows =
        filterTransform(algorithm, upsample, cast<ShapedType>(conv.getFilter().getType()).getElementType().isF16());
    return {{static_cast<int64_t>(rows.size() * rows.size()), panels, inChannels, tile},
            packWinograd(rows, inChannels, panels, tile)};
  }
  return {{panels, height, width, inChannels, tile}, [=](ImplicitLocOpBuilder &builder, Value weight) -> Value {
            weight = padUp(builder, weight, 0, tile);
            weight = reshape(builder, weight, {panels, tile, inChannels, height, width});
            return transpose(builder, weight, {0, 3, 4, 2, 1});
          }};
}

} // namespace snap
