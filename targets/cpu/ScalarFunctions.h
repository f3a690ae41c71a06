//===- ScalarFunctions.h - The elementwise vocabulary in Halide -*- C++ -*-===//
//
// The functions of targets/KernelFunctions.h on Halide expressions of a compute
// type: f32, i64, i32, i8, u8 or bool.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_SCALARFUNCTIONS_H
#define SNAP_TARGETS_CPU_SCALARFUNCTIONS_H

#include <Halide.h>

#include <string>

namespace snap {

Halide::Expr emitUnary(const std::string &fn, const Halide::Expr &x);
Halide::Expr emitBinary(const std::string &fn, const Halide::Expr &a, const Halide::Expr &b);

// f32, vectorised, without calls. Relative error at most 4e-7, results below
// 2^-126 flushed or denormal.
Halide::Expr fastExp(const Halide::Expr &x);
/// fastExp for x <= 0, for softmax: cheaper; 0 below -87.
Halide::Expr fastExpNonPositive(const Halide::Expr &x);

} // namespace snap

#endif // SNAP_TARGETS_CPU_SCALARFUNCTIONS_H
