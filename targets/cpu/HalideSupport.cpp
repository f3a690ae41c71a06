//===- HalideSupport.cpp - What every CPU kernel is written with ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/HalideSupport.h"
#include "targets/cpu/BlockMoments.h"
#include "targets/cpu/CanonicalKey.h"
#include "targets/cpu/ScalarFunctions.h"

#include "snap/kernel_abi.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

using namespace snap;
using Halide::Internal::make_const;
using HExpr = Halide::Expr;
using Kind = ExprNode::Kind;

//===----------------------------------------------------------------------===//
// Types and targets
//===----------------------------------------------------------------------===//

Halide::Type snap::storageType(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return Halide::Float(32);
  case ElementType::F16:
    return Halide::Float(16);
  case ElementType::I64:
    return Halide::Int(64);
  case ElementType::I32:
    return Halide::Int(32);
  case ElementType::I8:
    return Halide::Int(8);
  case ElementType::U8:
  case ElementType::I1:
    return Halide::UInt(8);
  }
  return Halide::Type();
}

Halide::Type snap::computeType(ElementType type) {
  if (type == ElementType::F16)
    return Halide::Float(32);
  if (type == ElementType::I1)
    return Halide::Bool();
  return storageType(type);
}

Halide::Target snap::halideTarget(const TargetModel &model) {
  using Halide::Target;
  Target target;
  target.bits = 64;
  switch (model.system) {
  case System::Linux:
    target.os = Target::Linux;
    break;
  case System::Android:
    target.os = Target::Android;
    break;
  case System::IOS:
    target.os = Target::IOS;
    break;
  case System::MacOS:
    target.os = Target::OSX;
    break;
  }
  if (model.arch == Arch::X86_64) {
    target.arch = Target::X86;
    for (Target::Feature feature : {Target::SSE41, Target::AVX, Target::F16C, Target::FMA, Target::AVX2})
      target.set_feature(feature);
    if (model.vectorBytes == 64) {
      target.set_feature(Target::AVX512);
      target.set_feature(Target::AVX512_Skylake);
    }
  } else {
    target.arch = Target::ARM;
    if (model.hasF16Arithmetic) {
      target.set_feature(Target::ARMv82a);
      target.set_feature(Target::ARMFp16);
    }
  }
  for (Target::Feature feature : {Target::UserContext, Target::NoRuntime, Target::NoAsserts, Target::NoBoundsQuery})
    target.set_feature(feature);
  return target;
}

//===----------------------------------------------------------------------===//
// KernelBuilder
//===----------------------------------------------------------------------===//

int KernelBuilder::extentOf(const TensorSpec &tensor, int dim) {
  return static_cast<int>(tensor.shape[tensor.shape.size() - 1 - dim]);
}

/// Fixes every minimum, extent and stride of a buffer, so that code holds them
/// as constants.
static void constrain(Halide::OutputImageParam buffer, const TensorSpec &tensor) {
  int rank = static_cast<int>(tensor.shape.size());
  int64_t dense = 1;
  for (int dim = 0; dim < rank; ++dim) {
    int64_t extent = tensor.shape[rank - 1 - dim];
    int64_t stride = tensor.isDense() ? dense : tensor.strides[rank - 1 - dim];
    // The stride of a single element is never used; 1 keeps vector loads.
    if (dim == 0 && extent == 1)
      stride = 1;
    buffer.dim(dim).set_bounds(0, static_cast<int>(extent)).set_stride(static_cast<int>(stride));
    dense *= extent;
  }
}

KernelBuilder::KernelBuilder(const KernelKey &key, const TargetModel &model, const KernelSchedule &schedule)
    : key(key), model(model), schedule(schedule), target(halideTarget(model)), output("output"), moments("moments") {
  for (size_t i = 0; i < key.inputs.size(); ++i) {
    const TensorSpec &tensor = key.inputs[i];
    Halide::ImageParam param(storageType(tensor.type), static_cast<int>(tensor.shape.size()), "in" + std::to_string(i));
    constrain(param, tensor);
    inputs.push_back(param);
  }
  for (size_t dim = 0; dim < key.outputs[0].shape.size(); ++dim)
    vars.push_back(Halide::Var("d" + std::to_string(dim)));
}

