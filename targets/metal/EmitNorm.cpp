//===- EmitNorm.cpp - Norms and softmax, statistics in f32 ----------------===//
//
// Rows (LayerNorm, RmsNorm, Softmax): a simdgroup each, or a threadgroup where
// rows are long; what a row holds is read again for every pass, from the cache.
// GroupNorm: statistics first, as a factor and a summand for every channel, which
// the same kernel's second dispatch, or a convolution's loads, apply.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/EmitNorm.h"
#include "targets/metal/EmitMoments.h"
#include "targets/metal/EmitPointwise.h"

#include <numeric>

using namespace snap;
using namespace snap::metal;
using List = std::vector<int64_t>;

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

// From here on a row is worth a threadgroup.
static constexpr int64_t longRow = 1024;

namespace {
/// Writes one kernel that goes through rows several times.
class RowEmitter {
public:
  RowEmitter(Emission &e, int64_t axes)
      : e(e), axes(axes), rows(outer(e.key.outputs[0].shape)), inner(trailing(e.key.outputs[0].shape)) {}
  bool run();

private:
  List outer(const List &v) const { return List(v.begin(), v.end() - axes); }
  List trailing(const List &v) const { return List(v.end() - axes, v.end()); }
  void addOperand(const TensorSpec &tensor);
  std::string at(size_t operand) const {
    return rows.offset(operand, "c", "p.space") + " + " + inner.offset(operand, "d", "p.inner");
  }
  void beginLoop();
  Value element();
  void writeReduction(const std::string &name, const std::string &start, const std::string &step, bool isMax);
  void writeStatistics();
  void writeResult();
  void writeOutput();

  Emission &e;
  int64_t axes;
  IndexSpace rows, inner; // operands: out, x, the epilogue's inputs
  std::vector<int32_t> inputs;
  bool isLong = false;
  MslWriter w;
};
} // namespace

void RowEmitter::addOperand(const TensorSpec &tensor) {
  List strides = stridesAlong(tensor, e.key.outputs[0].shape);
  rows.add(outer(strides));
  inner.add(trailing(strides));
}

/// Through the row, together.
void RowEmitter::beginLoop() {
  w.write(isLong ? "for (uint i = thread_index; i < p.length; i += 256) {"
                 : "for (uint i = lane; i < p.length; i += 32) {");
  inner.writeCoordinates(w, "i", "d", "p.inner");
}

Value RowEmitter::element() {
  ExprLeaves leaves;
  leaves.acc = PointwiseEmitter::named(w, loaded("x[" + at(1) + "]", e.key.inputs[0].type), "element");
  return writeExpr(w, e.key.prologue, leaves, "r");
}

/// `name`: the sum, or maximum, over the row of `step`, which speaks of the element as $x.
void RowEmitter::writeReduction(const std::string &name, const std::string &start, const std::string &step,
                                bool isMax) {
  w.write("float " + name + " = " + start + ";");
  beginLoop();
  std::string value = expand(step, {{"x", element().text}});
  w.write(name + " = " + (isMax ? "max(" + name + ", " + value + ")" : name + " + " + value) + ";\n}");
  std::string of = isMax ? "max" : "sum";
  w.write(
      name + " = " +
      (isLong ? "snap_group_" + of + "(" + name + ", partial, lane, simd_index, 8)" : "simd_" + of + "(" + name + ")") +
      ";");
}

void RowEmitter::writeStatistics() {
  switch (e.key.op) {
  case KernelOp::Softmax:
    writeReduction("most", "-INFINITY", "$x", true);
    writeReduction("sum", "0.0f", "exp($x - most)", false);
    w.write("const float inverse = 1.0f / sum;");
    return;
  case KernelOp::RmsNorm:
    writeReduction("squares", "0.0f", "$x * $x", false);
    w.write("const float inverse = precise::rsqrt(squares / float(p.length) + p.epsilon);");
    return;
  default: // the variance about the mean: a mean far from zero leaves no digits otherwise
    writeReduction("mean", "0.0f", "$x", false);
    w.write("mean = mean / float(p.length);");
    writeReduction("squares", "0.0f", "($x - mean) * ($x - mean)", false);
    w.write("const float inverse = precise::rsqrt(squares / float(p.length) + p.epsilon);");
  }
}

void RowEmitter::writeResult() {
  std::string x = element().text;
  if (e.key.op == KernelOp::Softmax) {
    w.write("const float acc = exp(" + x + " - most) * inverse;");
    return;
  }
  std::string centred = e.key.op == KernelOp::LayerNorm ? "(" + x + " - mean)" : x;
  std::string text = "const float acc = " + centred + " * inverse";
  int64_t scaleInput = e.key.getInt("scale", -1), biasInput = e.key.getInt("bias", -1);
  // Dense, of as many elements as a row, whatever their shape.
  if (scaleInput >= 0)
    text += " * float(scale[i])";
  if (biasInput >= 0 && e.key.op == KernelOp::LayerNorm)
    text += " + float(bias[i])";
  w.write(text + ";");
}

