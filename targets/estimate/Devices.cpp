//===- Devices.cpp - The table of devices ---------------------------------===//
//
// Sources, by the letters in the rows; docs/guide/estimate.md has them with addresses:
//   B  philipturner/metal-benchmarks, README at dc2adc6: clocks, cores and system caches up to A16 and M2 Ultra
//   I  philipturner/applegpuinfo, AppleGPUInfo.swift of 2025-10-29: clocks and memory interfaces up to M4
//   P  press, after Apple's announcements and specifications: cores and bandwidth of M2 to M4, clock of M4's CPU
//   H  hmc-tech.com's GPU pages: clocks of A18 and M4, which Apple does not publish
//   K  askgeek.io: clock of A16's CPU, bandwidth of A15 and A16
//   W  Wikipedia, "Apple A18": clock of the CPU, system caches
//   X  zchrissirhcz/pixel, contrib/flops: clocks of the Snapdragon 888's clusters, read on the phone
//   Q  press, after Qualcomm's announcements of Snapdragon 8 Gen 2 and 3: cores, clocks, memory
//   N  Chips and Cheese and AnandTech on Graviton4: cores, cache, bandwidth
//   *  from memory, or carried over from a neighbouring chip: not checked
// Clocks of CPUs are * where no letter says otherwise.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/estimate/Device.h"

#include <algorithm>

using namespace snap;

// Four pipes of 128 bits on Apple's and Arm's large cores (dougallj.github.io/applecpu; Arm's Software Optimization
// Guides), two on the middle ones. Measured with 12 sums, which four pipes of a latency of 4 outrun: X3 139.6 GFLOPS of f16
// at 2.91 GHz and M1 153.5 at 3.2 GHz are 48 a cycle; A715 75.6 at 2.37 GHz and A720 82.9 at 2.6 GHz are 32.
static const CpuCore apple = {"Apple performance core", 32, 64};
static const CpuCore x1 = {"Cortex-X1", 32, 64};
static const CpuCore x3 = {"Cortex-X3", 32, 64};
static const CpuCore x4 = {"Cortex-X4", 32, 64};
static const CpuCore a78 = {"Cortex-A78", 16, 32};
static const CpuCore a715 = {"Cortex-A715", 16, 32};
static const CpuCore a720 = {"Cortex-A720", 16, 32};
static const CpuCore v2 = {"Neoverse V2", 32, 64};

