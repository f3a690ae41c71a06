//===- ChooseConv.cpp - The algorithm of every convolution ----------------===//
//
// Direct or Winograd, F(2,3) or F(4,3), by targets/ConvCost.h, within the user's
// caps on scratch and weights. A filter that several programs read is packed
// once, so its convolutions are chosen together.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Matching.h"
#include "passes/Passes.h"

#include "dialects/reference/Interpreter.h"
#include "targets/ConvCost.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_CHOOSECONV
#include "passes/Passes.h.inc"

namespace {

/// What an algorithm costs the convolutions of one filter: work and time of all
/// that one program runs, the filter once, the largest scratch.
struct Choice {
  ConvAlgorithm algorithm;
  ConvCost cost;
};

/// Convolutions of one filter that Winograd can compute.
struct Candidate {
  SmallVector<Conv2dOp> convs;
  /// Direct first; then what is worth its bytes, each larger and faster than the one before.
  SmallVector<Choice, 3> options;

  size_t chosen = 0;
  unsigned count() const { return static_cast<unsigned>(convs.size()); }
};

/// From one option of a candidate to the next.
struct Step {
  Candidate *candidate;
  size_t place; // of the option it leads to
  size_t order = 0;

  const ConvCost &before() const { return candidate->options[place - 1].cost; }
  const ConvCost &after() const { return candidate->options[place].cost; }
  int64_t addedBytes() const { return after().weightBytes - before().weightBytes; }
  double savedCycles() const { return before().cycles - after().cycles; }
  /// Whether a byte saves more time here than there.
  bool savesMoreThan(const Step &other) const {
    return savedCycles() * static_cast<double>(other.addedBytes()) >
           other.savedCycles() * static_cast<double>(addedBytes());
  }
};

struct ChooseConv : impl::ChooseConvBase<ChooseConv> {
  using ChooseConvBase::ChooseConvBase;

