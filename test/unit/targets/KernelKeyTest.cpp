//===- KernelKeyTest.cpp - Text, rules and costs of kernel keys -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelKey.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

using namespace snap;
using Kind = ExprNode::Kind;

static KernelKey parsed(const std::string &text) {
  std::string error;
  std::optional<KernelKey> key = KernelKey::parse(text, error);
  EXPECT_TRUE(key) << error;
  return key.value_or(KernelKey());
}

static const char *const conv = "conv2d.direct(2x64x64x320xf32, "
                                "7x3x3x320x48xf32, 320xf32) -> 2x64x64x320xf32 "
                                "{channels=[320], dilations=[1,1], groups=[1], "
                                "pads=[1,1,1,1], strides=[1,1]} "
                                "epilogue silu(add(acc, in2))";

// One valid key per op: each must survive the round trip and pass verify().
static const char *const validKeys[] = {
    conv,
    "conv2d.winograd4(1x9x7x16xf32, 36x1x16x48xf32) -> 1x9x7x20xf32 "
    "{channels=[20], dilations=[1,1], groups=[1], pads=[1,1,1,1], "
    "strides=[1,1]}",
    "conv2d.direct(1x9x9x8xf16, 1x3x3x4x16xf16) -> 1x5x5x6xf16 "
    "{channels=[6], dilations=[1,1], groups=[2], pads=[1,1,1,1], "
    "strides=[2,2]}",
    "matmul(2x77x768xf32, 12x768x64xf32) -> 2x77x768xf32 {columns=[768], "
    "packed=[1]}",
    "matmul(2x1x8x16xf32, 4x5x16xf32) -> 2x4x8x5xf32 {columns=[5], packed=[0], "
    "transpose_b=[1]}",
    "attention(2x64x320xf32, 2x77x320xf32, 2x77x320xf32, 1x1x64x77xf32) -> "
    "2x64x320xf32 "
    "{causal=[0], heads=[8], mask=[3], scale=[0.15811388300841897]}",
    "group_norm(2x8x8x32xf32, 32xf32, 32xf32) -> 2x8x8x32xf32 {groups=[4], "
    "epsilon=[1e-05]} epilogue silu(acc)",
    "layer_norm(2x77x768xf32, 768xf32, 768xf32) -> 2x77x768xf32 {axes=[1], "
    "bias=[2], scale=[1], epsilon=[1e-05]}",
    "rms_norm(2x77x768xf16, 768xf16) -> 2x77x768xf16 {axes=[1], scale=[1], "
    "epsilon=[1e-06]}",
    "softmax(2x8x77x77xf32) -> 2x8x77x77xf32 {}",
    "elementwise(2x4xf32, 4xf32[2]) -> 2x4xf32 {} epilogue add(in0, in1)",
    "elementwise() -> 3xf32 {} epilogue 1.5:f32",
    "elementwise(4xf32) -> 4xf32 {} epilogue {in0; sigmoid(%0); mul(%0, %1)}",
    "elementwise(4xi64, i1) -> 4xf16 {} epilogue cast<f16>(select(in1, in0, "
    "-3.0:i64))",
    "reduce.mean(2x8x4xf32) -> 2x1x4xf32 {axes=[1]}",
    "arg_reduce.max(2x77xi64) -> 2x1xi64 {axis=[1], select_last=[0]}",
    "gather(49408x768xf32, 2x77xi64) -> 2x77x768xf32 {axis=[0]}",
    "resize.nearest(1x8x8x4xf32) -> 1x16x16x4xf32 {coordinates=[3], "
    "rounding=[2], scales=[1.0,2.0,2.0,1.0]}",
    "concat(2x8x4xf32, 2x8x6xf32) -> 2x8x10xf32 {axis=[2]}",
    "slice(2x8x10xf32) -> 2x8x4xf32 {starts=[0,7,6], steps=[1,-1,1]}",
    "transpose(2x3x5xf32) -> 5x2x3xf32[6,3,1] {permutation=[2,0,1]}",
    "pad.reflect(2x3xf32) -> 4x4xf32 {high=[1,1], low=[1,0]}",
    "pool.average(1x8x8x3xf32) -> 1x4x4x3xf32 {dilations=[1,1], kernel=[2,2], "
    "pads=[0,0,0,0], strides=[2,2]}",
    "cum_sum(2x77xi32) -> 2x77xi32 {axis=[1], exclusive=[0], reverse=[1]}",
    "group_norm(2x8x8x5xf32, 5xf32, 5xf32) -> 2x8x8x5xf32 {counted=[4], groups=[2], sizes=[3,2], epsilon=[1e-05]}",
};

