//===- ReportPage.h - A compiled model as a page to look at -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_REPORTPAGE_H
#define SNAP_COMPILER_DRIVER_REPORTPAGE_H

#include "compiler/driver/ModelReport.h"

namespace snap {

/// Writes FILE.html: work after every pass, by program and by block, the arena
/// over time, kernels; times where they were measured. One file that needs no
/// other and no network. The same model gives the same bytes.
llvm::Error writeReportPage(llvm::StringRef path, const ModelReport &model);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_REPORTPAGE_H
