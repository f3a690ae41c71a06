//===- TensorTest.cpp - Ownership of tensors, f16, element access ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Evaluators.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

using namespace snap;

TEST(Tensor, BorrowedBytesAreCopiedOnlyWhenWritten) {
  auto bytes = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4});
  Tensor borrowed(ElementType::F32, {2, 2}, bytes->data(), bytes);
  EXPECT_EQ(borrowed.raw(), bytes->data());
  Tensor shape = borrowed.reshaped({4});
  EXPECT_EQ(shape.raw(), bytes->data());
  shape.set(0, 9);
  EXPECT_NE(shape.raw(), bytes->data());
  EXPECT_EQ((*bytes)[0], 1);
  EXPECT_EQ(borrowed.getDouble(0), 1);
  EXPECT_EQ(shape.getDouble(3), 4);
}

TEST(Tensor, BorrowedBytesLiveAsLongAsATensorUsesThem) {
  auto bytes = std::make_shared<std::vector<float>>(4, 1.0f);
  std::weak_ptr<std::vector<float>> watch = bytes;
  Tensor tensor(ElementType::F32, {4}, bytes->data(), bytes);
  bytes.reset();
  EXPECT_FALSE(watch.expired());
  tensor = Tensor();
  EXPECT_TRUE(watch.expired());
}

TEST(Tensor, CopiesDoNotShareWrites) {
  Tensor a(ElementType::I32, {2});
  Tensor b = a;
  b.setInt(0, 5);
  EXPECT_EQ(a.getInt(0), 0);
  EXPECT_EQ(b.getInt(0), 5);
  const void *before = b.raw();
  b.setInt(1, 6); // its only owner now
  EXPECT_EQ(b.raw(), before);
}

TEST(Tensor, IdentityMovesCopyNothing) {
  Tensor a(ElementType::F32, {2, 1, 3});
  EXPECT_EQ(reference::transpose(a, {1, 0, 2}).raw(), a.raw());
  EXPECT_EQ(reference::pad("constant", a, {0, 0, 0}, {0, 0, 0}).raw(), a.raw());
  EXPECT_EQ(reference::cast(a, ElementType::F32).raw(), a.raw());
  EXPECT_EQ(reference::slice(a, {0, 0, 0}, {1, 1, 1}, {2, 1, 3}).raw(), a.raw());
}

TEST(Half, EveryValueSurvives) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = halfToFloat(bits);
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
    else
      ASSERT_EQ(floatToHalf(value), bits);
  }
}

TEST(Half, WidensAsTheStandardSays) {
  EXPECT_EQ(halfToFloat(0x3c00), 1.0f);
  EXPECT_EQ(halfToFloat(0x0001), std::ldexp(1.0f, -24));
  EXPECT_EQ(halfToFloat(0x03ff), std::ldexp(1023.0f, -24));
  EXPECT_EQ(halfToFloat(0x7bff), 65504.0f);
  EXPECT_EQ(halfToFloat(0xfc00), -INFINITY);
  EXPECT_TRUE(std::isnan(halfToFloat(0x7e01)));
}

// Between neighbours the nearer one wins, at the middle the even one.
TEST(Half, RoundsToNearestEven) {
  for (uint32_t bits = 0; bits < 0x7bff; ++bits) {
    float low = halfToFloat(bits), high = halfToFloat(bits + 1), middle = low + (high - low) / 2;
    ASSERT_EQ(floatToHalf(middle), bits % 2 ? bits + 1 : bits) << low;
    ASSERT_EQ(floatToHalf(std::nextafter(middle, 0.0f)), bits) << low;
    ASSERT_EQ(floatToHalf(std::nextafter(middle, 1e6f)), bits + 1) << low;
  }
  EXPECT_EQ(floatToHalf(65519.996f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(-1e30f), 0xfc00);
  EXPECT_EQ(floatToHalf(NAN) & 0x7c00, 0x7c00);
}

// 1 + 2^-11 + 2^-40 rounds up; through f32 it would become the tie 1 + 2^-11 and round down.
TEST(Half, DoublesAreRoundedOnce) {
  Tensor x(ElementType::F16, {2});
  x.set(0, 1 + std::ldexp(1.0, -11) + std::ldexp(1.0, -40));
  x.set(1, -1 - std::ldexp(1.0, -11) + std::ldexp(1.0, -40));
  EXPECT_EQ(x.getDouble(0), 1 + std::ldexp(1.0, -10));
  EXPECT_EQ(x.getDouble(1), -1);
}

TEST(Cast, SaturatesAndTruncates) {
  Tensor x(ElementType::F32, {6});
  double values[] = {-1.9, 1.9, 300, -300, NAN, 1e30};
  for (int i = 0; i < 6; ++i)
    x.set(i, values[i]);
  auto as = [&](ElementType type, int64_t i) { return reference::cast(x, type).getInt(i); };
  EXPECT_EQ(as(ElementType::I8, 0), -1);
  EXPECT_EQ(as(ElementType::I8, 1), 1);
  EXPECT_EQ(as(ElementType::I8, 2), 127);
  EXPECT_EQ(as(ElementType::I8, 3), -128);
  EXPECT_EQ(as(ElementType::U8, 0), 0);
  EXPECT_EQ(as(ElementType::U8, 2), 255);
  EXPECT_EQ(as(ElementType::I32, 4), 0);
  EXPECT_EQ(as(ElementType::I64, 5), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(as(ElementType::I1, 4), 1);
  EXPECT_EQ(as(ElementType::I1, 0), 1);
}