TEST(KernelKey, TextRoundTripsExactly) {
  for (const char *text : validKeys) {
    KernelKey key = parsed(text);
    EXPECT_EQ(key.str(), text);
    EXPECT_TRUE(parsed(key.str()) == key) << text;
    EXPECT_EQ(key.verify(), "") << text;
  }
}

TEST(KernelKey, NumbersKeepEveryBit) {
  KernelKey key = parsed("elementwise(4xf32) -> 4xf32 {} epilogue in0");
  key.floats["values"] = {0.1, -0.0, 1.0 / 3, 1e300, 5e-324, INFINITY, -INFINITY, NAN, 16777217.0};
  key.floats["none"] = {};
  key.ints["limits"] = {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  key.ints["none_either"] = {};
  EXPECT_TRUE(parsed(key.str()) == key) << key.str();
  KernelKey positive = key;
  positive.floats["values"][1] = 0.0;
  EXPECT_FALSE(positive == key);
  EXPECT_NE(positive.hash(), key.hash());
}

TEST(KernelKey, SharedAndUnorderedNodesKeepTheirPlaces) {
  KernelKey key = parsed("elementwise(4xf32, 4xf32) -> 4xf32 {} epilogue in0");
  auto leaf = [](int input) {
    ExprNode node;
    node.kind = Kind::Input;
    node.input = input;
    return node;
  };
  ExprNode sub;
  sub.kind = Kind::Binary;
  sub.fn = "sub";
  sub.operands = {1, 0}; // reading order differs from node order
  key.epilogue.nodes = {leaf(0), leaf(1), sub};
  KernelKey again = parsed(key.str());
  EXPECT_TRUE(again == key) << key.str();
  EXPECT_EQ(again.verify(), "");
}

TEST(KernelKey, HashIsStableAndDependsOnEverything) {
  KernelKey key = parsed(conv);
  // Pinned: the kernel cache and the symbols in built libraries rely on it.
  EXPECT_EQ(parsed("softmax(8xf32) -> 8xf32 {}").symbol(), "snapk_softmax_81f30be2220bc34f");
  EXPECT_EQ(key.hash().size(), 16u);
  KernelKey other = key;
  other.ints["pads"] = {1, 1, 1, 0};
  EXPECT_NE(other.hash(), key.hash());
  other = key;
  other.inputs[2].type = ElementType::F16;
  EXPECT_NE(other.hash(), key.hash());
  other = key;
  other.epilogue.nodes.pop_back();
  EXPECT_NE(other.hash(), key.hash());
}

TEST(KernelKey, MacsOfTheDirectAlgorithm) {
  EXPECT_EQ(parsed(conv).macs(), int64_t(2) * 64 * 64 * 320 * 9 * 320);
  EXPECT_EQ(parsed(validKeys[1]).macs(), int64_t(9) * 7 * 20 * 9 * 16);
  EXPECT_EQ(parsed(validKeys[2]).macs(), int64_t(5) * 5 * 6 * 9 * 4);
  EXPECT_EQ(parsed(validKeys[3]).macs(), int64_t(2) * 77 * 768 * 768);
  EXPECT_EQ(parsed(validKeys[5]).macs(), int64_t(2) * 64 * 77 * 640);
  EXPECT_EQ(parsed("softmax(8xf32) -> 8xf32 {}").macs(), 0);
}

TEST(KernelKey, ParseSaysWhatItExpected) {
  const std::pair<const char *, const char *> cases[] = {
      {"convolve(f32) -> f32 {}", "a kernel op"},
      {"softmax(8xf33) -> 8xf32 {}", "an element type"},
      {"softmax(8xf32) 8xf32 {}", "'->'"},
      {"softmax(8xf32) -> 8xf32", "'{'"},
      {"softmax(8xf32) -> 8xf32 {a=[1}", "']'"},
      {"softmax(8xf32) -> 8xf32 {} epilogue add(acc, in1, in2)", "one or two operands"},
      {"softmax(8xf32) -> 8xf32 {} epilogue {acc; neg(%1)}", "an earlier node"},
      {"softmax(8xf32) -> 8xf32 {} more", "the end"},
  };
  for (auto [text, expected] : cases) {
    std::string error;
    EXPECT_FALSE(KernelKey::parse(text, error)) << text;
    EXPECT_NE(error.find(expected), std::string::npos) << error;
  }
}

TEST(KernelKey, VerifySaysWhatIsAndWhatShouldBe) {
  // The text to replace in a valid key, its replacement, and the complaint.
  struct Case {
    int key;
    const char *from, *to, *complaint;
  };
  const Case cases[] = {
      {0, "7x3x3x320x48xf32", "7x3x3x320xf32", "input 1 has 4 dimensions, expected 5"},
      {0, "7x3x3x320x48", "7x3x3x319x48", "weight has 319 input channels, expected 320"},
      {0, "7x3x3x320x48", "6x3x3x320x48", "weight has 6 panels of 48 for 320 channels"},
      {0, "conv2d.direct", "conv2d", "algorithm is 'default'"},
      {0, "2x64x64x320xf32 {", "2x64x63x320xf32 {", "output is [2,64,63,320], expected [2,64,64,320]"},
      {0, "add(acc, in2)", "add(acc, in1)", "does not broadcast"},
      {0, "add(acc, in2)", "add(acc, in9)", "input 9 does not exist"},
      {0, "silu(", "swish(", "unknown unary function 'swish'"},
      {0, "strides=[1,1]", "strides=[1,0]", "'strides' holds 0, expected at least 1"},
      {1, "strides=[1,1]", "strides=[2,2]", "other than 1"},
      {1, "36x1x16x48", "16x1x16x48", "weight has 16 points, expected 36"},
      {3, "12x768x64", "12x767x64", "inner sizes 768 and 767 differ"},
      {4, "4x5x16xf32", "3x5x16xf32", "output is"},
      {5, "heads=[8]", "heads=[7]", "do not divide into 7 heads"},
      {5, "1x1x64x77", "1x1x64x76", "does not broadcast"},
      {6, "groups=[4]", "groups=[5]", "does not divide into 5 groups"},
      {7, "bias=[2]", "bias=[3]", "bias input does not exist"},
      {8, "axes=[1]", "axes=[4]", "'axes' is 4, expected at most 3"},
      {14, "reduce.mean", "reduce.median", "function is 'median'"},
      {15, "2x1xi64", "2x1xi32", "output is not i64"},
      {16, "2x77xi64", "2x77xf32", "indices are not i64 or i32"},
      {17, "scales=[1.0,2.0,2.0,1.0]", "scales=[1.0,2.0]", "needs 'scales' with 4 values"},
      {18, "2x8x6xf32", "2x7x6xf32", "does not join"},
      {19, "starts=[0,7,6]", "starts=[0,2,6]", "dimension 1 reads from 2 to -5 of 8"},
      {20, "[2,0,1]}", "[2,0,0]}", "permutation is [2,0,0]"},
      {21, "low=[1,0]", "low=[2,0]", "padded by its size"},
      {22, "kernel=[2,2]", "kernel=[2]", "needs 'kernel' with 2 values"},
      {23, "exclusive=[0], ", "", "needs 'exclusive' with 1 values"},
      {24, "sizes=[3,2]", "sizes=[3,3]", "'sizes' [3,3] do not add up to 5 channels"},
      {24, "sizes=[3,2]", "sizes=[3,1,1]", "needs 'sizes' with 2 values"},
      {24, "counted=[4]", "counted=[2]", "'counted' holds 2, expected at least 3"},
  };
  for (const Case &c : cases) {
    std::string text = validKeys[c.key];
    size_t at = text.find(c.from);
    ASSERT_NE(at, std::string::npos) << c.from;
    text.replace(at, std::string(c.from).size(), c.to);
    std::string complaint = parsed(text).verify();
    EXPECT_NE(complaint.find(c.complaint), std::string::npos) << text << "\n" << complaint;
  }
}

// What a convolution reads through: joined inputs, a norm, an enlargement.
TEST(KernelKey, VerifyLooksAtWhatARootReadsThrough) {
  const std::string base =
      "conv2d.winograd4(1x8x8x16xf32, 25x2x24x16xf32, 24xf32, 24xf32, 1x8x8x8xf32) -> 1x16x16x32xf32 {channels=[32], "
      "dilations=[1,1], groups=[1], joined=[4], norm=[4,2,3], pads=[1,1,1,1], strides=[1,1], upsample=[2], "
      "epsilon=[1e-05]} prologue silu(acc)";
  KernelKey key = parsed(base);
  EXPECT_EQ(key.verify(), "");
  EXPECT_EQ(key.str(), base);
  EXPECT_EQ(key.rootChannels(), 24);
  EXPECT_EQ(key.macs(), int64_t(16) * 16 * 32 * 9 * 24);
  const std::tuple<const char *, const char *, const char *> cases[] = {
      {"25x2x24", "36x2x24", "weight has 36 points, expected 25"},
      {"pads=[1,1,1,1]", "pads=[2,0,2,0]", "only winograd4 takes an enlarged input, 2 times and with pads of 1"},
      {"norm=[4,2,3]", "norm=[5,2,3]", "does not divide into 5 groups"},
      {"norm=[4,2,3]", "norm=[4,2,9]", "input 9 of 'norm' does not exist"},
      {"24xf32, 24xf32, 1x8", "24xf32, 16xf32, 1x8", "input 3 of 'norm' is [16], expected [24]"},
      {"epsilon=[1e-05]", "beta=[1e-05]", "needs 'epsilon'"},
      {"1x8x8x8xf32", "1x8x7x8xf32", "input 4 [1,8,7,8] does not go on where [1,8,8,16] ends"},
      {"joined=[4]", "joined=[1]", "'joined' holds 1, expected at least 2"},
  };
  for (auto [from, to, complaint] : cases) {
    std::string text = base;
    size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, std::string(from).size(), to);
    EXPECT_NE(parsed(text).verify().find(complaint), std::string::npos) << text << "\n" << parsed(text).verify();
  }
  std::string product = parsed("matmul(2x4x8xf32, 2x8x6xf32, 8xf32, 8xf32) -> 2x4x6xf32 {columns=[6], norm=[2,2,3], "
                               "packed=[0], epsilon=[1e-05]}")
                            .verify();
  EXPECT_NE(product.find("'norm' and 'joined' need packed=1"), std::string::npos) << product;
}

