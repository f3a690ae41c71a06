//===- ReportCharts.h - Pictures of the report page -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_DRIVER_REPORTCHARTS_H
#define SNAP_COMPILER_DRIVER_REPORTCHARTS_H

#include "compiler/driver/ModelReport.h"

#include "llvm/Support/raw_ostream.h"

namespace snap {

/// Text inside HTML.
std::string escaped(llvm::StringRef text);
/// 1234567 as "1 234 567", with thin spaces.
std::string grouped(uint64_t number);

/// The first part of a block's name that says where in the model it is:
/// "up.1" of "up.1.att.0.2", "text_model" of "text_model.final_layer_norm".
std::string stageOf(llvm::StringRef block);
/// A colour of the page for the nth stage of a program.
const char *stageColour(size_t stage);

/// Shares of a whole, side by side, with their names below.
void drawShares(llvm::raw_ostream &os, llvm::ArrayRef<std::pair<std::string, double>> shares);

/// The arena: calls from left to right, addresses upwards, a rectangle for
/// every value while it lives, in the colour of the stage that made it; a line
/// for the most that lives at once.
void drawArena(llvm::raw_ostream &os, const ProgramReport &program);

/// What a kernel does, by its key: the operations of the model that it holds.
struct FusedKernel {
  std::vector<std::string> operations; // in the order they are computed
  std::optional<size_t> root;          // the one that is not elementwise work around another
};
/// Empty for a key that this compiler does not know.
FusedKernel fusedKernel(llvm::StringRef key);

/// The kernels of the program's heaviest block as boxes, with the operations of
/// the model that each holds.
void drawFusion(llvm::raw_ostream &os, const ProgramReport &program);

} // namespace snap

#endif // SNAP_COMPILER_DRIVER_REPORTCHARTS_H
