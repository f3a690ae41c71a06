//===- Soup.h - Operations of every kind on whatever fits -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_SOUP_H
#define SNAP_TEST_SUPPORT_SOUP_H

#include "test/support/ProgramBuilder.h"

namespace snap::test {

/// A program of 6 to 24 operations drawn from the whole dialect. Values keep
/// to a few units, and functions with jumps (floor, comparisons, integers,
/// f16) are applied only to values that no computation has touched, so that a
/// rewrite that rounds differently does not look wrong.
mlir::OwningOpRef<mlir::ModuleOp> soup(ProgramBuilder &p);

} // namespace snap::test

#endif // SNAP_TEST_SUPPORT_SOUP_H