void RowEmitter::writeOutput() {
  beginLoop();
  writeResult();
  ExprLeaves leaves;
  leaves.acc = {"acc", ElementType::F32};
  leaves.input = [&](int32_t input) {
    size_t i = std::find(inputs.begin(), inputs.end(), input) - inputs.begin();
    return loaded("e" + std::to_string(input) + "[" + at(2 + i) + "]", e.key.inputs[input].type);
  };
  Value result = writeExpr(w, e.key.epilogue, leaves, "v");
  w.write("out[" + at(0) + "] = " + stored(result, e.key.outputs[0].type) + ";\n}");
}

bool RowEmitter::run() {
  inputs = inputsOf(e.key.epilogue);
  addOperand(e.key.outputs[0]);
  addOperand(e.key.inputs[0]);
  for (int32_t input : inputs)
    addOperand(e.key.inputs[input]);
  rows.merge();
  inner.merge();
  if (!rows.fits() || !inner.fits())
    return e.fail("more dimensions or operands than a space has");
  RowParams params = {};
  params.rows = static_cast<uint>(rows.count());
  params.length = static_cast<uint>(inner.count());
  params.epsilon = static_cast<float>(e.key.getFloat("epsilon", 0));
  params.space = rows.params();
  params.inner = inner.params();
  isLong = params.length > longRow;

  FunctionBuilder f;
  f.output("out", e.key);
  f.input("x", e.key, 0);
  for (int32_t input : inputs)
    f.input("e" + std::to_string(input), e.key, input);
  for (const char *name : {"scale", "bias"}) {
    int64_t input = e.key.getInt(name, -1);
    if (input < 0 || e.key.op == KernelOp::Softmax || (e.key.op == KernelOp::RmsNorm && name[0] == 'b'))
      continue;
    if (!e.key.inputs[input].isDense())
      return e.fail(std::string("a strided ") + name);
    f.input(name, e.key, input);
  }
  f.params("RowParams", params);

  if (isLong)
    w.write("threadgroup float partial[8];\nconst uint row = group.x;");
  else // a whole simdgroup leaves, and nobody waits for it
    w.write("const uint row = group.x * 8 + simd_index;\nif (row >= p.rows)\n  return;");
  rows.writeCoordinates(w, "row", "c", "p.space");
  writeStatistics();
  writeOutput();
  uint32_t groups = isLong ? params.rows : static_cast<uint32_t>(ceilDiv(params.rows, 8));
  f.finish(e.kernel, std::string(toString(e.key.op)) + (isLong ? "_256_" : "_32_") + typesOf(e.key), w.text(),
           isLong ? 32 : 0, {groups, 1, 1}, {256, 1, 1});
  return true;
}

bool metal::emitRowNorm(Emission &e) {
  return RowEmitter(e, e.key.op == KernelOp::Softmax ? 1 : e.key.getInt("axes", 1)).run();
}

//===----------------------------------------------------------------------===//
// Statistics of groups
//===----------------------------------------------------------------------===//

static const char *const groupHead = R"(
threadgroup float partial[8];
const uint begin = uint(bounds[group.x]), size = uint(bounds[group.x + 1]) - begin;
const uint elements = p.count * size;
const float zeros = p.counted > 0 ? float(p.counted - size) * float(p.count) : 0.0f;
const float count = float(elements) + zeros;
)";

static const char *const groupTail = R"(
const float inverse = precise::rsqrt(squares / count + p.epsilon);
for (uint c = begin + thread_index; c < begin + size; c += 256) {
  const float factor = float(scale[c]) * inverse;
  affine[(group.y * p.channels + c) * 2] = factor;
  affine[(group.y * p.channels + c) * 2 + 1] = float(bias[c]) - mean * factor;
}
)";

/// Loads element i of the group, with the prologue, as $x of `step`.
static void writeGroupPass(MslWriter &w, const GroupStatistics &s, const IndexSpace &positions, const KernelKey &key,
                           const std::string &step) {
  w.write("for (uint i = thread_index; i < elements; i += 256) {\nconst uint position = i / size;\n"
          "const uint c = begin + i - position * size;");
  positions.writeCoordinates(w, "position", "s", "p.positions");
  std::string own = "x[int(group.y) * p.image + " + positions.offset(0, "s", "p.positions") + " + int(c) * p.channel]";
  std::string load = loaded(own, key.inputs[0].type).text;
  if (s.joined >= 0) {
    std::string other = "joined[int(group.y) * p.joinedImage + " + positions.offset(1, "s", "p.positions") +
                        " + int(c - p.split) * p.joinedChannel]";
    load = "c < p.split ? " + load + " : " + loaded(other, key.inputs[s.joined].type).text;
  }
  ExprLeaves leaves;
  leaves.acc = PointwiseEmitter::named(w, {load, ElementType::F32}, "element");
  Value value = s.prologue ? writeExpr(w, *s.prologue, leaves, "r") : leaves.acc;
  w.write(expand(step, {{"x", value.text}}) + "\n}");
}

