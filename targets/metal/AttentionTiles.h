//===- AttentionTiles.h - Tiles of flash attention --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_ATTENTIONTILES_H
#define SNAP_TARGETS_METAL_ATTENTIONTILES_H

#include <cstdint>
#include <optional>
#include <string>

namespace snap::metal {

/// Four simdgroups take `rows` queries each through blocks of 32 keys, a lane a key.
struct AttentionShape {
  int64_t rows;       // 8 or 16 queries of a simdgroup
  int64_t depthSlice; // of queries and keys, held at a time
  int64_t chunk;      // of the values' width: what a threadgroup computes
  int64_t valueSlice; // of a chunk, held at a time
  int64_t heldDepth;  // matrices along the depth of each row of queries that stay in registers; 0: none

  static constexpr int64_t simdgroups = 4, keys = 32, threads = simdgroups * 32;
  int64_t queries() const { return rows * simdgroups; }
  /// "64x32x80"
  std::string str() const;
};

/// Bytes of the arrays a threadgroup declares.
int64_t attentionThreadgroupBytes(const AttentionShape &shape, int64_t elementBytes);

/// The first shape of the table that fits the memory; none for none.
std::optional<AttentionShape> attentionShape(int64_t queries, int64_t depth, int64_t valueDepth, int64_t elementBytes,
                                             int64_t threadgroupBytes);

/// Elements after each row of an operand's tile, so that rows begin in different banks.
constexpr int64_t attentionPadding = 8;

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_ATTENTIONTILES_H
