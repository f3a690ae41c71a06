//===- RecoverActivations.cpp - silu, gelu, nearest upsampling ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/RecoverOps.h"

#include <cmath>

using namespace mlir;

namespace snap {
namespace {

/// The factors of a product, through inner products that nothing else reads;
/// constants are multiplied into one. x / c counts as x * (1 / c).
struct Product {
  SmallVector<Value> factors;
  double constant = 1;

  static Product of(BinaryOp root) {
    Product product;
    product.add(root.getResult(), /*isRoot=*/true);
    return product;
  }

private:
  void add(Value value, bool isRoot) {
    if (std::optional<double> splat = splatValue(value)) {
      constant *= *splat;
      return;
    }
    auto op = value.getDefiningOp<BinaryOp>();
    if (op && (isRoot || value.hasOneUse())) {
      if (op.getFn() == BinaryFn::Mul) {
        add(op.getLhs(), false);
        add(op.getRhs(), false);
        return;
      }
      std::optional<double> divisor = splatValue(op.getRhs());
      if (op.getFn() == BinaryFn::Div && divisor) {
        constant /= *divisor;
        add(op.getLhs(), false);
        return;
      }
    }
    factors.push_back(value);
  }
};

bool isNear(double value, double expected) { return std::abs(value - expected) <= 1e-5 * std::abs(expected); }

/// value = constant * x for that x.
bool isMultiple(Value value, Value x, double constant) {
  if (auto product = matchWithSplat(value, BinaryFn::Mul))
    return product->first == x && isNear(product->second, constant);
  auto [dividend, divisor] = matchBinary(value, BinaryFn::Div);
  std::optional<double> splat = dividend ? splatValue(divisor) : std::nullopt;
  return splat && dividend == x && isNear(1 / *splat, constant);
}

/// value = x^3, as pow(x, 3), x * x^2 or x * (x * x).
bool isCube(Value value, Value x) {
  auto [base, exponent] = matchBinary(value, BinaryFn::Pow);
  if (base)
    return base == x && isSplat(exponent, 3);
  auto [a, b] = matchBinary(value, BinaryFn::Mul);
  auto isSquare = [&](Value v) {
    auto [c, d] = matchBinary(v, BinaryFn::Mul);
    return matchUnary(v, UnaryFn::Square) == x || (c && c == x && d == x);
  };
  return a && ((a == x && isSquare(b)) || (b == x && isSquare(a)));
}

/// value = sqrt(2 / pi) (x + 0.044715 x^3).
bool isTanhArgument(Value value, Value x) {
  auto scaled = matchWithSplat(value, BinaryFn::Mul);
  if (!scaled || !isNear(scaled->second, std::sqrt(2 / M_PI)))
    return false;
  auto [a, b] = matchBinary(scaled->first, BinaryFn::Add);
  if (!a)
    return false;
  auto cubic = matchWithSplat(a == x ? b : a, BinaryFn::Mul);
  return (a == x || b == x) && cubic && isNear(cubic->second, 0.044715) && isCube(cubic->first, x);
}

/// x sigmoid(x) -> silu; x sigmoid(1.702 x) -> gelu_quick;
/// 0.5 x (1 + erf(x / sqrt 2)) -> gelu; with tanh -> gelu_tanh. In any order of factors.
struct RecoverActivation : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op, PatternRewriter &rewriter) const override {
    if (op.getFn() != BinaryFn::Mul && op.getFn() != BinaryFn::Div)
      return failure();
    Product product = Product::of(op);
    if (product.factors.size() != 2)
      return failure();
    for (unsigned i = 0; i < 2; ++i) {
      Value x = product.factors[i];
      std::optional<UnaryFn> fn = activation(x, product.factors[1 - i], product.constant);
      if (!fn || x.getType() != op.getType())
        continue;
      rewriter.replaceOpWithNewOp<UnaryOp>(op, *fn, x);
      return success();
    }
    return failure();
  }

  // The function that x times `gate` times `constant` is.
  static std::optional<UnaryFn> activation(Value x, Value gate, double constant) {
    if (Value z = matchUnary(gate, UnaryFn::Sigmoid)) {
      if (constant != 1)
        return std::nullopt;
      if (z == x)
        return UnaryFn::Silu;
      if (isMultiple(z, x, 1.702))
        return UnaryFn::GeluQuick;
    }
    auto onePlus = matchWithSplat(gate, BinaryFn::Add);
    if (!onePlus || onePlus->second != 1 || constant != 0.5)
      return std::nullopt;
    if (Value z = matchUnary(onePlus->first, UnaryFn::Erf); z && isMultiple(z, x, M_SQRT1_2))
      return UnaryFn::Gelu;
    if (Value z = matchUnary(onePlus->first, UnaryFn::Tanh); z && isTanhArgument(z, x))
      return UnaryFn::GeluTanh;
    return std::nullopt;
  }
};

/// A nearest resize by a whole factor is a repetition of pixels: coordinates
/// asymmetric rounded down, or half_pixel rounded to the nearest (never a tie).
struct RecoverUpsample : OpRewritePattern<ResizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ResizeOp op, PatternRewriter &rewriter) const override {
    if (op.getMode() != ResizeMode::Nearest || tensorType(op.getOperand()).getRank() != 4)
      return failure();
    bool repeats = (op.getCoordinates() == Coordinates::Asymmetric && op.getRounding() == Rounding::Floor) ||
                   (op.getCoordinates() == Coordinates::HalfPixel &&
                    (op.getRounding() == Rounding::RoundPreferFloor || op.getRounding() == Rounding::RoundPreferCeil));
    if (!repeats)
      return failure();
    ArrayRef<int64_t> from = tensorType(op.getOperand()).getShape(), to = op.getType().getShape();
    ArrayRef<double> scales = op.getScales();
    int64_t factor = to[2] / from[2];
    if (factor < 2 || scales[0] != 1 || scales[1] != 1 || scales[2] != factor || scales[3] != factor ||
        to[2] != from[2] * factor || to[3] != from[3] * factor)
      return failure();
    rewriter.replaceOpWithNewOp<UpsampleOp>(op, op.getOperand(), factor, Layout::NCHW);
    return success();
  }
};

} // namespace

void populateRecoverActivations(RewritePatternSet &patterns) {
  patterns.add<RecoverActivation, RecoverUpsample>(patterns.getContext());
}

} // namespace snap