TEST(KernelKey, VerifyLooksAtALayerNormOfRows) {
  const std::string base = "matmul(2x4x8xf32, 1x8x16xf32, 8xf32, 2x4x8xf32) -> 2x4x6xf32 {columns=[6], "
                           "layer_norm=[2,-1], packed=[1], epsilon=[1e-05]}";
  EXPECT_EQ(parsed(base).verify(), "");
  EXPECT_EQ(parsed(base).str(), base);
  const std::tuple<const char *, const char *, const char *> cases[] = {
      {"[2,-1]", "[2]", "needs 'layer_norm' with 2 values"},
      {"[2,-1]", "[2,4]", "input 4 of 'layer_norm' does not exist"},
      {"[2,-1]", "[0,-1]", "input 0 of 'layer_norm' does not exist"},
      {"[2,-1]", "[2,-2]", "'layer_norm' holds -2, expected at least -1"},
      {"[2,-1]", "[3,-1]", "input 3 of 'layer_norm' is [2,4,8], expected [8]"},
      {"epsilon", "beta", "needs 'epsilon'"},
      {"layer_norm", "joined=[3], layer_norm", "'layer_norm' stands beside no 'norm' or 'joined'"},
      {"layer_norm=[2,-1]", "layer_norm=[2,-1], norm=[2,2,2]", "'layer_norm' stands beside no 'norm' or 'joined'"},
      {"1x8x16xf32, 8xf32, 2x4x8xf32) -> 2x4x6xf32 {columns=[6], layer_norm=[2,-1], packed=[1]",
       "8x6xf32, 8xf32, 2x4x8xf32) -> 2x4x6xf32 {columns=[6], layer_norm=[2,-1], packed=[0]",
       "'layer_norm' needs packed=1"},
  };
  for (auto [from, to, complaint] : cases) {
    std::string text = base;
    size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, std::string(from).size(), to);
    EXPECT_NE(parsed(text).verify().find(complaint), std::string::npos) << text << "\n" << parsed(text).verify();
  }
}

