//===- EmitMoments.cpp - Moments of blocks, made and taken ----------------===//
//
// Moments are of values as they are stored, about their own mean: two passes
// over what a threadgroup has just written. They are combined as Chan, Golub and
// LeVeque do ("Updating formulae and a pairwise algorithm for computing sample
// variances"), again in two passes: all means first.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitMoments.h"
#include "targets/cpu/CanonicalKey.h"
#include "targets/metal/GemmTiles.h"

#include <functional>
#include <numeric>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

//===----------------------------------------------------------------------===//
// Taking
//===----------------------------------------------------------------------===//

/// Blocks of each image in an input of moments.
static int64_t blocksOf(const TensorSpec &moments, int64_t images) {
  return moments.elements() / moments.shape.back() / 2 / images;
}

void MomentTable::bind(FunctionBuilder &f) const {
  const TensorSpec &x = key.inputs[0];
  const List &moments = key.ints.at("norm_moments");
  CombineParams params = {};
  params.groups = static_cast<uint>(s.groups);
  params.channels = static_cast<uint>(key.rootChannels());
  params.split = static_cast<uint>(x.shape.back());
  params.counted = static_cast<uint>(key.getInt("counted", 0));
  params.points = static_cast<uint>(x.elements() / x.shape.front() / x.shape.back());
  params.blocks = static_cast<uint>(blocksOf(key.inputs[moments[0]], x.shape.front()));
  if (s.joined >= 0)
    params.joinedBlocks = static_cast<uint>(blocksOf(key.inputs[moments[1]], x.shape.front()));
  const TensorSpec &out = key.outputs[0];
  params.rows = static_cast<uint>(out.elements() / out.shape.front() / out.shape.back());
  params.epsilon = static_cast<float>(key.getFloat("epsilon", 0));
  f.input("moments", key, moments[0]);
  if (s.joined >= 0)
    f.input("joinedMoments", key, moments[1]);
  f.input("scale", key, s.scale);
  f.input("bias", key, s.bias);
  f.constants("bounds", "int", groupBounds(key, s.groups, key.rootChannels()), false);
  f.params("CombineParams", params, "m");
}

// Parts of a group are the channels of input 0 and those of what is joined to it.
static const char *const combined = R"(
for (uint g = simd_index; g < m.groups; g += $SIMDS) {
  const uint begin = uint(bounds[g]);
  const uint end = uint(bounds[g + 1]);
  $parts
  const float absent = m.counted > 0 ? float(m.counted - (end - begin)) : 0.0f;
  const float counted = float(end - begin) + absent;
  const float mean = simd_sum($means) / counted;
  const float squares = simd_sum($squares) + absent * float(m.points) * mean * mean;
  const float inverse = precise::rsqrt(squares / (counted * float(m.points)) + m.epsilon);
  for (uint c = begin + lane; c < end; c += 32) {
    const float factor = float(scale[c]) * inverse;
    $to[c * 2] = factor;
    $to[c * 2 + 1] = float(bias[c]) - mean * factor;
  }
}
)";

void MomentTable::write(MslWriter &w, const std::string &image, int64_t simdgroups, const std::string &to) const {
  std::string parts, means, squares;
  auto add = [&](const std::string &moments, const std::string &blocks, const std::string &channels,
                 const std::string &begin, const std::string &size) {
    std::string from = moments + " + " + image + " * " + blocks + " * 2 * " + channels,
                joins = means.empty() ? "" : " + ";
    std::string of = "(" + from + ", " + blocks + ", " + channels + ", " + begin + ", " + size + ", lane";
    means += joins + "snap_block_means" + of + ") / float(" + blocks + ")";
    squares += joins + "snap_block_squares" + of + ", float(m.points / " + blocks + "), mean)";
  };
  if (s.joined < 0) {
    add("moments", "m.blocks", "m.channels", "begin", "end - begin");
  } else {
    parts = "const uint own = min(max(begin, m.split), end);\n"; // where the joined input's channels begin
    add("moments", "m.blocks", "m.split", "begin", "own - begin");
    add("joinedMoments", "m.joinedBlocks", "(m.channels - m.split)", "max(begin, m.split) - m.split", "end - own");
  }
  w.write(
      combined,
      {{"SIMDS", std::to_string(simdgroups)}, {"parts", parts}, {"means", means}, {"squares", squares}, {"to", to}});
}

int64_t metal::emitCombinedMoments(Emission &e, const GroupStatistics &s) {
  int64_t images = e.key.inputs[0].shape[0], channels = e.key.rootChannels();
  int64_t affine = e.scratch(images * channels * 2, 4);
  MomentTable table(e.key, s);
  FunctionBuilder f;
  f.scratch("affine", "float", affine, images * channels * 8, true);
  table.bind(f);
  MslWriter w;
  w.write("device float *to = affine + group.x * m.channels * 2;");
  table.write(w, "group.x", 8, "to");
  f.finish(e.kernel, std::string("combine_moments_") + toString(e.key.inputs[0].type), w.text(), 0,
           {static_cast<uint32_t>(images), 1, 1}, {256, 1, 1});
  return affine;
}

