//===- TileAttention.cpp - Tiles of attention kernels ---------------------===//
//
// A worker holds one tile of queries of one head, its strip of scores and
// weights against every key, and its part of the result. The strips stay in the
// core's cache, and the score matrix is never in memory.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_TILEATTENTION
#include "passes/Passes.h.inc"

/// Queries of a tile, a multiple of the vector's f32 lanes: more load each key
/// and value less often, but two f32 strips of [keys, tile] have to fit L2, and
/// the last tile should waste little.
static int64_t queriesOfTile(int64_t queries, int64_t keys, const TargetModel &target) {
  int64_t lanes = target.lanes(4), tile = lanes;
  for (int64_t wider : {2 * lanes, 4 * lanes}) {
    int64_t strips = 2 * wider * keys * byteSize(ElementType::F32);
    int64_t computed = llvm::alignTo(queries, wider), least = llvm::alignTo(queries, lanes);
    if (strips <= target.l2Bytes && 8 * computed <= 9 * least)
      tile = wider;
  }
  return tile;
}

namespace {
struct TileAttention : impl::TileAttentionBase<TileAttention> {
  using TileAttentionBase::TileAttentionBase;

  void runOnOperation() override {
    std::string error;
    std::optional<TargetModel> model = TargetModel::get(target, cpu, error);
    if (!model) {
      getOperation().emitError(error);
      return signalPassFailure();
    }
    getOperation().walk([&](AttentionOp op) {
      int64_t queries = cast<ShapedType>(op.getQuery().getType()).getDimSize(1);
      int64_t keys = cast<ShapedType>(op.getKey().getType()).getDimSize(1);
      op->setAttr("tile_queries", Builder(op).getI64IntegerAttr(queriesOfTile(queries, keys, *model)));
    });
  }
};
} // namespace
} // namespace snap
