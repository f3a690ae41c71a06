//===- KernelReferenceTest.cpp - Keys that say the same agree -------------===//
//
// The oracle of the kernels, checked where two keys must compute the same.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "KernelHarness.h"

#include "dialects/reference/Evaluators.h"
#include "dialects/reference/KernelReference.h"
#include "targets/cpu/CollapseKey.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace snap;

// G of Winograd4, of Winograd4 with weights in f16, and of Winograd2 (KernelKey.h).
static const std::vector<double> filterF4 = {1. / 4,  0,        0,       -1. / 6, -1. / 6, -1. / 6,
                                             -1. / 6, 1. / 6,   -1. / 6, 1. / 24, 1. / 12, 1. / 6,
                                             1. / 24, -1. / 12, 1. / 6,  0,       0,       1};
static const std::vector<double> filterF2 = {1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1};
static std::vector<double> filterHalfF4() {
  const double p[] = {0, 5 / 8., -5 / 8., 3 / 2., -3 / 2.}, scale[] = {4, 4, 4, 2, 2, 4};
  std::vector<double> g;
  for (int i = 0; i < 5; ++i) {
    double factor = scale[i];
    for (int k = 0; k < 5; ++k)
      factor /= k == i ? 1 : p[i] - p[k];
    g.insert(g.end(), {factor, p[i] * factor, p[i] * p[i] * factor});
  }
  g.insert(g.end(), {0, 0, scale[5]});
  return g;
}

/// Filter [O,C,3,3] to the packed [points,O/T,C,T] by U = G g G^T.
static Tensor transformFilter(const Tensor &filter, const std::vector<double> &g, int64_t tile) {
  int64_t channels = filter.shape()[0], depth = filter.shape()[1], points = static_cast<int64_t>(g.size()) / 3;
  int64_t panels = (channels + tile - 1) / tile;
  Tensor packed(ElementType::F32, {points * points, panels, depth, tile});
  for (int64_t o = 0; o < channels; ++o)
    for (int64_t c = 0; c < depth; ++c)
      for (int64_t i = 0; i < points; ++i)
        for (int64_t j = 0; j < points; ++j) {
          double sum = 0;
          for (int64_t y = 0; y < 3; ++y)
            for (int64_t x = 0; x < 3; ++x)
              sum += g[i * 3 + y] * filter.getDouble(((o * depth + c) * 3 + y) * 3 + x) * g[j * 3 + x];
          packed.set((((i * points + j) * panels + o / tile) * depth + c) * tile + o % tile, sum);
        }
  return packed;
}

/// Filter [O,C,3,3] to [O/T,3,3,C,T].
static Tensor packFilter(const Tensor &filter, int64_t tile) {
  int64_t channels = filter.shape()[0], depth = filter.shape()[1];
  Tensor packed(ElementType::F32, {(channels + tile - 1) / tile, 3, 3, depth, tile});
  for (int64_t o = 0; o < channels; ++o)
    for (int64_t c = 0; c < depth; ++c)
      for (int64_t k = 0; k < 9; ++k)
        packed.set(((o / tile * 9 + k) * depth + c) * tile + o % tile, filter.getDouble((o * depth + c) * 9 + k));
  return packed;
}

TEST(KernelReference, winogradIsTheDirectConvolution) {
  const std::string shape = " {channels=[11], dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]} epilogue "
                            "silu(acc)";
  KernelKey direct = keyOf("conv2d.direct(2x7x9x5xf32, 2x3x3x5x8xf32) -> 2x7x9x11xf32" + shape);
  KernelCase random;
  random.key = keyOf("elementwise(2x7x9x5xf32, 11x5x3x3xf32) -> f32 {} epilogue 0.0:f32");
  std::vector<Tensor> data = randomInputs(random, 5);
  Tensor expected = evaluateKernel(direct, {data[0], packFilter(data[1], 8)})[0];

  KernelKey f4 = keyOf("conv2d.winograd4(2x7x9x5xf32, 36x2x5x8xf32) -> 2x7x9x11xf32" + shape);
  EXPECT_EQ(difference(evaluateKernel(f4, {data[0], transformFilter(data[1], filterF4, 8)})[0], expected, 2e-6), "");

  KernelKey f2 = keyOf("conv2d.winograd2(2x7x9x5xf32, 16x2x5x8xf32) -> 2x7x9x11xf32" + shape);
  EXPECT_EQ(difference(evaluateKernel(f2, {data[0], transformFilter(data[1], filterF2, 8)})[0], expected, 2e-6), "");

  // Weights are rounded to f16: u / sqrt(3) each, of which the transforms make 4.8 times as much; three times
  // that, against a largest value of at least twice the mean square.
  KernelKey half = keyOf("conv2d.winograd4(2x7x9x5xf32, 36x2x5x8xf16) -> 2x7x9x11xf32" + shape);
  Tensor filter = reference::cast(transformFilter(data[1], filterHalfF4(), 8), ElementType::F16);
  EXPECT_EQ(difference(evaluateKernel(half, {data[0], filter})[0], expected, 3 * 4.8 / std::sqrt(3) * 0x1p-11 / 2), "");
}

