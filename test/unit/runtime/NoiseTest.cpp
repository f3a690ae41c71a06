//===- NoiseTest.cpp ------------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/noise.h"

#include "runtime/half.h"
#include "runtime/portable_math.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

using namespace snap::runtime;

// Known answers of the generator's authors (Random123, kat_vectors).
TEST(Noise, PhiloxKnownAnswers) {
  struct {
    uint32_t counter[4], key[2], expected[4];
  } cases[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const auto &c : cases) {
    uint32_t out[4];
    philox(c.counter, c.key, out);
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(out[i], c.expected[i]);
  }
}

// By the formula of noise.h, from the first known answer, with libm.
TEST(Noise, FirstElementsOfSeedZero) {
  const uint32_t bits[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  float noise[4];
  fillNoise(0, noise, 4);
  for (int pair = 0; pair < 2; ++pair) {
    double radius = std::sqrt(-2 * std::log((bits[2 * pair] + 0.5) / 4294967296.0));
    double angle = 2 * M_PI * bits[2 * pair + 1] / 4294967296.0;
    EXPECT_FLOAT_EQ(noise[2 * pair], static_cast<float>(radius * std::cos(angle)));
    EXPECT_FLOAT_EQ(noise[2 * pair + 1], static_cast<float>(radius * std::sin(angle)));
  }
}

// The same bits on every machine: these are of x86-64; the arm64 build runs
// this test too.
TEST(Noise, BitsAreFixed) {
  std::vector<float> noise(16384);
  fillNoise(20231, noise.data(), noise.size());
  uint64_t hash = 0xcbf29ce484222325;
  for (float value : noise) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 0x100000001b3;
  }
  EXPECT_EQ(hash, 18381916383608910570u);
}

TEST(Noise, ElementsDependOnSeedAndIndexAlone) {
  std::vector<float> all(1003), some(1003, 7.0f), other(1003);
  fillNoise(42, all.data(), all.size());
  for (size_t count : {0, 1, 2, 3, 4, 5, 1002}) {
    std::fill(some.begin(), some.end(), 7.0f);
    fillNoise(42, some.data(), count);
    EXPECT_EQ(std::memcmp(some.data(), all.data(), count * sizeof(float)), 0);
    EXPECT_EQ(some[count], 7.0f) << "wrote past the end";
  }
  fillNoise(42 + (uint64_t(1) << 32), other.data(), other.size());
  size_t equal = 0;
  for (size_t i = 0; i < all.size(); ++i)
    equal += all[i] == other[i];
  EXPECT_EQ(equal, 0u) << "the seed's upper half counts";
}

TEST(Noise, IsStandardNormal) {
  std::vector<float> noise(1 << 20);
  fillNoise(7, noise.data(), noise.size());
  double mean = 0, square = 0, cube = 0, fourth = 0, lag = 0, within = 0;
  for (size_t i = 0; i < noise.size(); ++i) {
    double x = noise[i];
    mean += x;
    square += x * x;
    cube += x * x * x;
    fourth += x * x * x * x;
    lag += i ? x * noise[i - 1] : 0;
    within += std::fabs(x) < 1;
  }
  double n = static_cast<double>(noise.size());
  EXPECT_NEAR(mean / n, 0, 0.005);
  EXPECT_NEAR(square / n, 1, 0.007);
  EXPECT_NEAR(cube / n, 0, 0.02);
  EXPECT_NEAR(fourth / n, 3, 0.05);
  EXPECT_NEAR(lag / n, 0, 0.005);
  EXPECT_NEAR(within / n, 0.682689, 0.002);
}

TEST(PortableMath, IsCloseToLibm) {
  for (int i = 1; i < 200000; ++i) {
    double x = i / 65536.0;
    EXPECT_NEAR(naturalLog(x), std::log(x), 4e-16 * std::max(1.0, std::fabs(std::log(x))));
    double turns = i / 200000.0, sine, cosine;
    sineCosine(turns, sine, cosine);
    EXPECT_NEAR(sine, std::sin(2 * M_PI * turns), 1e-15);
    EXPECT_NEAR(cosine, std::cos(2 * M_PI * turns), 1e-15);
  }
  EXPECT_NEAR(naturalLog(0x1p-33), -33 * std::log(2.0), 1e-14);
}

TEST(Half, EveryValueSurvivesARoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    uint16_t half = static_cast<uint16_t>(bits);
    float value = halfToFloat(half);
    if ((bits & 0x7fff) > 0x7c00) {
      EXPECT_TRUE(std::isnan(value));
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
      continue;
    }
    EXPECT_EQ(floatToHalf(value), half);
    double fraction = bits & 0x3ff, exponent = bits >> 10 & 0x1f;
    double expected = exponent == 31  ? INFINITY
                      : exponent == 0 ? std::ldexp(fraction, -24)
                                      : std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
    EXPECT_EQ(value, static_cast<float>(bits & 0x8000 ? -expected : expected));
  }
}

TEST(Half, RoundsToNearestEven) {
  // Between neighbours: below the middle goes down, above goes up, the middle
  // goes to the even one.
  for (uint32_t bits = 0; bits < 0x7bff; ++bits) {
    float low = halfToFloat(static_cast<uint16_t>(bits)), high = halfToFloat(static_cast<uint16_t>(bits + 1));
    float middle = (low + high) / 2; // exact in f32
    EXPECT_EQ(floatToHalf(middle), bits & 1 ? bits + 1 : bits);
    EXPECT_EQ(floatToHalf(std::nextafter(middle, low)), bits);
    EXPECT_EQ(floatToHalf(std::nextafter(middle, high)), bits + 1);
  }
  EXPECT_EQ(floatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(-1e30f), 0xfc00);
}
