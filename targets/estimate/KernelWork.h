//===- KernelWork.h - What a kernel has to do -------------------*- C++ -*-===//
//
// Multiplications, bytes and passes over memory of a KernelKey by a given
// algorithm: what KernelTime.h turns into seconds.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_ESTIMATE_KERNELWORK_H
#define SNAP_TARGETS_ESTIMATE_KERNELWORK_H

#include "targets/KernelKey.h"

namespace snap {

enum class WorkKind : uint8_t { Product, Convolution, Winograd, Attention, Other };
/// "product", "convolution", …
const char *toString(WorkKind kind);

/// A matrix product, or what is computed as one: for each of `batches`, rows x depth by depth x columns.
struct ProductShape {
  int64_t batches = 0, rows = 0, columns = 0, depth = 0;
  double macs() const { return double(batches) * double(rows) * double(columns) * double(depth); }
};

/// 3x3 convolutions by tiles of outputs: `points` products for each of `tiles`.
struct WinogradShape {
  int64_t tile = 0, points = 0, tiles = 0, inputs = 0, outputs = 0; // tile: 4 of F(4,3), 2 of F(2,3)

  double productMacs() const { return double(points) * double(tiles) * double(inputs) * double(outputs); }
};

/// Operations on a tile and channel, a multiplication with its addition being one: arithmetic as the kernels do it, and
/// numbers loaded and stored.
struct WinogradTransform {
  double inputArithmetic, inputMoves, outputArithmetic, outputMoves;
};
WinogradTransform winogradTransform(int64_t tile);

struct AttentionWork {
  int64_t batchHeads = 0, queries = 0, keys = 0, depth = 0, valueDepth = 0;
};

struct KernelWork {
  WorkKind kind = WorkKind::Other;
  ElementType type = ElementType::F32; // that is multiplied
  double macs = 0;                     // by the direct algorithm
  ProductShape product;                // of Product and Convolution
  WinogradShape winograd;
  AttentionWork attention;

  double weightBytes = 0;            // packed, by this algorithm
  std::vector<double> activations;   // bytes of each tensor read or written once
  double statisticsBytes = 0;        // read once more for a group norm's mean and variance
  std::vector<double> unfusedPasses; // bytes that fusion saved: what a framework moves that runs node by node
};

/// Whether `algorithm` can compute the convolution `key` with weights packed for it, within the error budget.
bool canCompute(const KernelKey &key, Algorithm algorithm);

/// By `algorithm` if it is not Default, else by the key's own. canCompute() must hold.
KernelWork workOf(const KernelKey &key, Algorithm algorithm = Algorithm::Default);

} // namespace snap

#endif // SNAP_TARGETS_ESTIMATE_KERNELWORK_H
