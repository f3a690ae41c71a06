//===- GroupStatistics.h - Group norm's mean and variance -------*- C++ -*-===//
//
// What the group norm kernel and the kernels with a group norm in front of
// their root share.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_CPU_GROUPSTATISTICS_H
#define SNAP_TARGETS_CPU_GROUPSTATISTICS_H

#include "targets/cpu/HalideSupport.h"

#include <functional>
#include <vector>

namespace snap {

/// A group norm's parameters: groups, and the inputs that are its scale and bias.
struct GroupNormInputs {
  int groups;
  size_t scale, bias;
};

/// The statistics of what the root reads, [N,…,C], over (…, the channels of a
/// group: C/groups, or the key's `sizes` and `counted`), computed and scheduled as
/// the first stage of a kernel. Sums run over chunks of rows in f32, each relative
/// to its first row, unless whoever made the input left its moments (`norm_moments`);
/// chunks and channels are combined in f64 by Chan, Golub and
/// LeVeque's formula ("Updating formulae and a pairwise algorithm for computing
/// sample variances", 1979).
class GroupStatistics {
public:
  /// An element of the root's input in f32: channel `line` * `width` + `lane`, and
  /// the other coordinates, innermost first.
  using Value = std::function<Halide::Expr(const Halide::Expr &lane, const Halide::Expr &line, int width,
                                           const std::vector<Halide::Expr> &rest)>;
  GroupStatistics(const KernelBuilder &builder, GroupNormInputs inputs, Value value);

  /// The normalised, scaled and shifted `value`.
  Halide::Expr normalize(const Halide::Expr &value, const Halide::Expr &channel, const Halide::Expr &image) const;

private:
  /// Mean and sum of squared deviations of pieces of an image, for channels
  /// [first, first + channels) of what the root reads.
  struct Pieces {
    int first, channels, count;                                    // of the pieces of an image
    std::function<Halide::Expr(const Halide::Expr &piece)> length; // points
    std::function<Halide::Expr(int which, const Halide::Expr &channel, const Halide::Expr &piece,
                               const Halide::Expr &image)>
        moment; // channel counts from `first`
  };
  std::vector<Pieces> givenMoments() const;
  Halide::Expr input(const Halide::Expr &row, const Halide::Expr &image) const;
  Halide::Expr chunkLength(const Halide::Expr &chunkIndex) const;
  Pieces chunkMoments();
  void combine(const std::vector<Pieces> &sources);
  Halide::Expr ofChannel(const std::vector<Pieces> &sources, const std::vector<Halide::Func> &values,
                         const Halide::Expr &channel) const;
  bool isUniform() const { return channels == inputs.groups * largest; }
  Halide::Expr groupOf(const Halide::Expr &channel) const;
  Halide::Expr startOf(const Halide::Expr &group) const;
  Halide::Expr sizeOf(const Halide::Expr &group) const;

  const KernelBuilder &b;
  const GroupNormInputs inputs;
  const Value value;
  const int channels, images, width;
  std::vector<int> starts; // the first channel of each group, and one past the last
  int largest = 0;         // channels of the largest group
  int rows = 1;            // points of an image
  int chunkRows = 1;       // points of a chunk
  int chunks = 1;          // chunks of an image

  Halide::Var c{"c"}, lane{"lane"}, line{"line"}, g{"g"}, chunk{"chunk"}, n{"n"};
  Halide::Func center{"center"}, gain{"gain"}, offset{"offset"};
};

/// Makes `builder.loadRoot` normalise input 0 where the key says so (`norm`).
void normalizeInput(KernelBuilder &builder);

} // namespace snap

#endif // SNAP_TARGETS_CPU_GROUPSTATISTICS_H
