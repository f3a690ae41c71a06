//===- TileAttention.cpp - Tiles of attention kernels ---------------------===//
//
// A worker holds one tile of queries of one head and goes through the keys in
// blocks, whose scores and weights stay in the core's cache: the score matrix is
// never in memory.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_TILEATTENTION
#include "passes/Passes.h.inc"

/// Queries of a tile, a multiple of the vector's f32 lanes: as many vectors as make a
/// register tile load least for its multiplications, where the last tile wastes little.
static int64_t queriesOfTile(int64_t queries, const TargetModel &target) {
  int64_t lanes = target.lanes(4), least = llvm::alignTo(queries, lanes), best = lanes;
  double most = 0;
  for (int64_t vectors : {1, 2, 4}) {
    // Sums of rows x vectors, a vector each of the tile, one broadcast element.
    int64_t rows = std::min<int64_t>((target.vectorRegisters - 1 - vectors) / vectors, 12);
    double perLoad = double(rows * vectors) / double(rows + vectors);
    int64_t computed = llvm::alignTo(queries, vectors * lanes);
    if (8 * computed <= 9 * least && perLoad > most) {
      most = perLoad;
      best = vectors * lanes;
    }
  }
  return best;
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
      op->setAttr("tile_queries", Builder(op).getI64IntegerAttr(queriesOfTile(queries, *model)));
    });
  }
};
} // namespace
} // namespace snap
