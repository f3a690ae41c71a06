//===- UniformPruning.h - Which channels to take away by L1 norm -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_PASSES_UNIFORMPRUNING_H
#define SNAP_PASSES_UNIFORMPRUNING_H

#include "passes/WeightZeros.h"

#include <map>
#include <string>
#include <vector>

namespace snap {

/// What stays of a model's weights.
struct PruningPlan {
  /// Weight -> axis -> the indices kept, ascending; axes that are not there keep all.
  std::map<std::string, std::map<int64_t, std::vector<int64_t>>> kept;
  struct Layer {
    std::string name; // of the node
    int64_t channels = 0, left = 0;
    std::string why; // channels stay more than asked; empty if not
  };
  std::vector<Layer> layers; // convolutions and matrix products
};

/// Keeps the fraction `keep` (above 0, at most 1) of every layer's output
/// channels, those whose filters have the largest L1 norm: channels that only
/// go together (residual streams, skips, gates, queries and keys) are weighed
/// together, by the sum over their filters (Li et al., "Pruning Filters for
/// Efficient ConvNets", 2017). Every group of a group norm and every head of an
/// attention keeps equally many, at least one, so their numbers do not change. Program
/// inputs and results keep all, and so do layers of fewer than 16 channels. `block` is a program after recover-ops
/// whose weights are all snap.weight; an error names what cannot be.
std::string planUniformPruning(mlir::Block &block, double keep, const WeightLookup &values, PruningPlan &plan);

} // namespace snap

#endif // SNAP_PASSES_UNIFORMPRUNING_H
