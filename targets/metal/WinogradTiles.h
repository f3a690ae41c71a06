//===- WinogradTiles.h - Blocks of Winograd convolutions --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_WINOGRADTILES_H
#define SNAP_TARGETS_METAL_WINOGRADTILES_H

#include <cstdint>
#include <optional>
#include <string>

namespace snap::metal {

/// What a convolution asks of its blocks.
struct WinogradProblem {
  int64_t tile;  // outputs along a side of a tile: 4 or 2
  int64_t side;  // points along a side that are not always zero
  int64_t patch; // input pixels along a side of what a tile reads
  int64_t step;  // input pixels between tiles
  int64_t images, tilesY, tilesX, columns;
  int64_t elementBytes;     // of operands in threadgroup memory
  bool stagesWeights;       // they cannot be loaded as matrices where they are
  int64_t tableBytes;       // of threadgroup memory that is taken for the whole product
  bool oneImage;            // a block may not reach over images
  int64_t threadgroupBytes; // that a threadgroup may have
};

/// What a threadgroup computes: `images` x `y` x `x` tiles by `columns` output channels. A simdgroup has some of the
/// points to itself, and their sums in registers.
struct WinogradShape {
  int64_t images, y, x;
  int64_t columns;
  int64_t simdgroups;
  int64_t slice;            // columns of points that go through threadgroup memory to the output transform at a time
  int64_t regionY, regionX; // input pixels under a block
  int64_t points;
  int64_t pixelChannels; // staged at a time

  static constexpr int64_t channels = 8; // transformed and multiplied at a time
  int64_t tiles() const { return images * y * x; }
  int64_t threads() const { return simdgroups * 32; }
  int64_t pointsEach() const { return (points + simdgroups - 1) / simdgroups; }
  int64_t pixels() const { return images * regionY * regionX; }
  /// Bytes of the pixels, the points, and weights on their way; the products of a slice follow in their place.
  int64_t operandBytes(const WinogradProblem &problem) const;
  int64_t bytes(const WinogradProblem &problem) const;
  /// "1x4x4x64_18"
  std::string str() const;
};

/// The block that covers the image with the least waste; none fits where there is too little memory.
std::optional<WinogradShape> winogradShape(const WinogradProblem &problem);

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_WINOGRADTILES_H