  void runOnOperation() override;
  void dropLargeScratch(std::vector<Candidate> &candidates);
  /// Chooses the fastest whose bytes fit beside those of all other weights.
  LogicalResult choose(std::vector<Candidate> &candidates, const TargetModel &model);
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
  return {output[0],
          output[1],
          output[2],
          filter[1],
          filter[0],
          filter[2] * filter[3],
          enlargement(conv) == 2,
          tensorType(conv.getFilter()).getElementType().isF16()};
}

/// Whether Winograd can compute the convolution: 3x3, channels last, no strides,
/// dilations or groups. f16 where it is also multiplied, else transforms make more of its
/// rounding and save nothing that direct f16 does not. An input enlarged twice, which F(2,3)
/// does not know, needs pads of 1, so that tiles begin at the second copy of a pixel, and
/// f32, for its points make ten times as much of every rounding (docs/decisions/0015-f16-arithmetic.md).
static bool fitsWinograd(Conv2dOp conv, const TargetModel &model) {
  auto allAre = [](ArrayRef<int64_t> values, int64_t expected) {
    return llvm::all_of(values, [&](int64_t value) { return value == expected; });
  };
  ArrayRef<int64_t> filter = shapeOf(conv.getFilter());
  int64_t factor = enlargement(conv);
  Type type = tensorType(conv.getFilter()).getElementType();
  bool precise = type.isF32() || (type.isF16() && model.hasF16Arithmetic && factor == 1);
  return conv.getLayout() == Layout::NHWC && precise && filter[2] == 3 && filter[3] == 3 && conv.getGroups() == 1 &&
         allAre(conv.getStrides(), 1) && allAre(conv.getDilations(), 1) &&
         (factor == 1 || (factor == 2 && allAre(conv.getPads(), 1)));
}

//===----------------------------------------------------------------------===//
// What there is to choose from
//===----------------------------------------------------------------------===//

static ConvCost costOf(ConvAlgorithm algorithm, const ConvShape &shape, const TargetModel &model) {
  if (algorithm == ConvAlgorithm::Direct)
    return directCost(shape, model);
  return winogradCost(shape, algorithm == ConvAlgorithm::Winograd4 ? 4 : 2, model);
}

/// Of several programs the one with the most work counts: they do not run in one step.
static ConvCost costOf(ConvAlgorithm algorithm, ArrayRef<Conv2dOp> convs, const TargetModel &model) {
  llvm::MapVector<Operation *, ConvCost> programs;
  for (Conv2dOp conv : convs) {
    ConvCost one = costOf(algorithm, convShape(conv), model);
    ConvCost &sum = programs[conv->getParentOfType<func::FuncOp>()];
    sum.macs += one.macs;
    sum.cycles += one.cycles;
    sum.weightBytes = one.weightBytes;
    sum.scratchBytes = std::max(sum.scratchBytes, one.scratchBytes);
  }
  ConvCost most{};
  for (const auto &[program, cost] : programs) {
    int64_t scratch = std::max(most.scratchBytes, cost.scratchBytes);
    if (cost.macs > most.macs)
      most = cost;
    most.scratchBytes = scratch;
  }
  return most;
}

/// The options that pay, without those that a larger one outdoes for each of its bytes.
static void findOptions(Candidate &candidate, const TargetModel &model) {
  auto &options = candidate.options;
  options.push_back({ConvAlgorithm::Direct, costOf(ConvAlgorithm::Direct, candidate.convs, model)});
  bool enlarged = llvm::any_of(candidate.convs, [](Conv2dOp conv) { return enlargement(conv) == 2; });
  for (ConvAlgorithm algorithm : {ConvAlgorithm::Winograd2, ConvAlgorithm::Winograd4}) {
    if (algorithm == ConvAlgorithm::Winograd2 && enlarged)
      continue;
    Choice option = {algorithm, costOf(algorithm, candidate.convs, model)};
    if (winogradPays(options.front().cost, option.cost, model) && option.cost.cycles < options.back().cost.cycles)
      options.push_back(option);
  }
  if (options.size() == 3 && !Step{&candidate, 1}.savesMoreThan({&candidate, 2}))
    options.erase(options.begin() + 1);
}

/// Those for which Winograd pays, in the module's order.
static std::vector<Candidate> findCandidates(ModuleOp module, const TargetModel &model) {
  llvm::MapVector<llvm::StringRef, Candidate> byFilter;
  llvm::StringMap<char> names; // keeps the keys alive
  module.walk([&](Conv2dOp conv) {
    Value filter = outside(conv.getFilter());
    if (fitsWinograd(conv, model) && isWeightExpression(filter))
      byFilter[names.try_emplace(filterName(filter)).first->getKey()].convs.push_back(conv);
  });
  std::vector<Candidate> paying;
  for (auto &[name, candidate] : byFilter) {
    findOptions(candidate, model);
    if (candidate.options.size() > 1)
      paying.push_back(std::move(candidate));
  }
  return paying;
}

/// Bytes of all weights: as they are, and as kernels read them with every convolution direct.
struct WeightBytes {
  int64_t own, direct;
};

static int64_t sumOf(const llvm::StringMap<int64_t> &bytes) {
  int64_t sum = 0;
  for (const auto &entry : bytes)
    sum += entry.second;
  return sum;
}

static WeightBytes weightBytes(ModuleOp module, const TargetModel &model) {
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
  int64_t own = sumOf(bytes);
  module.walk([&](Conv2dOp conv) { // their output channels fill whole tiles
    auto found = bytes.find(filterName(outside(conv.getFilter())));
    if (found != bytes.end() && fitsWinograd(conv, model))
      found->second = directCost(convShape(conv), model).weightBytes;
  });
  return {own, sumOf(bytes)};
}

//===----------------------------------------------------------------------===//
// The caps
//===----------------------------------------------------------------------===//

/// Rounded up, as a cap that would do.
static int64_t megabytes(int64_t bytes) { return static_cast<int64_t>(llvm::divideCeil(bytes, 1000000)); }

void ChooseConv::dropLargeScratch(std::vector<Candidate> &candidates) {
  if (maxScratch == 0)
    return;
  unsigned refused = 0;
  int64_t needed = 0;
  for (Candidate &candidate : candidates) {
    auto isTooLarge = [&](const Choice &option) {
      return option.algorithm != ConvAlgorithm::Direct && option.cost.scratchBytes > maxScratch * 1000000;
    };
    for (const Choice &option : candidate.options)
      if (isTooLarge(option))
        needed = std::max(needed, option.cost.scratchBytes);
    if (isTooLarge(candidate.options.back()))
      refused += candidate.count();
    llvm::erase_if(candidate.options, isTooLarge);
  }
  if (refused)
    emitRemark(getOperation().getLoc()) << "--max-scratch " << maxScratch.getValue() << " keeps " << refused
                                        << " convolutions from a faster algorithm, which takes up to "
                                        << megabytes(needed) << " MB a thread";
}

LogicalResult ChooseConv::choose(std::vector<Candidate> &candidates, const TargetModel &model) {
  if (maxWeights == 0 && maxGrowth == 0) {
    for (Candidate &candidate : candidates)
      candidate.chosen = candidate.options.size() - 1;
    return success();
  }
  auto [own, total] = weightBytes(getOperation(), model);
  int64_t wanted = total;
  int64_t cap = maxWeights ? maxWeights * 1000000 : static_cast<int64_t>(static_cast<double>(own) * maxGrowth);
  if (maxWeights && total > cap)
    return emitError(getOperation().getLoc())
           << "--max-weights " << maxWeights.getValue() << ": the weights take " << megabytes(total)
           << " MB with every convolution direct; allow as much, or compile with "
              "--precision f16";
  std::vector<Step> steps;
  for (Candidate &candidate : candidates)
    for (size_t place = 1; place < candidate.options.size(); ++place)
      steps.push_back({&candidate, place, steps.size()});
  // The most time for a byte first; findOptions has put a candidate's own steps in that order.
  llvm::sort(steps, [](const Step &a, const Step &b) {
    return a.savesMoreThan(b) || (!b.savesMoreThan(a) && a.order < b.order);
  });
  unsigned refused = 0;
  for (const Step &step : steps) {
    Candidate &candidate = *step.candidate;
    wanted += step.addedBytes();
    if (candidate.chosen == step.place - 1 && total + step.addedBytes() <= cap) {
      total += step.addedBytes();
      candidate.chosen = step.place;
    } else if (step.place + 1 == candidate.options.size()) {
      refused += candidate.count();
    }
  }
  if (refused) {
    InFlightDiagnostic remark = emitRemark(getOperation().getLoc());
    if (maxWeights)
      remark << "--max-weights " << maxWeights.getValue();
    else
      remark << "a cap of " << llvm::formatv("{0:f1}", maxGrowth.getValue()).str() << " times the weights ("
             << megabytes(cap) << " MB)";
    remark << " keeps " << refused << " convolutions from a faster algorithm; with all of them weights take "
           << megabytes(wanted) << " MB" << (maxWeights ? "" : ": --max-weights allows them");
  }
  return success();
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
  std::vector<Candidate> candidates = findCandidates(module, *model);
  dropLargeScratch(candidates);
  if (failed(choose(candidates, *model)))
    return signalPassFailure();
  for (Candidate &candidate : candidates)
    for (Conv2dOp conv : candidate.convs)
      conv.setAlgorithm(candidate.options[candidate.chosen].algorithm);
}

} // namespace snap
