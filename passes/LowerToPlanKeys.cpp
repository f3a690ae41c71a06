//===- LowerToPlanKeys.cpp - From operations to kernel keys ---------------===//
//
// One function per family of roots; targets/KernelKey.h says what each key
// means.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace snap {

namespace {
/// Fills the key of one root operation.
class RootKey {
public:
  RootKey(KernelCall &call, Operation *scope, const WeightValues &weights, const TargetModel &target)
      : call(call), key(call.key), scope(scope), weights(weights), target(target) {}
  LogicalResult fill(Operation *root);

private:
  void input(Value value) { addInput(call, value, weights); }
  /// Input 0, with the elementwise work before it as the prologue, and before
  /// that what the root reads through.
  void rootInput(Value value, bool isImage = false);
  /// The attributes of the operation that the root reads through.
  void loadedThrough();
  void statistics(GroupNormOp op);
  void packed(Value weight, std::vector<int64_t> shape, Packing packing);
  void packedMatmul(Value weight, int64_t k, int64_t n, bool transposed, bool gated = false);

  void add(Conv2dOp op);
  void add(MatmulOp op);
  void add(AttentionOp op);
  void add(GroupNormOp op);
  void add(LayerNormOp op);
  void add(RmsNormOp op);
  void add(SoftmaxOp op);
  void add(ReduceOp op);
  void add(ArgReduceOp op);
  void add(CumSumOp op);
  void add(GatherOp op);
  void add(ResizeOp op);
  void add(UpsampleOp op);
  void add(ConcatOp op);
  void add(SliceOp op);
  void add(TransposeOp op);
  void add(PadOp op);
  void add(PoolOp op);

  KernelCall &call;
  KernelKey &key;
  Operation *scope;
  const WeightValues &weights;
  const TargetModel &target;
  Operation *through = nullptr; // a group_norm, layer_norm or upsample in front of the root
  Value joined;                 // the second half of a concat in front of it
};
} // namespace

static std::vector<int64_t> vec(ArrayRef<int64_t> values) { return values.vec(); }
static ShapedType shaped(Value value) { return cast<ShapedType>(value.getType()); }

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Where an elementwise chain inside `scope` begins: its one leaf that is not a
/// constant.
static Value chainStart(Value value, Operation *scope, const WeightValues &weights) {
  Operation *def = value.getDefiningOp();
  if (!def || def->getParentOp() != scope || !isElementwise(def))
    return value;
  for (Value operand : def->getOperands())
    if (!weights.contains(operand))
      return chainStart(operand, scope, weights);
  return value;
}

void RootKey::rootInput(Value value, bool isImage) {
  Value start = chainStart(value, scope, weights);
  Operation *def = start.getDefiningOp();
  auto isInside = [&](Operation *op) { return op && op->getParentOp() == scope; };
  if (isInside(def) && isa<GroupNormOp, LayerNormOp, UpsampleOp>(def))
    through = def;
  Value source = through ? through->getOperand(0) : start;
  if (auto concat = source.getDefiningOp<ConcatOp>(); isInside(concat)) {
    source = concat.getOperand(0);
    joined = concat.getOperand(1);
  }
  if (isImage)
    addImage(call, source, weights);
  else
    input(source);
  if (start != value)
    key.prologue = ExprBuilder(call, scope, start, weights).build(value);
}

void RootKey::loadedThrough() {
  if (auto norm = dyn_cast_or_null<GroupNormOp>(through)) {
    auto next = static_cast<int64_t>(key.inputs.size());
    key.ints["norm"] = {static_cast<int64_t>(norm.getGroups()), next, next + 1};
    statistics(norm);
    input(norm.getScale());
    input(norm.getBias());
  } else if (auto norm = dyn_cast_or_null<LayerNormOp>(through)) {
    std::vector<int64_t> vectors;
    for (Value vector : {norm.getScale(), norm.getBias()}) {
      vectors.push_back(vector ? static_cast<int64_t>(key.inputs.size()) : -1);
      if (vector)
        input(vector);
    }
    key.ints["layer_norm"] = vectors;
    key.floats["epsilon"] = {norm.getEpsilon().convertToDouble()};
  } else if (auto upsample = dyn_cast_or_null<UpsampleOp>(through)) {
    key.ints["upsample"] = {static_cast<int64_t>(upsample.getFactor())};
  }
  if (joined) {
    key.ints["joined"] = {static_cast<int64_t>(key.inputs.size())};
    input(joined);
  }
}

