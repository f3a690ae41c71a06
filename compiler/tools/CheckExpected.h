//===- CheckExpected.h - Oracle tests in IR ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_TOOLS_CHECKEXPECTED_H
#define SNAP_COMPILER_TOOLS_CHECKEXPECTED_H

namespace snap {

/// Registers `--interpret`: runs every function of the module with the
/// reference interpreter and compares its results with its attribute
/// `snap.expected`, an array with one dense value per result. Integers are
/// compared exactly; floats to within `snap.tolerance` (1e-6 for f32, 1e-3 for
/// f16 if absent) times the larger of 1 and the expected magnitude.
///
///   func.func @relu() -> tensor<2xf32> attributes {snap.expected = [dense<[0.0, 1.0]> : tensor<2xf32>]} {
///     %x = snap.constant dense<[-1.0, 1.0]> : tensor<2xf32>
///     %y = snap.unary relu %x : (tensor<2xf32>) -> tensor<2xf32>
///     return %y : tensor<2xf32>
///   }
///
/// A function that takes arguments or expects nothing is an error: a test that
/// compares nothing cannot fail.
void registerInterpretPass();

} // namespace snap

#endif // SNAP_COMPILER_TOOLS_CHECKEXPECTED_H
