//===- ChooseConv.cpp - The algorithm of every convolution ----------------===//
//
// Direct or Winograd F(4,3), by targets/ConvCost.h, within the user's caps on
// scratch and weights. A filter that several programs read is packed once, so
// its convolutions are chosen together.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Passes.h"

#include "dialects/reference/Interpreter.h"
#include "targets/ConvCost.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_CHOOSECONV
#include "passes/Passes.h.inc"

namespace {

/// Convolutions of one filter that F(4,3) can compute, by either algorithm: work
/// and time of all of them, the filter once, the largest scratch.
struct Candidate {
  SmallVector<Conv2dOp> convs;
  ConvCost direct{}, winograd{};
  size_t place = 0; // in the module

  int64_t addedBytes() const { return winograd.weightBytes - direct.weightBytes; }
  double savedCycles() const { return direct.cycles - winograd.cycles; }
};

struct ChooseConv : impl::ChooseConvBase<ChooseConv> {
  using ChooseConvBase::ChooseConvBase;

  void runOnOperation() override;
  /// Leaves those that pay but would need too much scratch out.
  std::vector<Candidate> withinScratch(std::vector<Candidate> candidates);
  /// The best of those whose bytes fit beside `direct` bytes of weights.
  FailureOr<std::vector<Candidate>> withinWeights(std::vector<Candidate> candidates, int64_t direct);
};

} // namespace

static ArrayRef<int64_t> shapeOf(Value value) { return tensorType(value).getShape(); }

/// The value that an operation of a snap.fused reads, seen from outside.
static Value outside(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto fused = argument ? dyn_cast<FusedOp>(argument.getOwner()->getParentOp()) : nullptr;
  return fused ? fused.getInputs()[argument.getArgNumber()] : value;
}

/// How many times the convolution's input is enlarged as it is read: the
/// upsampling fused in front of it.
static int64_t enlargement(Conv2dOp conv) {
  auto upsample = conv.getInput().getDefiningOp<UpsampleOp>();
  return upsample && isa<FusedOp>(conv->getParentOp()) ? static_cast<int64_t>(upsample.getFactor()) : 1;
}

/// The filter as the model's file names it, so that programs that read the same
/// one agree; an expression that is no chain stands for itself.
static std::string filterName(Value filter) {
  std::string path;
  llvm::raw_string_ostream stream(path);
  for (Value value = filter;;) {
    Operation *def = value.getDefiningOp();
    if (auto weight = dyn_cast_or_null<WeightOp>(def)) {
      stream << weight.getName();
      return path;
    }
    if (!def || def->getNumOperands() != 1) {
      stream << '%' << value.getAsOpaquePointer();
      return path;
    }
    stream << def->getName() << ' ';
    value = def->getOperand(0);
  }
}

static ConvShape convShape(Conv2dOp conv) {
  ArrayRef<int64_t> filter = shapeOf(conv.getFilter()), output = shapeOf(conv.getResult());
  return {output[0], output[1], output[2], filter[1], filter[0], filter[2] * filter[3], enlargement(conv) == 2};
}

/// Whether F(4,3) can compute the convolution: 3x3, channels last, no strides,
/// dilations or groups, and in f32, whose precision it keeps. An input enlarged
/// twice needs pads of 1, so that tiles begin at the second copy of a pixel.
static bool fitsWinograd(Conv2dOp conv) {
  auto allAre = [](ArrayRef<int64_t> values, int64_t expected) {
    return llvm::all_of(values, [&](int64_t value) { return value == expected; });
  };
  ArrayRef<int64_t> filter = shapeOf(conv.getFilter());
  int64_t factor = enlargement(conv);
  return conv.getLayout() == Layout::NHWC && tensorType(conv.getFilter()).getElementType().isF32() && filter[2] == 3 &&
         filter[3] == 3 && conv.getGroups() == 1 && allAre(conv.getStrides(), 1) && allAre(conv.getDilations(), 1) &&
         (factor == 1 || (factor == 2 && allAre(conv.getPads(), 1)));
}

//===----------------------------------------------------------------------===//
// What there is to choose from
//===----------------------------------------------------------------------===//

static void add(ConvCost &sum, const ConvCost &one) {
  sum.macs += one.macs;
  sum.cycles += one.cycles;
  sum.weightBytes = one.weightBytes;
  sum.scratchBytes = std::max(sum.scratchBytes, one.scratchBytes);
}

/// Those for which F(4,3) pays, in the module's order.
static std::vector<Candidate> findCandidates(ModuleOp module, const TargetModel &model) {
  llvm::MapVector<llvm::StringRef, Candidate> byFilter;
  llvm::StringMap<char> names; // keeps the keys alive
  module.walk([&](Conv2dOp conv) {
    Value filter = outside(conv.getFilter());
    if (!fitsWinograd(conv) || !isWeightExpression(filter))
      return;
    llvm::StringRef name = names.try_emplace(filterName(filter)).first->getKey();
    Candidate &candidate = byFilter[name];
    candidate.convs.push_back(conv);
    add(candidate.direct, directCost(convShape(conv), model));
    add(candidate.winograd, winograd4Cost(convShape(conv), model));
  });
  std::vector<Candidate> paying;
  for (auto &[name, candidate] : byFilter)
    if (winograd4Pays(candidate.direct, candidate.winograd)) {
      candidate.place = paying.size();
      paying.push_back(std::move(candidate));
    }
  return paying;
}

