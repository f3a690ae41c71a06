//===- Progress.cpp - Progress of long work, on stderr --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Progress.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace snap {

static double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Progress::Progress(bool quiet) : quiet(quiet), terminal(errs().is_displayed()) {}
Progress::~Progress() {
  if (!stage.empty() && !quiet && terminal)
    clearLine();
}

double Progress::seconds() const { return since(start); }

void Progress::clearLine() { errs() << "\r\033[K"; }

void Progress::draw() {
  if (terminal)
    clearLine();
  errs() << stage;
  if (total)
    errs() << ' ' << done << '/' << total << (unit.empty() ? "" : " ") << unit;
  errs() << format(" (%.0f s)", since(stageStart));
  if (!terminal)
    errs() << '\n';
  lastDraw = Clock::now();
}

void Progress::begin(StringRef name, uint64_t newTotal, StringRef newUnit) {
  if (!stage.empty())
    end();
  stage = name.str();
  unit = newUnit.str();
  done = 0;
  total = newTotal;
  stageStart = lastDraw = Clock::now();
  if (!quiet && terminal)
    draw();
}

void Progress::update(uint64_t newDone) { update(newDone, total); }

void Progress::update(uint64_t newDone, uint64_t newTotal) {
  done = newDone;
  total = newTotal;
  if (!quiet && since(lastDraw) > (terminal ? 0.1 : 10))
    draw();
}

void Progress::end(StringRef text) {
  if (stage.empty())
    return;
  if (!quiet) {
    if (terminal)
      clearLine();
    errs() << format("%8.2f s  ", since(stageStart)) << stage;
    if (!text.empty())
      errs() << ": " << text;
    errs() << '\n';
  }
  stage.clear();
}

void Progress::note(StringRef line) {
  if (quiet)
    return;
  if (!stage.empty() && terminal)
    clearLine();
  errs() << line << '\n';
}

} // namespace snap
