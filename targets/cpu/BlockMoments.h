//===- BlockMoments.h - Moments of blocks of a kernel's output --*- C++ -*-===//
//
// What the group norm of the next kernel needs of this one's output
// (`moments`, targets/KernelKey.h).
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_BLOCKMOMENTS_H
#define SNAP_TARGETS_CPU_BLOCKMOMENTS_H

#include "targets/cpu/HalideSupport.h"

namespace snap {

/// The moments of a kernel's output, defined in terms of `builder.output` and scheduled
/// in one of two ways, once.
class BlockMoments {
public:
  explicit BlockMoments(KernelBuilder &builder);

  /// As a stage of its own after the whole output is stored: right for any block, and no
  /// faster than a norm that reads its input.
  void placeAtRoot();

  /// How the loops of placeAround() over blocks (of all images) and over groups of
  /// channels lie; the outer one is parallel, or both together.
  enum class Loops { ChannelsInBlocks, BlocksInChannels, Together };
  /// Makes `builder.moments` the kernel's outer loops: a group of `group` channels (whole
  /// panels) of a block of the output, which the kernel computes at one of the levels
  /// below, is read back from the cache. The output's own loops are those of one block.
  void placeAround(int group, Loops loops);
  Halide::LoopLevel channelLevel() const { return {b.moments, channels}; }
  Halide::LoopLevel blockLevel() const { return {b.moments, task}; }

  /// The kernel of a builder with moments, lowered.
  static Halide::Module compile(KernelBuilder &builder, std::vector<Halide::Argument> arguments,
                                const std::string &symbol);

private:
  Halide::Expr value(const Halide::Expr &x, const Halide::Expr &y) const;
  int splitChannels(int group);
  void fuseBlocks(bool channelsOutside);

  KernelBuilder &b;
  const bool image;                // blocks of pixels, not of rows
  const int high, wide;            // of a block
  const int across;                // blocks of a row of the image
  std::vector<Halide::Var> blocks; // their coordinates, and images
  Halide::Var c, which{"which"}, channels{"channels"}, vectors{"vectors"}, vector{"vector"}, lane{"lane"}, task{"task"};
  Halide::RDom r;
  Halide::Func first{"first"}, sums{"block_sums"};
};

} // namespace snap

#endif // SNAP_TARGETS_CPU_BLOCKMOMENTS_H
