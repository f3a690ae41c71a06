//===- KernelParams.h - What a dispatch tells its kernel --------*- C++ -*-===//
//
// Shared by the host, which fills these structs, and the shader, into whose
// source this file goes as it stands: 4-byte members only, in the same order.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_KERNELPARAMS_H
#define SNAP_TARGETS_METAL_KERNELPARAMS_H

#ifndef __METAL_VERSION__
#include <cstdint>
namespace snap::metal {
using uint = uint32_t;
#endif

#define SNAP_SPACE_RANK 6
#define SNAP_SPACE_OPERANDS 12

// Operands seen along common dimensions (IndexSpace.h): element (c0, c1, …) of
// operand k is at bases[k] + sum of c_d * strides[k][d].
struct SpaceParams {
  uint extents[SNAP_SPACE_RANK];
  int bases[SNAP_SPACE_OPERANDS];
  int strides[SNAP_SPACE_OPERANDS][SNAP_SPACE_RANK];
};

// A thread for each element of the output; `root` is the op's own (EmitPointwise.cpp names them).
struct PointwiseParams {
  uint count;
  int root[24];
  SpaceParams space;
};

// Rows of elements that are reduced, or normalised; `inner` is along a row, operand 0 the input.
struct RowParams {
  uint rows, length;
  float epsilon;
  SpaceParams space;
  SpaceParams inner;
};

// Statistics of groups of channels. `positions` is within an image: operand 0 the input, 1 what is joined to it.
struct GroupParams {
  uint count; // of positions
  uint channels;
  uint split;   // channels from here on are the joined input's
  uint counted; // channels the statistics count, absent ones being zeros; 0: those present
  int image, channel, joinedImage, joinedChannel;
  float epsilon;
  SpaceParams positions;
};

// Moments of blocks to what normalises channels of groups (EmitMoments.cpp).
struct CombineParams {
  uint groups, channels;
  uint split;                // channels from here on are the joined input's
  uint counted;              // as in GroupParams
  uint points;               // of an image of the input
  uint blocks, joinedBlocks; // of each image
  uint rows;                 // of an image's output
  float epsilon;
};

// Moments of an image's blocks of pixels.
struct BlockParams {
  uint channels, width; // of the image
  uint blockHeight, blockWidth;
  uint blocksY, blocksX;
};

// out[rows, columns] = a[rows, depth] * b[depth, columns], for each of a batch.
struct GemmParams {
  uint rows, columns, depth;
  uint split; // channels from here on are the joined input's
  int strideDepth, joinedDepth;
  float epsilon; // of the rows' norm
  // b: element (k, n) is at n / panel * panelStep + n % panel * columnStep + k * depthStep; all n below `padded` exist.
  uint panel, padded;
  int panelStep, columnStep, depthStep;
  // Convolution: rows are output pixels, depth is taps times channels; height and width are of the enlarged input.
  uint channels, height, width, outHeight, outWidth, kernelWidth, upsample;
  int strideY, strideX, padTop, padLeft, dilationY, dilationX;
  int image, line, pixel, joinedImage, joinedLine, joinedPixel;
  int columnStrides[SNAP_SPACE_OPERANDS]; // between columns, of the operands of `space`
  SpaceParams space;                      // rows of the whole batch: operand 0 the output
  SpaceParams batch;                      // operand 0: b
};

// A Winograd convolution: a block of tiles by a block of output channels for each threadgroup.
struct WinogradParams {
  uint images, channels, columns;
  uint panels;           // of weights, for each point
  uint split;            // channels from here on are the joined input's
  uint blocksY, blocksX; // of tiles, in an image
  int height, width;     // of the input as it is stored
  uint outHeight, outWidth;
  int top, left; // where the first block's patches begin in the input
  int image, line, pixel, channel, joinedImage, joinedLine, joinedPixel, joinedChannel;
  SpaceParams space; // operand 0 the output
};

// Softmax of queries by keys, by values; heads lie side by side in a row.
struct AttentionParams {
  uint queries, keys;
  uint chunks;     // of each head's values, a threadgroup each
  int causalShift; // a query sees keys up to its own number plus this
  float scale;
  int queryBatch, queryRow, keyBatch, keyRow, valueBatch, valueRow;
  int maskBatch, maskHead, maskQuery, maskKey;
  SpaceParams space; // operand 0 the output [batch, query, column]
};

#ifndef __METAL_VERSION__
} // namespace snap::metal
#endif

#endif // SNAP_TARGETS_METAL_KERNELPARAMS_H