//===----------------------------------------------------------------------===//
// Making
//===----------------------------------------------------------------------===//

// Smaller blocks would make more moments than they save.
static constexpr int64_t fewestPoints = 16;

List metal::momentsBlock(const KernelKey &key, int64_t points, const MetalModel &model) {
  const List &out = key.outputs[0].shape;
  if (key.algorithm == Algorithm::Winograd2 || key.algorithm == Algorithm::Winograd4) {
    KernelKey maker = canonicalKey(key);
    if (!maker.ints.count("moments"))
      maker.ints["moments"] = {1, 1};
    std::optional<WinogradShape> shape = winogradShape(maker, model);
    if (!shape)
      return {};
    int64_t tile = key.algorithm == Algorithm::Winograd4 ? 4 : 2;
    List block = {shape->y * tile, shape->x * tile};
    return out[1] % block[0] == 0 && out[2] % block[1] == 0 ? block : List{};
  }
  if (key.getInt("groups", 1) > 1)
    return {};
  int64_t columns = out.back(), rows = key.outputs[0].elements() / columns;
  int64_t tile = gemmShape(rows, columns, 1, key.getInt("gated", 0) != 0).rows;
  List block = {std::gcd(tile, std::gcd(points, out[out.size() - 2]))};
  if (key.op == KernelOp::Conv2d) { // part of a line, or several
    int64_t width = out[2];
    block.insert(block.begin(), tile % width == 0 ? std::gcd(tile / width, out[1]) : 1);
    block[1] = tile % width == 0 ? width : std::gcd(tile, width);
  }
  return std::accumulate(block.begin(), block.end(), int64_t(1), std::multiplies<>()) < fewestPoints ? List{} : block;
}

MomentBlocks::MomentBlocks(const KernelKey &key) {
  const List &out = key.outputs[0].shape, &block = key.ints.at("moments");
  channels = out.back(), width = out[out.size() - 2];
  bool image = key.op == KernelOp::Conv2d;
  height = image ? out[1] : 1;
  images = key.outputs[0].elements() / channels / width / height;
  blockHeight = image ? block[0] : 1;
  blockWidth = block.back();
}

BlockParams MomentBlocks::params() const {
  BlockParams params = {};
  params.channels = static_cast<uint>(channels);
  params.width = static_cast<uint>(width);
  params.blockHeight = static_cast<uint>(blockHeight), params.blockWidth = static_cast<uint>(blockWidth);
  params.blocksY = static_cast<uint>(height / blockHeight), params.blocksX = static_cast<uint>(width / blockWidth);
  return params;
}

// Blocks are numbered by lines of images, as the moments are stored. `block` is below their number; channels may not be.
static const char *const blockMoments = R"(
const uint channel = $channel + lane;
const bool present = channel < $p.channels;
const uint blockLine = $block / $p.blocksX;
const uint corner = blockLine * $p.blockHeight * $p.width + ($block - blockLine * $p.blocksX) * $p.blockWidth;
const uint blockPoints = $p.blockHeight * $p.blockWidth;
float mean = 0.0f;
if (present)
  for (uint i = simd_index; i < blockPoints; i += $SIMDS)
    mean += float(out[(corner + i / $p.blockWidth * $p.width + i % $p.blockWidth) * $p.channels + channel]);
mean = snap_column_sum(mean, $partial, lane, simd_index, $SIMDS) / float(blockPoints);
float squares = 0.0f;
if (present)
  for (uint i = simd_index; i < blockPoints; i += $SIMDS) {
    const float x = float(out[(corner + i / $p.blockWidth * $p.width + i % $p.blockWidth) * $p.channels + channel]) - mean;
    squares += x * x;
  }
squares = snap_column_sum(squares, $partial, lane, simd_index, $SIMDS);
if (present && simd_index == 0) {
  blockMoments[$block * 2 * $p.channels + channel] = mean;
  blockMoments[($block * 2 + 1) * $p.channels + channel] = squares;
}
)";

void metal::writeBlockMoments(MslWriter &w, const std::string &block, const std::string &channel, int64_t simdgroups,
                              const std::string &partial, const std::string &params) {
  w.write(blockMoments, {{"block", block},
                         {"channel", channel},
                         {"SIMDS", std::to_string(simdgroups)},
                         {"partial", partial},
                         {"p", params}});
}

void metal::emitBlockMoments(Emission &e) {
  MomentBlocks blocks(e.key);
  FunctionBuilder f;
  f.output("blockMoments", e.key, 1);
  f.written("out", e.key);
  f.params("BlockParams", blocks.params());
  MslWriter w;
  w.write("threadgroup float partial[256];");
  writeBlockMoments(w, "group.y", "group.x * 32", 8, "partial", "p");
  f.finish(e.kernel, std::string("block_moments_") + toString(e.key.outputs[0].type), w.text(), 1024,
           {static_cast<uint32_t>(ceilDiv(blocks.channels, 32)), static_cast<uint32_t>(blocks.blocks()), 1},
           {256, 1, 1});
}