// Each row replaces a text by another in the valid key.
static void expectComplaints(const std::string &base,
                             const std::vector<std::tuple<const char *, const char *, const char *>> &cases) {
  EXPECT_EQ(parsed(base).verify(), "");
  EXPECT_EQ(parsed(base).str(), base);
  for (auto [from, to, complaint] : cases) {
    std::string text = base;
    size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, std::string(from).size(), to);
    EXPECT_NE(parsed(text).verify().find(complaint), std::string::npos) << text << "\n" << parsed(text).verify();
  }
}

TEST(KernelKey, VerifyLooksAtTheMomentsAKernelMakes) {
  expectComplaints("conv2d.direct(2x8x6x4xf16, 1x1x1x4x16xf16) -> 2x8x6x5xf16, 2x6x2x5xf32 {channels=[5], "
                   "dilations=[1,1], groups=[1], moments=[4,2], pads=[0,0,0,0], strides=[1,1]}",
                   {
                       {", 2x6x2x5xf32", "", "has 1 outputs, expected 2 with 'moments'"},
                       {"moments=[4,2], ", "", "has 2 outputs, expected 1"},
                       {"[4,2]", "[4]", "needs 'moments' with 2 values"},
                       {"[4,2]", "[0,2]", "'moments' holds 0, expected at least 1"},
                       {"[4,2]", "[3,2]", "'moments' has blocks of 3, which do not divide 8 rows"},
                       {"[4,2]", "[4,4]", "'moments' has blocks of 4, which do not divide 6 columns"},
                       {"2x6x2x5xf32", "2x6x2x5xf16", "output 1 should be f32 and dense"},
                       {"2x6x2x5xf32", "2x6x2x5xf32[80,10,5,1]", "output 1 should be f32 and dense"},
                       {"-> 2x8x6x5xf16", "-> 2x8x6x5xf16[240,6,1,48]", "output 0 has strides beside 'moments'"},
                       {"2x6x2x5xf32", "12x2x5xf32", "output 1 is [12,2,5], expected [2,6,2,5]"},
                       {"2x6x2x5xf32", "2x0x2x5xf32", "a tensor has extent 0, expected at least 1"},
                   });
  expectComplaints(
      "matmul(2x12x8xf32, 1x8x16xf32) -> 2x12x6xf32, 2x3x2x6xf32 {columns=[6], moments=[4], packed=[1]}",
      {
          {"[4]", "[4,4]", "needs 'moments' with 1 values"},
          {"[4]", "[5]", "'moments' has blocks of 5, which do not divide 12 rows"},
          {"2x3x2x6xf32", "6x2x6xf32", "output 1 is [6,2,6], expected [2,3,2,6]"},
          {"1x8x16xf32) -> 2x12x6xf32, 2x3x2x6xf32 {columns=[6], moments=[4], packed=[1]",
           "8x6xf32) -> 2x12x6xf32, 2x3x2x6xf32 {columns=[6], moments=[4], packed=[0]", "'moments' needs packed=1"},
      });
  EXPECT_NE(parsed("softmax(4x8xf32) -> 4x8xf32, 1x2x8xf32 {moments=[4]}").verify().find("makes no 'moments'"),
            std::string::npos);
}