void RootKey::packed(Value weight, std::vector<int64_t> shape, Packing packing) {
  TensorSpec spec;
  spec.type = specOf(shaped(weight)).type;
  spec.shape = std::move(shape);
  key.inputs.push_back(spec);
  call.inputs.push_back({weight, std::move(packing), std::nullopt});
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

/// `n` is the weight's columns, with those of the gates.
void RootKey::packedMatmul(Value weight, int64_t k, int64_t n, bool transposed, bool gated) {
  const std::vector<int64_t> &a = key.inputs[0].shape;
  int64_t rows = 1;
  for (size_t i = 0; i + 1 < a.size(); ++i)
    rows *= a[i];
  int64_t tile = target.gemmTile(rows, n).columns;
  key.op = KernelOp::Matmul;
  key.ints = {{"packed", {1}}, {"columns", {n}}};
  if (!gated)
    return packed(weight, {static_cast<int64_t>(llvm::divideCeil(n, tile)), k, tile},
                  packMatmul(k, n, tile, transposed));
  n /= 2;
  key.ints["columns"] = {n};
  key.ints["gated"] = {1};
  packed(weight, {static_cast<int64_t>(llvm::divideCeil(n, tile / 2)), k, tile}, packGated(k, n, tile, transposed));
}

static Algorithm algorithmOf(Conv2dOp op) {
  switch (op.getAlgorithm().value_or(ConvAlgorithm::Direct)) {
  case ConvAlgorithm::Direct:
    return Algorithm::Direct;
  case ConvAlgorithm::Winograd2:
    return Algorithm::Winograd2;
  case ConvAlgorithm::Winograd4:
    return Algorithm::Winograd4;
  }
  llvm_unreachable("an algorithm of no kernel");
}

void RootKey::add(Conv2dOp op) {
  rootInput(op.getInput(), /*isImage=*/true);
  ArrayRef<int64_t> filter = shaped(op.getFilter()).getShape();
  bool enlarges = isa_and_nonnull<UpsampleOp>(through);
  if (isPointwise(op) && !enlarges) {
    packedMatmul(outerValue(op.getFilter()), filter[1], filter[0], /*transposed=*/true);
    return loadedThrough();
  }
  PackedFilter filterPacking = packFilter(op, enlarges ? cast<UpsampleOp>(through).getFactor() : 1, target);
  key.op = KernelOp::Conv2d;
  key.algorithm = algorithmOf(op);
  key.ints = {{"strides", vec(op.getStrides())},
              {"pads", vec(op.getPads())},
              {"dilations", vec(op.getDilations())},
              {"groups", {static_cast<int64_t>(op.getGroups())}},
              {"channels", {filter[0]}}};
  packed(outerValue(op.getFilter()), filterPacking.weightShape, filterPacking.packing);
  loadedThrough();
}

void RootKey::add(MatmulOp op) {
  ArrayRef<int64_t> out = shaped(op.getResult()).getShape(), rhs = shaped(op.getRhs()).getShape();
  rootInput(op.getLhs());
  // The result may have more batch dimensions than the left operand.
  TensorSpec &a = key.inputs[0];
  while (a.shape.size() < out.size()) {
    if (!a.isDense())
      a.strides.insert(a.strides.begin(), a.shape[0] * a.strides[0]);
    a.shape.insert(a.shape.begin(), 1);
  }
  bool shared = llvm::all_of(rhs.drop_back(2), [](int64_t extent) { return extent == 1; });
  if (weights.contains(op.getRhs()) && shared) {
    bool transposed = op.getTransposeRhs();
    Value weight = skipTransposes(op.getRhs(), transposed);
    packedMatmul(weight, shaped(op.getLhs()).getShape().back(), out.back(), transposed, isGated(scope, op));
    return loadedThrough();
  }
  key.op = KernelOp::Matmul;
  key.ints = {{"packed", {0}}, {"columns", {out.back()}}};
  if (op.getTransposeRhs())
    key.ints["transpose_b"] = {1};
  input(op.getRhs());
}

void RootKey::add(AttentionOp op) {
  key.op = KernelOp::Attention;
  rootInput(op.getQuery());
  input(op.getKey());
  input(op.getValue());
  key.ints = {{"heads", {static_cast<int64_t>(op.getHeads())}}, {"causal", {op.getCausal()}}, {"mask", {-1}}};
  key.floats = {{"scale", {op.getScale().convertToDouble()}}};
  if (op.getMask()) {
    Value mask = outerValue(op.getMask());
    while (auto broadcast = mask.getDefiningOp<BroadcastOp>())
      mask = outerValue(broadcast.getOperand());
    key.ints["mask"] = {static_cast<int64_t>(key.inputs.size())};
    input(mask);
  }
  if (auto tile = op->getAttrOfType<IntegerAttr>("tile_queries"))
    key.ints["tile_queries"] = {tile.getInt()};
}

//===----------------------------------------------------------------------===//
// Norms and reductions
//===----------------------------------------------------------------------===//

void RootKey::add(GroupNormOp op) {
  key.op = KernelOp::GroupNorm;
  rootInput(op.getInput());
  input(op.getScale());
  input(op.getBias());
  key.ints = {{"groups", {static_cast<int64_t>(op.getGroups())}}};
  statistics(op);
}

/// What there is to say of a group norm beside its number of groups.
void RootKey::statistics(GroupNormOp op) {
  if (!op.getSizes().empty())
    key.ints["sizes"] = op.getSizes().vec();
  if (op.getCounted())
    key.ints["counted"] = {static_cast<int64_t>(op.getCounted())};
  key.floats["epsilon"] = {op.getEpsilon().convertToDouble()};
}

void RootKey::add(LayerNormOp op) {
  key.op = KernelOp::LayerNorm;
  rootInput(op.getInput());
  key.ints = {{"axes", {shaped(op.getInput()).getRank() - static_cast<int64_t>(op.getAxis())}},
              {"scale", {-1}},
              {"bias", {-1}}};
  key.floats = {{"epsilon", {op.getEpsilon().convertToDouble()}}};
  for (auto [name, value] : {std::pair<const char *, Value>{"scale", op.getScale()}, {"bias", op.getBias()}}) {
    if (!value)
      continue;
    key.ints[name] = {static_cast<int64_t>(key.inputs.size())};
    input(value);
  }
}

void RootKey::add(RmsNormOp op) {
  key.op = KernelOp::RmsNorm;
  rootInput(op.getInput());
  input(op.getScale());
  key.ints = {{"axes", {shaped(op.getInput()).getRank() - static_cast<int64_t>(op.getAxis())}}, {"scale", {1}}};
  key.floats = {{"epsilon", {op.getEpsilon().convertToDouble()}}};
}

void RootKey::add(SoftmaxOp op) {
  key.op = KernelOp::Softmax;
  rootInput(op.getOperand());
}

void RootKey::add(ReduceOp op) {
  key.op = KernelOp::Reduce;
  key.fn = stringifyReduceFn(op.getFn()).str();
  rootInput(op.getOperand());
  key.ints = {{"axes", vec(op.getAxes())}};
}

void RootKey::add(ArgReduceOp op) {
  key.op = KernelOp::ArgReduce;
  key.fn = stringifyReduceFn(op.getFn()).str();
  rootInput(op.getOperand());
  key.ints = {{"axis", {static_cast<int64_t>(op.getAxis())}}, {"select_last", {op.getSelectLast()}}};
}

void RootKey::add(CumSumOp op) {
  key.op = KernelOp::CumSum;
  rootInput(op.getOperand());
  key.ints = {{"axis", {static_cast<int64_t>(op.getAxis())}},
              {"exclusive", {op.getExclusive()}},
              {"reverse", {op.getReverse()}}};
}

//===----------------------------------------------------------------------===//
// Movement and resampling
//===----------------------------------------------------------------------===//

void RootKey::add(GatherOp op) {
  key.op = KernelOp::Gather;
  input(op.getOperand());
  input(op.getIndices());
  key.ints = {{"axis", {static_cast<int64_t>(op.getAxis())}}};
}

void RootKey::add(ResizeOp op) {
  key.op = KernelOp::Resize;
  key.fn = stringifyResizeMode(op.getMode()).str();
  rootInput(op.getOperand());
  key.ints = {{"coordinates", {static_cast<int64_t>(op.getCoordinates())}},
              {"rounding", {static_cast<int64_t>(op.getRounding())}}};
  key.floats = {{"scales", op.getScales().vec()}, {"cubic_a", {op.getCubicA().convertToDouble()}}};
}

void RootKey::add(UpsampleOp op) {
  key.op = KernelOp::Resize;
  key.fn = "nearest";
  rootInput(op.getInput());
  double factor = static_cast<double>(op.getFactor());
  key.ints = {{"coordinates", {static_cast<int64_t>(ResizeCoordinates::Asymmetric)}},
              {"rounding", {static_cast<int64_t>(ResizeRounding::Floor)}}};
  bool last = op.getLayout() == Layout::NHWC;
  key.floats = {
      {"scales", last ? std::vector<double>{1, factor, factor, 1} : std::vector<double>{1, 1, factor, factor}},
      {"cubic_a", {-0.75}}};
}

void RootKey::add(ConcatOp op) {
  key.op = KernelOp::Concat;
  for (Value piece : op.getOperands())
    input(piece);
  key.ints = {{"axis", {static_cast<int64_t>(op.getAxis())}}};
}

void RootKey::add(SliceOp op) {
  key.op = KernelOp::Slice;
  input(op.getOperand());
  key.ints = {{"starts", vec(op.getStarts())}, {"steps", vec(op.getSteps())}};
}

void RootKey::add(TransposeOp op) {
  key.op = KernelOp::Transpose;
  input(op.getOperand());
  key.ints = {{"permutation", vec(op.getPermutation())}};
}

void RootKey::add(PadOp op) {
  key.op = KernelOp::Pad;
  key.fn = stringifyPadMode(op.getMode()).str();
  input(op.getOperand());
  key.ints = {{"low", vec(op.getLow())}, {"high", vec(op.getHigh())}};
  key.floats = {{"value", {op.getValue().convertToDouble()}}};
}

void RootKey::add(PoolOp op) {
  key.op = KernelOp::Pool;
  key.fn = stringifyPoolFn(op.getFn()).str();
  rootInput(op.getInput());
  key.ints = {{"kernel", vec(op.getKernel())},
              {"strides", vec(op.getStrides())},
              {"pads", vec(op.getPads())},
              {"dilations", vec(op.getDilations())}};
}

LogicalResult RootKey::fill(Operation *root) {
  return TypeSwitch<Operation *, LogicalResult>(root)
      .Case<Conv2dOp, MatmulOp, AttentionOp, GroupNormOp, LayerNormOp, RmsNormOp, SoftmaxOp, ReduceOp, ArgReduceOp,
            CumSumOp, GatherOp, ResizeOp, UpsampleOp, ConcatOp, SliceOp, TransposeOp, PadOp, PoolOp>([&](auto op) {
        add(op);
        return success();
      })
      .Default([](Operation *op) { return op->emitOpError("has no kernel; it cannot run on any target"); });
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

Operation *findRoot(Operation *op, const WeightValues &weights) {
  auto isRoot = [&](Operation &inner) {
    return inner.getNumResults() && !isElementwise(&inner) && !isa<BroadcastOp>(inner) &&
           !weights.contains(inner.getResult(0));
  };
  auto fused = dyn_cast<FusedOp>(op);
  if (!fused)
    return isRoot(*op) ? op : nullptr;
  // What a root reads through stands before it, the halves of a gated product after.
  Operation *root = nullptr;
  for (Operation &inner : fused.getBody().front())
    if (isRoot(inner) && (!root || isLoadedBy(root, &inner)))
      root = &inner;
  return root;
}

bool isGated(Operation *scope, Operation *root) {
  return isa<FusedOp>(scope) && root->getParentOp() == scope && isa<SliceOp>(*root->user_begin());
}

TransposeOp storedTransposed(Operation *op, const WeightValues &weights) {
  if (!isa_and_nonnull<Conv2dOp>(findRoot(op, weights)) || !op->hasOneUse())
    return {};
  auto transpose = dyn_cast<TransposeOp>(*op->user_begin());
  bool isStored = transpose && transpose->getBlock() == op->getBlock() &&
                  transpose.getPermutation() == ArrayRef<int64_t>{0, 3, 1, 2} &&
                  shaped(op->getResult(0)).getShape().back() <= fewChannels;
  return isStored ? transpose : TransposeOp();
}

FailureOr<KernelCall> makeKernelCall(Operation *op, const WeightValues &weights, const TargetModel &target) {
  KernelCall call;
  KernelKey &key = call.key;
  Operation *root = findRoot(op, weights);
  Value result = op->getResult(0);
  if (auto fused = dyn_cast<FusedOp>(op))
    result = fused.getBody().front().getTerminator()->getOperand(0);
  key.outputs = {specOf(shaped(result))};
  if (TransposeOp transpose = storedTransposed(op, weights)) // back to nhwc
    key.outputs[0].strides = transposedStrides(shaped(transpose.getResult()).getShape(), {0, 2, 3, 1});
  call.root = root ? root : result.getDefiningOp();

  if (root && failed(RootKey(call, op, weights, target).fill(root)))
    return failure();
  if (!root || result != root->getResult(0))
    key.epilogue = ExprBuilder(call, op, root ? root->getResult(0) : Value(), weights).build(result);
  if (!key.prologue.empty() || !key.epilogue.empty())
    assert(op->getNumResults() == 1 && "a key has one output");
  joinDimensions(key);

  if (std::string problem = key.verify(); !problem.empty())
    return call.root->emitOpError("makes a kernel key that makes no sense: ") << problem << " in " << key.str();
  return call;
}

} // namespace snap
