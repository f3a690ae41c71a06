//===- CompactionReport.h - What compact-pruned found and did ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_COMPACTIONREPORT_H
#define SNAP_PASSES_COMPACTIONREPORT_H

#include <cstdint>
#include <string>
#include <vector>

namespace snap {

struct CompactionReport {
  /// Channels that a layer (a convolution or a matrix product) makes for nothing.
  struct Layer {
    std::string program, name; // the graph's name of the node
    int64_t channels = 0, dead = 0, removed = 0;
    std::string kept; // why dead - removed of them stay; empty if none does
  };
  /// A branch that only ever adds zero.
  struct Block {
    std::string program, name; // of its last node
  };
  struct Program {
    std::string name;
    int64_t dead = 0, removed = 0;                     // channels of its layers
    int64_t parametersBefore = 0, parametersAfter = 0; // elements of the weights its operations read
  };
  std::vector<Program> programs; // those where something was found
  std::vector<Layer> layers;
  std::vector<Block> blocks;

  bool empty() const { return programs.empty(); }
  /// One line, without a newline: "compact-pruned: 4000 of 4000 dead channels
  /// and 2 blocks removed, 49.5 M -> 12.4 M parameters".
  std::string summary() const;
  /// The summary and a line per layer and block.
  std::string str() const;
};

} // namespace snap

#endif // SNAP_PASSES_COMPACTIONREPORT_H
