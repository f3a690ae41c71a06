//===- ConvCost.h - What a convolution costs by each algorithm --*- C++ -*-===//
//
// The cost model of choose-conv, and the block sizes it shares with the
// Winograd kernel, so that the scratch it counts is the scratch that is used.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CONVCOST_H
#define SNAP_TARGETS_CONVCOST_H

#include "targets/TargetModel.h"

#include <optional>

namespace snap {

/// A convolution of `batch` images to `height` x `width` outputs.
struct ConvShape {
  int64_t batch, height, width;
  int64_t inputs, outputs; // channels; `inputs` of one group
  int64_t taps;            // KH * KW
  bool enlarged;           // reads its input enlarged twice by nearest neighbour
  bool half = false;       // f16, also its arithmetic
};

/// F(4,3), tiles of 4x4 outputs, or F(2,3).
struct WinogradForm {
  int64_t tile; // 4 or 2
  bool enlarged;

  /// Rows and columns of a tile's points that are not always zero.
  int64_t side() const { return tile + (enlarged ? 1 : 2); }
  int64_t points() const { return side() * side(); }
};

/// Tiles of outputs that a Winograd kernel transforms at once.
struct WinogradBlock {
  int64_t x, y, images; // tiles along each
  bool byOutputs;       // all tiles are one block, and tasks are panels of output channels
  int64_t tiles() const { return x * y * images; }
};

/// Sizes that a schedule (KernelSchedule.h) chooses instead.
struct WinogradChoice {
  int64_t tiles = 0;             // of a block; 0: this file's choice
  std::optional<bool> byOutputs; // where all tiles together stay small
};

/// `tilesX` x `tilesY` tiles of each of `batch` images with `inputs` channels.
WinogradBlock winogradBlock(WinogradForm form, int64_t tilesX, int64_t tilesY, int64_t batch, int64_t inputs,
                            const WinogradChoice &choice = {});

struct ConvCost {
  double macs;          // multiply-accumulates, transforms among them
  double cycles;        // of the target, all its threads at work, one run
  int64_t weightBytes;  // packed
  int64_t scratchBytes; // of a thread
};

/// An estimate good to some ten percent, for comparing algorithms.
ConvCost directCost(const ConvShape &shape, const TargetModel &target);
/// For 3x3 filters, strides, dilations and groups of 1; F(2,3) of images that are not enlarged.
ConvCost winogradCost(const ConvShape &shape, int64_t tile, const TargetModel &target);

/// Whether Winograd is much faster and what it adds to the weights earns its place:
/// each byte saves at least as many multiply-accumulates a run as the target asks
/// (TargetModel::macsPerWeightByte). Of F(4,3) that is about how many tiles share a
/// weight: 32 of a pair of SD's images of 16x16. F(2,3) of the same saves 91 by each of
/// its bytes, of 8x8 images 22.
bool winogradPays(const ConvCost &direct, const ConvCost &winograd, const TargetModel &target);

} // namespace snap

#endif // SNAP_TARGETS_CONVCOST_H
