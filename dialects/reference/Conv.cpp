//===- Conv.cpp - 2-D convolution -----------------------------------------===//
//
// Every row of outputs is a matrix product: the windows under it, gathered as
// [OW, KH*KW*C], times the filter as [KH*KW*C, O].
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Gemm.h"
#include "dialects/reference/Runs.h"
#include "dialects/reference/Threads.h"

#include <algorithm>

using namespace snap;
using namespace snap::reference;

static int64_t outputs(int64_t size, int64_t low, int64_t high, int64_t kernel, int64_t stride, int64_t dilation) {
  return (size + low + high - dilation * (kernel - 1) - 1) / stride + 1;
}

namespace {
/// Sizes of a convolution in channels-last order.
struct Geometry {
  Geometry(const Shape &x, const Shape &w, const ConvParams &p)
      : batch(x[0]), height(x[1]), width(x[2]), channels(x[3]), outChannels(w[0]), groupChannels(w[1]),
        kernelHeight(w[2]), kernelWidth(w[3]), params(p) {
    outHeight = outputs(height, p.pads[0], p.pads[2], kernelHeight, p.strides[0], p.dilations[0]);
    outWidth = outputs(width, p.pads[1], p.pads[3], kernelWidth, p.strides[1], p.dilations[1]);
  }
  /// Elements of one window of one group.
  int64_t windowSize() const { return kernelHeight * kernelWidth * groupChannels; }

  int64_t batch, height, width, channels, outChannels, groupChannels, kernelHeight, kernelWidth, outHeight, outWidth;
  const ConvParams &params;
};
} // namespace

/// The windows under output row `oy` of one image and group, zero outside the image.
static void gatherWindows(const Geometry &g, const float *image, int64_t group, int64_t oy, float *windows) {
  const ConvParams &p = g.params;
  for (int64_t ox = 0; ox < g.outWidth; ++ox)
    for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
      for (int64_t kx = 0; kx < g.kernelWidth; ++kx, windows += g.groupChannels) {
        int64_t y = oy * p.strides[0] - p.pads[0] + ky * p.dilations[0];
        int64_t x = ox * p.strides[1] - p.pads[1] + kx * p.dilations[1];
        if (y < 0 || y >= g.height || x < 0 || x >= g.width)
          std::fill_n(windows, g.groupChannels, 0.0f);
        else
          std::copy_n(image + (y * g.width + x) * g.channels + group * g.groupChannels, g.groupChannels, windows);
      }
}

Tensor reference::conv2d(const Tensor &input, const Tensor &filter, const ConvParams &params) {
  Tensor x = toFloat(params.nhwc ? input : transpose(input, {0, 2, 3, 1}));
  Tensor w = toFloat(transpose(filter, {0, 2, 3, 1})); // [O, KH, KW, C/groups]
  Geometry g(x.shape(), filter.shape(), params);
  Tensor result(ElementType::F32, {g.batch, g.outHeight, g.outWidth, g.outChannels});
  float *out = result.mutableData<float>();

  int64_t groupOutputs = g.outChannels / params.groups, k = g.windowSize();
  for (int64_t group = 0; group < params.groups; ++group) {
    PackedMatrix matrix = packMatrix(w.data<float>() + group * groupOutputs * k, k, groupOutputs, 1, k);
    int64_t rows = g.batch * g.outHeight;
    parallelFor(rows, double(rows) * g.outWidth * groupOutputs * k / 8, [&](int64_t begin, int64_t end) {
      std::vector<float> windows(g.outWidth * k);
      for (int64_t row = begin; row < end; ++row) {
        const float *image = x.data<float>() + row / g.outHeight * g.height * g.width * g.channels;
        gatherWindows(g, image, group, row % g.outHeight, windows.data());
        multiply(windows.data(), k, g.outWidth, matrix, out + row * g.outWidth * g.outChannels + group * groupOutputs,
                 g.outChannels);
      }
    });
  }
  Tensor rounded = fromFloat(result, input.type());
  return params.nhwc ? rounded : transpose(rounded, {0, 3, 1, 2});
}
