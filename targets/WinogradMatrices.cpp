//===- WinogradMatrices.cpp - What Winograd kernels multiply by -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/WinogradMatrices.h"

using namespace snap;

// At the interpolation points 0, 1, -1, (2, -2) and infinity.
static const double inputF2[] = {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1};
static const double outputF2[] = {1, 1, 1, 0, 0, 1, -1, -1};
static const double inputF4[] = {4, 0,  -5, 0, 1, 0, 0, -4, -4, 1,  1, 0, 0, 4, -4, -1, 1, 0,
                                 0, -2, -1, 2, 1, 0, 0, 2,  -1, -2, 1, 0, 0, 4, 0,  -5, 0, 1};
static const double outputF4[] = {1, 1, 1, 1, 1, 0, 0, 1, -1, 2, -2, 0, 0, 1, 1, 4, 4, 0, 0, 1, -1, 8, -8, 1};

// At 0, 5/8, -5/8, 3/2, -3/2 and infinity, for weights in f16. Of all points these are within 1 % of the
// least growth of rounding (docs/decisions/0015-f16-arithmetic.md), and all coefficients are f16 numbers.
// Rows are divided by 4, 4, 4, 2, 2 and 4, and the weight's multiplied, so that transformed inputs are at
// most 3.1 times the input, and transformed weights 0.5 to 21 times the filter's, far from f16's subnormal numbers.
// clang-format off
static const double inputHalfF4[] = {
    225 / 1024., 0,           -169 / 256., 0,           1 / 4., 0,
    0,           -45 / 128.,  -9 / 16.,    5 / 32.,     1 / 4., 0,
    0,           45 / 128.,   -9 / 16.,    -5 / 32.,    1 / 4., 0,
    0,           -75 / 256.,  -25 / 128.,  3 / 4.,      1 / 2., 0,
    0,           75 / 256.,   -25 / 128.,  -3 / 4.,     1 / 2., 0,
    0,           225 / 1024., 0,           -169 / 256., 0,      1 / 4.};
static const double outputHalfF4[] = {
    1, 1,          1,           1,       1,        0,
    0, 5 / 8.,     -5 / 8.,     3 / 2.,  -3 / 2.,  0,
    0, 25 / 64.,   25 / 64.,    9 / 4.,  9 / 4.,   0,
    0, 125 / 512., -125 / 512., 27 / 8., -27 / 8., 1};
// clang-format on

WinogradMatrices snap::winogradMatrices(const KernelKey &key) {
  if (key.algorithm == Algorithm::Winograd2)
    return {2, 4, inputF2, outputF2};
  if (key.inputs[1].type == ElementType::F16 && key.getInt("upsample", 1) == 1)
    return {4, 6, inputHalfF4, outputHalfF4};
  return {4, 6, inputF4, outputF4};
}
