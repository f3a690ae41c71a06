//===- Pool.cpp - 2-D pooling ---------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Evaluators.h"
#include "dialects/reference/Runs.h"
#include "dialects/reference/Scalar.h"

#include <limits>

using namespace snap;
using namespace snap::reference;

/// One window of one channel: `image` has element (y, x) at (y * width + x) * step.
static double poolWindow(const std::string &fn, const PoolParams &p, const float *image, int64_t height, int64_t width,
                         int64_t step, int64_t oy, int64_t ox) {
  bool isMax = fn == "max";
  double (*larger)(double, double) = binaryFunction("max").onFloat;
  double result = isMax ? -std::numeric_limits<double>::infinity() : 0;
  int64_t inside = 0;
  for (int64_t ky = 0; ky < p.kernel[0]; ++ky)
    for (int64_t kx = 0; kx < p.kernel[1]; ++kx) {
      int64_t y = oy * p.strides[0] - p.pads[0] + ky * p.dilations[0];
      int64_t x = ox * p.strides[1] - p.pads[1] + kx * p.dilations[1];
      if (y < 0 || y >= height || x < 0 || x >= width)
        continue;
      double element = image[(y * width + x) * step];
      result = isMax ? larger(result, element) : result + element;
      ++inside;
    }
  if (isMax)
    return result;
  int64_t count = fn == "average_padded" ? p.kernel[0] * p.kernel[1] : inside;
  return count ? result / count : 0;
}

Tensor reference::pool(const std::string &fn, const Tensor &input, const PoolParams &p) {
  Tensor x = toFloat(input);
  const Shape &in = x.shape();
  int64_t first = p.nhwc ? 1 : 2, batch = in[0], channels = in[p.nhwc ? 3 : 1];
  Shape shape = in;
  for (int64_t i = 0; i < 2; ++i)
    shape[first + i] =
        (in[first + i] + p.pads[i] + p.pads[i + 2] - p.dilations[i] * (p.kernel[i] - 1) - 1) / p.strides[i] + 1;
  int64_t height = in[first], width = in[first + 1], outHeight = shape[first], outWidth = shape[first + 1];
  // Distance between pixels and between channels of an image.
  int64_t step = p.nhwc ? channels : 1;
  Tensor result(input.type(), shape);
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < channels; ++c) {
      const float *image = x.data<float>() + n * channels * height * width + c * (p.nhwc ? 1 : height * width);
      int64_t out = n * channels * outHeight * outWidth + c * (p.nhwc ? 1 : outHeight * outWidth);
      for (int64_t oy = 0; oy < outHeight; ++oy)
        for (int64_t ox = 0; ox < outWidth; ++ox)
          result.set(out + (oy * outWidth + ox) * step, poolWindow(fn, p, image, height, width, step, oy, ox));
    }
  return result;
}