static HExpr toCompute(const HExpr &value, ElementType type) {
  if (type == ElementType::I1)
    return value != Halide::cast<uint8_t>(0);
  return Halide::cast(computeType(type), value);
}

HExpr KernelBuilder::load(size_t index, const std::vector<HExpr> &at) const {
  return toCompute(inputs[index](at), inputType(index));
}

int KernelBuilder::lineOf() const {
  return isJoined() ? std::gcd(extent(0, 0), extent(key.getInt("joined", 0), 0)) : extent(0, 0);
}

HExpr KernelBuilder::loadJoined(const HExpr &lane, const HExpr &line, int width, const std::vector<HExpr> &rest) const {
  auto from = [&](size_t index, const HExpr &at) {
    std::vector<HExpr> coordinates = {Halide::Internal::simplify(at * width + lane)};
    coordinates.insert(coordinates.end(), rest.begin(), rest.end());
    return load(index, coordinates);
  };
  if (!isJoined())
    return from(0, line);
  // Both are loaded, the other one in vain from within its bounds.
  size_t more = key.getInt("joined", 0);
  int first = extent(0, 0) / width, second = extent(more, 0) / width;
  return select(line < first, from(0, min(line, first - 1)), from(more, clamp(line - first, 0, second - 1)));
}

HExpr KernelBuilder::loadRoot(const HExpr &lane, const HExpr &line, int width, const std::vector<HExpr> &rest) const {
  HExpr value = loadJoined(lane, line, width, rest);
  if (norm)
    value = norm(value, Halide::Internal::simplify(line * width + lane), rest);
  if (key.prologue.empty())
    return value;
  return emitExpr(key.prologue, value, HExpr(), nullptr);
}

HExpr KernelBuilder::loadRoot(const std::vector<HExpr> &at) const {
  return loadRoot(0, at.front(), 1, {at.begin() + 1, at.end()});
}

HExpr KernelBuilder::loadBroadcast(size_t index, const std::vector<HExpr> &at) const {
  std::vector<HExpr> own;
  for (int dim = 0; dim < inRank(index); ++dim)
    own.push_back(extent(index, dim) == 1 ? HExpr(0) : at[dim]);
  return load(index, own);
}

HExpr KernelBuilder::epilogue(const HExpr &acc, const HExpr &gate, const std::vector<HExpr> &at) const {
  if (key.epilogue.empty())
    return acc;
  return emitExpr(key.epilogue, acc, gate, [&](int32_t input) { return loadBroadcast(input, at); });
}

HExpr KernelBuilder::toStorage(const HExpr &value) const {
  return Halide::cast(storageType(key.outputs[0].type), value);
}

void KernelBuilder::storeOutput(const HExpr &acc, const HExpr &gate) {
  output(vars) = toStorage(epilogue(acc, gate, std::vector<HExpr>(vars.begin(), vars.end())));
  constrain(output.output_buffer(), key.outputs[0]);
}

void KernelBuilder::constrainMoments(const TensorSpec &spec) { constrain(moments.output_buffer(), spec); }

void KernelBuilder::beginOutput() {
  output(vars) = Halide::undef(storageType(key.outputs[0].type));
  constrain(output.output_buffer(), key.outputs[0]);
}

int KernelBuilder::vectorWidth(int64_t extent) const {
  int width = lanes();
  while (width > extent)
    width /= 2;
  return width;
}

//===----------------------------------------------------------------------===//
// Expression trees
//===----------------------------------------------------------------------===//

static HExpr convert(const HExpr &value, ElementType type) {
  if (type == ElementType::I1)
    return value.type().is_bool() ? value : value != make_const(value.type(), 0);
  if (type == ElementType::F16) // rounds as storage would
    return Halide::cast<float>(Halide::cast(Halide::Float(16), value));
  return Halide::cast(computeType(type), value);
}