// How far f16 arithmetic is from the convolution: relative L2 of normal inputs and weights. Sums err by at most
// u sqrt(k / 6) in the mean (halfTolerance in KernelTest.cpp), inputs by u sqrt(5 / 3) after a transform, weights by
// u / sqrt(3). F(4,3) makes 4.8 times as much of that, F(2,3) 5/3 times: per dimension, the mean over outputs of
// sum_i A_ji^2 |B_i|^2 |G_i|^2, against 3 terms.
TEST(HalfConvolution, staysNearTheExactOne) {
  const TestTarget target = {"Arm64F16", "arm64-linux", "armv8.2", true};
  if (std::string reason = whyNotHere(target); !reason.empty())
    GTEST_SKIP() << reason;
  KernelCase random;
  random.key = keyOf("elementwise(1x16x12x320xf16, 16x320x3x3xf32) -> f32 {} epilogue 0.0:f32");
  std::vector<Tensor> data = randomInputs(random, 5);
  auto key = [](const std::string &algorithm, const std::string &weight) {
    return keyOf("conv2d." + algorithm + "(1x16x12x320xf16, " + weight +
                 ") -> 1x16x12x16xf32 {channels=[16], dilations=[1,1], groups=[1], pads=[1,1,1,1], strides=[1,1]}");
  };
  Tensor packed = packFilter(data[1], 16);
  Tensor expected = evaluateKernel(key("direct", "1x3x3x320x16xf32"), {data[0], packed})[0];
  struct {
    KernelKey key;
    Tensor weight;
    double growth, products; // k
  } cases[] = {
      {key("direct", "1x3x3x320x16xf16"), packed, 1, 144},
      {key("winograd2", "16x1x320x16xf16"), transformFilter(data[1], filterF2, 16), 5. / 3, 27},
      {key("winograd4", "36x1x320x16xf16"), transformFilter(data[1], filterHalfF4(), 16), 4.8, 27},
  };
  std::vector<KernelRun> runs;
  for (const auto &one : cases)
    runs.push_back({one.key, {data[0], reference::cast(one.weight, ElementType::F16)}});
  std::string error;
  std::vector<KernelOutcome> outcomes = runKernels(target, runs, error);
  ASSERT_EQ(outcomes.size(), runs.size()) << error;
  for (size_t i = 0; i < runs.size(); ++i) {
    ASSERT_EQ(outcomes[i].fault, "");
    double squares = 0, errors = 0;
    for (int64_t j = 0; j < expected.elements(); ++j) {
      squares += std::pow(expected.getDouble(j), 2);
      errors += std::pow(outcomes[i].outputs[0].getDouble(j) - expected.getDouble(j), 2);
    }
    double relative = std::sqrt(errors / squares);
    RecordProperty(toString(cases[i].key.algorithm), std::to_string(relative));
    EXPECT_LT(relative, cases[i].growth * 0x1p-11 * std::sqrt(cases[i].products / 6 + 5 / 3. + 1 / 3.));
  }
}

// Blocks in both directions, of f16 as it is stored: (1 + 3 + 5 + 7) / 4, then their squared distances from 4.
TEST(BlockMoments, meanAndSquaredDeviations) {
  KernelKey key = keyOf("conv2d.direct(1x2x4x1xf16, 1x1x1x1x16xf16) -> 1x2x4x1xf16, 1x2x2x1xf32 {channels=[1], "
                        "dilations=[1,1], groups=[1], moments=[2,2], pads=[0,0,0,0], strides=[1,1]}");
  Tensor x(ElementType::F16, {1, 2, 4, 1}), w(ElementType::F16, {1, 1, 1, 1, 16});
  const double values[] = {1, 3, 10, 10, 5, 7, 10, 10.0001}; // the last is 10 in f16
  for (int64_t i = 0; i < 8; ++i)
    x.set(i, values[i]);
  w.set(0, 1);
  std::vector<Tensor> outputs = evaluateKernel(key, {x, w});
  ASSERT_EQ(outputs.size(), 2u);
  const double expected[] = {4, 20, 10, 0};
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_EQ(outputs[1].getDouble(i), expected[i]) << i;
}

