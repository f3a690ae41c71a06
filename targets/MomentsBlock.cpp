//===- MomentsBlock.cpp - Which kernels make moments of blocks ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/MomentsBlock.h"

using namespace snap;

std::vector<int64_t> snap::momentsBlock(const KernelKey &, int64_t, const TargetModel &) { return {}; }
