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
/// 2^x for x <= 0, for softmax: relative error at most 3e-7; 2^-126 below -126.
Halide::Expr fastExp2NonPositive(const Halide::Expr &x);
/// exp(x) for x <= 0 by fastExp2NonPositive; rounding x log2 e adds |x| 2^-24. 0 below -87.
Halide::Expr fastExpNonPositive(const Halide::Expr &x);

} // namespace snap

#endif // SNAP_TARGETS_CPU_SCALARFUNCTIONS_H