// A norm that takes the moments of its input is the norm that finds them.
TEST(BlockMoments, areWhatANormFinds) {
  struct {
    const char *norm, *first, *second; // whose outputs are the norm's inputs
  } cases[] = {
      {"group_norm(2x6x8x12xf32, 12xf32, 12xf32, 2x4x2x12xf32) -> 2x6x8x12xf32 {counted=[7], groups=[3], "
       "norm_moments=[3], sizes=[5,1,6], epsilon=[1e-05]}",
       "conv2d.direct(2x6x8x1xf32, 1x1x1x1x16xf32) -> 2x6x8x12xf32, 2x4x2x12xf32 {channels=[12], dilations=[1,1], "
       "groups=[1], moments=[3,4], pads=[0,0,0,0], strides=[1,1]}",
       nullptr},
      {"matmul(2x12x8xf32, 1x14x16xf32, 14xf32, 14xf32, 2x12x6xf32, 2x3x2x8xf32, 2x4x2x6xf32) -> 2x12x5xf32 "
       "{columns=[5], joined=[4], norm=[2,2,3], norm_moments=[5,6], packed=[1], epsilon=[1e-05]}",
       "matmul(2x12x3xf32, 1x3x16xf32) -> 2x12x8xf32, 2x3x2x8xf32 {columns=[8], moments=[4], packed=[1]}",
       "matmul(2x12x3xf32, 1x3x16xf32) -> 2x12x6xf32, 2x4x2x6xf32 {columns=[6], moments=[3], packed=[1]}"},
  };
  for (const auto &one : cases) {
    SCOPED_TRACE(one.norm);
    KernelCase norm{keyOf(one.norm), 0, 2.0, 1.0, 0, false};
    std::vector<Tensor> inputs = randomInputs(norm, 1);
    auto made = [](const char *text, uint64_t seed) {
      KernelCase maker{keyOf(text), 0, 2.0, 1.0, 0, false};
      return evaluateKernel(maker.key, randomInputs(maker, seed));
    };
    std::vector<Tensor> first = made(one.first, 2);
    std::vector<int64_t> moments = norm.key.ints.at("norm_moments");
    inputs[0] = first[0];
    inputs[moments[0]] = first[1];
    if (one.second) {
      std::vector<Tensor> second = made(one.second, 3);
      inputs[norm.key.getInt("joined", -1)] = second[0];
      inputs[moments[1]] = second[1];
    }
    KernelKey finds = norm.key;
    finds.ints.erase("norm_moments");
    EXPECT_EQ(difference(evaluateKernel(norm.key, inputs)[0], evaluateKernel(finds, inputs)[0], 1e-6), "");
  }
}

// A collapsed key works on the same bytes.
TEST(CollapseKey, computesTheSame) {
  std::vector<KernelCase> cases = kernelCases(), moments = momentsCases(/*half=*/false);
  cases.insert(cases.end(), moments.begin(), moments.end());
  for (const KernelCase &kernelCase : cases) {
    const KernelKey &key = kernelCase.key;
    KernelKey collapsed = collapseKey(key);
    if (collapsed == key)
      continue;
    SCOPED_TRACE(key.str() + "\n" + collapsed.str());
    ASSERT_EQ(collapsed.verify(), "");
    std::vector<Tensor> inputs = randomInputs(kernelCase, 3), moved;
    bool intact;
    for (size_t i = 0; i < inputs.size(); ++i)
      moved.push_back(elementsOf(collapsed.inputs[i], bytesOf(key.inputs[i], &inputs[i]), intact));
    Tensor expected = evaluateKernel(key, inputs)[0], actual = evaluateKernel(collapsed, moved)[0];
    // Sums may run in another order.
    Tensor reshaped = elementsOf(key.outputs[0], bytesOf(collapsed.outputs[0], &actual), intact);
    EXPECT_TRUE(intact);
    EXPECT_EQ(difference(reshaped, expected, kernelCase.tolerance), "");
  }
}

TEST(CollapseKey, joinsWhatItCan) {
  auto shapeOf = [](const char *text) { return collapseKey(keyOf(text)).outputs[0].shape; };
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(shapeOf("elementwise(2x3x4xf32, 2x3x4xf32, f32) -> 2x3x4xf32 {} epilogue add(mul(in0, in1), in2)"),
            (Shape{24}));
  EXPECT_EQ(shapeOf("elementwise(2x3x4xf32, 4xf32) -> 2x3x4xf32 {} epilogue add(in0, in1)"), (Shape{6, 4}));
  EXPECT_EQ(shapeOf("elementwise(2x3x4xf32[24,8,1]) -> 2x3x4xf32 {} epilogue relu(in0)"), (Shape{6, 4}));
  EXPECT_EQ(shapeOf("group_norm(2x5x6x8xf32, 8xf32, 8xf32, 2x1x1x8xf32) -> 2x5x6x8xf32 {groups=[2], epsilon=[1e-05]} "
                    "epilogue add(acc, in3)"),
            (Shape{2, 30, 8}));
  EXPECT_EQ(shapeOf("concat(2x3x4xf32, 2x5x4xf32) -> 2x8x4xf32 {axis=[1]}"), (Shape{2, 32}));
  EXPECT_EQ(shapeOf("slice(4x6x5xf32) -> 2x6x5xf32 {starts=[1,0,0], steps=[1,1,1]}"), (Shape{60}));
  EXPECT_EQ(shapeOf("transpose(2x3x4x5xf32) -> 2x4x5x3xf32 {permutation=[0,2,3,1]}"), (Shape{2, 20, 3}));
  EXPECT_EQ(shapeOf("reduce.mean(2x3x4x5xf32) -> 2x1x1x5xf32 {axes=[1,2]}"), (Shape{2, 1, 5}));
  EXPECT_EQ(shapeOf("gather(9x4x5xf32, 2x3xi64) -> 2x3x4x5xf32 {axis=[0]}"), (Shape{6, 20}));
}