TEST(KernelKey, WithoutMomentsIsTheSameKernel) {
  const std::string plain = "conv2d.direct(2x8x6x4xf16, 1x1x1x4x16xf16, 4xf16, 4xf16, 5xf16) -> 2x8x6x5xf16 "
                            "{channels=[5], dilations=[1,1], groups=[1], norm=[2,2,3], pads=[0,0,0,0], "
                            "strides=[1,1], epsilon=[1e-05]} epilogue add(acc, in4)";
  KernelKey both = parsed("conv2d.direct(2x8x6x4xf16, 1x1x1x4x16xf16, 4xf16, 4xf16, 5xf16, 2x4x2x4xf32) -> "
                          "2x8x6x5xf16, 2x6x2x5xf32 {channels=[5], dilations=[1,1], groups=[1], moments=[4,2], "
                          "norm=[2,2,3], norm_moments=[5], pads=[0,0,0,0], strides=[1,1], epsilon=[1e-05]} epilogue "
                          "add(acc, in4)");
  EXPECT_EQ(both.verify(), "");
  EXPECT_EQ(both.withoutMoments().str(), plain);
  EXPECT_EQ(parsed(plain).withoutMoments().str(), plain);
}

TEST(KernelKey, VerifyLooksAtTheMomentsANormTakes) {
  expectComplaints("matmul(2x12x8xf16, 1x14x16xf16, 14xf16, 14xf16, 2x12x6xf16, 2x3x2x8xf32, 2x4x2x6xf32) -> "
                   "2x12x5xf16 {columns=[5], joined=[4], norm=[2,2,3], norm_moments=[5,6], packed=[1], "
                   "epsilon=[1e-05]}",
                   {
                       {"[5,6]", "[5]", "needs 'norm_moments' with 2 values"},
                       {"[5,6]", "[5,7]", "input 7 of 'norm_moments' does not exist"},
                       {"[5,6]", "[0,6]", "'norm_moments' holds 0, expected at least 1"},
                       {"2x4x2x6xf32", "2x4x2x6xf16", "input 6 of 'norm_moments' should be f32 and dense"},
                       {"2x4x2x6xf32", "2x4x2x6xf32[0,12,6,1]", "input 6 of 'norm_moments' should be f32 and dense"},
                       {"2x4x2x6xf32", "2x4x2x8xf32",
                        "input 6 of 'norm_moments' is [2,4,2,8], expected [2,B,2,6] with B a divisor of 12"},
                       {"2x3x2x8xf32", "2x5x2x8xf32", "expected [2,B,2,8] with B a divisor of 12"},
                       {"2x3x2x8xf32", "3x2x8xf32", "expected [2,B,2,8] with B a divisor of 12"},
                       {"2x3x2x8xf32", "48xf32", "expected [2,B,2,8] with B a divisor of 12"},
                       {"norm=[2,2,3], ", "", "'norm_moments' stands beside no 'norm'"},
                   });
  // Blocks of all images on one dimension are the same elements.
  expectComplaints("group_norm(2x3x4x8xf32, 8xf32, 8xf32, 12x2x8xf32) -> 2x3x4x8xf32 {groups=[2], norm_moments=[3], "
                   "epsilon=[1e-05]}",
                   {{"12x2x8", "16x2x8", "expected [2,B,2,8] with B a divisor of 12"}});
  EXPECT_NE(parsed("softmax(4x8xf32) -> 4x8xf32 {norm_moments=[1]}").verify().find("takes no 'norm_moments'"),
            std::string::npos);
}

TEST(TensorSpec, BytesOfASliceReachItsLastElement) {
  TensorSpec slice{ElementType::F16, {2, 8}, {64, 1}};
  EXPECT_EQ(slice.elements(), 16);
  EXPECT_EQ(slice.bytes(), (64 + 7 + 1) * 2);
  TensorSpec dense{ElementType::I64, {2, 8}, {}};
  EXPECT_EQ(dense.bytes(), 128);
}
