//===- EmitConv.cpp - Convolution as a matrix product ---------------------===//
//
// Implicit GEMM: rows are output pixels, the depth runs through the taps and
// the channels of each, as packed weights do, and the tile of `a` is gathered
// from the image as it is loaded. Groups, which make short products, take a
// thread an output instead.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitGemm.h"
#include "targets/metal/EmitPointwise.h"

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

namespace {
class ConvEmitter : public GemmEmitter {
public:
  explicit ConvEmitter(Emission &e)
      : GemmEmitter(e, e.key.inputs[1].shape[1] * e.key.inputs[1].shape[2] * e.key.inputs[1].shape[3], 1),
        taps(e.key.inputs[1].shape[1] * e.key.inputs[1].shape[2]), upsample(e.key.getInt("upsample", 1)) {}

protected:
  void prepareRows() override;
  std::string rowArrays() const override {
    return joined < 0 ? "int rowImage[A_ROWS], rowY[A_ROWS], rowX[A_ROWS];"
                      : "int rowImage[A_ROWS], rowJoined[A_ROWS], rowY[A_ROWS], rowX[A_ROWS];";
  }
  void writeRow(MslWriter &w) override;
  void writeDepth(MslWriter &w) const override;
  void writeElement(MslWriter &w) const override;
  std::string elementAt(bool inJoined) const override;
  bool hasPadding() const override;
  bool readsVectors() const override {
    return hasVectors(key.inputs[0]) && (joined < 0 || hasVectors(key.inputs[joined])) && joinedVectors();
  }
  std::string stem() const override {
    return "conv" + std::to_string(key.inputs[1].shape[1]) + "x" + std::to_string(key.inputs[1].shape[2]);
  }

private:
  int64_t taps, upsample;
};
} // namespace

void ConvEmitter::prepareRows() {
  const List &x = key.inputs[0].shape, &out = key.outputs[0].shape;
  auto set = [](const TensorSpec &tensor, int &image, int &line, int &pixel, int &channel) {
    List strides = stridesOf(tensor);
    image = static_cast<int>(strides[0]), line = static_cast<int>(strides[1]);
    pixel = static_cast<int>(strides[2]), channel = static_cast<int>(strides[3]);
  };
  set(key.inputs[0], params.image, params.line, params.pixel, params.strideDepth);
  if (joined >= 0)
    set(key.inputs[joined], params.joinedImage, params.joinedLine, params.joinedPixel, params.joinedDepth);
  params.channels = static_cast<uint>(key.rootChannels());
  params.upsample = static_cast<uint>(upsample);
  params.height = static_cast<uint>(upsample * x[1]);
  params.width = static_cast<uint>(upsample * x[2]);
  params.outHeight = static_cast<uint>(out[1]);
  params.outWidth = static_cast<uint>(out[2]);
  params.kernelWidth = static_cast<uint>(key.inputs[1].shape[2]);
  auto pair = [&](const char *name, int &y, int &x) {
    y = static_cast<int>(key.ints.at(name)[0]), x = static_cast<int>(key.ints.at(name)[1]);
  };
  pair("strides", params.strideY, params.strideX);
  pair("pads", params.padTop, params.padLeft);
  pair("dilations", params.dilationY, params.dilationX);
}

void ConvEmitter::writeRow(MslWriter &w) {
  w.write(R"(
    const uint oy = g / p.outWidth;
    const uint ox = g - oy * p.outWidth;
    const uint n = oy / p.outHeight;
    rowImage[j] = int(n) * p.image;
    rowY[j] = int(oy - n * p.outHeight) * p.strideY - p.padTop;
    rowX[j] = int(ox) * p.strideX - p.padLeft;)");
  if (joined >= 0)
    w.write("rowJoined[j] = int(n) * p.joinedImage;");
}

void ConvEmitter::writeDepth(MslWriter &w) const {
  if (taps == 1) {
    w.write("const uint c = k;");
    return;
  }
  w.write("const uint tap = k / p.channels;\nconst uint c = k - tap * p.channels;\n"
          "const int dy = int(tap / p.kernelWidth) * p.dilationY;\n"
          "const int dx = int(tap % p.kernelWidth) * p.dilationX;");
}

/// Whether a tap may lie outside the image.
bool ConvEmitter::hasPadding() const {
  for (int64_t pad : key.ints.at("pads"))
    if (pad)
      return true;
  return false;
}

void ConvEmitter::writeElement(MslWriter &w) const {
  const char *y = taps == 1 ? "rowY[j]" : "rowY[j] + dy", *x = taps == 1 ? "rowX[j]" : "rowX[j] + dx";
  if (hasPadding())
    w.write("const bool inside = $y >= 0 && $y < int(p.height) && $x >= 0 && $x < int(p.width);", {{"y", y}, {"x", x}});
  std::string divisor = upsample == 1 ? "" : " / int(p.upsample)";
  w.write("const int py = ($y)$by;\nconst int px = ($x)$by;", {{"y", y}, {"x", x}, {"by", divisor}});
}

