//===- SnapDialect.cpp - Registration of the snap dialect -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/snap/Snap.h"

#include "dialects/snap/SnapDialect.cpp.inc"
#include "dialects/snap/SnapEnums.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/snap/SnapOps.cpp.inc"

void snap::SnapDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/snap/SnapOps.cpp.inc"
      >();
}