/// A binary function. LLVM may reassociate what Halide emits, and does so
/// differently in each copy of an unrolled loop; an element that two tiles
/// compute would then depend on which of them stores last. So the additions of
/// a tree are strict; what is inside a kernel's root stays free.
static HExpr emitTreeBinary(const std::string &fn, const HExpr &a, const HExpr &b) {
  using Halide::Internal::Call;
  if (a.type().is_float())
    for (auto [name, op] :
         {std::pair("add", Call::strict_add), std::pair("sub", Call::strict_sub), std::pair("mul", Call::strict_mul)})
      if (fn == name)
        return Call::make(a.type(), op, {a, b}, Call::PureIntrinsic);
  return emitBinary(fn, a, b);
}

HExpr snap::emitExpr(const snap::Expr &expr, const HExpr &acc, const HExpr &gate,
                     const std::function<HExpr(int32_t)> &load) {
  std::vector<HExpr> values;
  for (const ExprNode &node : expr.nodes) {
    auto operand = [&](size_t i) { return values[node.operands[i]]; };
    HExpr value;
    switch (node.kind) {
    case Kind::Accumulator:
      value = acc;
      break;
    case Kind::Gate:
      value = gate;
      break;
    case Kind::Input:
      value = load(node.input);
      break;
    case Kind::Constant:
      value = node.type == ElementType::I64 ? make_const(Halide::Int(64), static_cast<int64_t>(node.constant))
                                            : convert(make_const(computeType(node.type), node.constant), node.type);
      break;
    case Kind::Unary:
      value = emitUnary(node.fn, operand(0));
      break;
    case Kind::Binary:
      value = emitTreeBinary(node.fn, operand(0), operand(1));
      break;
    case Kind::Select:
      value = Halide::select(operand(0), operand(1), operand(2));
      break;
    case Kind::Cast:
      value = convert(operand(0), node.type);
      break;
    }
    values.push_back(value);
  }
  return values.back();
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

Halide::Module snap::lowerKernel(const KernelKey &key, const TargetModel &model, const KernelSchedule &schedule) {
  std::string problem = key.verify();
  if (!problem.empty())
    throw std::invalid_argument(problem);
  const KernelKey canonical = canonicalKey(key);
  KernelBuilder builder(canonical, model, schedule);
  kernelFunction(canonical.op)(builder);
  std::vector<Halide::Argument> arguments;
  for (size_t i = 0; i < builder.inputCount(); ++i)
    arguments.push_back(builder.input(i));
  if (canonical.ints.count("moments")) {
    if (!builder.moments.defined())
      BlockMoments(builder).placeAtRoot();
    return BlockMoments::compile(builder, arguments, key.symbol());
  }
  return Halide::Pipeline(builder.output)
      .compile_to_module(arguments, key.symbol(), builder.target, Halide::LinkageType::ExternalPlusArgv);
}

namespace {
/// The most heap bytes a statement holds at once.
class ScratchVisitor : public Halide::Internal::IRVisitor {
public:
  int64_t held = 0, peak = 0;

private:
  using IRVisitor::visit;
  void visit(const Halide::Internal::Allocate *op) override {
    // As Halide's code generator decides between the stack and halide_malloc.
    constexpr int64_t largestOnStack = 16 * 1024;
    int64_t elements = op->constant_allocation_size();
    if (elements == 0)
      throw std::logic_error("allocation '" + op->name + "' has no constant size");
    int64_t bytes = elements * op->type.bytes(), cost = 0;
    bool heap = op->memory_type == Halide::MemoryType::Heap ||
                (op->memory_type != Halide::MemoryType::Register && bytes > largestOnStack);
    // Halide pads by a few elements; the runtime rounds up and adds its header.
    if (heap)
      cost = (bytes + op->padding * op->type.bytes() + 64 + 63) / 64 * 64 + SNAP_SCRATCH_HEADER;
    held += cost;
    peak = std::max(peak, held);
    IRVisitor::visit(op);
    held -= cost;
  }
};
} // namespace

int64_t snap::scratchBytes(const Halide::Module &module) {
  // Loop bodies are functions of their own, run by workers or by the caller,
  // which then holds its own allocations too.
  int64_t total = 0;
  for (const Halide::Internal::LoweredFunc &function : module.functions()) {
    ScratchVisitor visitor;
    function.body.accept(&visitor);
    total += visitor.peak;
  }
  return total;
}
