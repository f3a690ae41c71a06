//===- RowStatistics.cpp - Layer norm's mean and deviation ----------------===//
//
// Variances never come from E[x^2] - E[x]^2: activations of diffusion models
// have means a hundred times their deviation. Sums are of x less the first
// value of the row.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/RowStatistics.h"

using namespace snap;
using namespace Halide;
using HExpr = Halide::Expr;

/// value - first - mean, in that order: LLVM would subtract first + mean, rounded
/// where values are far from zero.
static HExpr centre(const HExpr &value, const HExpr &first, const HExpr &mean) {
  return strict_float((value - first) - mean);
}

RowStatistics::RowStatistics(const KernelBuilder &builder, bool centered, int64_t extent,
                             const std::vector<int64_t> &outer, const std::vector<Var> &rows,
                             const RowReduction::Value &value)
    : centered(centered) {
  std::vector<HExpr> row(rows.begin(), rows.end());
  double count = static_cast<double>(extent);
  for (int64_t further : outer)
    count *= static_cast<double>(further);
  HExpr inverse = static_cast<float>(1 / count);
  auto sum = [&](const RowReduction::Value &summand) -> HExpr {
    reductions.emplace_back(builder, Combine::Sum, Float(32), extent, outer, rows, summand);
    return reductions.back().result(row);
  };
  if (centered) {
    first(row) = value(0, std::vector<HExpr>(outer.size(), HExpr(0)));
    mean(row) = inverse *
                sum([&](const HExpr &i, const std::vector<HExpr> &further) { return value(i, further) - first(row); });
  }
  HExpr squares = sum([&](const HExpr &i, const std::vector<HExpr> &further) {
    HExpr v = value(i, further);
    if (centered)
      v = centre(v, first(row), mean(row));
    return v * v;
  });
  factor(row) = 1.0f / sqrt(squares * inverse + static_cast<float>(builder.key.getFloat("epsilon", 0)));
}

HExpr RowStatistics::normalize(const HExpr &value, const std::vector<HExpr> &row) const {
  return (centered ? centre(value, first(row), mean(row)) : value) * factor(row);
}

void RowStatistics::place(const LoopLevel &level) {
  for (RowReduction &reduction : reductions)
    reduction.place(level);
  factor.compute_at(level);
  if (centered) {
    first.compute_at(level);
    mean.compute_at(level);
  }
}

void RowStatistics::placeAtRoot(bool parallel) {
  for (RowReduction &reduction : reductions)
    reduction.placeAtRoot(parallel);
  factor.compute_root();
  if (centered) {
    first.compute_root();
    mean.compute_root();
  }
}

std::shared_ptr<RowStatistics> snap::normalizeRows(KernelBuilder &builder, const std::vector<Var> &rows) {
  auto norm = builder.key.ints.find("layer_norm");
  if (norm == builder.key.ints.end())
    return nullptr;
  std::vector<HExpr> row(rows.begin(), rows.end());
  auto element = [&](const HExpr &i, const std::vector<HExpr> &) {
    std::vector<HExpr> at = {i};
    at.insert(at.end(), row.begin(), row.end());
    return cast<float>(builder.load(0, at));
  };
  auto statistics = std::make_shared<RowStatistics>(builder, /*centered=*/true, builder.extent(0, 0),
                                                    std::vector<int64_t>(), rows, element);
  int64_t scale = norm->second[0], bias = norm->second[1];
  builder.norm = [statistics, scale, bias, &builder](const HExpr &value, const HExpr &channel,
                                                     const std::vector<HExpr> &rest) {
    HExpr result = statistics->normalize(cast<float>(value), rest);
    if (scale >= 0)
      result = result * cast<float>(builder.load(scale, {channel}));
    return bias >= 0 ? result + cast<float>(builder.load(bias, {channel})) : result;
  };
  return statistics;
}
