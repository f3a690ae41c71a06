//===- Scalar.h - The elementwise vocabulary --------------------*- C++ -*-===//
//
// What the scalar functions of snap.unary and snap.binary compute, one row of
// a table each.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_REFERENCE_SCALAR_H
#define SNAP_DIALECTS_REFERENCE_SCALAR_H

#include <cstdint>
#include <string>
#include <vector>

namespace snap::reference {

/// Floats are computed in double and rounded to the element type by the caller;
/// integers in 64 bits, wrapped by the caller. Null where the function is not
/// defined for the kind; i1 counts as an integer of 0 or 1.
struct UnaryFunction {
  const char *name;
  double (*onFloat)(double);
  int64_t (*onInt)(int64_t);
  bool isTest; // the result is i1
};

struct BinaryFunction {
  const char *name;
  double (*onFloat)(double, double);
  int64_t (*onInt)(int64_t, int64_t);
  bool isTest;
};

const std::vector<UnaryFunction> &unaryTable();
const std::vector<BinaryFunction> &binaryTable();

/// The row of a name; asserts that there is one.
const UnaryFunction &unaryFunction(const std::string &name);
const BinaryFunction &binaryFunction(const std::string &name);

} // namespace snap::reference

#endif // SNAP_DIALECTS_REFERENCE_SCALAR_H
