//===- EmitMoments.h - Moments of blocks, made and taken --------*- C++ -*-===//
//
// A convolution or product with `moments` writes the mean and the squared
// deviations of blocks of its output; one with `norm_moments` makes them into
// the factor and the summand of each channel that its group norm needs.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_EMITMOMENTS_H
#define SNAP_TARGETS_METAL_EMITMOMENTS_H

#include "targets/metal/EmitNorm.h"

namespace snap::metal {

/// What takes moments, at the beginning of a kernel: {factor, summand} of each channel of one image.
class MomentTable {
public:
  /// A key with `norm_moments`.
  MomentTable(const KernelKey &key, const GroupStatistics &s) : key(key), s(s) {}
  /// Of threadgroup memory, in whole vectors.
  int64_t bytes() const { return ceilDiv(key.rootChannels() * 8, 16) * 16; }
  void bind(FunctionBuilder &f) const;
  /// Fills the table `to` points to for the image `image`; the caller puts the barrier.
  void write(MslWriter &w, const std::string &image, int64_t simdgroups, const std::string &to) const;

private:
  const KernelKey &key;
  GroupStatistics s;
};

/// Adds a dispatch that makes the tables of all images in scratch; returns the byte offset.
int64_t emitCombinedMoments(Emission &e, const GroupStatistics &s);

/// The blocks of a key with `moments`, along the image [images, height, width, channels] that output 0 is.
struct MomentBlocks {
  int64_t images, height, width, channels;
  int64_t blockHeight, blockWidth;

  explicit MomentBlocks(const KernelKey &key);
  int64_t points() const { return blockHeight * blockWidth; }
  int64_t blocks() const { return images * (height / blockHeight) * (width / blockWidth); }
  /// How many consecutive pixels, over the ends of lines, a block is; 0 where it is not.
  int64_t run() const { return blockHeight == 1 || blockWidth == width ? points() : 0; }
  BlockParams params() const;
};

/// Writes the moments of block `block`, 32 channels from `channel` on, a lane each, from output 0 in memory as `out`
/// to `blockMoments`. `partial` is threadgroup memory for a float a thread, `params` BlockParams.
void writeBlockMoments(MslWriter &w, const std::string &block, const std::string &channel, int64_t simdgroups,
                       const std::string &partial, const std::string &params);

/// Adds a dispatch that reads output 0 and writes its moments.
void emitBlockMoments(Emission &e);

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_EMITMOMENTS_H