const std::vector<Device> &snap::devices() {
  static const std::vector<Device> table = {
      // clang-format off
      // name              about                              GPU           CPU, performance cores      GB/s   cache MB
      {"iphone-13",        "iPhone 13, A15 Bionic",           {4, 1.338},   {{&apple, 2, 3.24}},        34.1,  32, "arm64-ios", "apple-a14"},  // B, a core less; bandwidth I, K
      {"iphone-13-pro",    "iPhone 13 Pro, A15 Bionic",       {5, 1.338},   {{&apple, 2, 3.24}},        34.1,  32, "arm64-ios", "apple-a14"},  // B; bandwidth I, K
      {"iphone-14",        "iPhone 14, A15 Bionic",           {5, 1.338},   {{&apple, 2, 3.24}},        34.1,  32, "arm64-ios", "apple-a14"},  // B; bandwidth I, K
      {"iphone-14-pro",    "iPhone 14 Pro, A16 Bionic",       {5, 1.398},   {{&apple, 2, 3.46}},        51.2,  24, "arm64-ios", "apple-a16"},  // B; bandwidth I, K; CPU K
      {"iphone-15",        "iPhone 15, A16 Bionic",           {5, 1.398},   {{&apple, 2, 3.46}},        51.2,  24, "arm64-ios", "apple-a16"},  // B; bandwidth I, K; CPU K
      {"iphone-15-pro",    "iPhone 15 Pro, A17 Pro",          {6, 1.380},   {{&apple, 2, 3.78}},        51.2,  24, "arm64-ios", "apple-a16"},  // I (H: 1.398 GHz); cores P; cache *
      {"iphone-16",        "iPhone 16, A18",                  {5, 1.450},   {{&apple, 2, 4.04}},        60.0,  12, "arm64-ios", "apple-a16"},  // H; CPU, cache W; bandwidth: 17 % more than A16, P
      {"iphone-16-pro",    "iPhone 16 Pro, A18 Pro",          {6, 1.450},   {{&apple, 2, 4.04}},        60.0,  24, "arm64-ios", "apple-a16"},  // A18's clock (H); cores P; CPU, cache W; bandwidth as A18
      {"ipad-m1",          "iPad Pro, M1",                    {8, 1.278},   {{&apple, 4, 3.20}},        68.3,   8, "arm64-ios", "apple-m1"},    // B; bandwidth I
      {"ipad-m2",          "iPad Pro, M2",                    {10, 1.398},  {{&apple, 4, 3.49}},       102.4,   8, "arm64-ios", "apple-m1"},    // B; bandwidth P, I
      {"ipad-m4",          "iPad Pro, M4",                    {10, 1.470},  {{&apple, 4, 4.40}},       120.0,   8, "arm64-ios", "apple-m1"},  // H (I: 1.38 GHz, its default); bandwidth, CPU P; cache *
      {"mac-m1",           "Mac, M1",                         {8, 1.278},   {{&apple, 4, 3.20}},        68.3,   8, "arm64-macos", "apple-m1"},  // B; bandwidth I
      {"mac-m1-pro",       "Mac, M1 Pro of 16 GPU cores",     {16, 1.296},  {{&apple, 8, 3.23}},       204.8,  24, "arm64-macos", "apple-m1"},  // B; bandwidth I
      {"mac-m1-max-24",    "Mac, M1 Max of 24 GPU cores",     {24, 1.296},  {{&apple, 8, 3.23}},       409.6,  48, "arm64-macos", "apple-m1"},  // B; bandwidth I
      {"mac-m1-max",       "Mac, M1 Max of 32 GPU cores",     {32, 1.296},  {{&apple, 8, 3.23}},       409.6,  48, "arm64-macos", "apple-m1"},  // B; bandwidth I
      {"mac-m1-ultra-48",  "Mac, M1 Ultra of 48 GPU cores",   {48, 1.296},  {{&apple, 16, 3.23}},      819.2,  96, "arm64-macos", "apple-m1"},  // B; bandwidth I
      {"mac-m1-ultra",     "Mac, M1 Ultra of 64 GPU cores",   {64, 1.296},  {{&apple, 16, 3.23}},      819.2,  96, "arm64-macos", "apple-m1"},  // B; bandwidth I
      {"mac-m2",           "Mac, M2 of 10 GPU cores",         {10, 1.398},  {{&apple, 4, 3.49}},       102.4,   8, "arm64-macos", "apple-m1"},  // B; bandwidth P, I
      {"mac-m2-8",         "Mac, M2 of 8 GPU cores",          {8, 1.398},   {{&apple, 4, 3.49}},       102.4,   8, "arm64-macos", "apple-m1"},  // B; bandwidth P, I
      {"mac-m2-pro",       "Mac, M2 Pro of 19 GPU cores",     {19, 1.398},  {{&apple, 8, 3.50}},       204.8,  24, "arm64-macos", "apple-m1"},  // B; bandwidth I
      {"mac-m2-pro-16",    "Mac, M2 Pro of 16 GPU cores",     {16, 1.398},  {{&apple, 6, 3.50}},       204.8,  24, "arm64-macos", "apple-m1"},  // B; cores P; bandwidth I
      {"mac-m2-max",       "Mac, M2 Max of 38 GPU cores",     {38, 1.398},  {{&apple, 8, 3.50}},       409.6,  48, "arm64-macos", "apple-m1"},  // B; bandwidth I
      {"mac-m2-ultra",     "Mac, M2 Ultra of 76 GPU cores",   {76, 1.398},  {{&apple, 16, 3.50}},      819.2,  96, "arm64-macos", "apple-m1"},  // twice M2 Max; bandwidth I
      {"mac-m3",           "Mac, M3 of 10 GPU cores",         {10, 1.380},  {{&apple, 4, 4.05}},       102.4,   8, "arm64-macos", "apple-m1"},  // I; cache *
      {"mac-m3-pro",       "Mac, M3 Pro of 18 GPU cores",     {18, 1.380},  {{&apple, 6, 4.05}},       153.6,  12, "arm64-macos", "apple-m1"},  // I; bandwidth, cores P; cache *
      {"mac-m3-max",       "Mac, M3 Max of 40 GPU cores",     {40, 1.380},  {{&apple, 12, 4.05}},      409.6,  48, "arm64-macos", "apple-m1"},  // I; cache *
      {"mac-m4",           "Mac, M4 of 10 GPU cores",         {10, 1.470},  {{&apple, 4, 4.40}},       120.0,   8, "arm64-macos", "apple-m1"},  // H; bandwidth, CPU P; cache *
      {"mac-m4-pro",       "Mac, M4 Pro of 20 GPU cores",     {20, 1.470},  {{&apple, 10, 4.50}},      273.0,  24, "arm64-macos", "apple-m1"},  // clock of M4 (H); bandwidth P, I; cache *
      {"mac-m4-max",       "Mac, M4 Max of 40 GPU cores",     {40, 1.470},  {{&apple, 12, 4.50}},      546.0,  48, "arm64-macos", "apple-m1"},  // clock of M4 (H); bandwidth P, I; cache *
      {"snapdragon-888",   "Snapdragon 888",                  {},           {{&x1, 1, 2.84}, {&a78, 3, 2.42}},                  51.2, 3, "arm64-android", "armv8.2"},   // X; bandwidth, cache *
      {"pixel-7-pro",      "Pixel 7 Pro, Tensor G2",          {},           {{&x1, 2, 2.85}, {&a78, 2, 2.35}},                  51.2, 8, "arm64-android", "armv8.2"},   // *
      {"galaxy-s23",       "Galaxy S23, Snapdragon 8 Gen 2",  {},           {{&x3, 1, 3.36}, {&a715, 2, 2.80}, {&a78, 2, 2.80}}, 67.2, 8, "arm64-android", "cortex-x3"},  // Q, its X3 at 3.36 instead of 3.2 GHz *; two A710 counted as A78; cache *
      {"galaxy-s24",       "Galaxy S24, Snapdragon 8 Gen 3",  {},           {{&x4, 1, 3.39}, {&a720, 3, 3.15}, {&a720, 2, 2.96}}, 76.8, 12, "arm64-android", "cortex-x3"},  // Q, rounded there; X4 at 3.39 instead of 3.3 GHz *; cache *
      {"graviton4-8",      "8 cores of AWS Graviton4",        {},           {{&v2, 8, 2.80}},           45.0,   3, "arm64-linux", "neoverse-v2"},  // N, an even share of its bandwidth; clock *
      {"grace",            "NVIDIA Grace, 72 cores",          {},           {{&v2, 72, 3.10}},         500.0, 114, "arm64-linux", "neoverse-v2"}, // *
      // clang-format on
  };
  return table;
}

const Device *snap::findDevice(const std::string &name) {
  auto found =
      std::find_if(devices().begin(), devices().end(), [&](const Device &device) { return name == device.name; });
  return found == devices().end() ? nullptr : &*found;
}