/// Bytes of all weights as kernels read them, every convolution direct.
static int64_t directWeightBytes(ModuleOp module, const TargetModel &model) {
  llvm::StringMap<int64_t> bytes;
  for (auto func : module.getOps<func::FuncOp>()) {
    DenseSet<Value> weights;
    for (Operation &op : func.getBody().front()) {
      bool ofWeights = llvm::all_of(op.getOperands(), [&](Value operand) { return weights.contains(operand); });
      if (ofWeights && op.getNumResults()) {
        weights.insert(op.result_begin(), op.result_end());
        continue;
      }
      for (Value operand : op.getOperands())
        if (auto type = tensorType(operand); weights.contains(operand))
          bytes[filterName(operand)] = type.getNumElements() * byteSize(elementTypeOf(type.getElementType()));
    }
  }
  module.walk([&](Conv2dOp conv) { // their output channels fill whole tiles
    auto found = bytes.find(filterName(outside(conv.getFilter())));
    if (found != bytes.end() && fitsWinograd(conv))
      found->second = directCost(convShape(conv), model).weightBytes;
  });
  int64_t sum = 0;
  for (const auto &entry : bytes)
    sum += entry.second;
  return sum;
}

//===----------------------------------------------------------------------===//
// The caps
//===----------------------------------------------------------------------===//

/// Rounded up, as a cap that would do.
static int64_t megabytes(int64_t bytes) { return static_cast<int64_t>(llvm::divideCeil(bytes, 1000000)); }

std::vector<Candidate> ChooseConv::withinScratch(std::vector<Candidate> candidates) {
  int64_t refused = 0, needed = 0;
  llvm::erase_if(candidates, [&](const Candidate &candidate) {
    if (maxScratch == 0 || candidate.winograd.scratchBytes <= maxScratch * 1000000)
      return false;
    refused += static_cast<int64_t>(candidate.convs.size());
    needed = std::max(needed, candidate.winograd.scratchBytes);
    return true;
  });
  if (refused)
    emitRemark(getOperation().getLoc()) << "--max-scratch " << maxScratch.getValue() << " keeps " << refused
                                        << " convolutions direct that Winograd would speed up; it takes up to "
                                        << megabytes(needed) << " MB a thread";
  return candidates;
}

FailureOr<std::vector<Candidate>> ChooseConv::withinWeights(std::vector<Candidate> candidates, int64_t direct) {
  if (maxWeights == 0)
    return candidates;
  int64_t cap = maxWeights * 1000000, total = direct, refused = 0, wanted = direct;
  if (direct > cap)
    return emitError(getOperation().getLoc())
           << "--max-weights " << maxWeights.getValue() << ": the weights take " << megabytes(direct)
           << " MB with every convolution direct; allow as much, or compile with "
              "--precision f16";
  // The most time for a byte first.
  llvm::sort(candidates, [](const Candidate &a, const Candidate &b) {
    double first = a.savedCycles() * static_cast<double>(b.addedBytes());
    double second = b.savedCycles() * static_cast<double>(a.addedBytes());
    return first != second ? first > second : a.place < b.place;
  });
  llvm::erase_if(candidates, [&](const Candidate &candidate) {
    wanted += candidate.addedBytes();
    if (total + candidate.addedBytes() <= cap) {
      total += candidate.addedBytes();
      return false;
    }
    refused += static_cast<int64_t>(candidate.convs.size());
    return true;
  });
  if (refused)
    emitRemark(getOperation().getLoc()) << "--max-weights " << maxWeights.getValue() << " keeps " << refused
                                        << " convolutions direct that Winograd would speed up; all of them take "
                                        << megabytes(wanted) << " MB";
  return candidates;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

void ChooseConv::runOnOperation() {
  ModuleOp module = getOperation();
  std::string error;
  std::optional<TargetModel> model = TargetModel::get(target, cpu, error);
  if (!model) {
    module.emitError(error);
    return signalPassFailure();
  }
  module.walk([](Conv2dOp conv) { conv.setAlgorithm(ConvAlgorithm::Direct); });
  std::vector<Candidate> candidates = withinScratch(findCandidates(module, *model));
  auto chosen = withinWeights(std::move(candidates), maxWeights ? directWeightBytes(module, *model) : 0);
  if (failed(chosen))
    return signalPassFailure();
  for (Candidate &candidate : *chosen)
    for (Conv2dOp conv : candidate.convs)
      conv.setAlgorithm(ConvAlgorithm::Winograd4);
}

} // namespace snap