std::string ConvEmitter::elementAt(bool inJoined) const {
  if (inJoined)
    return "rowJoined[j] + py * p.joinedLine + px * p.joinedPixel + int(c - p.split)" +
           std::string(params.joinedDepth == 1 ? "" : " * p.joinedDepth");
  return "rowImage[j] + py * p.line + px * p.pixel + int(c)" +
         std::string(params.strideDepth == 1 ? "" : " * p.strideDepth");
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

static const char *const groupedSum = R"(
const int channel0 = int(c3) / p.root[9] * p.root[8];
const int panel = int(c3) / p.root[10] * p.root[11] + int(c3) % p.root[10];
float acc = 0.0f;
for (int ky = 0; ky < p.root[0]; ++ky)
  for (int kx = 0; kx < p.root[1]; ++kx) {
    const int y = int(c1) * p.root[2] - p.root[4] + ky * p.root[6];
    const int x = int(c2) * p.root[3] - p.root[5] + kx * p.root[7];
    if (y < 0 || y >= p.root[12] || x < 0 || x >= p.root[13])
      continue;
    const int s1 = y$by;
    const int s2 = x$by;
    for (int i = 0; i < p.root[8]; ++i) {
      const int s3 = channel0 + i;
      $prologue
      acc += $value * float(w[panel + ((ky * p.root[1] + kx) * p.root[8] + i) * p.root[10]]);
    }
  }
)";

static bool emitGrouped(Emission &e) {
  const KernelKey &key = e.key;
  const List &x = key.inputs[0].shape, &w = key.inputs[1].shape;
  int64_t joined = key.getInt("joined", -1), affine = -1;
  if (auto norm = key.ints.find("norm"); norm != key.ints.end())
    affine = emitGroupStatistics(e, {norm->second[0], norm->second[1], norm->second[2], joined, nullptr});
  PointwiseEmitter emitter(e);
  size_t operand = emitter.space.add(stridesOf(key.inputs[0])), other = 0, factor = 0;
  if (joined >= 0)
    other = emitter.space.add(stridesOf(key.inputs[joined]), -x[3] * stridesOf(key.inputs[joined])[3]);
  if (affine >= 0)
    factor = emitter.space.add({key.rootChannels() * 2, 0, 0, 2});
  int64_t upsample = key.getInt("upsample", 1), groups = key.getInt("groups", 1);
  int64_t numbers[] = {w[1],
                       w[2],
                       0,
                       0,
                       0,
                       0,
                       0,
                       0,
                       w[3],
                       key.outputs[0].shape[3] / groups,
                       w[4],
                       w[1] * w[2] * w[3] * w[4],
                       upsample * x[1],
                       upsample * x[2],
                       upsample,
                       x[3]};
  int at = 2;
  for (const char *name : {"strides", "pads", "dilations"})
    for (int i : {0, 1})
      numbers[at++] = key.ints.at(name)[i];
  for (size_t i = 0; i < std::size(numbers); ++i)
    emitter.params.root[i] = static_cast<int>(numbers[i]);
  emitter.f.input("in", key, 0);
  emitter.f.input("w", key, 1);
  if (joined >= 0)
    emitter.f.input("joined", key, joined);
  if (affine >= 0)
    emitter.f.scratch("affine", "float", affine, x[0] * key.rootChannels() * 8, false);
  emitter.finish("conv_groups", [&](MslWriter &writer) {
    writer.write("const uint s0 = c0;");
    MslWriter prologue;
    ExprLeaves leaves;
    std::string element = loaded("in[" + emitter.space.offset(operand, "s", "p.space") + "]", key.inputs[0].type).text;
    if (joined >= 0)
      element = "s3 < p.root[15] ? " + element + " : " +
                loaded("joined[" + emitter.space.offset(other, "s", "p.space") + "]", key.inputs[joined].type).text;
    leaves.acc = PointwiseEmitter::named(prologue, {element, ElementType::F32}, "element");
    if (affine >= 0) {
      prologue.write("device const float *a = affine + " + emitter.space.offset(factor, "s", "p.space") + ";");
      leaves.acc = PointwiseEmitter::named(prologue, {"element * a[0] + a[1]", ElementType::F32}, "normed");
    }
    Value value = writeExpr(prologue, key.prologue, leaves, "r");
    writer.write(groupedSum,
                 {{"by", upsample == 1 ? "" : " / p.root[14]"}, {"prologue", prologue.text()}, {"value", value.text}});
    return Value{"acc", ElementType::F32};
  });
  if (e.error.empty() && key.ints.count("moments"))
    emitBlockMoments(e);
  return e.error.empty();
}

bool metal::emitConv(Emission &e) {
  if (e.key.algorithm != Algorithm::Direct)
    return emitWinograd(e);
  if (!e.key.inputs[1].isDense())
    return e.fail("strided weights");
  return e.key.getInt("groups", 1) > 1 ? emitGrouped(e) : ConvEmitter(e).run();
}
