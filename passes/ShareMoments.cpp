//===- ShareMoments.cpp - Statistics of a norm from its input's maker -----===//
//
// A group norm in front of a convolution or product would read the whole image
// for its statistics, just after another kernel had every element in registers.
// That kernel makes the moments of blocks of its output instead, a few kilobytes
// that the norm combines.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

#include "dialects/reference/Interpreter.h"

#include <numeric>

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_SHAREMOMENTS
#include "passes/Passes.h.inc"

static int64_t bytesOf(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return type.getNumElements() * byteSize(elementTypeOf(type.getElementType()));
}

/// The buffer of which `buffer` is all, perhaps as another shape; null if it is a part.
static Value wholeBuffer(Value buffer) {
  int64_t bytes = bytesOf(buffer);
  while (auto view = buffer.getDefiningOp<plan::ViewOp>())
    buffer = view.getSource();
  return bytesOf(buffer) == bytes ? buffer : Value();
}

/// For tests: blocks of a row of the image, or of as few rows as divide it.
static std::vector<int64_t> smallBlock(const KernelKey &key, int64_t points) {
  const std::vector<int64_t> &out = key.outputs[0].shape;
  if (key.op == KernelOp::Conv2d)
    return {1, out[2]};
  int64_t rows = std::gcd(out[out.size() - 2], points), block = std::min<int64_t>(rows, 2);
  while (rows % block)
    ++block;
  return {block};
}

namespace {
struct Call {
  plan::CallOp op;
  KernelKey key;
};

class ProgramMoments {
public:
  ProgramMoments(plan::ProgramOp program, const MomentsChoice &choice) : program(program), choice(choice) {}
  void run();

private:
  void findWriters();
  void share(Call &taker);
  Call *makerOf(Value buffer, const TensorSpec &spec);
  std::vector<int64_t> blockOf(const Call &maker, const TensorSpec &taken) const;
  Value momentsOf(Call &maker, ArrayRef<int64_t> block);

  plan::ProgramOp program;
  const MomentsChoice &choice;
  std::vector<Call> calls;
  DenseMap<Value, SmallVector<size_t, 1>> writers; // of a buffer: calls
};

struct ShareMoments : impl::ShareMomentsBase<ShareMoments> {
  using ShareMomentsBase::ShareMomentsBase;
  ShareMoments(MomentsChoice choice) : choice(std::move(choice)) {}

  void runOnOperation() override {
    if (!choice) {
      std::string error;
      std::optional<TargetModel> model = TargetModel::get(target, cpu, error);
      if (!model) {
        getOperation().emitError(error);
        return signalPassFailure();
      }
      choice = [model = *model](const KernelKey &key, int64_t points) { return momentsBlock(key, points, model); };
      if (everywhere)
        choice = smallBlock;
    }
    for (auto program : getOperation().getOps<plan::ProgramOp>())
      ProgramMoments(program, choice).run();
  }

  MomentsChoice choice;
};
} // namespace

void ProgramMoments::run() {
  findWriters();
  for (Call &call : calls)
    share(call);
}

void ProgramMoments::findWriters() {
  for (auto op : program.getBody().getOps<plan::CallOp>()) {
    std::string error;
    std::optional<KernelKey> key = KernelKey::parse(op.getKey().str(), error);
    assert(key && "lower-to-plan makes keys");
    for (Value output : op.getOutputs()) {
      while (auto view = output.getDefiningOp<plan::ViewOp>())
        output = view.getSource();
      writers[output].push_back(calls.size());
    }
    calls.push_back({op, *key});
  }
}

/// The kernel that writes all of `buffer`, read densely as `spec`, channel for channel, if it can make moments.
Call *ProgramMoments::makerOf(Value buffer, const TensorSpec &spec) {
  Value whole = wholeBuffer(buffer);
  if (!whole || !spec.isDense() || spec.bytes() != bytesOf(whole) || !whole.getDefiningOp<plan::AllocOp>() ||
      writers.lookup(whole).size() != 1)
    return nullptr;
  Call &maker = calls[writers.lookup(whole).front()];
  const TensorSpec &out = maker.key.outputs[0];
  bool contraction =
      maker.key.op == KernelOp::Conv2d || (maker.key.op == KernelOp::Matmul && maker.key.getInt("packed", 0));
  bool same = wholeBuffer(maker.op.getOutputs()[0]) == whole && out.isDense() && out.type == spec.type &&
              out.elements() == spec.elements() && out.shape.back() == spec.shape.back();
  bool imageByImage = maker.key.op == KernelOp::Matmul || out.shape[0] == spec.shape[0];
  return contraction && same && imageByImage ? &maker : nullptr;
}

/// The block of the moments that `maker` makes or could make for a norm of `taken`; empty if there is none.
std::vector<int64_t> ProgramMoments::blockOf(const Call &maker, const TensorSpec &taken) const {
  int64_t points = taken.elements() / (taken.shape.front() * taken.shape.back());
  auto made = maker.key.ints.find("moments");
  std::vector<int64_t> block = made == maker.key.ints.end() ? choice(maker.key, points) : made->second;
  if (block.size() == 1 && points % block[0] != 0) // rows of two images in one
    return {};
  return block;
}

/// The moments of what `maker` writes, its second output.
Value ProgramMoments::momentsOf(Call &maker, ArrayRef<int64_t> block) {
  if (maker.key.ints.count("moments"))
    return maker.op.getOutputs()[1];
  maker.key.ints["moments"] = block.vec();
  maker.key.outputs.push_back({ElementType::F32, maker.key.momentsShape(), {}});
  OpBuilder builder(maker.op);
  auto type = MemRefType::get(maker.key.outputs[1].shape, builder.getF32Type());
  Value moments = builder.create<plan::AllocOp>(maker.op.getLoc(), type, IntegerAttr());
  maker.op.getOutputsMutable().append(moments);
  maker.op.setKey(maker.key.str());
  return moments;
}

/// Gives the norm in `taker` the moments of all that it reads, if all can be had.
void ProgramMoments::share(Call &taker) {
  if (!taker.key.ints.count("norm") && taker.key.op != KernelOp::GroupNorm)
    return;
  SmallVector<size_t> normed = {0};
  if (int64_t joined = taker.key.getInt("joined", -1); joined >= 0)
    normed.push_back(joined);
  SmallVector<std::pair<Call *, std::vector<int64_t>>> makers;
  for (size_t input : normed) {
    const TensorSpec &spec = taker.key.inputs[input];
    Call *maker = makerOf(taker.op.getInputs()[input], spec);
    std::vector<int64_t> block = maker ? blockOf(*maker, spec) : std::vector<int64_t>();
    if (block.empty())
      return;
    makers.push_back({maker, block});
  }
  std::vector<int64_t> inputs;
  for (auto &[maker, block] : makers) {
    inputs.push_back(static_cast<int64_t>(taker.key.inputs.size()));
    Value moments = momentsOf(*maker, block);
    taker.key.inputs.push_back(maker->key.outputs[1]);
    taker.op.getInputsMutable().append(moments);
  }
  taker.key.ints["norm_moments"] = inputs;
  taker.op.setKey(taker.key.str());
}

std::unique_ptr<Pass> createShareMoments(MomentsChoice choice) {
  return std::make_unique<ShareMoments>(std::move(choice));
}

} // namespace snap
