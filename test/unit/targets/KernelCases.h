//===- KernelCases.h - The kernels every target is tested with --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_UNIT_TARGETS_KERNELCASES_H
#define SNAP_TEST_UNIT_TARGETS_KERNELCASES_H

#include "targets/KernelKey.h"

#include <string>
#include <vector>

namespace snap {

struct KernelCase {
  KernelKey key;
  /// Largest error accepted, relative to the largest reference value; exact
  /// when 0. One rounding to the output's type comes on top.
  double tolerance = 0;
  /// What random inputs are like: values are `mean` + `deviation` * normal.
  double mean = 0, deviation = 1;
  /// Inputs named here hold integers in [0, limit) (indices, divisors …) or,
  /// when `positive`, absolute values (what log and sqrt take).
  int64_t integerLimit = 0;
  bool positive = false;
};

/// A case as tables have it: a key's text, and how its inputs are made.
struct KernelRow {
  const char *text;
  double tolerance;
  double mean = 0, deviation = 1;
  int64_t integerLimit = 0;
  bool positive = false;
};

/// Every op with odd shapes, tails, strides and expressions, in f32 and the
/// integer types.
std::vector<KernelCase> kernelCases();

/// The same cases with every f32 tensor in f16, where the op allows it.
std::vector<KernelCase> kernelCasesF16();

/// Kernels that make moments of their output and norms that take those of their input, in f32 or f16.
std::vector<KernelCase> momentsCases(bool half);

/// The cases that hold an f32 tensor, in f16; moments stay f32.
std::vector<KernelCase> inHalf(const std::vector<KernelCase> &cases);

/// Parses, verifies and stops the program with a message if the text is wrong.
KernelKey keyOf(const std::string &text);

/// Appends a table's rows.
template <typename Rows> void append(std::vector<KernelCase> &cases, const Rows &rows) {
  for (const KernelRow &row : rows)
    cases.push_back({keyOf(row.text), row.tolerance, row.mean, row.deviation, row.integerLimit, row.positive});
}

} // namespace snap

#endif // SNAP_TEST_UNIT_TARGETS_KERNELCASES_H
