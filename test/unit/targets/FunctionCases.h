//===- FunctionCases.h - The elementwise vocabulary, by function -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_FUNCTIONCASES_H
#define SNAP_TEST_UNIT_TARGETS_FUNCTIONCASES_H

#include "test/unit/targets/KernelHarness.h"

namespace snap {

/// A function over points of its domain: |y - r| <= bound * max(|r|, floor).
struct FunctionCase {
  std::string name;
  KernelRun run;
  double bound, floor;
};

std::vector<FunctionCase> floatFunctionCases();
/// Tests for NaN and infinity, which fast math may break.
std::vector<FunctionCase> specialFloatCases();
/// Of i64, i32 and i1.
std::vector<FunctionCase> integerFunctionCases();

/// Prints the largest error of a result; returns what is wrong with it, or nothing.
std::string judge(const FunctionCase &function, const Tensor &actual);

} // namespace snap

#endif // SNAP_TEST_UNIT_TARGETS_FUNCTIONCASES_H