std::string metal::groupBounds(const KernelKey &key, int64_t groups, int64_t channels) {
  std::vector<int32_t> bounds = {0};
  auto sizes = key.ints.find("sizes");
  for (int64_t g = 0; g < groups; ++g)
    bounds.push_back(
        static_cast<int32_t>(bounds.back() + (sizes == key.ints.end() ? channels / groups : sizes->second[g])));
  return {reinterpret_cast<const char *>(bounds.data()), bounds.size() * 4};
}

int64_t metal::emitGroupStatistics(Emission &e, const GroupStatistics &s) {
  const KernelKey &key = e.key;
  if (key.ints.count("norm_moments"))
    return emitCombinedMoments(e, s);
  const TensorSpec &x = key.inputs[0];
  int64_t channels = key.rootChannels(), images = x.shape[0];
  List shape(x.shape.begin() + 1, x.shape.end() - 1);
  IndexSpace positions(shape);
  GroupParams params = {};
  auto add = [&](const TensorSpec &tensor, int &image, int &channel) {
    List strides = stridesOf(tensor);
    image = static_cast<int>(strides.front());
    channel = static_cast<int>(strides.back());
    positions.add(List(strides.begin() + 1, strides.end() - 1));
  };
  add(x, params.image, params.channel);
  if (s.joined >= 0)
    add(key.inputs[s.joined], params.joinedImage, params.joinedChannel);
  positions.merge();
  params.count = static_cast<uint>(positions.count());
  params.channels = static_cast<uint>(channels);
  params.split = static_cast<uint>(x.shape.back());
  params.counted = static_cast<uint>(key.getInt("counted", 0));
  params.epsilon = static_cast<float>(key.getFloat("epsilon", 0));
  params.positions = positions.params();

  int64_t affine = e.scratch(images * channels * 2, 4);
  FunctionBuilder f;
  f.scratch("affine", "float", affine, images * channels * 8, true);
  f.input("x", key, 0);
  if (s.joined >= 0)
    f.input("joined", key, s.joined);
  f.input("scale", key, s.scale);
  f.input("bias", key, s.bias);
  f.constants("bounds", "int", groupBounds(key, s.groups, channels), false);
  f.params("GroupParams", params);
  MslWriter w;
  w.write(groupHead);
  w.write("float mean = 0.0f;");
  writeGroupPass(w, s, positions, key, "mean = mean + $x;");
  w.write("mean = snap_group_sum(mean, partial, lane, simd_index, 8) / count;\nfloat squares = 0.0f;");
  writeGroupPass(w, s, positions, key, "squares = squares + ($x - mean) * ($x - mean);");
  w.write("squares = snap_group_sum(squares, partial, lane, simd_index, 8) + zeros * mean * mean;");
  w.write(groupTail);
  f.finish(e.kernel, std::string("group_statistics_") + toString(x.type), w.text(), 32,
           {static_cast<uint32_t>(s.groups), static_cast<uint32_t>(images), 1}, {256, 1, 1});
  return affine;
}

bool metal::emitGroupNorm(Emission &e) {
  const KernelKey &key = e.key;
  for (int64_t input : {1, 2})
    if (!key.inputs[input].isDense())
      return e.fail("a strided scale or bias");
  GroupStatistics s{key.getInt("groups", 1), 1, 2, -1, &key.prologue};
  int64_t affine = emitGroupStatistics(e, s);
  int64_t channels = key.inputs[0].shape.back();

  PointwiseEmitter emitter(e);
  size_t x = emitter.space.add(key.inputs[0]);
  List along(key.outputs[0].shape.size(), 0);
  along.front() = channels * 2;
  along.back() = 2;
  size_t factor = emitter.space.add(along);
  emitter.space.merge();
  emitter.f.input("x", key, 0);
  emitter.f.scratch("affine", "float", affine, key.inputs[0].shape[0] * channels * 8, false);
  return emitter.finish("group_norm", [&](MslWriter &w) {
    Value element =
        emitter.named(w, loaded("x[" + emitter.space.offset(x, "c", "p.space") + "]", key.inputs[0].type), "element");
    Value value = emitter.withPrologue(w, element, "r");
    w.write("device const float *a = affine + " + emitter.space.offset(factor, "c", "p.space") + ";\n" +
            "const float acc = " + value.text + " * a[0] + a[1];");
    return Value{"acc", ElementType::F32};
  });
}
