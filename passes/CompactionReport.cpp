//===- CompactionReport.cpp - What compact-pruned found and did -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/CompactionReport.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace snap {

std::string CompactionReport::summary() const {
  int64_t dead = 0, removed = 0, before = 0, after = 0;
  for (const Program &program : programs) {
    dead += program.dead;
    removed += program.removed;
    before += program.parametersBefore;
    after += program.parametersAfter;
  }
  std::string text;
  raw_string_ostream os(text);
  os << "compact-pruned: " << removed << " of " << dead << " dead channels";
  if (!blocks.empty())
    os << " and " << blocks.size() << (blocks.size() == 1 ? " block" : " blocks");
  os << " removed" << format(", %.2f M -> %.2f M parameters", double(before) / 1e6, double(after) / 1e6);
  return text;
}

std::string CompactionReport::str() const {
  std::string text;
  raw_string_ostream os(text);
  os << summary() << '\n';
  for (const Block &block : blocks)
    os << "  " << block.program << ": " << block.name << ": adds zero, removed\n";
  for (const Layer &layer : layers) {
    os << "  " << layer.program << ": " << layer.name << ": " << layer.removed << " of " << layer.dead
       << " dead channels removed, " << layer.channels - layer.removed << " of " << layer.channels << " left";
    if (!layer.kept.empty())
      os << "; kept: " << layer.kept;
    os << '\n';
  }
  return text;
}

} // namespace snap
